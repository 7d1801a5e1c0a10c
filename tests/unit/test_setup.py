"""packaging/setup.sh: what it calls and says, where apt, dpkg and sudo only write down their calls.

That it does its work for real is shown by every run of the tests in a fresh clone.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

PYTHON = f"""
case $1 in
-m) if [ "$2" = venv ]; then
        rm -rf "$4" && mkdir -p "$4/bin" && cp "$0" "$4/bin/python" && echo "$4/bin/python" >"$4/bin/pip"
        echo "venv $4" >>"$CALLS"
    else
        shift && echo "$*" >>"$CALLS"
    fi ;;
*) exec {sys.executable} "$@" ;;
esac
"""


class Machine:
    """A checkout on a made-up machine whose commands write down how they were called."""

    def __init__(self, folder: Path) -> None:
        self.checkout = folder / "checkout"
        self.bin = folder / "bin"
        self.calls = folder / "calls"
        self.calls.touch()
        self.bin.mkdir()
        (self.checkout / "packaging").mkdir(parents=True)
        shutil.copy(ROOT / "packaging/setup.sh", self.checkout / "packaging")
        self.write("pyproject.toml", "")
        self.write("packaging/requirements.lock", "one==1\n")
        self.write("packaging/requirements-dev.lock", "one==1\ntwo==2\n")
        self.write("packaging/apt-packages.txt", "# a remark\nlibone0\n\nlibtwo0  # another\n")
        self.write("packaging/apt-packages-test.txt", "xtest\n")
        self.command("python3", PYTHON)
        self.command("apt-get", 'echo "apt-get $*" >>"$CALLS"')
        self.installed("libone0,", "libtwo0,", "xtest,")
        self.user("0")

    def write(self, name: str, text: str) -> None:
        (self.checkout / name).write_text(text)

    def command(self, name: str, script: str) -> None:
        path = self.bin / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def installed(self, *packages: str) -> None:
        """Each as dpkg says it: the name, a comma, what it provides."""
        self.command("dpkg-query", "\n".join(f"echo 'installed, {package}'" for package in packages))

    def user(self, number: str, *, sudo: bool = False) -> None:
        self.command("id", f"echo {number}")
        self.command("sudo", '[ "$1" = -n ] && shift && "$@"' if sudo else "exit 1")

    def setup(self, kind: str = "run") -> subprocess.CompletedProcess[str]:
        self.calls.write_text("")
        return subprocess.run(
            [self.checkout / "packaging/setup.sh", kind],
            env={"PATH": f"{self.bin}:{os.environ['PATH']}", "CALLS": str(self.calls)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def called(self, word: str) -> list[str]:
        return [line for line in self.calls.read_text().splitlines() if line.startswith(word)]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_the_first_time_installs_the_lock_by_its_hashes(machine: Machine) -> None:
    done = machine.setup()

    assert (done.returncode, done.stderr) == (0, "")
    assert machine.called("venv") == [f"venv {machine.checkout}/.venv"]
    lock_installed, project_installed, _ = machine.called("pip")
    assert "--require-hashes" in lock_installed
    assert lock_installed.endswith("-r packaging/requirements.lock")
    assert "--no-deps --no-build-isolation --editable ." in project_installed


def test_the_second_time_does_nothing(machine: Machine) -> None:
    machine.setup()

    done = machine.setup()

    assert (done.returncode, done.stdout, machine.calls.read_text()) == (0, "setup: ready\n", "")


@pytest.mark.parametrize("name", ["pyproject.toml", "packaging/requirements.lock"])
def test_a_change_is_installed(machine: Machine, name: str) -> None:
    machine.setup()
    machine.write(name, "three==3\n")

    machine.setup()

    assert len(machine.called("pip")) == 3
    assert machine.called("venv") == []


def test_a_failed_installation_is_tried_again(machine: Machine) -> None:
    machine.setup()
    machine.write("packaging/requirements.lock", "three==3\n")
    python = machine.checkout / ".venv/bin/python"
    sound = python.read_text()
    python.write_text(sound.replace("shift && echo", "exit 1; echo"))
    assert machine.setup().returncode == 1
    python.write_text(sound)

    machine.setup()

    assert len(machine.called("pip")) == 3


def test_a_moved_checkout_gets_a_new_venv(machine: Machine) -> None:
    machine.setup()
    machine.checkout = machine.checkout.rename(machine.checkout.with_name("moved"))

    machine.setup()

    assert machine.called("venv") == [f"venv {machine.checkout}/.venv"]
    assert len(machine.called("pip")) == 3


def test_tests_get_their_own_lock_and_packages(machine: Machine) -> None:
    machine.setup()
    machine.installed("libone0,", "libtwo0,")

    done = machine.setup("test")

    assert done.returncode == 0
    assert [line.split()[-1] for line in machine.called("apt-get install")] == ["xtest"]
    assert machine.called("pip")[0].endswith("-r packaging/requirements-dev.lock")


def test_apt_is_not_called_for_what_another_package_provides(machine: Machine) -> None:
    machine.installed("libone0t64, libone0 (= 1.2-3), libone", "libtwo0,")

    assert machine.setup().returncode == 0
    assert machine.called("apt-get") == []


def test_root_installs_only_what_is_missing(machine: Machine) -> None:
    machine.installed("libone0,")

    assert machine.setup().returncode == 0
    update, install = machine.called("apt-get")
    assert update.startswith("apt-get update")
    assert install.startswith("apt-get install -y --no-install-recommends")
    assert install.endswith(" libtwo0")


def test_sudo_without_a_password_will_do(machine: Machine) -> None:
    machine.installed("libone0,")
    machine.user("1000", sudo=True)

    assert machine.setup().returncode == 0
    assert len(machine.called("apt-get install")) == 1


def test_without_rights_the_line_to_type_is_printed_and_nothing_is_done(machine: Machine) -> None:
    machine.installed()
    machine.user("1000")

    done = machine.setup()

    assert done.returncode == 1
    (line,) = (line for line in done.stderr.splitlines() if "apt-get" in line)
    install = "apt-get install -y --no-install-recommends libone0 libtwo0"
    assert line == f"sudo sh -c 'apt-get update && {install}'"
    assert machine.calls.read_text() == ""


def test_a_source_that_cannot_be_reached_does_not_stop_the_installation(machine: Machine) -> None:
    machine.installed("libone0,")
    machine.command("apt-get", 'echo "apt-get $*" >>"$CALLS"; [ "$1" != update ]')

    assert machine.setup().returncode == 0
    assert len(machine.called("apt-get install")) == 1


def test_what_apt_cannot_install_is_said(machine: Machine) -> None:
    machine.installed("libone0,")
    machine.command("apt-get", '[ "$1" = update ]')

    done = machine.setup()

    assert done.returncode == 1
    assert "apt could not install: libtwo0" in done.stderr


def test_an_old_python_is_refused(machine: Machine) -> None:
    for name in ("python3", "python3.11", "python3.12", "python3.13"):
        machine.command(name, "exit 1")

    done = machine.setup()

    assert done.returncode == 1
    assert "Python 3.11 or newer was not found" in done.stderr
