"""Rich: a board whose one card has one of everything, as the target of a replayed request."""

from dataclasses import dataclass
from typing import Any, Self

from connectors.trello.sandbox import World
from connectors.trello.sandbox.actions import Actor
from connectors.trello.sandbox.changes import (
    boards,
    cards,
    checklists,
    comments,
    custom_fields,
    files,
    people,
    stickers,
)
from connectors.trello.sandbox.sample import picture

Json = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Rich:
    board: Json
    other_board: Json
    list: Json
    other_list: Json
    far_list: Json
    label: Json
    spare_label: Json
    field: Json
    text_field: Json
    card: Json
    plain_card: Json
    checklist: Json
    item: Json
    comment: Json
    attachment: Json
    sticker: Json
    me: Json
    friend: Json
    organization: Json

    @classmethod
    def build(cls, world: World, me: Json) -> Self:
        actor = Actor(member=me)
        friend = next(x for x in world.members if x is not me)
        organization = world.organizations.get(me["idOrganizations"][0])
        board = boards.create(world, actor, "Rich", organization=organization, desc="all of it")
        other_board = boards.create(world, actor, "Other", organization=organization)
        people.set_board_member(world, actor, board, friend, "normal")
        columns = world.lists.of(board["id"])
        marks = world.labels.of(board["id"])
        field = custom_fields.create(world, actor, board, "Choice", "list", options=[{"value": {"text": "A"}}])
        text_field = custom_fields.create(world, actor, board, "Text", "text")
        card = cards.create(world, actor, columns[0], "Card", desc="text", idLabels=[marks[0]["id"]])
        plain_card = cards.create(world, actor, columns[0], "Plain")
        checklist = checklists.create(world, actor, card, "Steps")
        item = checklists.add_item(world, actor, checklist, "one")
        checklists.update_item(world, actor, checklist, item, {"state": "complete"})
        cards.add_member(world, actor, card, friend)
        cards.vote(world, actor, card, me, voted=True)
        custom_fields.set_value(world, actor, card, text_field, value={"text": "x"})
        stickers.set_plugin_data(world, "card", card["id"], "5e40446acc3ae64e435cabc9", "{}")
        stickers.set_plugin_data(world, "board", board["id"], "5e40446acc3ae64e435cabc9", "{}")
        plugin = {"id": world.new_id(), "idBoard": board["id"], "idPlugin": "5e40446acc3ae64e435cabc9"}
        world.board_plugins[board["id"]] = [plugin]
        return cls(
            board=board,
            other_board=other_board,
            list=columns[0],
            other_list=columns[1],
            far_list=world.lists.of(other_board["id"])[0],
            label=marks[0],
            spare_label=marks[1],
            field=field,
            text_field=text_field,
            card=card,
            plain_card=plain_card,
            checklist=checklist,
            item=item,
            comment=comments.create(world, actor, card, "Hello"),
            attachment=files.upload(world, actor, card, "a.png", content=picture(8), mime_type="image/png"),
            sticker=stickers.add(world, card, "heart", top=1, left=2, z_index=1),
            me=me,
            friend=friend,
            organization=organization,
        )
