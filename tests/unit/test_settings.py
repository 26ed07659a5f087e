"""Settings: what is missing or wrong is said in one message, and a real library starts with secrets of its own."""

from __future__ import annotations

import pytest

from library import settings
from library.errors import Misconfigured

REAL = {"secret_key": "k" * 40, "database_url": "postgresql://u:p@db/library", "public_url": "https://library.example"}


def test_a_real_library_serves_with_its_own_secrets() -> None:
    settings.load(demo=False, **REAL).require_for_serving()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"secret_key": None}, "LIBRARY_SECRET_KEY"),
        ({"database_url": None}, "LIBRARY_DATABASE_URL"),
        ({"public_url": None}, "LIBRARY_PUBLIC_URL"),
        ({"public_url": "http://library.example"}, "https://"),
        ({"secret_key": settings.DEMO_SECRET}, "LIBRARY_SECRET_KEY"),
        ({"secret_key": "short"}, "32"),
        ({"database_url": "mysql://u:geheim@db/library"}, "LIBRARY_DATABASE_URL"),
        ({"database_url": "geheim"}, "postgresql://"),
        ({"database_url": "postgresql://u:geheim@db:port/library"}, "LIBRARY_DATABASE_URL"),
        ({"trusted_proxies": "10.0.0.0/8, nonsense"}, "LIBRARY_TRUSTED_PROXIES"),
        ({"timezone": "Asia/Shibuya"}, "LIBRARY_TIMEZONE"),
        ({"port": 0}, "LIBRARY_PORT"),
        ({"chat_url": "https://", "chat_model": "m"}, "LIBRARY_CHAT_URL"),
        ({"chat_url": "https://a b/v1", "chat_model": "m"}, "LIBRARY_CHAT_URL"),
        ({"chat_url": "https://chat.example:port/v1", "chat_model": "m"}, "LIBRARY_CHAT_URL"),
        ({"chat_url": "http://chat.example/v1", "chat_model": "m"}, "LIBRARY_CHAT_URL"),
    ],
)
def test_what_is_missing_or_wrong_is_named_and_never_repeated(changed: dict[str, object], said: str) -> None:
    with pytest.raises(Misconfigured, match=said) as refused:
        settings.load(demo=False, **(REAL | changed)).require_for_serving()
    assert "geheim" not in str(refused.value)


def test_everything_that_is_missing_is_said_at_once() -> None:
    with pytest.raises(Misconfigured) as refused:
        settings.load(demo=False, secret_key=None, database_url=None, public_url=None).require_for_serving()
    assert {"LIBRARY_SECRET_KEY", "LIBRARY_DATABASE_URL", "LIBRARY_PUBLIC_URL"} <= set(str(refused.value).replace(";", " ").split())
