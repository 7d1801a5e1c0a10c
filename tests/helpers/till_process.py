"""The command `pos-app till` in a process of its own, and the other commands beside it."""

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from db.store import Store
from pos_app.demo import ZONE
from pos_app.loyalty.basket import Basket

ROOT = Path(__file__).parents[2]
PATIENCE_S = 60
_LOOK_S = 0.02


class TillProcess:
    """A till in a demo shop, looked at from outside."""

    def __init__(self, folder: Path, printer: str, environment: Mapping[str, str]) -> None:
        self.folder = folder
        options = ["--demo", "--data", str(folder), "--printer", printer, "--lang", "bg"]
        self._process = subprocess.Popen([*_COMMAND, "till", *options], cwd=ROOT, env=environment)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait(PATIENCE_S)

    def end(self) -> int:
        """Ask it to end, as the system does when it shuts down; the exit status."""
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(PATIENCE_S)

    def wait_for_basket(self, condition: Callable[[Basket], bool]) -> None:
        """Wait until the open basket, as it is on the disk, fulfils a condition."""
        self._wait_for(Store.open_basket, condition)

    def wait_for_act(self, act: str, times: int = 1) -> None:
        """Wait until a person's act is on record so many times."""
        self._wait_for(lambda store: [getattr(fact.body, "act", "") for fact in store.facts()].count(act), times.__eq__)

    def wait_for_jobs(self, states: list[str]) -> None:
        """Wait until the print jobs are in these states, the oldest first."""
        self._wait_for(lambda store: [job.state for job in store.jobs()], states.__eq__)

    def _wait_for(self, look: Callable[[Store], Any], condition: Callable[[Any], bool]) -> None:
        store = Store.open(self.folder, ZONE, read_only=True)
        try:
            deadline = time.monotonic() + PATIENCE_S
            while not condition(seen := look(store)):
                assert self._process.poll() is None, "The till has ended."
                assert time.monotonic() < deadline, f"This is how it stayed: {seen}"
                threading.Event().wait(_LOOK_S)
        finally:
            store.close()

    def show_account(self, card: str) -> Any:
        return json.loads(self._show("account", card))

    def show_facts(self) -> list[Any]:
        return [json.loads(line) for line in self._show("facts").splitlines()]

    def _show(self, *what: str) -> str:
        options = ["--data", str(self.folder), "--json"]
        return subprocess.run(
            [*_COMMAND, "show", *what, *options],
            cwd=ROOT,
            check=True,
            timeout=PATIENCE_S,
            stdout=subprocess.PIPE,
            text=True,
        ).stdout

    def log(self) -> list[str]:
        """The lines of its log."""
        return (self.folder / "till.log").read_text("utf-8").splitlines()


_COMMAND = (sys.executable, "-m", "pos_app")
