"""Benefits at the desk: what a member has, what was asked for, and what was decided (M4 to M7, K14)."""

from typing import Literal

from db.store import NewFact
from pos_app import background
from pos_app.desk_work import DeskWork
from pos_app.loyalty import benefits, moments, notices
from pos_app.loyalty.benefits import Benefit, Request
from pos_app.loyalty.errors import Refusal
from pos_app.loyalty.facts import BenefitRequested, Fact, RequestDecided


class Requests(DeskWork):
    """Benefits under approval."""

    def benefits_of(self, card: int) -> list[Benefit]:
        """The benefits of a card's member as of now."""
        customer = self._store.customer(card, self.now())
        return benefits.of_member(self._version.benefits, customer.kind, customer.tier)

    def requests(self, card: int) -> dict[bytes, Request]:
        """What a card's family has asked for, by the id of the asking, the oldest first."""
        customer = self._store.customer(card, self.now())
        return background.requests_of(self._store.seen(card), customer.account)

    def ask(
        self, card: int, benefit: str, *, order: Fact | None = None, paid: bool = False, due: int | None = None,
        plan: str = "",
    ) -> Fact:  # fmt: skip
        """Ask for a benefit, for an order that is `paid` or not, `due` on a day (UTC ms), or for a plan's place.

        Raises Refusal benefit_unknown, tier_too_low, too_early, plan_full or limit_reached.
        """
        customer = self._known(card)
        rule = self._version.benefit(benefit)
        if rule is None or not rule.asked:
            raise Refusal("benefit_unknown", benefit=benefit)
        if not rule.is_for(customer.kind, customer.tier):
            raise Refusal("tier_too_low", item=rule.names.get("en", benefit))
        now, order_id = self.now(), order.id if order else b""
        for request in self.requests(card).values():
            same = (request.benefit, request.order, request.due, request.plan) == (benefit, order_id, due, plan)
            if same and request.state_at(now) == "waiting":
                raise Refusal("limit_reached", item=rule.names.get("en", benefit), limit=1)
        taken = sum(self._has_place(fact) for fact in self._store.facts_about(f"plan:{plan}")) if plan else 0
        benefits.check_request(
            rule, now=now, zone=self._programme.zone, paid=paid, due=due, plan=plan, taken=taken
        )  # fmt: skip
        return self._record(BenefitRequested(card, benefit, order_id, due, plan))

    def _has_place(self, fact: Fact) -> bool:
        assert isinstance(fact.body, BenefitRequested)
        request = self._store.seen(fact.body.card).requests.get(fact.id)
        return request is not None and request.state != "refused"

    def decide(self, request: Fact, outcome: Literal["approved", "refused"], reason: str = "") -> Fact:
        """Decide on a request, with the reason that the member is told. Raises Refusal already_done."""
        asked = request.body
        assert isinstance(asked, BenefitRequested)
        if self.state(request) != "waiting":
            raise Refusal("already_done")
        rule = self._version.benefit(asked.benefit)
        lapses = None
        if outcome == "approved" and rule is not None and rule.lapses is not None:
            lapses = moments.add(self.now(), rule.lapses, self._programme.zone)
        body = RequestDecided(asked.card, request.id, outcome, reason, lapses)
        member = self._store.customer(asked.card, self.now()).member
        names = rule.names if rule else {"en": asked.benefit}
        told = [notices.request_decided(member, names, approved=outcome == "approved", reason=reason)]
        return self._record_all([NewFact(body, self.now())], told=told)[0]

    def state(self, request: Fact) -> benefits.RequestState:
        """What has become of a request by now."""
        assert isinstance(request.body, BenefitRequested)
        found = self._store.seen(request.body.card).requests.get(request.id)
        if found is None:
            raise Refusal("request_unknown")
        return found.state_at(self.now())
