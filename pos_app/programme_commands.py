"""The commands for programmes: rehearse, publish, draw, explain, replay. What can be typed, and what is said of it."""

import argparse
import sys
from pathlib import Path

from pos_app import command_line
from pos_app.settings import LANGUAGES


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add these commands to those of `pos-app`."""
    rehearse = commands.add_parser("rehearse", help="play rehearsal files and check what they expect")
    rehearse.add_argument("file", nargs="+", type=Path, metavar="FILE")
    rehearse.add_argument("--json", action="store_true", help="one JSON object a file")
    rehearse.set_defaults(run=_rehearse)

    publish = commands.add_parser("publish", help="put a programme in force that keeps its own rehearsals")
    publish.add_argument("programme", metavar="PROGRAMME", help="the id of a shipped programme, or its .toml file")
    command_line.folder_option(publish)
    publish.set_defaults(run=_publish)

    draw = commands.add_parser("draw", help="draw the winners of a prize draw, on record")
    draw.add_argument("draw", metavar="DRAW", help="the id that the programme gives it")
    draw.add_argument("--seed", required=True, help="a text or number that everybody may know")
    draw.add_argument("--winners", type=command_line.count, required=True, metavar="N")
    draw.add_argument("--out", type=Path, metavar="FILE.csv", help="write the list there, too")
    command_line.folder_option(draw)
    draw.set_defaults(run=_draw)

    explain = commands.add_parser("explain", help="tell a programme in plain sentences, for the wall of the shop")
    explain.add_argument("programme", metavar="PROGRAMME", help="the id of a shipped one, or the path of a .toml file")
    explain.add_argument("--lang", choices=LANGUAGES, help="the language of the sentences")
    explain.set_defaults(run=_explain)

    replay = commands.add_parser("replay", help="reckon recorded sales again under a changed programme; keeps nothing")
    replay.add_argument("--programme", metavar="NEW.toml", required=True, help="the changed programme, or a shipped id")
    command_line.folder_option(replay)
    replay.add_argument("--json", action="store_true")
    replay.add_argument("--lang", choices=LANGUAGES, help="the language of the report")
    replay.set_defaults(run=_replay)


def _rehearse(options: argparse.Namespace) -> int:
    import msgspec

    from pos_app import rehearse

    well = True
    for rehearsal in rehearse.load(options.file):
        result = rehearse.play(rehearsal)
        well = well and result.ok
        if options.json:
            print(msgspec.json.encode(result).decode())
        else:
            print("\n".join(rehearse.report(result)))
    return 0 if well else 1


def _publish(options: argparse.Namespace) -> int:
    from pos_app import publish, rehearse

    programme, played = publish.publish(options.programme, command_line.folder(options))
    broken = [result for result in played if not result.ok]
    for result in broken:
        print("\n".join(rehearse.report(result)))
    if broken:
        print(f"{programme.id} is not published: {len(broken)} of {len(played)} rehearsals do not hold.")
        return 1
    print(f"{programme.id} is published: all {len(played)} rehearsals hold. It counts from the till's next start on.")
    return 0


def _draw(options: argparse.Namespace) -> int:
    from pos_app import clock, manage, shop

    with shop.opened(command_line.folder(options)) as opened:
        held = manage.Manage(opened.store, opened.programme, clock.now_ms).hold_draw(
            options.draw, options.seed, options.winners
        )
    rows = [f"{place},{winner}" for place, winner in enumerate(held.winners, start=1)]
    print("\n".join([f"{held.draw}: seed {held.seed}, {held.entries} entries", *rows]))
    if options.out is not None:
        options.out.write_text("\n".join(["place,entry", *rows]) + "\n", encoding="utf-8")
    return 0


def _explain(options: argparse.Namespace) -> int:
    from pos_app import explain, shipped, texts

    programme = shipped.programme(options.programme)
    print(explain.text(programme, texts.words_of(programme, options.lang or "en")))
    return 0


def _replay(options: argparse.Namespace) -> int:
    from pos_app import clock, replay, shipped, shop, texts

    programme = shipped.programme(options.programme)
    show = sys.stderr.isatty()
    with shop.opened(command_line.folder(options), read_only=True) as opened:
        try:
            report = replay.replayed(opened, programme, clock.now_ms(), _show_bar if show else lambda share: None)
        finally:
            if show:
                print(file=sys.stderr)
    command_line.answer(
        report,
        "\n".join(replay.lines(report, programme, texts.words_of(programme, options.lang or "en"))),
        as_json=options.json,
    )
    return 0


def _show_bar(share: float, width: int = 40) -> None:
    """A progress bar on the terminal, drawn over the one before."""
    done = int(share * width)
    print(f"\r[{'#' * done}{'.' * (width - done)}] {int(share * 100):3d} %", end="", file=sys.stderr, flush=True)
