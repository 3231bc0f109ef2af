"""``fasciscope journal``: the group of its commands, in the order a person meets them."""

from __future__ import annotations

from fasciscope.cli import (
    journal_entries,
    journal_figures,
    journal_files,
    journal_lists,
)
from fasciscope.cli.journal_app import app

__all__ = ["app", "journal_entries", "journal_figures", "journal_files", "journal_lists"]
