"""The front's table and the routes of the four apps name the same resources: what has no line in it nobody can reach."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from deploy.local.stack import Stack
from deploy.nginx.table import API, SHOWN_BY_ALL
from shared.access import Role
from shared.app import SERVICES
from shared.http import endpoints
from shared.ids import new_id
from tests.county import County
from tests.servers import Vhost

NOT_FROM_OUTSIDE = ("/health/", "/metrics")
OF_AN_INSPECTOR = {
    "/api/v1/people/<id:person>/hold",
    "/api/v1/people/<id:person>/release",
    "/pages/registry/people",
    "/sign-out",
}
"""What is no GET beside the audit service: a search, so that no name stands in an address, and the legal hold."""


@pytest.fixture(scope="module")
def apps(stack: Stack, management: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, Flask]]:
    """The four apps of one county, as in production."""
    management.make_vhost("front")
    vhost, folder = Vhost("front", stack.rabbit.amqp_url_of("front")), tmp_path_factory.mktemp("front")
    county = County(stack, vhost, f"t{new_id()[-12:]}", folder)
    settings = replace(county.settings, demo=False)
    yield {service: county.app(service, settings) for service in SERVICES}
    county.close()
    management.drop_vhost("front")


def paths_of(app: Flask) -> list[str]:
    """Every path the app answers, those for the machine room apart."""
    return [rule.rule for rule in app.url_map.iter_rules() if not rule.rule.startswith(NOT_FROM_OUTSIDE)]


@pytest.mark.parametrize("service", SERVICES)
def test_each_path_of_a_service_is_one_the_front_sends_to_it(service: str, apps: Mapping[str, Flask]) -> None:
    app = apps[service]
    resources = {path.split("/")[3] for path in paths_of(app) if path.startswith("/api/v1/")}
    assert sorted(resources) == sorted({*API[service], service})  # its own name: the description of its API
    if service != "registry":  # which gets whatever is left
        own = ("/api/v1/", f"/pages/{service}/", *SHOWN_BY_ALL, *(("/log/",) if service == "audit" else ()))
        assert [path for path in paths_of(app) if not path.startswith(own)] == []


@pytest.mark.parametrize("service", [service for service in SERVICES if service != "audit"])
def test_an_inspector_changes_nothing_of_a_service(service: str, apps: Mapping[str, Flask]) -> None:
    changing = {each.rule for each in endpoints(apps[service]) if each.method != "GET" and Role.INSPECTOR in (each.roles or ())}
    assert changing - OF_AN_INSPECTOR == set()
