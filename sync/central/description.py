"""What the OpenAPI description says beyond what the routes say: both kinds of bodies, refusals, signatures."""

from collections.abc import Iterable
from copy import copy

import msgspec
from litestar.openapi.spec import (
    OpenAPI,
    OpenAPIMediaType,
    OpenAPIResponse,
    Operation,
    Reference,
    SecurityScheme,
)

from sync.central.answers import MSGPACK
from sync.central.gate import OPEN
from sync.signatures import NONCE, SIGNATURE, STAMP, TILL

_JSON = "application/json"


class Refusal(msgspec.Struct, frozen=True):
    """How the centre refuses something: a code for programs, a sentence for people."""

    code: str
    sentence: str


_REFUSALS = {
    "400": "What was asked cannot be read, or has values that cannot be.",
    "401": "Not signed by a till of this centre, not at this time, or made already.",
    "403": "The till was shut out, or its code is not good.",
    "404": "There is no such thing.",
    "405": "This is asked in another way.",
    "408": "The request took too long to come.",
    "413": "Too much at once.",
    "415": "A body of another type, or packed in another way.",
    "429": "Too many requests; wait.",
    "503": "The database cannot be reached, or too much is asked at once; try again.",
}
_SIGNED = {
    TILL: "The till's number.",
    STAMP: "The moment by the centre's clock, UTC milliseconds.",
    NONCE: "16 random bytes, in hexadecimal, good once.",
    SIGNATURE: "Ed25519 in Base64 over lines: method, path with query, till, stamp, nonce, the body's SHA-256.",
}


def described(api: OpenAPI, messages: Iterable[type]) -> bytes:
    """A description that is complete, as JSON; the `messages` are described as they are on the wire."""
    api.components.security_schemes = {
        **{
            name: SecurityScheme(type="apiKey", name=name, security_scheme_in="header", description=told)
            for name, told in _SIGNED.items()
        },
        "password": SecurityScheme(type="http", scheme="basic", description="An administrator's name and password."),
    }
    for path, item in (api.paths or {}).items():
        for operation in (item.get, item.post):
            if operation is not None:
                _complete(operation, path)
    whole = api.to_schema()
    _, components = msgspec.json.schema_components([*messages, Refusal], ref_template="#/components/schemas/{name}")
    whole["components"]["schemas"] |= components
    return msgspec.json.encode(whole)


def _complete(operation: Operation, path: str) -> None:
    if operation.request_body is not None and not isinstance(operation.request_body, Reference):
        _in_both(operation.request_body.content)
    responses = operation.responses = operation.responses or {}
    for answer in responses.values():
        if isinstance(answer, OpenAPIResponse) and answer.content:
            _in_both(answer.content)
    for status, told in _REFUSALS.items():
        refusal = OpenAPIMediaType(schema=Reference(ref="#/components/schemas/Refusal"))
        responses[status] = OpenAPIResponse(description=told, content={_JSON: refusal})
    if path.startswith("/fleet"):
        operation.security = [{"password": []}]
    elif path not in OPEN:
        operation.security = [{name: [] for name in _SIGNED}]


def _in_both(content: "dict[str, OpenAPIMediaType]") -> None:
    if _JSON in content:
        content[MSGPACK] = copy(content[_JSON])
