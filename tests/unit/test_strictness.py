"""The suite's own strictness: a warning from anywhere fails its test, unless it was expected aloud."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

TESTS = """
import logging
import threading
import warnings

import pytest
from PySide6.QtCore import QObject, QTimer, qDebug, qWarning

log = logging.getLogger("shop.printer")


def test_quiet_passes():
    log.info("nothing to see")


def test_logged_warning_fails():
    log.warning("paper is low")


def test_logged_error_of_a_thread_fails():
    thread = threading.Thread(target=log.error, args=("cable gone",))
    thread.start()
    thread.join()


def test_warning_that_no_handler_sees_fails(monkeypatch):
    logging.basicConfig(force=True)
    monkeypatch.setattr(log, "propagate", False)
    log.warning("unseen")


def test_expected_warning_passes(expect_log):
    expect_log(logging.WARNING, "paper .* low", logger="shop")
    log.warning("paper is %s", "low")


def test_expected_warning_that_does_not_come_fails(expect_log):
    expect_log(logging.WARNING, "paper is low")


def test_expected_once_but_came_twice_fails(expect_log):
    expect_log(logging.WARNING, "paper is low")
    log.warning("paper is low")
    log.warning("paper is low")


def test_expected_any_number_passes(expect_log):
    expect_log(logging.WARNING, "paper is low", times=None)
    log.warning("paper is low")
    log.warning("paper is low")


def test_expected_any_number_but_none_fails(expect_log):
    expect_log(logging.WARNING, "paper is low", times=None)


def test_expected_at_another_level_fails(expect_log):
    expect_log(logging.ERROR, "paper is low")
    log.warning("paper is low")


def test_expected_from_another_logger_fails(expect_log):
    expect_log(logging.WARNING, "paper is low", logger="shop.print")
    log.warning("paper is low")


def test_own_failure_is_not_hidden_by_a_warning():
    log.warning("paper is low")
    assert "the test's own" == "fault"


@pytest.fixture
def noisy_start():
    log.warning("bad start")


def test_warning_in_setup_fails(noisy_start):
    pass


@pytest.fixture
def noisy_end():
    yield
    log.warning("bad end")


def test_warning_in_teardown_errs(noisy_end):
    pass


def test_python_warning_fails():
    warnings.warn("old ways", DeprecationWarning)


def test_file_left_open_fails(tmp_path):
    (tmp_path / "slip").open("w")


def test_qt_warning_fails(qtbot):
    qWarning("no such signal")


def test_qt_debug_message_fails(qtbot):
    qDebug("left over")


def test_exception_in_a_slot_fails(qtbot):
    QTimer.singleShot(0, lambda: 1 // 0)
    qtbot.wait(10)


@pytest.mark.qt_log_ignore("no such signal")
def test_qt_warning_that_was_named_passes(qtbot):
    qWarning("no such signal")
"""


def test_every_kind_of_warning_fails_unless_it_was_expected(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("pyproject.toml", "tests/conftest.py"):
        copy = pytester.path / name
        copy.parent.mkdir(exist_ok=True)
        copy.write_bytes((ROOT / name).read_bytes())
    (pytester.path / "tests/test_inner.py").write_text(TESTS)
    monkeypatch.setenv("PYTHONPATH", f"{ROOT}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")

    result = pytester.runpytest_subprocess("-rA", "-p", "no:cacheprovider", timeout=120)

    lines = [line.split() for line in result.outlines if "tests/test_inner.py::test_" in line]
    outcomes = {line[1].split("::")[1]: line[0] for line in lines if line[0] in {"PASSED", "FAILED", "ERROR"}}
    assert outcomes == {name: _expected_outcome(name) for name in _names(TESTS)}
    result.stdout.fnmatch_lines(["*unexpected ERROR from shop.printer: cable gone*"])
    result.stdout.fnmatch_lines(["*expected 1 x WARNING /paper is low/ from any logger, came 0 x*"])
    result.stdout.fnmatch_lines(["E * == 'fault'"])


def _names(source: str) -> list[str]:
    return [line[4 : line.index("(")] for line in source.splitlines() if line.startswith("def test_")]


def _expected_outcome(name: str) -> str:
    if name.endswith("passes"):
        return "PASSED"
    return "ERROR" if name.endswith("errs") else "FAILED"
