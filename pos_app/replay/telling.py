"""A replay's report as lines for people: a table of both sides, and the members who would lose or gain most."""

from collections.abc import Callable, Iterator

from pos_app.loyalty.programme import Programme
from pos_app.loyalty.words import Words
from pos_app.replay.report import Change, Points, Report

_Row = tuple[str, str, str, str]


def lines(report: Report, programme: Programme, words: Words) -> Iterator[str]:
    """The report, line by line; `words` are those of the programme."""
    if not report.facts:
        yield words.say("replay.none")
        return
    name = words.pick(programme.names)
    yield words.say("replay.title", programme=name, starts=report.starts, ends=report.ends)
    yield words.say("replay.sales", sales=report.sales, cards=report.sales_with_card, members=report.members)
    yield ""
    yield from _table([*_sums(report, words), *_groups(report, programme, words)], words)
    yield ""
    if report.same:
        yield words.say("replay.same")
        return
    yield words.say("replay.changed", changed=report.changed, refused=report.refused)
    yield words.say("replay.members", lose=report.lose, gain=report.gain)
    for heading, changes in (("replay.losers", report.losers), ("replay.winners", report.winners)):
        if changes:
            yield ""
            yield words.say(heading)
            yield from (f"  {_change(change, programme, words)}" for change in changes)


def _table(rows: list[_Row], words: Words) -> Iterator[str]:
    head = ("", *(words.say(f"replay.column.{column}") for column in ("recorded", "replayed", "difference")))
    widths = [max(len(row[place]) for row in (head, *rows)) for place in range(4)]
    for row in (head, *rows):
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        yield "  ".join(cells).rstrip()


def _row(label: str, before: int, after: int, words: Words) -> _Row:
    return label, words.number(before), words.number(after), words.signed(after - before)


def _sums(report: Report, words: Words) -> Iterator[_Row]:
    then, now = report.recorded, report.replayed
    for name in ("issued", "used", "taken_back", "given_back"):
        yield _row(words.say(f"replay.row.{name}"), getattr(then.points, name), getattr(now.points, name), words)
    for name in ("expired", "balance", "pending", "entries"):
        before, after = getattr(then, name), getattr(now, name)
        if before or after or name == "balance":
            yield _row(words.say(f"replay.row.{name}"), before, after, words)
    for currency in sorted({*then.paid, *now.paid}):
        before, after = then.paid.get(currency, 0), now.paid.get(currency, 0)
        more = words.money(after - before, currency)
        label = words.say("replay.row.paid", sign=words.sign(currency))
        yield label, words.money(before, currency), words.money(after, currency), f"+{more}" if after > before else more


def _groups(report: Report, programme: Programme, words: Words) -> Iterator[_Row]:
    """Points by kind of member and by tier, and how many members each tier has; nothing where there is one group."""
    then, now = report.recorded, report.replayed

    def kind(id_: str) -> str:
        return words.pick(programme.kind_names(id_)) if id_ else words.say("replay.guest")

    def tier(id_: str) -> str:
        return _tier(id_, programme, words)

    def height(id_: str) -> int:
        return max((version.tiers.place(id_) for version in programme.versions if version.tiers), default=-1)

    kinds = [known.id for known in programme.kinds]
    for before, after, name, order in (
        (then.by_kind, now.by_kind, kind, lambda id_: kinds.index(id_) if id_ in kinds else -1),
        (then.by_tier, now.by_tier, tier, height),
    ):
        if len({*before, *after}) > 1:
            yield from _by_group(before, after, name, order, words)
    for id_ in sorted({*then.tiers, *now.tiers}, key=height):
        label = words.say("replay.row.members_in", who=tier(id_))
        yield _row(label, then.tiers.get(id_, 0), now.tiers.get(id_, 0), words)


def _by_group(
    before: dict[str, Points],
    after: dict[str, Points],
    name: Callable[[str], str],
    order: Callable[[str], int],
    words: Words,
) -> Iterator[_Row]:
    for what in ("issued", "used"):
        for id_ in sorted({*before, *after}, key=order):
            points = [getattr(side.get(id_, Points()), what) for side in (before, after)]
            if any(points):
                yield _row(words.say(f"replay.row.{what}_by", who=name(id_)), points[0], points[1], words)


def _tier(id_: str, programme: Programme, words: Words) -> str:
    tiers = [version.tiers.tier(id_) for version in programme.versions if version.tiers]
    found = next((tier for tier in tiers if tier is not None), None)
    if found is not None:
        return words.pick(found.names)
    return id_ or words.say("replay.no_tier")


def _change(change: Change, programme: Programme, words: Words) -> str:
    said = words.say(
        "replay.change",
        last4=change.card,
        name=change.name,
        points=words.signed(change.points),
        before=change.balance_recorded,
        after=change.balance_replayed,
        used_before=change.used_recorded,
        used_after=change.used_replayed,
    )
    if change.tier_recorded == change.tier_replayed:
        return said
    before, after = (_tier(id_, programme, words) for id_ in (change.tier_recorded, change.tier_replayed))
    return words.say("replay.change_tier", change=said, before=before, after=after)
