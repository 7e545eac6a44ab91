"""Fields: which a GET gives by default, which it knows at all, and how `fields=` picks among them."""

from collections.abc import Iterable, Mapping
from typing import Any

from connectors.trello.sandbox import shapes
from connectors.trello.sandbox.errors import invalid_value

Json = dict[str, Any]

BOARD = "id name desc descData closed idOrganization idEnterprise pinned url shortUrl prefs labelNames"
CARD = (
    "id badges checkItemStates closed dueComplete dateLastActivity desc descData due dueReminder email idBoard "
    "idChecklists idList idMembers idMembersVoted idShort idAttachmentCover labels idLabels manualCoverAttachment "
    "name pinned pos shortLink shortUrl start subscribed url cover isTemplate cardRole mirrorSourceId"
)
LIST = "id name closed color idBoard pos type datasource"
LIST_NESTED = "id name closed color idBoard pos subscribed softLimit type datasource"
LABEL = "id idBoard name color uses"
CHECKLIST = "id name idBoard idCard pos checkItems"
MEMBER_SELF = "*"
MEMBER_HIDDEN = (
    "email loginTypes idBoards idOrganizations idEnterprisesAdmin prefs messagesDismissed oneTimeMessagesDismissed "
    "marketingOptIn aaEmail aaEnrolledDate aaBlockSyncUntil avatarSource credentialsRemovedCount domainClaimed "
    "gravatarHash uploadedAvatarHash uploadedAvatarUrl premiumFeatures isAaMastered siftDecision ixUpdate trophies "
    "limits"
)
MEMBER_NESTED = (
    "id activityBlocked avatarHash avatarUrl fullName idMemberReferrer initials nonPublic nonPublicAvailable username"
)
MEMBER_SHORT = "id username fullName"
ORGANIZATION = (
    "id name displayName desc descData url website teamType logoHash logoUrl products powerUps offering idMemberCreator"
)
ATTACHMENT = "id bytes date edgeColor idMember isMalicious isUpload mimeType name previews url pos fileName"
ACTION = "id idMemberCreator data appCreator type date limits"

CUSTOM_FIELD = "id idModel modelType fieldGroup display name pos type options limits isSuggestedField"

_KNOWN: dict[str, frozenset[str]] = {
    "board": frozenset(shapes.board("", "", "")) | frozenset(["invited", "invitations", "myPrefs"]),
    "card": frozenset(shapes.card("", "", "")) | frozenset(["membersVoted", "customFieldItems", "manifest"]),
    "list": frozenset(shapes.trello_list("", "", None, "", 0)),
    "label": frozenset(["id", "idBoard", "name", "color", "uses", "idOrganization", "nodeId", "limits"]),
    "checklist": frozenset(["id", "name", "idBoard", "idCard", "pos", "checkItems", "limits", "creationMethod"]),
    "member": frozenset(shapes.member("", "", "a")) | frozenset(["dateLastImpression", "nodeId", "idBoardsPinned"]),
    "organization": frozenset(shapes.organization("", "", "")),
    "attachment": frozenset(ATTACHMENT.split()) | {"edgeColor", "limits", "sourceView"},
    "action": frozenset(ACTION.split()) | {"memberCreator", "display", "entities", "reactions"},
    "customField": frozenset(CUSTOM_FIELD.split()),
    "sticker": frozenset(["id", "top", "left", "zIndex", "rotate", "image", "imageUrl", "imageScaled"]),
}


def pick(kind: str, found: Mapping[str, Any], fields: str | None, default: str) -> Json:
    """Give the fields asked for (`all`, or a list with commas), always with the id; the default set when none are."""
    if fields is None:
        return _take(found, default.split()) if default != "*" else dict(found)
    if fields == "all":
        return dict(found)
    return _take(found, ("id", *checked(kind, fields, found)))


def checked(kind: str, fields: str, found: Mapping[str, Any]) -> list[str]:
    """Split a `fields=` value; refuse a name that this kind of object never has."""
    names = [name.strip() for name in fields.split(",") if name.strip()]
    if any(name not in found and name not in _KNOWN[kind] for name in names):
        raise invalid_value("fields")
    return names


def _take(found: Mapping[str, Any], names: Iterable[str]) -> Json:
    return {name: found[name] for name in names if name in found}
