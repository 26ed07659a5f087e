"""The body of procedures: taken in from a file, written by the staff, read by viewers in their language."""

from __future__ import annotations

from datetime import date

import pytest

from circulation.policies import ruling
from circulation.policies.ruling import At
from library.db import Database
from library.errors import Conflict, Invalid, NotAllowed
from library.identity.roles import Grant, Role
from library.identity.viewer import STRANGER, Viewer
from search.procedures import answers, editing, exchange, store
from search.procedures.content import Button, Content, Text, behind, missing
from tests.world import World

TODAY = date(2026, 11, 24)


def librarian(world: World, organisation: str) -> Viewer:
    grant = Grant(Role.SCHOOL_LIBRARIAN, organisation_id=world.organisations[organisation])
    return Viewer(account_id=world.accounts["school_librarian"], grants=(grant,), organisation_ids=frozenset({grant.organisation_id or 0}))


async def begun(database: Database) -> exchange.Outcome:
    async with database.transaction() as session:
        return await exchange.bring(session, exchange.read(exchange.starting(), organisation="ward"), publish=True, by=None)


async def test_a_new_ward_starts_with_a_guide_in_four_languages_and_taking_it_in_again_changes_nothing(
    database: Database, world: World
) -> None:
    first = await begun(database)
    again = await begun(database)
    assert len(first.made) >= 25
    assert (again.made, again.changed, len(again.unchanged)) == ([], [], len(first.made))
    async with database.reading() as session:
        for language in ("ja", "en", "zh", "ko"):
            entries = await answers.all_for(session, viewer=STRANGER, language=language, on=TODAY)
            assert len(entries) == len(first.made)
            for entry in entries:
                assert entry.answer.is_translated
                assert "{" not in entry.answer.body_text
                assert entry.answer.body_html.startswith("<p>")
    many = next(entry for entry in entries if entry.key == "how-many-how-long")
    assert "30점까지 14일" in many.answer.body_text
    (found, *_) = answers.match(entries, "카드를 잃어버렸어요", "ko")
    assert found.entry.answer.title == "카드를 잃어버렸을 때"
    assert answers.match(entries, "공룡 책", "ko") == ()


async def test_what_is_exported_can_be_taken_in_unchanged(database: Database, world: World) -> None:
    await begun(database)
    for as_json in (False, True):
        async with database.reading() as session:
            written = await exchange.exported(session, as_json=as_json)
        async with database.transaction() as session:
            outcome = await exchange.bring(session, exchange.read(written.encode(), organisation="ward"), publish=False, by=None)
        assert (outcome.made, outcome.changed) == ([], [])
    changed = written.replace("利用者カードをつくる", "カードをつくる")
    async with database.transaction() as session:
        outcome = await exchange.bring(session, exchange.read(changed.encode(), organisation="ward"), publish=False, by=None)
        kept = {one.key: one for one in await store.kept(session)}
    assert outcome.changed == ["make-a-card"]
    assert (kept["make-a-card"].number, kept["make-a-card"].published) == (2, 1)
    assert behind(kept["make-a-card"].content) == ("en", "zh", "ko")


WRONG_FILES = {
    "not yaml": (b"- key: [", "procedures_file_unreadable"),
    "no list": (b"key: lost", "procedures_file_form"),
    "an unknown fact": ("- {key: a-b, texts: {ja: {title: あ, body: '{loans.limits}点'}}}".encode(), "procedures_file_wrong"),
    "an unknown branch's hours": ("- {key: a-b, texts: {ja: {title: あ, body: '{hours:nowhere}'}}}".encode(), "procedures_file_wrong"),
    "a script as a link": (
        "- {key: a-b, buttons: [{path: 'javascript:x', label: {ja: あ}}], texts: {ja: {title: あ, body: い}}}".encode(),
        "procedures_file_wrong",
    ),
    "another site without https": (
        "- {key: a-b, texts: {ja: {title: あ, body: '[x](http://example.com)'}}}".encode(),
        "procedures_file_wrong",
    ),
    "no Japanese": (b"- {key: a-b, texts: {en: {title: a, body: b}}}", "procedures_file_wrong"),
    "an unknown field": ("- {key: a-b, colour: red, texts: {ja: {title: あ, body: い}}}".encode(), "procedures_file_wrong"),
    "a key twice": (
        "- {key: a-b, texts: {ja: {title: あ, body: い}}}\n- {key: a-b, texts: {ja: {title: あ, body: い}}}".encode(),
        "procedures_file_wrong",
    ),
    "a key that is no address": ("- {key: A B, texts: {ja: {title: あ, body: い}}}".encode(), "procedures_file_wrong"),
    "a NUL": (b'[{"key": "a-b", "texts": {"ja": {"title": "a", "body": "b\\u0000"}}}]', "procedures_file_wrong"),
    "half a character": (b'[{"key": "a-b", "texts": {"ja": {"title": "a", "body": "b\\ud800"}}}]', "procedures_file_wrong"),
    "nobody's": ("- {key: a-b, organisation: nowhere, texts: {ja: {title: あ, body: い}}}".encode(), "procedures_file_wrong"),
}


@pytest.mark.parametrize("how", WRONG_FILES)
async def test_a_file_with_a_mistake_is_refused_whole_and_says_where(database: Database, world: World, how: str) -> None:
    data, code = WRONG_FILES[how]
    with pytest.raises(Invalid) as refused:
        async with database.transaction() as session:
            await exchange.bring(session, exchange.read(data, organisation="ward"), publish=True, by=None)
    assert refused.value.code == code
    if code == "procedures_file_wrong":
        assert all(problem.where.startswith("[") for problem in refused.value.problems)
    async with database.reading() as session:
        assert await store.kept(session) == ()


def said(body: str, **texts: Text) -> Content:
    return Content(texts={"ja": Text(title="図書室", body=body)} | texts, says={"ja": ("図書室のきまり",)})


async def test_a_schools_entry_is_for_its_people_and_stands_in_for_the_wards(database: Database, world: World) -> None:
    own = librarian(world, "school")
    async with database.transaction() as session:
        ward = await editing.make(session, organisation="ward", key="reading-room", content=said("区の席です。"), by=None)
        school = await editing.make(session, organisation="school", key="reading-room", content=said("{loans.limit}さつまで。"), by=own)
        for number in (ward, school):
            await editing.publish(session, number, by=None)
        with pytest.raises(NotAllowed):
            await editing.make(session, organisation="other_school", key="x-y", content=said("あ"), by=own)
        with pytest.raises(NotAllowed):
            await editing.publish(session, ward, by=own)
    async with database.reading() as session:
        (everybodys,) = await answers.all_for(session, viewer=STRANGER, language="ja", on=TODAY)
        (theirs,) = await answers.all_for(session, viewer=own, language="ja", on=TODAY)
    assert everybodys.answer.body_text == "区の席です。"
    assert theirs.answer.body_text == "30さつまで。"


async def test_a_figure_is_that_of_all_ward_libraries_or_from_the_least_to_the_most(database: Database, world: World) -> None:
    async with database.transaction() as session:
        number = await editing.make(
            session, organisation="ward", key="how-many", content=said("{loans.limit}点、{loans.days}日。"), by=None
        )
        await editing.publish(session, number, by=None)
        chuo, group = At(branch="chuo"), At(group="ward")
        await ruling.make_group(session, code="ward", name={"ja": "区立"}, by=None)
        await ruling.set_group(session, "ward", name={"ja": "区立"}, members=["chuo", "nishi", "joint"], by=None)
        await ruling.add(session, rule="loans_limit", value=20, at=group, note="", by=None)
        await ruling.add(session, rule="loan_days", value=21, at=chuo, note="", by=None)
        (shown,) = await answers.all_for(session, viewer=STRANGER, language="ja", on=TODAY)
        assert shown.answer.body_text == "20点、14–21日。"


async def test_drafts_and_days_decide_what_readers_see_and_versions_stay(database: Database, world: World) -> None:
    summer = Content(
        texts=said("夏だけ。").texts,
        valid_from=date(2026, 7, 20),
        valid_to=date(2026, 8, 31),
        buttons=(Button(path="/places", label={"ja": "館"}),),
    )
    async with database.transaction() as session:
        number = await editing.make(session, organisation="ward", key="summer", content=summer, by=None)
        assert await answers.all_for(session, viewer=STRANGER, language="ja", on=date(2026, 8, 1)) == ()
        await editing.publish(session, number, by=None)
        second = said("夏と冬。", en=Text(title="Reading room", body="Summer."))
        assert await editing.save(session, number, content=second, expected=1, by=None) == 2
        assert await editing.save(session, number, content=second, expected=2, by=None) == 2  # nothing new is no version
        with pytest.raises(Conflict):
            await editing.save(session, number, content=summer, expected=1, by=None)
    async with database.reading() as session:
        (shown,) = await answers.all_for(session, viewer=STRANGER, language="en", on=date(2026, 8, 31))
        assert (shown.answer.body_text, shown.answer.language, shown.answer.is_translated) == ("夏だけ。", "ja", False)
        assert await answers.all_for(session, viewer=STRANGER, language="ja", on=date(2026, 9, 1)) == ()
        kept = await store.one(session, number)
        assert kept.has_unpublished_changes
        assert missing(kept.content) == ("zh", "ko")
        assert [one.number for one in await store.versions(session, number)] == [2, 1]
    async with database.transaction() as session:
        await editing.withdraw(session, number, by=None)
        assert await answers.all_for(session, viewer=STRANGER, language="ja", on=date(2026, 8, 1)) == ()
