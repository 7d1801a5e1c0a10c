"""The fleet page: every till as the centre knows it, and what somebody has to see to, for administrators' browsers."""

from collections.abc import Callable, Iterable, Mapping, Sequence
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
from sync.messages import Report

_LAST_MS = 4_102_444_800_000
CLOCK_MS = 2000
"""A clock that is wrong by less is right enough."""
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "same-origin",
}
_OLD_MS = 5 * 60_000
"""What a till says of its devices is marked with its age when it was so old when the till was heard."""
_ALARMS_MOST = 5
"""So many alarms stand above the tills, the others behind a fold."""
_STYLE = """
body { font: 16px/1.45 "Noto Sans", "DejaVu Sans", sans-serif; margin: 1.5rem auto; max-width: 112rem;
  padding: 0 1.5rem; color: #1d2730; background: #fff; }
h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.2rem; margin: 1.8rem 0 .5rem; } p { margin: .3rem 0; }
nav { float: inline-end; } nav a { margin-inline-start: .9rem; } a { color: #0b5a8a; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: start; vertical-align: top; padding: .4rem .6rem; border-bottom: 1px solid #d5dce2; }
th { background: #eef2f5; font-weight: 600; position: sticky; top: 0; }
td { overflow-wrap: anywhere; } td.code { font: .85em/1.7 monospace; min-width: 11em; }
td.moment, td.seen { white-space: nowrap; } td.till { min-width: 7em; }
tr[class] td.till { border-inline-start: .35rem solid #2e7d4f; }
td.shop, td.waiting, td.clock { min-width: 7.5em; } td.devices { width: 30%; min-width: 15em; }
td.state, td.apart, td.version { overflow-wrap: normal; }
tr.silent td, tr.never td { background: #fff6e0; } tr.shut_out td { color: #6a7680; background: #f4f4f4; }
tr.silent td.till, tr.never td.till { border-inline-start-color: #b26a00; }
tr.shut_out td.till { border-inline-start-color: #8a949c; }
.bad { color: #a3140e; font-weight: 600; } .quiet { color: #55626d; } td div { margin: 0; }
button { font: inherit; padding: .2rem .8rem; white-space: nowrap; } summary { cursor: pointer; margin: .5rem 0; }
"""


class Fleet(NamedTuple):
    """What the page shows, as of a moment; so many alarms are `unseen`, whether or not they are among these."""

    tills: Sequence[TillState]
    alarms: Sequence[Alarm]
    waiting: Waiting
    now: int
    unseen: int


def routes(words_of: Callable[[str], Words]) -> list[ControllerRouterHandler]:
    """The routes of the page, in the words of each language."""

    @get("/fleet", sync_to_thread=True, include_in_schema=False)
    def page(service: Shared, request: Asked, lang: FromQuery[str] = "") -> Response[str]:
        service.administrator(request)
        with service.pool.connection() as link:
            shown = Fleet(fleet.tills(link), fleet.alarms(link), fleet.waiting(link), service.now(), fleet.unseen(link))
        words = words_of(_language(lang, request.headers.get("accept-language", "")))
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

    tills = sorted(shown.tills, key=lambda till: _rank(till, shown.now))
    states = [state_of(till, shown.now) for till in tills]
    unseen = [alarm for alarm in shown.alarms if alarm.seen is None]
    seen = [alarm for alarm in shown.alarms if alarm.seen is not None]
    known = {till.till: till for till in tills}
    silent = sum(state in ("silent", "never") for state in states)
    rows = [_till(till, state, words) for till, state in zip(tills, states, strict=True)]
    columns = ("till", "shop", "state", "heard", "waiting", "clock", "version", "apart", "devices")
    direction = "rtl" if words.from_right else "ltr"
    parts = [
        f'<!doctype html><html lang="{words.language}" dir="{direction}"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width"><meta http-equiv="refresh" content="60">',
        f"<title>{say('title')}</title><style>{_STYLE}</style></head><body><nav>{_languages()}</nav>",
        f"<h1>{say('title')}</h1>",
        f"<p>{say('total', tills=len(tills), silent=silent, alarms=shown.unseen)}</p>",
        f'<p class="quiet">{say("as_of", at=shown.now)}</p>',
        *_waiting(shown.waiting, words),
        f"<h2>{say('alarms')}</h2>",
        _alarms(unseen[:_ALARMS_MOST], known, words) if unseen else f"<p>{say('no_alarms')}</p>",
        _folded(say("more_alarms", alarms=shown.unseen - _ALARMS_MOST), unseen[_ALARMS_MOST:], known, words),
        _folded(say("seen_alarms", alarms=len(seen)), seen, known, words),
        f"<h2>{say('tills')}</h2>",
        _table([say(f"col.{column}") for column in columns], rows) if rows else f"<p>{say('empty')}</p>",
        "</body></html>",
    ]
    return "\n".join(parts)


def _rank(till: TillState, now: int) -> int:
    """Tills that somebody has to see to come first, those that were shut out last."""
    state, report = state_of(till, now), till.report
    if state == "shut_out":
        return 2
    is_well = state == "heard" and not (till.apart or till.misdated is not None or _is_wrong(till.offset_ms))
    return 1 if is_well and report is not None and not (report.broken or report.warnings) else 0


def _is_wrong(offset_ms: int | None) -> bool:
    return offset_ms is not None and abs(offset_ms) >= CLOCK_MS


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
    cells = {
        "till": _name(till),
        "shop": _own(till.shop),
        "state": escape(words.say(f"fleet.state.{state}")),
        "moment": escape(heard),
        "waiting": _unsent(till, state, words),
        "clock": _clock(till, words),
        "version": _own(report.version[:20]) if report else "",
        "apart": f'<span class="bad">{words.number(till.apart)}</span>' if till.apart else "",
        "devices": _devices(report, till.heard or 0, words) if report else "",
    }
    return (
        f'<tr class="{state}">' + "".join(f'<td class="{kind}">{cell}</td>' for kind, cell in cells.items()) + "</tr>"
    )


def _name(till: TillState) -> str:
    return f'<strong>{_own(till.name)}</strong> <span class="quiet">{till.till}</span>'


def _devices(report: Report, heard: int, words: Words) -> str:
    """What does not work, then what does, by state; and of when it is, if it is old."""
    known = sorted(report.devices.items())[:20]
    lines = [_bad(_warning(one[:200], words)) for one in report.warnings[:5]]
    lines += [
        _bad(f"{_called('name', name, words)}: {_called('short', state, words)}")
        for name, state in known
        if name in report.broken
    ]
    by_state: dict[str, list[str]] = {}
    for name, state in known:
        if name not in report.broken:
            by_state.setdefault(state, []).append(_called("name", name, words))
    lines += [
        f"<div>{escape(_called('short', state, words))}: {escape(words.joined(names))}</div>"
        for state, names in by_state.items()
    ]
    if report.devices_at is not None and heard - report.devices_at > _OLD_MS:
        lines.append(f'<div class="quiet">{escape(_at(words, "fleet.devices_at", report.devices_at))}</div>')
    return "".join(lines)


def _bad(text: str) -> str:
    return f'<div class="bad">{escape(text)}</div>'


def _called(kind: str, code: str, words: Words) -> str:
    """A device or a state of it in words; as the till calls it where this program has none."""
    key = f"devices.{kind}.{code}"
    return words.say(key) if words.knows(key) else code[:60]


def _warning(code: str, words: Words) -> str:
    key = f"fleet.warning.{code}"
    return words.say(key) if words.knows(key) else code


def _unsent(till: TillState, state: str, words: Words) -> str:
    if till.report is None:
        return ""
    if not till.report.waiting:
        return escape(words.say("fleet.all_sent" if state == "heard" else "fleet.all_sent_then"))
    if till.report.oldest is None:
        return escape(words.say("fleet.waits_some", facts=till.report.waiting))
    return escape(_at(words, "fleet.waits", till.report.oldest, facts=till.report.waiting))


def _clock(till: TillState, words: Words) -> str:
    offset_ms = till.offset_ms
    misdated = "" if till.misdated is None else _bad(words.say("fleet.clock.misdated"))
    if offset_ms is None:
        return misdated or escape(words.say("fleet.clock.unknown"))
    if not _is_wrong(offset_ms):
        return escape(words.say("fleet.clock.right")) + misdated
    span = _span(abs(offset_ms) // 1000, words)
    return _bad(words.say(f"fleet.clock.{'behind' if offset_ms > 0 else 'ahead'}", span=span)) + misdated


def _span(seconds: int, words: Words) -> str:
    """A length of time, in the unit in which it is easily read."""
    for unit, size in (("days", 86_400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * size:
            return words.say(f"fleet.span.{unit}", n=seconds // size)
    return words.say("fleet.span.seconds", n=seconds)


def _folded(title: str, alarms: Sequence[Alarm], tills: Mapping[int, TillState], words: Words) -> str:
    """A table of alarms that is shown when somebody asks for it; nothing for none."""
    return f"<details><summary>{title}</summary>{_alarms(alarms, tills, words)}</details>" if alarms else ""


def _alarms(alarms: Sequence[Alarm], tills: Mapping[int, TillState], words: Words) -> str:
    columns = [escape(words.say(f"fleet.col.{column}")) for column in ("at", "till", "kind", "subject", "seen")]
    return _table(columns, [_alarm_row(alarm, tills, words) for alarm in alarms])


def _alarm_row(alarm: Alarm, tills: Mapping[int, TillState], words: Words) -> str:
    kind = f"fleet.kind.{alarm.kind}"
    told = words.say(kind) if words.knows(kind) else alarm.kind
    till = tills.get(alarm.till)
    of = _name(till) if till else _own(str(alarm.till)) if alarm.till else escape(words.say("fleet.centre"))
    where = f'<div class="quiet">{_own(till.shop)}</div>' if till else ""
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
    cells = {
        "moment": escape(_at(words, "fleet.moment", alarm.at)),
        "till": f"{of}{where}",
        "kind": escape(told),
        "code": f'<bdi dir="ltr">{escape(alarm.subject)}</bdi>',
        "seen": seen,
    }
    return f"<tr>{_cells(cells)}</tr>"


def _cells(cells: Mapping[str, str]) -> str:
    return "".join(f'<td class="{kind}">{cell}</td>' for kind, cell in cells.items())


def _own(text: str) -> str:
    """Text that has its own direction, whatever the page's is."""
    return f"<bdi>{escape(text)}</bdi>"


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
