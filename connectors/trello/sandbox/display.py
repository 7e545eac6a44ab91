"""Display: the sentence of an action as keys and entities, as `display=true`, single actions and webhooks give it."""

from collections.abc import Callable
from typing import Any

Json = dict[str, Any]

_KEYS = {
    "commentCard": "action_comment_on_card",
    "createCustomField": "action_create_custom_field",
    "addAttachmentToCard": "action_add_attachment_to_card",
    "addChecklistToCard": "action_add_checklist_to_card",
    "addLabelToCard": "action_add_label_to_card",
    "removeLabelFromCard": "action_remove_label_from_card",
    "deleteAttachmentFromCard": "action_delete_attachment_from_card",
    "removeChecklistFromCard": "action_remove_checklist_from_card",
    "createCard": "action_create_card",
    "deleteCard": "action_delete_card",
    "createList": "action_added_list_to_board",
    "createBoard": "action_create_board",
}
_CARD_KEYS = {
    "name": "action_renamed_card",
    "desc": "action_changed_description_of_card",
    "idList": "action_move_card_from_list_to_list",
    "due": "action_changed_a_due_date",
    "start": "action_added_a_start_date",
}


def key_of(action: Json) -> str:
    """Name the sentence."""
    special = _SPECIAL.get(action["type"])
    return special(action["data"], action) if special else _KEYS.get(action["type"], "unknown")


def display_of(action: Json) -> Json:
    """Give the sentence with its entities."""
    data = action["data"]
    entities: Json = {}
    if action["type"] == "commentCard":
        entities["contextOn"] = {
            "type": "translatable",
            "translationKey": "action_on",
            "hideIfContext": True,
            "idContext": data["card"]["id"],
        }
    for part in ("card", "board", "list", "listBefore", "listAfter", "checklist", "customField", "attachment"):
        if isinstance(data.get(part), dict) and "id" in data[part]:
            entities[part] = _entity(part, data[part])
    if "label" in data:
        entities["label"] = {"type": "label", "color": data["label"]["color"], "text": data["label"]["name"]}
    if action["type"] == "commentCard":
        entities["comment"] = {"type": "comment", "text": data["text"]}
    for role in ("member", "memberCreator"):
        if role in action:
            entities[role] = _person(action[role])
    return {"translationKey": key_of(action), "entities": entities}


def entities_of(action: Json) -> list[Json]:
    """Give the sentence's parts in a row."""
    shown = display_of(action)["entities"]
    first = [shown["memberCreator"]] if "memberCreator" in shown else []
    return first + [part for name, part in shown.items() if name != "memberCreator" and part["type"] != "translatable"]


def _card_key(data: Json, _action: Json) -> str:
    old = data.get("old", {})
    name = next(iter(old), "")
    if name == "pos":
        # A larger position is lower on the screen, and yet the real API calls it higher.
        return "action_moved_card_higher" if data["card"]["pos"] > old["pos"] else "action_moved_card_lower"
    if name == "closed":
        return "action_archived_card" if data["card"]["closed"] else "action_sent_card_to_board"
    if name == "dueComplete":
        done = data["card"]["dueComplete"]
        return "action_marked_the_due_date_complete" if done else "action_marked_the_due_date_incomplete"
    if name == "due" and not old["due"]:
        return "action_added_a_due_date"
    return _CARD_KEYS.get(name, "unknown")


def _list_key(data: Json, _action: Json) -> str:
    old = data.get("old", {})
    if "name" in old:
        return "action_renamed_list"
    if "pos" in old:
        return "action_moved_list_right" if data["list"]["pos"] > old["pos"] else "action_moved_list_left"
    return "action_archived_list" if data["list"].get("closed") else "action_sent_list_to_board"


def _tick_key(data: Json, _action: Json) -> str:
    ticked = data["checkItem"]["state"] == "complete"
    return "action_completed_checkitem" if ticked else "action_marked_checkitem_incomplete"


def _join_key(data: Json, action: Json) -> str:
    return (
        "action_member_joined_card" if data["idMember"] == action["idMemberCreator"] else "action_added_member_to_card"
    )


def _leave_key(data: Json, action: Json) -> str:
    own = data["idMember"] == action["idMemberCreator"]
    return "action_member_left_card" if own else "action_removed_member_from_card"


_SPECIAL: dict[str, Callable[[Json, Json], str]] = {
    "updateCard": _card_key,
    "updateList": _list_key,
    "updateBoard": lambda data, _: "action_update_board_name" if "name" in data.get("old", {}) else "unknown",
    "updateCheckItemStateOnCard": _tick_key,
    "addMemberToCard": _join_key,
    "removeMemberFromCard": _leave_key,
}


def _entity(part: str, found: Json) -> Json:
    kind = "list" if part.startswith("list") else part
    entity = {"type": kind, "id": found["id"], "text": found.get("name", "")}
    if "shortLink" in found:
        entity["shortLink"] = found["shortLink"]
    return entity


def _person(member: Json) -> Json:
    return {
        "type": "member",
        "id": member["id"],
        "username": member.get("username", ""),
        "text": member.get("fullName", ""),
    }
