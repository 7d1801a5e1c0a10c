"""The commands `pos-app central` and `pos-app central-admin`: what can be typed, and what is said of it."""

import argparse
import getpass
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pos_app.loyalty.errors import FileFault

if TYPE_CHECKING:
    from pos_app.loyalty.programme import Programme
    from sync.central.database import Link

NAME_MOST = 60
_SHEETS = ("goods", "offers", "coupons", "staff", "members")


class Reached(NamedTuple):
    """The centre that an administrator works at, and what was typed."""

    link: "Link"
    programme: "Programme"
    now: int
    options: argparse.Namespace


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add both commands to those of `pos-app`."""
    central = commands.add_parser("central", help="run the centre of all tills")
    _where(central)
    central.add_argument("--host", metavar="A", default="127.0.0.1", help="the address to listen at")
    central.add_argument("--port", metavar="N", type=_port, default=8443)
    central.add_argument("--tls-cert", metavar="FILE", type=Path, help="the certificate, with its chain")
    central.add_argument("--tls-key", metavar="FILE", type=Path)
    central.add_argument("--behind-proxy", action="store_true", help="a proxy before the centre speaks TLS")
    central.add_argument(
        "--metrics-token-file", metavar="FILE", type=Path, help="who shows the word in it reads /metrics from anywhere"
    )
    central.add_argument("--programme", metavar="ID", default="", help="for a new centre: the programme to begin with")
    central.add_argument(
        "--settings", metavar="FILE", type=Path, help="how members are told things; else settings.toml in --data DIR"
    )
    central.set_defaults(run=_run)

    admin = commands.add_parser("central-admin", help="what an administrator does at the centre, also while it runs")
    _add_acts(admin.add_subparsers(required=True, metavar="WHAT"))


def _add_acts(acts: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    def act(name: str, told: str, run: Callable[[Reached], int]) -> argparse.ArgumentParser:
        parser = acts.add_parser(name, help=told)
        _where(parser)
        parser.set_defaults(run=_act, act=run)
        return parser

    code = act("code", "make a code with which one till joins within a day; it is shown once", _code)
    code.add_argument("--name", required=True, help="what the till is called")
    code.add_argument("--shop", required=True, help="its shop, as SHOP or ORGANISATION/SHOP")
    act("tills", "list the tills", _tills)
    for name, told in (("shut-out", "answer a till no more"), ("let-in", "answer it again")):
        act(name, told, partial(_shut, name)).add_argument("till", type=int, metavar="TILL")

    publish = act("publish", "put a programme in force that keeps its own rehearsals", _publish)
    publish.add_argument("programme", metavar="PROGRAMME", help="the id of a shipped one, or its .toml file")
    _scope(publish)
    taken = act("import", "take in a CSV file; every row that is refused is told, and then nothing is taken", _import)
    taken.add_argument("sheet", choices=_SHEETS, metavar="WHAT", help=", ".join(_SHEETS))
    taken.add_argument("file", type=Path, metavar="FILE.csv")
    taken.add_argument("--keep-good", action="store_true", help="take the good rows where some are refused")
    taken.add_argument("--whole", action="store_true", help="take away what the file does not name")
    _scope(taken)
    export = act("export", "write everything that the centre keeps into a new folder", _export)
    export.add_argument("folder", type=Path, metavar="DIR")
    export.add_argument("--csv", action="store_true", help="CSV files instead of JSON lines")

    act("person", "show all that is kept of a member, as JSON", _person).add_argument("member", metavar="MEMBER|CARD")
    erase = act("erase", "erase the personal data of a member for good", _erase)
    erase.add_argument("member", metavar="MEMBER|CARD")
    erase.add_argument("--yes", action="store_true", help="do it, and not only say of whom")
    password = act("password", "let somebody see the fleet page; the password is asked for", _password)
    password.add_argument("name", metavar="NAME")
    password.add_argument("--drop", action="store_true", help="no more")

    again = act("reckon", "reckon sales again by their own programmes; what differs goes on the fleet page", _reckon)
    again.add_argument("--days", type=int, default=2, metavar="N", help="those that came in within N days")

    sent = act("notices", "tell what became of the centre's notices to members", _notices)
    sent.add_argument("--again", action="store_true", help="send those again that may have been sent or not")

    act("claims", "list what tills say that the centre has lost, and were not believed at once", _claims)
    for name, told in (("believe", "ask all tills for what they have"), ("dismiss", "let the claim be")):
        act(name, f"a till's claim: {told}", partial(_decide, name)).add_argument("till", type=int, metavar="TILL")

    act("backup-begun", "say that a backup begins; tells its number", _backup_begun)
    act("backup-noted", "say that it is made and kept", _backup_noted).add_argument(
        "number", type=int, metavar="NUMBER"
    )
    act("restored", "say that the database was put back from a backup", _restored)


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= 65535):
        raise argparse.ArgumentTypeError(f"{text[:20]!r} is no port: 1 to 65535")
    return int(text)


def _where(parser: argparse.ArgumentParser) -> None:
    url = os.environ.get("POS_APP_DATABASE", "")
    parser.add_argument("--database", metavar="URL", default=url, help="a PostgreSQL (or $POS_APP_DATABASE)")
    parser.add_argument("--data", metavar="DIR", type=Path, help="the folder of a PostgreSQL of the centre's own")


def _scope(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--for", dest="scope", metavar="SHOP", default="", help="only for ORGANISATION, SHOP or ORGANISATION/SHOP"
    )


def _run(options: argparse.Namespace) -> int:
    from pos_app import central

    central.run(
        central.Start(
            options.database,
            options.data,
            options.host,
            options.port,
            options.tls_cert,
            options.tls_key,
            options.behind_proxy,
            options.programme,
            options.settings,
            options.metrics_token_file,
        ),
        partial(print, flush=True),
    )
    return 0


def _act(options: argparse.Namespace) -> int:
    with _reached(options) as reached:
        return int(options.act(reached))


@contextmanager
def _reached(options: argparse.Namespace) -> Iterator[Reached]:
    """The centre's database. In a folder a centre was begun before: a wrong one is not taken for a new centre."""
    from pos_app import central, clock

    data = options.data
    if data is not None and not options.database and not (data / central.DATABASE).is_dir():
        raise FileFault(str(data), [f"there is no centre in this folder; '{central.COMMAND} --data DIR' begins one"])
    with central.reached(options.database, options.data) as url, central.connected(url) as link:
        yield Reached(link, central.prepared(link, ""), clock.now_ms(), options)


def _code(reached: Reached) -> int:
    from sync.central import tills

    name, shop = reached.options.name.strip(), reached.options.shop.strip()
    parts = shop.split("/")
    if not (name and name.isprintable() and len(name) <= NAME_MOST):
        raise FileFault("--name", [f"a till's name has 1 to {NAME_MOST} characters that can be printed"])
    if len(parts) > 2 or not all(part and part == part.strip() for part in parts) or not shop.isprintable():
        raise FileFault("--shop", [f"'{shop[:60]}' is neither SHOP nor ORGANISATION/SHOP"])
    code = tills.new_code(reached.link, name, shop, reached.now)
    print("-".join(code[place : place + 4] for place in range(0, len(code), 4)))
    print("It is good once, for a day. At the till: pos-app enrol --centre URL --code CODE", file=sys.stderr)
    return 0


def _tills(reached: Reached) -> int:
    from pos_app.show import local_text
    from sync.central import fleet
    from sync.central.metrics import state_of

    zone = reached.programme.zone
    for till in fleet.tills(reached.link):
        heard = "never" if till.heard is None else local_text(till.heard, zone)
        waiting = "" if till.report is None else f"{till.report.waiting} not sent, {till.report.version}"
        print(f"{till.till:>5}  {till.shop:<20} {till.name:<20} {state_of(till, reached.now):<9} {heard:<25} {waiting}")
    return 0


def _shut(name: str, reached: Reached) -> int:
    from sync.central import tills

    till = reached.options.till
    is_there = (
        tills.shut_out(reached.link, till, reached.now) if name == "shut-out" else tills.let_in(reached.link, till)
    )
    if not is_there:
        raise FileFault(f"till {till}", ["there is none of this number"])
    print(f"Till {till} is {'shut out' if name == 'shut-out' else 'let in'}.")
    return 0


def _publish(reached: Reached) -> int:
    from pos_app import central_admin, rehearse

    options = reached.options
    zone = reached.programme.zone
    programme, played = central_admin.publish_programme(
        reached.link, options.programme, options.scope, zone, reached.now
    )
    broken = [result for result in played if not result.ok]
    for result in broken:
        print("\n".join(rehearse.report(result)))
    if broken:
        print(f"{programme.id} is not published: {len(broken)} of {len(played)} rehearsals do not hold.")
        return 1
    print(f"{programme.id} is published as {programme.pack}: all {len(played)} rehearsals hold.")
    _say_if_nobody(reached)
    return 0


def _import(reached: Reached) -> int:
    from pos_app import central_admin

    options = reached.options
    done = central_admin.import_sheet(
        reached.link,
        options.sheet,
        options.file,
        reached.programme,
        reached.now,
        scope=options.scope,
        keep_good=options.keep_good,
        whole=options.whole,
    )
    for row, what, why in done.refused:
        print(f"row {row}, {what}: {why}")
    refused = f"{len(done.refused)} {'row is' if len(done.refused) == 1 else 'rows are'} refused, and so nothing was"
    if done.refused and not options.keep_good:
        print(f"{refused} taken.")
    else:
        print(
            f"{done.taken} taken, {done.changed} of them new or changed, {done.gone} gone, {len(done.refused)} refused"
        )
        if done.refused and options.whole:
            print(f"{refused} taken away.")
        _say_if_nobody(reached)
    return 1 if done.refused else 0


def _say_if_nobody(reached: Reached) -> None:
    """Say that what was published is for a shop where no till is: its name may be written in another way."""
    from sync.central import tills

    scope = reached.options.scope
    if scope and not tills.are_in(reached.link, scope):
        print(f"No till is in '{scope}' yet; 'pos-app central-admin tills' shows the shops there are.", file=sys.stderr)


def _export(reached: Reached) -> int:
    from pos_app import central_admin

    folder = reached.options.folder
    for name, count in central_admin.export(reached.link, folder, reached.now, as_csv=reached.options.csv).items():
        print(f"{folder / name}: {count}")
    return 0


def _person(reached: Reached) -> int:
    import json

    from pos_app import central_admin

    found = central_admin.person(reached.link, reached.options.member, reached.now)
    print(json.dumps(found, ensure_ascii=False, indent=2))
    return 0


def _erase(reached: Reached) -> int:
    from pos_app import central_admin
    from sync.central import people

    found = central_admin.person(reached.link, reached.options.member, reached.now)
    cards = ", ".join(card["card"] for card in found["cards"])
    if not reached.options.yes:
        print(f"Member {found['member']} (cards: {cards or 'none'}) would be erased; say --yes to do it.")
        return 1
    people.erase(reached.link, found["member"], reached.now)
    print(f"Member {found['member']} is erased; accounts and facts of {cards or 'no card'} stay, without a name.")
    return 0


def _password(reached: Reached) -> int:
    from sync.central import administrators

    name = reached.options.name
    if reached.options.drop:
        if not administrators.drop(reached.link, name):
            raise FileFault(name[:40], ["is no administrator"])
        print(f"{name} is no administrator any more.")
        return 0
    password = getpass.getpass("Password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    try:
        administrators.put(reached.link, name, password)
    except ValueError as error:
        raise FileFault(name[:40], [str(error)]) from error
    print(f"{name} can see the fleet page.")
    return 0


def _notices(reached: Reached) -> int:
    from pos_app import send
    from sync.central import notices

    if reached.options.again:
        print(f"{notices.send_again(reached.link)} to be sent again")
    for kind, channel, state, count in notices.counts(reached.link):
        print(f"{count:>7}  {kind:<16} {send.BY[channel]:<8} {send.STATES[state]}")
    return 0


def _claims(reached: Reached) -> int:
    from pos_app.show import local_text
    from sync.central import claims

    for claim in claims.waiting(reached.link):
        print(f"{claim.till:>5}  {local_text(claim.at, reached.programme.zone):<25} {claim.what}")
    return 0


def _decide(name: str, reached: Reached) -> int:
    from sync.central import claims

    till = reached.options.till
    if name == "believe":
        timeline = claims.believe(reached.link, till, reached.now)
        told = f"A new timeline has begun ({timeline}): all tills are asked for what they have." if timeline else ""
    else:
        told = f"The claim of till {till} is let be." if claims.dismiss(reached.link, till, reached.now) else ""
    if not told:
        raise FileFault(f"till {till}", ["no claim of it waits"])
    print(told)
    return 0


def _backup_begun(reached: Reached) -> int:
    from sync.central import backups

    print(backups.begin(reached.link, reached.now))
    return 0


def _backup_noted(reached: Reached) -> int:
    from sync.central import backups

    number = reached.options.number
    if not backups.noted(reached.link, number, reached.now):
        raise FileFault(f"backup {number}", ["none of this number was begun, so nothing may be forgotten"])
    print("Tills may forget in time what this backup holds.")
    return 0


def _restored(reached: Reached) -> int:
    from sync.central import backups

    timeline = backups.restored(reached.link, reached.now)
    print(f"A new timeline has begun ({timeline}): all tills are asked for what they have.")
    return 0


def _reckon(reached: Reached) -> int:
    from pos_app import reckon_again

    since = reached.now - reached.options.days * 86_400_000
    found = reckon_again.check(reached.link, reached.programme, since)
    print(f"{found.sales} sales reckoned again, {found.differ} differ; {found.unknown} of programmes that are not here")
    return 1 if found.differ else 0
