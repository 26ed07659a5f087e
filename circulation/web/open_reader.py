"""Which reader is open at a station, as a sealed word the page carries from scan to scan; nobody can make one without opening a card."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

from circulation.store.branches import Here
from library.identity.viewer import Viewer
from library.settings import Settings

# The page itself falls back after a minute without input; this is the wall behind it, for a page that cannot.
OPEN_FOR = timedelta(minutes=10)


def sealed(settings: Settings, viewer: Viewer, here: Here, card: str, *, now: datetime) -> str:
    """The word for a card that was opened, or used, now."""
    said = f"{int(now.timestamp())}.{base64.urlsafe_b64encode(card.encode()).decode().rstrip('=')}"
    return f"{said}.{_signature(settings, viewer, here, said)}"


def card_of(settings: Settings, viewer: Viewer, here: Here, word: str, *, now: datetime) -> str | None:
    """The card that is open; None without one, for another's or another branch's, and when nothing was scanned for too long."""
    said, _, signature = word.rpartition(".")
    if not said or not hmac.compare_digest(_signature(settings, viewer, here, said).encode(), signature.encode()):
        return None
    moment, _, card = said.partition(".")
    if now - datetime.fromtimestamp(int(moment), UTC) > OPEN_FOR:
        return None
    try:
        return base64.urlsafe_b64decode(card + "=" * (-len(card) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None


def _signature(settings: Settings, viewer: Viewer, here: Here, said: str) -> str:
    whole = f"open-reader:{viewer.account_id}:{here.id}:{said}"
    return hmac.new(settings.key, whole.encode(), hashlib.sha256).hexdigest()
