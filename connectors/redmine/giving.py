"""Giving: pieces gathered into items, each of one kind and workspace, and a note of what could not be understood."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial

from connectors.base import File, Item, Records, Warned, WarningCode
from connectors.redmine import kinds
from connectors.redmine.client import RedmineClient
from connectors.redmine.split import Bad, Piece, Upload
from store.record import Kind, ParentRef, Record, WorkspaceId

_BATCH = 500


@dataclass(slots=True)
class Giver:
    """Gathers for one reading of one project, and remembers which kinds cannot be called complete."""

    failed: set[Kind] = field(default_factory=set)
    doubtful: bool = False

    def give(self, pieces: Iterable[Piece], client: RedmineClient) -> Iterator[Item]:
        """Give pieces as items. Records come before the files that hang below them."""
        batches: defaultdict[tuple[WorkspaceId, Kind], list[Record]] = defaultdict(list)
        files: list[File] = []
        for piece in pieces:
            match piece:
                case Record():
                    batches[piece.workspace_id, piece.kind].append(piece)
                case Upload():
                    files.append(_file(piece, client))
                case Bad():
                    self.doubtful = True
                    yield self.fail(piece.kinds, WarningCode.BAD_RECORD, piece.where, piece.message)
        for batch in batches.values():
            for start in range(0, len(batch), _BATCH):
                yield Records(records=tuple(batch[start : start + _BATCH]))
        yield from files

    def fail(self, kinds: Iterable[Kind], code: WarningCode, where: str, message: str) -> Warned:
        """Note that some of these kinds could not be had."""
        self.failed.update(kinds)
        return Warned(code=code, where=where, message=message)


def _file(upload: Upload, client: RedmineClient) -> File:
    return File(
        workspace_id=upload.workspace_id,
        external_id=upload.external_id,
        parent=ParentRef(kind=kinds.ATTACHMENT, external_id=upload.external_id),
        name=upload.name,
        media_type=upload.media_type,
        size_bytes=upload.size_bytes,
        # The bytes of an attachment never change: a new file is a new attachment.
        revision=f"{upload.external_id}:{upload.size_bytes}",
        open=partial(client.download, attachment_id=upload.attachment_id, size_bytes=upload.size_bytes),
    )
