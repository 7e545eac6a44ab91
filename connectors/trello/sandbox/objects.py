"""Objects as they are served: the fields asked for, and the nested resources asked for with them.

A nested resource is asked for by the same parameter wherever its owner appears, with a prefix where the owner is
itself nested: `attachments=true` on a card's own route is `card_attachments=true` on its board's.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from connectors.trello.sandbox import fields
from connectors.trello.sandbox.display import display_of, entities_of
from connectors.trello.sandbox.errors import ApiError, invalid_value
from connectors.trello.sandbox.fields import pick
from connectors.trello.sandbox.order import by_state, in_order
from connectors.trello.sandbox.paging import MAX_PAGE, limit_of, page_of_actions, page_of_cards
from connectors.trello.sandbox.world import World

Json = dict[str, Any]
Params = Mapping[str, Any]

MANY_CARDS_WITH_ACTIONS = 1000
_OFF = frozenset({"false", "none", "0", ""})


def asked(params: Params, name: str) -> bool:
    """Tell whether a nested resource is asked for: `true`, `all`, or some other filter of it."""
    return str(params.get(name, "none")).lower() not in _OFF


@dataclass(frozen=True, slots=True)
class Ask:
    """How a nested resource is asked for: `kind` is the parameter's value, `prefix` goes before its own parameters."""

    params: Params
    prefix: str
    kind: str

    def fields(self, name: str) -> str | None:
        """Read `<prefix><name>_fields`."""
        found = self.params.get(f"{self.prefix}{name}_fields")
        return None if found is None else str(found)


class View:
    """Serves objects to one person."""

    def __init__(self, world: World, me: Json) -> None:
        self.world = world
        self._me = me

    def board(self, board: Json, params: Params, prefix: str = "", default: str = fields.BOARD) -> Json:
        """Serve a board with what is nested in it."""
        found = pick("board", board, params.get(f"{prefix}fields"), default)
        return self._nest(found, board, _BOARD_PARTS, params, prefix)

    def card(self, card: Json, params: Params, prefix: str = "", default: str = fields.CARD) -> Json:
        """Serve a card with what is nested in it."""
        found = pick("card", card, params.get(f"{prefix}fields"), default)
        if "badges" in found and self._me["id"] in card["idMembersVoted"]:
            found["badges"] = {**found["badges"], "viewingMemberVoted": True}
        return self._nest(found, card, _CARD_PARTS, params, prefix)

    def member(self, member: Json, params: Params, prefix: str = "") -> Json:
        """Serve a person with what is nested in them; what is private, to themself alone."""
        shown = member if member is self._me else public(member)
        found = pick("member", shown, params.get(f"{prefix}fields"), "*")
        return self._nest(found, member, _MEMBER_PARTS, params, prefix)

    def organization(
        self, organization: Json, params: Params, prefix: str = "", default: str = fields.ORGANIZATION
    ) -> Json:
        """Serve a workspace with what is nested in it."""
        found = pick("organization", organization, params.get(f"{prefix}fields"), default)
        if "idBoards" in found:
            found["idBoards"] = [x["id"] for x in self.boards(self.world.boards.by_id[x] for x in found["idBoards"])]
        return self._nest(found, organization, _ORGANIZATION_PARTS, params, prefix)

    def boards(self, found: Iterable[Json]) -> list[Json]:
        """Leave out the boards that the viewer may not see."""
        return [board for board in found if self.world.may_read(self._me, board)]

    def organizations(self, member: Json) -> list[Json]:
        """List a person's workspaces."""
        return [self.world.organizations.by_id[found] for found in member["idOrganizations"]]

    def cards(self, cards: Iterable[Json], params: Params, prefix: str = "") -> list[Json]:
        """Serve a page of cards: the newest, in no order."""
        limit = limit_of(params, f"{prefix}limit", MAX_PAGE)
        kept = by_state(cards, params.get(f"{prefix}filter") or "visible", "filter", self.world)
        if asked(params, f"{prefix}actions") and len(kept) > MANY_CARDS_WITH_ACTIONS:
            message = "Requested too many cards, please lower the number of cards"
            raise ApiError(403, message, body={"error": "API_TOO_MANY_CARDS_REQUESTED", "message": message})
        page = page_of_cards(
            kept, limit=limit, before=params.get(f"{prefix}before"), since=params.get(f"{prefix}since")
        )
        return [self.card(card, params, prefix) for card in page]

    def checklist(self, checklist: Json, names: str | None = None, check_items: str | None = None) -> Json:
        """Serve a checklist with its items in order."""
        found = pick("checklist", checklist, names, "*")
        if check_items == "none":
            found.pop("checkItems", None)
        else:
            found["checkItems"] = in_order(checklist["checkItems"])
        return found

    def checklists(self, board_id: str, names: str | None = None) -> list[Json]:
        """Serve every checklist on a board, those of archived cards too."""
        return [
            self.checklist(x, names)
            for card in self.world.cards.of(board_id)
            for x in in_order(self.world.checklists.of(card["id"]))
        ]

    def labels(self, board: Json, params: Params, prefix: str = "") -> list[Json]:
        """Serve a board's labels: 50 unless more are asked for."""
        limit = limit_of(params, f"{prefix}limit", 50)
        names = params.get(f"{prefix}fields")
        return [pick("label", x, names, "*") for x in self.world.labels.of(board["id"])[:limit]]

    def people(self, ids: Iterable[str], names: str | None, default: str = fields.MEMBER_NESTED) -> list[Json]:
        """Serve people as others see them."""
        members = self.world.members
        return [pick("member", public(members.get(x)), names, default) for x in ids if x in members]

    def members(self, group: Json, names: str | None, default: str = fields.MEMBER_SHORT) -> list[Json]:
        """Serve the people of a board or workspace."""
        return self.people([found["idMember"] for found in group["memberships"]], names, default)

    def memberships(self, group: Json, params: Params, prefix: str = "") -> list[Json]:
        """Serve who belongs to a board or workspace, and as what."""
        if not asked(params, f"{prefix}member"):
            return list(group["memberships"])
        names = params.get(f"{prefix}member_fields")
        return [
            {**found, "member": person}
            for found in group["memberships"]
            for person in self.people([found["idMember"]], names)
        ]

    def actions(self, concern: str, params: Params, prefix: str, kinds: str) -> list[Json]:
        """Serve a page of what happened to something, newest first."""
        journal = self.world.journals.get(concern, [])
        if kinds not in {"all", "true"}:
            wanted = dict(kind.partition(":")[::2] for kind in kinds.split(","))
            # `updateCard:idList` wants only the updates of that field.
            journal = [x for x in journal if x["type"] in wanted and _matches(x, wanted[x["type"]])]
        limit = limit_of(params, f"{prefix}limit", 50)
        page_number = limit_of(params, f"{prefix}page", 0)
        if page_number * limit > MAX_PAGE:
            raise invalid_value("page")
        page = page_of_actions(
            journal,
            self.world.actions,
            limit=limit,
            before=params.get(f"{prefix}before"),
            since=params.get(f"{prefix}since"),
            skip=page_number * limit,
        )
        return [self.action(action, params, prefix) for action in page]

    def action(self, action: Json, params: Params, prefix: str = "", *, display: bool = False) -> Json:
        """Serve one action."""
        found = pick("action", action, params.get(f"{prefix}fields"), "*")
        for person in ("member", "memberCreator"):
            if str(params.get(f"{prefix}{person}", "true")) == "false":
                found.pop(person, None)
        if display or asked(params, f"{prefix}display"):
            found["display"] = display_of(action)
        if asked(params, f"{prefix}entities"):
            found["entities"] = entities_of(action)
        if asked(params, f"{prefix}reactions"):
            found["reactions"] = self.world.reactions.get(action["id"], [])
        return found

    def _nest(self, found: Json, owner: Json, parts: Mapping[str, "Part"], params: Params, prefix: str) -> Json:
        for name, serve in parts.items():
            if asked(params, f"{prefix}{name}"):
                found[name] = serve(self, owner, Ask(params, prefix, str(params[f"{prefix}{name}"])))
        return found


Part = Callable[[View, Json, Ask], Any]


def public(member: Json) -> Json:
    """Leave out what only a person themself may see."""
    return {name: value for name, value in member.items() if name not in _HIDDEN}


_HIDDEN = frozenset(fields.MEMBER_HIDDEN.split())


def _matches(action: Json, field: str) -> bool:
    return not field or field in action["data"].get("old", {})


def _board_lists(view: View, board: Json, ask: Ask) -> list[Json]:
    found = in_order(by_state(view.world.lists.of(board["id"]), ask.kind, "lists"))
    return [pick("list", x, ask.fields("list"), fields.LIST_NESTED) for x in found]


def _board_cards(view: View, board: Json, ask: Ask) -> list[Json]:
    params = {**ask.params, f"{ask.prefix}card_filter": ask.kind}
    return view.cards(view.world.cards.of(board["id"]), params, f"{ask.prefix}card_")


def _card_attachments(view: View, card: Json, ask: Ask) -> list[Json]:
    found = view.world.attachments.get(card["id"], [])
    if ask.kind == "cover":
        found = [x for x in found if x["id"] == card["idAttachmentCover"]]
    return [pick("attachment", x, ask.fields("attachment"), "*") for x in found]


def _card_checklists(view: View, card: Json, ask: Ask) -> list[Json]:
    return [view.checklist(x, ask.fields("checklist")) for x in in_order(view.world.checklists.of(card["id"]))]


def _boards(view: View, found: Iterable[Json], ask: Ask) -> list[Json]:
    kept = by_state(view.boards(found), ask.kind, "boards")
    return [view.board(board, ask.params, f"{ask.prefix}board_", "*") for board in kept]


def _owner(view: View, board: Json, ask: Ask) -> Json | None:
    if board["idOrganization"] not in view.world.organizations:
        return None
    return view.organization(
        view.world.organizations.get(board["idOrganization"]), ask.params, f"{ask.prefix}organization_"
    )


_BOARD_PARTS: dict[str, Part] = {
    "lists": _board_lists,
    "labels": lambda view, board, ask: view.labels(board, ask.params, f"{ask.prefix}label_"),
    "customFields": lambda view, board, _: in_order(view.world.custom_fields.of(board["id"])),
    "members": lambda view, board, ask: view.members(board, ask.fields("member"), fields.MEMBER_NESTED),
    "memberships": lambda view, board, ask: view.memberships(board, ask.params, f"{ask.prefix}memberships_"),
    "checklists": lambda view, board, ask: view.checklists(board["id"], ask.fields("checklist")),
    "pluginData": lambda view, board, _: view.world.plugin_data.get(board["id"], []),
    "boardPlugins": lambda view, board, _: view.world.board_plugins.get(board["id"], []),
    "cards": _board_cards,
    "actions": lambda view, board, ask: view.actions(board["id"], ask.params, f"{ask.prefix}actions_", ask.kind),
    "organization": _owner,
}
_CARD_PARTS: dict[str, Part] = {
    "attachments": _card_attachments,
    "customFieldItems": lambda view, card, _: view.world.field_items.get(card["id"], []),
    "stickers": lambda view, card, _: view.world.stickers.get(card["id"], []),
    "pluginData": lambda view, card, _: view.world.plugin_data.get(card["id"], []),
    "members": lambda view, card, ask: view.people(card["idMembers"], ask.fields("member")),
    "membersVoted": lambda view, card, ask: view.people(card["idMembersVoted"], ask.fields("memberVoted")),
    "checklists": _card_checklists,
    "checkItemStates": lambda _view, card, _: card["checkItemStates"],
    "board": lambda view, card, ask: pick(
        "board", view.world.boards.get(card["idBoard"]), ask.fields("board"), fields.BOARD
    ),
    "list": lambda view, card, ask: pick("list", view.world.lists.get(card["idList"]), ask.fields("list"), fields.LIST),
    "actions": lambda view, card, ask: view.actions(card["id"], ask.params, f"{ask.prefix}actions_", ask.kind),
}
_MEMBER_PARTS: dict[str, Part] = {
    "boards": lambda view, member, ask: _boards(view, view.world.boards_of(member), ask),
    "organizations": lambda view, member, ask: [
        view.organization(x, ask.params, f"{ask.prefix}organization_") for x in view.organizations(member)
    ],
}
_ORGANIZATION_PARTS: dict[str, Part] = {
    "boards": lambda view, organization, ask: _boards(view, view.world.boards.of(organization["id"]), ask),
    "members": lambda view, organization, ask: view.members(organization, ask.fields("member"), fields.MEMBER_NESTED),
    "memberships": lambda view, organization, ask: view.memberships(
        organization, ask.params, f"{ask.prefix}memberships_"
    ),
}
