"""The fleet page: what it shows, to whom, and that nothing a till says is more than text in it."""

import base64
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import get_args

import pytest
from msgspec.structs import replace

from pos_app import central_page, texts
from pos_app.central_page import Fleet
from sync.central import administrators
from sync.central.alarms import Kind
from sync.central.fleet import Alarm, TillState, Waiting
from sync.central.rates import Limits, Rate
from sync.messages import Report, Upload
from tests.helpers.postgres import Postgres
from tests.helpers.served import FREE, Served, serving

NOW = 1_795_000_000_000
MINUTE = 60_000
PASSWORD = "correct horse battery"
EVIL = "<script>alert(1)</script>\"'&"
TILLS = (
    TillState(1, "Каса 1", "КООП/Център", NOW - 10**9, None, NOW - 3000, 120,
              Report("1.4.0", devices={"printer": "ready", "toaster": "hot", "wedge": "ready"}, devices_at=NOW), 0),
    TillState(2, "Каса 2", "КООП/Център", NOW - 10**9, None, NOW - 45 * MINUTE, 93_000,
              Report("1.3.2", 41, NOW - 50 * MINUTE, {"printer": "paper_out"}, ("disk_low", "The roof leaks."),
                     broken=("printer",), devices_at=NOW - 60 * MINUTE), 2, NOW - MINUTE),
    TillState(3, EVIL, EVIL, NOW, None, None, None, None, 0),
    TillState(4, "Каса 4", "Пазар", NOW - 10**9, NOW - 10**8, NOW - 10**8, -5000, Report("1.0.0"), 0),
    TillState(5, EVIL, "", NOW, None, 2**62, 10**15,
              Report(EVIL, 2**62, 2**62, {EVIL: EVIL, "a": EVIL}, (EVIL,), broken=(EVIL,), devices_at=-(2**62)), 0),
)  # fmt: skip
ALARMS = (
    Alarm(2, NOW - MINUTE, "copy", "1 -> 2", None),
    Alarm(0, NOW - 10**7, "restored", "5d3221154c48f202", NOW - 10**6),
    Alarm(9, -5, EVIL, EVIL, None),
)
SHOWN = Fleet(TILLS, ALARMS, Waiting(12, NOW - 8000, 2), NOW, 2)


class Page(HTMLParser):
    """Tags that are open, and the text of each cell."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.text: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in ("meta", "input", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.text.append(data)


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_the_page_is_whole_and_holds_no_tag_that_is_not_its_own(language: str) -> None:
    page = Page(central_page.html(SHOWN, texts.words(language, "Europe/Sofia")))

    assert page.open == []
    assert page.tags.count("tr") == 3 + len(TILLS) + len(ALARMS)
    assert set(page.tags) == {
        "html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "table", "thead", "tbody", "tr", "th", "td",
        "strong", "span", "div", "form", "input", "button", "nav", "a", "bdi", "details", "summary",
    }  # fmt: skip
    assert any("alert(1)" in text for text in page.text)


def test_every_till_is_told_with_what_is_wrong_with_it() -> None:
    text = " ".join(Page(central_page.html(SHOWN, texts.words("en", "Europe/Sofia"))).text)

    for told in (
        "5 tills, 2 silent, 2 alarms not seen to", "1.4.0", "too hot: toaster",
        "ready: Receipt printer · Keyboard scanner",
        "Receipt printer: no paper", "as of 18 Nov 2026 12:06", "41 facts, the oldest of", "93\u00a0s behind",
        "impossible dates",
        "5\u00a0s ahead", "The disk is nearly full", "The roof leaks.", "never heard", "shut out",
        "nothing when last heard", "12 facts not reckoned yet", "КООП/Център",
        "2 facts that this program does not understand", "A copy of the till was at work", "1 -> 2",
    ):  # fmt: skip
        assert told in text


def test_tills_that_somebody_has_to_see_to_come_first_and_those_that_were_shut_out_last() -> None:
    fine = [replace(TILLS[0], till=number, name=f"well {number}") for number in (7, 8)]
    shown = SHOWN._replace(tills=[TILLS[3], *fine, TILLS[1]])
    text = Page(central_page.html(shown, texts.words("en"))).text

    assert [one for one in text if one in ("Каса 4", "well 7", "well 8", "Каса 2")][-4:] == [
        "Каса 2", "well 7", "well 8", "Каса 4",
    ]  # fmt: skip


@pytest.mark.parametrize("behind_s", [2, 119, 120, 7199, 7200, 172_799, 172_800, 10**12])
def test_a_wrong_clock_is_told_in_a_unit_that_can_be_read(behind_s: int) -> None:
    shown = SHOWN._replace(tills=[replace(TILLS[0], offset_ms=behind_s * 1000)])
    told = next(one for one in Page(central_page.html(shown, texts.words("en"))).text if one.endswith(" behind"))
    number, unit = told.removesuffix(" behind").split("\u00a0")
    size = {"s": 1, "min": 60, "h": 3600, "days": 86_400}[unit]

    assert int(number.replace(",", "")) == behind_s // size
    assert 2 <= behind_s // size < 173 or size == 86_400


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_every_kind_of_alarm_has_its_words(language: str) -> None:
    assert [kind for kind in get_args(Kind) if not texts.words(language).knows(f"fleet.kind.{kind}")] == []


def test_a_fleet_without_tills_says_how_to_begin() -> None:
    assert "central-admin code" in central_page.html(Fleet((), (), Waiting(0, None, 0), NOW, 0), texts.words("en"))


def test_only_administrators_see_the_page(served: Served) -> None:
    administrators.put(served.link, "Ани", PASSWORD)
    wrong = [
        None, ("Ани", "wrong password"), ("Ани", ""), ("nobody", PASSWORD), ("Ани\0", PASSWORD),
    ]  # fmt: skip

    answers = [
        served.client.get("/fleet", headers={} if who is None else {"Authorization": basic(*who)}) for who in wrong
    ]
    broken = [served.client.get("/fleet", headers={"Authorization": text}) for text in ("Basic", "Basic !", "Bearer x")]
    right = [served.client.get("/fleet", headers={"Authorization": basic("Ани", PASSWORD)}) for _ in range(2)]

    assert {answer.status_code for answer in answers + broken} == {401}
    assert answers[0].headers["www-authenticate"].startswith("Basic")
    assert {answer.status_code for answer in right} == {200}
    assert "default-src 'none'" in right[0].headers["content-security-policy"]


def basic(name: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


def test_passwords_cannot_be_guessed_in_a_row(server: Postgres) -> None:
    with serving(server.database(), Limits(signs_in=Rate(3, 0.0001), joins=FREE)) as served:
        administrators.put(served.link, "ani", PASSWORD)
        told = [
            served.client.get("/fleet", headers={"Authorization": basic("ani", "no" * 6)}).status_code for _ in range(5)
        ]
        right = served.client.get("/fleet", headers={"Authorization": basic("ani", PASSWORD)}).status_code
    assert (told, right) == ([401] * 3 + [429] * 2, 429)


def test_short_passwords_and_names_that_cannot_be_sent_are_refused(served: Served) -> None:
    for name, password in (("ani", "short"), ("a:b", PASSWORD), ("", PASSWORD), ("a\n", PASSWORD)):
        with pytest.raises(ValueError, match="has"):
            administrators.put(served.link, name, password)


def test_an_alarm_is_seen_to_by_its_button_and_by_no_other_page(served: Served) -> None:
    administrators.put(served.link, "ani", PASSWORD)
    served.link.execute("INSERT INTO alarm (till, at, kind, subject) VALUES (1, 5, 'copy', '1 -> 2')")
    form = {"till": "1", "at": "5", "kind": "copy", "subject": "1 -> 2", "lang": "bg"}
    headers = {"Authorization": basic("ani", PASSWORD)}

    for foreign in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.example"}, {"Origin": "null"}):
        assert served.client.post("/fleet/seen", data=form, headers=headers | foreign).status_code == 403
    assert served.client.post("/fleet/seen", data=form).status_code == 401
    assert served.client.post("/fleet/seen", data={"till": "x"}, headers=headers).status_code == 400
    unseen = served.link.execute("SELECT seen FROM alarm").fetchone()
    answer = served.client.post("/fleet/seen", data=form, headers=headers | {"Sec-Fetch-Site": "same-origin"})

    assert unseen == (None,)
    assert (answer.status_code, answer.headers["location"]) == (303, "/fleet?lang=bg")
    assert served.link.execute("SELECT seen > 0 FROM alarm").fetchone() == (True,)


def test_more_alarms_than_the_page_lists_are_counted(served: Served) -> None:
    administrators.put(served.link, "ani", PASSWORD)
    served.link.execute(
        "INSERT INTO alarm SELECT 1, number, 'gap', '1/' || number, CASE WHEN number > 300 THEN 1 END "
        "FROM generate_series(1, 310) AS number"
    )

    page = Page(served.client.get("/fleet?lang=en", headers={"Authorization": basic("ani", PASSWORD)}).text)

    assert "0 tills, 0 silent, 300 alarms not seen to" in page.text
    assert "295 more" in page.text
    assert page.tags.count("form") == 200


def test_the_page_speaks_the_language_of_the_browser(served: Served) -> None:
    administrators.put(served.link, "ani", PASSWORD)
    headers = {"Authorization": basic("ani", PASSWORD)}
    till = served.till()
    till.ask("/v1/facts", Upload(1, b"", report=Report("9.9", devices={"printer": "ready", "display": "gone"},
                                                       broken=("display",))))  # fmt: skip

    assert "Касите" in served.client.get("/fleet", headers=headers | {"Accept-Language": "de, bg;q=0.8"}).text
    assert 'dir="rtl"' in served.client.get("/fleet?lang=fa", headers=headers).text
    english = served.client.get("/fleet?lang=xx", headers=headers).text
    assert "The tills of" in english
    assert "ready: Receipt printer" in english
    assert "Customer display: broke off" in english


def chromium(folder: Path, *arguments: str) -> str:
    """What a real browser says, without a window."""
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}", *arguments]
    return subprocess.run(command, check=True, capture_output=True, timeout=60, text=True).stdout


needs_chromium = pytest.mark.skipif(shutil.which("chromium") is None, reason="needs Chromium")


@needs_chromium
def test_a_browser_is_let_in_with_a_password(served: Served, tmp_path: Path) -> None:
    administrators.put(served.link, "ani", PASSWORD)
    served.till(EVIL)
    place = served.url.replace("://", "://ani:correct%20horse%20battery@")

    drawn = chromium(tmp_path, "--dump-dom", f"{place}/fleet?lang=bg")

    assert "Касите на кооперацията" in drawn
    assert "&lt;script&gt;alert(1)" in drawn


@needs_chromium
@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_nothing_is_wider_than_a_window_of_1366(tmp_path: Path, language: str) -> None:
    """Measured by the browser itself, of a page that may run a script for it."""
    script = (
        "<script>document.title = [document.documentElement.scrollWidth - innerWidth, ...[...document."
        "querySelectorAll('td, th, button')].filter(one => one.scrollWidth > one.clientWidth + 1).map(one => "
        "one.textContent)].join('|')</script>"
    )
    page = tmp_path / "fleet.html"
    shown = SHOWN._replace(tills=[*(replace(till, shop="КООП Радомир/Хранителен магазин № 17") for till in TILLS)])
    page.write_text(central_page.html(shown, texts.words(language, "Europe/Sofia")).replace("</body>", script), "utf-8")

    drawn = chromium(tmp_path / "profile", "--window-size=1366,900", "--hide-scrollbars", "--dump-dom", page.as_uri())

    assert "<title>0</title>" in drawn


@needs_chromium
def test_a_browser_draws_the_page(tmp_path: Path) -> None:
    page, picture = tmp_path / "fleet.html", tmp_path / "fleet.png"
    page.write_text(central_page.html(SHOWN, texts.words("fa", "Europe/Sofia")), "utf-8")

    chromium(tmp_path / "profile", "--window-size=1400,1000", f"--screenshot={picture}", page.as_uri())

    assert picture.read_bytes().startswith(b"\x89PNG")
    assert picture.stat().st_size > 30_000
