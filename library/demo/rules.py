"""The made-up ward's lending rules: its groups of branches and the rows that it would set, each with what it rests on."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text

from circulation.policies import ruling
from circulation.policies.ruling import At
from library.db import Writing
from library.demo.ward import Branch, BranchKind, Name, branches, organisations
from library.places.models import SchoolKind

WARD, ELEMENTARY, JUNIOR_HIGH = "ward-libraries", "elementary", "junior-high"
HOUSE = "見本の館則 第4条"
AUDIOVISUAL = "見本の取扱要領: 視聴覚資料"
SCHOOL = "見本の学校図書館の決まり"
JOINT = "共用の館でも、学校の児童・生徒には学校の決まりで貸す"


@dataclass(frozen=True)
class Ruled:
    """One row to be set."""

    rule: str
    value: int | bool
    at: At
    note: str


def groups() -> dict[str, tuple[Name, tuple[str, ...]]]:
    """Code → name and branches. A school of both stages lends as junior high schools do."""
    kinds = {one.code: one.school for one in organisations()}

    def alone(kind: SchoolKind) -> tuple[str, ...]:
        return tuple(
            one.code
            for one in branches()
            if one.kind is BranchKind.SCHOOL_LIBRARY and _stage({kinds[owner] for owner, _ in one.organisations}) is kind
        )

    public = tuple(one.code for one in branches() if one.kind is not BranchKind.SCHOOL_LIBRARY)
    return {
        WARD: (Name("区立図書館", "クリツ トショカン", "Ward libraries"), public),
        ELEMENTARY: (Name("小学校図書館", "ショウガッコウ トショカン", "Elementary school libraries"), alone(SchoolKind.ELEMENTARY)),
        JUNIOR_HIGH: (Name("中学校図書館", "チュウガッコウ トショカン", "Junior high school libraries"), alone(SchoolKind.JUNIOR_HIGH)),
    }


def _stage(kinds: set[SchoolKind | None]) -> SchoolKind:
    return SchoolKind.JUNIOR_HIGH if SchoolKind.JUNIOR_HIGH in kinds else SchoolKind.ELEMENTARY


def rows() -> tuple[Ruled, ...]:
    """Thirty copies for two weeks at the ward's libraries, a few books at schools; what is not said is as the service comes."""
    ward = At(group=WARD)
    return (
        Ruled("loan_days", 14, ward, HOUSE),
        Ruled("loans_limit", 30, ward, HOUSE),
        Ruled("renewals", 1, ward, "次の予約がないとき、1回だけ"),
        Ruled("renewal_days", 14, ward, "延長した日から数える"),
        Ruled("holds_limit", 20, ward, "見本の取扱要領: 予約"),
        Ruled("pickup_days", 7, ward, "見本の取扱要領: 予約"),
        Ruled("overdue_block_days", 30, ward, "見本の取扱要領: 督促"),
        Ruled("retention_days", 1, At(), "次の開館日が終わるまで。付属資料や忘れ物の問い合わせのため"),
        *(row for material in ("sound", "video") for row in _audiovisual(material)),
        *_school(At(group=ELEMENTARY), pupils=3, note=SCHOOL),
        *_school(At(group=JUNIOR_HIGH), pupils=5, note=SCHOOL),
        *(row for one in branches() if one.kind is BranchKind.JOINT_USE for row in _joint(one)),
    )


def _audiovisual(material: str) -> tuple[Ruled, ...]:
    at = At(group=WARD, material=material)
    return (
        Ruled("loan_days", 7, at, AUDIOVISUAL),
        Ruled("material_limit", 5, at, AUDIOVISUAL),
        Ruled("renewals", 0, at, AUDIOVISUAL),
    )


def _school(at: At, *, pupils: int, note: str) -> tuple[Ruled, ...]:
    """Of a group of schools, or of a school inside a joint-use branch, for its own members only."""
    pupil, teacher = At(at.branch, at.group, "pupil"), At(at.branch, at.group, "teacher")
    return (
        Ruled("loans_limit", pupils, pupil, note),
        Ruled("loan_days", 14, pupil, note),
        Ruled("renewals", 1, pupil, note),
        Ruled("loans_limit", 10, teacher, note),
        Ruled("loan_days", 30, teacher, "授業の準備のため"),
        Ruled("renewals", 1, teacher, note),
    )


def _joint(branch: Branch) -> tuple[Ruled, ...]:
    kinds = {one.code: one.school for one in organisations()}
    stage = _stage({kinds[owner] for owner, _ in branch.organisations})
    return _school(At(branch=branch.code), pupils=5 if stage is SchoolKind.JUNIOR_HIGH else 3, note=JOINT)


async def rule(session: Writing) -> None:
    """Makes the groups and sets the rows, as an administrator would."""
    for code, (name, members) in groups().items():
        await ruling.make_group(session, code=code, name={"ja": name.ja, "en": name.en}, by=None)
        await ruling.set_group(session, code, name={"ja": name.ja, "en": name.en}, members=members, by=None)
    for one in rows():
        await ruling.put(session, rule=one.rule, value=one.value, at=one.at, note=one.note, by=None)
    admin = "(SELECT id FROM account WHERE login = 'admin.1')"
    await session.execute(text(f"UPDATE lending_policy SET changed_by = {admin} WHERE changed_by IS NULL"))  # noqa: S608 - a constant
