"""The demo shops of the other programmes: what their members have came about by facts, and all of the sheet works."""

from collections import Counter
from pathlib import Path

import pytest

from db.store import NewFact, Store, StoreTrouble
from pos_app import demo, demo_club, shipped, shop, texts
from pos_app.clock import now_ms
from pos_app.loyalty import ledger
from pos_app.loyalty.facts import Acted, CodeMade, GoodsReturned, RequestDecided, SaleCompleted
from pos_app.sign_in import pin_fits
from pos_app.till import CardScanned, CouponScanned, ProductScanned, SlipScanned, StaffScanned, Till, UnknownScanned

CLUBS = [programme for programme in shipped.SHIPPED if programme != demo.HOME]
SCANNED = {
    "client": CardScanned, "goods": ProductScanned, "weighed": ProductScanned, "coupon": CouponScanned,
    "order": SlipScanned, "staff": StaffScanned, "unknown": UnknownScanned,
}  # fmt: skip


@pytest.fixture(scope="module", params=CLUBS)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("demo") / "shop"
    assert demo.ensure_demo(folder, request.param) == demo.PINS
    from pos_app import settings

    settings.save(demo.settings_of(request.param), folder)
    return folder, request.param


def test_everything_on_the_sheet_is_what_its_caption_says(made: tuple[Path, str]) -> None:
    folder, programme = made
    with shop.opened(folder) as opened:
        assert opened.store.warnings == []
        assert opened.programme.id == programme
        words = texts.words_of(opened.programme, opened.settings.language)
        till = Till(opened.store, opened.programme, opened.settings, words)
        sheet = demo.demo_sheet(opened.store)
        for sample in sorted(sheet, key=lambda sample: sample.kind == "coupon"):
            assert type(till.scan(sample.code)) is SCANNED[sample.kind], sample
        assert Counter(sample.kind for sample in sheet)["client"] >= 3
        assert till.basket.card is not None


def test_members_stand_on_different_tiers_by_their_own_points(made: tuple[Path, str]) -> None:
    folder, programme = made
    rules = shipped.programme(programme)
    with shop.opened(folder, read_only=True) as opened:
        store, now = opened.store, now_ms()
        cards = {fact.body.card or 0 for fact in store.facts() if isinstance(fact.body, SaleCompleted)}
        members = [store.customer(card, now) for card in sorted(cards)]
        assert len(members) > 15
        assert all(member.name for member in members)
        if rules.version_at(now).tiers:
            assert len({member.tier for member in members}) >= 3
        for member in members:
            state = store.ledger(member.card)
            ledger.advance(state, now)
            totals = ledger.totals(state, member.account)
            assert totals.earned == totals.spent + totals.expired + totals.cancelled + totals.balance + totals.pending
        assert not any(isinstance(fact.body, GoodsReturned) for fact in store.facts())


def test_each_shop_has_what_its_programme_is_about(made: tuple[Path, str]) -> None:
    folder, programme = made
    with shop.opened(folder, read_only=True) as opened:
        store, now = opened.store, now_ms()
        kinds = Counter(type(fact.body) for fact in store.facts())
        sales = [fact.body for fact in store.facts() if isinstance(fact.body, SaleCompleted)]
        pending = sum(store.customer(sale.card or 0, now).pending > 0 for sale in sales)
        staff = {one.id: one for one in store.staff()}
    assert pin_fits(staff["radka"].pin_hash, demo.PINS["radka"])
    if programme != "kerman-motor":
        assert any(sale.used_points for sale in sales)
        assert pending
    if programme == "asal-plus":
        assert kinds[CodeMade]
    if programme == "kerman-motor":
        assert kinds[RequestDecided]
        assert {sale.channel for sale in sales} == {"direct"}


def test_it_is_made_once_and_never_where_a_till_has_worked(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    demo.ensure_demo(folder, "dvizna-si")
    made = {path.name: path.read_bytes() for path in folder.iterdir()}
    demo.ensure_demo(folder, "dvizna-si")
    assert made.items() <= {path.name: path.read_bytes() for path in folder.iterdir()}.items()

    till = tmp_path / "till"
    store = Store.open(till, "Europe/Ljubljana")
    store.record([NewFact(Acted("drawer_opened"), now_ms())])
    store.close()
    with pytest.raises(StoreTrouble) as trouble:
        demo.ensure_demo(till, "dvizna-si")
    assert trouble.value.code == "exists"


def test_one_that_was_not_finished_is_made_again(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    (folder / "making").mkdir(parents=True)
    (folder / "making" / "journal.db").write_bytes(b"half")
    demo.ensure_demo(folder, "dvizna-si")
    assert not (folder / "making").exists()
    with shop.opened(folder, read_only=True) as opened:
        assert demo.demo_sheet(opened.store)


def test_every_demo_shop_speaks_the_language_of_its_programme() -> None:
    languages = {programme: demo.settings_of(programme).language for programme in shipped.SHIPPED}
    assert languages == {
        "coop-bg": "bg", "taavoni-ir": "fa", "asal-plus": "fa", "kerman-motor": "fa", "dvizna-si": "sl",
    }  # fmt: skip
    assert all(len(demo_club.parts_of(programme)["goods"]) >= 14 for programme in CLUBS)
