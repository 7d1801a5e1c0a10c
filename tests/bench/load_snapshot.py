"""`load_snapshot.py REPLICA FOLDER`: what loading a snapshot costs the disk, again and again, with a line each time.

There is no centre yet to load one from. It comes down to writing the file and checking it whole, as done here.
"""

import os
import sqlite3
import sys
from pathlib import Path

_CHUNK_BYTES = 1 << 20


def load(replica: Path, copy: Path) -> None:
    """Copy a replica, put it on the disk and check it."""
    with replica.open("rb") as source, copy.open("wb") as target:
        while chunk := source.read(_CHUNK_BYTES):
            target.write(chunk)
        target.flush()
        os.fsync(target.fileno())
    connection = sqlite3.connect(copy)
    try:
        ((verdict,),) = connection.execute("PRAGMA quick_check")
    finally:
        connection.close()
    assert verdict == "ok", verdict


while True:
    load(Path(sys.argv[1]), Path(sys.argv[2]) / "snapshot.part")
    print("loaded", flush=True)
