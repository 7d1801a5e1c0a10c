"""Sales of real tills reckoned again at the centre: none differs, unless it was made to."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from db.store import Store
from pos_app import reckon_again, rehearse, shipped
from pos_app.loyalty import facts
from pos_app.loyalty.facts import Earned, Fact, SaleCompleted
from pos_app.loyalty.programme import Programme
from pos_app.rehearsal_stage import Stage
from sync.central import batches, published
from sync.central.database import Link
from tests.helpers.served import Served


def days_of(programme: Programme, name: str, folder: Path) -> list[list[Fact]]:
    """The facts that a programme's rehearsals leave at a till, a list for each."""
    days = []
    paths = sorted(path for pattern in programme.rehearsals for path in shipped.folder(name).glob(pattern))
    for number, rehearsal in enumerate(rehearse.load(paths)):
        store = Store.open(folder / str(number), programme.zone, statutes=programme.statutes, lasting=False)
        store.replica.put_products(rehearsal.products)
        store.put_offers(rehearsal.offers)
        store.replica.put_coupons(rehearsal.coupons)
        stage = Stage(store, rehearsal)
        for step in rehearsal.steps:
            stage.play(step)
        days.append(list(store.facts()))
        store.close()
    return days


def put(link: Link, history: list[Fact], number: int) -> None:
    """Let the centre have the facts of one till, as of moment 1000, and nothing else."""
    link.execute("TRUNCATE fact, batch, fact_card, ledger, card, alarm, apart")
    with link.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO fact VALUES (%s, %s, %s, %s, '', %s, 1000, 1)",
            [(number, fact.id, fact.epoch, fact.seq, facts.encode(replace(fact, till=number))) for fact in history],
        )
    batches.note(link, number, 1, 1000, len(history))


@pytest.mark.parametrize("name", ["coop-bg", "kerman-motor"])
def test_what_tills_have_reckoned_the_centre_reckons_alike(served: Served, tmp_path: Path, name: str) -> None:
    programme = shipped.programme(name)
    served.link.execute("UPDATE centre SET zone = %s", (programme.zone,))
    published.put_programme(served.link, "", programme.id, programme.pack, shipped.content(name), 0)
    sales = 0
    for number, history in enumerate(days_of(programme, name, tmp_path), start=1):
        put(served.link, history, number)
        served.fold()
        found = reckon_again.check(served.link, programme, 0)
        assert (found.differ, found.unknown) == (0, 0), served.link.execute("SELECT subject FROM alarm").fetchall()
        sales += found.sales

    assert sales > 20


def test_a_sale_that_says_other_points_is_told_once_and_left_as_it_is(served: Served, tmp_path: Path) -> None:
    programme = shipped.programme("coop-bg")
    history = next(
        day
        for day in days_of(programme, "coop-bg", tmp_path)
        if any(isinstance(fact.body, SaleCompleted) and fact.body.earned for fact in day)
    )
    place, sale = next(
        (place, fact) for place, fact in enumerate(history) if isinstance(fact.body, SaleCompleted) and fact.body.earned
    )
    more = replace(sale, body=replace(sale.body, earned=(Earned(("x",), 999, credited=sale.moment),)))
    unknown = [replace(fact, programme="0" * 16) for fact in history]

    put(served.link, [*history[:place], more, *history[place + 1 :]], 7)
    served.fold()
    told = [reckon_again.check(served.link, programme, since).differ for since in (0, 0, 1001)]
    alarms = served.link.execute("SELECT till, at, kind, subject FROM alarm WHERE kind = 'reckoned'").fetchall()
    put(served.link, unknown, 7)
    served.fold()
    unchecked = reckon_again.check(served.link, programme, 0)

    assert told == [1, 1, 0]
    assert alarms == [(7, sale.moment, "reckoned", f"{sale.epoch}/{sale.seq}: earned")]
    assert (unchecked.sales, unchecked.differ) == (0, 0)
    assert unchecked.unknown > 0
