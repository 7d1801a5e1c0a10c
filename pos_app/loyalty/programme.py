"""A programme as typed data: versions with their dates, rules, words. `programme_file` reads it from TOML."""

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from pos_app.loyalty.allowance import NO_ALLOWANCE, Allowance
from pos_app.loyalty.benefits import Benefit
from pos_app.loyalty.bonuses import Bonus, Occasion
from pos_app.loyalty.coupons import Codes, Stacking
from pos_app.loyalty.crediting import Crediting
from pos_app.loyalty.delivery import Delivery
from pos_app.loyalty.draws import Draw
from pos_app.loyalty.earn import EarnRules
from pos_app.loyalty.moments import Duration
from pos_app.loyalty.money import DECIMALS, Ratio, divide_half_up
from pos_app.loyalty.tiers import NO_STATUTES, Era, Statutes, TierRules
from pos_app.loyalty.use import Use

LANGUAGES = ("bg", "en", "sl", "fa")
"""The languages that a programme may name things in; English stands in for those it leaves out."""
CHANNELS = ("store", "online", "direct")
"""Where a sale can be made."""
MESSAGE_PLACES = ("product", "basket", "payment", "slip")
"""Where the till can speak of points (H28)."""


class Version(Struct, frozen=True, kw_only=True):
    """The rules in force while `starts <= now < ends` (UTC milliseconds), in one currency.

    `rates` tell how many units of another currency one unit of it is worth. What a programme does not have is None
    or empty. `messages` are the places where the till speaks of points.
    """

    id: str
    starts: int
    ends: int
    currency: str
    earn: EarnRules
    rates: Mapping[str, Ratio] = {}
    crediting: tuple[Crediting, ...] = ()
    use: Use | None = None
    codes: Codes | None = None
    delivery: Delivery | None = None
    stacking: Stacking = Stacking()
    bonuses: tuple[Bonus, ...] = ()
    tiers: TierRules | None = None
    benefits: tuple[Benefit, ...] = ()
    draws: tuple[Draw, ...] = ()
    messages: frozenset[str] = frozenset()
    allowance: Allowance = NO_ALLOWANCE

    def converted(self, amount_minor: int, currency: str) -> int:
        """Minor units of another currency in those of this one, rounded half up; KeyError without a rate."""
        rate = self.rates[currency]
        unit, other_unit = 10 ** DECIMALS[self.currency], 10 ** DECIMALS[currency]
        return divide_half_up(amount_minor * rate.denominator * unit, rate.numerator * other_unit)

    def bonuses_on(self, occasion: Occasion) -> list[Bonus]:
        return [bonus for bonus in self.bonuses if bonus.occasion == occasion]

    def bonus(self, id_: str) -> Bonus | None:
        return next((bonus for bonus in self.bonuses if bonus.id == id_), None)

    def benefit(self, id_: str) -> Benefit | None:
        return next((benefit for benefit in self.benefits if benefit.id == id_), None)


class Kind(Struct, frozen=True):
    """A kind of member, such as client or cooperator."""

    id: str
    names: dict[str, str]


class Membership(Struct, frozen=True):
    """What joining asks: whether a phone number may be registered once only, and has to be confirmed by a code sent
    there (T10, T16); whether purchases of guests wait for them under their e-mail address (H12)."""

    phone_once: bool = False
    phone_confirmed: bool = False
    guests_wait: bool = False


class Terms(Struct, frozen=True):
    """A version of the terms, in force from a moment on (K9)."""

    id: str
    starts: int
    texts: dict[str, str]


class Programme(Struct, frozen=True, kw_only=True):
    """A whole programme. `pack` is the hash of its file: facts name it, so that old sales are explained by it."""

    id: str
    pack: str
    names: dict[str, str]
    zone: str
    own_brand: str
    kinds: tuple[Kind, ...]
    card_active_after: Duration
    slip_title: dict[str, str]
    slip_note: dict[str, str]
    versions: tuple[Version, ...]
    rehearsals: tuple[str, ...]
    calendar: Literal["gregorian", "jalali"] = "gregorian"
    shows_toman: bool = False
    membership: Membership = Membership()
    terms: tuple[Terms, ...] = ()

    def version_at(self, now: int) -> Version:
        """The version in force at `now`; before all of them the first counts, after all of them the last."""
        for version in self.versions:
            if now < version.ends:
                return version
        return self.versions[-1]

    def version(self, id_: str) -> Version | None:
        return next((version for version in self.versions if version.id == id_), None)

    def kind_names(self, id_: str) -> Mapping[str, str]:
        return next((kind.names for kind in self.kinds if kind.id == id_), {"en": id_})

    def terms_at(self, now: int) -> Terms | None:
        """The terms in force at `now`."""
        return next((terms for terms in reversed(self.terms) if terms.starts <= now), None)

    def draw(self, id_: str) -> Draw | None:
        return next((draw for version in self.versions for draw in version.draws if draw.id == id_), None)

    @property
    def statutes(self) -> Statutes:
        """What the fold has to know of it; none where no version has tiers."""
        if not any(version.tiers for version in self.versions):
            return NO_STATUTES
        return Statutes(tuple(Era(version.ends, version.tiers) for version in self.versions))
