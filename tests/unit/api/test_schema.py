"""The schema: what clients rely on, and what keeps it honest."""

from pathlib import Path
from typing import Any

from graphql import build_schema, get_named_type, is_introspection_type, is_specified_scalar_type

from api.auth import Scope
from api.cost import WEIGHTS
from api.schema import FILE, schema, text

GUARDED = {
    "ConnectedApp": Scope.CONNECTION_READ,
    "Workspace": Scope.CONNECTION_READ,
    "Grant": Scope.CONNECTION_READ,
    "App": Scope.CONNECTION_READ,
    "Snapshot": Scope.SNAPSHOT_READ,
    "Log": Scope.SNAPSHOT_READ,
    "Record": Scope.RECORD_READ,
    "Version": Scope.RECORD_READ,
    "RecordChange": Scope.RECORD_READ,
    "Operation": Scope.OPERATION_READ,
    "BackupOperation": Scope.OPERATION_READ,
    "Event": Scope.OPERATION_READ,
    "Destination": Scope.ACCOUNT_READ,
    "Delivery": Scope.ACCOUNT_READ,
    "DriveSyncOperation": Scope.OPERATION_READ,
    "DrillOperation": Scope.OPERATION_READ,
    "ExportOperation": Scope.OPERATION_READ,
    "RestoreOperation": Scope.OPERATION_READ,
    "RestorePlanOperation": Scope.OPERATION_READ,
    "VerificationOperation": Scope.OPERATION_READ,
    "DriveDestination": Scope.CONNECTION_READ,
    "Account": Scope.ACCOUNT_READ,
    "Member": Scope.ACCOUNT_READ,
    "ApiToken": Scope.ACCOUNT_READ,
}
"""What may be seen only with a scope; `node` asks for it by itself."""


def types() -> list[Any]:
    return [
        kind
        for kind in schema._schema.type_map.values()
        if not is_introspection_type(kind) and not is_specified_scalar_type(kind)
    ]


def scope_of(kind: str, field: str) -> str | None:
    definition = schema.get_type_by_name(kind)
    (found,) = [each for each in definition.fields if schema.config.name_converter.get_graphql_name(each) == field]
    return next((directive.scope for directive in found.directives), None)


def test_file_is_what_the_code_says():
    assert FILE.read_text() == text(), "run python -m api.schema"


def test_any_client_can_build_it():
    build_schema(FILE.read_text())


def test_everything_is_described():
    bare = []
    for kind in types():
        parts = {kind.name: kind}
        for name, field in getattr(kind, "fields", {}).items():
            parts[f"{kind.name}.{name}"] = field
            parts |= {
                f"{kind.name}.{name}({argument})": given for argument, given in getattr(field, "args", {}).items()
            }
        parts |= {f"{kind.name}.{name}": value for name, value in getattr(kind, "values", {}).items()}
        bare += [name for name, part in parts.items() if not part.description]

    assert [] == bare


def test_whatever_is_guarded_is_reached_through_its_scope():
    open_doors = []
    for kind in types():
        home = GUARDED.get(kind.name.removesuffix("Connection").removesuffix("Edge"))
        if kind.name == "Mutation" or not hasattr(kind, "fields"):
            continue
        if kind.name.endswith(("Payload", "Input", "UserError", "Connection", "Edge")) or kind.name == "Viewer":
            continue
        for name, field in kind.fields.items():
            target = GUARDED.get(get_named_type(field.type).name.removesuffix("Connection"))
            if target is not None and target is not home and scope_of(kind.name, name) != target:
                open_doors.append(f"{kind.name}.{name}")

    assert [] == open_doors


def test_every_mutation_is_scoped_and_takes_one_input():
    for name, field in schema._schema.mutation_type.fields.items():
        assert scope_of("Mutation", name) in set(Scope)
        assert ["input"] == list(field.args)
        assert f"{name[0].upper()}{name[1:]}Payload" == get_named_type(field.type).name


def test_weights_are_of_fields_that_there_are():
    known = {f"{kind.name}.{name}" for kind in types() for name in getattr(kind, "fields", {})}
    named = {key for key in WEIGHTS if "*" not in key and "__" not in key}

    assert set() == named - known


def test_lists_that_grow_are_paged():
    for kind in types():
        for name, field in getattr(kind, "fields", {}).items():
            if get_named_type(field.type).name.endswith("Connection") and hasattr(field, "args"):
                assert {"first", "after"} <= set(field.args), f"{kind.name}.{name}"


def test_file_lies_at_the_top():
    assert Path(__file__).parents[3] / "schema.graphql" == FILE
