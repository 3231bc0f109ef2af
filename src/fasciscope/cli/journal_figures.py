"""``fasciscope journal trends|factors|doctor``: what changed, what goes with it, whom to ask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from fasciscope.cli import console
from fasciscope.cli.journal_app import (
    FromOption,
    JournalOption,
    JsonOption,
    ToOption,
    app,
    days_between,
    maybe_day,
    opened,
    print_json,
)

if TYPE_CHECKING:
    from fasciscope.journal.trends import Trends

MinutesOption = Annotated[
    float,
    typer.Option(metavar="M", help="Leave sessions with less analysable time aside.", min=0.2),
]


@app.command()
def trends(
    since: FromOption = None,
    split: Annotated[
        str | None, typer.Option(metavar="DAY", help="First day of the later period.")
    ] = None,
    until: ToOption = None,
    least_minutes: MinutesOption = 2.0,
    as_json: JsonOption = False,
    journal: JournalOption = None,
) -> None:
    """Say what changed: more often, stronger, in more muscles; each asked for alone.

    The last 91 days are compared with the 91 before them, or the later half with the earlier where
    there are fewer; --from, --split and --to choose other days. Only sessions of the same muscle,
    side, posture and electrode place are compared.
    """
    from fasciscope.journal import doctor, views
    from fasciscope.journal.trends import trends as compare

    first, last = days_between(since, until)
    with opened(journal) as book:
        found = compare(
            book,
            since=first,
            split=maybe_day(split, "--split"),
            until=last,
            least_minutes=least_minutes,
        )
        reasons = views.reasons(book, last, found)
    advice = doctor.advice(reasons)
    if as_json:
        print_json({"trends": found, "reasons": reasons, "advice": advice})
        return
    if found is None:
        console.result(f"There is no session of {least_minutes:g} minutes or more yet.")
    else:
        _say(found)
    console.result(advice or doctor.STANDING)
    console.closing_line()


def _say(found: Trends) -> None:
    from fasciscope.journal import words
    from fasciscope.journal.muscles import site

    console.result(f"now     {words.period(found.now)}\nbefore  {words.period(found.before)}\n")
    for one in found.sites:
        console.result(site(one.muscle, one.side))
        console.result(f"  how often   {words.frequency(one)}")
        console.result(f"  how strong  {words.strength(one)}")
    console.result(f"in how many muscles\n  {words.spread(found.spread)}")
    console.result(f"cramps\n  {words.cramps(found)}\n")
    for sentence in words.to_mind(found):
        console.result(sentence)


@app.command()
def factors(
    since: FromOption = None,
    until: ToOption = None,
    least_minutes: MinutesOption = 2.0,
    as_json: JsonOption = False,
    journal: JournalOption = None,
) -> None:
    """Say what goes with the twitches: caffeine, sleep, stress; and before and after changes.

    Each factor is looked at by itself, beside muscle and the course of time, once it was noted for
    20 sessions on 10 days. What goes with the twitches need not cause them.
    """
    from fasciscope.journal import words
    from fasciscope.journal.factors import before_and_after
    from fasciscope.journal.factors import factors as look

    first, last = days_between(since, until)
    with opened(journal) as book:
        effects = look(book, since=first, until=last, least_minutes=least_minutes)
        changes = before_and_after(book, least_minutes=least_minutes)
    if as_json:
        print_json({"factors": effects, "changes": changes})
        return
    for one in effects:
        console.result(f"{one.factor.name}\n  {words.effect(one)}")
    console.result(f"\n{words.factors_looked_at(effects)} {words.GOES_WITH}")
    if changes:
        console.result("\nbefore and after")
        for pair in changes:
            console.result(f"  {words.before_after(pair)}")
        console.result("Other things may have changed at the same time.")
    console.closing_line()


@app.command()
def doctor(as_json: JsonOption = False, journal: JournalOption = None) -> None:
    """Say whether the journal holds a reason to see a doctor, and which."""
    from fasciscope.journal import doctor as rules
    from fasciscope.journal import views

    with opened(journal) as book:
        reasons = views.reasons(book)
    if as_json:
        print_json({"reasons": reasons, "advice": rules.advice(reasons)})
        return
    if reasons:
        console.result(rules.advice(reasons))
    console.result(rules.STANDING)
    console.status("More: fasciscope journal learn doctor")
    console.status("Two pages to take along: fasciscope journal report")
    console.closing_line()
