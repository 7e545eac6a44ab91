"""The states of an operation, and which may follow which."""

import pytest

from store.operations import OperationStatus

QUEUED, RUNNING, SUCCEEDED, FAILED, CANCELLED = OperationStatus


def test_queued_work_is_claimed_or_cancelled():
    assert {RUNNING, CANCELLED} == {status for status in OperationStatus if QUEUED.may_become(status)}


def test_running_work_may_go_anywhere():
    assert set(OperationStatus) == {status for status in OperationStatus if RUNNING.may_become(status)}


@pytest.mark.parametrize("status", [SUCCEEDED, FAILED, CANCELLED])
def test_finished_work_stays_as_it_is(status):
    assert status.is_final
    assert not any(status.may_become(other) for other in OperationStatus)


@pytest.mark.parametrize("status", [QUEUED, RUNNING])
def test_other_work_is_not_finished(status):
    assert not status.is_final
