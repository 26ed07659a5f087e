"""The tour of the made-up ward: for each kind of user the first five things to try, with examples that are there right now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from sqlalchemy import text

from library.db import Reading
from library.demo.life.stories import BUSY, Cast, cast
from library.demo.people import population
from library.demo.readers import sign_ins
from library.errors import N_

Examples = Mapping[str, str]


@dataclass(frozen=True)
class Step:
    """One thing to try: where, what it is called and what to look for. All three may name examples in braces."""

    path: str
    title: str
    words: str


@dataclass(frozen=True)
class Stop:
    """One kind of user: the sign-in by its kind in the list of sign-ins, and five steps."""

    key: str
    role: str
    lead: str
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Visitor:
    """A stop with somebody to sign in as."""

    stop: Stop
    login: str
    name: str


STOPS: tuple[Stop, ...] = (
    Stop(
        "resident",
        N_("区民の利用者"),
        N_("借りて、待って、受け取る人です。返すのが遅れている本も、用意できた本もあります。"),
        (
            Step("/loans", N_("借りている本を見る"), N_("1冊遅れていて、1冊は延長ずみです。まとめて延長してみてください。")),
            Step("/records/{queue}", N_("「{queue_title}」を予約する"), N_("{queue_waiting}人が待っています。何番目になるかが出ます。")),
            Step(
                "/search?q=ぎんがてつどうのよる", N_("ひらがなでさがす"), N_("「ぎんがてつどうのよる」で「銀河鉄道の夜」が見つかります。")
            ),
            Step("/card", N_("カードを画面に出す"), N_("カウンターで読み取れるバーコードです。")),
            Step("/places/hinata", N_("受け取る館の開館日を見る"), N_("学校のなかにある、ひなた台図書館です。")),
        ),
    ),
    Stop(
        "pupil",
        N_("小学生"),
        N_("小学1年生です。学校の本と区の本を、ひとつのカードで借りています。"),
        (
            Step("/loans", N_("借りている本を見る"), N_("学校の本と、区の図書館から学校へ向かっている本があります。")),
            Step("/search?q=きつね&where=own", N_("自分の学校でさがす"), N_("学校の棚にある本だけを見ます。")),
            Step(
                "/records/{ward_only}",
                N_("学校にない本を学校に届けてもらう"),
                N_("「{ward_only_title}」は区の図書館にあります。学校で受け取れます。"),
            ),
            Step("/browse/ndc/726.6", N_("えほんの棚を見る"), N_("題名を見て、表紙で選びます。")),
            Step("/card", N_("カードを画面に出す"), N_("学校でも区の図書館でも同じカードです。")),
        ),
    ),
    Stop(
        "guardian",
        N_("保護者"),
        N_("自分の本と、こどもの本をいっしょに見ます。"),
        (
            Step("/loans", N_("家族の本を見る"), N_("こどもの本が1冊遅れていて、予約した本が1冊用意できています。")),
            Step("/holds/new?record={queue}", N_("だれの予約にするかを選ぶ"), N_("「{queue_title}」を、こどもの名前で予約できます。")),
            Step("/card", N_("家族のカードを並べる"), N_("こどものカードも、この画面で読み取れます。")),
            Step("/search?q=kaze+no+matasaburo", N_("ローマ字でさがす"), N_("「風の又三郎」が見つかります。")),
            Step("/account", N_("ことばと受取館を決める"), N_("英語の画面にも変えられます。")),
        ),
    ),
    Stop(
        "desk",
        N_("カウンター"),
        N_("中央図書館のカウンターです。きょうの貸出と返却がもう並んでいます。"),
        (
            Step("/desk/{busy}?mode=lend", N_("本を貸す"), N_("カード {resident_card} を読み、つづけて {free_barcode} を読みます。")),
            Step("/desk/{busy}", N_("予約の入った本を返す"), N_("{wanted_barcode} を読むと、待っている人へ回ります。")),
            Step(
                "/desk/{busy}?mode=lend", N_("貸せないわけを見る"), N_("カード {stopped_card} の人には、1か月以上遅れている本があります。")
            ),
            Step("/desk/{busy}/hold-shelf", N_("予約棚を見る"), N_("きょうまでの取り置きと、取りに来る人の本です。")),
            Step("/desk/{busy}/pick", N_("棚から取る本を見る"), N_("ゆうべからの予約で、棚にある本です。")),
        ),
    ),
    Stop(
        "school librarian",
        N_("学校司書"),
        N_("小学校の図書館です。学校の本を貸し、区の本を受け取ります。"),
        (
            Step(
                "/desk/{school}?mode=lend",
                N_("児童に貸す"),
                N_("カード {pupil_card} を読み、つづけて {school_barcode} を読みます。上限は3冊です。"),
            ),
            Step(
                "/desk/{school}", N_("区から届いた本を受け取る"), N_("{coming_barcode} を読むと、予約した児童の本として予約棚に入ります。")
            ),
            Step("/desk/{school}/transits", N_("届く本を見る"), N_("どの館から、だれの予約で来るかがわかります。")),
            Step("/staff/patrons", N_("児童をさがす"), N_("名前のよみでも、カードの番号でもさがせます。")),
            Step("/staff/import/patrons", N_("名簿を取り込む"), N_("取り込む前に、何が変わるかを見られます。")),
        ),
    ),
    Stop(
        "cataloguer",
        N_("目録担当"),
        N_("区と学校の書誌をひとつにまとめる人です。"),
        (
            Step("/staff/catalogue?q={free_barcode}", N_("バーコードで書誌を開く"), N_("{free_barcode} の書誌と、ほかの所蔵が出ます。")),
            Step("/staff/records/{queue}", N_("「{queue_title}」を見る"), N_("どの送り手が何を言っているかを比べられます。")),
            Step("/staff/reviews", N_("同じ資料かどうかを決める"), N_("機械が決めなかったものだけが並びます。")),
            Step("/staff/records/new", N_("手入力で書誌を作る"), N_("見出しとよみを並べて入れます。")),
            Step("/staff/imports", N_("ファイルを取り込む"), N_("MARCや所蔵一覧を、途中からでも続けられます。")),
        ),
    ),
    Stop(
        "ward admin",
        N_("区の管理者"),
        N_("規則と職員を決める人です。"),
        (
            Step("/staff/policies", N_("貸出の規則を見る"), N_("館や学校のグループごとに、点数や日数を決めています。")),
            Step(
                "/staff/policies/explain?branch=hinata&category=pupil&material=book",
                N_("どの行が決めたかをたずねる"),
                N_("学校と共用の館で、児童に3冊まで貸すわけがわかります。"),
            ),
            Step("/staff/owners", N_("だれに見せ、だれに貸すかを決める"), N_("学校の本を区民に貸すかどうかは、学校ごとに決めます。")),
            Step("/staff/people", N_("職員と役割を見る"), N_("役割は、館や学校を限って与えます。")),
            Step("/staff/audit", N_("操作の記録を見る"), N_("規則を決めた記録も残っています。")),
        ),
    ),
)

_EXAMPLES = text(
    """
    WITH line AS (
        SELECT h.record_id, count(*) AS waiting FROM hold h
         WHERE h.closed_at IS NULL AND h.captured_item_id IS NULL
           AND NOT EXISTS (SELECT 1 FROM hold o JOIN patron p ON p.id = o.patron_id JOIN card c ON c.person_id = p.person_id
                            WHERE o.record_id = h.record_id AND c.number = ANY(:cards))
         GROUP BY h.record_id ORDER BY count(*) DESC, h.record_id LIMIT 1),
    free AS (
        SELECT i.*, b.code AS branch, o.kind FROM item i JOIN branch b ON b.id = i.branch_id JOIN organisation o ON o.id = i.organisation_id
         WHERE i.withdrawn_on IS NULL AND i.missing_since IS NULL AND NOT i.in_library_only
           AND NOT EXISTS (SELECT 1 FROM loan l WHERE l.item_id = i.id AND l.returned_at IS NULL)
           AND NOT EXISTS (SELECT 1 FROM hold h WHERE h.record_id = i.record_id AND h.closed_at IS NULL)
           AND NOT EXISTS (SELECT 1 FROM transit t WHERE t.item_id = i.id AND t.arrived_at IS NULL AND t.cancelled_at IS NULL))
    SELECT (SELECT record_id FROM line) AS queue, (SELECT waiting FROM line) AS queue_waiting,
           (SELECT title FROM record WHERE id = (SELECT record_id FROM line)) AS queue_title,
           (SELECT barcode FROM free WHERE branch = :busy AND kind = 'ward' AND length(barcode) > 6
             ORDER BY barcode LIMIT 1) AS free_barcode,
           (SELECT i.barcode FROM loan l JOIN item i ON i.id = l.item_id JOIN hold h ON h.record_id = i.record_id
             WHERE l.returned_at IS NULL AND h.closed_at IS NULL AND h.captured_item_id IS NULL AND length(i.barcode) > 6
             ORDER BY i.branch_id <> (SELECT id FROM branch WHERE code = :busy), i.barcode LIMIT 1) AS wanted_barcode,
           (SELECT c.number FROM loan l JOIN patron p ON p.id = l.patron_id JOIN card c ON c.person_id = p.person_id
             WHERE l.returned_at IS NULL AND p.category = 'resident' AND l.due_at < now() - interval '32 days'
             ORDER BY l.due_at, c.number LIMIT 1) AS stopped_card,
           (SELECT barcode FROM free WHERE branch = :school AND kind = 'school' ORDER BY barcode LIMIT 1) AS school_barcode,
           (SELECT i.barcode FROM hold h JOIN item i ON i.id = h.captured_item_id JOIN branch b ON b.id = h.pickup_branch_id
             WHERE b.code = :school AND h.closed_at IS NULL AND h.waiting_since IS NULL ORDER BY h.id LIMIT 1) AS coming_barcode,
           w.record_id AS ward_only, r.title AS ward_only_title
      FROM (SELECT record_id FROM free f WHERE kind = 'ward' AND location_mark IN ('K', 'E') AND NOT EXISTS
              (SELECT 1 FROM item i JOIN branch b ON b.id = i.branch_id WHERE i.record_id = f.record_id AND b.code = :school)
             ORDER BY barcode DESC LIMIT 1) w JOIN record r ON r.id = w.record_id
    """
)
NOTHING_THERE = "—"


async def examples(session: Reading, seed: int) -> Examples:
    """Cards, barcodes and titles that the steps name, as they are this minute; a dash for what nobody left to try."""
    who = _who(seed)
    asked = {"busy": BUSY, "school": who.pupil_school, "cards": sorted(who.cards)}
    row = (await session.execute(_EXAMPLES, asked)).mappings().first()
    found = {name: NOTHING_THERE if value is None else str(value) for name, value in dict(row or {}).items()}
    names = ("queue", "queue_waiting", "queue_title", "free_barcode", "wanted_barcode", "stopped_card", "school_barcode", "coming_barcode")
    missing = dict.fromkeys((*names, "ward_only", "ward_only_title"), NOTHING_THERE)
    return missing | found | {"busy": BUSY, "school": who.pupil_school, "resident_card": who.resident, "pupil_card": who.pupil}


@cache
def _who(seed: int) -> Cast:
    return cast(population(seed))


@cache
def visitors(seed: int) -> tuple[Visitor, ...]:
    """Every stop with its sign-in."""
    known = {one.kind: one for one in sign_ins(seed)}
    return tuple(Visitor(stop, known[stop.key].login, known[stop.key].name) for stop in STOPS)


async def login_of(session: Reading, account_id: int | None) -> str | None:
    """Whom this browser is signed in as."""
    found: str | None = await session.scalar(text("SELECT login FROM account WHERE id = :account"), {"account": account_id})
    return found
