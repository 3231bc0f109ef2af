"""Trends and factors in plain sentences: what was measured, how sure it is, never what it means."""

from __future__ import annotations

from datetime import timedelta

from fasciscope.journal.doctor import spoken
from fasciscope.journal.factors import LEAST_DAYS as FACTOR_DAYS
from fasciscope.journal.factors import LEAST_SESSIONS as FACTOR_SESSIONS
from fasciscope.journal.factors import BeforeAfter, Effect
from fasciscope.journal.fit import Ratio
from fasciscope.journal.muscles import site
from fasciscope.journal.spread import LEAST_WEEKS, Spread
from fasciscope.journal.trends import LEAST_SESSIONS, Comparison, Period, SiteTrend, Trends
from fasciscope.journal.verdicts import Verdict

COMPARED = (
    "Only sessions of the same muscle, side, posture and electrode place are compared. Electrodes "
    "that were put on anew may still sit a little elsewhere, which changes rate and size."
)
GOES_WITH = (
    "What goes with the twitches need not be their cause: coffee, short nights and stress often "
    "come together, and each was looked at by itself."
)


def plural(count: int, one: str, many: str) -> str:
    """Return ``1 session``, ``2 sessions``, ``no sessions``."""
    return f"{count:,} {one}" if count == 1 else f"{f'{count:,}' if count else 'no'} {many}"


def figure(value: float) -> str:
    """Return a ratio or rate with as many digits as it deserves."""
    return f"{value:.2f}" if abs(value) < 9.995 else f"{value:,.0f}"


def range_of(ratio: Ratio) -> str:
    """Return a ratio with its interval: ``1.60 times (95 % interval 1.20 to 2.10)``."""
    high = figure(ratio.high) if ratio.high < 1000 else "more than 1,000"
    return f"{figure(ratio.ratio)} times (95 % interval {figure(ratio.low)} to {high})"


def period(one: Period) -> str:
    """Return the days of a period: ``9 January 2025 to 7 April 2025``."""
    last = one.stop - timedelta(days=1)
    return spoken(one.start) if last == one.start else f"{spoken(one.start)} to {spoken(last)}"


def sessions_of(comparison: Comparison) -> str:
    """Return how many sessions stand on either side."""
    now = plural(comparison.now.sessions, "session", "sessions")
    return f"{now} against {comparison.before.sessions} before"


def frequency(trend: SiteTrend) -> str:
    """Return whether twitches became more frequent at a site, as a sentence."""
    return _sentence(trend.frequency, "as many twitches a minute", "more often", "less often")


def strength(trend: SiteTrend) -> str:
    """Return whether twitches became stronger at a site, as a sentence."""
    return _sentence(trend.strength, "as large", "stronger", "weaker")


def _sentence(c: Comparison, what: str, more: str, less: str) -> str:
    if c.verdict is Verdict.NONE:
        return f"No twitches in either period ({sessions_of(c)})."
    if c.verdict is Verdict.TOO_FEW or c.ratio is None:
        return (
            f"Too few matching sessions yet: {sessions_of(c)}; each period needs {LEAST_SESSIONS}."
        )
    size = f"{range_of(c.ratio)} {what} as before; {sessions_of(c)}."
    if c.verdict is Verdict.MORE:
        return f"Clearly {more}: {size}"
    if c.verdict is Verdict.LESS:
        return f"Clearly {less}: {size}"
    return f"Cannot tell yet: {size} {_more(c)}"


def _more(c: Comparison) -> str:
    if c.more_sessions is None:
        number = f"About {c.each_period} sessions" if c.each_period else "Many more sessions"
        return (
            f"{number} in each of two periods would most likely show a change by half, if there "
            "is one."
        )
    if c.more_sessions == 0:
        return "A change by half or more would most likely have shown."
    needed = plural(c.more_sessions, "more session", "more sessions")
    return f"About {needed} like these would most likely show a change by half, if there is one."


def spread(found: Spread) -> str:
    """Return whether twitches come in more muscles, as a sentence."""
    weeks = f"{found.weeks_now} weeks against {found.weeks_before} before"
    if found.verdict is Verdict.TOO_FEW:
        return f"Too few weeks with entries yet: {weeks}; each period needs {LEAST_WEEKS}."
    if found.verdict is Verdict.NONE or found.ratio is None:
        return f"No twitches were felt or recorded ({weeks})."
    size = (
        f"{found.a_week_now:.1f} muscles a week against {found.a_week_before:.1f}, "
        f"{range_of(found.ratio)}; {weeks}."
    )
    start = {
        Verdict.MORE: "Clearly in more muscles",
        Verdict.LESS: "Clearly in fewer muscles",
    }.get(found.verdict, "Cannot tell yet")
    new = ", ".join(site(*one) for one in found.new)
    return f"{start}: {size}" + (f" New: {new}." if new else "")


def cramps(found: Trends) -> str:
    """Return how many cramps there were, recorded and noted."""
    before = sum(s.cramps_before for s in found.sites)
    now = sum(s.cramps_now for s in found.sites)
    return (
        f"Recorded: {now} now, {before} before. Noted: {found.cramps_noted_now} now, "
        f"{found.cramps_noted_before} before."
    )


def looked_at(found: Trends) -> str:
    """Return what to mind when several sites were compared; empty for one."""
    n = max((s.frequency.looked_at for s in found.sites if s.frequency.ratio), default=0)
    if n < 2:
        return ""
    return (
        f"{n} muscles were compared, each by itself; where nothing changed, about one in twenty "
        "seems clearly changed by chance."
    )


def to_mind(found: Trends) -> tuple[str, ...]:
    """Return what to mind about these trends, as sentences."""
    out = [looked_at(found)] if looked_at(found) else []
    out.append(COMPARED)
    if found.versions > 1:
        out.append(
            f"The sessions were analysed in {found.versions} ways (other versions or settings), "
            "which may change counts. `fasciscope journal add` with the recordings brings them up "
            "to date."
        )
    if found.too_short:
        shorter = plural(found.too_short, "session was", "sessions were")
        out.append(f"{shorter} too short and left aside.")
    return tuple(out)


def effect(one: Effect) -> str:
    """Return what goes with a factor, as a sentence."""
    if one.ratio is None:
        if one.verdict is Verdict.NONE:
            return "No twitches in those sessions."
        return (
            f"Too little yet: noted for {plural(one.sessions, 'session', 'sessions')} on "
            f"{plural(one.days, 'day', 'days')}; it takes {FACTOR_SESSIONS} on {FACTOR_DAYS} days, "
            "not nearly all alike."
        )
    size = f"{range_of(one.ratio)} as many twitches a minute; {one.sessions} sessions."
    if one.verdict is Verdict.MORE:
        return f"With {one.factor.more} go clearly more twitches: {size}"
    if one.verdict is Verdict.LESS:
        return f"With {one.factor.more} go clearly fewer twitches: {size}"
    chance = ""
    if not one.ratio.low <= 1.0 <= one.ratio.high:
        chance = f" With {one.looked_at} factors looked at, this may be chance."
    return f"Cannot tell yet, with {one.factor.more}: {size}{chance}"


def factors_looked_at(effects: tuple[Effect, ...]) -> str:
    """Return how many factors were looked at, and that this was allowed for."""
    n = max((e.looked_at for e in effects), default=0)
    if not n:
        return "No factor has been noted often enough yet."
    allowed = ", which is allowed for in what is called clear" if n > 1 else ""
    return f"{plural(n, 'factor was', 'factors were')} looked at{allowed}."


def before_after(one: BeforeAfter) -> str:
    """Return what was measured before and after a change, as a sentence."""
    c = one.comparison
    sentence = _sentence(c, "as many twitches a minute", "more", "fewer")
    return f"{spoken(one.change.day)}, {one.change.what}: {sentence}"
