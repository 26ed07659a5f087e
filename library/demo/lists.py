"""Book lists of the made-up ward and of two of its schools, and a search that a reader has saved."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

from sqlalchemy import text

from library import clock
from library.db import Writing
from library.demo.life.stories import BUSY, cast
from library.demo.people import population
from search.lists.models import BookList, BookListLine
from search.saved.models import SavedSearch

WEEKS = 3  # that a display stands
# As many as the saved search finds new, told on the card from the first day: at night they are counted by the index.
_NEW = text(
    "SELECT least(100, count(*)) FROM record r WHERE r.audience = 'children' AND r.created_at >= :since AND EXISTS"
    " (SELECT FROM item i JOIN branch_organisation b ON b.branch_id = i.branch_id WHERE i.record_id = r.id AND b.role = 'ward_library')"
)

# A school librarian edits what stands in the school's library.
_SCHOOL_LIBRARIES = text(
    "SELECT o.code, min(bo.branch_id) AS branch_id FROM branch_organisation bo JOIN organisation o ON o.id = bo.organisation_id"
    " WHERE bo.role = 'school_library' GROUP BY o.code"
)


@dataclass(frozen=True)
class Told:
    """A list as it is told: `books` are titles with why to read them; `begins` and `lasts` in days from today."""

    organisation: str
    kind: str
    title: dict[str, str]
    words: dict[str, str]
    books: dict[str, str]
    branch: str | None = None
    grade: str | None = None
    audience: str = "everyone"
    place: dict[str, str] = field(default_factory=lambda: {"ja": ""})
    begins: int = -7
    lasts: int | None = None


def lists(first_school: str, second_school: str) -> tuple[Told, ...]:
    """Two of the ward and two of schools."""
    return (
        Told(
            "ward",
            "theme",
            {"ja": "星をみあげる夜に", "en": "For nights under the stars"},
            {"ja": "空気のすむ季節に、声に出しても楽しい物語をえらびました。", "en": "Stories to read aloud in the clear air of winter."},
            {
                "銀河鉄道の夜": "夜の列車が銀河をわたります。何度読んでも、ちがう駅でおりたくなる本です。",
                "よだかの星": "星になった鳥の、短くて強いお話。",
                "双子の星": "星の子のきょうだいが、笛をふいて夜をすごします。",
                "風の又三郎": "風といっしょに来た転校生。秋のおわりに。",
                "セロ弾きのゴーシュ": "真夜中のけいこに、つぎつぎとお客が来ます。",
            },
        ),
        Told(
            "ward",
            "display",
            {"ja": "ねこといぬの文学", "en": "Cats and dogs in literature"},
            {"ja": "入口の展示台で、実物をならべています。", "en": "On the table by the entrance."},
            {
                "吾輩は猫である": "名前のないねこが、人間を見ています。",
                "注文の多い料理店": "二匹の犬が、さいごにものを言います。",
                "猫の事務所": "かま猫の机のとなりに座ってみてください。",
                "どんぐりと山猫": "おかしなはがきが届いたら、山へ。",
            },
            branch=BUSY,
            place={"ja": "1階 入口", "en": "Ground floor, entrance"},
            lasts=WEEKS * 7,
        ),
        Told(
            first_school,
            "grade",
            {"ja": "1・2年生に 読んでほしい本", "en": "For grades 1 and 2"},
            {"ja": "朝の読みきかせで 人気だった本です。", "en": "Favourites of our morning readings."},
            {
                "手袋を買いに": "こぎつねの まちがえた手は どっち？",
                "ごん狐": "ごんの気もちを かんがえてみよう。",
                "雪渡り": "かたゆきかんこ しみゆきしんこ。",
                "赤い蝋燭と人魚": "すこし こわくて きれいな おはなし。",
            },
            grade="lower",
        ),
        Told(
            second_school,
            "grade",
            {"ja": "高学年のチャレンジ読書", "en": "A challenge for grades 5 and 6"},
            {"ja": "みじかいけれど、読みごたえのある名作です。", "en": "Short, and worth the effort."},
            {
                "走れメロス": "友だちを信じるとは。",
                "蜘蛛の糸": "地獄の底から一本の糸。",
                "杜子春": "お金と幸せについて考える。",
                "山月記": "なぜ虎になったのだろう。",
            },
            grade="upper",
            audience="own",
        ),
    )


async def write(session: Writing, seed: int) -> None:
    """In the tables as they would stand if the staff had made them a week ago."""
    people = cast(population(seed))
    today = clock.now().date()
    organisations = {row.code: row.id for row in await session.execute(text("SELECT code, id FROM organisation"))}
    branches = {row.code: row.id for row in await session.execute(text("SELECT code, id FROM branch"))}
    libraries = {row.code: row.branch_id for row in await session.execute(_SCHOOL_LIBRARIES)}
    for told in lists(people.pupil_school, people.child_school):
        row = BookList(
            organisation_id=organisations[told.organisation],
            branch_id=branches[told.branch] if told.branch else libraries.get(told.organisation),
            kind=told.kind,
            title=told.title,
            words=told.words,
            place=told.place,
            audience=told.audience,
            grade=told.grade,
            state="published",
            shown_from=today + timedelta(days=told.begins),
            shown_to=today + timedelta(days=told.lasts) if told.lasts else None,
            published_at=clock.now() + timedelta(days=told.begins),
        )
        session.add(row)
        await session.flush()
        await _fill(session, row.id, told.books)
    await _saved(session, people.resident, today)


async def _fill(session: Writing, list_id: int, books: dict[str, str]) -> None:
    """Of several editions the one in most copies; a title that is not there is left out."""
    found = await session.execute(
        text(
            "SELECT DISTINCT ON (r.title) r.title, r.id FROM record r LEFT JOIN item i ON i.record_id = r.id"
            " WHERE r.title = ANY(:titles) GROUP BY r.id ORDER BY r.title, count(i.id) DESC, r.id"
        ),
        {"titles": list(books)},
    )
    records = {row.title: row.id for row in found}
    for place, (title, note) in enumerate(books.items()):
        if title in records:
            session.add(BookListLine(list_id=list_id, record_id=records[title], position=place, note={"ja": note}))


async def _saved(session: Writing, card: str, today: date) -> None:
    """What came in during the last half year is new to the resident of the tour."""
    account = await session.scalar(text("SELECT id FROM account WHERE login = :card"), {"card": card})
    now, seen_on = clock.now(), today - timedelta(days=180)
    asked = {"where": ["ward"], "audience": ["children"]}
    if account is not None:
        session.add(
            SavedSearch(
                account_id=account,
                name="区立図書館の こどもの本",
                asked=asked,
                tells=True,
                seen_on=seen_on,
                arrived=await session.scalar(_NEW, {"since": seen_on - timedelta(days=1)}) or 0,
                created_at=now,
                used_at=now,
            )
        )
