"""Who may look at the app, and what it says when it cannot start."""

from __future__ import annotations

import http.client
import re
import signal
import socket
import subprocess
import sys
import time
from urllib.parse import urlsplit

import pytest
from app_walking import until

from fasciscope import formats
from fasciscope.app.serving import must_have_extra, serve
from fasciscope.errors import InputError

COMMAND = (sys.executable, "-m", "fasciscope", "app", "--no-browser")
KEY = {"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version": "13"}
UPGRADE = {"Connection": "Upgrade", "Upgrade": "websocket", **KEY}


def ask(app, path="/", **headers):
    where = urlsplit(app.address)
    connection = http.client.HTTPConnection(where.hostname, where.port, timeout=30)
    try:
        connection.putrequest("GET", path, skip_host="Host" in headers)
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders()
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.mark.parametrize("path", ["/", "/review", "/api/strip?file=calf_emg.edf"])
def test_pages_are_for_this_computer(shared_app, path):
    assert ask(shared_app, path) == 200
    assert ask(shared_app, path, Origin="http://evil.example") == 403
    assert ask(shared_app, path, Host="evil.example") == 403


@pytest.mark.parametrize("path", ["/api/live", "/_nicegui_ws/socket.io/?EIO=4&transport=websocket"])
def test_foreign_pages_get_no_websocket(shared_app, path):
    assert ask(shared_app, path, Origin="http://evil.example", **UPGRADE) == 403
    where = urlsplit(shared_app.address)
    own = f"http://{where.hostname}:{where.port}"
    if path == "/api/live":
        assert ask(shared_app, path, Origin=own, **UPGRADE) == 101


def test_what_is_no_recording_is_not_read(shared_app):
    for name in ("/etc/passwd", "../../etc/passwd", "", "nowhere_emg.edf"):
        assert ask(shared_app, f"/api/view?file={name}&channel=0&start=0&stop=9&columns=9") == 404


def test_any_other_address_asks_for_the_token(tmp_path):
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    process = subprocess.Popen(
        [*COMMAND, "--host", "0.0.0.0", "--port", str(port), "--folder", str(tmp_path)],
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        token = re.search(r"\?token=(\S+)", process.stderr.readline()).group(1)
        status = {}
        for _ in range(300):
            try:
                for path in ("/", f"/?token={token}", "/?token=guess"):
                    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
                    connection.request("GET", path)
                    status[path] = connection.getresponse().status
                    connection.close()
                break
            except OSError:
                time.sleep(0.1)
        assert list(status.values()) == [403, 200, 403]
    finally:
        process.terminate()
        process.communicate(timeout=60)


def test_a_port_that_is_taken_a_folder_that_is_none(tmp_path):
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        one.listen()
        with pytest.raises(InputError, match="Perhaps it is running already"):
            serve(tmp_path, port=one.getsockname()[1], browser=False)
    with pytest.raises(InputError, match="between 1 and 65535"):
        serve(tmp_path, port=70_000, browser=False)
    with pytest.raises(InputError, match="There is no folder"):
        serve(tmp_path / "none", browser=False)


def test_what_is_not_installed_is_named(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(InputError, match=re.escape("pip install 'fasciscope[app]'")):
        must_have_extra()


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_ending_the_app_closes_the_recording(start_app, tmp_path, page, name):
    app = start_app(tmp_path)
    page.goto(app.url())
    page.get_by_text("The demo signal").click()
    page.get_by_role("button", name="Record", exact=True).click()
    until(lambda: page.evaluate("window.fasciscopeScope.newest") > 3000)
    page.close()
    app.process.send_signal(getattr(signal, name))
    assert app.process.wait(60) == 0
    (file,) = tmp_path.glob("*_emg.edf")
    assert formats.check(file).is_sound


def test_a_link_from_elsewhere_opens_a_page_and_makes_nothing_work(shared_app):
    visit = {
        "Sec-Fetch-Site": "cross-site",
        "Sec-Fetch-Mode": "navigate",
        "Sec-Fetch-Dest": "document",
    }
    assert ask(shared_app, "/", **visit) == 200
    for path in ("/api/report?file=calf_emg.edf", "/api/strip?file=calf_emg.edf"):
        assert ask(shared_app, path, **visit) == 403
        assert ask(shared_app, path, **{"Sec-Fetch-Site": "cross-site"}) == 403
    assert ask(shared_app, "/", Origin="http://[") == 403


def test_names_that_are_no_path(shared_app):
    for name in ("~nobody-of-that-name/x.edf", "a" * 5000 + ".edf", "a%00b.edf"):
        assert ask(shared_app, f"/api/strip?file={name}") == 404
