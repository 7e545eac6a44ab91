"""Documents: made, named and deleted, and their blocks."""

from typing import Any

from connectors.monday.sandbox.changes import boards, columns, docs
from connectors.monday.sandbox.errors import ApiError
from connectors.monday.sandbox.objects import Doc, Json
from connectors.monday.sandbox.resolve.mutations.given import id_of, item_of, optional_id
from connectors.monday.sandbox.resolve.table import Context, answers, as_json


@answers("Mutation", "create_doc")
def create_doc(_: None, context: Context, *, location: Json, **_more: Any) -> Doc:
    """Make a document."""
    if location.get("workspace"):
        where = location["workspace"]
        boards.workspace(context.world, id_of(where["workspace_id"]))
        return docs.create(
            context.world,
            context.me,
            where["name"],
            kind=where.get("kind") or "public",
            workspace_id=id_of(where["workspace_id"]),
            folder_id=optional_id(where.get("folder_id")),
        )
    if location.get("board"):
        item = item_of(context, location["board"]["item_id"])
        column_id = location["board"]["column_id"]
        board = context.world.boards[item.board_id]
        columns.find(board, column_id)
        return docs.create(
            context.world, context.me, item.name, workspace_id=board.workspace_id, item=item, column_id=column_id
        )
    raise ApiError("InvalidArgumentException", "location names no place")


@answers("Mutation", "update_doc_name")
def update_doc_name(_: None, context: Context, *, docId: Any, name: str) -> Json:  # noqa: N803 - the schema's word
    """Give a document another name."""
    found = docs.find(context.world, id_of(docId))
    found.name, found.updated_at = name, context.world.now()
    return {"success": True, "id": str(found.id)}


@answers("Mutation", "delete_doc")
def delete_doc(_: None, context: Context, *, docId: Any) -> Json:  # noqa: N803 - the schema's word
    """Throw a document away."""
    found = docs.find(context.world, id_of(docId))
    del context.world.docs[found.id]
    return {"success": True, "id": str(found.id)}


@answers("Mutation", "create_doc_block")
def create_doc_block(
    _: None,
    context: Context,
    *,
    doc_id: Any,
    type: str,  # noqa: A002 - the schema's word
    content: Any,
    after_block_id: str | None = None,
    parent_block_id: str | None = None,
) -> Any:
    """Add a block."""
    doc, block_type = docs.find(context.world, id_of(doc_id)), type
    return docs.add_block(
        context.world,
        context.me,
        doc,
        block_type,
        as_json(content),
        after=after_block_id,
        parent_block_id=parent_block_id,
    )


@answers("Mutation", "update_doc_block")
def update_doc_block(_: None, context: Context, *, block_id: str, content: Any) -> Any:
    """Write something else into a block."""
    return docs.update_block(context.world, block_id, as_json(content))


@answers("Mutation", "delete_doc_block")
def delete_doc_block(_: None, context: Context, *, block_id: str) -> Any:
    """Take a block out."""
    return docs.delete_block(context.world, block_id)


@answers("Mutation", "add_content_to_doc_from_markdown")
def add_content_to_doc_from_markdown(
    _: None,
    context: Context,
    *,
    docId: Any,  # noqa: N803 - the schema's word
    markdown: str,
    afterBlockId: str | None = None,  # noqa: N803 - the schema's word
) -> Json:
    """Add blocks."""
    doc = docs.find(context.world, id_of(docId))
    made = docs.add_markdown(context.world, context.me, doc, markdown, after=afterBlockId)
    return {"success": True, "block_ids": [block.id for block in made]}


@answers("Mutation", "set_item_description_content")
def set_item_description_content(_: None, context: Context, *, item_id: Any, markdown: str) -> Json:
    """Describe an item."""
    item, world = item_of(context, item_id), context.world
    doc = world.docs.get(item.doc_id or 0) or docs.create(world, context.me, item.name, item=item)
    doc.blocks.clear()
    made = docs.add_markdown(world, context.me, doc, markdown)
    world.touch(item)
    return {"success": True, "block_ids": [block.id for block in made]}
