"""Programs that read ESC/POS and were not written here, where somebody has them; docs/printing.md says which."""

import os
import subprocess
from pathlib import Path
from tempfile import NamedTemporaryFile

_PAGE = "cp1251"
_NPOS = """
const npos = require(process.argv[1]), chunks = [];
console.log = () => {};
process.stdin.on('data', chunk => chunks.push(chunk)).on('end', () =>
  npos.parser().parse(Buffer.concat(chunks))
    .then(ast => npos.textualize(ast, { text: { encoding: 'win1251' }, ocr: false }))
    .then(texts => process.stdout.write(texts.join(''))));
"""


def readings(job: bytes) -> dict[str, list[str]]:
    """The lines of a print in CP1251 as each of the programs reads them that the environment names, if any."""
    found: dict[str, list[str]] = {}
    if tool := os.environ.get("ESCPOS_TOOLS"):
        # It takes every page for CP437, which has a sign for each byte and so can be turned back.
        with NamedTemporaryFile() as file:
            Path(file.name).write_bytes(job)
            text = _run(["php", tool, file.name]).decode("utf-8").encode("cp437").decode(_PAGE)
        found["escpos-tools"] = text.splitlines()
    if module := os.environ.get("NPOS"):
        found["npos"] = _run(["node", "-e", _NPOS, module], job).decode("utf-8").splitlines()
    return found


def _run(command: list[str], job: bytes = b"") -> bytes:
    return subprocess.run(command, input=job, stdout=subprocess.PIPE, check=True, timeout=60).stdout
