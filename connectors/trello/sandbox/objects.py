"""Objects as they are served: the fields asked for, and the nested resources asked for with them.

A nested resource is asked for by the same parameter wherever its owner appears, with a prefix where the owner is
itself nested: `attachments=true` on a card's own route is `card_attachments=true` on its board's.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from connectors.trello.sandbox import fields
from connectors.trello.sandbox.display import display_of, entities_of
from connectors.trello.sandbox.errors import ApiError, invalid_value
from connectors.trello.sandbox.fields import pick
from connectors.trello.sandbox.paging import MAX_PAGE, limit_of, page_of_actions, page_of_cards
from connectors.trello.sandbox.world import World

Json = dict[str, Any]
Params = Mapping[str, Any]

MANY_CARDS_WITH_ACTIONS = 1000


def asked(params: Params, name: str) -> bool:
    """Tell whether a switch is on."""
    return str(params.get(name, "false")).lower() in {"true", "1", "all"}


class View:
    """Serves objects to one person."""

    def __init__(self, world: World, me: Json) -> None:
        self._world = world
        self._me = me

    def board(self, board: Json, params: Params, prefix: str = "", default: str = fields.BOARD) -> Json:
        """Serve a board with what is nested in it."""
        world, board_id = self._world, board["id"]
        found = pick("board", board, params.get(f"{prefix}fields"), default)
        if kind := params.get(f"{prefix}lists"):
            lists = in_order(by_state(world.lists.of(board_id), kind, "lists"))
            names = params.get(f"{prefix}list_fields")
            found["lists"] = [pick("list", x, names, fields.LIST_NESTED if not prefix else fields.LIST) for x in lists]
        if asked(params, f"{prefix}labels"):
            found["labels"] = self.labels(board, params, f"{prefix}label_")
        if asked(params, f"{prefix}customFields"):
            found["customFields"] = self.custom_fields(board)
        if _wanted(params, f"{prefix}members"):
            found["members"] = self.members(board, params, f"{prefix}member_")
        if _wanted(params, f"{prefix}memberships"):
            found["memberships"] = self.memberships(board, params, f"{prefix}memberships_")
        if asked(params, f"{prefix}checklists"):
            found["checklists"] = self.checklists(board_id, params, f"{prefix}checklist_")
        if asked(params, f"{prefix}pluginData"):
            found["pluginData"] = world.plugin_data.get(board_id, [])
        if asked(params, f"{prefix}boardPlugins"):
            found["boardPlugins"] = world.board_plugins.get(board_id, [])
        if kind := params.get(f"{prefix}cards"):
            found["cards"] = self.cards(
                world.cards.of(board_id), {f"{prefix}card_filter": kind, **params}, f"{prefix}card_"
            )
        if params.get(f"{prefix}actions"):
            found["actions"] = self.actions(board_id, params, f"{prefix}actions_", params[f"{prefix}actions"])
        if asked(params, f"{prefix}organization") and board["idOrganization"] in world.organizations:
            owner = world.organizations.get(board["idOrganization"])
            found["organization"] = self.organization(owner, params, f"{prefix}organization_")
        return found

    def card(self, card: Json, params: Params, prefix: str = "", default: str = fields.CARD) -> Json:
        """Serve a card with what is nested in it."""
        world, card_id = self._world, card["id"]
        found = pick("card", card, params.get(f"{prefix}fields"), default)
        if "badges" in found and self._me["id"] in card["idMembersVoted"]:
            found["badges"] = {**found["badges"], "viewingMemberVoted": True}
        if asked(params, f"{prefix}attachments"):
            names = params.get(f"{prefix}attachment_fields")
            found["attachments"] = [pick("attachment", x, names, "*") for x in world.attachments.get(card_id, [])]
        elif params.get(f"{prefix}attachments") == "cover":
            cover = card["idAttachmentCover"]
            found["attachments"] = [x for x in world.attachments.get(card_id, []) if x["id"] == cover]
        if asked(params, f"{prefix}customFieldItems"):
            found["customFieldItems"] = world.field_items.get(card_id, [])
        if asked(params, f"{prefix}stickers"):
            found["stickers"] = world.stickers.get(card_id, [])
        if asked(params, f"{prefix}pluginData"):
            found["pluginData"] = world.plugin_data.get(card_id, [])
        if asked(params, f"{prefix}members"):
            found["members"] = self._people(card["idMembers"], params.get(f"{prefix}member_fields"))
        if asked(params, f"{prefix}membersVoted"):
            found["membersVoted"] = self._people(card["idMembersVoted"], params.get(f"{prefix}memberVoted_fields"))
        if asked(params, f"{prefix}checklists"):
            names = params.get(f"{prefix}checklist_fields")
            found["checklists"] = [self.checklist(x, names) for x in in_order(world.checklists.of(card_id))]
        if asked(params, f"{prefix}checkItemStates") and "checkItemStates" not in found:
            found["checkItemStates"] = card["checkItemStates"]
        if asked(params, f"{prefix}board"):
            found["board"] = pick(
                "board", world.boards.get(card["idBoard"]), params.get(f"{prefix}board_fields"), fields.BOARD
            )
        if asked(params, f"{prefix}list"):
            found["list"] = pick(
                "list", world.lists.get(card["idList"]), params.get(f"{prefix}list_fields"), fields.LIST
            )
        if params.get(f"{prefix}actions"):
            found["actions"] = self.actions(card_id, params, f"{prefix}actions_", params[f"{prefix}actions"])
        return found

    def cards(self, cards: Iterable[Json], params: Params, prefix: str = "") -> list[Json]:
        """Serve a page of cards: the newest, in no order."""
        limit = limit_of(params, f"{prefix}limit", MAX_PAGE)
        kept = by_state(cards, params.get(f"{prefix}filter") or "visible", "filter", self._world)
        if params.get(f"{prefix}actions") and len(kept) > MANY_CARDS_WITH_ACTIONS:
            body = {
                "error": "API_TOO_MANY_CARDS_REQUESTED",
                "message": "Requested too many cards, please specify a limit",
            }
            raise ApiError(403, "", body=body)
        page = page_of_cards(
            kept, limit=limit, before=params.get(f"{prefix}before"), since=params.get(f"{prefix}since")
        )
        return [self.card(card, params, prefix) for card in page]

    def checklist(self, checklist: Json, names: str | None = None, check_items: str | None = "all") -> Json:
        """Serve a checklist with its items in order."""
        found = pick("checklist", checklist, names, "*")
        if "checkItems" in found:
            found["checkItems"] = in_order(checklist["checkItems"])
        if check_items == "none":
            found.pop("checkItems", None)
        elif names is not None and "checkItems" not in found:
            found["checkItems"] = in_order(checklist["checkItems"])
        return found

    def checklists(self, board_id: str, params: Params, prefix: str = "") -> list[Json]:
        """Serve every checklist on a board, those of archived cards too."""
        names = params.get(f"{prefix}fields")
        return [
            self.checklist(x, names)
            for card in self._world.cards.of(board_id)
            for x in in_order(self._world.checklists.of(card["id"]))
        ]

    def labels(self, board: Json, params: Params, prefix: str = "") -> list[Json]:
        """Serve a board's labels: 50 unless more are asked for."""
        limit = limit_of(params, f"{prefix}limit", 50)
        return [
            pick("label", x, params.get(f"{prefix}fields"), "*") for x in self._world.labels.of(board["id"])[:limit]
        ]

    def custom_fields(self, board: Json) -> list[Json]:
        """Serve a board's custom fields in order."""
        return in_order(self._world.custom_fields.of(board["id"]))

    def members(self, group: Json, params: Params, prefix: str = "", default: str = fields.MEMBER_SHORT) -> list[Json]:
        """Serve the people of a board or workspace."""
        ids = [found["idMember"] for found in group["memberships"]]
        return self._people(ids, params.get(f"{prefix}fields"), default)

    def member(self, member: Json, params: Params, prefix: str = "") -> Json:
        """Serve a person with what is nested in them; what is private, to themself alone."""
        world = self._world
        shown = member if member is self._me else public(member)
        found = pick("member", shown, params.get(f"{prefix}fields"), "*")
        if kind := params.get(f"{prefix}boards"):
            mine = by_state([x for x in world.boards_of(member) if world.may_read(self._me, x)], kind, "boards")
            found["boards"] = [self.board(x, params, f"{prefix}board_", "*") for x in mine]
        if _wanted(params, f"{prefix}organizations"):
            found["organizations"] = [
                self.organization(x, params, f"{prefix}organization_") for x in self.organizations(member)
            ]
        return found

    def organizations(self, member: Json) -> list[Json]:
        """List the workspaces of a person that the viewer may know of."""
        return [self._world.organizations.by_id[found] for found in member["idOrganizations"]]

    def organization(
        self, organization: Json, params: Params, prefix: str = "", default: str = fields.ORGANIZATION
    ) -> Json:
        """Serve a workspace with what is nested in it."""
        found = pick("organization", organization, params.get(f"{prefix}fields"), default)
        if "idBoards" in found:
            boards = self._world.boards
            found["idBoards"] = [x for x in found["idBoards"] if self._world.may_read(self._me, boards.get(x))]
        if kind := params.get(f"{prefix}boards"):
            mine = [x for x in self._world.boards.of(organization["id"]) if self._world.may_read(self._me, x)]
            found["boards"] = [self.board(x, params, f"{prefix}board_", "*") for x in by_state(mine, kind, "boards")]
        if _wanted(params, f"{prefix}members"):
            found["members"] = self.members(organization, params, f"{prefix}member_", fields.MEMBER_NESTED)
        if _wanted(params, f"{prefix}memberships"):
            found["memberships"] = self.memberships(organization, params, f"{prefix}memberships_")
        return found

    def memberships(self, group: Json, params: Params, prefix: str = "") -> list[Json]:
        """Serve who belongs to a board or workspace, and as what."""
        if not asked(params, f"{prefix}member"):
            return list(group["memberships"])
        names = params.get(f"{prefix}member_fields")
        return [
            {**found, "member": person}
            for found in group["memberships"]
            for person in self._people([found["idMember"]], names, fields.MEMBER_NESTED)
        ]

    def actions(self, concern: str, params: Params, prefix: str, kinds: str) -> list[Json]:
        """Serve a page of what happened to something, newest first."""
        journal = self._world.journals.get(concern, [])
        if kinds not in {"all", "true"}:
            wanted = {kind.partition(":")[0] for kind in kinds.split(",")}
            journal = [action for action in journal if action["type"] in wanted]
        limit = limit_of(params, f"{prefix}limit", 50)
        page_number = limit_of(params, f"{prefix}page", 0)
        if page_number * limit > MAX_PAGE:
            raise invalid_value("page")
        page = page_of_actions(
            journal,
            self._world.actions,
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
            found["reactions"] = self._world.reactions.get(action["id"], [])
        return found

    def _people(self, ids: Iterable[str], names: str | None, default: str = fields.MEMBER_NESTED) -> list[Json]:
        members = self._world.members
        return [pick("member", public(members.get(x)), names, default) for x in ids if x in members]


def public(member: Json) -> Json:
    """Leave out what only a person themself may see."""
    return {name: value for name, value in member.items() if name not in _HIDDEN}


def in_order(found: Iterable[Json]) -> list[Json]:
    """Sort by position."""
    return sorted(found, key=lambda x: (x["pos"], x["id"]))


def by_state(found: Iterable[Json], kind: str, name: str, world: World | None = None) -> list[Json]:
    """Filter by `all`, `open`, `closed`, `none`, and `visible` for cards (open, and so is their list)."""
    match kind:
        case "all" | "true":
            return list(found)
        case "none" | "false":
            return []
        case "closed":
            return [x for x in found if x["closed"]]
        case "visible" if world is not None:
            return [x for x in found if not x["closed"] and not world.lists.get(x["idList"])["closed"]]
        case "open" | "visible":
            return [x for x in found if not x["closed"]]
        case "starred":
            return [x for x in found if x["starred"]]
        case "members" | "organization" | "public":
            level = {"members": "private", "organization": "org", "public": "public"}[kind]
            return [x for x in found if x["prefs"]["permissionLevel"] == level]
        case _:
            raise invalid_value(name)


_HIDDEN = frozenset(fields.MEMBER_HIDDEN.split())


def _wanted(params: Params, name: str) -> bool:
    return str(params.get(name, "none")) not in {"none", "false"}
