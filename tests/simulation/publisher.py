"""What the centre's administrator publishes, and what has to be found at the tills of each shop for it."""

from collections.abc import Callable
from random import Random
from typing import NamedTuple, get_args

import msgspec

from db.records import Staff
from pos_app.loyalty.basket import Offer, Product
from pos_app.loyalty.coupons import Coupon
from sync.central import published
from sync.messages import Kind
from tests.simulation.centre import Centre
from tests.simulation.trust import PROGRAMMES

Thing = Product | Offer | Coupon | Staff | str
STOCKED = {"mug": "", "bag": "coop/1"}
"""Things of the board that have a stock, and by whom it is shared: always by the same ones."""
_NOW = 1_790_000_000_000
_SHARES = {"product": 4, "offer": 8, "coupon": 2, "staff": 3, "programme": 2}
_SCOPES = ("", "", "coop", "coop/0", "coop/1")


class Of(NamedTuple):
    """Under which key a thing is published, and for whom."""

    kind: Kind
    key: str
    scope: str


class State(NamedTuple):
    """What is published, None where it was taken away again, and after which cut each stock was published."""

    things: dict[Of, Thing | None]
    since: dict[str, int]


class Publisher:
    """Publishes by chance, and remembers what; what a centre that is put back has lost, is forgotten here, too."""

    def __init__(self, rng: Random, centre: Centre, do: Callable[[Callable[[], object]], None]) -> None:
        """`do` lets the centre do something to its end, whatever comes between."""
        self._rng = rng
        self._centre = centre
        self._do = do
        self.state = State({}, {})
        self.ever: set[tuple[Kind, str]] = set()
        """Kinds and keys of all that was ever published, anywhere."""

        self._kept: dict[str, State] = {}

    def begin(self) -> None:
        """A centre has a programme from its beginning, and something on its board."""
        self._put_programme(next(iter(PROGRAMMES)), "")
        self._offer("mug")

    def publish(self) -> str:
        """Something new, something else, or nothing any more; tells what."""
        rng = self._rng
        (kind,) = rng.choices(tuple(_SHARES), tuple(_SHARES.values()))
        assert kind in get_args(Kind)
        match kind:
            case "product":
                key = rng.choice(("3800000000017", "3800000000024"))
                return self._put(Of("product", key, self._scope()), Product(key, "Bread", rng.randrange(50, 500)))
            case "offer":
                return self._offer(rng.choice(("mug", "mug", "bag", "cup", "pen")))
            case "coupon":
                key = rng.choice(("SPRING", "TEN"))
                return self._put(Of("coupon", key, self._scope()), Coupon(key, rng.randrange(100, 900)))
            case "staff":
                return self._staff()
        return self._programme()

    def _offer(self, item: str) -> str:
        points, stock = self._rng.randrange(1, 50), None
        if item in STOCKED:
            stock = self._rng.randrange(6)
            self.state.since[item] = self._centre.tick()
        scope = STOCKED[item] if item in STOCKED else self._scope()
        return self._put(Of("offer", item, scope), Offer(item, item, item.title(), points, stock=stock))

    def _staff(self) -> str:
        """Now and then two of them change their cards."""
        ids, scope = ["ann", "bob"], self._scope()
        self._rng.shuffle(ids)
        some = [Staff(id_, id_.title(), "cashier", "", card) for id_, card in zip(ids, ("A", "B"), strict=True)]
        return " ".join(self._put(Of("staff", one.id, scope), one) for one in some[: self._rng.choice((1, 2))])

    def _programme(self) -> str:
        scope = self._rng.choice(("", "coop/0"))
        if scope and self._rng.random() < 0.3:
            return self._take_away(Of("programme", published.IN_FORCE, scope))
        return self._put_programme(self._rng.choice(list(PROGRAMMES)), scope)

    def _put_programme(self, pack: str, scope: str) -> str:
        content, programme = PROGRAMMES[pack]
        self._do(lambda: published.put_programme(self._centre.link, scope, programme.id, pack, content, _NOW))
        return self._note(Of("programme", published.IN_FORCE, scope), pack)

    def _scope(self) -> str:
        return self._rng.choice(_SCOPES)

    def _put(self, of: Of, thing: Thing) -> str:
        if self._rng.random() < 0.2:
            return self._take_away(of)
        data = msgspec.msgpack.encode(thing)
        self._do(lambda: published.put(self._centre.link, of.kind, of.scope, {of.key: data}))
        return self._note(of, thing)

    def _take_away(self, of: Of) -> str:
        self._do(lambda: published.take_away(self._centre.link, of.kind, of.scope, [of.key]))
        return self._note(of, None)

    def _note(self, of: Of, thing: Thing | None) -> str:
        self.state.things[of] = thing
        self.ever.add((of.kind, of.key))
        return f"{of.kind} {of.key} {of.scope}{' is no more' if thing is None else ''}"

    def at(self, shop: str) -> dict[tuple[Kind, str], Thing]:
        """What is to be found at the tills of a shop: of each thing what is published nearest to it."""
        found: dict[tuple[Kind, str], Thing] = {}
        scopes = published.scopes_of(shop)
        for of, thing in sorted(self.state.things.items(), key=lambda one: len(one[0].scope)):
            if thing is not None and of.scope in scopes:
                found[of.kind, of.key] = thing
        return found

    # -- the centre's disks

    def keep(self, slot: str) -> None:
        """What is published now is in a copy of the centre."""
        self._kept[slot] = State(dict(self.state.things), dict(self.state.since))

    def put_back(self, slot: str) -> None:
        """The centre knows again what it knew in that copy, and nothing that was published since."""
        kept = self._kept[slot]
        self.state = State(dict(kept.things), dict(kept.since))
