"""What commands of `pos-app` have in common: which till they are about, counts, and the form of their answers."""

import argparse
import os
from pathlib import Path

from pos_app.settings import Settings


def folder_option(parser: argparse.ArgumentParser) -> None:
    """Let a command be told which till it is about."""
    parser.add_argument("--data", type=Path, metavar="DIR", help="the folder that holds the till's files")


def count(text: str) -> int:
    """What was typed as a number of things; raises ArgumentTypeError."""
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= 20_000_000):
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number from 1 to 20000000")
    return int(text)


def folder(options: argparse.Namespace) -> Path:
    """The folder of the till that a command is about: the one that was named, or this user's."""
    if options.data is not None:
        return Path(options.data)
    home = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    if not getattr(options, "demo", False):
        return home / "pos-app"
    other = options.programme not in (None, Settings().programme)
    return home / (f"pos-app-demo-{options.programme}" if other else "pos-app-demo")


def answer(data: object, text: str, *, as_json: bool) -> None:
    """Print what a command has found, as text or as one JSON object."""
    import msgspec

    print(msgspec.json.encode(data).decode() if as_json else text)
