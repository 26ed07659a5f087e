"""What lending shows of a reader elsewhere: lines below the card, and a panel on the patron's page of the staff."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from circulation import ledger
from circulation.ledger import HoldLine, HoldState, LoanLine
from library import clock
from library.db import Reading
from library.errors import N_
from library.http.pages import url
from library.identity.card.lines import Line, Words
from library.identity.patrons.membership.panels import Panel
from library.identity.viewer import Viewer

PANEL = "circulation/reader/_panel.html"


async def card_lines(session: Reading, viewer: Viewer, person_id: int) -> Sequence[Line]:
    """What waits to be collected, what is lent, what is waited for; counts and days, no titles."""
    loans = await ledger.loans_of_persons(session, [person_id], now=clock.now())
    holds = await ledger.holds_of_persons(session, [person_id])
    href = url("/loans", person=person_id)
    ready = [line for line in holds if line.state is HoldState.READY]
    waiting = [line for line in holds if line.state is not HoldState.READY]
    lines = [_ready(ready, href) if ready else None, _lent(loans, href) if loans else None, _waiting(waiting, href) if waiting else None]
    return [line for line in lines if line is not None]


def _ready(holds: Sequence[HoldLine], href: str) -> Line:
    """Of several places the one whose time is over first."""
    first = min(holds, key=lambda line: line.pickup_until or date.max)
    words = Words(N_("取り置きの本が {count}点"), {"count": len(holds)}, many=N_("取り置きの本が {count}点"))
    assert first.pickup_until is not None  # set when it was put on the hold shelf
    detail = Words(N_("{branch}・{day}まで"), {"branch": first.pickup_name, "day": first.pickup_until})
    return Line(words, f"{href}#holds", detail, ("here", Words(N_("受け取り"))))


def _lent(loans: Sequence[LoanLine], href: str) -> Line:
    late = sum(1 for line in loans if line.days_late)
    words = Words(N_("借りている本 {count}点"), {"count": len(loans)}, many=N_("借りている本 {count}点"))
    if late:
        detail = Words(N_("{count}点が返す日をすぎています"), {"count": late}, many=N_("{count}点が返す日をすぎています"))
        return Line(words, f"{href}#loans", detail, ("wait", Words(N_("返す"))))
    return Line(words, f"{href}#loans", Words(N_("いちばん近い返す日 {day}"), {"day": loans[0].due_on}))


def _waiting(holds: Sequence[HoldLine], href: str) -> Line:
    words = Words(N_("予約 {count}点"), {"count": len(holds)}, many=N_("予約 {count}点"))
    places = [line.position for line in holds if line.position is not None]
    detail = Words(N_("いちばん前は {place}番目"), {"place": min(places)}) if places else Words(N_("用意しています"))
    return Line(words, f"{href}#holds", detail, ("wait", Words(N_("順番待ち") if places else N_("まもなく"))))


async def panel(session: Reading, viewer: Viewer, patron_id: int) -> Panel:
    """Loans and holds of one membership; that somebody looked is written down by the page."""
    loans = await ledger.loans_of_patrons(session, [patron_id], now=clock.now())
    holds = await ledger.holds_of_patrons(session, [patron_id])
    return Panel(N_("貸出と予約"), PANEL, {"loans": loans, "holds": holds, "State": HoldState})
