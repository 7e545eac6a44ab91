"""Files: columns of uploads, links and documents."""

from typing import Any

from connectors.monday.sandbox.columns.kind import Cell, ColumnKind, as_object
from connectors.monday.sandbox.errors import bad_value
from connectors.monday.sandbox.objects import Column, Json
from connectors.monday.sandbox.world import World


class Files(ColumnKind):
    """Uploads and links; a column is only ever cleared as a whole."""

    def take(self, world: World, column: Column, given: Any, *, make_labels: bool) -> Any:  # noqa: ARG002
        """Take nothing but `clear_all`."""
        found = as_object(column, given)
        if found is None or str(found.get("clear_all")).lower() == "true":
            return None
        raise bad_value(column.id, column.type, "files are added with their own mutations")

    def text(self, cell: Cell) -> str | None:
        """Write where they are."""
        return ", ".join(
            str(each.get("linkToFile") or _place(cell, each)) for each in (cell.value or {}).get("files", ())
        )

    def fields(self, cell: Cell) -> Json:
        """Give each."""
        return {"files": [_file(cell, each) for each in (cell.value or {}).get("files", ())]}


class OneDoc(Files):
    """A document."""

    def text(self, cell: Cell) -> str | None:
        """Write its address."""
        return ", ".join(str(each.get("linkToFile", "")) for each in (cell.value or {}).get("files", ()))

    def fields(self, cell: Cell) -> Json:
        """Give it."""
        files = (cell.value or {}).get("files", ())
        return {"file": _file(cell, files[0]) if files else None}


class DirectDoc(ColumnKind):
    """A document that is the item."""

    def fields(self, cell: Cell) -> Json:  # noqa: ARG002
        """Give nothing: these come with documents that hold items, which the stand-in has not."""
        return {"file": None}


def _place(cell: Cell, kept: Json) -> str:
    return (
        f"https://{cell.world.slug}.monday.com/protected_static/{cell.world.account_id}/resources/{kept.get('assetId')}"
    )


def _file(cell: Cell, kept: Json) -> Json:
    world = cell.world
    common = {
        "created_at": kept["createdAt"],
        "creator_id": kept["createdBy"],
        "creator": world.users.get(kept["createdBy"]),
        "name": kept.get("name"),
    }
    match kept["fileType"]:
        case "ASSET":
            asset = world.assets.get(kept["assetId"])
            if asset is None:
                gone = {"asset_id": kept["assetId"], "error": "The file no longer exists"}
                return {**common, **gone, "__typename": "FileAssetInvalidValue"}
            return {
                **common,
                "__typename": "FileAssetValue",
                "asset": asset,
                "asset_id": asset.id,
                "is_image": kept["isImage"] == "true",
            }
        case "MONDAY_DOC":
            return {
                **common,
                "__typename": "FileDocValue",
                "doc": next((doc for doc in world.docs.values() if doc.object_id == kept["objectId"]), None),
                "file_id": kept["fileId"],
                "object_id": kept["objectId"],
                "url": kept["linkToFile"],
            }
        case kind:
            return {
                **common,
                "__typename": "FileLinkValue",
                "file_id": kept["fileId"],
                "kind": kind.lower(),
                "url": kept["linkToFile"],
            }


FILES = (Files("file", "FileValue"), OneDoc("doc", "DocValue"), DirectDoc("direct_doc", "DirectDocValue"))
