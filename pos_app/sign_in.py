"""Who works at the till: by a staff card or by name and PIN (argon2), slowed and locked after failures."""

from collections.abc import Callable

from db.store import NewFact, Staff, Store
from pos_app.loyalty.errors import Refusal
from pos_app.loyalty.facts import Acted

FREE_TRIES = 3
LOCK_S = (5, 15, 60, 300, 900)
"""How long a name is locked after the first failure past the free tries, the second, ..."""


def hash_pin(pin: str) -> str:
    """The argon2 hash under which a PIN is kept."""
    from argon2 import PasswordHasher  # noqa: PLC0415 - not needed before somebody signs in

    return PasswordHasher().hash(pin)


class SignIn:
    """The sign-in of one till. Failures are kept in the store, so that starting again does not forgive them."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock
        self.staff: Staff | None = None

    def by_pin(self, staff_id: str, pin: str) -> Staff:
        """Sign in with a name and its PIN; raises Refusal sign_in_wrong or sign_in_locked."""
        self._check_lock(staff_id)
        staff = next((one for one in self._store.staff() if one.id == staff_id), None)
        if staff is None or not _fits(staff.pin_hash, pin):
            self._note_failure(staff_id)
            raise Refusal("sign_in_wrong")
        return self._enter(staff)

    def by_card(self, code: str) -> Staff | None:
        """Sign in with a staff card; None when the code is no staff card."""
        staff = self._store.staff_by_card(code)
        return None if staff is None else self._enter(staff)

    def out(self) -> None:
        """Sign out, on record."""
        if self.staff is not None:
            self._store.record(
                [NewFact(Acted("signed_out", self.staff.id), self._clock())], cashier=self.staff.id
            )
        self.staff = None

    def _enter(self, staff: Staff) -> Staff:
        if self.staff is not None and self.staff.id != staff.id:
            self.out()
        self.staff = staff
        self._store.set_meta(f"sign_in.{staff.id}", "0 0")
        self._store.record([NewFact(Acted("signed_in", staff.id), self._clock())], cashier=staff.id)
        return staff

    def _failures(self, staff_id: str) -> tuple[int, int]:
        """How often sign-in failed since it last worked, and the moment until which it is locked."""
        count, until = (self._store.meta(f"sign_in.{staff_id}") or "0 0").split()
        return int(count), int(until)

    def _check_lock(self, staff_id: str) -> None:
        _, until = self._failures(staff_id)
        wait_ms = until - self._clock()
        if wait_ms > 0:
            raise Refusal("sign_in_locked", seconds=-(-wait_ms // 1000))

    def _note_failure(self, staff_id: str) -> None:
        count = self._failures(staff_id)[0] + 1
        over = count - FREE_TRIES
        lock_s = LOCK_S[min(over, len(LOCK_S) - 1)] if over >= 0 else 0
        self._store.set_meta(f"sign_in.{staff_id}", f"{count} {self._clock() + lock_s * 1000}")
        self._store.record([NewFact(Acted("sign_in_failed", staff_id), self._clock())], cashier="")


def _fits(pin_hash: str, pin: str) -> bool:
    from argon2 import PasswordHasher  # noqa: PLC0415
    from argon2.exceptions import InvalidHashError, VerificationError  # noqa: PLC0415

    try:
        return PasswordHasher().verify(pin_hash, pin)
    except (VerificationError, InvalidHashError):
        return False
