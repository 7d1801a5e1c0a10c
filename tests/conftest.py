"""The ground under every test: no screen, a strange time zone, nobody's home folder, no silent warning."""

import os
import time
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = ("pytester", "tests.helpers.logs", "tests.helpers.postgres")

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["LC_ALL"] = "C.UTF-8"
# No shop is there: whatever takes the machine's local time for the shop's shows itself.
os.environ["TZ"] = "Pacific/Kiritimati"
time.tzset()

# On shared machines nothing may hang on speed; `make test` is the same every time, dev looks further.
_calm = [HealthCheck.too_slow]
settings.register_profile("ci", derandomize=True, database=None, deadline=None, suppress_health_check=_calm)
settings.register_profile("dev", max_examples=1000, deadline=None, suppress_health_check=_calm)
settings.load_profile("ci")


@pytest.fixture(scope="session", autouse=True)
def _no_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Files that a program keeps for its user go to a folder of this run."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("CONFIG", "DATA", "STATE"):
            patch.setenv(f"XDG_{name}_HOME", str(tmp_path_factory.mktemp(name.lower())))
        runtime = tmp_path_factory.mktemp("runtime")
        runtime.chmod(0o700)
        patch.setenv("XDG_RUNTIME_DIR", str(runtime))
        yield
