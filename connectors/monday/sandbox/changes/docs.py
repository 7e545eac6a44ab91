"""Documents and their blocks."""

from typing import Any

from connectors.monday.sandbox.changes import items
from connectors.monday.sandbox.errors import ApiError, not_found
from connectors.monday.sandbox.objects import Block, Doc, Item, User
from connectors.monday.sandbox.stamps import exact_stamp
from connectors.monday.sandbox.world import World

_MARKS = (
    ("### ", "small_title"),
    ("## ", "medium_title"),
    ("# ", "large_title"),
    ("> ", "quote"),
    ("- ", "bulleted_list"),
)


def create(
    world: World,
    user: User,
    name: str,
    *,
    kind: str = "public",
    workspace_id: int | None = None,
    folder_id: int | None = None,
    item: Item | None = None,
    column_id: str | None = None,
) -> Doc:
    """Make a document: in a workspace, in a cell, or as an item's description."""
    now = world.now()
    made = Doc(
        id=world.ids.number("doc"),
        object_id=world.ids.number("pulse"),
        name=name,
        doc_kind=kind,
        workspace_id=workspace_id,
        doc_folder_id=folder_id,
        creator_id=user.id,
        created_at=now,
        updated_at=now,
        item_id=item.id if item is not None and column_id is None else None,
    )
    world.docs[made.id] = made
    if item is not None and column_id is not None:
        url = f"https://{world.slug}.monday.com/docs/{made.object_id}"
        kept = {
            "fileId": world.ids.uuid(),
            "name": name,
            "fileType": "MONDAY_DOC",
            "objectId": made.object_id,
            "linkToFile": url,
            "createdAt": exact_stamp(now),
            "createdBy": user.id,
        }
        items.keep(world, user, item, column_id, {"files": [kept]})
    elif item is not None:
        item.doc_id = made.id
    return made


def find(world: World, doc_id: int) -> Doc:
    """Find a document."""
    found = world.docs.get(doc_id)
    if found is None:
        raise not_found("Document", doc_id)
    return found


def add_block(
    world: World,
    user: User,
    doc: Doc,
    block_type: str,
    content: Any,
    *,
    after: str | None = None,
    parent_block_id: str | None = None,
) -> Block:
    """Add a block after another one, or as the first."""
    if after is not None and after not in doc.blocks:
        raise not_found("Block", after)
    positions = sorted(block.position for block in doc.blocks.values())
    if after is None:
        position = (positions[0] if positions else 131_072.0) - 65_536.0
    else:
        here = doc.blocks[after].position
        later = [each for each in positions if each > here]
        position = (here + later[0]) / 2 if later else here + 65_536.0
    now = world.now()
    made = Block(
        id=world.ids.uuid(),
        type=block_type,
        content=content,
        position=position,
        parent_block_id=parent_block_id,
        created_at=now,
        updated_at=now,
        creator_id=user.id,
    )
    doc.blocks[made.id] = made
    doc.updated_at = now
    return made


def last_block(doc: Doc) -> str | None:
    """Name the last block."""
    return max(doc.blocks.values(), key=lambda block: block.position).id if doc.blocks else None


def find_block(world: World, block_id: str) -> tuple[Doc, Block]:
    """Find a block by its id alone."""
    for doc in world.docs.values():
        if block_id in doc.blocks:
            return doc, doc.blocks[block_id]
    raise not_found("Block", block_id)


def update_block(world: World, block_id: str, content: Any) -> Block:
    """Write something else into a block."""
    doc, block = find_block(world, block_id)
    block.content = content
    block.updated_at = doc.updated_at = world.now()
    return block


def delete_block(world: World, block_id: str) -> Block:
    """Take a block out."""
    doc, block = find_block(world, block_id)
    del doc.blocks[block_id]
    doc.updated_at = world.now()
    return block


def add_markdown(world: World, user: User, doc: Doc, markdown: str, *, after: str | None = None) -> list[Block]:
    """Add a block for each paragraph."""
    if not markdown.strip():
        raise ApiError("InvalidArgumentException", "markdown is empty")
    made = []
    for line in filter(None, (part.strip() for part in markdown.split("\n"))):
        mark, kind = next(((mark, kind) for mark, kind in _MARKS if line.startswith(mark)), ("", "normal_text"))
        content = {"deltaFormat": [{"insert": line.removeprefix(mark)}]}
        block = add_block(world, user, doc, kind, content, after=after or last_block(doc))
        after = block.id
        made.append(block)
    return made
