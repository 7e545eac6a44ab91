"""What mutations do, and the history that they leave."""

import json

import pytest

from tests.contract.monday.conftest import named


def log(client, board, **more):
    arguments = "".join(f", {name}: {json.dumps(value)}" for name, value in more.items())
    entries = f"activity_logs(limit: 1000{arguments}) {{ event entity data created_at user_id }}"
    query = f"query($b: [ID!]) {{ boards(ids: $b, state: all) {{ {entries} }} }}"
    return client.ask(query, b=[board.id])["boards"][0]["activity_logs"]


def test_a_board_comes_with_a_group_and_an_item_unless_it_is_to_be_empty(client, world):
    query = """mutation($e: Boolean) { create_board(board_name: "x", board_kind: public, empty: $e) {
        id groups { id title } items_count columns { id } } }"""

    full, empty = (client.ask(query, e=given)["create_board"] for given in (False, True))

    assert [{"id": "topics", "title": "Group Title"}] == full["groups"] == empty["groups"]
    assert (1, 0) == (full["items_count"], empty["items_count"])
    assert [{"id": "name"}] == full["columns"]


def test_history_is_given_the_newest_first_in_the_recorded_form(client, world):
    board = named(world, "Season 2025")

    entries = log(client, board)

    assert "board_state_changed" == entries[0]["event"]
    assert {"pulse", "board"} == {entry["entity"] for entry in entries}
    assert all(len(entry["created_at"]) == 17 for entry in entries)
    assert entries == sorted(entries, key=lambda entry: entry["created_at"], reverse=True)
    created = next(json.loads(entry["data"]) for entry in entries if entry["event"] == "create_pulse")
    assert {"board_id", "group_id", "group_name", "group_color", "is_top_group", "pulse_id", "pulse_name",
            "column_values_json"} == created.keys()  # fmt: skip


def test_history_is_forgotten_after_a_while_and_beyond_ten_thousand_entries(client, world, clock):
    board = named(world, "Suppliers")
    assert log(client, board)
    clock.advance(400 * 24 * 3600)

    assert [] == log(client, board)
    client.ask('mutation($b: ID!) { create_item(board_id: $b, item_name: "x") { id } }', b=board.id)
    assert ["create_pulse"] == [entry["event"] for entry in log(client, board)]
    with client.sandbox.editing():
        for number in range(10_010):
            world.log(board, "update_name", {"number": number}, client.sandbox.owner)
    assert 10_000 == len(world.activities[board.id])


def test_own_column_ids_places_settings_and_revisions(client, world):
    board = named(world, "Suppliers")
    make = """mutation($b: ID!, $d: JSON) { create_column(board_id: $b, id: "grade", title: "Grade",
        column_type: status, defaults: $d, after_column_id: "standing", description: "how good") {
            id revision settings } }"""
    labels = [{"label": "A", "color": "done_green", "index": 5, "is_done": True}]
    made = client.ask(make, b=board.id, d=json.dumps({"labels": labels}))["create_column"]
    change = """mutation($b: ID!, $r: String!, $s: JSON) { update_column(board_id: $b, id: "grade", column_type: status,
        revision: $r, settings: $s, width: 90) { revision settings width } }"""

    changed = client.ask(change, b=board.id, r=made["revision"], s={"labels": []})["update_column"]
    stale = client.errors(change, b=board.id, r=made["revision"], s={})
    again = client.errors(make, b=board.id, d=None)

    assert ["name", "standing", "grade", "since"] == list(board.columns)[:4]
    assert [{"id": 5, **labels[0]}] == made["settings"]["labels"]
    assert {"revision": "2", "settings": {"labels": []}, "width": 90} == changed
    assert "ColumnRevisionMismatch" == stale[0]["extensions"]["code"]
    assert again


@pytest.mark.parametrize("column_id", ["numeric_mkq1w2e3", "Upper", "", "a" * 21, "with space"])
def test_an_id_has_lower_case_letters_where_a_client_chooses_it(client, world, column_id):
    board = named(world, "Suppliers")
    make = 'mutation($b: ID!, $c: String) { create_column(board_id: $b, id: $c, title: "x", column_type: text) { id } }'

    assert "InvalidColumnIdException" == client.errors(make, b=board.id, c=column_id)[0]["extensions"]["code"]


def test_no_column_id_is_given_twice(client, world):
    board = named(world, "Suppliers")
    make = 'mutation($b: ID!) { create_column(board_id: $b, id: "once", title: "x", column_type: text) { id } }'
    client.ask(make, b=board.id)
    client.ask('mutation($b: ID!) { delete_column(board_id: $b, column_id: "once") { id } }', b=board.id)

    assert client.errors(make, b=board.id)


def test_a_board_has_one_column_for_subitems_and_some_accounts_do_not_make_it(client, world):
    board = named(world, "Suppliers")
    make = """mutation($b: ID!) { create_column(board_id: $b, title: "Steps", column_type: subtasks) {
        title settings } }"""

    world.makes_subtasks = False
    refused = client.errors(make, b=board.id)
    world.makes_subtasks = True
    made = client.ask(make, b=board.id)["create_column"]

    assert "not supported yet" in refused[0]["message"]
    hidden = world.boards[made["settings"]["boardIds"][0]]
    assert ["name", "person", "status", "date0"] == list(hidden.columns)
    assert client.errors(make, b=board.id)


def test_a_relation_that_comes_with_a_new_item_is_dropped_without_a_word(client, world, full_board):
    supplier = named(world, "Suppliers").item_ids[0]
    values = json.dumps({"text": "kept", "supplier": {"item_ids": [supplier]}})
    make = 'mutation($b: ID!, $v: JSON) { create_item(board_id: $b, item_name: "x", column_values: $v) { id } }'

    made = client.ask(make, b=full_board.id, v=values)["create_item"]["id"]

    assert {"text": "kept"} == world.items[int(made)].values


def test_a_board_moves_into_a_folder_and_its_workspace(client, world, full_board):
    board = named(world, "Suppliers")
    move = """mutation($b: ID!, $f: ID) { update_board_hierarchy(board_id: $b, attributes: {folder_id: $f}) {
        success board { workspace_id board_folder_id } } }"""

    moved = client.ask(move, b=board.id, f=full_board.board_folder_id)["update_board_hierarchy"]

    assert moved["success"]
    assert str(full_board.board_folder_id) == moved["board"]["board_folder_id"]
    assert client.errors(move, b=board.id, f=5)


def test_what_is_pinned_can_be_unpinned(client, world):
    message = next(each for each in world.messages.values() if each.pinned_to)

    client.ask("mutation($i: ID!) { unpin_from_top(id: $i) { id } }", i=message.id)

    assert [] == message.pinned_to


def test_a_change_tells_what_it_cost(client, world):
    query = 'mutation($b: ID!) { complexity { query } create_item(board_id: $b, item_name: "x") { id } }'

    assert 10_002 == client.ask(query, b=named(world, "Suppliers").id)["complexity"]["query"]


def test_groups_are_placed_and_the_last_one_stays(client, world):
    board = named(world, "Suppliers")
    make = """mutation($b: ID!, $n: String!, $r: String, $m: PositionRelative) { create_group(board_id: $b,
        group_name: $n, relative_to: $r, position_relative_method: $m) { id } }"""
    top = client.ask(make, b=board.id, n="top")["create_group"]["id"]
    after = client.ask(make, b=board.id, n="after", r="topics", m="after_at")["create_group"]["id"]
    before = client.ask(make, b=board.id, n="before", r="topics", m="before_at")["create_group"]["id"]
    drop = "mutation($b: ID!, $g: String!) { delete_group(board_id: $b, group_id: $g) { id deleted } }"

    found = client.ask("query($b: [ID!]) { boards(ids: $b) { groups { id } } }", b=[board.id])["boards"][0]["groups"]
    for group_id in (top, after, before):
        assert client.ask(drop, b=board.id, g=group_id)["delete_group"]["deleted"]
    last = client.errors(drop, b=board.id, g="topics")

    assert [top, before, "topics", after] == [group["id"] for group in found]
    assert ("DeleteLastGroupException", 409) == (last[0]["extensions"]["code"], last[0]["extensions"]["status_code"])


def test_subitems_live_on_a_hidden_board_that_is_made_with_the_first(client, world):
    board = named(world, "Suppliers")
    parent = board.item_ids[0]
    make = """mutation($p: ID!) { create_subitem(parent_item_id: $p, item_name: "step") {
        id parent_item { id } board { id name type } } }"""

    one, two = (client.ask(make, p=parent)["create_subitem"] for _ in range(2))
    deeper = client.errors(make, p=one["id"])

    assert {"name": "Subitems of Suppliers", "type": "sub_items_board", "id": one["board"]["id"]} == one["board"]
    assert one["board"] == two["board"]
    assert str(parent) == one["parent_item"]["id"]
    settings = next(column.settings for column in board.columns.values() if column.type == "subtasks")
    assert [int(one["board"]["id"])] == settings["boardIds"]
    assert deeper


def test_levels_are_listed_where_asked_for(client, world):
    board = named(world, "Renovation")
    query = """query($b: [ID!], $h: String) { boards(ids: $b) { items_page(limit: 50, hierarchy_scope_config: $h) {
        items { name parent_item { name } } } } }"""

    top = client.ask(query, b=[board.id])["boards"][0]["items_page"]["items"]
    every = client.ask(query, b=[board.id], h="allItems")["boards"][0]["items_page"]["items"]

    assert ["Shop floor"] == [item["name"] for item in top]
    assert {None, "Shop floor", "Counter"} == {item["parent_item"] and item["parent_item"]["name"] for item in every}


def test_updates_carry_a_date_of_their_own_and_leave_no_history(client, world):
    board = named(world, "Suppliers")
    before = len(log(client, board))
    make = """mutation($i: ID, $p: ID, $d: String) { create_update(item_id: $i, parent_id: $p,
        body: "<p>a &amp; b</p>", original_creation_date: $d) { id text_body original_creation_date } }"""
    made = client.ask(make, i=board.item_ids[0], d="31-12-2025")["create_update"]
    client.ask(make, p=made["id"])
    shown = client.ask(
        "query($i: [ID!]) { items(ids: $i) { updates_page { cursor updates { id replies { id body } edited_at } } } }",
        i=[board.item_ids[0]],
    )["items"][0]["updates_page"]

    assert "31-12-2025" == made["original_creation_date"]
    assert "a & b" == made["text_body"]
    assert 1 == len(shown["updates"][0]["replies"])
    assert before == len(log(client, board))
    assert client.errors(make, i=board.item_ids[0], d="2025-12-31")


def test_documents_and_their_blocks(client, world):
    workspace = next(each for each in world.workspaces.values() if each.name == "Roastery")
    make = 'mutation($w: ID!) { create_doc(location: {workspace: {workspace_id: $w, name: "Plan"}}) { id } }'
    doc = client.ask(make, w=workspace.id)["create_doc"]["id"]
    block = """mutation($d: ID!, $c: JSON!, $a: String) { create_doc_block(doc_id: $d, type: normal_text, content: $c,
        after_block_id: $a) { id } }"""
    three = client.ask(block, d=doc, c='{"deltaFormat":[{"insert":"three"}]}')["create_doc_block"]["id"]
    one = client.ask(block, d=doc, c='{"deltaFormat":[{"insert":"one"}]}')["create_doc_block"]["id"]
    two = client.ask(block, d=doc, c='{"deltaFormat":[{"insert":"two"}]}', a=one)["create_doc_block"]["id"]
    client.ask(
        'mutation($d: ID!) { add_content_to_doc_from_markdown(docId: $d, markdown: "# Four") { success } }', d=doc
    )

    blocks = client.ask(
        "query($d: [ID!]) { docs(ids: $d) { blocks(limit: 100) { id type content position } } }", d=[doc]
    )
    found = blocks["docs"][0]["blocks"]

    assert [one, two, three] == [each["id"] for each in found[:3]]
    assert "large_title" == found[3]["type"]
    assert {"deltaFormat": [{"insert": "two"}]} == json.loads(found[1]["content"])


@pytest.mark.parametrize(
    "mutation",
    [
        "delete_workspace(workspace_id: 5) { id }",
        "update_folder(folder_id: 5) { id }",
        'create_item(board_id: 5, item_name: "x") { id }',
        "archive_item(item_id: 5) { id }",
        "delete_update(id: 5) { id }",
        "delete_webhook(id: 5) { id }",
        'add_content_to_doc_from_markdown(docId: 5, markdown: "x") { success }',
        'delete_doc_block(block_id: "5") { id }',
    ],
)
def test_what_is_not_there_is_an_error_of_that_field(client, mutation):
    body = client.send(f"mutation {{ {mutation} }}").json()

    name = mutation.partition("(")[0]
    assert [name] == body["errors"][0]["path"]
    assert "monolith" == body["errors"][0]["extensions"]["service"]


def test_mutations_of_one_request_run_in_order_and_each_fails_alone(client, world):
    board = named(world, "Suppliers")
    query = f"""mutation {{
        a: create_item(board_id: {board.id}, item_name: "one") {{ id }}
        b: create_item(board_id: 5, item_name: "two") {{ id }}
        c: create_item(board_id: {board.id}, item_name: "three") {{ id }} }}"""

    body = client.send(query).json()

    assert body["data"]["b"] is None
    assert [["b"]] == [error["path"] for error in body["errors"]]
    assert int(body["data"]["a"]["id"]) < int(body["data"]["c"]["id"])


def test_a_mutation_with_the_same_key_is_carried_out_once(client, world, clock):
    board = named(world, "Suppliers")
    query = f'mutation {{ create_item(board_id: {board.id}, item_name: "once") {{ id }} }}'
    key = {"idempotency_key": "6a2f41a3-c54c-fce8-32d2-0324e1c32e22"}

    first, again = client.send(query, **key), client.send(query, **key)
    clock.advance(31 * 60)
    late = client.send(query, **key)

    assert first.json() == again.json()
    assert "idempotency-replayed" not in first.headers
    assert "true" == again.headers["idempotency-replayed"]
    assert late.json()["data"] != first.json()["data"]
    assert 2 == sum(item.name == "once" for item in world.items.values())
