"""Starting the app: the pages, the ways by which pictures travel, the gate, the server.

`serve` does not return before the app is ended.
"""

from __future__ import annotations

import contextlib
import secrets
import threading
import webbrowser
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fasciscope.errors import InputError

if TYPE_CHECKING:
    from fasciscope.app.studio import Studio

DEFAULT_PORT = 8137
LOCAL = "127.0.0.1"
_NEEDED = ("nicegui", "tsdownsample")


def must_have_extra() -> None:
    """Raise `InputError` unless what the app needs is installed."""
    from importlib.util import find_spec

    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise InputError(
            f"The app needs {' and '.join(missing)}, which is not installed. Type: "
            "pip install 'fasciscope[app]'"
        )


def serve(
    folder: Path,
    *,
    port: int = DEFAULT_PORT,
    host: str = LOCAL,
    browser: bool = True,
    tell: Callable[[str], None] = lambda _: None,
) -> None:
    """Serve the app until Ctrl-C.

    Parameters
    ----------
    folder : Path
        Where recordings are made and looked for.
    port : int, default 8137
    host : str, default "127.0.0.1"
        Any other address is open to the network, and asks for a token that is told once.
    browser : bool, default True
        Open the page in the person's browser.
    tell : callable
        Gets each sentence for the person.

    Raises
    ------
    InputError
        If something that the app needs is not installed, the folder is none, or the port is taken
        or out of bounds.
    """
    must_have_extra()
    if not 1 <= port <= 65535:
        raise InputError(f"A port lies between 1 and 65535, not {port}.")
    if not folder.is_dir():
        raise InputError(f"There is no folder {folder}. Make it first, or name another.")
    _must_be_free(host, port)

    import uvicorn

    from fasciscope.app.guard import Guard
    from fasciscope.app.studio import Studio
    from fasciscope.live import warm_up

    token = None if host in (LOCAL, "localhost", "::1") else secrets.token_urlsafe(16)
    studio = Studio(folder.resolve())
    threading.Thread(target=warm_up, name="warm up", daemon=True).start()
    server = uvicorn.Server(
        uvicorn.Config(
            Guard(build(studio), token),
            host=host,
            port=port,
            log_level="error",
            ws_max_size=1 << 20,
            timeout_graceful_shutdown=2,
        )
    )
    shown = f"[{host}]" if ":" in host else host
    address = f"http://{shown}:{port}/" + (f"?token={token}" if token else "")
    tell(f"The app is at {address}")
    if token:
        tell(
            "Anyone on your network who has this address can record with it, and read, change and "
            "delete all that it shows: recordings, reviews and your journal."
        )
    tell("Closing the page does not stop a recording. Ctrl-C here ends the app.")
    if browser:
        threading.Timer(1.0, webbrowser.open, [address]).start()
    try:
        with contextlib.suppress(KeyboardInterrupt), _ended_by_signals(server):
            server.run()
    finally:
        studio.close()


@contextlib.contextmanager
def _ended_by_signals(server: Any) -> Iterator[None]:
    """Let SIGTERM and a closed terminal end the server, and nothing else, within the context.

    The server raises them once more when it has ended; what it was told of them is enough then,
    for the recording is still to be closed.
    """
    import signal

    def end(*_: object) -> None:
        server.should_exit = True

    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    if threading.current_thread() is not threading.main_thread():
        numbers = []  # handlers belong to the main thread
    before = {number: signal.signal(number, end) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _must_be_free(host: str, port: int) -> None:
    import socket

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise InputError(
                f"The app cannot use {host}, port {port}: {reason}. Perhaps it is running "
                "already; else name another with --port."
            ) from None


def build(studio: Studio) -> Any:
    """Return the application: pages and routes round a studio.

    Parameters
    ----------
    studio : Studio
    """
    from fastapi import FastAPI
    from nicegui import ui

    from fasciscope.app import journal_routes, pages, routes

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    routes.add(app, studio)
    journal_routes.add(app)
    pages.add(studio)
    ui.run_with(
        app,
        title="fasciscope",
        dark=None,
        language="en-GB",
        favicon=Path(__file__).parent / "static" / "favicon.svg",
        reconnect_timeout=30.0,
        message_history_length=200,
        show_welcome_message=False,
        tailwind=False,
    )
    return app
