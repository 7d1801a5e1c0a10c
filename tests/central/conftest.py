"""A PostgreSQL for all tests of the centre, and a served centre for each."""

from collections.abc import Iterator

import pytest

from tests.helpers import postgres
from tests.helpers.postgres import Postgres
from tests.helpers.served import Served, serving


@pytest.fixture(scope="session")
def server() -> Iterator[Postgres]:
    with postgres.running() as running:
        yield running


@pytest.fixture
def served(server: Postgres) -> Iterator[Served]:
    with serving(server.database()) as running:
        yield running


@pytest.fixture(scope="session")
def shared(server: Postgres) -> Iterator[Served]:
    """A served centre for tests that do not ask what is in its database."""
    with serving(server.database()) as running:
        yield running
