"""What all work at the desk shares: cards that can be worked with, and facts written down with their cashier."""

import secrets
from collections.abc import Callable, Mapping, Sequence

from db.store import NewFact, NewJob, Person, Store
from pos_app import consequences
from pos_app.loyalty.customers import Customer
from pos_app.loyalty.errors import Refusal
from pos_app.loyalty.facts import Body, Fact
from pos_app.loyalty.notices import Notice
from pos_app.loyalty.programme import Programme, Version

_NO_META: Mapping[str, str] = {}


def new_number() -> int:
    """A number for a member or an account, from 62 random bits."""
    return secrets.randbits(62) | 1


class DeskWork:
    """The desk of one till. Every method writes what happened; all raise Refusal for cards that cannot take part."""

    def __init__(
        self, store: Store, programme: Programme, clock: Callable[[], int], cashier: Callable[[], str] = str
    ) -> None:
        self._store = store
        self._programme = programme
        self._clock = clock
        self._cashier = cashier

    def now(self) -> int:
        return max(self._clock(), self._store.last_moment)

    @property
    def _version(self) -> Version:
        return self._programme.version_at(self.now())

    def _known(self, card: int) -> Customer:
        """A card that the desk can work with: one that waits for its activation can be, a blocked one cannot."""
        customer = self._store.customer(card, self.now())
        match customer.status:
            case "unknown":
                raise Refusal("card_unknown", card=card)
            case "blocked" | "replaced":
                raise Refusal("card_blocked", card=card)
            case "left":
                raise Refusal("card_left", card=card)
        return customer

    def _record(self, body: Body) -> Fact:
        return self._record_all([NewFact(body, self.now())])[0]

    def _record_all(
        self,
        new: Sequence[NewFact],
        *,
        people: Sequence[Person] = (),
        told: Sequence[Notice] = (),
        meta: Mapping[str, str] = _NO_META,
        jobs: Sequence[NewJob] = (),
    ) -> tuple[Fact, ...]:
        return consequences.record(
            self._store, self._programme, new, cashier=self._cashier(), people=people, told=told, meta=meta, jobs=jobs
        )
