"""Chinese is the language templates are written in; other languages are `.po` catalogues read when the app starts.

No compile step: the `.po` file is the catalogue. A text without a translation shows in Chinese; a test finds all such.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, redirect, request
from flask_babel import Babel, Domain, get_locale  # type: ignore[import-untyped]
from werkzeug.wrappers import Response

from shared.errors import NotFound
from shared.http.roles import open_to_all

COOKIE = "springrain_language"
YEAR = 365 * 24 * 3600
NAMES = {"zh_CN": "中文", "en": "English"}


class Catalogues(Domain):  # type: ignore[misc]
    """The texts of every language, in memory; a service's own come after the kit's and win."""

    def __init__(self, folders: Sequence[Path], languages: Sequence[str]) -> None:
        super().__init__()
        self._by_language = {Locale.parse(code): read_catalogue(folders, code) for code in languages}
        self._chinese = NullTranslations()

    def get_translations(self) -> NullTranslations:
        """The texts of this request's language; the source texts outside any request."""
        return self._by_language.get(get_locale(), self._chinese)


def read_catalogue(folders: Sequence[Path], language: str) -> Translations:
    """All `<folder>/<language>/LC_MESSAGES/messages.po` as one. A folder without that file adds nothing."""
    whole = Translations()
    whole.plural = lambda count: int(count != 1)
    whole._catalog = {}
    for path in (folder / language / "LC_MESSAGES" / "messages.po" for folder in folders):
        if path.exists():
            whole._catalog.update(_compiled(path)._catalog)
    return whole


def _compiled(path: Path) -> Translations:
    with path.open("rb") as source:
        catalogue = read_po(source, abort_invalid=True)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled)


@dataclass(frozen=True, slots=True)
class Choice:
    """One language the reader may switch to, and the address that does it."""

    code: str
    name: str
    href: str


def choose(languages: Sequence[str]) -> Callable[[], str]:
    """How a request's language is found: `?lang=`, then the cookie, then the first of the list (Chinese)."""

    def chosen() -> str:
        for wish in (request.args.get("lang"), request.cookies.get(COOKIE)):
            if wish in languages:
                return str(wish)
        return languages[0]

    return chosen


def install_languages(app: Flask, service: str, folders: Sequence[Path], languages: Sequence[str]) -> None:
    """Babel with our catalogues, the switch at `/pages/<service>/language`, and what the layout asks."""
    babel = Babel(app, default_locale=languages[0], default_timezone="Asia/Shanghai", locale_selector=choose(languages))
    babel.domain_instance = Catalogues(folders, languages)
    address = f"/pages/{service}/language"
    app.add_url_rule(address, f"{service}_language", open_to_all(lambda: switch(languages)), methods=["GET"])
    by_locale = {Locale.parse(code): code for code in languages}
    app.jinja_env.globals["language"] = lambda: by_locale.get(get_locale(), languages[0])
    app.jinja_env.globals["languages"] = lambda: [_choice(app, service, code) for code in languages]


def _choice(app: Flask, service: str, code: str) -> Choice:
    query = urlencode([pair for pair in request.args.items(multi=True) if pair[0] != "lang"])
    here = request.path + ("?" + query if query else "") if request.method == "GET" else "/"
    return Choice(code, NAMES.get(code, code), app.url_for(f"{service}_language", to=code, next=here))


def switch(languages: Sequence[str]) -> Response:
    """Remember the language of `?to=` for a year and go back to `?next=`. Raises NotFound for one we do not have."""
    wanted = request.args.get("to", "")
    if wanted not in languages:
        raise NotFound("no such language")
    answer = redirect(local_path(request.args.get("next", "/")), 303)
    answer.set_cookie(COOKIE, wanted, max_age=YEAR, httponly=True, samesite="Lax", secure=request.is_secure)
    return answer


def local_path(wish: str) -> str:
    """The wish if it is a path on this host, else `/`: nobody is sent to a stranger's page through ours."""
    parts: Any = urlsplit(wish)
    strange = any(ord(sign) < 32 for sign in wish) or "\\" in wish or wish.startswith("//")
    return "/" if strange or parts.scheme or parts.netloc or not wish.startswith("/") else wish
