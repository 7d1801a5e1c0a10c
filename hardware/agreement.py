"""When a text counts: readers vote, and one check digit is not enough.

A QR code or a longer Code 128 carries enough redundancy to be believed from one reader. EAN and UPC do not: a blurred
one is often misread as another valid number, by two libraries alike. There two readers must agree, and what the
profile of the bars clearly says weighs more than what two others measured at its edges.
"""

from collections.abc import Iterable

from msgspec import Struct

from hardware.bar_profile import ProfileReading
from hardware.candidates import Candidate, Place, candidate

_CODE128_LENGTH_SAFE = 6
_UNLIKENESS_MOST = 0.2
_LEAD_LEAST = 0.012
_LEAD_CLEAR = 0.025
_BANDS_CLEAR, _BANDS_ALONE = 2, 3
_DATABAR_LOOKS = 2
PROFILE = "profile"


class Reading(Struct, frozen=True):
    """A code that counts: `symbology` is EAN13, EAN8, UPCA, UPCE, CODE128, QR or DATABAR; `place` its corners.

    EAN-13, UPC-A and UPC-E have 13 digits as text.
    """

    symbology: str
    text: str
    place: Place


class Agreement:
    """Takes what readers claim of one picture and says what is to be believed."""

    def __init__(self) -> None:
        self._claims: dict[str, list[Candidate]] = {}
        self._bands: dict[str, list[ProfileReading]] = {}

    def hear(self, candidates: Iterable[Candidate]) -> None:
        """What a library claims; a second claim of the same text by the same library is another look."""
        for claim in candidates:
            self._claims.setdefault(claim.text, []).append(claim)

    def hear_profile(self, readings: Iterable[ProfileReading], place: Place) -> None:
        """What the bands of one piece of bars show; only the clear ones are kept."""
        for reading in readings:
            if reading.unlikeness < _UNLIKENESS_MOST and reading.lead >= _LEAD_LEAST:
                claim = candidate(PROFILE, "EAN13", reading.text, place)
                if claim is None:
                    continue
                self._claims.setdefault(claim.text, []).append(claim)
                self._bands.setdefault(claim.text, []).append(reading)

    @classmethod
    def of(cls, others: Iterable["Agreement"]) -> "Agreement":
        """What was heard of several pictures of the same thing, as if of one."""
        together = cls()
        for other in others:
            for text, claims in other._claims.items():
                together._claims.setdefault(text, []).extend(claims)
            for text, bands in other._bands.items():
                together._bands.setdefault(text, []).extend(bands)
        return together

    @property
    def texts(self) -> frozenset[str]:
        """Everything that any reader claimed."""
        return frozenset(self._claims)

    def accepted(self) -> list[Reading]:
        """The texts that count, the surest first; of texts at one place only the surest."""
        ranked = sorted(self._claims.items(), key=lambda claim: self._weight(claim[0]), reverse=True)
        found: list[Reading] = []
        for text, claims in ranked:
            first = claims[0]
            if self._counts(text, claims) and not any(overlap(first.place, other.place) for other in found):
                found.append(Reading(first.symbology, text, first.place))
        return found

    def _weight(self, text: str) -> tuple[bool, int, bool]:
        readers = {claim.reader for claim in self._claims[text]}
        return self._is_clear(text, _BANDS_CLEAR), len(readers), "zxing" in readers

    def _counts(self, text: str, claims: list[Candidate]) -> bool:
        readers = {claim.reader for claim in claims}
        first = claims[0]
        if first.is_retail:
            if self._is_contradicted(text, claims):
                return False
            return len(readers) > 1 or self._is_clear(text, _BANDS_ALONE)
        if first.symbology == "CODE128":
            return len(text) >= _CODE128_LENGTH_SAFE or len(readers) > 1
        if first.symbology == "DATABAR":
            return len(claims) >= _DATABAR_LOOKS
        # zbar guesses the alphabet of a QR code; it is right for ASCII.
        return first.symbology == "QR" and ("zxing" in readers or text.isascii())

    def _is_clear(self, text: str, bands: int) -> bool:
        """Whether so many bands show it clearly."""
        return sum(reading.lead >= _LEAD_CLEAR for reading in self._bands.get(text, ())) >= bands

    def _is_contradicted(self, text: str, claims: list[Candidate]) -> bool:
        if self._is_clear(text, _BANDS_CLEAR):
            return False
        return any(
            other != text
            and self._is_clear(other, _BANDS_CLEAR)
            and any(overlap(claim.place, theirs.place) for claim in claims for theirs in self._claims[other])
            for other in self._bands
        )


def overlap(one: Place, other: Place) -> bool:
    """Whether one place's middle lies within the other's upright box."""
    return _holds(one, other) or _holds(other, one)


def _holds(box: Place, place: Place) -> bool:
    if not box or not place:
        return False
    x = sum(corner[0] for corner in place) / len(place)
    y = sum(corner[1] for corner in place) / len(place)
    xs, ys = [corner[0] for corner in box], [corner[1] for corner in box]
    return min(xs) <= x <= max(xs) and min(ys) <= y <= max(ys)
