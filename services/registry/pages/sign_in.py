"""/sign-in and /sign-out, and the beat that keeps an open page's session alive."""

from flask import Blueprint, Response, g, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from services.registry.commands.sessions import Door
from services.registry.pages.renewal import set_cookie
from shared.access import Role
from shared.errors import Unauthenticated
from shared.http import COOKIE, needs, open_to_all, principal
from shared.pages.languages import local_path


def blueprint(door: Door) -> Blueprint:
    """The views of signing in and out."""
    bp = Blueprint("sign_in_page", __name__)

    @bp.get("/sign-in")
    @open_to_all
    def form() -> AnyResponse | str:
        """The form; or straight back to where the browser came from, when its session still stands."""
        target = local_path(request.args.get("next", "/"))
        if "fresh_token" in g:  # renewed a moment ago, before the guard; the cookie goes out with this answer
            return redirect(target, 303)
        return render_template("registry/sign_in.html", next=target, wrong=False, name="")

    @bp.post("/sign-in")
    @open_to_all
    def sign_in() -> AnyResponse:
        """In, or the form again with one sentence that does not say which of the two was wrong."""
        target, name = local_path(request.form.get("next", "/")), request.form.get("name", "")
        try:
            token = door.sign_in(name[:100], request.form.get("password", "")[:200]).token
        except Unauthenticated:
            page = render_template("registry/sign_in.html", next=target, wrong=True, name=name[:100])
            return Response(page, 401, content_type="text/html; charset=utf-8")
        answer = make_response(redirect(target, 303))
        set_cookie(answer, token)
        return answer

    @bp.post("/sign-out")
    @needs(*Role)
    def sign_out() -> AnyResponse:
        """End the session and forget the cookie."""
        door.sign_out(principal())
        answer = make_response(redirect("/sign-in", 303))
        answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="Lax")
        return answer

    @bp.get("/session")
    @needs(*Role)
    def beat() -> AnyResponse:
        """204 with a fresh cookie: asked by open pages every few minutes, so that what is typed there can be sent."""
        if "fresh_token" not in g:
            g.fresh_token = door.renew(principal()).token
        return Response(status=204)

    return bp
