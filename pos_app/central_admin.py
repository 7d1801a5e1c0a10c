"""What an administrator does at the centre: publishing, taking in sheets, giving everything out, showing a person."""

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from pos_app import publish, shipped
from pos_app.central_sheets import Read, Reader, Refused, Sheet
from pos_app.loyalty import cards
from pos_app.loyalty.errors import FileFault
from pos_app.loyalty.programme import Programme
from pos_app.loyalty.programme_file import decode
from pos_app.rehearse import Result
from pos_app.sign_in import hash_pin
from sync.central import exports, people, published
from sync.central.database import Link
from sync.messages import Kind

_KINDS: Mapping[Sheet, Kind] = {"goods": "product", "offers": "offer", "coupons": "coupon", "staff": "staff"}


class Imported(Struct, frozen=True):
    """What became of a sheet: rows taken, those of them that changed something, things taken away, rows refused."""

    taken: int
    changed: int
    gone: int
    refused: tuple[Refused, ...]


def import_sheet(
    link: Link, sheet: Sheet, path: Path, programme: Programme, now: int, *, scope: str = "", keep_good: bool = False,
    whole: bool = False,
) -> Imported:  # fmt: skip
    """Take in a sheet: all of it or, where rows are refused, nothing, but for the good rows with `keep_good`.

    With `whole` what the file does not name is taken away, but where rows are refused: a slip of the pen takes nothing
    out of the shops. Raises FileFault for a file that is no such sheet, and for members with `scope` or `whole`.
    """
    if sheet == "members" and (scope or whole):
        raise FileFault("members", ["are for all shops, and nobody is taken away: leave out --for and --whole"])
    read = Reader(programme, now, hash_pin).read(sheet, path)
    if sheet == "members":
        read = _free(link, read)
    if read.refused and not keep_good:
        return Imported(0, 0, 0, tuple(read.refused))
    with link.transaction():
        if sheet == "members":
            newcomers = [people.Newcomer(**one._asdict()) for one in read.good.values()]
            changed = people.enrol(link, newcomers, programme.pack, now, f"from {path.name}"[:60])
            return Imported(len(read.good), changed, 0, tuple(read.refused))
        kind = _KINDS[sheet]
        things = {key: msgspec.msgpack.encode(thing) for key, thing in read.good.items()}
        changed = published.put(link, kind, scope, things)
        gone = 0
        if whole and not read.refused:
            gone = published.take_away(link, kind, scope, sorted(published.keys(link, kind, scope) - things.keys()))
        return Imported(len(things), changed, gone, tuple(read.refused))


def _free(link: Link, read: Read) -> Read:
    """Refuse members whose cards lead to somebody already."""
    numbers = {int(card) for card in read.good}
    taken = people.taken(link, sorted(numbers))
    refused = [Refused(read.rows[str(card)], str(card), "card: it is somebody's already") for card in sorted(taken)]
    good = {card: one for card, one in read.good.items() if int(card) not in taken}
    return Read(good, sorted([*read.refused, *refused]), read.rows)


def publish_programme(link: Link, name: str, scope: str, zone: str, now: int) -> tuple[Programme, list[Result]]:
    """Put a programme in force at all tills of a scope, if all its rehearsals hold. Raises FileFault.

    `zone` is that of the centre, in which its accounts are kept.
    """
    programme, played = publish.rehearsed(name)
    if programme.zone != zone:
        raise FileFault(name, [f"key 'zone': {programme.zone!r}; the centre's is {zone!r}"])
    if all(result.ok for result in played):
        content, file = shipped.source(name)
        if decode(content, file).pack != programme.pack:
            raise FileFault(file, ["was changed while its rehearsals were played; publish it again"])
        published.put_programme(link, scope, programme.id, programme.pack, content, now)
    return programme, played


def export(link: Link, folder: Path, now: int, *, as_csv: bool) -> dict[str, int]:
    """Write everything that the centre keeps into a new folder; tells how many rows of what. Raises FileFault."""
    if folder.exists() and any(folder.iterdir()):
        raise FileFault(str(folder), ["is not empty; name a new folder"])
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    write = _write_csv if as_csv else _write_lines
    with exports.everything(link, now) as parts:
        return {part.name: write(part, folder) for part in parts}


def _write_lines(part: exports.Export, folder: Path) -> int:
    count = 0
    with (folder / f"{part.name}.jsonl").open("w", encoding="utf-8") as file:
        for one in part.rows:
            file.write(json.dumps(one, ensure_ascii=False) + "\n")
            count += 1
    return count


def _write_csv(part: exports.Export, folder: Path) -> int:
    count = 0
    with (folder / f"{part.name}.csv").open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        for count, one in enumerate(part.rows, start=1):
            if count == 1:
                writer.writerow(one)
            writer.writerow(_cell(value) for value in one.values())
    return count


def _cell(value: object) -> object:
    """What a spreadsheet shows: a text that it would take for a formula begins with an apostrophe."""
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return f"'{value}"
    return value


def member_named(link: Link, text: str) -> int:
    """The member with this number, or whose card it is; raises FileFault."""
    if cards.is_card(text):
        member = people.member_of(link, int(text))
        if member is not None:
            return member
    elif text.isascii() and text.isdigit() and len(text) <= 19 and int(text) < 2**63:
        return int(text)
    raise FileFault(text[:20], ["is neither a member's number nor a card that is somebody's"])


def person(link: Link, text: str, now: int) -> dict[str, Any]:
    """All that is kept of one member; raises FileFault where nothing is."""
    found = people.shown(link, member_named(link, text), now)
    if found is None:
        raise FileFault(text[:20], ["nothing is kept of such a member"])
    return found
