"""Every reply of the stand-in is what the contract's models say, save for the named exceptions."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.trello.sandbox import Sandbox
from tests.contract.trello.conftest import client_of
from tests.contract.trello.models import EXCEPTIONS, definitions, problems
from tests.contract.trello.rich import Rich

WHOLE_BOARD = (
    "fields=all&lists=all&labels=all&label_limit=1000&customFields=true&members=all&memberships=all&checklists=all"
    "&pluginData=true&cards=all&actions=all&organization=true"
)
WHOLE_CARDS = (
    "filter=all&fields=all&attachments=true&customFieldItems=true&stickers=true&pluginData=true&checklists=all"
    "&members=true&membersVoted=true"
)

READS = (
    ("Member", "/members/me"),
    ("Member", "/members/{me}?boards=all&organizations=all"),
    ("Board", "/members/me/boards?filter=all"),
    ("Organization", "/members/me/organizations"),
    ("Organization", "/organizations/{organization}?fields=all&memberships=all&members=all"),
    ("Board", "/organizations/{organization}/boards?filter=all"),
    ("Member", "/organizations/{organization}/members?fields=all"),
    ("Memberships", "/organizations/{organization}/memberships?member=true"),
    ("Action", "/organizations/{organization}/actions?limit=1000"),
    ("Board", "/boards/{board}"),
    ("Board", f"/boards/{{board}}?{WHOLE_BOARD}"),
    ("Card", f"/boards/{{board}}/cards?{WHOLE_CARDS}"),
    ("Card", "/boards/{board}/cards"),
    ("TrelloList", "/boards/{board}/lists?filter=all&fields=all"),
    ("TrelloList", "/lists/{list}"),
    ("Card", "/lists/{list}/cards"),
    ("Label", "/boards/{board}/labels?limit=1000"),
    ("Label", "/labels/{label}"),
    ("Checklist", "/boards/{board}/checklists"),
    ("Checklist", "/checklists/{checklist}"),
    ("CheckItem", "/cards/{card}/checkItem/{item}"),
    ("CustomField", "/boards/{board}/customFields"),
    ("CustomField", "/customFields/{field}"),
    ("CustomFieldOption", "/customFields/{field}/options"),
    ("Member", "/boards/{board}/members?fields=all"),
    ("Memberships", "/boards/{board}/memberships?member=true&member_fields=all"),
    ("Action", "/boards/{board}/actions?limit=1000&display=true&entities=true&reactions=true"),
    ("Action", "/actions/{comment}"),
    ("Plugin", "/boards/{board}/boardPlugins"),
    ("PluginData", "/boards/{board}/pluginData"),
    ("Card", "/cards/{card}?fields=all&attachments=true&checklists=all&stickers=true&actions=all"),
    ("Action", "/cards/{card}/actions?filter=all"),
    ("Attachment", "/cards/{card}/attachments"),
    ("Attachment", "/cards/{card}/attachments/{attachment}"),
    ("CardSticker", "/cards/{card}/stickers"),
    ("CustomFieldItems", "/cards/{card}/customFieldItems"),
    ("PluginData", "/cards/{card}/pluginData"),
    ("Member", "/cards/{card}/members"),
    ("Member", "/cards/{card}/membersVoted"),
    ("CheckItemState", "/cards/{card}/checkItemStates"),
)  # fmt: skip

WRITES: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
    ("Organization", "POST", "/organizations", {"displayName": "Third", "name": "third_one"}),
    ("Board", "POST", "/boards", {"name": "B", "defaultLists": False, "prefs_voting": "members"}),
    ("Board", "PUT", "/boards/{board}", {"name": "Renamed", "closed": True, "prefs/voting": "public"}),
    ("BoardMembersResult", "PUT", "/boards/{other_board}/members/{friend}", {"type": "normal"}),
    ("TrelloList", "POST", "/lists", {"name": "L", "idBoard": "{board}", "pos": "bottom"}),
    ("TrelloList", "PUT", "/lists/{list}", {"name": "L2", "closed": "true"}),
    ("Label", "POST", "/labels", {"name": "x", "color": None, "idBoard": "{board}"}),
    ("Label", "PUT", "/labels/{label}", {"name": "y", "color": "red_dark"}),
    ("Card", "POST", "/cards", {"idList": "{list}", "name": "C", "due": "2026-10-01", "idLabels": "{label}"}),
    ("Card", "PUT", "/cards/{card}", {"name": "C2", "idList": "{other_list}", "cover": {"color": "pink"}}),
    ("Card", "PUT", "/cards/{card}", {"idBoard": "{other_board}"}),
    ("Checklist", "POST", "/checklists", {"idCard": "{card}", "name": "K"}),
    ("CheckItem", "POST", "/checklists/{checklist}/checkItems", {"name": "i", "checked": "true"}),
    ("CheckItem", "PUT", "/cards/{card}/checkItem/{item}", {"state": "incomplete"}),
    ("Action", "POST", "/cards/{card}/actions/comments", {"text": "hi"}),
    ("Action", "PUT", "/actions/{comment}", {"text": "edited"}),
    ("Reaction", "POST", "/actions/{comment}/reactions", {"shortName": "heart", "unified": "2764", "native": "❤"}),
    ("CustomField", "POST", "/customFields", {
        "idModel": "{board}", "modelType": "board", "name": "F", "type": "list", "pos": "bottom",
        "options": [{"value": {"text": "one"}, "color": "red", "pos": 1}],
    }),
    ("CustomFieldOption", "POST", "/customFields/{field}/options", {"value": {"text": "two"}, "color": "blue"}),
    ("CustomFieldItems", "PUT", "/cards/{card}/customField/{text_field}/item", {"value": {"text": "z"}}),
    ("Attachment", "POST", "/cards/{card}/attachments", {"url": "https://example.com/", "name": "ex"}),
    ("CardSticker", "POST", "/cards/{card}/stickers", {"image": "star", "top": 1, "left": 1, "zIndex": 2}),
    ("Member", "POST", "/cards/{plain_card}/idMembers", {"value": "{friend}"}),
)  # fmt: skip


def ids_of(rich: Rich) -> dict[str, str]:
    return {name: found["id"] for name, found in vars(rich).items()}


def _filled(value: Any, ids: dict[str, str]) -> Any:
    if isinstance(value, str) and value.startswith("{"):
        return value.format(**ids)
    return value


@pytest.mark.parametrize(("model", "path"), READS, ids=[path[:60] for _, path in READS])
def test_read_is_as_modelled(shared: Path, client: httpx.Client, rich: Rich, model: str, path: str) -> None:
    reply = client.get(path.format(**ids_of(rich)))

    assert (reply.status_code, problems(shared, model, reply.json())) == (200, [])
    assert reply.json()


@pytest.mark.parametrize("write", WRITES, ids=[f"{at} {write[1]} {write[2]}" for at, write in enumerate(WRITES)])
def test_reply_to_a_write_is_as_modelled(
    shared: Path, client: httpx.Client, rich: Rich, write: tuple[str, str, str, dict[str, Any]]
) -> None:
    model, method, path, body = write
    ids = ids_of(rich)
    sent = {name: _filled(value, ids) for name, value in body.items()}
    reply = client.request(method, path.format(**ids), json=sent)

    assert (reply.status_code, problems(shared, model, reply.json())) == (200, [])


def test_the_whole_sample_is_as_modelled(shared: Path, served: Sandbox) -> None:
    found = []
    with client_of(served) as client:
        for board in client.get("/members/me/boards").json():
            found += problems(shared, "Board", board)
            cards = client.get(f"/boards/{board['id']}/cards", params={
                "filter": "all", "fields": "all", "attachments": "true", "checklists": "all", "stickers": "true",
            }).json()  # fmt: skip
            found += problems(shared, "Card", cards)
            actions = client.get(f"/boards/{board['id']}/actions", params={"limit": 1000}).json()
            found += problems(shared, "Action", actions)

    assert found == []


def test_no_exception_is_kept_that_the_contract_no_longer_needs(shared: Path) -> None:
    known = {(model, name) for model, found in definitions(shared).items() for name in found.get("properties", ())}

    assert set(EXCEPTIONS) <= known
