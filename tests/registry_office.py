"""A registry of one small county for tests: its HTTP side, its desk, and somebody of each role signed in."""

import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openpyxl
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from services.registry.commands.branches import load_divisions
from services.registry.commands.install import install
from services.registry.desk import Desk, Doc, open_desk
from shared.access import Role
from shared.ids import new_id
from tests.county import County
from tests.told import told_events
from tests.unit.registry.roster_files import ELDER_TITLES, saved

ROOT = Path(__file__).parents[1]
PASSWORD = "spring rain 2026"
TOWNSHIP, OTHER_TOWNSHIP, VILLAGE = "360124103", "360124101", "360124103202"


@dataclass
class Office:
    """The registry of a test's county. `county` closes it."""

    county: County
    app: Flask
    desk: Desk
    tokens: dict[str, str] = field(default_factory=dict)

    @classmethod
    def open(cls, county: County, divisions: bool = True) -> "Office":
        """A county freshly installed, with its divisions when asked for."""
        desk = open_desk(county.service("registry"))
        install(desk, code="360124", name="进贤县", administrator="admin", password=PASSWORD)
        if divisions:
            load_divisions(desk, ROOT / "data/jinxian/townships.csv", ROOT / "data/jinxian/villages.csv")
        return cls(county, county.app("registry"), desk)

    def client(self) -> FlaskClient:
        """Somebody nobody signed in."""
        return self.app.test_client()

    def path(self, code: str) -> str:
        """The path of the branch with this administrative code."""
        row = self.desk.database["branches"].find_one({"code": code})
        assert row is not None
        return str(row["branch"])

    def branch_id(self, code: str) -> str:
        """Its id."""
        return self.path(code).rsplit("/", 1)[-1]

    def sign_in(self, name: str, password: str = PASSWORD) -> Doc:
        """The answer of a sign-in that must work."""
        answer = self.client().post("/api/v1/sign-ins", json={"name": name, "password": password})
        assert answer.status_code == 200, answer.text
        found: Doc = answer.get_json()
        return found

    def account(self, name: str, role: Role, code: str = "360124", person: str = "") -> Doc:
        """A new account that is signed in from now on as `name`."""
        body = {"name": name, "password": PASSWORD, "role": role.value, "branch": self.branch_id(code)}
        made = self.post("admin", "/api/v1/accounts", {**body, **({"person": person} if person else {})})
        assert made.status_code == 201, made.text
        found: Doc = made.get_json()
        return found

    def headers(self, name: str) -> dict[str, str]:
        """What a program of this account sends."""
        if name not in self.tokens:
            self.tokens[name] = self.sign_in(name)["token"]
        return {"Authorization": f"Bearer {self.tokens[name]}", "Idempotency-Key": new_id()}

    def get(self, name: str, path: str, **query: Any) -> TestResponse:
        """As this account."""
        return self.client().get(path, query_string=query, headers=self.headers(name))

    def post(self, name: str, path: str, body: Any, **headers: str) -> TestResponse:
        """As this account, with a fresh Idempotency-Key unless one is given."""
        return self.client().post(path, json=body, headers=self.headers(name) | headers)

    def upload(self, name: str, file: str, content: bytes, key: str = "") -> TestResponse:
        """A roster, as this account."""
        headers = self.headers(name) | ({"Idempotency-Key": key} if key else {})
        return self.client().post("/api/v1/rosters", data={"file": (io.BytesIO(content), file)}, headers=headers)

    def told(self, type_: str) -> list[Any]:
        """All events of this type that were told, in order."""
        return told_events(self.desk.database, type=type_)

    def browser(self, name: str) -> FlaskClient:
        """A browser that has signed in by the page."""
        client = self.client()
        answer = client.post("/sign-in", data={"name": name, "password": PASSWORD, "next": "/"})
        assert answer.status_code == 303, answer.text
        return client


def roster_of_elders(*rows: list[str]) -> bytes:
    """A small roster as 文港镇 would send it."""
    book = openpyxl.Workbook()
    page = book.worksheets[0]
    page.title = "老人"
    for row in (["文港镇老人花名册"], ELDER_TITLES, *rows):
        page.append(row)
    return saved(book)
