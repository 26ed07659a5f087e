"""Why a loan, a renewal or a hold is refused: values in, all reasons at once out. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from circulation.rules.policies import Terms
from circulation.rules.states import Whereabouts
from library.errors import N_


class Refusal(StrEnum):
    """A reason, each known by a code that never changes."""

    CARD_REVOKED = "card_revoked"
    NOT_A_MEMBER = "not_a_member"
    MEMBERSHIP_NOT_BEGUN = "membership_not_begun"
    MEMBERSHIP_ENDED = "membership_ended"
    LOANS_LIMIT = "loans_limit"
    MATERIAL_LIMIT = "material_limit"
    OVERDUE = "overdue"
    NOT_LENT = "not_lent"
    OWNER_DOES_NOT_LEND = "owner_does_not_lend"
    IN_LIBRARY_ONLY = "in_library_only"
    WITHDRAWN = "withdrawn"
    LENT_TO_THIS_READER = "lent_to_this_reader"
    LENT_TO_ANOTHER = "lent_to_another"
    SET_ASIDE = "set_aside"
    WANTED = "wanted"
    ON_DEPOSIT = "on_deposit"
    RENEWALS_USED = "renewals_used"
    NOT_LATER = "not_later"
    HOLDS_LIMIT = "holds_limit"
    NOT_HOLDABLE = "not_holdable"
    NOTHING_TO_LEND = "nothing_to_lend"
    ALREADY_ON_HOLD = "already_on_hold"
    ALREADY_LENT = "already_lent"
    PICKUP_NOT_POSSIBLE = "pickup_not_possible"
    TAKEN_MEANWHILE = "taken_meanwhile"


WORDS: dict[Refusal, str] = {
    Refusal.CARD_REVOKED: N_("このカードは使えなくなっています"),
    Refusal.NOT_A_MEMBER: N_("この館の利用者として登録されていません"),
    Refusal.MEMBERSHIP_NOT_BEGUN: N_("利用できるのは{day}からです"),
    Refusal.MEMBERSHIP_ENDED: N_("利用者登録の有効期限が{day}で切れています"),
    Refusal.LOANS_LIMIT: N_("貸出 {limit}点に達しています"),
    Refusal.MATERIAL_LIMIT: N_("この種類の資料は {limit}点までです"),
    Refusal.OVERDUE: N_("{days}日遅れている資料があります"),
    Refusal.NOT_LENT: N_("この種類の資料は貸し出していません"),
    Refusal.OWNER_DOES_NOT_LEND: N_("持ち主がこの利用者には貸し出していません（一般利用不可）"),
    Refusal.IN_LIBRARY_ONLY: N_("館内でだけ使える資料です"),
    Refusal.WITHDRAWN: N_("除籍した資料です"),
    Refusal.LENT_TO_THIS_READER: N_("もうこの人に貸し出しています"),
    Refusal.LENT_TO_ANOTHER: N_("ほかの人に貸出中のままです"),
    Refusal.SET_ASIDE: N_("予約した人のために取り置いています"),
    Refusal.WANTED: N_("予約した人が待っています"),
    Refusal.ON_DEPOSIT: N_("団体貸出中の資料です"),
    Refusal.RENEWALS_USED: N_("延長は {limit}回までです"),
    Refusal.NOT_LATER: N_("延長しても返す日が変わりません"),
    Refusal.HOLDS_LIMIT: N_("予約 {limit}点に達しています"),
    Refusal.NOT_HOLDABLE: N_("この種類の資料は予約できません"),
    Refusal.NOTHING_TO_LEND: N_("予約して借りられる資料がありません"),
    Refusal.ALREADY_ON_HOLD: N_("もう予約しています"),
    Refusal.ALREADY_LENT: N_("もう借りています"),
    Refusal.PICKUP_NOT_POSSIBLE: N_("この館では受け取れません"),
    Refusal.TAKEN_MEANWHILE: N_("予約した人が待っているため、延長できません"),
}

# What a librarian may decide against, with a reason that is kept.
OVERRIDABLE = frozenset(
    {
        *(Refusal.LOANS_LIMIT, Refusal.MATERIAL_LIMIT, Refusal.OVERDUE, Refusal.NOT_LENT, Refusal.IN_LIBRARY_ONLY),
        *(Refusal.LENT_TO_ANOTHER, Refusal.SET_ASIDE, Refusal.WANTED, Refusal.RENEWALS_USED, Refusal.TAKEN_MEANWHILE),
        *(Refusal.HOLDS_LIMIT, Refusal.MEMBERSHIP_ENDED),
    }
)


@dataclass(frozen=True)
class Reason:
    """A refusal with the figures its sentence names."""

    refusal: Refusal
    limit: int | None = None
    days: int | None = None
    day: date | None = None

    @property
    def overridable(self) -> bool:
        return self.refusal in OVERRIDABLE


class Override(StrEnum):
    """Preset reasons for deciding against a refusal."""

    READER_PRESENT = "reader_present"  # 予約者本人・家族と確かめた
    RETURNED_UNSCANNED = "returned_unscanned"  # 返却処理もれ
    RENEWED_AT_DESK = "renewed_at_desk"  # その場で更新した
    PROMISED = "promised"  # 返却の約束がある
    CLASS_WORK = "class_work"  # 授業・調べもの
    LIBRARIAN = "librarian"  # 責任者の判断


@dataclass(frozen=True)
class Standing:
    """How a reader stands with the organisation that lends. `lent_of_material` counts loans of the copy's material."""

    valid_from: date | None = None
    valid_to: date | None = None
    lent: int = 0
    lent_of_material: int = 0
    holds: int = 0
    oldest_due: date | None = None
    card_revoked: bool = False
    member: bool = True


@dataclass(frozen=True)
class Copy:
    """How a copy stands to one reader. `waiting` counts others' holds it could fill, `spare` other copies that could fill them."""

    whereabouts: Whereabouts = Whereabouts.ON_SHELF
    withdrawn: bool = False
    in_library_only: bool = False
    owner_lends: bool = True
    lent_to_reader: bool = False
    set_aside_for_reader: bool = False
    set_aside_for_another: bool = False
    deposit_is_here: bool = True
    waiting: int = 0
    spare: int = 0


def membership(standing: Standing, today: date) -> tuple[Reason, ...]:
    """Whether somebody is a reader today at all."""
    reasons = []
    if standing.card_revoked:
        reasons.append(Reason(Refusal.CARD_REVOKED))
    if not standing.member:
        return (*reasons, Reason(Refusal.NOT_A_MEMBER))
    if standing.valid_from is not None and standing.valid_from > today:
        reasons.append(Reason(Refusal.MEMBERSHIP_NOT_BEGUN, day=standing.valid_from))
    if standing.valid_to is not None and standing.valid_to < today:
        reasons.append(Reason(Refusal.MEMBERSHIP_ENDED, day=standing.valid_to))
    return tuple(reasons)


def overdue(standing: Standing, terms: Terms, today: date) -> tuple[Reason, ...]:
    """Loans and holds stop while something is late by the policy's days, counted from the day after it was due."""
    if standing.oldest_due is None or terms.overdue_block_days == 0:
        return ()
    days = (today - standing.oldest_due).days
    return (Reason(Refusal.OVERDUE, days=days),) if days >= terms.overdue_block_days else ()


def check_out(terms: Terms, standing: Standing, copy: Copy, *, today: date) -> tuple[Reason, ...]:
    """Every reason against lending this copy to this reader now; empty means lend."""
    reasons = [*membership(standing, today)]
    if copy.withdrawn:
        reasons.append(Reason(Refusal.WITHDRAWN))
    if copy.lent_to_reader:
        return (*reasons, Reason(Refusal.LENT_TO_THIS_READER))
    if copy.whereabouts is Whereabouts.ON_LOAN:
        reasons.append(Reason(Refusal.LENT_TO_ANOTHER))
    reasons += _copy_reasons(terms, copy)
    if standing.lent >= terms.loans_limit:
        reasons.append(Reason(Refusal.LOANS_LIMIT, limit=terms.loans_limit))
    if standing.lent_of_material >= terms.material_limit:
        reasons.append(Reason(Refusal.MATERIAL_LIMIT, limit=terms.material_limit))
    return (*reasons, *overdue(standing, terms, today))


def _copy_reasons(terms: Terms, copy: Copy) -> list[Reason]:
    reasons = []
    if not terms.lendable:
        reasons.append(Reason(Refusal.NOT_LENT))
    if not copy.owner_lends:
        reasons.append(Reason(Refusal.OWNER_DOES_NOT_LEND))
    if copy.in_library_only:
        reasons.append(Reason(Refusal.IN_LIBRARY_ONLY))
    if not copy.deposit_is_here:
        reasons.append(Reason(Refusal.ON_DEPOSIT))
    if copy.set_aside_for_another:
        reasons.append(Reason(Refusal.SET_ASIDE))
    elif not copy.set_aside_for_reader and copy.waiting > copy.spare:
        reasons.append(Reason(Refusal.WANTED))
    return reasons


def renewal(terms: Terms, standing: Standing, *, done: int, later: bool, wanted: bool, today: date) -> tuple[Reason, ...]:
    """Every reason against a renewal. `later`: the date would move; `wanted`: a hold waits that no other copy could fill."""
    reasons = [
        reason for reason in membership(standing, today) if not (reason.refusal is Refusal.MEMBERSHIP_ENDED and terms.renew_when_ended)
    ]
    if wanted:
        reasons.append(Reason(Refusal.TAKEN_MEANWHILE))
    if done >= terms.renewals:
        reasons.append(Reason(Refusal.RENEWALS_USED, limit=terms.renewals))
    elif not later:
        reasons.append(Reason(Refusal.NOT_LATER))
    return (*reasons, *overdue(standing, terms, today))


@dataclass(frozen=True)
class Title:
    """How a title stands to a reader who wants to wait for it. `lendable` counts copies that this reader could get."""

    lendable: int = 1
    on_hold: bool = False
    lent: bool = False
    pickup_possible: bool = True


def hold(terms: Terms, standing: Standing, title: Title, *, today: date) -> tuple[Reason, ...]:
    """Every reason against a hold."""
    reasons = [*membership(standing, today)]
    if not title.pickup_possible:
        reasons.append(Reason(Refusal.PICKUP_NOT_POSSIBLE))
    if title.on_hold:
        reasons.append(Reason(Refusal.ALREADY_ON_HOLD))
    if title.lent:
        reasons.append(Reason(Refusal.ALREADY_LENT))
    if not terms.holdable:
        reasons.append(Reason(Refusal.NOT_HOLDABLE))
    if not title.lendable:
        reasons.append(Reason(Refusal.NOTHING_TO_LEND))
    if standing.holds >= terms.holds_limit:
        reasons.append(Reason(Refusal.HOLDS_LIMIT, limit=terms.holds_limit))
    return (*reasons, *overdue(standing, terms, today))


AGE_BANDS = ((6, "0-6"), (12, "7-12"), (15, "13-15"), (18, "16-18"), (22, "19-22"), (29, "23-29"))


def age_band(born_on: date | None, today: date) -> str:
    """Ages as library statistics group them: school ages, then decades; "" when the birth date is unknown."""
    if born_on is None:
        return ""
    age = today.year - born_on.year - ((today.month, today.day) < (born_on.month, born_on.day))
    for last, band in AGE_BANDS:
        if age <= last:
            return band
    return "80-" if age >= 80 else f"{age // 10 * 10}-{age // 10 * 10 + 9}"


def days_late(due_at_day: date, today: date) -> int:
    """Whole days after the due day; 0 on the day itself."""
    return max((today - due_at_day) // timedelta(days=1), 0)
