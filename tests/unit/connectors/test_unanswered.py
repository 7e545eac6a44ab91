"""What an app does not answer for: put off, and left out only at the end and only while it answers for something."""

import pytest

from connectors.base import Anew, WarningCode
from connectors.errors import Retriable
from connectors.unanswered import PutOff, Unanswered
from store.record import WorkspaceId


def unanswered(number: int) -> Unanswered:
    return Unanswered(
        workspace_id=WorkspaceId(f"{number}"), where=f"board/{number}", error=Retriable(f"{number} answered 504")
    )


def put_off(*numbers: int, outage: int = 9) -> PutOff:
    made = PutOff(outage=outage)
    for number in numbers:
        made.add(unanswered(number))
    return made


def test_nothing_put_off_is_nothing_left_out():
    assert [] == list(put_off().leave(is_last_attempt=False, is_anything_read=False))


def test_another_attempt_comes_first():
    with pytest.raises(Retriable, match="1 answered"):
        list(put_off(1, 2).leave(is_last_attempt=False, is_anything_read=True))


def test_at_last_each_is_left_out_with_a_warning_and_what_is_held_of_it_stays():
    anew, *warned = put_off(1, 2).leave(is_last_attempt=True, is_anything_read=True)

    assert anew == Anew(workspace_ids=frozenset({"1", "2"}))
    assert [(WarningCode.UNANSWERED, "board/1"), (WarningCode.UNANSWERED, "board/2")] == [
        (each.code, each.where) for each in warned
    ]


@pytest.mark.parametrize(("numbers", "is_away"), [([1], False), ([1, 2], True)])
def test_an_app_that_answered_for_none_of_several_is_away(numbers, is_away):
    leaving = put_off(*numbers).leave(is_last_attempt=True, is_anything_read=False)
    if is_away:
        with pytest.raises(Retriable):
            list(leaving)
    else:
        assert 2 == len(list(leaving))


def test_so_many_in_a_row_are_an_outage():
    made = put_off(1, 2, outage=3)
    made.answered()
    made.add(unanswered(3))
    made.add(unanswered(4))

    with pytest.raises(Retriable, match="5 answered"):
        made.add(unanswered(5))
