"""A planner elsewhere: its words count only where they rest on what it was shown, and nothing that identifies a reader reaches it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from library.db import Database
from library.identity.viewer import STRANGER
from library.settings import Settings
from library.wiring import Parts
from search.chat.conversation import Listener, Speaker, answer
from search.chat.elsewhere import planner
from search.chat.elsewhere.endpoint import Endpoint
from search.chat.elsewhere.planner import Elsewhere
from search.chat.elsewhere.translating import in_japanese
from tests.integration.search.conftest import Books
from tests.standins.chat.server import KEY, StandIn, running


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    with running() as server:
        yield server


async def test_only_words_that_rest_on_the_sources_are_told(
    database: Database, settings: Settings, parts: Parts, books: Books, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planner, "TOTAL", 1.0)
    used: dict[str, str] = {}
    for model in ("honest", "invents", "invents-a-record", "invents-a-rule", "obeys-a-title", "malformed", "hangs"):
        elsewhere = Elsewhere(Endpoint(stand_in.url, model, KEY), database, parts.searched, settings)
        found = await answer(Listener(database, parts.searched, settings, elsewhere), "虫の本ありますか", Speaker(STRANGER))
        used[model] = found.plan.planner
        assert [one.title for one in found.reply.records] == ["森の虫たち"]
        assert "example.com" not in found.reply.text
        assert "だれも書かなかった" not in found.reply.text
    assert used == dict.fromkeys(used, "rules") | {"honest": "endpoint"}
    wrong_key = Elsewhere(Endpoint(stand_in.url, "honest", "other"), database, parts.searched, settings)
    found = await answer(Listener(database, parts.searched, settings, wrong_key), "虫の本ありますか", Speaker(STRANGER))
    assert found.plan.planner == "rules"


async def test_what_identifies_a_reader_never_leaves(
    database: Database, settings: Settings, parts: Parts, books: Books, stand_in: StandIn
) -> None:
    elsewhere = Elsewhere(Endpoint(stand_in.url, "honest", KEY), database, parts.searched, settings, names=("森 はなこ",))
    listener = Listener(database, parts.searched, settings, elsewhere)
    said = "はなこです。カードは１０００-００００-０１、電話 03-1234-5678、a.b@example.jp。虫の本ありますか"
    found = await answer(listener, said, Speaker(STRANGER))
    for own in ("借りている本はいつまで？", "予約の順番は？", "職員に聞きたい", "死にたい"):
        assert (await answer(listener, own, Speaker(STRANGER, context=found.context))).plan.planner == "rules"
    heard = str([body["messages"] for body in stand_in.heard])
    assert stand_in.heard
    for secret in ("はなこ", "1000", "1234", "example.jp", "借りている本", "予約の順番", "死にたい"):
        assert secret not in heard


async def test_the_staff_gets_a_translation_where_it_comes(stand_in: StandIn) -> None:
    assert await in_japanese(Endpoint(stand_in.url, "translates", KEY), "I lost my card") == "日本語にしたもの"
    assert await in_japanese(Endpoint(stand_in.url, "malformed", KEY), "I lost my card") == ""
