"""Changes: a Redmine filled, and then edited, thinned and added to at random, the same way for the same seed."""

import random
import sqlite3
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.integration.redmine.server import RealRedmine, Unexpected

_MODULES = ["issue_tracking", "time_tracking", "news", "files", "wiki"]
_WORDS = ["thrust", "valve", "bolt", "größer", "日本", "*bold*", "rocket", "leg", "tank", "pump", "🚀", "h2.", "seal"]
_RELATIONS = ("relates", "blocks", "precedes", "duplicates", "copied_to")


@dataclass(slots=True)
class Changes:
    """Does things to one server. What each was done to is drawn from what the database has at that moment."""

    server: RealRedmine
    random: random.Random
    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)

    # What there is.

    def rows(self, statement: str, *values: Any) -> list[Any]:
        connection = sqlite3.connect(self.server.database, timeout=60)
        try:
            return [row[0] if len(row) == 1 else row for row in connection.execute(statement, values)]
        finally:
            connection.close()

    def one(self, statement: str, *values: Any) -> Any:
        """Draw one; raises IndexError where there is none."""
        found = self.rows(statement, *values)
        return self.random.choice(found)

    def project(self) -> int:
        return self.one("select id from projects where status = 1 order by id")

    def issue(self) -> int:
        return self.one(
            "select i.id from issues i join projects p on p.id = i.project_id where p.status = 1 order by i.id"
        )

    def person(self) -> RealRedmine:
        """Return the server, written to in the name of somebody."""
        return self.server.as_(self.one("select login from users where type = 'User' and status = 1 order by id"))

    def text(self, words: int = 6) -> str:
        return " ".join(self.random.choice(_WORDS) for _ in range(self.random.randint(1, words)))

    def file(self) -> Any:
        name = f"{self.random.choice(('plan', 'photo', 'Größe'))}-{self.random.randrange(1000)}.bin"
        return self.server.upload(name, self.random.randbytes(self.random.randint(1, 9000)))

    def fields(self, project: int) -> dict[str, Any]:
        """Draw some fields of an issue."""
        categories = self.rows("select id from issue_categories where project_id = ? order by id", project)
        versions = self.rows("select id from versions where project_id = ? and status = 'open' order by id", project)
        people = self.rows(
            "select u.id from members m join users u on u.id = m.user_id"
            " where m.project_id = ? and u.type = 'User' and u.status = 1 order by u.id",
            project,
        )
        drawn: dict[str, Any] = {
            "subject": self.text(),
            "description": self.text(40),
            "tracker_id": self.random.randint(1, 3),
            "priority_id": self.random.randint(1, 5),
            "status_id": self.random.randint(1, 6),
            "done_ratio": self.random.randrange(0, 101, 10),
            "due_date": self.random.choice(("2027-03-01", None)),
            "estimated_hours": self.random.choice((None, 1.25, 8)),
            "category_id": self.random.choice([*categories, ""]),
            "fixed_version_id": self.random.choice([*versions, ""]),
            "assigned_to_id": self.random.choice([*people, ""]),
            "custom_fields": [
                {"id": 1, "value": self.random.choice(("minor", "major", "fatal", ""))},
                {"id": 3, "value": self.text()},
            ],
        }
        return dict(self.random.sample(sorted(drawn.items()), self.random.randint(2, len(drawn)))) | {
            "subject": drawn["subject"]
        }

    # Filling it.

    def fill(self, *, projects: int, issues: int) -> None:
        for number in range(6):
            login = f"person{number}"
            names = {"firstname": login.title(), "lastname": self.text(1), "mail": f"{login}@example.org"}
            self.server.make("/users.json", "user", login=login, password="secret-123456", **names)
        people = self.rows("select id from users where type = 'User' and login like 'person%' order by id")
        group = self.server.make("/groups.json", "group", name="Crew", user_ids=people[:2])
        made: list[int] = []
        for number in range(projects):
            above = {"parent_id": made[0]} if number == projects - 1 else {}
            name = {"name": f"Project {number}", "identifier": f"project-{number}", "enabled_module_names": _MODULES}
            made.append(self.server.make("/projects.json", "project", **name, **above)["id"])
            for person in people:
                self.server.make(
                    f"/projects/{made[-1]}/memberships.json",
                    "membership",
                    user_id=person,
                    role_ids=[self.random.choice((3, 4))],
                )
            self.server.make(f"/projects/{made[-1]}/memberships.json", "membership", user_id=group["id"], role_ids=[5])
            for each in (self.make_category, self.make_category, self.make_version, self.write_wiki, self.write_wiki):
                each(made[-1])
        while self.done["make_issue"] < issues:
            self.attempt(self.make_issue)
        for each, times in ((self.make_relation, 40), (self.attach, 60), (self.note, 80), (self.log_time, 40)):
            for _ in range(issues * times // 500):
                self.attempt(each)
        for project in made:
            for _ in range(3):
                self.attempt(self.write_wiki)
            self.write_news(project)
            self.add_file(project)

    # Changing it.

    def change(self, times: int, *, share: tuple[int, int]) -> None:
        """Do so many things, each drawn anew; and this share of all that can be done, so that each is done once."""
        number, shares = share
        for place, action in enumerate(self.actions()):
            for _ in range(20):
                if place % shares == number % shares and not self.done[action.__name__]:
                    self.attempt(action)
        for _ in range(times):
            self.attempt(self.random.choices(*zip(*self.actions().items(), strict=True))[0])

    def actions(self) -> dict[Callable[[], Any], int]:
        """What can be done, and how often it is."""
        return {
            self.make_issue: 4,
            self.edit_issue: 9,
            self.note: 4,
            self.delete_issue: 3,
            self.replace_newest_issue: 2,
            self.move_issue: 1,
            self.make_relation: 3,
            self.delete_relation: 2,
            self.watch: 2,
            self.unwatch: 1,
            self.edit_note: 2,
            self.delete_note: 1,
            self.attach: 3,
            self.rename_attachment: 1,
            self.delete_attachment: 2,
            self.log_time: 2,
            self.edit_time: 2,
            self.delete_time: 1,
            self.make_version: 1,
            self.edit_version: 1,
            self.delete_version: 1,
            self.make_category: 1,
            self.rename_category: 1,
            self.delete_category: 1,
            self.change_roles: 1,
            self.leave: 1,
            self.write_wiki: 3,
            self.edit_wiki: 3,
            self.delete_wiki: 1,
            self.write_news: 1,
            self.edit_news: 1,
            self.comment_on_news: 1,
            self.delete_news: 1,
            self.add_file: 1,
            self.edit_project: 1,
            self.rename_person: 1,
            self.rename_status: 1,
        }

    def attempt(self, action: Callable[[], Any]) -> None:
        """Do it, or be refused: some draws make no sense, and the server says so."""
        name = action.__name__
        try:
            action()
        except IndexError:
            self.refused[name] += 1
        except Unexpected as error:
            if not any(f": {status} " in str(error) for status in (403, 404, 422)):
                raise
            self.refused[name] += 1
        else:
            self.done[name] += 1

    def make_issue(self) -> None:
        project = self.project()
        above = self.random.choice(
            [None, None, None, self.one("select max(id) from issues where project_id = ?", project)]
        )
        fields = self.fields(project) | ({"parent_issue_id": above} if above else {})
        self.person().make("/issues.json", "issue", project_id=project, **{"priority_id": 2, **fields})

    def edit_issue(self) -> None:
        number = self.issue()
        (project,) = self.rows("select project_id from issues where id = ?", number)
        self.person().change(f"/issues/{number}.json", "issue", **self.fields(project))

    def note(self) -> None:
        is_private = self.random.random() < 0.2
        self.person().change(f"/issues/{self.issue()}.json", "issue", notes=self.text(20), private_notes=is_private)

    def delete_issue(self) -> None:
        self.server.delete(f"/issues/{self.issue()}.json")

    def replace_newest_issue(self) -> None:
        """Delete the issue of the greatest id, and make one that is given it again."""
        (newest,) = self.rows("select max(id) from issues")
        self.server.next_second()
        self.server.delete(f"/issues/{newest}.json")
        self.make_issue()

    def move_issue(self) -> None:
        self.server.change(f"/issues/{self.issue()}.json", "issue", project_id=self.project())

    def make_relation(self) -> None:
        kind = self.random.choice(_RELATIONS)
        path = f"/issues/{self.issue()}/relations.json"
        self.server.make(path, "relation", issue_to_id=self.issue(), relation_type=kind)

    def delete_relation(self) -> None:
        self.server.delete(f"/relations/{self.one('select id from issue_relations order by id')}.json")

    def watch(self) -> None:
        person = self.one("select id from users where type = 'User' and status = 1 order by id")
        self.server.ask("POST", f"/issues/{self.issue()}/watchers.json", {"user_id": person})

    def unwatch(self) -> None:
        found = "select watchable_id, user_id from watchers where watchable_type = 'Issue' order by id"
        issue, person = self.one(found)
        self.server.delete(f"/issues/{issue}/watchers/{person}.json")

    def edit_note(self) -> None:
        number = self.one("select id from journals where notes <> '' order by id")
        self.server.ask("PUT", f"/journals/{number}.json", {"journal": {"notes": self.text(20)}})

    def delete_note(self) -> None:
        number = self.one("select id from journals where notes <> '' order by id")
        self.server.ask("PUT", f"/journals/{number}.json", {"journal": {"notes": ""}})

    def attach(self) -> None:
        self.person().change(f"/issues/{self.issue()}.json", "issue", uploads=[self.file()])

    def rename_attachment(self) -> None:
        number = self.one("select id from attachments where container_id is not null order by id")
        fields = {"filename": f"renamed-{self.random.randrange(1000)}.bin", "description": self.text()}
        self.server.ask("PATCH", f"/attachments/{number}.json", {"attachment": fields})

    def delete_attachment(self) -> None:
        number = self.one("select id from attachments where container_id is not null order by id")
        self.server.delete(f"/attachments/{number}.json")

    def log_time(self) -> None:
        issue = self.issue()
        fields = {"issue_id": issue, "hours": self.random.randint(1, 40) / 4, "activity_id": self.random.choice((8, 9))}
        self.person().make("/time_entries.json", "time_entry", comments=self.text(), spent_on="2026-11-02", **fields)

    def edit_time(self) -> None:
        number = self.one("select id from time_entries order by id")
        self.server.change(f"/time_entries/{number}.json", "time_entry", hours=self.random.randint(1, 40) / 4)

    def delete_time(self) -> None:
        self.server.delete(f"/time_entries/{self.one('select id from time_entries order by id')}.json")

    def make_version(self, project: int | None = None) -> None:
        name = f"v{self.random.randrange(10_000)}"
        path = f"/projects/{project or self.project()}/versions.json"
        self.server.make(
            path, "version", name=name, sharing=self.random.choice(("none", "system")), description=self.text()
        )

    def edit_version(self) -> None:
        number = self.one("select id from versions order by id")
        self.server.change(f"/versions/{number}.json", "version", description=self.text(), due_date="2027-01-31")

    def delete_version(self) -> None:
        """Delete one, when nothing is assigned to it any more: the server asks for that."""
        number = self.one(
            "select id from versions where id not in"
            " (select container_id from attachments where container_type = 'Version') order by id"
        )
        for issue in self.rows("select id from issues where fixed_version_id = ? order by id", number):
            self.server.change(f"/issues/{issue}.json", "issue", fixed_version_id="")
        self.server.delete(f"/versions/{number}.json")

    def make_category(self, project: int | None = None) -> None:
        path = f"/projects/{project or self.project()}/issue_categories.json"
        self.server.make(path, "issue_category", name=f"c{self.random.randrange(10_000)}")

    def rename_category(self) -> None:
        number = self.one("select id from issue_categories order by id")
        self.server.change(
            f"/issue_categories/{number}.json", "issue_category", name=f"r{self.random.randrange(10_000)}"
        )

    def delete_category(self) -> None:
        self.server.delete(f"/issue_categories/{self.one('select id from issue_categories order by id')}.json")

    def change_roles(self) -> None:
        number = self.one("select id from members order by id")
        roles = self.random.choice(([3], [4], [3, 5]))
        self.server.change(f"/memberships/{number}.json", "membership", role_ids=roles)

    def leave(self) -> None:
        self.server.delete(f"/memberships/{self.one('select id from members order by id')}.json")

    def write_wiki(self, project: int | None = None) -> None:
        at = project or self.project()
        titles = self.rows(
            "select p.title from wiki_pages p join wikis w on w.id = p.wiki_id where w.project_id = ? order by p.id", at
        )
        fields = {"text": self.text(60), "comments": self.text()}
        if titles:
            fields["parent_title"] = self.random.choice(titles)
        title = f"Seite_{self.random.randrange(10_000)}" if titles else "Wiki"
        self.person().ask("PUT", f"/projects/{at}/wiki/{title}.json", {"wiki_page": fields})

    def edit_wiki(self) -> None:
        page = "select w.project_id, p.title from wiki_pages p join wikis w on w.id = p.wiki_id order by p.id"
        project, title = self.one(page)
        fields: dict[str, Any] = {"text": self.text(60), "comments": self.text()}
        if self.random.random() < 0.3:
            fields["uploads"] = [self.file()]
        self.person().ask("PUT", f"/projects/{project}/wiki/{title}.json", {"wiki_page": fields})

    def delete_wiki(self) -> None:
        project, title = self.one(
            "select w.project_id, p.title from wiki_pages p join wikis w on w.id = p.wiki_id"
            " where p.title <> 'Wiki' order by p.id"
        )
        self.server.delete(f"/projects/{project}/wiki/{title}.json")

    def write_news(self, project: int | None = None) -> None:
        fields = {"title": self.text()[:60], "summary": self.text(), "description": self.text(40)}
        self.server.ask("POST", f"/projects/{project or self.project()}/news.json", {"news": fields})

    def edit_news(self) -> None:
        number = self.one("select id from news order by id")
        self.server.ask("PUT", f"/news/{number}.json", {"news": {"description": self.text(40)}})

    def comment_on_news(self) -> None:
        person = self.one("select id from users where type = 'User' and status = 1 order by id")
        self.server.comment_on_news(self.one("select id from news order by id"), person, self.text(20))

    def delete_news(self) -> None:
        self.server.delete(f"/news/{self.one('select id from news order by id')}.json")

    def add_file(self, project: int | None = None) -> None:
        self.server.ask("POST", f"/projects/{project or self.project()}/files.json", {"file": self.file()})

    def edit_project(self) -> None:
        self.server.change(
            f"/projects/{self.project()}.json", "project", description=self.text(30), homepage="https://x.y"
        )

    def rename_person(self) -> None:
        number = self.one("select id from users where type = 'User' and login like 'person%' order by id")
        self.server.change(f"/users/{number}.json", "user", lastname=self.text(1))

    def rename_status(self) -> None:
        """As an administrator does in the browser: no request renames a status."""
        name = f"Status {self.random.randrange(10_000)}"
        self.server.sql("update issue_statuses set name = ? where id = ?", name, self.random.randint(1, 6))
