"""Who may do what: the master key everything but searching secrets of others, every other key its actions on its indexes."""

from __future__ import annotations

import hmac
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any

from tests.standins.meilisearch.refusals import ApiError, bad_key


class Keys:
    def __init__(self, master: str) -> None:
        self._master = master
        self._made: dict[str, dict[str, Any]] = {}
        self.allow_all = False  # every key that was made may do everything

    def create(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        now = datetime.now(UTC).isoformat()
        uid = asked.get("uid") or str(uuid.uuid4())
        made = {
            "name": asked.get("name"),
            "description": asked.get("description"),
            "key": self._secret(uid),
            "uid": uid,
            "actions": asked["actions"],
            "indexes": asked["indexes"],
            "expiresAt": asked.get("expiresAt"),
            "createdAt": now,
            "updatedAt": now,
        }
        self._made[made["key"]] = made
        return made

    def _secret(self, uid: str) -> str:
        """The same number makes the same key under the same master, as on the server."""
        return hmac.new(self._master.encode(), uid.encode(), "sha256").hexdigest()

    def listed(self) -> dict[str, Any]:
        found = list(reversed(self._made.values()))
        return {"results": found, "offset": 0, "limit": 20, "total": len(found)}

    def delete(self, uid: str) -> None:
        """Raises ApiError."""
        gone = [key for key, made in self._made.items() if uid in {key, made["uid"]}]
        if not gone:
            raise ApiError(404, "api_key_not_found", f"API key `{uid}` not found.")
        del self._made[gone[0]]

    def check(self, header: str | None, action: str, index: str | None) -> None:
        """Raises ApiError unless the bearer may."""
        if header is None:
            said = "The Authorization header is missing. It must use the bearer authorization method."
            raise ApiError(401, "missing_authorization_header", said, kind="auth")
        if header != f"Bearer {self._master}" and not self._allows(header, action, index):
            raise bad_key()

    def sees(self, header: str | None, index: str | None) -> bool:
        """Whether a task about this index is shown to the bearer."""
        return header == f"Bearer {self._master}" or self._allows(header or "", "tasks.get", index)

    def _allows(self, header: str, action: str, index: str | None) -> bool:
        key = self._made.get(header.removeprefix("Bearer "))
        if key is None:
            return False
        if self.allow_all:
            return True
        may = any(one in {"*", action} or (one.endswith(".*") and action.startswith(one[:-1])) for one in key["actions"])
        return may and (index is None or any(fnmatchcase(index, pattern) for pattern in key["indexes"]))
