"""A small world on a real Redmine: two projects with at least one thing of every kind."""

import secrets
from dataclasses import dataclass
from typing import Any

from tests.integration.redmine.server import RealRedmine

_MODULES = ["issue_tracking", "time_tracking", "news", "files", "wiki", "documents", "boards"]
_PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d494844520000000100000001080600000"
    "01f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)


@dataclass(slots=True, kw_only=True)
class Small:
    """What was made."""

    server: RealRedmine
    project: Any
    inner: Any
    person: Any
    issues: list[Any]
    news: Any
    edits: int = 0

    @classmethod
    def made(cls, server: RealRedmine) -> "Small":
        n = secrets.token_hex(3)
        person = server.make(
            "/users.json",
            "user",
            login=f"jane{n}",
            firstname="Jane",
            lastname=f"Doe {n}",
            mail=f"jane{n}@example.org",
            password="secret-123456",
            custom_fields=[{"id": 6, "value": "+1 555 0100"}],
        )
        group = server.make("/groups.json", "group", name=f"Team {n}", user_ids=[person["id"]])
        project = server.make(
            "/projects.json",
            "project",
            name=f"Apollo {n}",
            identifier=f"apollo-{n}",
            description="To the *moon*",
            homepage="https://example.org/apollo",
            enabled_module_names=_MODULES,
            custom_fields=[{"id": 4, "value": "12.5"}],
        )
        inner = server.make(
            "/projects.json",
            "project",
            name=f"Lander {n}",
            identifier=f"lander-{n}",
            parent_id=project["id"],
            enabled_module_names=_MODULES,
        )
        at = f"/projects/{project['id']}"
        server.make(f"{at}/memberships.json", "membership", user_id=person["id"], role_ids=[4])
        server.make(f"{at}/memberships.json", "membership", user_id=group["id"], role_ids=[5])
        category = server.make(f"{at}/issue_categories.json", "issue_category", name="Engine")
        version = server.make(
            f"{at}/versions.json",
            "version",
            name="1.0",
            sharing="descendants",
            custom_fields=[{"id": 7, "value": "Eagle"}],
        )
        jane = server.as_(person["login"])
        first = jane.make(
            "/issues.json",
            "issue",
            project_id=project["id"],
            subject="The engine stutters",
            description="At *full* thrust; größer, 日本語, 🚀",
            tracker_id=1,
            priority_id=2,
            custom_fields=[{"id": 1, "value": "major"}],
        )
        issues = [first]
        for subject, more in (
            ("Measure the thrust", {"parent_issue_id": first["id"], "watcher_user_ids": [person["id"]]}),
            ("Order a valve", {"category_id": category["id"], "fixed_version_id": version["id"]}),
            (
                "Tighten the bolts",
                {"custom_fields": [{"id": 2, "value": [str(person["id"])]}], "assigned_to_id": person["id"]},
            ),
        ):
            issues.append(
                server.make(
                    "/issues.json",
                    "issue",
                    project_id=project["id"],
                    subject=subject,
                    tracker_id=2,
                    priority_id=3,
                    **more,
                )
            )
        issues.append(server.make("/issues.json", "issue", project_id=inner["id"], subject="Legs", priority_id=2))
        server.make(
            f"/issues/{first['id']}/relations.json",
            "relation",
            issue_to_id=issues[2]["id"],
            relation_type="blocks",
        )
        upload = jane.upload("plan.txt", b"thrust\n" * 40, "text/plain")
        picture = jane.upload("pixel.png", _PNG, "image/png")
        jane.change(
            f"/issues/{first['id']}.json", "issue", notes="See the plan.", uploads=[upload, picture], done_ratio=10
        )
        server.change(f"/issues/{first['id']}.json", "issue", notes="Closing.", status_id=5)
        jane.make(
            "/time_entries.json",
            "time_entry",
            issue_id=first["id"],
            hours=1.5,
            activity_id=9,
            comments="looked at it",
            spent_on="2026-11-02",
            custom_fields=[{"id": 5, "value": "1"}],
        )
        server.make("/time_entries.json", "time_entry", project_id=project["id"], hours=0.25, activity_id=8)
        server.ask(
            "POST", f"{at}/news.json", {"news": {"title": "Lift-off", "summary": "soon", "description": "h2. Soon"}}
        )
        news = server.ask("GET", f"{at}/news.json")["news"][0]
        server.comment_on_news(news["id"], person["id"], "At last!")
        report = server.upload("report.txt", b"all is well", "text/plain")
        server.ask("POST", f"{at}/files.json", {"file": {**report, "description": "the report"}})
        build = server.upload("build.bin", bytes(range(256)) * 4)
        server.ask("POST", f"{at}/files.json", {"file": {**build, "version_id": version["id"]}})
        server.ask("PUT", f"{at}/wiki/Wiki.json", {"wiki_page": {"text": "h1. Start", "comments": "first"}})
        jane.ask("PUT", f"{at}/wiki/Wiki.json", {"wiki_page": {"text": "h1. Start here", "comments": "second"}})
        sketch = server.upload("sketch.txt", b"/\\", "text/plain")
        server.ask(
            "PUT",
            f"{at}/wiki/Schub.json",
            {"wiki_page": {"text": "Schub = *F*", "parent_title": "Wiki", "uploads": [sketch]}},
        )
        return cls(server=server, project=project, inner=inner, person=person, issues=issues, news=news)

    def edit(self) -> None:
        """Change something in the outer project: edit, add and delete."""
        self.edits += 1
        server, at = self.server, f"/projects/{self.project['id']}"
        server.next_second()
        server.change(f"/issues/{self.issues[1]['id']}.json", "issue", subject=f"Edited {self.edits}", notes="so")
        made = server.make("/issues.json", "issue", project_id=self.project["id"], subject="New", priority_id=2)
        server.delete(f"/issues/{self.issues.pop(3)['id']}.json")
        self.issues.insert(3, made)
        server.ask("PUT", f"{at}/wiki/Wiki.json", {"wiki_page": {"text": f"h1. Start {self.edits}"}})
