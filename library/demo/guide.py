"""The made-up ward's guide: the body every new ward begins with, and an entry that one of its schools wrote for itself."""

from __future__ import annotations

from library.db import Writing
from library.demo.ward import organisations
from library.places.models import OrganisationKind
from search.procedures import editing, exchange
from search.procedures.content import Content, Text, Topic

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


async def write(session: Writing) -> None:
    """Everything is published, as a ward would have it on its first day."""
    ward = next(one.code for one in organisations() if one.kind is OrganisationKind.WARD)
    await exchange.bring(session, exchange.read(exchange.starting(), organisation=ward), publish=True, by=None)
    school = next(one.code for one in organisations() if one.kind is OrganisationKind.SCHOOL)
    made = await editing.make(session, organisation=school, key="school-library", content=LIBRARY_HOURS, by=None)
    await editing.publish(session, made, by=None)
