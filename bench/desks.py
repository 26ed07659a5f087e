"""Readers, copies and a token for desks to lend with: each desk its own, numbered in a row so that pgbench can count them too."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import select, text

from library.db import Database, Writing
from library.identity.models import Account, AccountRole
from library.identity.roles import Permission, Role
from library.identity.signing_in import sessions

DESKS = 32
LOANS, ITEMS = 1_000, 500  # a reader with many loans, a title with many copies
PER_DESK = 4  # copies a desk scans in turn
FIRST = 800_000_000  # ids of everything here, far from all others
CARD, BARCODE = 7_000_000_000, 800_000_000_000
BUSY_READER, LARGE_TITLE = 1_000, 2_000  # places in the row, behind the desks' own


@dataclass(frozen=True)
class Desk:
    """One desk: who reads there and which copies it scans. Numbers follow from `place` alone."""

    place: int

    @property
    def branch(self) -> str:
        return f"bench-{self.place % 8}"

    @property
    def card(self) -> str:
        return str(CARD + self.place)

    def barcode(self, turn: int) -> str:
        return str(BARCODE + self.place + DESKS * (turn % PER_DESK))


async def open_desks(database: Database) -> str:
    """Fills the tables, once; returns the token of a librarian who may lend everywhere."""
    async with database.transaction() as session:
        account = await session.scalar(select(Account).where(Account.login == "bench-desk"))
        if account is None:
            await _places(session)
            await _books(session)
            await _readers(session)
            account = Account(login="bench-desk", display_name="bench", password_hash=None)
            session.add(account)
            await session.flush()
            session.add(AccountRole(account_id=account.id, role=Role.WARD_ADMIN.value))
        held = {Permission.LEND.value, Permission.OVERRIDE.value}
        _, secret = await sessions.create_token(
            session,
            account_id=account.id,
            name="bench",
            scopes=sorted(held),
            allowed=held,
            expires_at=datetime.now(UTC) + timedelta(days=1),
        )
    async with database.transaction() as session:
        await session.execute(text("ANALYZE"))
    return secret


async def _places(session: Writing) -> None:
    """Eight branches of the ward, open every day, with a few closed days: what a desk has to look through."""
    await session.execute(
        text(
            """
            INSERT INTO branch (id, code, number, name, reading, holds_stock, address, phone, timezone)
            SELECT :first + n, 'bench-' || n, 9000 + n, jsonb_build_object('ja', '計測館' || n), '', true, '', '', 'Asia/Tokyo'
              FROM generate_series(0, 7) n
            """
        ),
        {"first": FIRST},
    )
    await session.execute(
        text(
            """
            INSERT INTO branch_organisation (branch_id, organisation_id, role)
            SELECT :first + n, (SELECT id FROM organisation WHERE kind = 'ward' LIMIT 1), 'ward_library' FROM generate_series(0, 7) n
            """
        ),
        {"first": FIRST},
    )
    await session.execute(
        text(
            """
            INSERT INTO opening_hours (branch_id, weekday, opens, closes)
            SELECT :first + n, d, '09:00', '20:00' FROM generate_series(0, 7) n, generate_series(0, 6) d
            """
        ),
        {"first": FIRST},
    )
    await session.execute(
        text(
            """
            INSERT INTO closed_day (branch_id, first_day, last_day, yearly, reason)
            SELECT :first + n, current_date + 15 + 30 * k, current_date + 15 + 30 * k, false, '{"ja": "館内整理日"}'
              FROM generate_series(0, 7) n, generate_series(0, 11) k
            """
        ),
        {"first": FIRST},
    )
    rows = [("loans_limit", "100000", None), ("loan_days", "7", "sound"), ("loan_days", "7", "video"), ("renewals", "2", None)]
    for rule, value, material in rows:
        await session.execute(
            text("INSERT INTO lending_policy (rule, value, material, note) VALUES (:rule, CAST(:value AS jsonb), :material, '')"),
            {"rule": rule, "value": value, "material": material},
        )


async def _books(session: Writing) -> None:
    """A title for each copy a desk scans; one title with many copies; titles for the busy reader's loans."""
    count = DESKS * PER_DESK
    loans = f"SELECT generate_series(3000, {2999 + LOANS})"
    places = f"SELECT generate_series(0, {count - 1}) UNION ALL SELECT {LARGE_TITLE} UNION ALL {loans}"
    await session.execute(
        text(
            f"""
            INSERT INTO record (id, title, title_sort, volume, author, publisher, material, language, audience, ndc, description,
                                popularity, version)
            SELECT :first + n, '計測の本', '', '', '', '', 'book', 'jpn', '', '913.6', '{{"title": {{"main": "計測の本"}}}}', 0, 1
              FROM ({places}) p(n)
            """  # noqa: S608 - numbers of our own
        ),
        {"first": FIRST},
    )
    await session.execute(
        text(
            f"""
            INSERT INTO item (id, record_id, organisation_id, branch_id, barcode, location_mark, class_mark, author_mark, volume_mark,
                              in_library_only, damage, parts, note, version)
            SELECT :first + n, CASE WHEN n BETWEEN 10000 AND {9999 + ITEMS} THEN :first + {LARGE_TITLE} ELSE :first + n END,
                   (SELECT id FROM organisation WHERE kind = 'ward' LIMIT 1), :first + n % 8, (:barcode + n)::text, '', '913', '', '',
                   false, '', '', '', 1
              FROM (SELECT n FROM generate_series(0, {count - 1}) n UNION ALL SELECT generate_series(3000, {2999 + LOANS})
                    UNION ALL SELECT generate_series(10000, {9999 + ITEMS})) p(n)
            """  # noqa: S608 - numbers of our own
        ),
        {"first": FIRST, "barcode": BARCODE},
    )


async def _readers(session: Writing) -> None:
    """A reader for each desk, and one with a thousand loans."""
    for statement in (
        "INSERT INTO person (id, family_name, given_name, family_reading, given_reading, sort_key, phone, mail, address)"
        " SELECT :first + n, '計測', '', '', '', '', '', '', '' FROM {places} p(n)",
        "INSERT INTO card (person_id, number, revoked_reason) SELECT :first + n, (:card + n)::text, '' FROM {places} p(n)",
        "INSERT INTO patron (id, person_id, organisation_id, category, note)"
        " SELECT :first + n, :first + n, (SELECT id FROM organisation WHERE kind = 'ward' LIMIT 1), 'resident', '' FROM {places} p(n)",
        "INSERT INTO loan (item_id, patron_id, branch_id, lent_at, due_at, renewals, undone, overrides)"
        " SELECT :first + n, :first + :busy, :first, now(), now() + interval '14 days', 0, false, '[]'"
        " FROM generate_series(3000, 2999 + :loans) n",
    ):
        given = {"first": FIRST, "busy": BUSY_READER, "card": CARD, "loans": LOANS, "desks": DESKS}
        places = "(SELECT generate_series(0, :desks - 1) UNION ALL SELECT :busy)"
        written = statement.replace("{places}", places)
        await session.execute(text(written), {name: value for name, value in given.items() if f":{name}" in written})
