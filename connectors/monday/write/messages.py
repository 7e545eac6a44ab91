"""Messages: updates and replies made and changed, and files uploaded onto them and into columns."""

from connectors.call import Upload
from connectors.errors import Refused
from connectors.monday import kinds
from connectors.monday.client import MondayClient
from connectors.monday.views import local_id
from connectors.monday.write import documents
from connectors.monday.write.keys import further
from connectors.writing import Change, Creation, Made
from store.record import ExternalId


class Messages:
    """Writes with one grant."""

    def __init__(self, client: MondayClient) -> None:
        self._client = client

    async def create(self, new: Creation) -> Made:
        """Write on an item, or answer an update."""
        assert new.parent is not None, "a message is on something"
        is_reply = new.kind == kinds.REPLY
        made = await self._client.tell(
            documents.CREATE_UPDATE,
            key=new.key,
            item=None if is_reply else new.parent.external_id,
            parent=new.parent.external_id if is_reply else None,
            body=new.fields.get("body") or "",
            day=new.fields.get("original_creation_date"),
        )
        assert new.workspace_id is not None, "a message is on a board"
        return Made(workspace_id=new.workspace_id, external_id=ExternalId(made["id"]), content=dict(made))

    async def update(self, change: Change) -> Made:
        """Write something else, or pin it."""
        message_id = change.external_id
        if "body" in change.fields:
            await self._client.tell(
                documents.EDIT_UPDATE,
                key=further(change.key, "body"),
                id=message_id,
                body=change.fields["body"] or "",
            )
        if "pinned" in change.fields:
            document = documents.PIN_UPDATE if change.fields["pinned"] else documents.UNPIN_UPDATE
            await self._client.tell(document, key=further(change.key, "pin"), id=message_id)
        return Made(workspace_id=change.workspace_id, external_id=change.external_id, content=change.content)

    async def upload(self, new: Creation) -> Made:
        """Upload a file into a column of an item, or onto a message."""
        if new.file is None:
            raise Refused("its file is not in the backup")
        assert new.parent is not None, "an upload is on something"
        if new.parent.kind in {kinds.ITEM, kinds.SUBITEM}:
            column = new.fields.get("column")
            if not column:
                raise Refused("the column that it is in is not there any more")
            document = documents.add_file_to_column(new.parent.external_id, local_id(column))
        else:
            document = documents.add_file_to_update(new.parent.external_id)
        file = new.file
        upload = Upload(
            name=file.name,
            media_type=file.media_type,
            size_bytes=file.size_bytes,
            open=file.open,
            part="variables[file]",
        )
        made = await self._client.send(document, upload, key=new.key)
        assert new.workspace_id is not None, "an upload is on a board"
        return Made(workspace_id=new.workspace_id, external_id=ExternalId(made["id"]), content=dict(made))
