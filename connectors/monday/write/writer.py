"""Writer: one record of monday.com's made or changed at a time."""

from collections.abc import Awaitable, Callable, Mapping
from uuid import NAMESPACE_URL, uuid5

from connectors.errors import Refused
from connectors.monday import kinds
from connectors.monday.client import MondayClient
from connectors.monday.write.boards import Boards
from connectors.monday.write.columns import Columns
from connectors.monday.write.docs import Docs
from connectors.monday.write.items import Items
from connectors.monday.write.messages import Messages
from connectors.writing import Change, Creation, Made
from store.record import Kind, WorkspaceId


class MondayWriter:
    """Writes with one grant. Every change carries a key, so that sent again it is not made again."""

    def __init__(self, client: MondayClient) -> None:
        boards, columns, items = Boards(client), Columns(client), Items(client)
        messages, docs = Messages(client), Docs(client)
        self._boards = boards
        self._create: Mapping[Kind, Callable[[Creation], Awaitable[Made]]] = {
            kinds.TAG: boards.create_tag,
            kinds.WORKSPACE: boards.create_workspace,
            kinds.FOLDER: boards.create_folder,
            kinds.BOARD: boards.create_board,
            kinds.COLUMN: columns.create,
            kinds.SUBITEM_COLUMN: columns.create,
            kinds.GROUP: columns.create_group,
            kinds.ITEM: items.create,
            kinds.SUBITEM: items.create,
            kinds.UPDATE: messages.create,
            kinds.REPLY: messages.create,
            kinds.ASSET: messages.upload,
            kinds.DOC: docs.create,
            kinds.DOC_BLOCK: docs.create_block,
        }
        self._update: Mapping[Kind, Callable[[Change], Awaitable[Made]]] = {
            kinds.WORKSPACE: boards.update_workspace,
            kinds.FOLDER: boards.update_folder,
            kinds.BOARD: boards.update_board,
            kinds.COLUMN: columns.update,
            kinds.SUBITEM_COLUMN: columns.update,
            kinds.GROUP: columns.update_group,
            kinds.ITEM: items.update,
            kinds.SUBITEM: items.update,
            kinds.UPDATE: messages.update,
            kinds.REPLY: messages.update,
            kinds.DOC: docs.update,
            kinds.DOC_BLOCK: docs.update_block,
        }

    async def create(self, creation: Creation) -> Made:
        """Make one record."""
        if creation.kind not in self._create:
            raise Refused(f"nobody can make a {creation.kind}")
        return await self._create[creation.kind](creation)

    async def update(self, change: Change) -> Made:
        """Change one record."""
        if change.kind not in self._update:
            raise Refused(f"nobody can change a {change.kind}")
        return await self._update[change.kind](change)

    async def discard(self, workspace_id: WorkspaceId) -> None:
        """Throw a board away."""
        await self._boards.discard(workspace_id, str(uuid5(NAMESPACE_URL, f"discard {workspace_id}")))
