"""Stores to replay: what was played in them, and what a replay makes of each fact."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from db.store import Store
from pos_app import replay, shipped
from pos_app.loyalty.facts import Fact
from pos_app.loyalty.programme import Programme
from pos_app.loyalty.programme_file import decode
from pos_app.rehearsal_file import Rehearsal
from pos_app.rehearsal_stage import Stage
from pos_app.replay import Past, Replay, Report
from pos_app.settings import Settings
from pos_app.shop import Shop


@contextmanager
def shop(folder: Path, programme: Programme) -> Iterator[Shop]:
    """A shop whose store does not outlast the test."""
    store = Store.open(folder, programme.zone, statutes=programme.statutes, lasting=False)
    try:
        yield Shop(folder, Settings(), programme, store)
    finally:
        store.close()


@contextmanager
def rehearsed(folder: Path, rehearsal: Rehearsal) -> Iterator[Shop]:
    """A shop in which a rehearsal was played to its end."""
    with shop(folder, rehearsal.programme) as opened:
        opened.store.replica.put_products(rehearsal.products)
        opened.store.put_offers(rehearsal.offers)
        opened.store.replica.put_coupons(rehearsal.coupons)
        stage = Stage(opened.store, rehearsal)
        for step in rehearsal.steps:
            stage.play(step)
        yield opened


def changed(name: str, *replaced: tuple[str, str]) -> Programme:
    """A shipped programme with some text of its file replaced, each piece wherever it stands."""
    content = shipped.content(name).decode()
    for old, new in replaced:
        assert old in content, old
        content = content.replace(old, new)
    return decode(content.encode(), f"{name}.toml")


def under(opened: Shop, programme: Programme) -> Report:
    """The replay of a shop under a programme, as of its last fact."""
    return replay.replayed(opened, programme, opened.store.last_moment)


def differing(history: Sequence[Fact], programme: Programme, find: Callable[[bytes], Fact | None]) -> list[str]:
    """The facts that are not made again as they are under the very programme that they were reckoned by."""
    past = Past(lambda fact: (programme, programme.version_at(fact.moment)), find, lambda code: None)
    again = Replay(programme, programme, past, lambda card: None)
    different = [f"{fact}\n-> {made}" for fact in history if (made := again.step(fact)) != [fact]]
    report = again.end(max((fact.moment for fact in history), default=0))
    return different if different or report.same else [str(report)]
