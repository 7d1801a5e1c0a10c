"""Figures for Prometheus: what is counted while the service runs, and what the database says when it is asked."""

from collections import Counter as Count
from collections.abc import Iterator
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Histogram, ProcessCollector, generate_latest
from prometheus_client import Counter as Counted
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from sync.central import fleet
from sync.central.database import Link, row
from sync.central.gate import OPEN, PACKS

if TYPE_CHECKING:
    from sync.central.state import Service

SILENT_MS = 15 * 60_000
"""A till that was not heard for so long is counted as silent."""
_ROUTES = OPEN | {"/v1/facts", "/v1/changes", "/v1/holds", "/v1/holds/over", "/v1/sales"}
_BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 1.0, 2.5, 10.0)


class Metrics:
    """What is counted while the service runs, and what the database says when it is asked."""

    def __init__(self, service: "Service") -> None:
        self._registry = CollectorRegistry()
        self.requests = Counted("centre_requests", "Requests answered", ["route", "status"], registry=self._registry)
        self.seconds = Histogram(
            "centre_request_seconds", "How long answers took", ["route"], buckets=_BOUNDS, registry=self._registry
        )
        ProcessCollector(registry=self._registry)
        self._registry.register(_Stock(service))

    def count(self, path: str, status: int, seconds: float) -> None:
        """One request was answered."""
        route = path if path in _ROUTES else f"{PACKS}{{pack}}" if path.startswith(PACKS) else "other"
        self.requests.labels(route, str(status)).inc()
        self.seconds.labels(route).observe(seconds)

    def text(self) -> bytes:
        """All of it in Prometheus's own format."""
        return generate_latest(self._registry)


class _Stock(Collector):
    """What is in the database."""

    def __init__(self, service: "Service") -> None:
        self._service = service

    def describe(self) -> list[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        now = self._service.now()
        with self._service.pool.connection() as link:
            yield from _of_facts(link, now)
            yield from _of_tills(link, now)
            yield _of_notices(link)
        unread = "1 while the programme in force cannot be read, and the one before it is followed"
        yield _gauge("centre_programme_unreadable", unread, float(self._service.follows_old))
        yield _gauge("centre_folder_age_seconds", "Since the folder was at its end", (now - self._service.folded) / 1e3)


def _of_facts(link: Link, now: int) -> Iterator[Metric]:
    waiting = fleet.waiting(link)
    oldest = 0.0 if waiting.oldest is None else max(0, now - waiting.oldest) / 1000
    yield _gauge("centre_facts_waiting", "Facts not folded yet", waiting.facts)
    yield _gauge("centre_oldest_waiting_seconds", "How long the oldest of them has waited", oldest)
    yield _gauge("centre_facts_apart", "Facts that are not understood", waiting.apart)
    yield _gauge("centre_tick", "Cuts made", row(link, "SELECT tick FROM centre")[0])
    (held,) = row(link, "SELECT count(*) FROM hold WHERE over IS NULL AND until > %s", (now,))
    yield _gauge("centre_holds_open", "Points kept for open sales", held)


def _of_tills(link: Link, now: int) -> Iterator[Metric]:
    states = Count(state_of(till, now) for till in fleet.tills(link))
    tills = GaugeMetricFamily("centre_tills", "Tills", labels=["state"])
    for state in ("heard", "silent", "never", "shut_out"):
        tills.add_metric([state], states[state])
    yield tills
    alarms = GaugeMetricFamily("centre_alarms_unseen", "Alarms that nobody has seen to", labels=["kind"])
    for kind, count in link.execute("SELECT kind, count(*) FROM alarm WHERE seen IS NULL GROUP BY kind ORDER BY kind"):
        alarms.add_metric([kind], count)
    yield alarms


def _of_notices(link: Link) -> Metric:
    """What members have yet to be told, and of what nobody knows whether they were."""
    found: dict[str, int] = dict(
        link.execute(
            "SELECT state, count(*) FROM notice WHERE state IN ('queued', 'sending', 'unsure') GROUP BY state"
        ).fetchall()
    )
    notices = GaugeMetricFamily("centre_notices", "Notices that were not surely sent", labels=["state"])
    for state in ("queued", "sending", "unsure"):
        notices.add_metric([state], found.get(state, 0))
    return notices


def state_of(till: fleet.TillState, now: int) -> str:
    """Whether a till is heard, silent for some time, was never heard, or is shut out."""
    if till.shut_out is not None:
        return "shut_out"
    if till.heard is None:
        return "never"
    return "silent" if now - till.heard > SILENT_MS else "heard"


def _gauge(name: str, told: str, value: float) -> Metric:
    return GaugeMetricFamily(name, told, value=value)
