"""The fleet page: every till as the centre knows it, and what somebody has to see to, for administrators' browsers."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from litestar import get, post
from litestar.params import FromQuery
from litestar.response import Redirect, Response
from litestar.types import ControllerRouterHandler

from pos_app import texts
from pos_app.loyalty.words import Words
from sync.central import fleet
from sync.central.answers import Asked
from sync.central.fleet import Alarm, TillState, Waiting
from sync.central.metrics import state_of
from sync.central.state import Shared
from sync.central.tills import Refused

_LAST_MS = 4_102_444_800_000
CLOCK_MS = 2000
"""A clock that is wrong by less is right enough."""
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "same-origin",
}
_STYLE = """
body { font: 16px/1.45 "Noto Sans", "DejaVu Sans", sans-serif; margin: 2rem auto; max-width: 84rem; padding: 0 1rem;
  color: #1d2730; background: #fff; }
h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; } p { margin: .3rem 0; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: start; vertical-align: top; padding: .45rem .7rem;
  border-bottom: 1px solid #d5dce2; } th { background: #eef2f5; font-weight: 600; } td.code { font-family: monospace; }
tr.silent td, tr.never td { background: #fff6e0; } tr.shut_out td { color: #6a7680; background: #f4f4f4; }
.bad { color: #a3140e; font-weight: 600; } .quiet { color: #55626d; } ul { margin: 0; padding: 0; list-style: none; }
button { font: inherit; padding: .2rem .8rem; } nav a { margin-inline-end: .8rem; }
"""


class Fleet(NamedTuple):
    """What the page shows, as of a moment."""

    tills: Sequence[TillState]
    alarms: Sequence[Alarm]
    waiting: Waiting
    now: int


def routes(zone: str) -> list[ControllerRouterHandler]:
    """The routes of the page, its moments on the clock of `zone`."""

    @get("/fleet", sync_to_thread=True, include_in_schema=False)
    def page(service: Shared, request: Asked, lang: FromQuery[str] = "") -> Response[str]:
        service.administrator(request)
        with service.pool.connection() as link:
            shown = Fleet(fleet.tills(link), fleet.alarms(link), fleet.waiting(link), service.now())
        words = texts.words(_language(lang, request.headers.get("accept-language", "")), zone)
        return Response(html(shown, words), media_type="text/html", headers=_HEADERS)

    @post("/fleet/seen", include_in_schema=False)
    async def seen(service: Shared, request: Asked) -> Redirect:
        import anyio.to_thread

        _check_origin(request)
        form = await request.form()
        alarm = _alarm(form)

        def see() -> None:
            service.administrator(request)
            with service.pool.connection() as link:
                fleet.see(link, alarm, service.now())

        await anyio.to_thread.run_sync(see)
        lang = form.get("lang", "")
        return Redirect(f"/fleet?lang={lang}" if lang in texts.LANGUAGES else "/fleet", status_code=303)

    return [page, seen]


def html(shown: Fleet, words: Words) -> str:
    """The page. Whatever tills say of themselves is only text in it."""

    def say(key: str, **values: Any) -> str:
        return escape(words.say(f"fleet.{key}", **values))

    states = [state_of(till, shown.now) for till in shown.tills]
    unseen = sum(alarm.seen is None for alarm in shown.alarms)
    silent = sum(state in ("silent", "never") for state in states)
    rows = [_till(till, state, words) for till, state in zip(shown.tills, states, strict=True)]
    columns = ("till", "shop", "state", "heard", "waiting", "clock", "version", "devices", "apart")
    direction = "rtl" if words.from_right else "ltr"
    parts = [
        f'<!doctype html><html lang="{words.language}" dir="{direction}"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width"><meta http-equiv="refresh" content="60">',
        f"<title>{say('title')}</title><style>{_STYLE}</style></head><body><h1>{say('title')}</h1>",
        f"<p>{say('total', tills=len(shown.tills), silent=silent, alarms=unseen)}</p>",
        f'<p class="quiet">{say("as_of", at=shown.now)}</p>',
        *_waiting(shown.waiting, words),
        _table([say(f"col.{column}") for column in columns], rows) if rows else f"<p>{say('empty')}</p>",
        f"<h2>{say('alarms')}</h2>",
        _alarms(shown.alarms, {till.till: till.name for till in shown.tills}, words),
        f"<nav><p>{_languages()}</p></nav></body></html>",
    ]
    return "\n".join(parts)


def _at(words: Words, key: str, moment: int, **values: object) -> str:
    """A sentence with a moment; one that a till has made up is shown as the end of time."""
    return words.say(key, at=min(max(moment, 0), _LAST_MS), **values)


def _waiting(waiting: Waiting, words: Words) -> list[str]:
    told = []
    if waiting.oldest is not None:
        told.append(words.say("fleet.unfolded", facts=waiting.facts, at=waiting.oldest))
    if waiting.apart:
        told.append(words.say("fleet.apart_all", facts=waiting.apart))
    return [f"<p>{escape(one)}</p>" for one in told]


def _till(till: TillState, state: str, words: Words) -> str:
    heard = words.say("fleet.never") if till.heard is None else _at(words, "fleet.moment", till.heard)
    report = till.report
    devices = {} if report is None else report.devices
    listed = "".join(
        f"<li>{escape(name[:40])}: {escape(told[:80])}</li>" for name, told in sorted(devices.items())[:20]
    )
    warned = "".join(
        f'<li class="bad">{escape(one[:200])}</li>' for one in (() if report is None else report.warnings)[:5]
    )
    cells = [
        f'<strong>{_own(till.name)}</strong> <span class="quiet">{till.till}</span>',
        _own(till.shop),
        escape(words.say(f"fleet.state.{state}")),
        escape(heard),
        _unsent(till, words),
        _clock(till.offset_ms, words),
        _own(report.version) if report else "",
        f"<ul>{listed}{warned}</ul>",
        f'<span class="bad">{till.apart}</span>' if till.apart else "",
    ]
    return f'<tr class="{state}">' + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _unsent(till: TillState, words: Words) -> str:
    if till.report is None:
        return ""
    if not till.report.waiting:
        return escape(words.say("fleet.all_sent"))
    if till.report.oldest is None:
        return escape(words.say("fleet.waits_some", facts=till.report.waiting))
    return escape(_at(words, "fleet.waits", till.report.oldest, facts=till.report.waiting))


def _clock(offset_ms: int | None, words: Words) -> str:
    if offset_ms is None:
        return escape(words.say("fleet.clock.unknown"))
    if abs(offset_ms) < CLOCK_MS:
        return escape(words.say("fleet.clock.right"))
    told = words.say(f"fleet.clock.{'behind' if offset_ms > 0 else 'ahead'}", seconds=abs(offset_ms) // 1000)
    return f'<span class="bad">{escape(told)}</span>'


def _alarms(alarms: Sequence[Alarm], names: dict[int, str], words: Words) -> str:
    if not alarms:
        return f"<p>{escape(words.say('fleet.no_alarms'))}</p>"
    columns = [escape(words.say(f"fleet.col.{column}")) for column in ("at", "till", "kind", "subject", "seen")]
    return _table(columns, [_alarm_row(alarm, names, words) for alarm in alarms])


def _alarm_row(alarm: Alarm, names: dict[int, str], words: Words) -> str:
    kind = f"fleet.kind.{alarm.kind}"
    told = words.say(kind) if words.knows(kind) else alarm.kind
    name = names.get(alarm.till, str(alarm.till)) if alarm.till else words.say("fleet.centre")
    if alarm.seen is None:
        hidden = {
            "till": alarm.till,
            "at": alarm.at,
            "kind": alarm.kind,
            "subject": alarm.subject,
            "lang": words.language,
        }
        fields = "".join(
            f'<input type="hidden" name="{key}" value="{escape(str(value))}">' for key, value in hidden.items()
        )
        button = f"<button>{escape(words.say('fleet.see'))}</button>"
        seen = f'<form method="post" action="/fleet/seen">{fields}{button}</form>'
    else:
        seen = escape(_at(words, "fleet.moment", alarm.seen))
    return (
        f"<tr><td>{escape(_at(words, 'fleet.moment', alarm.at))}</td><td>{_own(name)}</td><td>{escape(told)}</td>"
        f'<td class="code">{_own(alarm.subject)}</td><td>{seen}</td></tr>'
    )


def _own(text: str) -> str:
    """Text that has its own direction, whatever the page's is."""
    return f"<bdi>{escape(text)}</bdi>"


def _hidden(name: str, value: str) -> str:
    return f'<input type="hidden" name="{name}" value="{escape(value)}">'


def _table(columns: Iterable[str], rows: Iterable[str]) -> str:
    head = "".join(f"<th>{column}</th>" for column in columns)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _languages() -> str:
    return "".join(f'<a href="/fleet?lang={code}" lang="{code}">{name}</a>' for code, name in texts.NAMES.items())


def _language(asked: str, accepted: str) -> str:
    """The language asked for, else the first of the browser's that there is."""
    wanted = [asked, *(part.partition(";")[0].strip()[:2].lower() for part in accepted.split(","))]
    return next((one for one in wanted if one in texts.LANGUAGES), "en")


def _alarm(form: Any) -> tuple[int, int, str, str]:
    try:
        till, at = (int(form[name]) for name in ("till", "at"))
        return till, at, str(form["kind"]), str(form["subject"])
    except (KeyError, ValueError, TypeError):
        raise Refused("values", 400, "The form does not name an alarm.") from None


def _check_origin(request: Asked) -> None:
    """Another site's page cannot press this page's buttons with the password that the browser remembers."""
    site = request.headers.get("sec-fetch-site")
    if site is None:
        origin = request.headers.get("origin")
        is_own = origin is None or urlsplit(origin).netloc == request.headers.get("host")
    else:
        is_own = site == "same-origin"
    if not is_own:
        raise Refused("origin", 403, "This was asked by another site's page.")
