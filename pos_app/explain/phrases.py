"""Parts of the sentences by which a programme is explained: stretches of time, percents, lists of names."""

import re
from collections.abc import Iterable, Mapping
from itertools import pairwise

from pos_app.loyalty.moments import NEVER, Duration
from pos_app.loyalty.money import Ratio, ratio_text
from pos_app.loyalty.programme import CHANNELS, Programme, Version
from pos_app.loyalty.words import Words

_SAID_LEAST = 3
"""From so many letters on a name is taken to be said where it stands in another one."""


class Phrases:
    """What the sentences about one version of a programme are put together from, in one language."""

    def __init__(self, programme: Programme, version: Version, words: Words) -> None:
        self.programme = programme
        self.version = version
        self.words = words

    def say(self, key: str, /, **values: object) -> str:
        """The sentence `explain.<key>`."""
        return self.words.say(f"explain.{key}", **values)

    def pick(self, names: Mapping[str, str]) -> str:
        return self.words.pick(names)

    def money(self, minor: int) -> str:
        """An amount in the currency of the version."""
        return self.words.money(minor, self.version.currency)

    def time(self, duration: Duration) -> str:
        """A stretch of time: 6 months, 1 year."""
        if duration.months:
            unit, count = ("years", duration.months // 12) if duration.months % 12 == 0 else ("months", duration.months)
        else:
            unit, count = ("days", duration.days) if duration.days else ("hours", duration.hours)
        return self.say(f"time.{unit}", count=count)

    def decimal(self, ratio: Ratio) -> str:
        """A fraction as the language writes it: 1,95583."""
        whole, _, decimals = ratio_text(ratio).partition(".")
        said = self.words.number(int(whole))
        if decimals:
            said += self.words.say("number.decimal") + "".join(self.words.number(int(digit)) for digit in decimals)
        return said

    def percent(self, share: Ratio) -> str:
        """A share of the whole in percent: 2.5."""
        return self.decimal(Ratio(share.numerator * 100, share.denominator))

    def any_of(self, names: Iterable[str]) -> str:
        """Names of which one is enough: store, online or direct."""
        return self._listed(list(names), "list.or")

    def all_of(self, names: Iterable[str]) -> str:
        """Names that all count: gold and diamond."""
        return self._listed(list(names), "list.and")

    def _listed(self, names: list[str], last: str) -> str:
        said = names[0]
        for place, name in enumerate(names[1:], start=2):
            said = self.say(last if place == len(names) else "list.more", some=said, one=name)
        return said

    def channels(self, channels: Iterable[str]) -> str:
        """Where purchases are made, in the order of the house: in the shop or on the web."""
        return self.any_of(self.say(f"channel.{channel}") for channel in CHANNELS if channel in set(channels))

    def kinds(self, kinds: Iterable[str]) -> str:
        known = [kind.id for kind in self.programme.kinds if kind.id in set(kinds)]
        return self.all_of(self.pick(self.programme.kind_names(kind)) for kind in known)

    def tiers(self, tiers: Iterable[str]) -> str:
        rules = self.version.tiers
        chosen = [tier for tier in rules.tiers if tier.id in set(tiers)] if rules else []
        return self.all_of(self.pick(tier.names) for tier in chosen)

    def days(self, starts: int, ends: int) -> str:
        """From the first to the last day of `starts <= now < ends`, empty where there is no border."""
        if starts > -NEVER and ends < NEVER:
            return self.say("days.both", first=starts, last=ends - 1)
        if starts > -NEVER:
            return self.say("days.from", first=starts)
        return self.say("days.until", last=ends - 1) if ends < NEVER else ""

    def stairs(self, staircase: tuple[int, ...]) -> str:
        """Points of the 1st, 2nd, ... purchase, equal ones together: no. 1: 60, no. 2 to 4: 40 each."""
        starts = [place for place, points in enumerate(staircase) if not place or points != staircase[place - 1]]
        said = [
            self.say("earn.stair" if last - first == 1 else "earn.stairs", first=first + 1, last=last, points=points)
            for first, last in pairwise([*starts, len(staircase)])
            for points in [staircase[first]]
        ]
        return self._listed(said, "list.more")


def is_said(names: Iterable[str], said: str) -> bool:
    """Whether all these names stand as words of their own in what is said already."""
    return all(len(name) >= _SAID_LEAST and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", said) for name in names)


def sentence(text: str) -> str:
    """A text as a sentence: with a capital at its beginning and a stop at its end."""
    return f"{text[:1].upper()}{text[1:]}" + ("" if text.rstrip("\u2069").endswith((".", "!", "?", "؟")) else ".")
