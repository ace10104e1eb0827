"""Sessions: a sign-in lasts 12 hours of machine time at most; its token 5 minutes, renewed while the session stands.

A session holds no more than account and times. It tells no event: what somebody did and looked at does.
"""

from dataclasses import dataclass
from datetime import timedelta

from services.registry.desk import Desk, Doc
from services.registry.passwords import Passwords
from services.registry.store import ACCOUNTS, SESSIONS
from shared.access import Principal, Role
from shared.errors import Unauthenticated
from shared.ids import new_id
from shared.tokens import LIFETIME, TokenMaker

SESSION = timedelta(hours=12)
SERVICES = ("registry", "scheduler", "notifier", "audit")


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A fresh token and whose it is."""

    token: str
    expires_in: int
    principal: Principal


@dataclass(frozen=True)
class Door:
    """Lets accounts in. Thread-safe."""

    desk: Desk
    passwords: Passwords
    tokens: TokenMaker

    def sign_in(self, name: str, password: str) -> SignedIn:
        """A new session. Raises Unauthenticated, the same for an unknown name, a wrong password and an ended account."""
        account = self.desk.database[ACCOUNTS].find_one({"name": {"$eq": name.strip().lower()}, "ended": False})
        stored = account["password"] if account else None
        if not self.passwords.fits(stored, password) or account is None:
            raise Unauthenticated("name or password is wrong")
        now = self.desk.runtime.machine_clock.now()
        session = {"_id": new_id(), "account": account["_id"], "began_at": now, "ends_at": now + SESSION}
        self.desk.database[SESSIONS].insert_one(session)
        return self._let_in(account, session["_id"])

    def renew(self, expired: Principal) -> SignedIn:
        """A fresh token for a session that still stands. Raises Unauthenticated when it, or its account, has ended."""
        now = self.desk.runtime.machine_clock.now()
        asked = {"_id": expired.session, "account": expired.account, "ends_at": {"$gt": now}}
        session = self.desk.database[SESSIONS].find_one(asked)
        account = self.desk.database[ACCOUNTS].find_one({"_id": expired.account, "ended": False}) if session else None
        if account is None:
            raise Unauthenticated("this session has ended: sign in again")
        return self._let_in(account, expired.session)

    def sign_out(self, who: Principal) -> None:
        """End the session; its last token lives 5 minutes at most. May be called again."""
        self.desk.database[SESSIONS].delete_one({"_id": who.session, "account": who.account})

    def _let_in(self, account: Doc, session: str) -> SignedIn:
        role = Role(account["role"])
        principal = Principal(account["_id"], role, account["branch"], account["rights"], account["person"], session)
        return SignedIn(self.tokens.make(principal, SERVICES), LIFETIME, principal)
