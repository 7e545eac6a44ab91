"""Recorded pairs of the real API, and how each is asked again of a stand-in that has something equivalent."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from connectors.trello.sandbox.routing import ROUTES, Match
from tests.contract.trello.rich import Rich

Json = dict[str, Any]

MISSING = "0" * 24


@dataclass(frozen=True, kw_only=True)
class Pair:
    number: int
    cassette: str
    method: str
    path: str
    query: list[tuple[str, str]]
    request_body: str
    status: int
    headers: dict[str, str]
    body: Any

    @property
    def match(self) -> Match | None:
        return ROUTES.find(self.method, self.path)

    @property
    def route(self) -> str:
        return self.match.template if self.match else re.sub(r"[0-9a-f]{24}", "{id}", self.path)


def pairs(shared: Path) -> Iterator[Pair]:
    source = shared / "real" / "trello" / "recorded-responses.ruby-trello.jsonl"
    for number, line in enumerate(source.read_text().splitlines()):
        found = json.loads(line)
        parts = urlsplit(found["url"])
        query = [(name, value) for name, value in parse_qsl(parts.query) if name not in {"key", "token"}]
        yield Pair(
            number=number,
            cassette=found["cassette"],
            method=found["method"],
            path=parts.path.removeprefix("/1"),
            query=query,
            request_body=found["request_body"] or "",
            status=found["status"],
            headers={name.lower(): value for name, value in found["headers"].items()},
            body=found["body"],
        )


@dataclass(frozen=True, kw_only=True)
class Replay:
    """The same request, about the stand-in's own things."""

    method: str
    path: str
    query: list[tuple[str, str]]
    content: bytes
    headers: dict[str, str]


def replay_of(pair: Pair, rich: Rich, token: str, extra: dict[str, str]) -> Replay:
    assert pair.match is not None
    ids = {**_ids(pair, rich), "token": token, **extra}
    path = pair.match.template
    for name, value in pair.match.path.items():
        path = path.replace(f"{{{name}}}", MISSING if pair.status == 404 else ids.get(name, value))
    if pair.request_body.startswith("---"):
        boundary = pair.request_body.partition("\r\n")[0][2:]
        kind = f"multipart/form-data; boundary={boundary}"
        return Replay(
            method=pair.method, path=path, query=pair.query, content=pair.request_body.encode(),
            headers={"Content-Type": kind},
        )  # fmt: skip
    sent = [
        (name, _value(name, value, pair, rich, extra))
        for name, value in parse_qsl(pair.request_body, keep_blank_values=True)
    ]
    return Replay(
        method=pair.method,
        path=path,
        query=pair.query,
        content=urlencode(sent).encode(),
        headers={"Content-Type": "application/x-www-form-urlencoded"} if sent else {},
    )


def _ids(pair: Pair, rich: Rich) -> dict[str, str]:
    not_voted = pair.method == "DELETE" and pair.status == 400
    added = pair.method == "POST" and pair.route.endswith(("/idMembers", "/idLabels", "/membersVoted"))
    card = rich.plain_card if not_voted or (added and pair.status == 200) else rich.card
    member = rich.friend if "idMembers" in pair.route or pair.route.startswith("/boards") else rich.me
    return {
        "board": rich.board["id"],
        "card": card["id"],
        "list": rich.list["id"],
        "label": rich.label["id"],
        "checklist": rich.checklist["id"],
        "item": rich.item["id"],
        "customField": (rich.field if "option" in pair.route or pair.method == "GET" else rich.text_field)["id"],
        "option": rich.field["options"][0]["id"],
        "action": rich.comment["id"],
        "attachment": rich.attachment["id"],
        "member": member["username"] if "boards" in pair.route else member["id"],
        "organization": rich.organization["id"],
        "filter": rich.card["id"] if re.search(r"/cards/[0-9a-f]{24}$", pair.path) else pair.path.rpartition("/")[2],
    }


def _value(name: str, value: str, pair: Pair, rich: Rich, extra: dict[str, str]) -> str:
    """Put the stand-in's id where the recording has the live one's."""
    if not re.fullmatch(r"([0-9a-f]{24},?)*", value):
        return {"callbackURL": extra["callbackURL"], "name": extra["name"]}.get(name, value) if (
            name == "callbackURL" or (name == "name" and "organizations" in pair.route)
        ) else value  # fmt: skip
    chosen: dict[str, Callable[[], Json]] = {
        "idList": lambda: rich.far_list if pair.path.endswith("/idBoard") else rich.other_list,
        "idBoard": lambda: rich.board,
        "idCard": lambda: rich.card,
        "idModel": lambda: rich.board,
        "idOrganization": lambda: rich.organization,
        "idMembers": lambda: rich.friend,
        "idLabels": lambda: rich.spare_label,
        "idListSource": lambda: rich.list,
        "idBoardSource": lambda: rich.board,
        "idChecklistSource": lambda: rich.checklist,
        "idCardSource": lambda: rich.plain_card,
    }
    if name == "value":
        last = pair.route.rpartition("/")[2] if "{field}" not in pair.route else pair.path.rpartition("/")[2]
        chosen["value"] = {
            "idMembers": lambda: rich.friend,
            "idLabels": lambda: rich.spare_label,
            "membersVoted": lambda: rich.me,
            "idList": lambda: rich.other_list,
            "idBoard": lambda: rich.other_board,
        }[last]
    return chosen[name]()["id"] if value else value
