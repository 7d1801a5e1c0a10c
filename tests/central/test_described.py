"""The service asked for whatever its own description allows, and more: no fault, and answers that are as described."""

import os
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from requests.auth import AuthBase
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.helpers.served import AskingTill, Served

EXAMPLES = int(os.environ.get("DESCRIBED_EXAMPLES", "25"))
"""How much is asked of each operation."""
_CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


class SignedBy(AuthBase):
    """Lets a till sign what is sent."""

    def __init__(self, till: AskingTill) -> None:
        self._till = till

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        body = request.body.encode() if isinstance(request.body, str) else request.body or b""
        assert isinstance(body, bytes)
        request.headers.update(self._till.signed(str(request.method), request.path_url, body))
        return request


@pytest.fixture(scope="session")
def described(shared: Served) -> Any:
    return schemathesis.openapi.from_url(f"{shared.url}/schema/openapi.json")


@pytest.fixture(scope="session")
def asking(shared: Served) -> AskingTill:
    return shared.till()


@pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisDeprecationWarning")  # the service draws numbers
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/clock"), ("POST", "/v1/join"), ("POST", "/v1/facts"), ("POST", "/v1/changes"),
        ("POST", "/v1/holds"), ("POST", "/v1/holds/over"), ("GET", "/v1/packs/{pack}"), ("GET", "/healthz"),
        ("GET", "/metrics"),
    ],
)  # fmt: skip
def test_a_till_may_say_whatever_is_described(described: Any, asking: AskingTill, method: str, path: str) -> None:
    operation = described[path][method]

    @settings(max_examples=EXAMPLES, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(st.one_of(operation.as_strategy(), operation.as_strategy(GenerationMode.NEGATIVE)))
    def ask(case: Any) -> None:
        answer = case.call(auth=SignedBy(asking))
        case.validate_response(answer, checks=_CHECKS)
        assert answer.status_code != 503

    ask()
