"""Answer: what every shape of monday.com's answers means."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.call import Reply
from connectors.errors import BadReply, ConnectorError, Forbidden, Gone, Retriable, Unauthorised
from connectors.monday import answer
from connectors.monday.answer import Broken, CursorLost


def reply(body, status=200) -> Reply:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Reply(place="POST /v2", status=status, headers={}, body=data)


def new(code, message="it went wrong", **more):
    return {"errors": [{"message": message, "extensions": {"code": code, **more}}], "extensions": {"request_id": "x"}}


BROKEN = {"errors": [{"message": "failed", "path": [], "extensions": {"error_code": "INTERNAL_SERVER_ERROR"}}]}


def old(code, message="it went wrong", **more):
    return {"error_code": code, "error_message": message, "error_data": {}, "account_id": 1, **more}


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ({"errors": ["Not Authenticated"]}, 401, Unauthorised),
        (new("NOT_AUTHENTICATED", "Not authenticated"), 401, Unauthorised),
        (new("USER_UNAUTHORIZED", status_code=403), 200, Forbidden),
        (old("UserUnauthorizedException", status_code=403), 403, Forbidden),
        (new("missingRequiredPermissions"), 200, Forbidden),
        (new("InvalidBoardIdException", status_code=200), 200, Gone),
        (old("ResourceNotFoundException", status_code=404), 404, Gone),
        (new("COMPLEXITY_BUDGET_EXHAUSTED", retry_in_seconds=33, status_code=429), 429, Retriable),
        (old("ComplexityException", "budget exhausted, reset in 3 seconds", status_code=429), 200, Retriable),
        (new("DAILY_LIMIT_EXCEEDED", retry_in_seconds=50_000), 200, Retriable),
        (new("CursorException", "CursorExpiredError: too old"), 200, CursorLost),
        ({"data": None, "errors": [{"message": "CursorExpiredError: too old"}]}, 200, CursorLost),
        (old("INTERNAL_SERVER_ERROR", status_code=500), 500, Broken),
        ({"data": None, **BROKEN}, 200, Broken),
        (new("maxComplexityExceeded"), 200, Broken),
        ({"errors": [{"message": 'Cannot query field "x" on type "Board".', "locations": []}]}, 200, BadReply),
        ({}, 200, BadReply),
        ([], 200, BadReply),
        (b"<html>", 200, BadReply),
        ({"data": []}, 200, BadReply),
        (b"", 403, Forbidden),
    ],
)  # fmt: skip
def test_what_an_answer_without_data_means(body, status, error):
    with pytest.raises(error) as raised:
        answer.read(reply(body, status), "POST /v2 (Listing)")

    assert type(raised.value) is error


def test_what_is_partly_wrong_is_told_beside_what_is_right():
    errors = [
        {
            "message": "User unauthorized",
            "path": ["boards", 1, "activity_logs"],
            "extensions": {"code": "USER_UNAUTHORIZED"},
        },
        {"message": "no", "path": ["users"], "extensions": {"code": "x"}},
    ]
    found = answer.read(reply({"data": {"boards": [{}, {}], "users": None}, "errors": errors}), "POST /v2")

    (fault,) = found.below("boards", 1)
    assert ("userunauthorized", ("boards", 1, "activity_logs")) == (fault.code, fault.path)
    assert isinstance(fault.error("x"), Forbidden)
    assert 1 == len(found.below("users"))
    assert [] == list(found.below("boards", 0))


@pytest.mark.parametrize(
    ("body", "status", "limit", "after", "attempts"),
    [
        (new("RATE_LIMIT_EXCEEDED", retry_in_seconds=7), 200, True, 7, None),
        (new("concurrency limit exceeded"), 200, True, None, None),
        (old("ComplexityException", "query cost 1 reset in 12 seconds"), 200, True, 12, None),
        (old("maxConcurrencyExceeded"), 200, True, None, None),
        (new("API_TEMPORARILY_BLOCKED"), 200, True, None, None),
        (new("RESOURCE_LOCKED", retry_in_seconds=2), 423, True, 2, None),
        (new("IDEMPOTENCY_CONFLICT", retry_in_seconds=1), 409, True, 1, None),
        (new("INTERNAL_SERVER_ERROR"), 200, False, None, 3),
        (old("INTERNAL_SERVER_ERROR"), 500, False, None, 3),
        (b"<html>", 502, False, None, None),
        (b"half a", 200, False, None, 3),
    ],
)
def test_what_may_pass_and_how_long_it_takes(body, status, limit, after, attempts):
    found = answer.passing(reply(body, status))

    assert (limit, after, attempts) == (found.is_limit, found.after_seconds, found.attempts)


@pytest.mark.parametrize(
    "body", [{"data": {}}, new("USER_UNAUTHORIZED"), old("InvalidBoardIdException"), {"errors": ["x"]}]
)
def test_what_does_not_pass(body):
    assert None is answer.passing(reply(body))


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda x: st.lists(x) | st.dictionaries(st.text(), x),
    max_leaves=8,
)
_ODD = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(("data", "errors", "error_code", "error_message", "status_code", "extensions"), _JSON),
)


@given(_ODD | _JSON, st.sampled_from([200, 400, 401, 403, 429, 500]))
def test_any_answer_is_read_or_refused(body, status):
    found = reply(body, status)
    answer.passing(found)
    with suppress(ConnectorError):
        answer.read(found, "POST /v2")


def test_no_credential_is_repeated():
    token = "eyJhbGciOiJIUzI1NiJ9.0123456789abcdef0123456789abcdef"
    with pytest.raises(BadReply) as raised:
        answer.read(reply(new("x", f"token={token} is bad")), "POST /v2")

    assert token not in str(raised.value)
