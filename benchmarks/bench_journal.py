"""Whether the journal's intervals hold what they say, and how long ten years of it take to open.

``coverage``: simulated half years (`fasciscope.journal.simulate`: 3 muscles, 150 sessions, caffeine
1.4, a rise of 60 % in one muscle from day 100, overdispersion 0.3); for each figure how often its
95 % interval covers the truth, and how often it is called clear. ``coverage-null`` is the same with
no effect at all. ``speed``: ten years, 20,000 sessions; trends from a cold start of the command,
and within a running process.

    python benchmarks/bench_journal.py --which coverage --seeds 200
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from functools import partial
from pathlib import Path

from common import chosen, header, parser, show, side_by_side, write
from fasciscope.journal.factors import before_and_after, factors
from fasciscope.journal.simulate import SITES, Truth, half_year
from fasciscope.journal.store import Journal
from fasciscope.journal.trends import trends
from fasciscope.journal.verdicts import Verdict

CASES = ("coverage", "coverage-null", "speed")
CLEAR = (Verdict.MORE, Verdict.LESS)


def figures(seed: int, truth: Truth) -> dict[str, tuple[bool, bool]]:
    """Return for each figure of a half year: is the truth covered, is it called clear."""
    made = half_year(seed, truth=truth)
    out = {}
    with (
        tempfile.TemporaryDirectory() as folder,
        Journal.open(Path(folder) / "j.sqlite", create=True) as journal,
    ):
        journal._db.execute("PRAGMA synchronous = OFF")  # it is thrown away
        journal.add_everything(made.entries)
        found = trends(journal, split=made.split)
        effects = factors(journal)
        changes = before_and_after(journal)
    for site in found.sites:
        rises = (site.muscle, site.side) == SITES[truth.rise_site]
        asked = [("twitches a minute", site.frequency, truth.rise if rises else 1.0)]
        asked.append(("amplitude", site.strength, 1.0))
        for what, comparison, true in asked:
            ratio = comparison.ratio
            covers = ratio.low <= true <= ratio.high
            out[f"{site.side} {site.muscle}: {what}"] = (covers, comparison.verdict in CLEAR)
    for effect in effects:
        true = truth.caffeine if effect.factor.key == "caffeine_mg" else 1.0
        if effect.ratio is not None:
            covers = effect.ratio.low <= true <= effect.ratio.high
            out[f"factor: {effect.factor.name}"] = (covers, effect.verdict in CLEAR)
    for change in changes:
        ratio = change.comparison.ratio
        if ratio is not None:
            clear = change.comparison.verdict in CLEAR
            out["before and after a change"] = (ratio.low <= 1 <= ratio.high, clear)
    return out


def coverage(seeds: range, truth: Truth, case: str) -> list[dict[str, object]]:
    """Return a row for each figure, over all seeds."""
    seen: dict[str, list[tuple[bool, bool]]] = defaultdict(list)
    with ProcessPoolExecutor(min(2, os.cpu_count() or 1)) as pool:
        for found in pool.map(partial(figures, truth=truth), seeds, chunksize=10):
            for name, answer in found.items():
                seen[name].append(answer)
    return [
        {
            "case": case,
            "figure": name,
            "seeds": len(answers),
            "covered_%": 100 * sum(covers for covers, _ in answers) / len(answers),
            "clear_%": 100 * sum(clear for _, clear in answers) / len(answers),
        }
        for name, answers in seen.items()
    ]


def speed(seed: int, repeats: int) -> list[dict[str, object]]:
    """Return how long trends and factors of ten years take."""
    made = half_year(seed, days=3653, sessions=20_000, first_day=date(2014, 1, 1))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "j.sqlite"
        with Journal.open(path, create=True) as journal:
            begun = time.perf_counter()
            journal.add_everything(made.entries)
            filled_s = time.perf_counter() - begun

        def opened() -> None:
            with Journal.open(path) as journal:
                trends(journal)

        def all_factors() -> None:
            with Journal.open(path) as journal:
                factors(journal)

        def command() -> None:
            words = [sys.executable, "-m", "fasciscope", "journal", "trends", "--journal", path]
            subprocess.run([str(w) for w in words], check=True, capture_output=True)

        timed = side_by_side(
            {
                "open, trends (running process)": opened,
                "fasciscope journal trends (cold start)": command,
                "open, factors (running process)": all_factors,
            },
            repeats,
        )
        size_mb = path.stat().st_size / 1e6
    rows: list[dict[str, object]] = [
        {"case": "speed", "figure": name, "best_s": t.best, "median_s": t.median}
        for name, t in timed.items()
    ]
    rows.append({"case": "speed", "figure": f"filling it ({size_mb:.1f} MB)", "best_s": filled_s})
    return rows


def main() -> None:
    """Run the cases asked for."""
    options = parser(__doc__ or "", CASES, repeats=7)
    options.add_argument("--seeds", type=int, default=200, help="simulated half years")
    args = options.parse_args()
    which = chosen(args, CASES)
    print(header())
    seeds = range(args.seed, args.seed + max(1, args.seeds))
    rows: list[dict[str, object]] = []
    if "coverage" in which:
        rows += coverage(seeds, Truth(), "coverage")
    if "coverage-null" in which:
        rows += coverage(seeds, Truth(caffeine=1.0, rise=1.0), "coverage-null")
    if "speed" in which:
        rows += speed(args.seed, args.repeats)
    show(rows)
    if args.csv:
        write(rows, args.csv)


if __name__ == "__main__":
    main()
