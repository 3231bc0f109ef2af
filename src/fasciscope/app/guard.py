"""Who may see the pages: this machine only, or whoever has the token; and no foreign page.

An ASGI application in, one with a gate in front of it out. A page of another site that the same
browser has open could send requests here, and a name that points to 127.0.0.1 could be used to
read answers; so both `Host` and `Origin` must be ours, on pages and on websockets alike.

References
----------
RFC 6455, 10.2 (origin of websockets). MDN, "Origin" and "Sec-Fetch-Site" request headers.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlsplit

Scope = MutableMapping[str, Any]
Asgi = Callable[[Scope, Callable[[], Awaitable[Any]], Callable[[Any], Awaitable[None]]], Any]

LOCAL_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})
COOKIE = "fasciscope_token"
_POLICY = (
    b"default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; connect-src 'self' ws: wss:; "
    b"frame-ancestors 'self'; form-action 'self'; base-uri 'self'"
)


class Guard:
    """The gate.

    Parameters
    ----------
    app : ASGI application
    token : str or None, default None
        Asked of everybody, once as ``?token=…`` and from then on as a cookie; None lets in whoever
        comes by one of the names in `LOCAL_NAMES`.
    """

    def __init__(self, app: Asgi, token: str | None = None) -> None:
        self._app, self._token = app, token

    async def __call__(
        self,
        scope: Scope,
        receive: Callable[[], Awaitable[Any]],
        send: Callable[[Any], Awaitable[None]],
    ) -> None:
        """Let the request through, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
        refusal = self._refusal(scope, headers)
        if refusal:
            await _refuse(scope, receive, send, refusal)
            return
        fresh = self._token is not None and _cookie(headers) != self._token

        async def send_on(message: Any) -> None:
            if message["type"] == "http.response.start":
                more = [
                    (b"content-security-policy", _POLICY),
                    (b"x-content-type-options", b"nosniff"),
                    (b"referrer-policy", b"no-referrer"),
                ]
                if fresh:
                    cookie = f"{COOKIE}={self._token}; Path=/; HttpOnly; SameSite=Strict"
                    more.append((b"set-cookie", cookie.encode()))
                message = {**message, "headers": [*message.get("headers", ()), *more]}
            await send(message)

        await self._app(scope, receive, send_on)

    def _refusal(self, scope: Scope, headers: dict[bytes, str]) -> str:
        host = headers.get(b"host", "")
        if self._token is None and _name(host) not in LOCAL_NAMES:
            return "This page is only for this computer: open it as http://127.0.0.1."
        origin = headers.get(b"origin")
        if origin is not None and _netloc(origin) != host.lower():
            return "A page of another site asked for this; it is refused."
        if headers.get(b"sec-fetch-site") == "cross-site" and not _is_visit(scope, headers):
            return "A page of another site asked for this; it is refused."
        if self._token is not None:
            asked = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("token", [""])[0]
            given = (_cookie(headers), asked)
            if not any(hmac.compare_digest(one.encode(), self._token.encode()) for one in given):
                return "Open the address that was printed in the terminal, with its token."
        return ""


def _is_visit(scope: Scope, headers: dict[bytes, str]) -> bool:
    """Return whether a person followed a link from elsewhere to one of the pages."""
    return (
        scope["type"] == "http"
        and headers.get(b"sec-fetch-mode") == "navigate"
        and headers.get(b"sec-fetch-dest") == "document"
        and not scope["path"].startswith("/api/")
    )


def _netloc(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:  # no address at all
        return ""


def _name(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdigit() else host).lower()


def _cookie(headers: dict[bytes, str]) -> str:
    try:
        jar = SimpleCookie(headers.get(b"cookie", ""))
    except CookieError:
        return ""
    return jar[COOKIE].value if COOKIE in jar else ""


async def _refuse(
    scope: Scope,
    receive: Callable[[], Awaitable[Any]],
    send: Callable[[Any], Awaitable[None]],
    sentence: str,
) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008})
        return
    body = sentence.encode()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
    ]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": body})
