"""Pace: what monday.com's headers say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.monday.pace import COMPLEXITY, MondayPace
from connectors.pacing import Budget

POLICY = (
    '"minuteRate";q=5000;w=60, "concurrency";q=250;qu="concurrent-requests", '
    '"complexityMinute";q=5000000;w=60;qu="content-bytes"'
)


def test_the_documented_headers():
    left = '"minuteRate";r=4999, "concurrency";r=249, "complexityMinute";r=4950000;t=45'

    assert [
        Budget(name="minuteRate", limit=5000, interval_seconds=60.0, remaining=4999),
        Budget(name=COMPLEXITY, limit=5_000_000, interval_seconds=60.0, remaining=4_950_000),
        Budget(name="concurrency", limit=8, interval_seconds=0.0, remaining=249),
    ] == list(MondayPace().budgets({"ratelimit-policy": POLICY, "ratelimit": left}))


def test_a_policy_without_what_is_left():
    assert [None, None, None] == [budget.remaining for budget in MondayPace().budgets({"ratelimit-policy": POLICY})]


def test_a_plan_that_allows_fewer_at_once_is_kept_to():
    policy, left = '"concurrency";q=5;qu="concurrent-requests"', '"concurrency";r=0'

    assert [Budget(name="concurrency", limit=5, interval_seconds=0.0, remaining=0)] == list(
        MondayPace().budgets({"ratelimit-policy": policy, "ratelimit": left})
    )


@pytest.mark.parametrize(
    "headers",
    [{}, {"ratelimit-policy": "nonsense"}, {"ratelimit-policy": '"minuteRate";q=0;w=60'}, {"ratelimit": POLICY}],
)
def test_nonsense_is_left_out(headers):
    assert [] == list(MondayPace().budgets(headers))


def test_how_long_to_keep_still():
    pace = MondayPace()

    assert 45.0 == pace.cooldown_seconds({"ratelimit": '"minuteRate";r=3, "complexityMinute";r=0;t=45'})
    assert 60.0 == pace.cooldown_seconds({})


@given(st.text(), st.text())
def test_any_headers_are_borne(policy, left):
    MondayPace().budgets({"ratelimit-policy": policy, "ratelimit": left})
    MondayPace().cooldown_seconds({"ratelimit": left})
