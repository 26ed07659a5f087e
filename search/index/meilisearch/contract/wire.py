"""The protocol by itself, below the client: status and body of single requests, with any key or none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import requests

_SECONDS = 20.0


class Wire:
    """`said` answers with the status and the code of an error, which is what the service tells cases apart by."""

    def __init__(self, url: str, ca: Path | None) -> None:
        self._url = url
        self._session = requests.Session()
        self._session.trust_env = False
        if ca is not None:
            self._session.verify = str(ca)

    def close(self) -> None:
        self._session.close()

    def ask(
        self, method: str, path: str, body: Any = None, *, key: str | None, raw: bytes | None = None, content_type: str = "application/json"
    ) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {key}"} if key is not None else {}
        if raw is not None:
            given: dict[str, Any] = {"data": raw, "headers": headers | {"Content-Type": content_type}}
        else:
            given = {"json": body, "headers": headers}
        answered = self._session.request(method, self._url + path, timeout=_SECONDS, allow_redirects=False, **given)
        return answered.status_code, answered.json()

    def said(self, method: str, path: str, body: Any = None, **how: Any) -> str:
        """`400 bad_request`, or the status alone where nothing is wrong; names the fields that an error lacks."""
        status, answered = self.ask(method, path, body, **how)
        if status < 400:
            return str(status)
        lacking = [name for name in ("message", "code", "type", "link") if not isinstance(answered.get(name), str)]
        return f"{status} {answered.get('code')}" + (f" without {', '.join(lacking)}" if lacking else "")
