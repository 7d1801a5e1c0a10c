"""Writing facts down with all that follows from them: bonuses of others, points that can be spent now, notices."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from db.store import NewFact, NewJob, Person, Store
from pos_app.loyalty import facts, ledger, notices, returns
from pos_app.loyalty.basket import Basket
from pos_app.loyalty.bonuses import Bonus
from pos_app.loyalty.facts import BonusGiven, Fact, GoodsReturned, OrderChanged, SaleCompleted
from pos_app.loyalty.notices import Notice
from pos_app.loyalty.programme import Programme

_NO_META: Mapping[str, str] = MappingProxyType({})


def record(
    store: Store,
    programme: Programme,
    new: Sequence[NewFact],
    *,
    cashier: str = "",
    jobs: Sequence[NewJob] = (),
    basket: Basket | None = None,
    people: Sequence[Person] = (),
    told: Sequence[Notice] = (),
    meta: Mapping[str, str] = _NO_META,
) -> tuple[Fact, ...]:
    """Write facts, what follows from them and what members are told of it, in one transaction."""
    moment = new[0].moment if new else store.last_moment
    more = [follower for one in new for follower in _friends_first_sale(store, programme, one)]
    every = [*new, *more]
    before = _tiers(store, programme, every)
    return store.record(
        every,
        cashier=cashier,
        programme=programme.pack,
        version=programme.version_at(moment).id,
        jobs=jobs,
        basket=basket,
        people=people,
        meta=meta,
        notices=_told(store, programme, before, moment, told),
    )


def bonus(rule: Bonus, card: int, occasion: str, moment: int, **more: int | bytes) -> NewFact:
    """The fact by which a bonus rule gives its points to a card."""
    points = more.pop("points", rule.points)
    assert isinstance(points, int)
    return NewFact(BonusGiven(card, rule.id, points, occasion, rule.life, **more), moment)  # type: ignore[arg-type]


def _friends_first_sale(store: Store, programme: Programme, one: NewFact) -> Iterator[NewFact]:
    """What the inviter gets for the first completed purchase of a friend (T9, T11, H5)."""
    paid_minor = 0
    match one.body:
        case SaleCompleted(fulfilled=True, card=int() as card, guest=0) as sale:
            sale_id, paid_minor = one.id, sale.to_pay_minor
        case OrderChanged(state="fulfilled", sale=sale_id):
            fact = store.fact(sale_id)
            if fact is None or not isinstance(fact.body, SaleCompleted) or fact.body.card is None:
                return
            earlier = [back.body for back in store.returns_of(fact) if isinstance(back.body, GoodsReturned)]
            if earlier and not any(returns.left_milli(fact.body, earlier)):
                return
            card, paid_minor = fact.body.card, fact.body.to_pay_minor - sum(map(returns.refunded, earlier))
        case _:
            return
    rules = programme.version_at(one.moment).bonuses_on("friend_first_sale")
    if not rules:
        return
    buyer = store.seen(card).cards.get(card)
    if buyer is None or not buyer.invited_by or not buyer.member:
        return
    given = store.seen(buyer.invited_by).given
    for rule in rules:
        if f"{rule.id}:{buyer.member}" not in given:
            yield bonus(
                rule, buyer.invited_by, str(buyer.member), one.moment,
                points=rule.worth(paid_minor), sale=sale_id, amount_minor=paid_minor,
            )  # fmt: skip


def _tiers(store: Store, programme: Programme, every: Sequence[NewFact]) -> dict[int, str]:
    """The tier of each card that these facts are about, as its member knows it."""
    if not programme.statutes.eras:
        return {}
    cards = {card for one in every for card in facts.cards_of(one.body)}
    return {card: store.tier_told(card) for card in sorted(cards)}


def _told(
    store: Store, programme: Programme, before: dict[int, str], moment: int, told: Sequence[Notice]
) -> Iterator[Notice]:
    """What members are told: asked for when the facts have changed their accounts (T6).

    The levels of a till that has a centre are told there, where time and all other tills' facts are known, too.
    """
    yield from told
    rules = programme.version_at(moment).tiers
    if rules is None or store.centre:
        return
    members: set[int] = set()
    for card, tier in before.items():
        customer = store.customer(card, moment)
        now = rules.tier(customer.tier)
        if tier and now is not None and now.id != tier and customer.member and customer.member not in members:
            members.add(customer.member)
            yield notices.tier_changed(customer.member, now.names)


def has_been_given(store: Store, card: int, rule: Bonus, occasion: str) -> bool:
    """Whether a bonus was given already for this occasion."""
    return f"{rule.id}:{occasion}" in store.seen(card).given


def family_cards(store: Store, card: int) -> list[int]:
    """The cards whose points are, or were, those of a card's family: itself and those that were replaced included."""
    state = store.seen(card)
    if card not in state.cards:
        return []
    accounts = ledger.family(state, state.cards[card].account)
    return sorted(number for number, one in state.cards.items() if one.account in accounts)
