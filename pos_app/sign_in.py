"""Who works at the till: by a staff card or by name and PIN (argon2), slowed and locked after failures."""

import logging
import time
from collections.abc import Callable

from db.store import NewFact, Staff, Store
from pos_app.loyalty import barcodes
from pos_app.loyalty.barcodes import Code
from pos_app.loyalty.errors import Refusal
from pos_app.loyalty.facts import Acted

log = logging.getLogger(__name__)

LOCK_S = (0, 0, 5, 15, 60, 300, 900)
"""How long a name is locked after its first wrong PIN, its second, ...; the last figure goes on."""


def hash_pin(pin: str) -> str:
    """The argon2 hash under which a PIN is kept."""
    from argon2 import PasswordHasher  # not needed before somebody signs in

    return PasswordHasher().hash(pin)


def pin_fits(pin_hash: str, pin: str) -> bool:
    """Whether a PIN is the one of this hash; none is, where there is no hash (who has only a card).

    Takes 50 ms and more, on purpose; may run in any thread.
    """
    if not pin_hash:
        return False
    from argon2 import PasswordHasher
    from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

    try:
        return PasswordHasher().verify(pin_hash, pin)
    except VerifyMismatchError:
        return False
    except (VerificationError, InvalidHashError) as error:
        log.error("a PIN could not be verified: %s", error)
        return False


def _ticks_ms() -> int:
    """A clock that nobody can set, and that means nothing to the next start of the program."""
    return time.monotonic_ns() // 1_000_000


class SignIn:
    """The sign-in of one till.

    Failures are kept in the store, so that starting again does not forgive them. A lock is counted by `ticks`
    (milliseconds); by the clock (UTC milliseconds) only what a new start has left of it, which is never more
    than the whole: a clock that was set wrong cannot lock a name for a year.
    """

    def __init__(self, store: Store, clock: Callable[[], int], ticks: Callable[[], int] = _ticks_ms) -> None:
        self._store = store
        self._clock = clock
        self._ticks = ticks
        self._lock_ends: dict[str, int] = {}
        self.staff: Staff | None = None

    def by_pin(self, staff_id: str, pin: str) -> Staff:
        """Sign in with a name and its PIN; raises Refusal sign_in_wrong or sign_in_locked.

        It is `hash_to_fit`, `pin_fits` and `finish` in one, for whom waiting does not hurt.
        """
        return self.finish(staff_id, pin_fits(self.hash_to_fit(staff_id), pin))

    def hash_to_fit(self, staff_id: str) -> str:
        """What `pin_fits` has to be asked about before `finish`; raises Refusal sign_in_locked."""
        wait_s = self.wait_s(staff_id)
        if wait_s > 0:
            raise Refusal("sign_in_locked", seconds=wait_s)
        return self._staff(staff_id).pin_hash

    def finish(self, staff_id: str, fits: bool) -> Staff:
        """Sign in a name whose PIN fits; raises Refusal sign_in_wrong where it does not, and counts it."""
        staff = self._staff(staff_id)
        if not fits:
            self._note_failure(staff_id)
            raise Refusal("sign_in_wrong")
        return self._enter(staff)

    def by_card(self, code: str) -> Staff | None:
        """Sign in with a staff card; None when the code is no staff card."""
        return self.by_code(barcodes.read(code))

    def by_code(self, code: Code) -> Staff | None:
        """The same with a code that was read before."""
        known = map(self._store.staff_by_card, code.numbers)
        staff = next((one for one in known if one is not None), None)
        return None if staff is None else self._enter(staff)

    def out(self) -> None:
        """Sign out, on record."""
        if self.staff is not None:
            self._store.record([NewFact(Acted("signed_out", self.staff.id), self._clock())], cashier=self.staff.id)
        self.staff = None

    def wait_s(self, staff_id: str) -> int:
        """For how many seconds, rounded up, a name is still locked; 0 when it is not."""
        if staff_id not in self._lock_ends:
            count, until = self._failures(staff_id)
            left_ms = min(until - self._clock(), _lock_s(count) * 1000)
            self._lock_ends[staff_id] = self._ticks() + left_ms
        return max(0, -((self._ticks() - self._lock_ends[staff_id]) // 1000))

    def _staff(self, staff_id: str) -> Staff:
        staff = next((one for one in self._store.staff() if one.id == staff_id), None)
        if staff is None:
            raise Refusal("sign_in_wrong")
        return staff

    def _enter(self, staff: Staff) -> Staff:
        if self.staff is not None and self.staff.id != staff.id:
            self.out()
        self._write(Acted("signed_in", staff.id), failures=0, cashier=staff.id)
        self.staff = staff
        return staff

    def _failures(self, staff_id: str) -> tuple[int, int]:
        """How often sign-in failed since it last worked, and the moment until which it is locked."""
        count, until = (self._store.meta(f"sign_in.{staff_id}") or "0 0").split()
        return int(count), int(until)

    def _note_failure(self, staff_id: str) -> None:
        self._write(Acted("sign_in_failed", staff_id), failures=self._failures(staff_id)[0] + 1)

    def _write(self, act: Acted, *, failures: int, cashier: str = "") -> None:
        """Put on record what a name did, and how often in a row it failed: both or neither."""
        now, lock_ms = self._clock(), _lock_s(failures) * 1000
        kept = {f"sign_in.{act.subject}": f"{failures} {now + lock_ms}"}
        self._store.record([NewFact(act, now)], cashier=cashier, meta=kept)
        self._lock_ends[act.subject] = self._ticks() + lock_ms


def _lock_s(failures: int) -> int:
    return LOCK_S[min(failures, len(LOCK_S)) - 1] if failures else 0
