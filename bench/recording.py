"""Writes down every statement that a loan and its return send to PostgreSQL, as a script for pgbench. A process of its own."""

from __future__ import annotations

import asyncio
import json
import re
import sys
import uuid
from typing import Any, cast

import httpx
import psycopg
from sqlalchemy import event, text

from bench.desks import BARCODE, CARD, DESKS, FIRST, Desk
from library import postgres, settings
from library.app import create
from library.jobs import conninfo
from library.wiring import Parts

PLACE = DESKS - 1  # the desk whose scans are written down
LOAN_IDS = 910_000_000_000  # where the loan's number is put, so that it is known again in later statements


class Script:
    """Statements in the order they were sent, parameters put in as literals."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.lines: list[str] = []
        self._cursor = psycopg.ClientCursor(connection)

    def sent(self, _connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        self.lines.append(self._cursor.mogrify(statement, parameters).replace("\n", " ").strip())

    def began(self, _connection: Any) -> None:
        self.lines.append("BEGIN")

    def ended(self, _connection: Any) -> None:
        self.lines.append("COMMIT")


def as_pgbench(lines: list[str]) -> str:
    """Each client its own reader and copy; the loan's number is taken from the statement that made it, keys are new each time."""
    keys: dict[str, str] = {}
    out = ["\\set id :first + :client_id", "\\set c :card + :client_id", "\\set b :barcode + :client_id"]
    out += [f"\\set key{number} random(1, 4000000000000000000)" for number in (1, 2)]

    def key(found: re.Match[str]) -> str:
        name = keys.setdefault(found[0], f"key{len(keys) + 1}")
        return f"lpad(to_hex(:{name}), 32, '0')"

    for line in lines:
        statement = re.sub(r"'[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}'", key, line)
        for number, name in ((FIRST + PLACE, ":id"), (CARD + PLACE, ":c"), (BARCODE + PLACE, ":b")):
            statement = re.sub(rf"(?<!\d){number}(?!\d)", name, statement)
        statement = re.sub(rf"(?<!\d){LOAN_IDS // 10**6}\d{{6}}(?!\d)", ":loan_id", statement)
        out.append(f"{statement} \\gset loan_" if "RETURNING loan.id" in statement else f"{statement};")
    return "\n".join(out) + "\n"


async def recorded(token: str) -> list[str]:
    chosen = settings.load()
    url = postgres.ready_url(chosen)
    parts = Parts.made(chosen, url)
    with psycopg.connect(conninfo(url)) as connection:
        script = Script(connection)
        async with parts.database.transaction() as session:
            await session.execute(text("SELECT setval(pg_get_serial_sequence('loan', 'id'), :at)"), {"at": LOAN_IDS})
        app = create(chosen, parts)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(cast(Any, app)), base_url="http://bench") as client:
            desk, headers = Desk(PLACE), {"Authorization": f"Bearer {token}"}
            body = {"barcode": desk.barcode(0), "branch": desk.branch}
            await client.get("/api/v1/me", headers=headers)  # marks the token as used, which a minute's requests do once
            engine = parts.database.engine.sync_engine
            event.listen(engine, "before_cursor_execute", script.sent)
            event.listen(engine, "begin", script.began)
            event.listen(engine, "commit", script.ended)
            event.listen(engine, "rollback", script.ended)
            for path, more in (("/api/v1/loans", {"card": desk.card}), ("/api/v1/returns", {})):
                answer = await client.post(path, json=body | more, headers=headers | {"Idempotency-Key": str(uuid.uuid4())})
                answer.raise_for_status()
    await parts.database.close()
    return script.lines


if __name__ == "__main__":
    print(json.dumps({"script": as_pgbench(asyncio.run(recorded(sys.argv[1])))}))
