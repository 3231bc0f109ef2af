"""The pages: what is shown and what its buttons do. Everything else is done by the rooms below."""

from __future__ import annotations

from fasciscope.app.studio import Studio


def add(studio: Studio) -> None:
    """Add all pages to the app."""
    from fasciscope.app.pages import (
        compare,
        journal_body,
        journal_calendar,
        journal_entries,
        journal_keep,
        journal_today,
        journal_trends,
        learn,
        record,
        review,
    )

    record.add(studio)
    review.add(studio)
    compare.add(studio)
    for page in (
        journal_today,
        journal_body,
        journal_calendar,
        journal_trends,
        journal_entries,
        journal_keep,
        learn,
    ):
        page.add()
