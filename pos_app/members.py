"""Members at the desk: they join, confirm a telephone, complete a profile, review goods, turn points into codes."""

import hashlib
import hmac
import secrets
from collections.abc import Callable

from db.store import NewFact, NewJob, Person
from pos_app import consequences, past
from pos_app.desk_work import DeskWork, new_number
from pos_app.loyalty import cards, customers, moments, notices
from pos_app.loyalty.bonuses import Occasion
from pos_app.loyalty.crediting import credited
from pos_app.loyalty.customers import Customer
from pos_app.loyalty.errors import Refusal
from pos_app.loyalty.facts import (
    BonusGiven,
    CodeMade,
    Enrolled,
    Fact,
    GoodsReturned,
    MemberActed,
    PointsCredited,
    SaleCompleted,
)
from pos_app.loyalty.money import Amount
from pos_app.loyalty.notices import Notice
from pos_app.loyalty.paper import Document
from pos_app.spending import ALONE, Spending

CODE_LENGTH = 12
CODE_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""No letter that can be taken for a digit: a code is read aloud and typed, too."""
PHONE_CODE_DIGITS = 6
PHONE_CODE_TRIES = 5
_PHONE_CODE_MS = 10 * 60 * moments.SECOND


class Members(DeskWork):
    """What members do at the desk besides buying. `spending` decides about points where the till has a centre."""

    spending: Spending | None = None

    def enrol(
        self,
        *,
        kind: str | None = None,
        card: str | None = None,
        name: str = "",
        phone: str = "",
        email: str = "",
        terms: str = "",
        birthday: str = "",
        language: str = "",
        invited_by: int | None = None,
        applies_for: str = "",
        slip: Callable[[Enrolled], Document] | None = None,
    ) -> Customer:
        """Hand over a card: the till's next number, or the pre-printed `card` that was scanned (K1, K6, K7).

        Joining points, those of the inviter and of earlier purchases as a guest come with it. Who `applies_for`
        another kind waits for the manager (K10). What `slip` makes of it is printed with it. Raises Refusal
        card_not_valid, card_taken, kind_unknown, phone_taken, or card_unknown for the inviter.
        """
        number = self._store.next_card() if card is None else self._preprinted(card)
        now, programme = self.now(), self._programme
        for wanted in filter(None, (kind, applies_for)):
            if wanted not in [known.id for known in programme.kinds]:
                raise Refusal("kind_unknown", kind=wanted)
        if invited_by is not None and self._store.customer(invited_by, now).status == "unknown":
            raise Refusal("card_unknown", card=invited_by)
        known_before = {member for contact in (phone, email) for member in self._store.members_by(contact)}
        if programme.membership.phone_once and any(map(self._is_member, self._store.members_by(phone))):
            raise Refusal("phone_taken", phone=phone)
        member = new_number()
        accepted = programme.terms_at(now)
        guest = self._store.guest_number(email) if email and programme.membership.guests_wait else 0
        body = Enrolled(
            card=number,
            account=number,
            member=member,
            kind=kind or programme.kinds[0].id,
            active_from=moments.add(now, programme.card_active_after, programme.zone),
            terms=terms or (accepted.id if accepted else ""),
            guest=guest if guest and self._store.facts_of(guest) else 0,
            invited_by=invited_by or 0,
        )
        new = [NewFact(body, now)]
        if applies_for:
            new.append(NewFact(MemberActed(number, "applied", applies_for), now))
        if not known_before:
            new += self._bonuses("joined", number, str(member), now)
            new += self._bonuses("friend_joined", invited_by, str(member), now)
        new += self._guests_points(body.guest, now)
        points = sum(fact.body.points for fact in new if isinstance(fact.body, BonusGiven) and fact.body.card == number)
        told = [notices.welcome(member, points)]
        meta: dict[str, str] = {}
        if phone and programme.membership.phone_confirmed:
            notice, meta = self._phone_code(member)
            told.append(notice)
        person = Person(member, name, phone, email, body.terms, birthday, language)
        jobs: list[NewJob] = [(None, slip(body), False)] if slip else []
        self._record_all(new, people=[person], told=told, meta=meta, jobs=jobs)
        return self._store.customer(number, now)

    def _preprinted(self, card: str) -> int:
        if not cards.is_card(card):
            raise Refusal("card_not_valid", card=card[:20])
        if self._store.customer(int(card), self.now()).status != "unknown":
            raise Refusal("card_taken", card=int(card))
        return int(card)

    def _is_member(self, member: int) -> bool:
        """Whether somebody who joined once has not left: a card that was replaced is no sign of it."""
        now = self.now()
        cards_ = self._store.cards_of_member(member)
        return any(self._store.customer(card, now).status not in ("replaced", "left") for card in cards_)

    def _bonuses(self, occasion: Occasion, card: int | None, about: str, now: int) -> list[NewFact]:
        """The bonuses of an occasion that were not given for it yet."""
        if card is None:
            return []
        return [
            consequences.bonus(rule, card, about, now)
            for rule in self._version.bonuses_on(occasion)
            if not consequences.has_been_given(self._store, card, rule, about)
        ]

    def _guests_points(self, guest: int, now: int) -> list[NewFact]:
        """Points of purchases that were made as a guest, from now on (H12); of open orders once they are closed."""
        new = []
        for fact in self._store.facts_of(guest) if guest else ():
            if isinstance(fact.body, SaleCompleted):
                since = self._closed(fact, now)
                if since is not None:
                    new.append(NewFact(PointsCredited(guest, fact.id, since), now))
        return new

    def _closed(self, sale: Fact, now: int) -> int | None:
        """From when points taken over `now` can be spent, None for those of an order that is open or was cancelled."""
        assert isinstance(sale.body, SaleCompleted)
        if any(isinstance(back.body, GoodsReturned) and back.body.cancelled for back in self._store.returns_of(sale)):
            return None
        fulfilled, paid = (None if since is None else now for since in past.order(self._store, sale))
        rules = past.version_of(self._store, self._programme, sale).crediting
        return credited(rules, sale.body.means, fulfilled, paid, self._programme.zone)

    # -- the telephone

    def send_phone_code(self, card: int) -> None:
        """Send a new code to the member's telephone (T16)."""
        customer = self._known(card)
        notice, meta = self._phone_code(customer.member)
        self._record_all([], told=[notice], meta=meta)

    def verify_phone(self, card: int, code: str) -> Fact:
        """The member tells the code that was sent; raises Refusal code_wrong when it is another, or too old."""
        customer = self._known(card)
        key = f"phone-code:{customer.member}"
        mark, _, rest = (self._store.meta(key) or "").partition(" ")
        until, tries = (int(part) for part in (rest or "0 0").split())
        if tries >= PHONE_CODE_TRIES or self.now() >= until:
            raise Refusal("code_wrong")
        if not hmac.compare_digest(mark, _mark(customer.member, code.strip())):
            self._store.set_meta(key, f"{mark} {until} {tries + 1}")
            raise Refusal("code_wrong")
        return self.confirm_phone(card)

    def confirm_phone(self, card: int) -> Fact:
        """The member's telephone is the member's own: the inviter gets the points of T10, once for a number."""
        customer, now = self._known(card), self.now()
        new = [NewFact(MemberActed(card, "phone_confirmed"), now)]
        inviter = self._store.seen(card).cards[card].invited_by
        person = self._store.person(customer.member)
        owners = self._store.members_by(person.phone) if person else []
        if inviter and not set(owners) - {customer.member}:
            new += self._bonuses("friend_confirmed_phone", inviter, str(customer.member), now)
        return self._record_all(new)[0]

    def _phone_code(self, member: int) -> tuple[Notice, dict[str, str]]:
        code = str(secrets.randbelow(10**PHONE_CODE_DIGITS)).rjust(PHONE_CODE_DIGITS, "0")
        until = self.now() + _PHONE_CODE_MS
        return notices.phone_code(member, code), {f"phone-code:{member}": f"{_mark(member, code)} {until} 0"}

    # -- what earns points besides buying

    def complete_profile(self, card: int) -> tuple[Fact, ...]:
        """The member has told all that the form asks for (H10, M1); points come once."""
        customer, now = self._known(card), self.now()
        acted = NewFact(MemberActed(card, "profile_completed"), now)
        return self._record_all([acted, *self._bonuses("profile_completed", card, str(customer.member), now)])

    def review(self, card: int, product: str) -> tuple[Fact, ...]:
        """A review of goods that the member has bought, once each (H4). Raises Refusal not_bought, already_reviewed."""
        self._known(card)
        family = consequences.family_cards(self._store, card)
        history = {fact.id: fact for one in family for fact in self._store.facts_of(one)}
        acts = [fact.body for fact in history.values() if isinstance(fact.body, MemberActed)]
        if any(act.what == "reviewed" and act.about == product for act in acts):
            raise Refusal("already_reviewed", product=product)
        if not any(self._has(fact, product) for fact in history.values()):
            raise Refusal("not_bought", product=product)
        now = self.now()
        account = self._store.customer(card, now).account
        acted = NewFact(MemberActed(card, "reviewed", product), now)
        return self._record_all([acted, *self._bonuses("reviewed", card, f"{account}:{product}", now)])

    def _has(self, fact: Fact, product: str) -> bool:
        """Whether a fact is a sale of which some of the product was kept."""
        if not isinstance(fact.body, SaleCompleted):
            return False
        left = [line.quantity_milli if line.product.code == product else 0 for line in fact.body.lines]
        for back in self._store.returns_of(fact):
            assert isinstance(back.body, GoodsReturned)
            for line in back.body.lines:
                left[line.index] -= line.quantity_milli
        return any(quantity > 0 for quantity in left)

    # -- codes

    def make_code(self, card: int, points: int) -> Fact:
        """Turn points into a code (H7, H20).

        Raises Refusal no_codes, points_step, not_enough_points, points_elsewhere or over_allowance.
        """
        customer = self._known(card)
        refusal = customers.refusal_of(customer, self.now())
        if refusal is not None:
            raise refusal
        version = self._version
        if version.codes is None:
            raise Refusal("no_codes")
        worth_minor = version.codes.worth(points)
        if points > max(customer.balance, 0):
            raise Refusal("not_enough_points", need=points, have=customer.balance)
        code = "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))
        expires = moments.add(self.now(), version.codes.live, self._programme.zone)
        permit = self.spending.permit_at_once(card, points, self.now()) if self.spending is not None else ALONE
        body = CodeMade(card, code, points, worth_minor, version.currency, expires, permit.authority, permit.hold)
        told = [notices.code_made(customer.member, code, Amount(worth_minor, version.currency), expires)]
        made = self._record_all([NewFact(body, self.now())], told=told)[0]
        if self.spending is not None:
            self.spending.keeper.settled(permit.hold)
        return made


def _mark(member: int, code: str) -> str:
    return hashlib.sha256(f"{member}:{code}".encode()).hexdigest()
