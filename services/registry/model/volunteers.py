"""Kinds of volunteers, and in which province an enterprise volunteer works: rosters' words as data."""

from enum import StrEnum


class VolunteerType(StrEnum):
    """docs/domain.md, volunteer; RESIDENT is anybody else who helps."""

    PARTY_MEMBER = "party_member"
    CADRE = "cadre"
    VETERAN_MEMBER = "veteran_member"
    TEACHER = "teacher"
    STUDENT = "student"
    YOUTH = "youth"
    ENTERPRISE = "enterprise"
    RESIDENT = "resident"


BY_POLITICS: dict[str, VolunteerType] = {
    "中共党员": VolunteerType.PARTY_MEMBER,
    "党员": VolunteerType.PARTY_MEMBER,
    "预备党员": VolunteerType.PARTY_MEMBER,
    "中共预备党员": VolunteerType.PARTY_MEMBER,
    "老党员": VolunteerType.VETERAN_MEMBER,
    "共青团员": VolunteerType.YOUTH,
    "团员": VolunteerType.YOUTH,
}
PROVINCES: tuple[tuple[str, str], ...] = (  # what a company's name says, and the first two digits of its province
    ("进贤", "36"),
    ("南昌", "36"),
    ("江西", "36"),
    ("晋江", "35"),
    ("厦门", "35"),
    ("福建", "35"),
    ("昆山", "32"),
    ("苏州", "32"),
    ("江苏", "32"),
    ("义乌", "33"),
    ("宁波", "33"),
    ("杭州", "33"),
    ("浙江", "33"),
    ("上海", "31"),
    ("东莞", "44"),
    ("深圳", "44"),
    ("佛山", "44"),
    ("广州", "44"),
    ("广东", "44"),
)


def province_of(company: str) -> str:
    """Two digits, or "" when the company's name does not say where it is: then no place is taken for granted."""
    return next((code for place, code in PROVINCES if place in company), "")
