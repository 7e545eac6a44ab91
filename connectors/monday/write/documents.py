"""Documents: every change that Holdfast makes at monday.com, and what it asks to make it.

A test validates each against the schema, as with those that read (`queries`).
"""

from json import dumps

from connectors.monday.queries import COMPLEXITY, Document


def _change(name: str, arguments: str, call: str, gives: str) -> Document:
    """Write a mutation of one field, which the app says the cost of."""
    return Document(name, f"mutation {name}({arguments}) {{ {COMPLEXITY} {call} {gives} }}")


def _ask(name: str, arguments: str, call: str) -> Document:
    return Document(name, f"query {name}({arguments}) {{ {COMPLEXITY} {call} }}")


CREATE_TAG = _change(
    "CreateTag", "$name: String!, $board: ID", "create_or_get_tag(tag_name: $name, board_id: $board)", "{ id name }"
)

CREATE_WORKSPACE = _change(
    "CreateWorkspace",
    "$name: String!, $kind: WorkspaceKind!, $description: String",
    "create_workspace(name: $name, kind: $kind, description: $description)",
    "{ id }",
)
UPDATE_WORKSPACE = _change(
    "UpdateWorkspace",
    "$id: ID!, $attributes: UpdateWorkspaceAttributesInput!",
    "update_workspace(id: $id, attributes: $attributes)",
    "{ id }",
)
DELETE_WORKSPACE = _change("DeleteWorkspace", "$id: ID!", "delete_workspace(workspace_id: $id)", "{ id }")
ADD_USERS_TO_WORKSPACE = _change(
    "AddUsersToWorkspace",
    "$id: ID!, $ids: [ID!]!, $kind: WorkspaceSubscriberKind",
    "add_users_to_workspace(workspace_id: $id, user_ids: $ids, kind: $kind)",
    "{ id }",
)
ADD_TEAMS_TO_WORKSPACE = _change(
    "AddTeamsToWorkspace",
    "$id: ID!, $ids: [ID!]!, $kind: WorkspaceSubscriberKind",
    "add_teams_to_workspace(workspace_id: $id, team_ids: $ids, kind: $kind)",
    "{ id }",
)

CREATE_FOLDER = _change(
    "CreateFolder",
    "$name: String!, $color: FolderColor, $icon: FolderCustomIcon, $weight: FolderFontWeight, $workspace: ID, "
    "$parent: ID",
    "create_folder(name: $name, color: $color, custom_icon: $icon, font_weight: $weight, workspace_id: $workspace, "
    "parent_folder_id: $parent)",
    "{ id }",
)
UPDATE_FOLDER = _change(
    "UpdateFolder",
    "$id: ID!, $name: String, $color: FolderColor, $icon: FolderCustomIcon, $weight: FolderFontWeight, "
    "$workspace: ID, $parent: ID",
    "update_folder(folder_id: $id, name: $name, color: $color, custom_icon: $icon, font_weight: $weight, "
    "workspace_id: $workspace, parent_folder_id: $parent)",
    "{ id }",
)

CREATE_BOARD = _change(
    "CreateBoard",
    "$name: String!, $kind: BoardKind!, $description: String, $workspace: ID, $folder: ID, $owners: [ID!], "
    "$subscribers: [ID!], $team_owners: [ID!], $team_subscribers: [ID!], $nickname: ItemNicknameInput",
    "create_board(board_name: $name, board_kind: $kind, description: $description, workspace_id: $workspace, "
    "folder_id: $folder, board_owner_ids: $owners, board_subscriber_ids: $subscribers, "
    "board_owner_team_ids: $team_owners, board_subscriber_teams_ids: $team_subscribers, item_nickname: $nickname, "
    "empty: true)",
    "{ id groups { id title } }",
)
UPDATE_BOARD = _change(
    "UpdateBoard",
    "$id: ID!, $attribute: BoardAttributes!, $value: String!",
    "update_board(board_id: $id, board_attribute: $attribute, new_value: $value)",
    "",
)
MOVE_BOARD = _change(
    "MoveBoard",
    "$id: ID!, $attributes: UpdateBoardHierarchyAttributesInput!",
    "update_board_hierarchy(board_id: $id, attributes: $attributes)",
    "{ success }",
)
ADD_USERS = _change(
    "AddUsers",
    "$id: ID!, $ids: [ID!]!, $kind: BoardSubscriberKind",
    "add_users_to_board(board_id: $id, user_ids: $ids, kind: $kind)",
    "{ id }",
)
ADD_TEAMS = _change(
    "AddTeams",
    "$id: ID!, $ids: [ID!]!, $kind: BoardSubscriberKind",
    "add_teams_to_board(board_id: $id, team_ids: $ids, kind: $kind)",
    "{ id }",
)
ARCHIVE_BOARD = _change("ArchiveBoard", "$id: ID!", "archive_board(board_id: $id)", "{ id }")
DELETE_BOARD = _change("DeleteBoard", "$id: ID!", "delete_board(board_id: $id)", "{ id }")

COLUMNS = _ask(
    "Columns",
    "$ids: [ID!]",
    "boards(ids: $ids, limit: 2, state: all) { id type items_count columns { id title type settings revision } }",
)
_COLUMN_GIVES = "{ id settings }"
CREATE_COLUMN = _change(
    "CreateColumn",
    "$board: ID!, $id: String, $title: String!, $description: String, $type: ColumnType!, $settings: JSON, "
    "$capabilities: ColumnCapabilitiesInput",
    "create_column(board_id: $board, id: $id, title: $title, description: $description, column_type: $type, "
    "defaults: $settings, capabilities: $capabilities)",
    _COLUMN_GIVES,
)
CREATE_STATUS_COLUMN = _change(
    "CreateStatusColumn",
    "$board: ID!, $id: String, $title: String!, $description: String, $settings: CreateStatusColumnSettingsInput",
    "create_status_column(board_id: $board, id: $id, title: $title, description: $description, defaults: $settings)",
    _COLUMN_GIVES,
)
CREATE_DROPDOWN_COLUMN = _change(
    "CreateDropdownColumn",
    "$board: ID!, $id: String, $title: String!, $description: String, $settings: CreateDropdownColumnSettingsInput",
    "create_dropdown_column(board_id: $board, id: $id, title: $title, description: $description, defaults: $settings)",
    _COLUMN_GIVES,
)
UPDATE_COLUMN = _change(
    "UpdateColumn",
    "$board: ID!, $id: String!, $revision: String!, $type: ColumnType!, $title: String, $description: String, "
    "$width: Int, $settings: JSON, $capabilities: ColumnCapabilitiesInput",
    "update_column(board_id: $board, id: $id, revision: $revision, column_type: $type, title: $title, "
    "description: $description, width: $width, settings: $settings, capabilities: $capabilities)",
    _COLUMN_GIVES,
)
DELETE_COLUMN = _change(
    "DeleteColumn", "$board: ID!, $id: String!", "delete_column(board_id: $board, column_id: $id)", "{ id }"
)

GROUPS = _ask("Groups", "$ids: [ID!]", "boards(ids: $ids, limit: 1, state: all) { id groups { id title deleted } }")
CREATE_GROUP = _change(
    "CreateGroup",
    "$board: ID!, $title: String!, $color: String",
    "create_group(board_id: $board, group_name: $title, group_color: $color)",
    "{ id }",
)
UPDATE_GROUP = _change(
    "UpdateGroup",
    "$board: ID!, $id: String!, $attribute: GroupAttributes!, $value: String!",
    "update_group(board_id: $board, group_id: $id, group_attribute: $attribute, new_value: $value)",
    "{ id }",
)
DELETE_GROUP = _change(
    "DeleteGroup", "$board: ID!, $id: String!", "delete_group(board_id: $board, group_id: $id)", "{ id }"
)
ARCHIVE_GROUP = _change(
    "ArchiveGroup", "$board: ID!, $id: String!", "archive_group(board_id: $board, group_id: $id)", "{ id }"
)

_ITEM_GIVES = "{ id board { id } }"
CREATE_ITEM = _change(
    "CreateItem",
    "$board: ID!, $group: String!, $name: String!, $values: JSON",
    "create_item(board_id: $board, group_id: $group, item_name: $name, column_values: $values)",
    _ITEM_GIVES,
)
CREATE_SUBITEM = _change(
    "CreateSubitem",
    "$parent: ID!, $name: String!, $values: JSON",
    "create_subitem(parent_item_id: $parent, item_name: $name, column_values: $values)",
    _ITEM_GIVES,
)
_CELLS = """{
    id board { id } column_values {
      id type text value
      ... on BoardRelationValue { linked_item_ids }
      ... on DependencyValue { linked_item_ids }
      ... on FileValue { files {
        __typename
        ... on FileAssetValue { asset_id name }
        ... on FileLinkValue { name url kind }
        ... on FileDocValue { object_id url }
      } }
    }
  }"""
ITEM = _ask("Item", "$ids: [ID!]", f"items(ids: $ids, limit: 1) {_CELLS}")
CHANGE_VALUES = _change(
    "ChangeValues",
    "$board: ID!, $id: ID!, $values: JSON!",
    "change_multiple_column_values(board_id: $board, item_id: $id, column_values: $values)",
    _CELLS,
)
MOVE_ITEM = _change(
    "MoveItem", "$id: ID!, $group: String!", "move_item_to_group(item_id: $id, group_id: $group)", "{ id }"
)
ARCHIVE_ITEM = _change("ArchiveItem", "$id: ID!", "archive_item(item_id: $id)", "{ id }")
DELETE_ITEM = _change("DeleteItem", "$id: ID!", "delete_item(item_id: $id)", "{ id }")
SET_FILES = _change(
    "SetFiles",
    "$board: ID!, $id: ID!, $column: String!, $files: [FileInput!]!",
    "update_assets_on_item(board_id: $board, item_id: $id, column_id: $column, files: $files)",
    "{ id }",
)

CREATE_UPDATE = _change(
    "CreateUpdate",
    "$item: ID, $parent: ID, $body: String!, $day: String",
    "create_update(item_id: $item, parent_id: $parent, body: $body, original_creation_date: $day)",
    "{ id }",
)
EDIT_UPDATE = _change("EditUpdate", "$id: ID!, $body: String!", "edit_update(id: $id, body: $body)", "{ id }")
PIN_UPDATE = _change("PinUpdate", "$id: ID!", "pin_to_top(id: $id)", "{ id }")
UNPIN_UPDATE = _change("UnpinUpdate", "$id: ID!", "unpin_from_top(id: $id)", "{ id }")

CREATE_DOC = _change("CreateDoc", "$location: CreateDocInput!", "create_doc(location: $location)", "{ id object_id }")
RENAME_DOC = _change("RenameDoc", "$id: ID!, $name: String!", "update_doc_name(docId: $id, name: $name)", "")
BLOCK_IDS = _ask(
    "BlockIds", "$ids: [ID!], $page: Int!", "docs(ids: $ids, limit: 1) { id blocks(limit: 100, page: $page) { id } }"
)
DESCRIPTION = _ask(
    "Description",
    "$ids: [ID!], $page: Int!",
    "items(ids: $ids, limit: 1) { id description { id blocks(limit: 100, page: $page) { id content } } }",
)
DESCRIBE = _change(
    "Describe",
    "$item: ID!, $markdown: String!",
    "set_item_description_content(item_id: $item, markdown: $markdown)",
    "{ success block_ids }",
)
CREATE_BLOCK = _change(
    "CreateBlock",
    "$doc: ID!, $type: DocBlockContentType!, $content: JSON!, $after: String, $parent: String",
    "create_doc_block(doc_id: $doc, type: $type, content: $content, after_block_id: $after, parent_block_id: $parent)",
    "{ id }",
)
UPDATE_BLOCK = _change(
    "UpdateBlock", "$id: String!, $content: JSON!", "update_doc_block(block_id: $id, content: $content)", "{ id }"
)
DELETE_BLOCK = _change("DeleteBlock", "$id: String!", "delete_doc_block(block_id: $id)", "{ id }")


def add_file_to_column(item_id: str, column_id: str) -> Document:
    """Upload into a column. Uploads have no other variable than the file, so that the rest stands in the text."""
    call = f"add_file_to_column(item_id: {dumps(item_id)}, column_id: {dumps(column_id)}, file: $file)"
    return Document("AddFileToColumn", f"mutation AddFileToColumn($file: File!) {{ {call} {{ id name }} }}")


def add_file_to_update(update_id: str) -> Document:
    """Upload onto an update or reply."""
    call = f"add_file_to_update(update_id: {dumps(update_id)}, file: $file)"
    return Document("AddFileToUpdate", f"mutation AddFileToUpdate($file: File!) {{ {call} {{ id name }} }}")
