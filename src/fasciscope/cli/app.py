"""``fasciscope app``: record, review and compare in the browser."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fasciscope.cli import console

EXAMPLES = ("fasciscope app", "fasciscope app --folder ~/recordings --no-browser")


def app(
    port: Annotated[int, typer.Option(metavar="N", help="Port of the page.")] = 8137,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open the page in the browser.")
    ] = True,
    folder: Annotated[
        Path,
        typer.Option(metavar="FOLDER", help="Where recordings are made and looked for."),
    ] = Path(),
    host: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS", help="Address to serve on; any but this computer's asks for a token."
        ),
    ] = "127.0.0.1",
) -> None:
    """Record, review and compare in the browser; all of it stays on this computer.

    SAFETY: with electrodes on the skin, run the computer on battery or use a USB isolator. Always.

    The page is for this computer only. Closing it does not stop a recording; open it again and it
    is still there. Ctrl-C ends the app, and a recording with it, cleanly. With --host the page can
    be seen from the network, by whoever has the token that is printed once.
    """
    from fasciscope.app import serve

    serve(folder, port=port, host=host, browser=browser, tell=console.status)
    console.closing_line()
