"""`bench/` and its command: cases, labelled recordings, coverage, table, CSV and picture."""

import csv
import io
import math
import shutil
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from fasciscope.bench import CASES, GROUPS, chosen, run_case, run_labelled
from fasciscope.bench.coverage import Coverage, bursts, coverage, poisson, wandering
from fasciscope.bench.labelled import committed, labelled
from fasciscope.bench.measures import figures
from fasciscope.bench.plots import draw
from fasciscope.bench.running import coverage_rows
from fasciscope.bench.tables import BEGINS, HEADINGS, to_csv
from fasciscope.cli import main
from fasciscope.errors import InputError, OutputError, RecordingError

RECORDINGS = Path(__file__).resolve().parents[1] / "recordings"


@pytest.fixture(scope="module")
def row():
    return run_case(CASES["rest"], seeds=2, seconds=30)


@pytest.fixture
def run():
    return lambda *args: CliRunner().invoke(main.app, ["bench", *map(str, args)])


def test_a_case_is_measured_beside_its_oracle(row):
    assert len(row.measures) == 2
    assert row.measures[0].name != row.measures[1].name
    assert row.figures == figures(row.measures)
    assert row.figures["f1"] >= 0.9
    assert row.figures["oracle_f1"] >= 0.97
    assert row.targets["f1"] == 0.985


def test_every_target_is_a_figure():
    known = set(figures([]))
    for case in CASES.values():
        assert set(case.targets) <= known <= set(HEADINGS)


def test_the_sweep_changes_the_noise_alone():
    scenes = [CASES[name].scene for name in GROUPS["sweep"]]
    levels = [scene.noise.uv for scene in scenes]
    assert levels == sorted(set(levels))
    assert (levels[0], levels[-1]) == (4, 20)
    assert len({(scene.name, scene.twitching) for scene in scenes}) == 1


def test_names_are_opened_up_once():
    assert chosen(["weak", "sweep", "weak", "noise-8"]) == ["weak", *GROUPS["sweep"]]
    with pytest.raises(InputError, match=r"no case named 'wek'.*weak"):
        chosen(["wek"])


def test_draws_have_the_rate_that_they_say():
    for draw_times in (poisson, bursts, wandering):
        counts = [len(draw_times(np.random.default_rng([k, 1]), 30.0, 600.0)) for k in range(200)]
        standard_error = np.std(counts) / math.sqrt(200)
        assert abs(np.mean(counts) - 300) < 4 * standard_error


def test_coverage_is_that_of_the_interval():
    steady = coverage(seed=1, runs=60)[0]
    assert steady.per_minute == 30.0
    assert 0.85 <= steady.covered <= 1.0
    assert 1.1 < steady.width < 1.5  # Poisson, 300 events: about ±11 %


@pytest.mark.parametrize(("covered", "missed"), [(0.91, True), (0.95, False), (0.99, True)])
def test_coverage_has_two_bounds(covered, missed):
    (row,) = coverage_rows([Coverage("coverage-x", 30.0, covered, 1.3)])
    assert bool(row.missed) is missed


def test_labelled_recordings_are_found_and_measured(tmp_path):
    (tmp_path / "deep").mkdir()
    for name in ("kit_emg.edf", "kit_truth_events.tsv"):
        shutil.copy(RECORDINGS / name, tmp_path / "deep")
    shutil.copy(RECORDINGS / "rest_emg.edf", tmp_path)  # without labels
    ((path, table),) = labelled(tmp_path)
    assert (path.name, table.name) == ("kit_emg.edf", "kit_truth_events.tsv")
    row = run_labelled(path, table)
    assert row.figures["f1"] >= 0.97
    assert math.isnan(row.figures["oracle_f1"])
    table.rename(table.with_name("kit_desc-reviewed_events.tsv"))
    assert len(list(labelled(tmp_path))) == 1
    with pytest.raises(RecordingError, match=r"NAME_mine\.tsv"):
        list(labelled(tmp_path, ["_mine.tsv"]))


def test_the_projects_own_recordings_are_found():
    assert committed() == RECORDINGS
    assert {path.name for path, _ in labelled(RECORDINGS)} >= {"calf_emg.edf", "kit_emg.edf"}


def test_a_table_that_is_not_ours_is_left_alone_and_the_option_named(row, tmp_path):
    from fasciscope.cli.bench import _write_csv

    path = tmp_path / "mine.csv"
    path.write_text("mine")
    with pytest.raises(OutputError, match=r"another name with --csv\.$"):
        _write_csv(path, [row])
    assert path.read_text() == "mine"
    path.write_text(to_csv([row]))
    _write_csv(path, [row, row])
    assert len(path.read_text().splitlines()) > len(to_csv([row]).splitlines())


def test_csv_has_a_line_a_recording_and_one_for_all(row):
    text = to_csv([row, *coverage_rows([Coverage("coverage-x", 30.0, 0.95, 1.3)])])
    assert text.startswith(BEGINS)
    lines = list(csv.DictReader(io.StringIO(text)))
    assert [line["recording"] for line in lines] == ["7000", "7001", "all", "all"]
    whole = lines[2]
    assert int(whole["true"]) == sum(int(line["true"]) for line in lines[:2])
    assert float(whole["f1"]) == pytest.approx(row.figures["f1"], rel=1e-5)
    assert lines[3]["covered"] == "0.95"
    assert lines[3]["f1"] == ""


def test_the_picture_is_drawn(row, tmp_path):
    draw([row], tmp_path / "bench.png")
    assert (tmp_path / "bench.png").read_bytes().startswith(b"\x89PNG")


def test_the_command_prints_writes_and_draws(run, tmp_path):
    table, picture = tmp_path / "bench.csv", tmp_path / "bench.png"
    more = ["--seeds", 1, "--seconds", 30, "--csv", table, "--plot", picture]
    done = run("--which", "slow", *more)
    assert done.exit_code == 0, done.output
    assert all(word in done.stdout for word in ("slow", "F1", "oracle"))
    assert table.read_text(encoding="utf-8").startswith(BEGINS)
    assert picture.stat().st_size > 1000
    table.write_text("mine\n")
    assert run("--which", "slow", *more).exit_code == 2
    assert table.read_text() == "mine\n"


def test_a_folder_is_measured_alone(run, tmp_path):
    for name in ("kit_emg.edf", "kit_truth_events.tsv"):
        shutil.copy(RECORDINGS / name, tmp_path)
    (tmp_path / "kit_truth_events.tsv").rename(tmp_path / "kit_labels.tsv")
    done = run(tmp_path, "--truth-suffix", "labels.tsv")
    assert done.exit_code == 0, done.output
    assert "kit" in done.stdout
    assert "rest" not in done.stdout


def test_strict_leaves_with_1_when_a_target_is_missed(run, monkeypatch):
    from fasciscope.bench import cases

    hard = cases.Case("slow", CASES["slow"].scene, {"f1": 1.1})
    monkeypatch.setitem(cases.CASES, "slow", hard)
    args = ["--which", "slow", "--seeds", 1, "--seconds", 20]
    assert run(*args).exit_code == 0
    done = run(*args, "--strict")
    assert done.exit_code == 1
    assert "BELOW F1" in done.stdout
    assert "Below their target: slow" in done.stderr


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--which", "nonsense"], "no case named 'nonsense'"),
        (["--which", ","], "names no case"),
        (["--seeds", 0], "--seeds must lie between 1 and 1000"),
        (["--seconds", 5], "--seconds must lie between 20 and 3600"),
        (["no-such-folder"], "There is no folder no-such-folder"),
        (["--which", "weak", "--csv", "no/such/folder.csv"], "There is no folder"),
    ],
)
def test_bad_wishes_leave_with_2(run, args, words):
    done = run(*args)
    assert done.exit_code == 2
    assert words in done.stderr
    assert "Traceback" not in done.output
