"""Which pieces of a job leave, and what answers mean."""

import re

from hypothesis import given
from hypothesis import strategies as st

from hardware.delivery import WINDOW, Delivery, Questions

PIECES = [f"ред {number}\n".encode("cp1251") for number in range(30)]


def asked(data: bytes | None) -> str:
    """The id in the question behind a piece."""
    assert data is not None
    found = re.search(rb"\x1d\(H\x06\x0000(.{4})$", data)
    assert found is not None
    return found[1].decode("ascii")


def sent(delivery: Delivery) -> list[str]:
    """The ids of all that may leave now."""
    ids = []
    while (data := delivery.next()) is not None:
        ids.append(asked(data))
    return ids


def test_the_first_piece_goes_alone_and_then_a_windowful() -> None:
    delivery = Delivery(PIECES, Questions("process_id"))
    [first] = sent(delivery)
    delivery.heard(first)
    assert len(sent(delivery)) == WINDOW
    assert delivery.done == 1


def test_each_answer_lets_one_more_go_until_all_are_done() -> None:
    delivery = Delivery(PIECES, Questions("process_id"))
    waiting = sent(delivery)
    while waiting:
        delivery.heard(waiting.pop(0))
        waiting += sent(delivery)
        assert len(waiting) <= WINDOW
    assert (delivery.is_over, delivery.done, delivery.in_flight, delivery.is_torn) == (True, 30, 0, False)


def test_an_answer_that_is_missing_shows_with_the_next_one() -> None:
    delivery = Delivery(PIECES, Questions("process_id"))
    delivery.heard(sent(delivery)[0])
    _lost, came, *_ = sent(delivery)
    assert not delivery.is_torn
    delivery.heard(came)
    assert (delivery.is_torn, delivery.done) == (True, 3)


def test_what_was_never_asked_or_comes_twice_means_nothing() -> None:
    delivery = Delivery(PIECES, Questions("process_id"))
    [first] = sent(delivery)
    for answer in ("", "0000" if first != "0000" else "0001", first, first):
        delivery.heard(answer)
    assert (delivery.done, delivery.is_torn) == (1, False)


def test_answers_without_an_id_are_counted() -> None:
    delivery = Delivery([b"a\n", b"b\n"], Questions("status"))
    assert delivery.next() == b"a\n\x1dr\x01"
    assert delivery.next() is None
    delivery.heard("")
    assert delivery.next() == b"b\n\x1dr\x01"
    delivery.heard("1234")
    assert not delivery.is_over
    delivery.heard("")
    assert delivery.is_over


def test_ids_do_not_come_again_within_thousands_of_lines() -> None:
    questions = Questions("process_id")
    ids = [questions.next()[0] for _ in range(5000)]
    assert len(set(ids)) == 5000
    assert all(len(one) == 4 and one.isalnum() for one in ids)


@given(st.data())
def test_it_is_over_and_whole_only_if_every_answer_came_in_order(data: st.DataObject) -> None:
    """Each answer in flight may be lost, come twice or come after the next one."""
    delivery = Delivery(PIECES, Questions("process_id"))
    waiting, is_fault_free = sent(delivery), True
    while waiting:
        match data.draw(st.sampled_from(("comes", "comes", "comes", "twice", "lost", "late"))):
            case "lost":
                waiting.pop(0)
                is_fault_free = False
            case "late" if len(waiting) > 1:
                waiting[:2] = waiting[1::-1]
                is_fault_free = False
            case "twice":
                delivery.heard(waiting[0])
                delivery.heard(waiting.pop(0))
            case _:
                delivery.heard(waiting.pop(0))
        waiting += sent(delivery)
    assert (delivery.is_over and not delivery.is_torn) == is_fault_free
