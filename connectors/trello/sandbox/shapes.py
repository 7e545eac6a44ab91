"""Shapes: what a new board, list, card and so on looks like on the wire (2026), and which fields a plain GET gives."""

from typing import Any

Json = dict[str, Any]

COLOURS = ("green", "yellow", "orange", "red", "purple", "blue", "sky", "lime", "pink", "black")
LABEL_COLOURS = (*COLOURS, *(f"{c}_dark" for c in COLOURS), *(f"{c}_light" for c in COLOURS))


def _limit(disable_at: int) -> Json:
    return {"status": "ok", "disableAt": disable_at, "warnAt": disable_at * 8 // 10}


CHECKLIST_LIMITS: Json = {"checkItems": {"perChecklist": _limit(200)}}
FIELD_LIMITS: Json = {"customFieldOptions": {"perField": _limit(50)}}
COMMENT_LIMITS: Json = {"reactions": {"perAction": _limit(900), "uniquePerAction": _limit(17)}}
CARD_LIMITS: Json = {
    "attachments": {"perCard": _limit(1000)},
    "checklists": {"perCard": _limit(500)},
    "stickers": {"perCard": _limit(70)},
}
LIST_LIMITS: Json = {"cards": {"openPerList": _limit(5000), "totalPerList": _limit(1_000_000)}}
BOARD_LIMITS: Json = {
    "attachments": {"perBoard": _limit(36000), "perCard": _limit(1000)},
    "boards": {"totalMembersPerBoard": _limit(1600), "totalAccessRequestsPerBoard": _limit(4000)},
    "cards": {
        "openPerBoard": _limit(5000),
        "openPerList": _limit(5000),
        "totalPerBoard": _limit(2_000_000),
        "totalPerList": _limit(1_000_000),
    },
    "checklists": {"perBoard": _limit(1_800_000), "perCard": _limit(500)},
    "checkItems": {"perChecklist": _limit(200)},
    "customFields": {"perBoard": _limit(50)},
    "customFieldOptions": {"perField": _limit(50)},
    "labels": {"perBoard": _limit(1000)},
    "lists": {"openPerBoard": _limit(500), "totalPerBoard": _limit(3000)},
    "stickers": {"perCard": _limit(70)},
    "reactions": {"perAction": _limit(900), "uniquePerAction": _limit(17)},
}


def board_prefs() -> Json:
    """Give the preferences of a new board."""
    return {
        "permissionLevel": "private",
        "hideVotes": False,
        "voting": "disabled",
        "comments": "members",
        "invitations": "members",
        "selfJoin": True,
        "cardCovers": True,
        "showCompleteStatus": True,
        "cardCounts": False,
        "isTemplate": False,
        "cardAging": "regular",
        "calendarFeedEnabled": False,
        "hiddenPluginBoardButtons": [],
        "switcherViews": [
            {"viewType": view, "enabled": view in {"Board", "Table"}}
            for view in ("Board", "Table", "Calendar", "Dashboard", "Timeline", "Map")
        ],
        "autoArchive": None,
        "background": "blue",
        "backgroundColor": "#0079BF",
        "backgroundDarkColor": None,
        "backgroundImage": None,
        "backgroundDarkImage": None,
        "backgroundImageScaled": None,
        "backgroundTile": False,
        "backgroundBrightness": "dark",
        "sharedSourceUrl": None,
        "backgroundBottomColor": "#0079BF",
        "backgroundTopColor": "#0079BF",
        "canBePublic": True,
        "canBeEnterprise": True,
        "canBeOrg": True,
        "canBePrivate": True,
        "canInvite": True,
    }


def board(board_id: str, link: str, name: str) -> Json:
    """Give a new board with every field it has."""
    return {
        "id": board_id,
        "nodeId": f"ari:cloud:trello::board/{board_id}",
        "name": name,
        "desc": "",
        "descData": None,
        "closed": False,
        "dateClosed": None,
        "idMemberCreator": None,
        "idOrganization": None,
        "idEnterprise": None,
        "pinned": False,
        "starred": False,
        "subscribed": False,
        "shortLink": link,
        "shortUrl": f"https://trello.com/b/{link}",
        "url": f"https://trello.com/b/{link}/board",
        "prefs": board_prefs(),
        "labelNames": dict.fromkeys(LABEL_COLOURS, ""),
        "limits": BOARD_LIMITS,
        "memberships": [],
        "powerUps": [],
        "idTags": [],
        "dateLastActivity": None,
        "dateLastView": None,
        "datePluginDisable": None,
        "creationMethod": None,
        "creationMethodError": None,
        "creationMethodLoadingStartedAt": None,
        "ixUpdate": "1",
        "templateGallery": None,
        "enterpriseOwned": False,
        "idBoardSource": None,
        "premiumFeatures": [],
        "type": None,
    }


def card(card_id: str, link: str, name: str) -> Json:
    """Give a new card with every field it has."""
    return {
        "id": card_id,
        "address": None,
        "agent": None,
        "badges": {},
        "checkItemStates": [],
        "closed": False,
        "coordinates": None,
        "creationMethod": None,
        "creationMethodError": None,
        "creationMethodLoadingStartedAt": None,
        "dueComplete": False,
        "dateClosed": None,
        "dateLastActivity": None,
        "dateCompleted": None,
        "dateViewedByCreator": None,
        "desc": "",
        "descData": {"emoji": {}},
        "due": None,
        "dueReminder": None,
        "email": None,
        "externalSource": None,
        "faviconUrl": None,
        "idBoard": "",
        "idChecklists": [],
        "idLabels": [],
        "idList": "",
        "idMemberCreator": None,
        "idMembers": [],
        "idMembersVoted": [],
        "idOrganization": None,
        "idShort": 0,
        "idAttachmentCover": None,
        "labels": [],
        "limits": CARD_LIMITS,
        "locationName": None,
        "manualCoverAttachment": False,
        "name": name,
        "nodeId": f"ari:cloud:trello::card/{card_id}",
        "originalDesc": "",
        "originalName": "",
        "pinned": False,
        "pos": 0,
        "recurrenceRule": None,
        "shortLink": link,
        "shortUrl": f"https://trello.com/c/{link}",
        "singleInstrumentationId": None,
        "sourceEmail": None,
        "staticMapUrl": None,
        "start": None,
        "subscribed": False,
        "url": f"https://trello.com/c/{link}/0-card",
        "urlSource": None,
        "urlSourceText": None,
        "cover": {
            "idAttachment": None,
            "color": None,
            "idUploadedBackground": None,
            "size": "normal",
            "brightness": "dark",
            "yPosition": 0.5,
            "idPlugin": None,
        },
        "isTemplate": False,
        "cardRole": None,
        "mirrorSourceId": None,
        "mirrorSourceNodeId": None,
    }


def trello_list(list_id: str, board_id: str, organization_id: str | None, name: str, pos: float) -> Json:
    """Give a new list with every field it has."""
    return {
        "id": list_id,
        "name": name,
        "closed": False,
        "color": None,
        "idBoard": board_id,
        "pos": pos,
        "subscribed": False,
        "softLimit": None,
        "type": None,
        "datasource": {"filter": False},
        "creationMethod": None,
        "idOrganization": organization_id,
        "limits": LIST_LIMITS,
        "nodeId": f"ari:cloud:trello::list/{list_id}",
    }


def organization(organization_id: str, name: str, display_name: str) -> Json:
    """Give a new workspace with every field it has."""
    return {
        "id": organization_id,
        "nodeId": f"ari:cloud:trello::workspace/{organization_id}",
        "name": name,
        "displayName": display_name,
        "desc": "",
        "descData": {"emoji": {}},
        "url": f"https://trello.com/w/{name}",
        "website": None,
        "teamType": None,
        "logoHash": None,
        "logoUrl": None,
        "offering": "trello.business_class",
        "products": [110],
        "powerUps": [110],
        "premiumFeatures": ["advancedChecklists", "customFields", "plugins", "stickers", "views"],
        "prefs": {
            "permissionLevel": "private",
            "orgInviteRestrict": [],
            "boardInviteRestrict": "any",
            "externalMembersDisabled": False,
            "associatedDomain": None,
            "googleAppsVersion": 1,
            "boardVisibilityRestrict": {"private": "org", "org": "org", "enterprise": "org", "public": "org"},
            "boardDeleteRestrict": {"private": "org", "org": "org", "enterprise": "org", "public": "org"},
            "attachmentRestrictions": None,
        },
        "idMemberCreator": None,
        "idEnterprise": None,
        "invited": False,
        "invitations": [],
        "promotions": [],
        "enterpriseJoinRequest": {},
        "allAdminsEnabled": True,
        "availableLicenseCount": None,
        "maximumLicenseCount": None,
        "billableMemberCount": 0,
        "activeBillableMemberCount": 0,
        "billableCollaboratorCount": 0,
        "membersCount": 0,
        "memberships": [],
        "idBoards": [],
        "dateLastActivity": None,
        "ixUpdate": "1",
        "limits": {"orgs": {"totalMembersPerOrg": _limit(4000), "freeBoardsPerOrg": _limit(10)}},
    }


def member(member_id: str, username: str, full_name: str) -> Json:
    """Give a person, as Trello shows one to themself."""
    initials = "".join(word[0] for word in full_name.split()).upper()
    return {
        "id": member_id,
        "aaId": None,
        "activityBlocked": False,
        "avatarHash": None,
        "avatarUrl": None,
        "bio": "",
        "bioData": {"emoji": {}},
        "confirmed": True,
        "fullName": full_name,
        "idEnterprise": None,
        "idEnterprisesDeactivated": [],
        "idMemberReferrer": None,
        "idPremOrgsAdmin": [],
        "initials": initials,
        "memberType": "normal",
        "nonPublic": {},
        "nonPublicAvailable": True,
        "products": [],
        "url": f"https://trello.com/u/{username}",
        "username": username,
        "status": "disconnected",
        "aaBlockSyncUntil": None,
        "aaEmail": None,
        "aaEnrolledDate": None,
        "avatarSource": "none",
        "credentialsRemovedCount": 0,
        "domainClaimed": None,
        "email": f"{username}@example.com",
        "gravatarHash": "0" * 32,
        "idBoards": [],
        "idOrganizations": [],
        "idEnterprisesAdmin": [],
        "limits": {"boards": {"totalPerMember": _limit(4500)}, "orgs": {"totalPerMember": _limit(850)}},
        "loginTypes": ["atlassian"],
        "marketingOptIn": {"optedIn": False, "date": "2024-01-01T00:00:00.000Z"},
        "messagesDismissed": [],
        "oneTimeMessagesDismissed": [],
        "prefs": {
            "privacy": {"fullName": "public", "avatar": "public"},
            "sendSummaries": False,
            "minutesBetweenSummaries": -1,
            "minutesBeforeDeadlineToNotify": 1440,
            "colorBlind": False,
            "locale": "en-US",
        },
        "trophies": [],
        "uploadedAvatarHash": None,
        "uploadedAvatarUrl": None,
        "premiumFeatures": [],
        "isAaMastered": True,
        "siftDecision": None,
        "ixUpdate": "1",
    }
