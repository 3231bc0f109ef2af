"""The app: a local page to record, review and compare in a browser.

`serve` starts it. Everything that a page does is a call into the rooms below; the app adds who may
look (`guard`), what runs (`studio`), what a trace looks like on its way to the screen (`trace`,
`opened`), what is written while nobody waits (`writing`), and the pages. All scripts and fonts come
from this machine.
"""

from __future__ import annotations

from fasciscope.app.serving import DEFAULT_PORT, serve

__all__ = ["DEFAULT_PORT", "serve"]
