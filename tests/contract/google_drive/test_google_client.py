"""Google's own client reads and writes the stand-in: what it accepts of Drive, it accepts here."""

import io
from hashlib import sha256

import pytest
from googleapiclient.errors import HttpError
from googleapiclient.http import MediaInMemoryUpload, MediaIoBaseDownload

from connectors.google_drive.sandbox import Sandbox
from tests.contract.google_drive.conftest import Google, noise

FOLDER = "application/vnd.google-apps.folder"
SHEET = "application/vnd.google-apps.spreadsheet"


def made(google: Google, name: str, data: bytes, *, fields: str = "*", resumable: bool = False, **metadata) -> dict:
    media = MediaInMemoryUpload(data, mimetype="text/plain", resumable=resumable, chunksize=262_144)
    request = google.drive.files().create(body={"name": name, **metadata}, media_body=media, fields=fields)
    return request.execute()


def test_about_says_whose_drive_it_is(google: Google, sandbox: Sandbox):
    found = google.drive.about().get(fields="user,storageQuota,maxImportSizes").execute()

    assert sandbox.owner.email == found["user"]["emailAddress"]
    assert "0" == found["storageQuota"]["usage"]


def test_about_without_fields_is_refused(google: Google):
    with pytest.raises(HttpError, match="required"):
        google.drive.about().get().execute()


def test_a_folder_and_a_small_file_are_made_in_it(google: Google):
    folder = google.drive.files().create(body={"name": "F", "mimeType": FOLDER}).execute()
    file = made(google, "a.txt", b"hello", parents=[folder["id"]])
    listed = google.drive.files().list(q=f"'{folder['id']}' in parents and trashed=false").execute()

    assert (sha256(b"hello").hexdigest(), "5") == (file["sha256Checksum"], file["size"])
    assert [("a.txt", file["id"])] == [(each["name"], each["id"]) for each in listed["files"]]


@pytest.mark.parametrize("size_bytes", [1, 262_144, 262_145, 800_000])
def test_a_resumable_upload_goes_through_its_pieces(google: Google, size_bytes: int):
    data = noise(size_bytes)
    file = made(google, "big", data, resumable=True)

    assert (sha256(data).hexdigest(), str(size_bytes)) == (file["sha256Checksum"], file["size"])


def test_content_is_replaced_and_the_id_stays(google: Google):
    file = made(google, "a", b"one")
    media = MediaInMemoryUpload(noise(600_000), mimetype="text/plain", resumable=True, chunksize=262_144)
    again = google.drive.files().update(fileId=file["id"], media_body=media, fields="*").execute()

    assert (file["id"], sha256(noise(600_000)).hexdigest()) == (again["id"], again["sha256Checksum"])
    assert int(again["version"]) > int(file["version"])
    assert again["headRevisionId"] != file["headRevisionId"]


def test_what_was_uploaded_is_downloaded(google: Google):
    data = noise(700_000)
    file = made(google, "a", data)
    out = io.BytesIO()
    download = MediaIoBaseDownload(out, google.drive.files().get_media(fileId=file["id"]), chunksize=262_144)
    done = False
    while not done:
        _, done = download.next_chunk()

    assert data == out.getvalue()


def test_a_generated_id_makes_a_create_repeatable(google: Google):
    (file_id,) = google.drive.files().generateIds(count=1).execute()["ids"]
    made(google, "a", b"x", id=file_id)
    with pytest.raises(HttpError) as raised:
        made(google, "a", b"x", id=file_id)

    assert 409 == raised.value.status_code


def test_files_move_rename_and_go_to_the_bin_and_back(google: Google):
    files = google.drive.files()
    one, two = (files.create(body={"name": name, "mimeType": FOLDER}).execute()["id"] for name in "ab")
    file_id = made(google, "a", b"x", parents=[one])["id"]
    moved = files.update(
        fileId=file_id, body={"name": "b"}, addParents=two, removeParents=one, fields="name,parents"
    ).execute()
    files.update(fileId=two, body={"trashed": True}).execute()
    binned = files.get(fileId=file_id, fields="trashed,explicitlyTrashed").execute()
    files.update(fileId=two, body={"trashed": False}).execute()

    assert {"name": "b", "parents": [two]} == moved
    assert {"trashed": True, "explicitlyTrashed": False} == binned
    assert {"trashed": False} == files.get(fileId=file_id, fields="trashed").execute()


def test_deleted_is_gone_with_all_that_lies_in_it(google: Google):
    files = google.drive.files()
    folder = files.create(body={"name": "F", "mimeType": FOLDER}).execute()["id"]
    file_id = made(google, "a", b"x", parents=[folder])["id"]
    files.delete(fileId=folder).execute()

    with pytest.raises(HttpError, match="File not found"):
        files.get(fileId=file_id).execute()


def test_listing_goes_page_by_page(google: Google):
    names = [f"{number:02}" for number in range(7)]
    for name in names:
        made(google, name, b"")
    found, token = [], None
    while True:
        page = google.drive.files().list(pageSize=3, pageToken=token, orderBy="name").execute()
        found += [each["name"] for each in page["files"]]
        token = page.get("nextPageToken")
        if token is None:
            break

    assert names == found


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("name = 'it\\'s'", ["it's"]),
        ("mimeType != 'text/plain'", ["folder"]),
        ("appProperties has { key='k' and value='v' }", ["it's"]),
        ("not trashed = true and (name = 'folder' or name contains 'it')", ["folder", "it's"]),
        ("modifiedTime > '2030-01-01T00:00:00'", []),
        ("'root' in parents", ["folder", "it's"]),
    ],
)
def test_queries_find(google: Google, query: str, expected: list[str]):
    google.drive.files().create(body={"name": "folder", "mimeType": FOLDER}).execute()
    made(google, "it's", b"", appProperties={"k": "v"})
    found = google.drive.files().list(q=query, orderBy="name").execute()

    assert expected == [each["name"] for each in found["files"]]


@pytest.mark.parametrize("query", ["name", "name = x", "size > '3'", "name = 'a' and", "(name = 'a'"])
def test_queries_that_are_none_are_refused(google: Google, query: str):
    with pytest.raises(HttpError) as raised:
        google.drive.files().list(q=query).execute()

    assert 400 == raised.value.status_code


def test_changes_say_what_changed_since(google: Google):
    token = google.drive.changes().getStartPageToken().execute()["startPageToken"]
    one, two = (made(google, name, b"")["id"] for name in "ab")
    google.drive.files().update(fileId=one, body={"name": "c"}).execute()
    google.drive.files().delete(fileId=two).execute()
    answer = google.drive.changes().list(pageToken=token, fields="*").execute()
    after = google.drive.changes().list(pageToken=answer["newStartPageToken"]).execute()

    assert [(one, False), (two, True)] == [(each["fileId"], each["removed"]) for each in answer["changes"]]
    assert "c" == answer["changes"][0]["file"]["name"]
    assert [] == after["changes"]


def test_a_batch_answers_each_call_by_itself(google: Google):
    file_id = made(google, "a", b"")["id"]
    found = {}

    def keep(name, answer, error):
        found[name] = answer["name"] if error is None else error.status_code

    batch = google.drive.new_batch_http_request(callback=keep)
    batch.add(google.drive.files().get(fileId=file_id), request_id="there")
    batch.add(google.drive.files().update(fileId=file_id, body={"name": "b"}), request_id="changed")
    batch.add(google.drive.files().get(fileId="nowhere"), request_id="not")
    batch.execute()

    assert {"there": "a", "changed": "b", "not": 404} == found


@pytest.mark.parametrize("reason", ["userRateLimitExceeded", "rateLimitExceeded"])
def test_google_s_client_tries_again_after_a_rate_limit(google: Google, sandbox: Sandbox, reason: str, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda _: None)
    sandbox.fail("reason", r"GET /drive/v3/about", status=403, reason=reason)

    found = google.drive.about().get(fields="user").execute(num_retries=2)

    assert sandbox.owner.email == found["user"]["emailAddress"]


def test_storage_that_is_full_is_said_at_once(google: Google, sandbox: Sandbox):
    sandbox.owner.limit_bytes = 100
    with pytest.raises(HttpError) as raised:
        made(google, "a", noise(101))

    assert (403, "storageQuotaExceeded") == (raised.value.status_code, raised.value.error_details[0]["reason"])


def test_csv_is_imported_with_its_types_guessed(google: Google):
    csv = b"id,name\r\n007,=1+1\r\n2026-01-02,TRUE\r\n"
    media = MediaInMemoryUpload(csv, mimetype="text/csv")
    sheet = google.drive.files().create(body={"name": "S", "mimeType": SHEET}, media_body=media).execute()
    values = google.sheets.spreadsheets().values()
    asked = {"spreadsheetId": sheet["id"], "range": "A1:Z9", "valueRenderOption": "FORMULA"}

    assert [["id", "name"], [7, "=1+1"], [46024, True]] == values.get(**asked).execute()["values"]


def test_raw_values_stay_what_they_are(google: Google):
    sheet = google.sheets.spreadsheets().create(body={"properties": {"title": "S"}}).execute()
    values = google.sheets.spreadsheets().values()
    rows = [["id", "name"], ["007", "=1+1"], ["2026-01-02", True]]
    body = {"values": rows}
    values.update(spreadsheetId=sheet["spreadsheetId"], range="A1", valueInputOption="RAW", body=body).execute()
    exported = google.drive.files().export_media(fileId=sheet["spreadsheetId"], mimeType="text/csv").execute()

    assert rows == values.get(spreadsheetId=sheet["spreadsheetId"], range="A1:B3").execute()["values"]
    assert b"id,name\r\n007,=1+1\r\n2026-01-02,TRUE" == exported


def test_a_batch_update_is_all_or_nothing(google: Google):
    sheet_id = google.sheets.spreadsheets().create(body={}).execute()["spreadsheetId"]
    cells = {"rows": [{"values": [{"userEnteredValue": {"stringValue": "x"}}]}], "fields": "userEnteredValue"}
    good = {"updateCells": {"start": {"sheetId": 0, "rowIndex": 0, "columnIndex": 0}, **cells}}
    bad = {"updateCells": {"start": {"sheetId": 0, "rowIndex": 5000, "columnIndex": 0}, **cells}}
    frozen = {
        "updateSheetProperties": {
            "properties": {"sheetId": 0, "gridProperties": {"frozenRowCount": 1}},
            "fields": "gridProperties.frozenRowCount",
        }
    }
    update = google.sheets.spreadsheets().batchUpdate
    with pytest.raises(HttpError):
        update(spreadsheetId=sheet_id, body={"requests": [good, bad]}).execute()
    read = google.sheets.spreadsheets().values().get(spreadsheetId=sheet_id, range="A1:A1")
    nothing = read.execute()
    update(spreadsheetId=sheet_id, body={"requests": [good, frozen]}).execute()
    shape = google.sheets.spreadsheets().get(spreadsheetId=sheet_id).execute()["sheets"][0]["properties"]

    assert "values" not in nothing
    assert [["x"]] == read.execute()["values"]
    assert 1 == shape["gridProperties"]["frozenRowCount"]


def test_a_token_that_ended_is_refreshed_with_the_refresh_token(google: Google, sandbox: Sandbox):
    sandbox.oauth.expire_access()
    before = google.credentials.refresh_token

    google.drive.about().get(fields="user").execute()

    assert before == google.credentials.refresh_token


def test_files_of_another_app_and_of_the_person_are_not_seen(google: Google, sandbox: Sandbox):
    sandbox.hand.folder("mine")
    other = sandbox.oauth.register(())
    sandbox.client = other
    theirs = Google(sandbox)
    made(theirs, "theirs", b"")
    theirs.close()

    assert [] == google.drive.files().list().execute()["files"]
