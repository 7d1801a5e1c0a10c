"""Reading a programme file: every table and key of it, and every fault told at once. See docs/programme-files.md."""

import hashlib
from collections.abc import Sequence
from itertools import pairwise
from typing import cast

from pos_app.loyalty import contradictions, levels_file, moments, rules_file, spending_file, tables
from pos_app.loyalty.contradictions import Read
from pos_app.loyalty.moments import NEVER
from pos_app.loyalty.money import DECIMALS, Ratio
from pos_app.loyalty.programme import LANGUAGES, MESSAGE_PLACES, Kind, Membership, Programme, Terms, Version
from pos_app.loyalty.rules_file import ID_MOST, NAME_MOST, Scope, check_unique
from pos_app.loyalty.tables import ROWS_MOST, Table
from pos_app.loyalty.words import Calendar

_TERMS_MOST = 50_000


def decode(content: bytes, file: str, *, kept: bool = False) -> Programme:
    """The programme in a file's bytes; raises FileFault with every fault found.

    A file that was in force and is `kept` for its old sales is not asked whether it contradicts itself.
    """
    table = tables.read(content, file)
    programme = of_table(table, hash_of(content), kept=kept)
    table.check(file)
    return programme


def hash_of(content: bytes) -> str:
    """The hash by which facts name the programme in a file's bytes."""
    return hashlib.blake2b(content, digest_size=8).hexdigest()


def of_table(table: Table, pack: str, *, kept: bool = False) -> Programme:
    """The programme that a file's table describes; what is wrong is among the faults of `table`."""
    zone = _zone(table)
    kinds = tuple(_kind(kind) for kind in table.tables("kind", ROWS_MOST))
    if not kinds:
        table.fault("kind", "is missing; there must be at least one table [[kind]]")
    check_unique(table, "kind", [kind.id for kind in kinds])
    cards, slip, membership = table.table("cards"), table.table("slip"), _membership(table)
    programme = Programme(
        id=table.name("id", ID_MOST),
        pack=pack,
        names=table.names("name", LANGUAGES, most=NAME_MOST),
        zone=zone,
        own_brand=table.text("own_brand", ""),
        kinds=kinds,
        card_active_after=cards.duration("active_after", "0 hours"),
        slip_title=slip.names("title", LANGUAGES, most=NAME_MOST),
        slip_note=slip.names("note", LANGUAGES, most=NAME_MOST),
        versions=_versions(table, zone, frozenset(kind.id for kind in kinds), membership, kept=kept),
        rehearsals=table.texts("rehearsals"),
        calendar=cast(Calendar, table.choice("calendar", ("gregorian", "jalali"), "gregorian")),
        shows_toman=table.choice("shows", ("currency", "toman"), "currency") == "toman",
        membership=membership,
        terms=_terms(table, zone),
    )
    if programme.shows_toman and not any(version.currency == "IRR" for version in programme.versions):
        table.fault("shows", "speaks of toman, but no version has the currency IRR")
    for read in (cards, slip, table):
        read.close()
    return programme


def _zone(table: Table) -> str:
    zone = table.name("zone", ID_MOST)
    try:
        moments.zone(zone or "UTC")
    except (ValueError, LookupError, OSError):
        table.fault("zone", f"{zone[:40]!r} is no time zone; it must be one such as 'Europe/Sofia'")
        return "UTC"
    return zone or "UTC"


def _kind(table: Table) -> Kind:
    kind = Kind(table.name("id", ID_MOST), table.names("name", LANGUAGES, most=NAME_MOST))
    table.close()
    return kind


def _membership(table: Table) -> Membership:
    if not table.given("members"):
        return Membership()
    members = table.table("members")
    found = Membership(
        phone_once=members.flag("phone_once", False),
        phone_confirmed=members.flag("phone_confirmed", False),
        guests_wait=members.flag("guests_wait", False),
    )
    members.close()
    return found


def _terms(table: Table, zone: str) -> tuple[Terms, ...]:
    found = []
    for row in table.tables("terms", ROWS_MOST):
        day = row.day("from")
        starts = -NEVER if day is None else rules_file.midnight(day, zone)
        found.append(Terms(row.name("id", ID_MOST), starts, row.names("text", LANGUAGES, most=_TERMS_MOST)))
        row.close()
    check_unique(table, "terms", [terms.id for terms in found])
    found.sort(key=lambda terms: terms.starts)
    for earlier, later in pairwise(found):
        if earlier.starts == later.starts:
            table.fault("terms", f"'{earlier.id}' and '{later.id}' begin on the same day; a day has one of them")
    return tuple(found)


def _versions(
    table: Table, zone: str, kinds: frozenset[str], membership: Membership, *, kept: bool
) -> tuple[Version, ...]:
    reads = [Read(_version(row, zone, kinds, membership), row) for row in table.tables("version", ROWS_MOST)]
    if not reads:
        table.fault("version", "is missing; there must be at least one table [[version]]")
    versions = [read.version for read in reads]
    check_unique(table, "version", [version.id for version in versions])
    _check_draws(table, versions)
    if not kept:
        _check_sense(table, reads, kinds)
    versions.sort(key=lambda version: version.starts)
    if all(read.table.right("from", "until") for read in reads):
        _check_days(table, versions)
    return tuple(versions)


def _check_sense(table: Table, reads: Sequence[Read], kinds: frozenset[str]) -> None:
    for read in reads:
        contradictions.find(read, kinds)
    if not table.faults:
        contradictions.out_of_reach(reads)


def _check_days(table: Table, versions: Sequence[Version]) -> None:
    for earlier, later in pairwise(versions):
        if earlier.ends > later.starts:
            table.fault("version", f"{earlier.id!r} and {later.id!r} overlap; a day has one version")
        elif earlier.ends < later.starts:
            table.fault("version", f"there are days without a version between {earlier.id!r} and {later.id!r}")


def _check_draws(table: Table, versions: Sequence[Version]) -> None:
    """A draw that goes on over the change of a version stands in both, with the same days."""
    spans: dict[str, tuple[int, int]] = {}
    for version in versions:
        for draw in version.draws:
            if spans.setdefault(draw.id, (draw.starts, draw.ends)) != (draw.starts, draw.ends):
                table.fault("version", f"the draw {draw.id!r} has other days in another version; it must have the same")


def _version(table: Table, zone: str, kinds: frozenset[str], membership: Membership) -> Version:
    currency = table.choice("currency", tuple(DECIMALS))
    rates = _rates(table, currency)
    tiers = levels_file.tiers(table)
    use = spending_file.use(table, currency)
    scope = Scope(
        zone,
        currency,
        rates,
        kinds,
        tuple(tier.id for tier in tiers.tiers) if tiers else (),
        Ratio(use.worth_minor, use.step) if use else None,
        rules_file.life(table),
        membership.phone_confirmed,
    )
    starts, ends = rules_file.days(table, zone)
    version = Version(
        id=table.name("id", ID_MOST),
        starts=starts,
        ends=ends,
        currency=currency,
        earn=rules_file.earn_rules(table, scope),
        rates=rates,
        crediting=tuple(rules_file.crediting(row) for row in table.tables("credit", ROWS_MOST)),
        use=use,
        codes=spending_file.codes(table, currency),
        delivery=spending_file.delivery(table, currency),
        stacking=spending_file.stacking(table),
        bonuses=tuple(rules_file.bonus(row, scope) for row in table.tables("bonus", ROWS_MOST)),
        tiers=tiers,
        benefits=tuple(levels_file.benefit(row, scope) for row in table.tables("benefit", ROWS_MOST)),
        draws=tuple(levels_file.draw(row, scope) for row in table.tables("draw", ROWS_MOST)),
        messages=table.among("messages", MESSAGE_PLACES),
        allowance=spending_file.allowance(table),
    )
    for key, ids in (
        ("bonus", [bonus.id for bonus in version.bonuses]),
        ("benefit", [benefit.id for benefit in version.benefits]),
        ("draw", [draw.id for draw in version.draws]),
    ):
        check_unique(table, key, ids)
    table.close()
    return version


def _rates(table: Table, own: str) -> dict[str, Ratio]:
    """How many units of another currency one unit of the version's currency is worth."""
    if not table.given("rates"):
        return {}
    rates = table.table("rates")
    found = {currency: rates.ratio(currency) for currency in DECIMALS if rates.given(currency)}
    if own in found:
        rates.fault(own, "is the currency of this version itself; give rates of other currencies only")
    rates.close()
    return found
