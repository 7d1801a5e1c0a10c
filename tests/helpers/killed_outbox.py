"""What must be true of an outbox whose program was killed again and again while it sent."""

from collections.abc import Collection, Mapping


def assert_none_twice_and_none_lost(states: Mapping[str, str], arrived: Collection[str]) -> None:
    """`states` are those of all notices by their ids, `arrived` the ids of the letters that the server got."""
    sent = {id_ for id_, state in states.items() if state == "sent"}
    unsure = states.keys() - sent
    assert {states[id_] for id_ in unsure} == {"unsure"}
    assert len(arrived) == len(set(arrived))
    assert sent <= set(arrived) <= states.keys()
    assert len(sent) > 10  # killed before the notice was marked, or after it
    assert len(unsure & set(arrived)) > 2  # killed when it was on its way, or had arrived
    assert len(unsure - set(arrived)) > 2  # killed when it was marked, but had not left yet
