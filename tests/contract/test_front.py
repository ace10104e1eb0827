"""The front's table and the routes of the four apps name the same resources: what has no line in it nobody can reach."""

import importlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from deploy.local.stack import Stack
from deploy.nginx.table import API, SHOWN_BY_ALL
from shared.app import SERVICES
from shared.sealing import create_master
from shared.tokens import create_token_keys
from tests.county import County
from tests.servers import Vhost

NOT_FROM_OUTSIDE = ("/health/", "/metrics")


@pytest.fixture
def county(stack: Stack, vhost: Vhost, database_name: str, tmp_path: Path) -> Iterator[County]:
    county = County(stack, vhost, database_name, tmp_path)
    if not (tmp_path / "border.key").exists():
        create_master(tmp_path / "border.key")
    if not (tmp_path / "tokens").exists():
        (tmp_path / "tokens").mkdir()
        create_token_keys(tmp_path / "tokens")
    yield county
    county.close()


def paths_of(app: Flask) -> list[str]:
    """Every path the app answers, those for the machine room apart."""
    return [rule.rule for rule in app.url_map.iter_rules() if not rule.rule.startswith(NOT_FROM_OUTSIDE)]


@pytest.mark.parametrize("service", SERVICES)
def test_each_path_of_a_service_is_one_the_front_sends_to_it(service: str, county: County) -> None:
    app: Flask = importlib.import_module(f"services.{service}.app").create_app(replace(county.settings, demo=False))
    resources = {path.split("/")[3] for path in paths_of(app) if path.startswith("/api/v1/")}
    assert sorted(resources) == sorted({*API[service], service})  # its own name: the description of its API
    if service != "registry":  # which gets whatever is left
        own = ("/api/v1/", f"/pages/{service}/", *SHOWN_BY_ALL, *(("/log/",) if service == "audit" else ()))
        assert [path for path in paths_of(app) if not path.startswith(own)] == []
