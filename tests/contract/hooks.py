"""The contract of every app that calls: subclass, give a `caller`, and all of it is tested against your stand-in."""

from dataclasses import replace
from typing import Protocol

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.base import Grant
from connectors.errors import BadReply, ConnectorError, Forbidden, Gone
from connectors.hooks import Challenge, Delivery, Forged, Hooks, Told
from store.record import WorkspaceId

_SCALARS = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=10)
_NAMES = st.sampled_from(["action", "id", "data", "board", "event", "boardId", "challenge"]) | st.text(max_size=5)
NOWHERE = WorkspaceId("ffffffffffffffffffffffff")


def _nested(inner):
    return st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=4)


class Caller(Protocol):
    """One app's hooks before a stand-in, with an address on this machine that it may call."""

    hooks: Hooks
    grant: Grant
    deaf_grant: Grant
    """Its calls could not be verified."""
    workspace_id: WorkspaceId
    url: str
    signs_content: bool
    """Whether the app signs what a call says, and not only that it calls."""

    def change(self) -> None:
        """Change something in the workspace."""

    def calls(self) -> list[Delivery]:
        """Let the stand-in call, and return the calls that came since this was last asked."""


class HooksContract:
    """What holds of every app that calls."""

    async def test_a_workspace_is_listened_to_and_no_longer(self, caller: Caller):
        made = await caller.hooks.register(caller.grant, caller.workspace_id, caller.url)
        listed = await caller.hooks.registered(caller.grant, [caller.workspace_id])
        caller.calls()
        caller.change()
        heard = [caller.hooks.hear(each, caller.grant) for each in caller.calls()]
        for external_id in made:
            await caller.hooks.remove(caller.grant, external_id)
        caller.change()

        assert set(made) == {each.external_id for each in listed if each.url in {None, caller.url}}
        assert all(each.is_alive and not each.has_failed for each in listed)
        assert heard
        assert all(isinstance(each, Told) for each in heard)
        assert {caller.workspace_id} == frozenset().union(*(each.workspace_ids for each in heard))
        assert [] == caller.calls()
        assert not await caller.hooks.registered(caller.grant, [caller.workspace_id])

    async def test_each_call_has_an_id_of_its_own_that_it_keeps(self, caller: Caller):
        await caller.hooks.register(caller.grant, caller.workspace_id, caller.url)
        caller.calls()
        caller.change()
        caller.change()
        calls = caller.calls()
        ids = [caller.hooks.hear(each, caller.grant).delivery_id for each in calls]

        assert len(ids) == len(set(ids))
        assert ids == [caller.hooks.hear(each, caller.grant).delivery_id for each in calls]

    async def test_what_is_removed_twice_is_removed(self, caller: Caller):
        for external_id in await caller.hooks.register(caller.grant, caller.workspace_id, caller.url):
            await caller.hooks.remove(caller.grant, external_id)
            await caller.hooks.remove(caller.grant, external_id)

    async def test_what_may_not_be_seen_is_not_listened_to(self, caller: Caller):
        with pytest.raises((Forbidden, Gone, BadReply)):
            await caller.hooks.register(caller.grant, NOWHERE, caller.url)

    async def test_an_address_that_does_not_answer_is_refused(self, caller: Caller):
        with pytest.raises(ConnectorError):
            await caller.hooks.register(caller.grant, caller.workspace_id, caller.url + "/nobody")

    async def test_a_grant_whose_calls_cannot_be_verified_is_known_beforehand(self, caller: Caller):
        assert caller.hooks.serves(caller.grant)
        assert not caller.hooks.serves(caller.deaf_grant)

    async def test_what_is_not_signed_or_for_another_address_is_forged(self, caller: Caller):
        await caller.hooks.register(caller.grant, caller.workspace_id, caller.url)
        caller.calls()
        caller.change()
        call = caller.calls()[0]
        forgeries = [
            replace(call, headers={}),
            *([replace(call, body=call.body + b" ")] if caller.signs_content else []),
            replace(call, url=call.url + "x"),
            *(replace(call, headers=dict.fromkeys(call.headers, value)) for value in ("", "é", "x" * 10_000)),
        ]

        for forgery in forgeries:
            with pytest.raises(Forged):
                caller.hooks.hear(forgery, caller.grant)
        with pytest.raises(Forged):
            caller.hooks.hear(call, caller.deaf_grant)

    # It is one method of several apps' classes, and keeps nothing from one to the other.
    @settings(max_examples=50, suppress_health_check=[HealthCheck.differing_executors])
    @given(anything=st.binary(max_size=200) | st.recursive(_SCALARS, _nested, max_leaves=20).map(orjson.dumps))
    def test_whatever_is_signed_is_heard_or_a_bad_reply(self, anything: bytes, caller_class):
        hooks, grant, sign = caller_class.offline()

        try:
            told = hooks.hear(sign(anything), grant)
        except BadReply:
            return
        assert isinstance(told, Told | Challenge)
