"""Cards and families: who leads where, as facts tell it."""

from pos_app.loyalty import facts
from pos_app.loyalty.accounts import CardState, Ledger, Link, Lot, Taking, card_state, cards_to, family, key
from pos_app.loyalty.benefits import Request
from pos_app.loyalty.facts import Fact


def _today(ledger: Ledger, number: int) -> int:
    """The card that stands for `number` today: itself, or the last of those that replaced it."""
    while replaced_by := card_state(ledger, number).replaced_by:
        number = replaced_by
    return number


def enrol(ledger: Ledger, fact: Fact, body: facts.Enrolled) -> None:
    """Give a card its account and member; whatever it did before, as far as clocks tell, is theirs."""
    card = card_state(ledger, body.card)
    if card.member or card.status == "given":
        return  # handed over at two tills at once: the earlier one stands
    _rename(ledger, card.account, body.account)
    for other in ledger.cards.values():
        if other.account == body.account:
            other.member = other.member or body.member
    card.active_from = body.active_from
    card.invited_by = body.invited_by
    if card.status == "unknown":
        card.status = "given"
    if body.guest:
        _take_up(ledger, body)
    _set_kind(ledger, fact, body.member, body.kind)


def _take_up(ledger: Ledger, body: facts.Enrolled) -> None:
    """Let purchases that wait under a guest's number be those of the member who joined first (H12)."""
    guest = card_state(ledger, body.guest)
    if guest.replaced_by:
        return
    _rename(ledger, guest.account, body.account)
    guest.member, guest.status, guest.replaced_by, guest.guest = body.member, "replaced", body.card, True


def _rename(ledger: Ledger, old: int, new: int) -> None:
    """What a card's number stood for until its account was known belongs to that account."""
    if old == new:
        return
    owners: list[CardState | Lot | Taking | Request] = [
        *ledger.cards.values(), *ledger.lots.values(), *ledger.takings.values(), *ledger.requests.values(),
    ]  # fmt: skip
    for owner in owners:
        if owner.account == old:
            owner.account = new
    ledger.tiers.pop(old, None)
    counted = ledger.counts.setdefault(new, {})
    for rule, count in ledger.counts.pop(old, {}).items():
        counted[rule] = counted.get(rule, 0) + count
    if not counted:
        del ledger.counts[new]
    for name, link in ledger.links.items():
        first, second = (new if account == old else account for account in link.accounts)
        ledger.links[name] = Link(link.cards, (first, second))


def _set_kind(ledger: Ledger, fact: Fact, member: int, kind: str) -> None:
    if member:
        ledger.kinds[member] = kind
        ledger.kinds_at[member] = facts.place(fact)


def change_kind(ledger: Ledger, fact: Fact, body: facts.KindChanged) -> None:
    """The member of a card is of another kind from now on."""
    _set_kind(ledger, fact, card_state(ledger, body.card).member, body.kind)


def activate(ledger: Ledger, fact: Fact, body: facts.CardActivated) -> None:
    """Let a card take part from now on."""
    state = card_state(ledger, _today(ledger, body.card))
    state.active_from = min(state.active_from, fact.moment)


def block(ledger: Ledger, body: facts.CardBlocked) -> None:
    """Shut a card out, unless it leads nowhere any more."""
    state = card_state(ledger, body.card)
    if state.status not in ("replaced", "left"):
        state.status = "blocked"


def merge(ledger: Ledger, fact: Fact, body: facts.CardsMerged) -> None:
    """Link the accounts of cards with the holder's."""
    holder = card_state(ledger, body.holder).account
    for index, number in enumerate(body.cards):
        card = card_state(ledger, number).account
        ledger.links[key(fact.id, index)] = Link((body.holder, number), (holder, card))


def split(ledger: Ledger, body: facts.CardSplit) -> None:
    """Give a card a new account; the old one stays with the family, and so do its points.

    Links that the split did not know of go with the card. If no card led to the old points any more, the card
    stays: it was the last one, because others left at other tills at the same time.
    """
    number = _today(ledger, body.card)
    old, links = card_state(ledger, number).account, dict(ledger.links)
    cards = [card for other, card in ledger.cards.items() if _today(ledger, other) == number]
    for card in cards:
        card.account = body.account
    for name, link in links.items():
        if name not in body.links:
            ledger.links[name] = _moved(ledger, link, number, old, body.account)
    if not cards_to(ledger, family(ledger, old)):
        ledger.links = links
        for card in cards:
            card.account = old


def _moved(ledger: Ledger, link: Link, card: int, old: int, new: int) -> Link:
    """A link with the end that a card has in an old account put into a new one."""
    first, second = (
        new if account == old and _today(ledger, number) == card else account
        for number, account in zip(link.cards, link.accounts, strict=True)
    )
    return Link(link.cards, (first, second))


def replace(ledger: Ledger, body: facts.CardReplaced) -> None:
    """Let a new card lead to the account of an old one, unless somebody has the new one already."""
    old = card_state(ledger, body.card)
    new = card_state(ledger, body.new_card)
    if new is old or new.status != "unknown":
        return
    _rename(ledger, new.account, old.account)
    ledger.cards[body.new_card] = CardState(old.account, old.member, body.active_from, "given")
    old.status = "replaced"
    old.replaced_by = old.replaced_by or body.new_card


def leave(ledger: Ledger, body: facts.MemberLeft) -> None:
    """End a card's membership; points that no card leads to any more are cancelled."""
    number = _today(ledger, body.card)
    card = card_state(ledger, number)
    for guest in [other for other, state in ledger.cards.items() if state.guest and _today(ledger, other) == number]:
        ledger.cards[guest] = CardState(account=guest)  # what is bought from now on waits for whoever joins next
    card.status = "left"
    members = family(ledger, card.account)
    if cards_to(ledger, members):
        return
    for lot in ledger.lots.values():
        if lot.account in members:
            lot.cancelled += lot.left
            lot.lost += lot.left
            lot.left = 0
