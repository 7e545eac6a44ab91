"""Changes: the feed of what changed, one entry for each file with its state now."""

from typing import Any

from connectors.google_drive.sandbox.errors import ApiError
from connectors.google_drive.sandbox.item import stamp
from connectors.google_drive.sandbox.routing import Answer, Call, route

_DRIVES = ("driveId", "supportsAllDrives", "supportsTeamDrives", "teamDriveId")


@route("drive.changes.getStartPageToken", "GET", "/drive/v3/changes/startPageToken", *_DRIVES)
def start_token(call: Call) -> Answer:
    """Say where the feed stands."""
    found = {"kind": "drive#startPageToken", "startPageToken": str(len(call.world.log) + 1)}
    return Answer(body=call.masked(found))


@route(
    "drive.changes.list",
    "GET",
    "/drive/v3/changes",
    *_DRIVES,
    "pageToken",
    "pageSize",
    "spaces",
    "includeRemoved",
    "includeItemsFromAllDrives",
    "restrictToMyDrive",
    "includeCorpusRemovals",
)
def changes(call: Call) -> Answer:
    """List the files that changed since a token, each once, at its last change."""
    token = call.query.get("pageToken", "")
    if not token.isdigit() or not 1 <= int(token) <= len(call.world.log) + 1:
        raise ApiError(400, "invalid", "Invalid Value", where="pageToken")
    size = call.number("pageSize", 100, 1000)
    last: dict[str, int] = {}
    for place in range(int(token) - 1, len(call.world.log)):
        last[call.world.log[place]] = place
    ordered = sorted(last.items(), key=lambda pair: pair[1])
    shown = [(place, _change(call, file_id)) for file_id, place in ordered]
    listed = [(place, change) for place, change in shown if change is not None]
    page = listed[:size]
    found: dict[str, Any] = {"kind": "drive#changeList", "changes": [change for _, change in page]}
    if len(listed) > size:
        found["nextPageToken"] = str(page[-1][0] + 2)
    else:
        found["newStartPageToken"] = str(len(call.world.log) + 1)
    return Answer(
        body=call.masked(found, "kind,nextPageToken,newStartPageToken,changes(kind,removed,fileId,changeType)")
    )


def _change(call: Call, file_id: str) -> dict[str, Any] | None:
    now = stamp(call.world.clock.now())
    base = {"kind": "drive#change", "changeType": "file", "time": now, "fileId": file_id}
    item = call.world.items.get(file_id)
    if item is not None:
        if not call.world.sees(call.access, item):
            return None
        return {**base, "removed": False, "file": call.world.resource(call.access, item)}
    owner, client_id = call.world.gone[file_id]
    is_ours = owner == call.access.person.email and (call.access.is_whole_drive or client_id == call.access.client_id)
    return {**base, "removed": True} if is_ours and call.query.get("includeRemoved") != "false" else None
