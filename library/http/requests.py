"""What a request says about itself: its number, language, address, and whether a person or a program waits for the answer."""

from __future__ import annotations

import ipaddress
import re
from typing import Any

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import FormMultiDict
from litestar.types import Scope

from library.errors import N_, Invalid
from library.i18n import SPOKEN, Texts, known, negotiated
from library.i18n import texts as catalogue
from library.settings import Network, Settings

LANGUAGE_COOKIE = "language"
BODY_LIMIT = 1024 * 1024  # bytes, where no files are sent


class CarefulRequest(Request[Any, Any, Any]):
    """A request whose body may be nonsense: not UTF-8, an unknown charset, brackets a hundred thousand deep."""

    async def json(self) -> Any:
        try:
            return await super().json()
        except (UnicodeError, RecursionError) as exc:
            raise _unreadable() from exc

    async def form(self) -> FormMultiDict:
        try:
            return await super().form()
        except (UnicodeError, LookupError, ValueError) as exc:
            raise _unreadable() from exc


def _unreadable() -> Invalid:
    return Invalid("invalid_input", N_("送られた内容を読み取れませんでした。"), where="body")


def cookie_name(name: str, settings: Settings) -> str:
    """Over https with the prefix that browsers take from this very host only: a neighbour of the ward's domain cannot plant it."""
    return f"__Host-{name}" if settings.secure_cookies else name


def request_id(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    return str(connection.scope.get("request_id", ""))  # our own key, set by the outermost layer


def route(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """The route's template, never its values: `/patrons/{card}`."""
    template = connection.scope.get("path_template")
    return str(template) if template else "(none)"


def language(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """`?lang=`, then the cookie, then the account's, then the browser's; Japanese when none fits."""
    return _chosen(connection) or negotiated(connection.headers.get("accept-language"))


def spoken(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """The language to speak in where we speak more than the pages do; as `language`, where one was chosen."""
    return _chosen(connection) or negotiated(connection.headers.get("accept-language"), SPOKEN)


def _chosen(connection: ASGIConnection[Any, Any, Any, Any]) -> str | None:
    return (
        known(connection.query_params.get("lang"))
        or known(connection.cookies.get(LANGUAGE_COOKIE))
        or known(getattr(connection.scope.get("user"), "language", None))
    )


def texts(connection: ASGIConnection[Any, Any, Any, Any]) -> Texts:
    return catalogue(language(connection))


def wants_page(request: Request[Any, Any, Any]) -> bool:
    """A browser that navigates wants HTML; `/api/` and whoever asks for JSON gets JSON."""
    if request.scope["path"].startswith("/api/v"):
        return False
    accept = request.headers.get("accept", "*/*")
    return "text/html" in accept or ("json" not in accept and "*/*" not in accept)


def here(request: Request[Any, Any, Any]) -> str:
    """This page's path and query, as a place to come back to."""
    query = request.scope["query_string"].decode("latin-1")
    return request.scope["path"] + (f"?{query}" if query else "")


def local_path(given: str | None) -> str:
    """Where to go next, when it is a path of our own; "/" for anything else (no open redirects)."""
    if not given or not given.startswith("/") or given.startswith(("//", "/\\")) or any(ord(letter) < 32 for letter in given):
        return "/"
    return given


def client_address(scope: Scope, proxies: tuple[Network, ...]) -> str:
    """The address of who asks: the last one in X-Forwarded-For that is not a proxy we trust, else the peer's."""
    client = scope.get("client")
    peer = _plain(client[0]) if client else "0.0.0.0"  # noqa: S104 - "unknown", nothing listens here
    if not _within(peer, proxies):
        return peer
    # Some proxies add a line of their own below the one the client made up: all of them are one list.
    forwarded = ",".join(value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for")
    for hop in reversed([_plain(part.strip()) for part in forwarded.split(",") if part.strip()]):
        if not _valid(hop):
            return peer
        if not _within(hop, proxies):
            return hop
        peer = hop
    return peer


def neighbourhood(address: str) -> str:
    """The address for counting failures: one household of IPv6 has 2^64 of them, which count as one."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((ip, 64), strict=False)) if ip.version == 6 else str(ip)


def _plain(address: str) -> str:
    """Without a port, and IPv4 as IPv4 also where a socket for both kinds shows ::ffff:192.0.2.1."""
    without_port = re.sub(r"^\[(.*)\](:\d+)?$|^([\d.]+):\d+$", lambda match: match[1] or match[3], address)
    try:
        ip = ipaddress.ip_address(without_port)
    except ValueError:
        return address
    mapped = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
    return str(mapped or ip)


def _valid(address: str) -> bool:
    try:
        ipaddress.ip_address(address)
    except ValueError:
        return False
    return True


def _within(address: str, networks: tuple[Network, ...]) -> bool:
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(ip.version == network.version and ip in network for network in networks)


def is_within(address: str, networks: tuple[Network, ...]) -> bool:
    """Whether an address belongs to one of the networks; False for what is no address."""
    return _within(address, networks)
