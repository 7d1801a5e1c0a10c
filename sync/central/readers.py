"""Who reads the figures of the centre without an administrator's password."""

import hmac
from typing import NamedTuple

from sync.central.rates import is_here


class Readers(NamedTuple):
    """Whoever shows the `token`, if there is one, and whoever asks on the machine itself.

    A proxy before the centre makes everybody seem to ask from there, so behind one the address counts for nothing.
    """

    token: str = ""
    is_proxied: bool = False

    def include(self, address: str, authorization: str) -> bool:
        kind, _, shown = authorization.partition(" ")
        if self.token and kind.lower() == "bearer":
            return hmac.compare_digest(shown.strip().encode(), self.token.encode())
        return not self.is_proxied and is_here(address)


HERE = Readers()
"""Only the machine itself."""
