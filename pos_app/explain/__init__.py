"""A whole programme in plain sentences: the text that a shop can hang up.

Rules, limits and refusals are told in the words that a cashier reads aloud as reasons. What all versions of the
programme share comes first; then, version by version, what differs.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from pos_app.explain import earning, membership, spending
from pos_app.explain.phrases import Phrases, sentence
from pos_app.loyalty.programme import Programme
from pos_app.loyalty.words import Words

_SECTIONS: dict[str, Callable[[Phrases], Iterator[str]]] = {
    "joining": membership.joining,
    "earning": earning.earning,
    "bonuses": earning.bonuses,
    "crediting": earning.crediting,
    "life": earning.life,
    "use": spending.use,
    "swap": spending.swaps,
    "codes": spending.codes,
    "trust": spending.trust,
    "delivery": spending.delivery,
    "stacking": spending.stacking,
    "tiers": membership.tiers,
    "benefits": membership.benefits,
    "draws": membership.draws,
    "telling": membership.telling,
    "money": membership.money,
    "always": membership.always,
}


class Section(NamedTuple):
    """One theme, such as `use`: its heading and its sentences."""

    theme: str
    heading: str
    sentences: tuple[str, ...]


class Chapter(NamedTuple):
    """The themes of a stretch of time, named in `heading`; it is empty for what always holds."""

    heading: str
    sections: tuple[Section, ...]


def explained(programme: Programme, words: Words) -> list[Chapter]:
    """The programme, chapter by chapter: what all its versions share, then what each has of its own.

    `words` are those of the programme (`texts.words_of`): its clock, its calendar, its money.
    """
    told = [_sections(Phrases(programme, version, words)) for version in programme.versions]
    shared = [section for section in told[0] if all(section in sections for sections in told)]
    days = [_days(Phrases(programme, version, words)) for version in programme.versions]
    if len(told) == 1:
        return [Chapter(days[0], tuple(shared))]
    own = [tuple(section for section in sections if section not in shared) for sections in told]
    return [Chapter("", tuple(shared)), *map(Chapter, days, own)]


def _days(said: Phrases) -> str:
    days = said.days(said.version.starts, said.version.ends)
    return f"{days[:1].upper()}{days[1:]}"


def text(programme: Programme, words: Words) -> str:
    """The programme as lines of text: headings and a sentence a line."""
    lines = [words.pick(programme.names)]
    for chapter in explained(programme, words):
        if chapter.heading:
            lines += ["", f"== {chapter.heading} =="]
        for section in chapter.sections:
            lines += ["", section.heading, *(f"  - {sentence}" for sentence in section.sentences)]
    return "\n".join(lines)


def _sections(said: Phrases) -> list[Section]:
    found = [
        Section(theme, said.say(f"heading.{theme}"), tuple(map(sentence, tell(said))))
        for theme, tell in _SECTIONS.items()
    ]
    return [section for section in found if section.sentences]
