"""What can be refused, and how a wrong file is told about."""

from collections.abc import Mapping
from typing import Literal

from pos_app.loyalty.money import Amount

RefusalCode = Literal[
    "card_unknown",
    "card_not_active",
    "card_blocked",
    "card_left",
    "not_enough_points",
    "channel",
    "not_on_board",
    "out_of_stock",
    "tier_too_low",
    "limit_reached",
    "already_merged",
    "already_returned",
    "sale_unknown",
    "product_unknown",
    "code_misread",
    "card_taken",
    "card_not_valid",
    "nothing_to_sell",
    "not_weighed",
    "kind_unknown",
    "reason_missing",
    "no_card",
    "not_in_family",
    "quantity_wrong",
    "not_bought",
    "not_allowed",
    "sign_in_wrong",
    "sign_in_locked",
    "over_cap",
    "points_step",
    "coupon_unknown",
    "coupon_expired",
    "coupon_used",
    "coupon_with_points",
    "coupon_same_sale",
    "coupon_kind",
    "nothing_discountable",
    "one_benefit_only",
    "not_approved",
    "too_early",
    "plan_full",
    "already_reviewed",
    "phone_taken",
    "sale_cancelled",
    "no_use_of_points",
    "no_codes",
    "benefit_unknown",
    "request_unknown",
    "draw_unknown",
    "code_wrong",
    "already_done",
    "form_faults",
    "points_elsewhere",
    "over_allowance",
    "sale_nowhere",
    "slip_twice",
    "centre_silent",
    "order_elsewhere",
]

ReasonValue = int | str | Amount


class Refusal(Exception):
    """A use case that cannot be done, with the values that its sentence needs.

    The sentence itself stands in the catalogue of words under ``refused.<code>``.
    """

    def __init__(self, code: RefusalCode, /, **values: ReasonValue) -> None:
        super().__init__(code)
        self.code = code
        self.values: Mapping[str, ReasonValue] = values


class FileFault(Exception):
    """A programme, rehearsal or settings file that cannot be used: every fault found in it, a sentence each."""

    def __init__(self, file: str, faults: list[str]) -> None:
        super().__init__("\n".join(f"{file}: {fault}" for fault in faults))
        self.file = file
        self.faults = tuple(faults)
