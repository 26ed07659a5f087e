"""What kinds, grades, circles and states of book lists are called on a page."""

from __future__ import annotations

from library.errors import N_
from search.lists.rules import Circle, Grade, Kind, Standing

KINDS: dict[Kind, str] = {
    Kind.DISPLAY: N_("展示"),
    Kind.GRADE: N_("学年のおすすめ"),
    Kind.THEME: N_("テーマ"),
    Kind.NEW: N_("新着紹介"),
}
GRADES: dict[Grade, str] = {
    Grade.LOWER: N_("小学校 低学年"),
    Grade.MIDDLE: N_("小学校 中学年"),
    Grade.UPPER: N_("小学校 高学年"),
    Grade.JUNIOR_HIGH: N_("中学生"),
}
CIRCLES: dict[Circle, str] = {
    Circle.EVERYONE: N_("だれでも見られる"),
    Circle.OWN: N_("この館・学校の人だけ"),
}
STANDINGS: dict[Standing, str] = {
    Standing.DRAFT: N_("下書き"),
    Standing.COMING: N_("公開まち"),
    Standing.CURRENT: N_("公開中"),
    Standing.ENDED: N_("終わり"),
}
MARKS: dict[Standing, str] = {  # the sign beside it: its shape and colour
    Standing.DRAFT: "none",
    Standing.COMING: "wait",
    Standing.CURRENT: "here",
    Standing.ENDED: "away",
}
