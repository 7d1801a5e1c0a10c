"""Putting a programme in force: only one that keeps its own examples can be."""

from pathlib import Path

import msgspec

from pos_app import rehearse, settings, shipped
from pos_app.loyalty.errors import FileFault
from pos_app.loyalty.programme import Programme
from pos_app.loyalty.programme_file import decode
from pos_app.rehearse import Result

KEPT = "programmes"
"""The folder of a till's files in which published programmes are kept."""


def rehearsed(name: str) -> tuple[Programme, list[Result]]:
    """A programme, by its id or path, with all its rehearsals played.

    Raises FileFault for a wrong file, one that names no rehearsals, or rehearsals of another programme.
    """
    content, file = shipped.source(name)
    programme = decode(content, file)
    folder = shipped.folder(name)
    found = {pattern: list(folder.glob(pattern)) for pattern in programme.rehearsals}
    paths = sorted({path for named in found.values() for path in named})
    missing = [pattern for pattern, named in found.items() if not named]
    if missing or not paths:
        named = ", ".join(missing) or "none"
        raise FileFault(file, [f"key 'rehearsals': no file is there (named: {named}); a programme has to prove itself"])
    played = []
    for rehearsal in rehearse.load(paths):
        if rehearsal.programme.pack != programme.pack:
            raise FileFault(rehearsal.file, [f"key 'programme': it plays '{rehearsal.programme.id}', not {file}"])
        played.append(rehearse.play(rehearsal))
    return programme, played


def publish(name: str, folder: Path) -> tuple[Programme, list[Result]]:
    """Put a programme in force at the till in `folder`, from its next start on, if all its rehearsals hold.

    The file is copied there, so that the original may change without harm. Raises FileFault.
    """
    programme, played = rehearsed(name)
    if all(result.ok for result in played):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        chosen = settings.load(folder)
        if name in shipped.SHIPPED:
            kept = name
        else:
            (folder / KEPT).mkdir(parents=True, exist_ok=True)
            kept = f"{KEPT}/{programme.id}-{programme.pack}.toml"
            content, file = shipped.source(name)
            if decode(content, file).pack != programme.pack:
                raise FileFault(file, ["was changed while its rehearsals were played; publish it again"])
            (folder / kept).write_bytes(content)
        settings.save(msgspec.structs.replace(chosen, programme=kept), folder)
    return programme, played
