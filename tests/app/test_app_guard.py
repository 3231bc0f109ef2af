import asyncio

import pytest

from fasciscope.app.guard import COOKIE, Guard


async def inner(scope, receive, send):
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"inside"})


def ask(guard, *, kind="http", query=b"", **headers):
    sent = []

    async def receive():
        return {"type": f"{kind}.connect"}

    async def send(message):
        sent.append(message)

    scope = {
        "type": kind,
        "query_string": query,
        "headers": [
            (name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()
        ],
    }
    asyncio.run(guard(scope, receive, send))
    return sent


def status(sent):
    return sent[0].get("status", sent[0]["type"])


@pytest.mark.parametrize("host", ["127.0.0.1:8137", "localhost:8137", "[::1]:8137", "LOCALHOST:1"])
def test_this_computer_may_look(host):
    assert status(ask(Guard(inner), host=host)) == 200
    assert status(ask(Guard(inner), host=host, origin=f"http://{host}")) == 200
    assert status(ask(Guard(inner), kind="websocket", host=host, origin=f"http://{host}")) == (
        "websocket.accept"
    )


@pytest.mark.parametrize(
    "host", ["evil.example:8137", "evil.example", "", "127.0.0.1.evil.example:8137"]
)
def test_a_name_that_only_points_here_may_not(host):
    assert status(ask(Guard(inner), host=host)) == 403


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "http://127.0.0.1:9999", "null", "http://127.0.0.1:8137.evil.example"],
)
def test_a_foreign_page_may_not(origin):
    asked = {"host": "127.0.0.1:8137", "origin": origin}
    assert status(ask(Guard(inner), **asked)) == 403
    sent = ask(Guard(inner), kind="websocket", **asked)
    assert sent == [{"type": "websocket.close", "code": 1008}]


def test_a_token_is_asked_for_once_and_remembered():
    guard = Guard(inner, "secret")
    asked = {"host": "192.168.1.5:8137"}
    assert status(ask(guard, **asked)) == 403
    assert status(ask(guard, query=b"token=wrong", **asked)) == 403
    let_in = ask(guard, query=b"token=secret", **asked)
    assert status(let_in) == 200
    cookie = dict(let_in[0]["headers"])[b"set-cookie"].decode()
    assert cookie.startswith(f"{COOKIE}=secret")
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    again = ask(guard, cookie=f"{COOKIE}=secret", **asked)
    assert status(again) == 200
    assert b"set-cookie" not in dict(again[0]["headers"])
    assert status(ask(guard, cookie=f"{COOKIE}=other", **asked)) == 403
    assert status(ask(guard, kind="websocket", **asked)) == "websocket.close"


def test_with_a_token_foreign_pages_are_still_refused():
    sent = ask(
        Guard(inner, "secret"),
        host="192.168.1.5:8137",
        cookie=f"{COOKIE}=secret",
        origin="http://evil.example",
    )
    assert status(sent) == 403


def test_answers_say_that_they_load_nothing_from_elsewhere():
    headers = dict(ask(Guard(inner), host="localhost:1")[0]["headers"])
    assert b"default-src 'self'" in headers[b"content-security-policy"]
    assert headers[b"x-content-type-options"] == b"nosniff"
