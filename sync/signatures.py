"""How a till proves that a request is its own: Ed25519 over all that counts of it, once.

What is signed is the method, the path with its query, the till, the moment by the centre's clock, a nonce that is good
once, and the body's hash.
"""

import base64
import hashlib
import os
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

KEY_BYTES = 32
NONCE_BYTES = 16
STAMP_SLACK_MS = 5 * 60_000
"""How far a request's moment may lie from the centre's clock; nonces are remembered for twice as long."""

TILL, STAMP, NONCE, SIGNATURE = "Till", "Till-Stamp", "Till-Nonce", "Till-Signature"
"""The headers of a signed request."""


class Signed(NamedTuple):
    """What a request says of itself, the signature last."""

    till: int
    stamp: int
    nonce: bytes
    signature: bytes


def new_key() -> bytes:
    """A private key for a till."""
    return Ed25519PrivateKey.generate().private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())


def public_key(private: bytes) -> bytes:
    return Ed25519PrivateKey.from_private_bytes(private).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def headers(private: bytes, till: int, method: str, target: str, body: bytes, stamp: int) -> dict[str, str]:
    """The headers that sign a request; `target` is its path with its query, `stamp` UTC ms by the centre's clock."""
    nonce = os.urandom(NONCE_BYTES)
    signature = Ed25519PrivateKey.from_private_bytes(private).sign(_signed(method, target, till, stamp, nonce, body))
    return {
        TILL: str(till),
        STAMP: str(stamp),
        NONCE: nonce.hex(),
        SIGNATURE: base64.b64encode(signature).decode("ascii"),
    }


def parse(till: str, stamp: str, nonce: str, signature: str) -> Signed | None:
    """What the headers of a request say; None when they are not well made."""
    try:
        parsed = Signed(int(till), int(stamp), bytes.fromhex(nonce), base64.b64decode(signature, validate=True))
    except ValueError:
        return None
    well = 0 < parsed.till < 2**31 and 0 <= parsed.stamp < 2**53 and len(parsed.nonce) == NONCE_BYTES
    return parsed if well and till.isascii() and stamp.isascii() else None


def is_right(public: bytes, signed: Signed, method: str, target: str, body: bytes) -> bool:
    """Whether a request was signed by the owner of a public key."""
    message = _signed(method, target, signed.till, signed.stamp, signed.nonce, body)
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signed.signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _signed(method: str, target: str, till: int, stamp: int, nonce: bytes, body: bytes) -> bytes:
    parts = (method, target, str(till), str(stamp), nonce.hex(), hashlib.sha256(body).hexdigest())
    return "\n".join(parts).encode()
