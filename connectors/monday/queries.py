"""Queries: every question that Holdfast asks monday.com, written for the version of the API that it is pinned to.

GraphQL gives what is asked for and nothing else: a field that is not here is not kept. A test validates each document
against the schema.
"""

from dataclasses import dataclass

VERSION = "2026-10"
"""The version of the API that these are written for: https://developer.monday.com/api-reference/docs/api-versioning."""


@dataclass(frozen=True, slots=True)
class Document:
    """One operation. Its name is what its cost is remembered by."""

    name: str
    text: str


_MANY = 500
LISTED_MEMBERS = 100
"""How many of a workspace's people are listed with it: each of them costs, whether there or not."""
COMPLEXITY = "complexity { before query after reset_in_x_seconds }"

_COLUMN = """id title description type width archived settings revision
      capabilities { calculated { function calculated_type } visibility }"""

_FILE = """files {
    __typename
    ... on FileAssetValue { asset_id name is_image created_at creator_id }
    ... on FileLinkValue { file_id name url kind created_at creator_id }
    ... on FileDocValue { file_id object_id url created_at creator_id }
    ... on FileAssetInvalidValue { asset_id error created_at creator_id }
  }"""

_VALUES = f"""column_values {{
  id type text value
  ... on StatusValue {{ index label update_id }}
  ... on DropdownValue {{ values {{ id label }} }}
  ... on PeopleValue {{ persons_and_teams {{ id kind }} }}
  ... on TagsValue {{ tag_ids }}
  ... on BoardRelationValue {{ linked_item_ids display_value }}
  ... on DependencyValue {{ linked_item_ids display_value dependency_links {{ linked_item_id dependency_type lag }} }}
  ... on MirrorValue {{ display_value }}
  ... on FormulaValue @include(if: $formulas) {{ display_value }}
  ... on BatteryValue {{ battery_value {{ key count }} }}
  ... on VoteValue {{ voter_ids }}
  ... on TimeTrackingValue {{
    duration running started_at
    history {{
      id status started_at ended_at started_user_id ended_user_id created_at updated_at manually_entered_start_date
      manually_entered_start_time manually_entered_end_date manually_entered_end_time
    }}
  }}
  ... on FileValue {{ {_FILE} }}
  ... on DocValue {{ file {{ file_id object_id url created_at creator_id }} }}
  ... on CreationLogValue {{ created_at creator_id }}
  ... on LastUpdatedValue {{ updated_at updater_id }}
  ... on IntegrationValue {{ entity_id issue_id issue_api_url }}
}}"""

_ASSET = "id name file_extension file_size created_at original_geometry url uploaded_by { id }"

_ITEM = f"""id name state created_at updated_at creator_id url relative_link
  board {{ id }} group {{ id }} parent_item {{ id parent_item {{ id }} }} subscribers {{ id }} description {{ id }}
  assets(assets_source: columns) {{ {_ASSET} }} gallery: assets(assets_source: gallery) {{ {_ASSET} }}
  {_VALUES}"""

_LIKES = "likes { id creator_id reaction_type created_at }"

_UPDATE = f"""id body text_body item_id creator_id creator {{ id name }} created_at updated_at edited_at
  original_creation_date pinned_to_top {{ item_id }} {_LIKES} assets {{ {_ASSET} }}
  replies {{
    id body text_body kind creator_id creator {{ id name }} created_at updated_at edited_at {_LIKES}
    assets {{ {_ASSET} }}
  }}"""

_ACTIVITY = "id event entity data user_id account_id created_at"

_EVIDENCE = """updated_at items_count
    last_log: activity_logs(limit: 1) { id created_at }
    last_update: updates(limit: 1) { id }
    last_item: items_page(limit: 1, query_params: {order_by: [{column_id: "__last_updated__", direction: desc}]}) {
      items { id updated_at }
    }"""
"""What is newest on a board: anything that changes moves one of these, but for what `read` names."""

_LISTED = """id name type state board_kind hierarchy_type workspace_id board_folder_id permissions
    updated_at items_count columns(types: [subtasks]) { id settings }"""

_USER = """id name email title kind status created_at phone mobile_phone location country_code current_language
    time_zone_identifier invitation_method is_email_confirmed is_deleted url"""

_DOC = """id object_id name doc_kind created_at updated_at workspace_id doc_folder_id settings url relative_url
    created_by { id }"""


def _members(limit: int, page: str = "") -> str:
    names = ("owners_subscribers", "users_subscribers", "teams_subscribers", "team_owners_subscribers")
    return " ".join(f"{name}(limit: {limit}{page}) {{ id }}" for name in names)


IDENTIFY = Document("Identify", "query Identify { me { id name email } account { id name slug } }")


def _listing(name: str, evidence: str) -> Document:
    return Document(
        name,
        f"""query {name}($page: Int!, $first: Boolean!) {{
  {COMPLEXITY}
  version @include(if: $first) {{ kind value }}
  account @include(if: $first) {{
    id name slug tier country_code created_at first_day_of_the_week is_during_trial is_trial_expired logo
    show_timeline_weekends sign_up_product_kind active_members_count
    plan {{ max_users period tier version }} products {{ id kind tier default_workspace_id }}
  }}
  teams @include(if: $first) {{ id name picture_url is_guest created_at owners {{ id }} users {{ id }} }}
  tags @include(if: $first) {{ id name color }}
  users(limit: 200, page: $page) {{ {_USER} }}
  left: users(limit: 200, page: $page, non_active: true) {{ {_USER} }}
  workspaces(limit: 100, page: $page, state: all) {{
    id name kind description state created_at is_default_workspace {_members(LISTED_MEMBERS)}
  }}
  folders(limit: 100, page: $page) {{
    id name color custom_icon font_weight owner_id created_at parent {{ id }} workspace {{ id }}
  }}
  docs(limit: 100, page: $page) {{ {_DOC} }}
  boards(limit: 100, page: $page, state: active, hierarchy_types: [classic, multi_level], order_by: created_at) {{
    {_LISTED}
    {evidence}
  }}
  archived: boards(
    limit: 100, page: $page, state: archived, hierarchy_types: [classic, multi_level], order_by: created_at
  ) {{ {_LISTED} }}
}}""",
    )


LISTING = _listing("Listing", _EVIDENCE)
"""One page of everything that there is to list, with what tells cheaply of change: many cycles ask no more."""

LISTING_LIGHT = _listing("ListingLight", "")
"""The same without evidence, for when one board's breaks the answer for all."""

EVIDENCE = Document(
    "Evidence",
    f"""query Evidence($ids: [ID!]) {{
  {COMPLEXITY}
  boards(ids: $ids, limit: 100, state: all) {{
    id name type state
    {_EVIDENCE}
  }}
}}""",
)

BOARD_STATES = Document(
    "BoardStates",
    f"query BoardStates($ids: [ID!]) {{ {COMPLEXITY} boards(ids: $ids, limit: 100, state: all) {{ id state }} }}",
)

MEMBERS = Document(
    "Members",
    f"""query Members($ids: [ID!], $page: Int!) {{
  {COMPLEXITY}
  workspaces(ids: $ids, limit: 25, state: all) {{ id {_members(_MANY, ", page: $page")} }}
}}""",
)

WORKSPACE_STATES = Document(
    "WorkspaceStates",
    f"""query WorkspaceStates($ids: [ID!]) {{
  {COMPLEXITY}
  workspaces(ids: $ids, limit: 100, state: all) {{ id state }}
}}""",
)

STRUCTURE = Document(
    "Structure",
    f"""query Structure($ids: [ID!]) {{
  {COMPLEXITY}
  boards(ids: $ids, limit: 2, state: all) {{
    id name description board_kind type state permissions hierarchy_type item_terminology items_limit created_at url
    access_level workspace_id board_folder_id creator {{ id }} owners {{ id }} subscribers {{ id }}
    team_owners(limit: {_MANY}) {{ id }} team_subscribers(limit: {_MANY}) {{ id }} tags {{ id name color }}
    columns {{ {_COLUMN} }}
    groups {{ id title color position archived deleted }}
    views {{
      id name type settings sort filter tags source_view_id filter_user_id filter_team_id access_level
    }}
    {_EVIDENCE}
  }}
}}""",
)

CONTENTS = Document(
    "Contents",
    f"""query Contents(
  $ids: [ID!], $query: ItemsQuery, $items: Int!, $since: ISO8601DateTime, $updated: ISO8601DateTime, $formulas: Boolean!
) {{
  {COMPLEXITY}
  boards(ids: $ids, limit: 2, state: all) {{
    id
    items_page(limit: $items, query_params: $query, hierarchy_scope_config: "allItems") {{
      cursor items {{ {_ITEM} }}
    }}
    updates(limit: 100, from_date: $updated) {{ {_UPDATE} }}
    activity_logs(limit: 1000, from: $since) {{ {_ACTIVITY} }}
  }}
}}""",
)
"""The first page of everything on a board and on that of its subitems."""

ITEMS = Document(
    "Items",
    f"""query Items($ids: [ID!], $query: ItemsQuery, $items: Int!, $formulas: Boolean!) {{
  {COMPLEXITY}
  boards(ids: $ids, limit: 1, state: all) {{
    id
    items_page(limit: $items, query_params: $query, hierarchy_scope_config: "allItems") {{
      cursor items {{ {_ITEM} }}
    }}
  }}
}}""",
)

NEXT_ITEMS = Document(
    "NextItems",
    f"""query NextItems($cursor: String!, $items: Int!, $formulas: Boolean!) {{
  {COMPLEXITY}
  next_items_page(cursor: $cursor, limit: $items) {{ cursor items {{ {_ITEM} }} }}
}}""",
)

ITEM_IDS = Document(
    "ItemIds",
    f"""query ItemIds($ids: [ID!], $query: ItemsQuery) {{
  {COMPLEXITY}
  boards(ids: $ids, limit: 1, state: all) {{
    id
    items_page(limit: 500, query_params: $query, hierarchy_scope_config: "allItems") {{
      cursor items {{ id updated_at }}
    }}
  }}
}}""",
)

NEXT_ITEM_IDS = Document(
    "NextItemIds",
    f"""query NextItemIds($cursor: String!) {{
  {COMPLEXITY}
  next_items_page(cursor: $cursor, limit: 500) {{ cursor items {{ id updated_at }} }}
}}""",
)

ITEMS_BY_ID = Document(
    "ItemsById",
    f"""query ItemsById($ids: [ID!], $formulas: Boolean!) {{
  {COMPLEXITY}
  items(ids: $ids, limit: 100) {{ {_ITEM} }}
}}""",
)

UPDATES = Document(
    "Updates",
    f"""query Updates($ids: [ID!], $page: Int!, $updated: ISO8601DateTime) {{
  {COMPLEXITY}
  boards(ids: $ids, limit: 1, state: all) {{
    id updates(limit: 100, page: $page, from_date: $updated) {{ {_UPDATE} }}
  }}
}}""",
)

ACTIVITIES = Document(
    "Activities",
    f"""query Activities($ids: [ID!], $page: Int!, $since: ISO8601DateTime) {{
  {COMPLEXITY}
  boards(ids: $ids, limit: 1, state: all) {{
    id activity_logs(limit: 1000, page: $page, from: $since) {{ {_ACTIVITY} }}
  }}
}}""",
)

BLOCKS = Document(
    "Blocks",
    f"""query Blocks($ids: [ID!], $page: Int!) {{
  {COMPLEXITY}
  docs(ids: $ids, limit: 100) {{
    id blocks(limit: 100, page: $page) {{
      id type content parent_block_id position created_at updated_at created_by {{ id }}
    }}
  }}
}}""",
)

DESCRIPTIONS = Document(
    "Descriptions",
    f"""query Descriptions($ids: [ID!], $page: Int!) {{
  {COMPLEXITY}
  items(ids: $ids, limit: 100) {{
    id description {{
      id blocks(limit: 100, page: $page) {{
        id type content parent_block_id position created_at updated_at created_by {{ id }}
      }}
    }}
  }}
}}""",
)

DOCS_BY_ID = Document(
    "DocsById",
    f"query DocsById($ids: [ID!]) {{ {COMPLEXITY} docs(ids: $ids, limit: 100) {{ {_DOC} }} }}",
)

ASSET_ADDRESSES = Document(
    "AssetAddresses",
    f"query AssetAddresses($ids: [ID!]!) {{ {COMPLEXITY} assets(ids: $ids) {{ id public_url }} }}",
)

READING = (
    IDENTIFY,
    LISTING,
    LISTING_LIGHT,
    EVIDENCE,
    BOARD_STATES,
    WORKSPACE_STATES,
    MEMBERS,
    STRUCTURE,
    CONTENTS,
    ITEMS,
    NEXT_ITEMS,
    ITEM_IDS,
    NEXT_ITEM_IDS,
    ITEMS_BY_ID,
    UPDATES,
    ACTIVITIES,
    BLOCKS,
    DESCRIPTIONS,
    DOCS_BY_ID,
    ASSET_ADDRESSES,
)
"""All that reading asks."""
