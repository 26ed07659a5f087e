"""Days of birth as people in Japan say them, and what follows from an age. Pure."""

from __future__ import annotations

import re
import unicodedata
from datetime import date

from library import dates
from library.errors import N_, Invalid

OLDEST = 125
OF_AGE = 18  # 民法 第4条
_ERAS: dict[str, tuple[date, date]] = {
    "明治": (date(1868, 1, 25), date(1912, 7, 29)),
    "大正": (date(1912, 7, 30), date(1926, 12, 24)),
    "昭和": (date(1926, 12, 25), date(1989, 1, 7)),
    "平成": (date(1989, 1, 8), date(2019, 4, 30)),
    "令和": (date(2019, 5, 1), date.max),
}
_LETTERS = dict(zip("mtshr", _ERAS, strict=True))
_ERA = re.compile(r"(明治|大正|昭和|平成|令和|[mtshr])\.?(?=[\d元])")
_SHORT_ERA = re.compile(r"^[明大昭平令](?=[\d元])")
_ERA_WITHOUT_POINTS = re.compile(r"([mtshr])(\d{2})(\d{2})(\d{2})")


def birth_date(written: str, *, today: date) -> date:
    """The day somebody was born, in Western years or those of an era (S45.3.2, 昭和45年3月2日, S450302).

    Raises Invalid for what is no day, a year its era did not have, a day to come, and one nobody alive was born on.
    """
    plain = re.sub(r"\s+", "", unicodedata.normalize("NFKC", written)).casefold().replace("・", ".")
    plain = _SHORT_ERA.sub(lambda found: next(name for name in _ERAS if name[0] == found[0]), plain)
    plain = _ERA_WITHOUT_POINTS.sub(r"\1\2.\3.\4", plain)
    day = dates.day(plain)
    if day is None:
        raise Invalid("birth_date_form", N_("生年月日が読めません。例: 1970-03-02、昭和45年3月2日、S45.3.2"), where="birth_date")
    era = _ERA.match(plain)
    if era:
        name = _LETTERS.get(era[1], era[1])
        first, last = _ERAS[name]
        if not first <= day <= last:
            raise Invalid(
                "era_has_no_such_day",
                N_("{era}にその日はありません。西暦では{year}年になります。確かめてください。"),
                where="birth_date",
                era=name,
                year=day.year,
            )
    if day > today:
        raise Invalid("birth_date_to_come", N_("生年月日が今日より後です。"), where="birth_date")
    if age(day, today) > OLDEST:
        raise Invalid("birth_date_too_early", N_("生年月日が{years}年より前です。確かめてください。"), where="birth_date", years=OLDEST)
    return day


def in_era(day: date) -> tuple[str, int]:
    """The era's name and the year in it: 昭和, 45."""
    name, (first, _) = next((item for item in _ERAS.items() if item[1][0] <= day <= item[1][1]), next(iter(_ERAS.items())))
    return name, day.year - first.year + 1


def age(birth: date, today: date) -> int:
    """In whole years on a day; who was born on 29 February is a year older on 1 March."""
    return today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day))


def school_year(today: date) -> int:
    """The calendar year of the April in which the current school year began."""
    return today.year if today.month >= 4 else today.year - 1


def is_child(birth: date, today: date) -> bool:
    """Whether somebody has not left elementary school: until the March after the twelfth birthday.

    A school year is of those born from 2 April to 1 April (学校教育法 第17条, 年齢計算ニ関スル法律).
    """
    born_in = birth.year if (birth.month, birth.day) >= (4, 2) else birth.year - 1
    return school_year(today) - born_in - 6 <= 6


def of_age_when_born_by(today: date) -> date:
    """The last birthday of those who are of age: nobody looks after them any more, or at what they read."""
    try:
        return today.replace(year=today.year - OF_AGE)
    except ValueError:  # 29 February
        return date(today.year - OF_AGE, 2, 28)


def years_later(day: date, years: int) -> date:
    """The last day of a term of whole years that begins on `day`."""
    try:
        end = day.replace(year=day.year + years)
    except ValueError:  # 29 February
        end = date(day.year + years, 3, 1)
    return date.fromordinal(end.toordinal() - 1)
