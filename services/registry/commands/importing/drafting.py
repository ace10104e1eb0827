"""Rows become drafts: new people with their relatives, mended ones with what changed. Reads nothing, writes nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, count
from typing import Any

from services.registry.commands.importing.drafts import RECIPIENT, RELATIVE, VOLUNTEER, Draft, Plan
from services.registry.commands.importing.known import Known
from services.registry.desk import Desk, Doc
from services.registry.model.bands import NONE, band_of, is_minor
from services.registry.model.offer import offer_of
from services.registry.model.person_content import (
    Content,
    birth_of,
    categories_of,
    content_of,
    kin_content,
    mended,
    relative_content,
)
from services.registry.model.relations import Presence
from services.registry.model.risk import LOWEST, risk_of
from services.registry.model.roster_faults import TO_MEND, FaultKind, RosterFault
from services.registry.model.roster_rows import RosterRelative, RosterRow
from services.registry.model.search import forms_of
from services.registry.model.text import name_key
from services.registry.queries.branches import Places
from services.registry.store import KINSHIPS
from services.registry.store.sealed import opened
from shared.ids import new_id


@dataclass
class Drafting:
    """Drafts one batch. `home` is the branch of rows whose village nobody knows, `faults` those of the file by row."""

    desk: Desk
    places: Places
    known: Known
    home: str
    faults: Mapping[tuple[str, int], Sequence[RosterFault]]
    plan: Plan = field(init=False)
    _relatives: dict[str, Draft] = field(default_factory=dict)
    _row_keys: set[str] = field(init=False)

    def __post_init__(self) -> None:
        self.plan = Plan(self.known.seen)
        self._row_keys = {person["row_key"] for person in self.known.people.values()}

    def add(self, row: RosterRow) -> None:
        """Draft a row's person and everybody who belongs to them."""
        found = self.known.find(row)
        if found is not None and found["state"] != "known":
            self.plan.refused += 1  # an erased person is not registered again by an old workbook
            return
        if found is not None and not self.known.in_scope(found):
            self.plan.refused += 1
            self.plan.elsewhere.append((row.sheet, row.row))
            return
        draft = self._person(row, found)
        self.plan.rows.append((row.sheet, row.row, draft.id))
        for relative in row.relatives:
            self._relative(draft, relative)
        if row.volunteer:
            self._volunteer(draft, row)
        if row.child and row.child.wish and (draft.id, row.child.wish) not in self.known.wishes:
            doc = {"_id": new_id(), "revision": 1, "branch": draft.doc["branch"], "child": draft.id}
            self.plan.wishes.append(Draft(doc, {"wish": row.child.wish}, draft.id))

    def _person(self, row: RosterRow, found: Doc | None) -> Draft:
        fresh = content_of(row)
        wrong = {fault.kind.value for fault in self.faults.get((row.sheet, row.row), ()) if fault.severity == TO_MEND}
        if self.known.id_taken(row, found["_id"] if found else ""):
            fresh.pop("id_number", None)
            wrong.add(FaultKind.MAYBE_DUPLICATE.value)
        content = mended(self.known.contents[found["_id"]], fresh) if found else fresh
        opens = self._open_fields(row, content, found)
        keys = self.known.hashes(row)
        if found is None:
            person = new_id()
            doc = {"_id": person, "revision": 1, "state": "known", "series": self._series(row), "row_key": self._own(keys[0])}
            draft = Draft(doc | opens | self._found_by(content, keys), content, person)
            self.plan.people[draft.id] = draft
            self.plan.registered += 1
        else:
            draft = self._changed(found, content, opens, keys)
        draft.doc["to_mend"] = sorted(wrong)
        if found is None or found.get("to_mend") != draft.doc["to_mend"]:
            self.plan.to_mend[draft.id] = draft.doc["to_mend"]
        return draft

    def _changed(self, found: Doc, content: Content, opens: Doc, keys: Sequence[str]) -> Draft:
        """The person as they are now; written and told only when that is not what is known."""
        keys = list(dict.fromkeys((*found["row_keys"], *keys)))
        doc = {**found, **opens, **self._found_by(content, keys), "revision": found["revision"] + 1}
        draft = Draft(doc, content, found["_id"], found["revision"])
        same = all(found[name] == value for name, value in opens.items())
        _unprove(doc, self.known.contents[found["_id"]], content)
        if not same or content != self.known.contents[found["_id"]]:
            self.plan.people[draft.id] = draft
            self.plan.changed += 1
        return draft

    def _open_fields(self, row: RosterRow, content: Content, found: Doc | None) -> Doc:
        village = self.places.by_code.get(row.village)
        branch = village["branch"] if village else found["branch"] if found else self.home
        if row.volunteer:
            opens = {"minor": False, "care": "none", "band": NONE, "risk": LOWEST, "no_adult": False, "home": False}
            return {"branch": branch, "kinds": ["volunteer"], **opens}
        if found is not None and found["care"] == "ended":  # a clerk ended it: an older roster does not begin it again
            kept = ("kinds", "minor", "care", "band", "risk", "no_adult", "home")
            return {"branch": branch, **{name: found[name] for name in kept}}
        child, categories = row.child is not None, categories_of(content)
        alone = self._alone(row, found)
        return {
            "branch": branch,
            "kinds": ["child" if child else "elder"],
            "minor": child and is_minor(birth_of(content), self.desk.today()),
            "care": "active",
            "band": band_of(child, categories),
            "risk": risk_of([note.category for note in row.categories], alone),
            "no_adult": alone,
            "home": True,
        }

    def _alone(self, row: RosterRow, found: Doc | None) -> bool:
        """Nobody is mended by a roster (rule 5); whom a clerk saw at home, and the roster does not name, is still there."""
        said = bool(row.child and row.child.no_adult_in_house)
        if found is None or found["no_adult"] or not said:
            return said or bool(found and found["no_adult"])
        seen = found.get("adult_seen", {}).get("kinship", "")
        kin = next((one for one in self.known.kinships if one["_id"] == seen), None)
        if kin is None or kin["may_know"] == "must_never":
            return True
        name = name_key(self.known.contents[kin["relative"]].get("name", ""))
        presence = opened(self.desk.sealer, KINSHIPS, kin, kin["relative"]).get("presence")
        return presence != "home" or name in {name_key(one.name) for one in row.relatives}

    def _found_by(self, content: Content, keys: Sequence[str]) -> Doc:
        look = [self.desk.hash(kind, form) for kind, form in forms_of(content)]
        return {"look": sorted(set(look)), "row_keys": list(keys)}

    def _own(self, key: str) -> str:
        """A key nobody else has: those whom only a person can tell apart get a running sign behind it."""
        signs = chain((key,), (f"{key}#{n}" for n in count(2)))
        own = next(one for one in signs if one not in self._row_keys)
        self._row_keys.add(own)
        return own

    def _series(self, row: RosterRow) -> str:
        here = self.places.by_path.get(self.home)
        code = row.village[:9] or (here["code"][:9] if here else "000000")
        return f"{code}-{VOLUNTEER if row.volunteer else RECIPIENT}"

    def _relative(self, person: Draft, relative: RosterRelative) -> None:
        kin = self.known.kin_of(person.id, relative)
        there = self.known.people[kin["relative"]] if kin else self.known.relative(relative)
        draft = self._relative_person(person, relative, there)
        if kin is None and any(k.doc["relative"] == draft.id and k.doc["recipient"] == person.id for k in self.plan.kinships):
            return
        self._kinship(person, draft, relative, kin)

    def _relative_person(self, person: Draft, relative: RosterRelative, there: Doc | None) -> Draft:
        keys = self.known.relative_hashes(relative)
        drafted = next((self._relatives[key] for key in keys if key in self._relatives), None)
        if drafted is None:
            drafted = self._known_relative(there) if there else self._new_relative(person)
        at_home = relative.presence is Presence.HOME or bool(drafted.doc.get("home"))
        content = mended(drafted.content, relative_content(relative))
        keys = list(dict.fromkeys((*drafted.doc.get("row_keys", ()), *keys)))
        if drafted.was and not self.known.in_scope(drafted.doc):
            return drafted  # known in another township: belongs here as well, and is changed there only
        if content != drafted.content or at_home != drafted.doc.get("home") or not drafted.was:
            if drafted.was == drafted.doc["revision"]:
                drafted.doc["revision"] += 1
            self.plan.people[drafted.id] = drafted
        _unprove(drafted.doc, drafted.content, content)
        drafted.content = content
        drafted.doc.update(self._found_by(content, keys), home=at_home)
        self._relatives.update((key, drafted) for key in keys)
        return drafted

    def _new_relative(self, person: Draft) -> Draft:
        code = str(person.doc.get("series") or person.doc["number"]).split("-", 1)[0]
        opens: dict[str, Any] = {"minor": False, "care": "none", "band": NONE, "risk": LOWEST, "no_adult": False}
        doc = {"_id": new_id(), "revision": 1, "state": "known", "branch": person.doc["branch"], "kinds": ["relative"]}
        more = {"series": f"{code}-{RELATIVE}", "row_key": "", "to_mend": [], "contact": "unproven"}
        return Draft({**doc, **opens, **more}, {}, doc["_id"])

    def _known_relative(self, there: Doc) -> Draft:
        return Draft(dict(there), self.known.contents[there["_id"]], there["_id"], there["revision"])

    def _kinship(self, person: Draft, relative: Draft, told: RosterRelative, kin: Doc | None) -> None:
        content = kin_content(told)
        if kin is None:
            doc = {"_id": new_id(), "revision": 1, "branch": person.doc["branch"], "recipient": person.id}
            more = {"relative": relative.id, "call_order": told.order, "may_know": "may"}
            self.plan.kinships.append(Draft({**doc, **more}, content, relative.id))
            return
        known = opened(self.desk.sealer, KINSHIPS, kin, kin["relative"])
        content = mended(known, content)
        if content != known or kin["call_order"] != told.order:
            doc = {**kin, "call_order": told.order, "revision": kin["revision"] + 1}
            self.plan.kinships.append(Draft(doc, content, relative.id, kin["revision"]))

    def _volunteer(self, person: Draft, row: RosterRow) -> None:
        offer, village = offer_of(row), self.places.by_code.get(row.village)
        where = village or self.places.by_path.get(self.home)
        fresh: Doc = {
            "branch": person.doc["branch"],
            "places": [] if offer.no_place_only or where is None else [where["_id"]],
            "place_code": "" if offer.no_place_only or where is None else where["code"],
            "no_place_only": offer.no_place_only,
            "days": list(offer.days),
            "visits_a_month": offer.visits_a_month,
            "households": offer.households,
        }
        there = self.known.volunteers.get(person.id)
        if there is None:
            doc = {"_id": new_id(), "revision": 1, "person": person.id, "state": "active", **fresh}
            self.plan.volunteers.append(Draft(doc, person.content, person.id))
        elif person.id in self.plan.people or any(there[name] != value for name, value in fresh.items()):
            doc = {**there, **fresh, "revision": there["revision"] + 1}
            self.plan.volunteers.append(Draft(doc, person.content, person.id, there["revision"]))


def _unprove(doc: Doc, known: Content, content: Content) -> None:
    """A changed phone is unproven again (docs/domain.md, rule 10)."""
    if content.get("phones") != known.get("phones"):
        doc["contact"] = "unproven"
        doc.pop("contact_until", None)
