"""Benefits that were asked for, as facts tell it (M4 to M6)."""

from pos_app.loyalty import facts
from pos_app.loyalty.accounts import Ledger, card_state
from pos_app.loyalty.benefits import Request
from pos_app.loyalty.facts import Fact


def ask(ledger: Ledger, fact: Fact, body: facts.BenefitRequested) -> None:
    """Take up a request; its name is the fact that made it."""
    account = card_state(ledger, body.card).account
    ledger.requests[fact.id] = Request(
        account, body.benefit, "waiting", fact.moment, order=body.order, due=body.due, plan=body.plan
    )


def decide(ledger: Ledger, body: facts.RequestDecided) -> None:
    """Note what came of a request; the first decision stands."""
    request = ledger.requests.get(body.request)
    if request is not None and request.state == "waiting":
        request.state, request.reason, request.lapses = body.outcome, body.reason, body.lapses
