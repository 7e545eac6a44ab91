"""About: whose Drive it is, how full it is, and what can be imported and exported."""

from connectors.google_drive.sandbox.errors import ApiError
from connectors.google_drive.sandbox.item import SHEET
from connectors.google_drive.sandbox.routing import Answer, Call, route

MOST_UPLOAD = 5_497_558_138_880
MOST_IMPORT = 100 * 2**20


@route("drive.about.get", "GET", "/drive/v3/about")
def about(call: Call) -> Answer:
    """Answer `about.get`; without `fields` it is refused."""
    if not call.query.get("fields"):
        message = "The 'fields' parameter is required for this method."
        raise ApiError(400, "required", message, where="fields")
    person = call.access.person
    held = [item for item in call.world.items.values() if item.owner == person.email]
    binned = sum(item.size_bytes for item in held if call.world.is_trashed(item))
    quota = {
        "usage": str(call.world.used_bytes(person)),
        "usageInDrive": str(call.world.used_bytes(person)),
        "usageInDriveTrash": str(binned),
    }
    if person.limit_bytes is not None:
        quota["limit"] = str(person.limit_bytes)
    found = {
        "kind": "drive#about",
        "user": {
            "kind": "drive#user",
            "displayName": person.name,
            "emailAddress": person.email,
            "permissionId": person.permission_id,
            "me": True,
        },
        "storageQuota": quota,
        "maxUploadSize": str(MOST_UPLOAD),
        "importFormats": {"text/csv": [SHEET]},
        "exportFormats": {SHEET: ["text/csv"]},
        "maxImportSizes": {SHEET: str(MOST_IMPORT)},
        "appInstalled": True,
        "canCreateDrives": False,
    }
    return Answer(body=call.masked(found))
