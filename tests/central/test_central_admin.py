"""What an administrator does: taking in sheets row by row, publishing, exporting, showing a person and erasing one."""

import csv
import json
import re
import time
from pathlib import Path

import msgspec
import pytest

from db.records import Staff
from pos_app import central_admin, central_sheets, shipped
from pos_app.central_sheets import Refused, Sheet
from pos_app.loyalty import facts
from pos_app.loyalty.basket import Offer, Product
from pos_app.loyalty.coupons import Coupon
from pos_app.loyalty.errors import FileFault
from pos_app.loyalty.money import Ratio
from pos_app.loyalty.programme import Programme
from pos_app.loyalty.programme_file import decode
from sync.central import apart, batches, database, people, place, published, tills
from sync.central.state import now_ms
from sync.messages import Cursor, Page, Person, Pull, Upload
from tests.helpers.postgres import Postgres
from tests.helpers.served import AskingTill, Served

PROGRAMME = shipped.programme("coop-bg")
CARDS = ("2900000000001", "2900000000018", "2900000000025")
MEMBERS = "card,name,phone,email,birthday,points\n" + "\n".join(
    f"{card},{name},0888 12 34 5{place},,{born},{points}"
    for place, (card, name, born, points) in enumerate(
        zip(CARDS, ("Ани Петрова", "Боян", "Вера"), ("31.12.1980", "", ""), (120, 0, 5), strict=True)
    )
)


def sheet(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "sheet.csv"
    path.write_bytes(text.encode(encoding))
    return path


def taken(served: Served, what: Sheet, path: Path, **options: object) -> central_admin.Imported:
    return central_admin.import_sheet(served.link, what, path, PROGRAMME, now_ms(), **options)  # type: ignore[arg-type]


def entries(served: Served, till: AskingTill) -> dict[str, bytes | None]:
    """Goods as a till is told of them last."""
    served.fold()
    answer = till.ask("/v1/changes", Pull(Cursor()), Accept="application/msgpack")
    page = msgspec.msgpack.decode(answer.content, type=Page)
    return {entry.key: entry.data for entry in page.entries if entry.kind == "product"}


def test_goods_are_taken_in_with_decimal_comma_and_semicolons(served: Served, tmp_path: Path) -> None:
    text = (
        "Code;Name;Price;Weighed;Card_price;Points\r\n3800000000012;Сирене;12,50;да;11,90;3\r\n012345678905;Tea;2\r\n"
    )

    done = taken(served, "goods", sheet(tmp_path, text, "utf-8-sig"))
    again = taken(served, "goods", tmp_path / "sheet.csv")
    whole = taken(served, "goods", sheet(tmp_path, "code,name,price\n3800000000012,Сирене,13\n"), whole=True)

    assert (done.taken, done.changed, again.changed) == (2, 2, 0)
    assert (whole.taken, whole.changed, whole.gone) == (1, 1, 1)
    told = entries(served, served.till())
    assert told["0012345678905"] is None
    assert msgspec.msgpack.decode(told["3800000000012"] or b"", type=Product) == Product(
        "3800000000012", "Сирене", 1300
    )


def test_a_row_with_a_mistake_takes_nothing_out_of_the_shops(served: Served, tmp_path: Path) -> None:
    taken(served, "goods", sheet(tmp_path, "code,name,price\n1,Tea,1\n2,Salt,1\n"))

    done = taken(
        served, "goods", sheet(tmp_path, "code,name,price\n1,Tea,1,20\n3,Rice,2\n"), whole=True, keep_good=True
    )

    assert (done.taken, done.gone) == (1, 0)
    assert [(row.row, row.what, row.why.partition(";")[0]) for row in done.refused] == [
        (2, "1", "more cells than the head has columns")
    ]
    assert set(entries(served, served.till())) >= {"1", "2", "3"}


def test_every_refused_row_is_told_and_nothing_is_taken_by_halves(served: Served, tmp_path: Path) -> None:
    path = sheet(
        tmp_path,
        'code,name,price,points\n1,"two\nlines",1,\n2,Tea,x,\n3,Tea,1,-1\n\n4,Tea,1,\n4,Tea,2,\n,Tea,1,\n5,Tea,-1,\n',
    )

    refused = taken(served, "goods", path)
    kept = taken(served, "goods", path, keep_good=True)

    assert (refused.taken, published.keys(served.link, "product", "")) == (0, {"4"})
    assert kept.taken == 1
    assert refused.refused == kept.refused == (
        Refused(3, "1", "name: 1 to 120 characters that can be printed"),
        Refused(4, "2", "price: 'x' is not a decimal number such as 12.30"),
        Refused(5, "3", "points: '-1' is not a whole number, or too large"),
        Refused(8, "4", "the same code as in row 7"),
        Refused(9, "", "a code has 1 to 40 characters and no spaces"),
        Refused(10, "5", "price: '-1' cannot be"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "there is no column code"), (b"code,name\n1,2", "there is no column price"),
        (b"code,name,price,colour\n", "'colour' is not known"), (b"code,name,price,code\n", "'code' is there twice"),
        ("code,name,price\n1,Чай,1".encode("cp1251"), "is not written in UTF-8"),
        (b'code,name,price\n1,"x', "is not a CSV file"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_such_sheet_is_refused_whole(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "sheet.csv"
    path.write_bytes(content)
    with pytest.raises(FileFault, match=told):
        central_sheets.Reader(PROGRAMME, 0, str).read("goods", path)


def test_offers_coupons_and_staff_are_read_as_the_till_keeps_them(tmp_path: Path) -> None:
    reader = central_sheets.Reader(PROGRAMME, 1_795_000_000_000, lambda pin: f"hash of {pin}")

    offers = reader.read(
        "offers", sheet(tmp_path, "item,product,name,points,stock,ends\nmug,3800000000012,Чаша,50,7,2026-12-31\n")
    )
    coupons = reader.read("coupons", sheet(tmp_path, "code,amount,percent\nten,,10\nlev,1.50,\nbad,1,1\nmuch,,200\n"))
    staff = reader.read(
        "staff",
        sheet(tmp_path, "id,name,role,pin,card,own_card\na,Ани,cashier,1234,,\nb,Боян,boss,1,,\nc,В,cashier,,,\n"),
    )

    assert offers.good == {"mug": Offer("mug", "3800000000012", "Чаша", 50, stock=7, ends=1_798_668_000_000)}
    assert coupons.good == {"TEN": Coupon("TEN", share=Ratio(10, 100)), "LEV": Coupon("LEV", 150)}
    assert staff.good == {"a": Staff("a", "Ани", "cashier", "hash of 1234")}
    assert [(one.row, one.what) for one in (*coupons.refused, *staff.refused)] == [
        (4, "bad"),
        (5, "much"),
        (3, "b"),
        (4, "c"),
    ]


def test_members_come_with_their_cards_and_points_once(served: Served, tmp_path: Path) -> None:
    path = sheet(tmp_path, MEMBERS + "\n2900000000002,Грешна,0888123456,,,\n2900000000032,Няма телефон,,,,\n")

    done = taken(served, "members", path, keep_good=True)
    served.fold()
    again = taken(served, "members", path, keep_good=True)

    assert (done.taken, len(done.refused), again.taken, len(again.refused)) == (3, 2, 0, 5)
    assert done.refused[0] == Refused(5, "2900000000002", "card: card not valid")
    shown = central_admin.person(served.link, CARDS[0], now_ms())
    assert shown["person"]["birthday"] == "1980-12-31"
    assert shown["cards"][0]["totals"]["balance"] == 120
    assert [fact["body"]["type"] for fact in shown["facts"]] == ["enrolled", "points_adjusted"]
    head = b""
    for data, hash_ in served.link.execute("SELECT data, hash FROM fact WHERE till = 0 ORDER BY seq"):
        head = facts.chain(head, data)
        assert head == hash_


def test_a_person_is_shown_whole_and_erased_for_good(served: Served, tmp_path: Path) -> None:
    taken(served, "members", sheet(tmp_path, MEMBERS))
    served.fold()
    till = served.till()
    member = central_admin.member_named(served.link, CARDS[0])

    assert people.erase(served.link, member, now_ms())
    till.ask("/v1/facts", Upload(1, b"", people=(Person(member, "Ани", "0888"),)))  # an old copy tells of her again
    served.fold()

    page = msgspec.json.decode(till.ask("/v1/changes", Pull(Cursor())).content, type=Page)
    told = {member: names for state in page.states for member, names in state.members.items()}
    shown = central_admin.person(served.link, CARDS[0], now_ms())
    assert told[member] == ("", "")
    assert set(shown["person"].values()) == {""}
    assert shown["erased"] > 0
    assert shown["cards"][0]["totals"]["balance"] == 120
    assert people.shown(served.link, 1, now_ms()) is None
    for nobody in ("x", "2900000000032", "1" * 30):
        with pytest.raises(FileFault, match="neither"):
            central_admin.member_named(served.link, nobody)


@pytest.mark.parametrize("as_csv", [False, True])
def test_everything_is_exported(served: Served, tmp_path: Path, as_csv: bool) -> None:
    taken(served, "members", sheet(tmp_path, MEMBERS.replace("Боян", "=1+1")))
    served.till()
    served.link.execute("INSERT INTO fact VALUES (7, 'x', 1, 1, 'h', '\\xc1', 5, 1)")
    batches.note(served.link, 7, 1, 5, 1)
    served.fold()

    counts = central_admin.export(served.link, tmp_path / "out", now_ms(), as_csv=as_csv)

    assert counts == {
        "facts": 6, "accounts": 3, "published": 2, "people": 3, "cards": 3, "tills": 1, "alarms": 0, "erased": 0,
        "notices": 0,
    }  # fmt: skip
    if as_csv:
        with (tmp_path / "out" / "people.csv").open(encoding="utf-8-sig", newline="") as file:
            names = {row["name"] for row in csv.DictReader(file)}
        assert names == {"Ани Петрова", "'=1+1", "Вера"}
    else:
        lines = [json.loads(line) for line in (tmp_path / "out" / "facts.jsonl").read_text("utf-8").splitlines()]
        assert [line.get("kind") for line in lines][-2:] == ["points_adjusted", None]
        assert lines[-1]["data"] == "c1"
    with pytest.raises(FileFault, match="not empty"):
        central_admin.export(served.link, tmp_path / "out", now_ms(), as_csv=as_csv)


def test_a_programme_is_published_only_when_its_rehearsals_hold(served: Served, tmp_path: Path) -> None:
    def put(name: str, scope: str = "", zone: str = "Europe/Ljubljana") -> list[bool]:
        _, played = central_admin.publish_programme(served.link, name, scope, zone, now_ms())
        return [result.ok for result in played]

    assert all(put("dvizna-si", "Юг"))
    assert published.pack(served.link, published.pack_in_force(served.link, "Юг") or "") == shipped.content("dvizna-si")
    wrong = tmp_path / "wrong.toml"
    wrong.write_bytes(b"id = 'x'")
    with pytest.raises(FileFault):
        put(str(wrong))
    with pytest.raises(FileFault, match="zone"):
        put("dvizna-si", zone="Europe/Sofia")
    broken = tmp_path / "dvizna-si.toml"
    broken.write_bytes(shipped.content("dvizna-si"))
    (tmp_path / "dvizna-si").mkdir()
    for rehearsal in (shipped.folder("dvizna-si") / "dvizna-si").glob("*.toml"):
        text = re.sub(r"balance = ([0-9])", r"balance = 1\1", rehearsal.read_text("utf-8"))
        (tmp_path / "dvizna-si" / rehearsal.name).write_text(text, "utf-8")
    before = published.pack(served.link, published.pack_in_force(served.link) or "")
    assert not all(put(str(broken)))
    assert published.pack(served.link, published.pack_in_force(served.link) or "") == before


def test_what_is_published_counts_for_folding_at_once(served: Served) -> None:
    assert served.folder.statutes == PROGRAMME.statutes
    programme = put_in_force(served, in_sofia("kerman-motor"))
    served.till()

    until = time.monotonic() + 20
    while served.folder.statutes == PROGRAMME.statutes:  # the service looks several times a second
        assert time.monotonic() < until
        served.client.get("/healthz")

    assert served.folder.statutes == programme.statutes


def in_sofia(name: str) -> bytes:
    """A shipped programme in the time zone of the tests' centre."""
    return re.sub(rb'(?m)^zone = ".*"', b'zone = "Europe/Sofia"', shipped.content(name))


def put_in_force(served: Served, content: bytes) -> Programme:
    programme = decode(content, "published")
    published.put_programme(served.link, "", programme.id, programme.pack, content, now_ms())
    return programme


def test_what_is_nearest_to_a_shop_counts_there(served: Served) -> None:
    north, south = served.till("Каса", "КООП/Север"), served.till("Каса", "КООП/Юг")
    other = served.till("Каса", "Друг")

    published.put(served.link, "product", "", {"1": b"all"})
    published.put(served.link, "product", "КООП", {"1": b"coop", "2": b"coop"})
    published.put(served.link, "product", "КООП/Юг", {"1": b"south"})
    assert [entries(served, till) for till in (north, south, other)] == [
        {"1": b"coop", "2": b"coop"}, {"1": b"south", "2": b"coop"}, {"1": b"all"},
    ]  # fmt: skip

    published.put(served.link, "product", "", {"1": b"all again"})
    published.take_away(served.link, "product", "КООП/Юг", ["1"])
    assert [entries(served, till)["1"] for till in (north, south, other)] == [b"coop", b"coop", b"all again"]


def test_facts_that_were_not_understood_are_tried_again(served: Served, tmp_path: Path) -> None:
    taken(served, "members", sheet(tmp_path, MEMBERS))
    (id_, data) = served.link.execute("SELECT id, data FROM fact ORDER BY seq LIMIT 1").fetchone() or ()
    served.link.execute("UPDATE fact SET data = '\\xc1' WHERE id = %s", (id_,))
    served.link.execute("INSERT INTO fact VALUES (7, 'x', 1, 1, 'h', '\\xc1', 5, 1)")
    batches.note(served.link, 7, 1, 5, 1)
    served.fold()
    assert served.link.execute("SELECT count(*) FROM apart").fetchone() == (2,)

    assert apart.try_again(served.link) == 0
    served.link.execute("UPDATE fact SET data = %s WHERE id = %s", (data, id_))  # as a newer program reads it
    assert apart.try_again(served.link) == 1
    served.fold()

    assert served.link.execute("SELECT till FROM apart").fetchall() == [(7,)]
    assert central_admin.person(served.link, CARDS[0], now_ms())["cards"][0]["totals"]["balance"] == 120


def test_a_database_on_another_server_begins_a_new_timeline(server: Postgres) -> None:
    with database.connect(server.database()) as link:
        tills.found_centre(link, "UTC")
        timelines = []
        for system in (None, None, "1", None):
            if system is not None:
                link.execute("UPDATE place SET system = %s", (system,))
            moved = place.moved(link, now_ms())
            timelines.append((moved, database.row(link, "SELECT timeline FROM centre")[0]))

    assert [moved for moved, _ in timelines] == [False, False, True, False]
    assert timelines[0][1] == timelines[1][1] != timelines[2][1] == timelines[3][1]
