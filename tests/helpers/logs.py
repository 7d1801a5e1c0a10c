"""Whatever a test logs at WARNING or above was either expected aloud or is a fault.

A test that provokes a warning says so with the fixture `expect_log`; a warning that nobody expected fails the
test, and so does an expected one that does not come.
"""

import logging
import re
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, Protocol

import pytest


class ExpectLog(Protocol):
    """Call it before the act: `expect_log(logging.WARNING, "no answer from the printer")`."""

    def __call__(self, level: int, pattern: str, *, logger: str = "", times: int | None = 1) -> None:
        """Expect records of exactly `level` whose message `pattern` is found in.

        They must come from `logger` (or one below it; "" is any), in the test's own body, and `times` times;
        None is any number but none.
        """


@dataclass
class _Expectation:
    level: int
    pattern: str
    logger: str
    times: int | None
    seen: int = 0

    def takes(self, record: logging.LogRecord) -> bool:
        return (
            record.levelno == self.level
            and self.seen != self.times
            and (not self.logger or f"{record.name}.".startswith(f"{self.logger}."))
            and re.search(self.pattern, record.getMessage()) is not None
        )

    def fault(self) -> str | None:
        if self.seen == self.times or (self.times is None and self.seen):
            return None
        times = "at least once" if self.times is None else f"{self.times} x"
        level, source = logging.getLevelName(self.level), self.logger or "any logger"
        return f"expected {times} {level} /{self.pattern}/ from {source}, came {self.seen} x"


class _Watch:
    """Sees every record as it is made, so that no handler, filter or fresh set-up of logging can hide one."""

    def __init__(self) -> None:
        self.expectations: list[_Expectation] = []
        self.unexpected: list[str] = []

    def make_record(self, *args: Any, **kwargs: Any) -> logging.LogRecord:
        record = logging.LogRecord(*args, **kwargs)
        if (record.levelno or 0) >= logging.WARNING:  # a record made from a pickle has no level yet
            self._take(record)
        return record

    def _take(self, record: logging.LogRecord) -> None:
        for expectation in self.expectations:
            if expectation.takes(record):
                expectation.seen += 1
                return
        self.unexpected.append(f"unexpected {record.levelname} from {record.name}: {record.getMessage()}")

    def forget(self) -> None:
        self.expectations.clear()
        self.unexpected.clear()

    def check(self) -> None:
        """Fail for what came unexpected and what was expected and did not come."""
        faults = [fault for expectation in self.expectations if (fault := expectation.fault())]
        faults += self.unexpected
        self.forget()
        if faults:
            pytest.fail("\n".join(faults), pytrace=False)


_watch = _Watch()


@pytest.fixture
def expect_log() -> ExpectLog:
    def expect(level: int, pattern: str, *, logger: str = "", times: int | None = 1) -> None:
        _watch.expectations.append(_Expectation(level, pattern, logger, times))

    return expect


def pytest_configure() -> None:
    logging.setLogRecordFactory(_watch.make_record)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    _watch.forget()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_call() -> Generator[None]:
    try:
        yield
    except BaseException:
        _watch.forget()  # the test's own fault is the one to read
        raise
    _watch.check()  # for what the fixtures logged when they were set up, too


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown() -> Generator[None]:
    yield
    _watch.check()
