"""Puts the page kit into a service's Flask app: one call, everything passed in, nothing made at import."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask, request
from flask_babel import gettext, ngettext  # type: ignore[import-untyped]
from jinja2 import BaseLoader, ChoiceLoader, FileSystemLoader

from shared.access import Principal
from shared.errors import Forbidden, Unauthenticated
from shared.pages import moments, navigation
from shared.pages.border import install_border
from shared.pages.event_words import EVENT_WORDS
from shared.pages.faces import FAULTS
from shared.pages.languages import install_languages
from shared.pages.navigation import Doors, Link
from shared.pages.words import WORDS, Words, joined, look_up

HERE = Path(__file__).parent
DAY = 24 * 3600


@dataclass(frozen=True, slots=True)
class Office:
    """Who answers for the data and where to call back: on every page (Children's rules of 2019). Demo values."""

    name: str = "春雨工作办公室"
    person_in_charge: str = "演示负责人"
    phone: str = "0000-0000000"


def install(
    app: Flask,
    *,
    service: str,
    front_links: Sequence[Link],
    folder: Path | None = None,
    rooms: Sequence[Path] = (),
    languages: Sequence[str] = ("zh_CN", "en"),
    words: Words | None = None,
    office: Office | None = None,
    doors: Doors | None = None,
    principal: Callable[[], Principal | None] | None = None,
    csrf_token: Callable[[], str] | None = None,
) -> None:
    """Give the app the kit: templates, `/static/`, languages, template globals, security headers, error pages.

    `folder` is the service's `pages/`: its `templates/` and `translations/` stand beside the kit's, as do those of `rooms`
    that several services show. `words` adds words of states. `principal` and `csrf_token` default to those of
    `shared/http/access.py`. Call it once, after `shared/http` made the app.
    """
    folders = [HERE, *rooms, *([folder] if folder else [])]
    whole_doors = doors or Doors()
    _install_templates(app, folders)
    _install_static(app)
    install_languages(app, service, [place / "translations" for place in folders], languages)
    _install_moments(app)
    who, token = _from_access(principal, csrf_token)
    whole_words = joined(WORDS, EVENT_WORDS, words or {})
    app.jinja_env.globals.update(
        service=service,
        office=office or Office(),
        doors=whole_doors,
        principal=who,
        csrf_token=token,
        word=lambda kind, value: look_up(whole_words, kind, value),
        fault_text=fault_text,
        role_name=lambda role: gettext(look_up(whole_words, "role", role).text),
        menu=lambda: navigation.links_for(front_links, who()),
        current_link=lambda: navigation.current(front_links, request.path),
    )
    install_border(app, whole_doors)


def _install_templates(app: Flask, folders: Sequence[Path]) -> None:
    already: list[BaseLoader] = [app.jinja_loader] if app.jinja_loader else []
    ours = [FileSystemLoader(folder / "templates") for folder in folders]
    app.jinja_loader = ChoiceLoader([*already, *reversed(ours)])
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True


def _install_static(app: Flask) -> None:
    app.static_folder = str(HERE / "static")
    if "static" not in app.view_functions:
        app.add_url_rule("/static/<path:filename>", endpoint="static", view_func=app.send_static_file)
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = DAY
    stamp = _stamp(HERE / "static")
    app.jinja_env.globals["static"] = lambda name: f"/static/{name}?v={stamp}"


def _stamp(folder: Path) -> str:
    """Changes when any file does: browsers keep files for a day and still never show an old one."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _install_moments(app: Flask) -> None:
    app.jinja_env.globals.update(
        t=gettext,
        county_time=moments.county_time,
        county_date=moments.county_date,
        machine_time=moments.machine_time,
        longest_first=longest_first,
        page_title=lambda text="": f"{text} · {gettext('春雨')}" if text else gettext("春雨"),
        days_text=lambda days: gettext("从未走访") if days is None else ngettext("%(num)s 天未走访", "%(num)s 天未走访", days),
    )


def longest_first(items: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Overdue lists: `urgent` before all, then never visited, then by `days` since the last visit.

    Sorting by days since the last visit is the one order with a randomised trial behind it (CHT's UHC mode).
    """

    def rank(item: dict[str, Any]) -> tuple[bool, bool, int]:
        return not item.get("urgent"), item.get("days") is not None, -(item.get("days") or 0)

    return sorted(items, key=rank)


def fault_text(fault: Any) -> str:
    """A fault (problem+json's or `shared.errors.Fault`) in the reader's language: what is wrong, then what to do."""
    told = fault if isinstance(fault, dict) else {"code": fault.code, "message": fault.message, "do": fault.do}
    if told.get("code") in FAULTS:
        return str(gettext(FAULTS[told["code"]]))
    return " ".join(str(gettext(text)) for text in (told.get("message"), told.get("do")) if text)


def _from_access(
    principal: Callable[[], Principal | None] | None, csrf_token: Callable[[], str] | None
) -> tuple[Callable[[], Principal | None], Callable[[], str]]:
    if principal is None or csrf_token is None:
        from shared.http import access  # only here: the kit also runs without the HTTP room, with both passed in

        principal, csrf_token = principal or access.principal, csrf_token or access.csrf_token
    asked, token = principal, csrf_token

    def who() -> Principal | None:
        try:
            return asked()
        except (Unauthenticated, Forbidden):  # a page that says "not allowed" must itself be shown
            return None

    return who, token
