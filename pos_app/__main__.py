"""The command `pos-app`."""

import argparse
import gc
import io
import logging
import os
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from pos_app import central_commands, command_line, programme_commands
from pos_app.loyalty.errors import FileFault, Refusal
from pos_app.loyalty.words import Words
from pos_app.settings import LANGUAGES, Settings

LOG_FILE = "till.log"
LOG_BYTES = 4_000_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the answer is the exit code: 0 well, 1 something does not hold, 2 cannot be done."""
    options = _parser().parse_args(arguments)
    _print_anything()
    try:
        return int(options.run(options))
    except FileFault as fault:
        print(fault, file=sys.stderr)
    except Refusal as refusal:
        print(_words(options).refusal(refusal), file=sys.stderr)
    except BrokenPipeError:
        # Somebody reads only the beginning, as `head` does; nothing more is to be written on closing.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        print(f"pos-app: {error.filename or 'what was to be written'}: {error.strerror or error}", file=sys.stderr)
    except Exception as error:
        from db.store import StoreTrouble

        if not isinstance(error, StoreTrouble):
            raise
        print(error, file=sys.stderr)
    return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("pos-app", description="The loyalty-card till of a consumer cooperative.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    till = commands.add_parser("till", help="open the till's window")
    command_line.folder_option(till)
    till.add_argument("--demo", action="store_true", help="a demo shop with a printer to look at")
    till.add_argument("--programme", metavar="ID", help="with --demo: the shipped programme of the demo shop")
    till.add_argument("--printer", metavar="PATH", help="the receipt printer's port, such as /dev/ttyUSB0")
    till.add_argument("--lang", choices=LANGUAGES, help="the language of window and slip")
    till.set_defaults(run=_till)

    board = commands.add_parser("board", help="show the goods for points on a display in the shop")
    command_line.folder_option(board)
    board.add_argument("--lang", choices=LANGUAGES, help="the language of the board")
    board.add_argument("--windowed", action="store_true", help="in a window instead of a whole display")
    board.set_defaults(run=_board)

    poster = commands.add_parser("poster", help="write the goods for points as a poster to print")
    command_line.folder_option(poster)
    poster.add_argument("--out", type=Path, metavar="FILE.pdf", required=True, help="where the poster goes")
    poster.add_argument("--lang", choices=LANGUAGES, help="the language of the poster")
    poster.add_argument("--paper", choices=("A4", "A3"), default="A4", help="the size of its pages")
    poster.set_defaults(run=_poster)

    show = commands.add_parser("show", help="show an account or the facts; the till may go on working")
    shown = show.add_subparsers(required=True, metavar="WHAT")
    account = shown.add_parser("account", help="a card's points, with every movement and its reason")
    account.add_argument("card", metavar="CARD", help="the 13 digits of the card")
    facts = shown.add_parser("facts", help="everything that was written down, in order")
    for command, run in ((account, _show_account), (facts, _show_facts)):
        command_line.folder_option(command)
        command.add_argument("--json", action="store_true")
        command.add_argument("--lang", choices=LANGUAGES, help="the language of the reasons")
        command.set_defaults(run=run)

    demo = commands.add_parser("demo-data", help="make a store of invented cards and goods")
    demo.add_argument("--data", type=Path, metavar="DIR", required=True, help="an empty or new folder")
    demo.add_argument("--cards", type=command_line.count, default=200, metavar="N")
    demo.add_argument("--goods", type=command_line.count, default=2000, metavar="N")
    demo.set_defaults(run=_demo_data)

    send = commands.add_parser("send", help="send e-mail and SMS that wait; the till may go on working")
    command_line.folder_option(send)
    send.add_argument("--once", action="store_true", help="end when all was tried, instead of waiting for more")
    send.add_argument("--again", action="store_true", help="also what may have been sent already, or not")
    send.set_defaults(run=_send)

    _centre_commands(commands)
    programme_commands.add(commands)
    central_commands.add(commands)

    decode = commands.add_parser("decode", help="read the codes in picture files as the camera would")
    decode.add_argument("file", nargs="+", type=Path, metavar="FILE")
    decode.add_argument("--frame", action="store_true", help="look as shortly as at one frame of the camera")
    decode.set_defaults(run=_decode)

    setup = commands.add_parser("scanner-setup", help="find out by three test codes how a scanner has to be read")
    command_line.folder_option(setup)
    setup.add_argument("--lang", choices=LANGUAGES, help="the language of the window")
    setup.add_argument("--sheet", type=Path, metavar="FILE.pdf", help="only write the codes, to print them")
    setup.set_defaults(run=_scanner_setup)

    doctor = commands.add_parser("doctor", help="say what is missing on this machine")
    command_line.folder_option(doctor)
    doctor.add_argument("--devices", action="store_true", help="ask every device how it is instead")
    doctor.add_argument("--json", action="store_true", help="with --devices: as one JSON object")
    doctor.add_argument("--lang", choices=LANGUAGES, help="with --devices: the language of the sentences")
    doctor.set_defaults(run=_doctor)
    return parser


def _centre_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The till's part of having a centre."""
    enrol = commands.add_parser("enrol", help="make this till one of a centre's")
    enrol.add_argument("--centre", metavar="URL", required=True, help="its address, such as https://centre.example")
    enrol.add_argument("--code", required=True, help="the code that its administrator has made for this till")
    enrol.add_argument("--ca-file", type=Path, metavar="FILE", help="certificates to trust instead of the system's")
    enrol.add_argument("--name", default="", help="what the till is called there, instead of the code's name")
    command_line.folder_option(enrol)
    enrol.set_defaults(run=_enrol)

    sync = commands.add_parser("sync", help="speak with the centre; the till goes on working and starts this itself")
    sync.add_argument("--once", action="store_true", help="one round, and say what it did")
    sync.add_argument("--beside", action="store_true", help=argparse.SUPPRESS)  # ends with the one who started it
    command_line.folder_option(sync)
    sync.set_defaults(run=_sync)


def _print_anything() -> None:
    """Let a terminal that lacks letters show something else for them, instead of ending a command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _words(options: argparse.Namespace) -> Words:
    from pos_app import texts

    return texts.words(getattr(options, "lang", None) or "en")


def _has_screen() -> bool:
    """Whether there is a screen for a window; says what is missing."""
    from pos_app import doctor

    found = doctor.screen()
    if not found.ok:  # Qt would only abort
        print(f"pos-app: {found.subject}: {found.sentence}", file=sys.stderr)
    return found.ok


def _till(options: argparse.Namespace) -> int:
    if options.programme is not None:
        _check_demo(options)
    if not _has_screen():
        return 2

    gc.disable()  # whatever a start makes is to stay; the window turns it on again
    from ui.app import run

    folder = command_line.folder(options)
    try:
        _log_to(folder)
    except OSError as error:
        raise FileFault(str(folder), [f"cannot be used for the till's files: {error.strerror}"]) from error
    demo = (options.programme or Settings().programme) if options.demo else ""
    return run(folder, demo=demo, printer=options.printer, language=options.lang)


def _check_demo(options: argparse.Namespace) -> None:
    """Only a demo shop can be of another programme at will, and of a shipped one."""
    from pos_app.shipped import SHIPPED

    if not options.demo:
        raise FileFault("pos-app till", ["--programme needs --demo; a till's programme stands in its settings.toml"])
    if options.programme not in SHIPPED:
        possible = ", ".join(SHIPPED)
        raise FileFault(
            "pos-app till", [f"--programme: '{options.programme[:40]}' is not possible; possible: {possible}"]
        )


def _log_to(folder: Path, name: str = LOG_FILE) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    logging.basicConfig(
        level=logging.INFO,
        handlers=[_LogFile(folder / name, encoding="utf-8")],
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )


class _LogFile(logging.FileHandler):
    """A log that is put aside when it is full, in the place of the one before.

    The standard library's own does as much, but loads sockets, queues and pickle into every start of the till.
    """

    def emit(self, record: logging.LogRecord) -> None:
        if self.stream is not None and self.stream.tell() >= LOG_BYTES:
            self.stream.close()
            full = Path(self.baseFilename)
            full.replace(full.with_name(f"{full.name}.1"))
            self.stream = self._open()
        super().emit(record)


def _board(options: argparse.Namespace) -> int:
    if not _has_screen():
        return 2
    from ui.board.place import run

    return run(command_line.folder(options), language=options.lang, windowed=options.windowed)


def _scanner_setup(options: argparse.Namespace) -> int:
    if options.sheet is not None:
        from ui.devices.code_sheet import write

        write(options.sheet)
        return 0
    if not _has_screen():
        return 2
    from ui.devices.scanner_setup import run

    return run(command_line.folder(options), language=options.lang)


def _poster(options: argparse.Namespace) -> int:
    from ui.board.poster import write

    pages = write(command_line.folder(options), options.out, language=options.lang, paper=options.paper)
    print(f"{options.out}: {pages} {'page' if pages == 1 else 'pages'}, {options.paper}")
    return 0


def _show_account(options: argparse.Namespace) -> int:
    from pos_app import clock, shop, show, texts
    from pos_app.loyalty import cards

    if not cards.is_card(options.card):
        raise Refusal("card_not_valid", card=options.card[:20])
    with shop.opened(command_line.folder(options), read_only=True) as opened:
        words = texts.words_of(opened.programme, options.lang or "en")
        account = show.account(opened, int(options.card), clock.now_ms(), words)
    command_line.answer(account, show.account_text(account), as_json=options.json)
    return 0


def _show_facts(options: argparse.Namespace) -> int:
    from pos_app import shop, show

    with shop.opened(command_line.folder(options), read_only=True) as opened:
        for row in show.fact_rows(opened):
            command_line.answer(row, show.fact_text(row), as_json=options.json)
    return 0


def _demo_data(options: argparse.Namespace) -> int:
    from pos_app import demo

    folder = command_line.folder(options)
    pins = demo.make_demo(folder, cards=options.cards, goods=options.goods, progress=print)
    print(f"{folder}: {options.cards} cards, {options.goods} goods")
    for name, pin in pins.items():
        print(f"  {name}: PIN {pin}")
    return 0


def _send(options: argparse.Namespace) -> int:
    from pos_app import send

    send.run(command_line.folder(options), once=options.once, again=options.again, say=partial(print, flush=True))
    return 0


def _decode(options: argparse.Namespace) -> int:
    import msgspec

    from pos_app import decode

    well = True
    for answer in decode.decode(options.file, is_frame=options.frame):
        well = well and isinstance(answer, decode.Decoded)
        print(msgspec.json.encode(answer).decode(), flush=True)
    return 0 if well else 1


def _enrol(options: argparse.Namespace) -> int:
    from pos_app import enrol

    folder = command_line.folder(options)
    joined = enrol.enrol(folder, options.centre, options.code, ca_file=options.ca_file, name=options.name)
    print(f"This is till {joined.till} of {options.centre} now; its files are in {folder}.")
    if joined.facts:
        print(f"Its {joined.facts} facts of before keep their numbers and are sent, too.")
    return 0


def _sync(options: argparse.Namespace) -> int:
    from pos_app import link, send

    folder = command_line.folder(options)
    if options.beside:
        _log_to(folder, "sync.log")
    with send.told_to_end() as ending:
        return link.run(
            folder, once=options.once, beside=options.beside, say=partial(print, flush=True), is_told=ending.is_set
        )


def _doctor(options: argparse.Namespace) -> int:
    from pos_app import doctor

    if options.devices:
        return _doctor_of_devices(options)
    found = doctor.findings(command_line.folder(options))
    for finding in found:
        print(f"{'ok  ' if finding.ok else 'FAIL'}  {finding.subject}: {finding.sentence}")
    return 0 if all(finding.ok for finding in found) else 1


def _doctor_of_devices(options: argparse.Namespace) -> int:
    from db import check
    from pos_app import devices, settings

    folder, words = command_line.folder(options), _words(options)
    reports = devices.looked_at(settings.load(folder), devices.machine(), till_runs=check.is_open(folder))
    told = {"devices": [devices.told(report, words) for report in reports]}
    command_line.answer(told, "\n".join(devices.line(report, words) for report in reports), as_json=options.json)
    return 1 if any(report.ok is False for report in reports) else 0


if __name__ == "__main__":
    sys.exit(main())
