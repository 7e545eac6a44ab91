"""Kinds: every record type of Trello, what of it is kept, and what a restore can and cannot bring back."""

from collections.abc import Mapping

from connectors.base import KindSpec
from store.record import FILE_KIND, Kind

ORGANIZATION = Kind("organization")
BOARD = Kind("board")
LIST = Kind("list")
CARD = Kind("card")
CHECKLIST = Kind("checklist")
CHECK_ITEM = Kind("check_item")
LABEL = Kind("label")
CUSTOM_FIELD = Kind("custom_field")
CUSTOM_FIELD_ITEM = Kind("custom_field_item")
COMMENT = Kind("comment")
ACTION = Kind("action")
MEMBER = Kind("member")
MEMBERSHIP = Kind("membership")
ATTACHMENT = Kind("attachment")
FILE = FILE_KIND
STICKER = Kind("sticker")
VOTE = Kind("vote")
BOARD_PLUGIN = Kind("board_plugin")
PLUGIN_DATA = Kind("plugin_data")

COMMENT_TYPES = frozenset({"commentCard", "copyCommentCard"})
"""The action types that are comments, and can be edited and deleted like any record."""

PROFILE = (
    "id,aaId,activityBlocked,avatarHash,avatarUrl,bio,bioData,confirmed,fullName,idEnterprise,idEnterprisesDeactivated,"
    "idMemberReferrer,idPremOrgsAdmin,initials,memberType,products,url,username"
)
"""What of a person everybody on a board sees. Fields that only the person sees would differ from grant to grant."""

_VIEWER = "says something of the member who asks, not of the record"
_LIMITS = "the app's own limits and how near they are"
_COUNTER = "a counter that moves when other records change"
_ACTIVITY = "moves when anything inside changes; each of those is a record of its own"
_NEW_ID = "the app gives every new record a new id"
_NOW = "the app writes the time of the restore"
_CREATOR = "the owner of the grant becomes the creator"
_UNSET = "no request sets it"
_DERIVED = "the app works it out itself"
_HOW_MADE = "how a record came about: the restored one was restored"
_PLAN = "the app sets it by what the workspace pays for"
_MADE = {
    "id": _NEW_ID,
    "nodeId": _NEW_ID,
    "creationMethod": _HOW_MADE,
    "creationMethodError": _HOW_MADE,
    "creationMethodLoadingStartedAt": _HOW_MADE,
}
"""What is new of everything that is made."""

_CARD_VOLATILE = {
    "limits": _LIMITS,
    "subscribed": _VIEWER,
    "email": "the asking member's own secret address for adding to the card",
    "dateViewedByCreator": "a view, not a change",
    "staticMapUrl": "signed, and signed anew by itself",
    "badges.subscribed": _VIEWER,
    "badges.viewingMemberVoted": _VIEWER,
}
_BOARD_VOLATILE = {
    "limits": _LIMITS,
    "subscribed": _VIEWER,
    "starred": _VIEWER,
    "pinned": _VIEWER,
    "invited": _VIEWER,
    "myPrefs": _VIEWER,
    "prefs.canInvite": _VIEWER,
    "dateLastView": "a view, not a change",
    "dateLastActivity": _ACTIVITY,
    "ixUpdate": _ACTIVITY,
}
_ORGANIZATION_VOLATILE = {
    "limits": _LIMITS,
    "invited": _VIEWER,
    "invitations": _VIEWER,
    "promotions": _VIEWER,
    "idBoards": "the boards that the asking member sees; each board names its organisation itself",
    "boardCounts": _COUNTER,
    "membersCount": _COUNTER,
    "activeMembershipCount": _COUNTER,
    "billableMemberCount": _COUNTER,
    "activeBillableMemberCount": _COUNTER,
    "billableCollaboratorCount": _COUNTER,
    "availableLicenseCount": _COUNTER,
    "credits": _COUNTER,
    "dateLastActivity": _ACTIVITY,
    "ixUpdate": _ACTIVITY,
}

_SPECS = (
    KindSpec(
        kind=ORGANIZATION,
        title="Workspace",
        description="A Trello workspace: its name, description, preferences.",
        backed_up=True,
        restorable=True,
        title_field="displayName",
        is_workspace=True,
        volatile=_ORGANIZATION_VOLATILE,
        lost_on_restore={
            **_MADE,
            "prefs": "workspace preferences need an administrator and mostly a paid plan",
            "logoHash": "the logo is not given out as a file",
            "logoUrl": "the logo is not given out as a file",
            "name": "a short name belongs to one workspace alone; the app makes one of the title",
            "url": _NEW_ID,
            "descData": _DERIVED,
            "idMemberCreator": _CREATOR,
            "teamType": _UNSET,
            "enterpriseJoinRequest": _UNSET,
            "allAdminsEnabled": _UNSET,
            "offering": _PLAN,
            "products": _PLAN,
            "powerUps": _PLAN,
            "premiumFeatures": _PLAN,
            "idEnterprise": _PLAN,
            "maximumLicenseCount": _PLAN,
        },
    ),
    KindSpec(
        kind=BOARD,
        title="Board",
        description="A board, open or closed: its name, description, preferences, label names.",
        backed_up=True,
        restorable=True,
        title_field="name",
        is_workspace=True,
        volatile=_BOARD_VOLATILE,
        lost_on_restore={
            **_MADE,
            "shortLink": _NEW_ID,
            "shortUrl": _NEW_ID,
            "url": _NEW_ID,
            "idMemberCreator": _CREATOR,
            "dateClosed": _NOW,
            "descData": _DERIVED,
            "labelNames": "the app names colours by the labels that there are",
            "invitations": "nobody is invited again",
            "powerUps": "a Power-Up is switched on by a person",
            "datePluginDisable": _UNSET,
            "idTags": _UNSET,
            "templateGallery": _UNSET,
            "type": _UNSET,
            "idBoardSource": _UNSET,
            "idEnterprise": _PLAN,
            "enterpriseOwned": _PLAN,
            "premiumFeatures": _PLAN,
            "prefs.showCompleteStatus": _UNSET,
            "prefs.cardCounts": _UNSET,
            "prefs.isTemplate": _UNSET,
            "prefs.hiddenPluginBoardButtons": _UNSET,
            "prefs.switcherViews": _UNSET,
            "prefs.autoArchive": _UNSET,
            "prefs.sharedSourceUrl": _UNSET,
            "prefs.backgroundColor": "the app works it out from the background",
            "prefs.backgroundDarkColor": "the app works it out from the background",
            "prefs.backgroundImage": "the app works it out from the background",
            "prefs.backgroundDarkImage": "the app works it out from the background",
            "prefs.backgroundImageScaled": "the app works it out from the background",
            "prefs.backgroundTile": "the app works it out from the background",
            "prefs.backgroundBrightness": "the app works it out from the background",
            "prefs.backgroundBottomColor": "the app works it out from the background",
            "prefs.backgroundTopColor": "the app works it out from the background",
            "prefs.canBePublic": _PLAN,
            "prefs.canBeEnterprise": _PLAN,
            "prefs.canBeOrg": _PLAN,
            "prefs.canBePrivate": _PLAN,
        },
    ),
    KindSpec(
        kind=LIST,
        title="List",
        description="A list of a board, archived ones included.",
        backed_up=True,
        restorable=True,
        title_field="name",
        volatile={"limits": _LIMITS, "subscribed": _VIEWER},
        lost_on_restore={
            **_MADE,
            "softLimit": _UNSET,
            "datasource": _UNSET,
            "color": _UNSET,
            "type": _UNSET,
        },
    ),
    KindSpec(
        kind=CARD,
        title="Card",
        description="A card, archived ones included: text, place, dates, members, labels, cover, location.",
        backed_up=True,
        restorable=True,
        title_field="name",
        volatile=_CARD_VOLATILE,
        lost_on_restore={
            **_MADE,
            "idShort": _NEW_ID,
            "shortLink": _NEW_ID,
            "shortUrl": _NEW_ID,
            "url": _NEW_ID,
            "dateLastActivity": _NOW,
            "dateClosed": _NOW,
            "dateCompleted": _NOW,
            "idMemberCreator": _CREATOR,
            "idMembersVoted": "nobody can vote in another's name",
            "badges.votes": "nobody can vote in another's name",
            "descData": _DERIVED,
            "manualCoverAttachment": _DERIVED,
            "checkItemStates": "the states of its items, each of which is compared itself",
            "faviconUrl": _DERIVED,
            "badges.fogbugz": _DERIVED,
            "badges.lastUpdatedByAi": _DERIVED,
            "badges.maliciousAttachments": _DERIVED,
            "cover.scaled": _DERIVED,
            "cover.edgeColor": _DERIVED,
            "recurrenceRule": _UNSET,
            "agent": _UNSET,
            "externalSource": _UNSET,
            "badges.externalSource": _UNSET,
            "pinned": _UNSET,
            "singleInstrumentationId": _UNSET,
            "sourceEmail": _UNSET,
            "urlSource": _UNSET,
            "urlSourceText": _UNSET,
            "originalDesc": _UNSET,
            "originalName": _UNSET,
            "cover.yPosition": _UNSET,
            "cover.idPlugin": _UNSET,
            "cover.plugin": _UNSET,
            "cover.sharedSourceUrl": _UNSET,
            "cover.idUploadedBackground": _UNSET,
            "mirrorSourceId": "a mirror becomes a card of its own",
            "mirrorSourceNodeId": "a mirror becomes a card of its own",
        },
    ),
    KindSpec(
        kind=CHECKLIST,
        title="Checklist",
        description="A checklist of a card.",
        backed_up=True,
        restorable=True,
        title_field="name",
        volatile={"limits": _LIMITS},
        lost_on_restore={
            **_MADE,
        },
    ),
    KindSpec(
        kind=CHECK_ITEM,
        title="Checklist item",
        description="One line of a checklist: text, state, due date, member.",
        backed_up=True,
        restorable=True,
        title_field="name",
        lost_on_restore={
            **_MADE,
            "nameData": _DERIVED,
        },
    ),
    KindSpec(
        kind=LABEL,
        title="Label",
        description="A label of a board.",
        backed_up=True,
        restorable=True,
        title_field="name",
        volatile={"limits": _LIMITS, "uses": _COUNTER},
        lost_on_restore={
            **_MADE,
        },
    ),
    KindSpec(
        kind=CUSTOM_FIELD,
        title="Custom field",
        description="The definition of a custom field, with its options.",
        backed_up=True,
        restorable=True,
        title_field="name",
        volatile={"limits": _LIMITS},
        lost_on_restore={
            **_MADE,
            "fieldGroup": _NEW_ID,
            "isSuggestedField": _UNSET,
        },
    ),
    KindSpec(
        kind=CUSTOM_FIELD_ITEM,
        title="Custom field value",
        description="The value of one custom field on one card.",
        backed_up=True,
        restorable=True,
        lost_on_restore={
            **_MADE,
        },
    ),
    KindSpec(
        kind=COMMENT,
        title="Comment",
        description="A comment on a card, with reactions.",
        backed_up=True,
        restorable=True,
        title_field="data.text",
        volatile={"limits": _LIMITS},
        lost_on_restore={
            **_MADE,
            "date": "the app writes the time of the restore; the first date is put in front of the text",
            "idMemberCreator": "the owner of the grant becomes the author; the first one is put in front of the text",
            "memberCreator": "the owner of the grant becomes the author; the first one is put in front of the text",
            "appCreator": _CREATOR,
            "type": "a comment that came with a copied card becomes one of its own",
            "reactions": "nobody can react in another's name",
            "data.card.idShort": _NEW_ID,
            "data.cardSource": _NEW_ID,
            "data.dateLastEdited": _NOW,
            "data.textData": _DERIVED,
            "data.card.name": "the app writes the card's name as it is now",
            "data.list": "the app writes the list that the card is in now",
            "data.board.name": "the app writes the board's name as it is now",
        },
    ),
    KindSpec(
        kind=ACTION,
        title="Action",
        description="One entry of the activity history of a board or workspace.",
        backed_up=True,
        restorable=False,
        why_not="Trello writes its history itself; no request adds to it.",
        title_field="type",
        volatile={"limits": _LIMITS},
    ),
    KindSpec(
        kind=MEMBER,
        title="Member",
        description="A person's public profile.",
        backed_up=True,
        restorable=False,
        why_not="An account belongs to its person; a restore invites or assigns existing accounts.",
        title_field="fullName",
    ),
    KindSpec(
        kind=MEMBERSHIP,
        title="Membership",
        description="That a person belongs to a board or workspace, and as what.",
        backed_up=True,
        restorable=True,
        title_field="memberType",
        lost_on_restore={
            **_MADE,
            "unconfirmed": "a person who has left the workspace is invited, and has to accept",
            "deactivated": "only the app deactivates a member",
            "orgMemberType": _DERIVED,
            "dateLastActive": _DERIVED,
            "idMemberReferrer": _DERIVED,
        },
    ),
    KindSpec(
        kind=ATTACHMENT,
        title="Attachment",
        description="What is attached to a card: an uploaded file or a link.",
        backed_up=True,
        restorable=True,
        title_field="name",
        lost_on_restore={
            **_MADE,
            "date": _NOW,
            "idMember": "the owner of the grant becomes the uploader",
            "previews": "the app makes previews anew",
            "uploadUrl": _NEW_ID,
            "fileName": "the app names the file by what is uploaded",
            "pos": "no request sets it; the order is kept",
            "edgeColor": _DERIVED,
            "isMalicious": _DERIVED,
        },
    ),
    KindSpec(
        kind=FILE,
        title="File",
        description="The bytes of an uploaded attachment.",
        backed_up=True,
        restorable=True,
        title_field="name",
        lost_on_restore={"name": "the app puts underscores for what it does not like in a file's name"},
    ),
    KindSpec(
        kind=STICKER,
        title="Sticker",
        description="A sticker on a card.",
        backed_up=True,
        restorable=True,
        title_field="image",
        lost_on_restore={
            **_MADE,
            "imageUrl": _DERIVED,
            "imageScaled": _DERIVED,
        },
    ),
    KindSpec(
        kind=VOTE,
        title="Vote",
        description="That a person voted for a card.",
        backed_up=True,
        restorable=False,
        why_not="Nobody can vote in another's name; only the votes of the grant's owner could be cast again.",
    ),
    KindSpec(
        kind=BOARD_PLUGIN,
        title="Power-Up",
        description="That a Power-Up is switched on for a board.",
        backed_up=True,
        restorable=True,
        title_field="idPlugin",
        lost_on_restore={
            **_MADE,
            "promotional": _UNSET,
        },
    ),
    KindSpec(
        kind=PLUGIN_DATA,
        title="Power-Up data",
        description="What a Power-Up keeps on a board or card, as far as Trello shows it to this API key.",
        backed_up=True,
        restorable=False,
        why_not="Only the Power-Up itself can write its data.",
        title_field="idPlugin",
    ),
)

KINDS: Mapping[Kind, KindSpec] = {spec.kind: spec for spec in _SPECS}
