"""The made-up ward's guide: the body every new ward begins with, what one of its schools wrote for itself, and two questions."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import text

from library import clock
from library.db import Writing
from library.demo.ward import branches, organisations
from library.identity.viewer import STRANGER
from library.places.models import OrganisationKind
from search.procedures import editing, exchange
from search.procedures.content import Content, Text, Topic
from search.questions import worklist

LIBRARY_HOURS = Content(
    topic=Topic.SCHOOLS,
    texts={
        "ja": Text(
            title="図書室のつかいかた",
            body="朝の会のまえと、20分休み、昼休みにあいています。\n\n"
            "ひとり{loans.limit}さつまで、{loans.days}日間かりられます。かえすときは、カウンターのかごに入れてください。",
        )
    },
    says={"ja": ("図書室はいつあいていますか", "図書室のつかいかた", "図書室でなんさつかりられる")},
)

QUESTIONS = (
    ("むかし教科書にのっていた、きつねの話をさがしています。題がわかりません。", "ja", "03-0000-0000", branches()[0].code),
    ("I borrowed an audiobook but it does not play on my phone.", "en", "reader@example.com", None),
)

_CHECKED = text(
    "UPDATE procedure SET checked_by = 'ward_admin', checked_on = CASE WHEN key IN ('copying', 'group-loan') THEN CAST(:long_ago AS date)"
    " ELSE CAST(:lately AS date) END"
)


async def write(session: Writing) -> None:
    """Everything is published, as a ward would have it on its first day."""
    ward = next(one.code for one in organisations() if one.kind is OrganisationKind.WARD)
    await exchange.bring(session, exchange.read(exchange.starting(), organisation=ward), publish=True, by=None)
    school = next(one.code for one in organisations() if one.kind is OrganisationKind.SCHOOL)
    for said, language, contact, branch in QUESTIONS:
        await worklist.hand_over(session, said=said, language=language, contact=contact, branch=branch, viewer=STRANGER, key=b"demo")
    made = await editing.make(session, organisation=school, key="school-library", content=LIBRARY_HOURS, by=None)
    await editing.publish(session, made, by=None)
    await session.execute(
        _CHECKED, {"lately": clock.now().date() - timedelta(days=30), "long_ago": clock.now().date() - timedelta(days=400)}
    )
