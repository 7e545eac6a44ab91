"""App: what can be connected, what of it is backed up, and what is not and why."""

from typing import Self

import strawberry

from connectors.base import AppSpec, KindSpec
from connectors.base import AuthMethod as AuthMethodSpec


@strawberry.type(description="A field whose value a restore cannot bring back.")
class LostField:
    """One entry of `KindSpec.lost_on_restore`."""

    field: str = strawberry.field(description="The field of the record's content.")
    why: str = strawberry.field(description="Why a restore cannot bring it back.")


@strawberry.type(description="A type of record in an app: card, board, comment.")
class Kind:
    """A `KindSpec`."""

    name: str = strawberry.field(description="Its name in filters: `check_item`.")
    title: str = strawberry.field(description="The app's own word for it.")
    description: str = strawberry.field(description="What it is.")
    backed_up: bool = strawberry.field(description="Whether its records are backed up.")
    restorable: bool = strawberry.field(description="Whether its records can be put back.")
    why_not: str | None = strawberry.field(
        description="Why it is not backed up or not restorable; null where it is both."
    )
    is_workspace: bool = strawberry.field(description="Whether its records are workspaces: units of scope.")
    lost_on_restore: list[LostField] = strawberry.field(description="What of it a restore cannot bring back.")

    @classmethod
    def of(cls, spec: KindSpec) -> Self:
        """Show a kind."""
        return cls(
            name=spec.kind,
            title=spec.title,
            description=spec.description,
            backed_up=spec.backed_up,
            restorable=spec.restorable,
            why_not=spec.why_not,
            is_workspace=spec.is_workspace,
            lost_on_restore=[LostField(field=name, why=why) for name, why in sorted(spec.lost_on_restore.items())],
        )


@strawberry.type(description="One value that a person gives to connect.")
class AuthField:
    """An `AuthField` of the connector base."""

    name: str = strawberry.field(description="Its name in `credentials`.")
    title: str = strawberry.field(description="What people call it.")
    secret: bool = strawberry.field(description="Whether to hide it while it is typed.")
    required: bool = strawberry.field(description="Whether connecting needs it.")
    is_address: bool = strawberry.field(
        description="Whether it is the address of a server that people host themselves, as https://host/path."
    )


@strawberry.type(description="One way to authorise Holdfast in an app.")
class AuthMethod:
    """An `AuthMethod` of the connector base."""

    name: str = strawberry.field(description="Its name in mutations: `key_token`, `oauth2`.")
    title: str = strawberry.field(description="What people call it.")
    help: str = strawberry.field(description="Where a person finds the values, or what will happen.")
    is_oauth2: bool = strawberry.field(description="Whether it opens a page of the app instead of asking for values.")
    fields: list[AuthField] = strawberry.field(description="What the person gives; empty with OAuth.")

    @classmethod
    def of(cls, method: AuthMethodSpec) -> Self:
        """Show a method."""
        return cls(
            name=method.name,
            title=method.title,
            help=method.help,
            is_oauth2=method.is_oauth2,
            fields=[
                AuthField(
                    name=field.name,
                    title=field.title,
                    secret=field.secret,
                    required=field.required,
                    is_address=field.is_address,
                )
                for field in method.fields
            ],
        )


@strawberry.type(description="A cloud app that can be connected.")
class App:
    """An `AppSpec`."""

    name: str = strawberry.field(description="Its name in mutations and filters: `trello`.")
    title: str = strawberry.field(description="Its name for people.")
    kinds: list[Kind] = strawberry.field(
        description="Every type of record that its API gives, and what is done with each."
    )
    auth_methods: list[AuthMethod] = strawberry.field(description="The ways to authorise Holdfast.")
    not_reachable: list[str] = strawberry.field(description="What its API cannot give back, in sentences.")

    @classmethod
    def of(cls, spec: AppSpec) -> Self:
        """Show an app."""
        return cls(
            name=spec.app,
            title=spec.title,
            kinds=[Kind.of(kind) for kind in spec.kinds.values()],
            auth_methods=[AuthMethod.of(method) for method in spec.auth_methods],
            not_reachable=list(spec.not_reachable),
        )
