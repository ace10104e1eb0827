"""What single rows say, whom they repeat, and how a row finds itself again."""

import pytest

from services.registry.model.relations import Presence
from services.registry.model.roster_same import Sameness, row_key, row_keys, same_person
from services.registry.roster.checking import check_file
from tests.unit.registry.roster_files import ELDER_TITLES, as_csv, as_xlsx, elder, elders, id_number, kinds, villages


def test_a_faultless_row_has_no_fault() -> None:
    assert elders(elder()).faults == ()


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        ({"姓名": " "}, "name_missing"),
        ({"姓名": "无"}, "name_missing"),
        ({"姓名": "林" * 200}, "name_missing"),
        ({"姓名": '=HYPERLINK("http://x")'}, "name_unlikely"),
        ({"性别": "女"}, "sex_conflict"),
        ({"身份证号码": ""}, "id_missing"),
        ({"身份证号码": "3.60124E+17"}, "id_float"),
        ({"身份证号码": id_number()[:-1] + "Y"}, "id_checksum"),
        ({"出生年月": "1951年5月"}, "birth_conflict"),
        ({"出生年月": "76岁"}, "birth_unreadable"),
        ({"村（居）": "没有这个村"}, "village_unknown"),
        ({"老人类别": "外星人"}, "category_unknown"),
        ({"子女联系电话": ""}, "phone_missing"),
        ({"子女联系电话": "1390000111"}, "phone_short"),
        ({"子女联系电话": "139000011112"}, "phone_unreadable"),
        ({"备注": "长" * 501}, "text_long"),
    ],
)
def test_one_bad_cell_is_one_fault(cells: dict[str, str], kind: str) -> None:
    report = elders(elder(**cells))
    assert kinds(report) == [(2, kind)]
    assert len(report.people) == (0 if kind == "name_missing" else 1)


def test_nothing_further_is_checked_on_a_number_whose_check_digit_fails() -> None:
    assert kinds(elders(elder(身份证号码=id_number()[:-1] + "Y", 性别="女"))) == [(2, "id_checksum")]


def test_a_relative_who_is_not_named_needs_no_phone() -> None:
    assert elders(elder(子女姓名="", 子女联系电话="")).faults == ()


def test_the_good_one_of_two_numbers_is_kept() -> None:
    report = elders(elder(子女联系电话="13900001111/1390000222"))
    assert kinds(report) == [(2, "phone_short")]
    assert [str(phone) for phone in report.people[0].relatives[0].phones] == ["13900001111"]


def test_unable_to_care_for_oneself_is_the_category_of_disabled_care() -> None:
    person = elders(elder(生活能否自理="不能", 备注="低保户，高血压")).people[0]
    assert [note.category for note in person.categories] == ["empty_nest", "minimum_income", "disabled_care"]


def test_where_a_relative_is_stays_unknown_unless_the_roster_says() -> None:
    assert elders(elder()).people[0].relatives[0].presence is Presence.UNKNOWN


def test_the_same_person_again_is_refused_however_the_name_is_spelled() -> None:
    for name in ("林 梅", "林\u200b梅", "\u202e林梅", "'林梅"):
        report = elders(elder(), elder(姓名=name, **{"村（居）": "前途村"}))
        assert kinds(report) == [(3, "duplicate_of_previous")], name


def test_the_same_person_without_an_id_number_is_known_by_a_relative_with_their_phone() -> None:
    assert kinds(elders(elder(), elder(身份证号码="")))[-1] == (3, "duplicate_of_previous")


def test_one_id_number_under_two_names_is_asked_and_not_merged() -> None:
    report = elders(elder(), elder(姓名="林玫"))
    assert kinds(report) == [(3, "maybe_duplicate")]
    assert [person.id_number is None for person in report.people] == [False, True]


def test_two_who_share_a_name_and_differ_in_their_id_numbers_are_two() -> None:
    assert elders(elder(), elder(身份证号码=id_number(serial="159"))).faults == ()


def test_two_of_one_name_in_one_village_are_asked_when_nothing_tells_them_apart() -> None:
    other = elder(身份证号码="", 出生年月="", 子女姓名="林山", 子女联系电话="13900002222")
    assert kinds(elders(elder(), other)) == [(3, "id_missing"), (3, "maybe_duplicate")]


def test_a_mended_row_shares_a_key_with_what_it_was() -> None:
    before, after = (elders(elder(身份证号码=number)).people[0] for number in ("", id_number()))
    assert set(row_keys(before)) & set(row_keys(after))
    assert same_person(before, after) is Sameness.SAME


def test_the_same_row_has_the_same_key_however_it_is_written() -> None:
    told = {row_key(elders(row).people[0]) for row in (elder(), elder(姓名="林 梅", 身份证号码=f"'{id_number()}"))}
    assert len(told) == 1


def test_a_volunteer_on_two_sheets_is_one_and_two_of_a_name_with_their_own_phones_are_two() -> None:
    members = [["姓名", "所属党支部", "手机号", "特长"], ["甲子", "新坪村党支部", "13900001111", "书法"]]
    staff = [["姓名", "企业名称", "电话", "特长"], ["甲子", "某厂", "139 0000 1111", ""], ["甲子", "某厂", "13900002222", ""]]
    report = check_file("文港镇.xlsx", as_xlsx(党员=members, 企业=staff), villages())
    assert [(fault.sheet, *at) for fault, at in zip(report.faults, kinds(report), strict=True)] == [
        ("企业", 2, "duplicate_of_previous")
    ]
    assert len(report.people) == 2


def test_five_thousand_rows_in_one_file_are_all_checked() -> None:
    rows = [elder(姓名=f"林{at}", 身份证号码="", 子女姓名=f"燕{at}") for at in range(5000)]
    report = check_file("老人.csv", as_csv([ELDER_TITLES, *rows]), villages())
    assert report.rows == 5000
