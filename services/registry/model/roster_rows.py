"""What one good row of a roster says, ready to be registered. Plain values that have checked themselves; no row of a
sheet is ever passed deeper than this."""

from dataclasses import dataclass, field

from services.registry.model.availability import FreeTime
from services.registry.model.categories import CategoryNote
from services.registry.model.day import Birth
from services.registry.model.id_number import IdNumber
from services.registry.model.needs import Ability, Need
from services.registry.model.phone import PhoneNumber
from services.registry.model.relations import Presence, Role, Standing
from services.registry.model.roster_columns import RosterKind
from services.registry.model.sex import Sex
from services.registry.model.volunteers import VolunteerType


@dataclass(frozen=True, slots=True)
class RosterRelative:
    """A named adult. `order` is whom to call first, from 1; a role OTHER is asked at the first visit."""

    name: str
    role: Role
    standing: Standing
    presence: Presence
    order: int
    phones: tuple[PhoneNumber, ...] = ()
    workplace: str = ""


@dataclass(frozen=True, slots=True)
class ElderPart:
    """What only the elders' roster tells."""

    ability: Ability | None = None
    needs: tuple[Need, ...] = ()
    difficulty: str = ""
    paired_member: str = ""


@dataclass(frozen=True, slots=True)
class ChildPart:
    """What only the children's roster tells. `no_adult_in_house`: nobody named lives at home as far as the roster says
    (no carer, parents away or unnamed): a same-day concern to village and township (docs/domain.md, rule 5), never mended
    by typing a name."""

    roster_id: str = ""
    school: str = ""
    wish: str = ""
    feelings: str = ""
    no_adult_in_house: bool = False


@dataclass(frozen=True, slots=True)
class VolunteerPart:
    """What only the volunteers' roster tells. `province` is two digits of the place where an enterprise volunteer
    works, "" when the company's name does not tell; an enterprise volunteer has no village of their own."""

    type: VolunteerType = VolunteerType.RESIDENT
    politics: str = ""
    branch: str = ""
    company: str = ""
    province: str = ""
    skills: tuple[str, ...] = ()
    free_time: FreeTime = field(default_factory=FreeTime)


@dataclass(frozen=True, slots=True)
class RosterRow:
    """One person of one row. `number` is the 春雨编号 of a correction workbook ("" in a roster as first sent), which
    decides who is meant; `village` is the code, "" when the words fit no village; a part is there for its own kind."""

    kind: RosterKind
    sheet: str
    row: int
    name: str
    number: str = ""
    sex: Sex | None = None
    birth: Birth | None = None
    id_number: IdNumber | None = None
    village: str = ""
    village_words: str = ""
    group: str = ""
    categories: tuple[CategoryNote, ...] = ()
    phones: tuple[PhoneNumber, ...] = ()
    relatives: tuple[RosterRelative, ...] = ()
    note: str = ""
    elder: ElderPart | None = None
    child: ChildPart | None = None
    volunteer: VolunteerPart | None = None
