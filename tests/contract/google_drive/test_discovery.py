"""The stand-in against the discovery documents: every method, every parameter, every answer."""

import json
from pathlib import Path

import httpx
import pytest

from connectors.google_drive import file
from connectors.google_drive.sandbox import Sandbox
from connectors.google_drive.sandbox.routing import ROUTES, Route
from tests.contract.google_drive.discovery import document, method, problems


def template_of(route: Route) -> list[str]:
    """Where the document says that a method is, upload paths included."""
    found, base = method(route.method_id), document(route.api)["servicePath"]
    paths = [f"/{base}{found['path']}".replace("{+", "{").replace("{range+}", "{range}")]
    paths += [each["path"] for each in found.get("mediaUpload", {}).get("protocols", {}).values()]
    return paths


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.template}")
def test_every_route_is_one_of_the_document(route: Route):
    found = method(route.method_id)
    is_upload = "/upload/" in route.template

    assert route.template in template_of(route)
    # Pieces are PUT into an upload session whatever method began it; the document has no word on sessions.
    assert route.method == found["httpMethod"] or (is_upload and route.method == "PUT")


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.template}")
def test_every_parameter_is_one_of_the_document(route: Route):
    known = {name for name, each in method(route.method_id)["parameters"].items() if each["location"] == "query"}

    assert set() == route.parameters - known if "parameters" in method(route.method_id) else not route.parameters


def test_every_field_that_we_ask_for_is_one_of_the_document():
    known = document("drive")["schemas"]["File"]["properties"]

    assert set() == set(file.FIELDS.split(",")) - known.keys()


def test_the_contract_that_the_project_was_planned_by_says_the_same(shared: Path):
    for api, name in (("drive", "drive.v3.json"), ("sheets", "sheets.v4.json")):
        planned = json.loads((shared / "contracts" / name).read_text())
        for route in ROUTES:
            if route.api == api:
                here = method(route.method_id)
                _, *path, last = route.method_id.split(".")
                there = planned
                for part in path:
                    there = there["resources"][part]
                assert here["path"] == there["methods"][last]["path"]


def test_every_answer_is_what_the_document_says(sandbox: Sandbox):
    token = sandbox.grant()["access_token"]
    base = f"{sandbox.url}/drive/v3"
    upload = f"{sandbox.url}/upload/drive/v3/files"
    with httpx.Client(headers={"authorization": f"Bearer {token}"}, params={"fields": "*"}) as client:
        folder = client.post(f"{base}/files", json={"name": "F", "mimeType": file.FOLDER}).json()
        metadata = {"name": "a.b.txt", "parents": [folder["id"]], "appProperties": {"k": "v"}, "description": "d"}
        parts = {"m": (None, json.dumps(metadata), "application/json"), "c": (None, b"hello", "text/plain")}
        request = client.build_request("POST", upload, files=parts, params={"uploadType": "multipart"})
        request.headers["content-type"] = request.headers["content-type"].replace("form-data", "related")
        sheet = client.post(f"{base}/files", json={"name": "S", "mimeType": file.SHEET}).json()
        answers = [
            ("drive", "File", folder),
            ("drive", "File", client.send(request).json()),
            ("drive", "File", sheet),
            ("drive", "About", client.get(f"{base}/about").json()),
            ("drive", "FileList", client.get(f"{base}/files").json()),
            ("drive", "GeneratedIds", client.get(f"{base}/files/generateIds").json()),
            ("drive", "StartPageToken", client.get(f"{base}/changes/startPageToken").json()),
            ("drive", "ChangeList", client.get(f"{base}/changes", params={"pageToken": "1"}).json()),
            ("sheets", "Spreadsheet", client.get(f"{sandbox.url}/v4/spreadsheets/{sheet['id']}").json()),
            (
                "sheets",
                "UpdateValuesResponse",
                client.put(
                    f"{sandbox.url}/v4/spreadsheets/{sheet['id']}/values/A1",
                    params={"valueInputOption": "RAW"},
                    json={"values": [["x", 1, True]]},
                ).json(),
            ),
            ("sheets", "ValueRange", client.get(f"{sandbox.url}/v4/spreadsheets/{sheet['id']}/values/A1:C1").json()),
        ]

    assert [] == [problem for api, schema, answer in answers for problem in problems(api, schema, answer)]
    assert [] == [(schema, answer) for _, schema, answer in answers if "error" in answer]


def test_a_parameter_that_there_is_not_is_refused(sandbox: Sandbox):
    token = sandbox.grant()["access_token"]
    answer = httpx.get(f"{sandbox.url}/drive/v3/files?pagesize=3", headers={"authorization": f"Bearer {token}"})

    assert (400, "pagesize") == (answer.status_code, answer.json()["error"]["errors"][0]["location"])
