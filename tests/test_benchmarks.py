"""`benchmarks/`: the scripts measure what they say, on signals short enough for a test."""

import importlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from fasciscope.events import Kind, of_kind
from fasciscope.simulation import simulate

FOLDER = Path(__file__).resolve().parents[1] / "benchmarks"


@pytest.fixture(scope="module")
def scripts():
    before = list(sys.path)
    sys.path.insert(0, str(FOLDER))
    names = (
        "common", "bench_speed", "bench_latency", "bench_journal", "bench_peers", "peer_worker",
    )  # fmt: skip
    yield {name: importlib.import_module(name) for name in names}
    sys.path[:] = before


@pytest.fixture(scope="module")
def calm():
    return simulate("calm", seconds=40, seed=3)


def test_functions_are_timed_in_turn_after_one_call_each(scripts):
    calls = []
    times = scripts["common"].side_by_side(
        {"a": lambda: calls.append("a"), "b": lambda: calls.append("b")}, repeats=3
    )
    assert calls == list("abababab")
    assert len(times["a"].wall) == len(times["b"].cpu) == 3
    assert times["a"].best <= times["a"].median


def test_the_header_names_what_the_figures_depend_on(scripts):
    text = scripts["common"].header()
    for word in ("commit", "cores", "Python", "numpy", "scipy", "numba", "load"):
        assert word in text


def test_csv_reads_back(scripts, tmp_path, capsys):
    rows = [{"case": "a", "x": 1.23456}, {"case": "b", "y": 2}]
    scripts["common"].show(rows)
    scripts["common"].write(rows, tmp_path / "out.csv")
    text = (tmp_path / "out.csv").read_text(encoding="utf-8")
    body = [line for line in text.splitlines() if not line.startswith("#")]
    assert body == ["case,x,y", "a,1.23456,", "b,,2"]
    assert "1.235" in capsys.readouterr().out


def test_references_filter_every_channel(scripts):
    signal = np.random.default_rng(0).standard_normal((2, 4000))
    once = scripts["common"].scipy_references(signal, 2000.0)["sosfilt"]()
    assert once.shape == signal.shape
    spectrum = np.abs(np.fft.rfft(once[1])) ** 2
    assert spectrum[:20].sum() < 0.01 * spectrum.sum()  # below 10 Hz


def test_memory_is_that_of_the_process(scripts):
    before = scripts["common"].peak_memory_mb()
    held = np.ones(int(40e6 / 8) + int(before * 1e6 / 8))
    assert scripts["common"].peak_memory_mb() >= before + 30
    assert held[-1] == 1.0


def test_ratios_are_of_the_same_signal(scripts, calm):
    row = scripts["bench_speed"].compared("x", calm.recording, 1)
    assert row["to_sosfilt"] == pytest.approx(row["analysis_s"] / row["sosfilt_s"])
    assert row["times_real"] == pytest.approx(40 / row["analysis_s"])
    tiled = scripts["bench_speed"].tiled(calm.recording, 3)
    assert tiled.duration_s == 120


def test_a_recording_is_measured_from_its_file_in_a_process_of_its_own(scripts, calm):
    row = scripts["bench_speed"]._apart("x", calm.recording, 1)
    assert row["minutes"] == pytest.approx(40 / 60, abs=1e-3)
    assert 50 < row["peak_mb"] < 1000
    assert row["file_to_summary_s"] > 0


def test_latency_is_from_the_last_sample_to_the_end_of_the_block(scripts, calm):
    true = of_kind(calm.truth, Kind.FASCICULATION)
    true = true[np.argsort(true["peak"])]
    told = true["stop"] + 100
    late, missed = scripts["bench_latency"].latencies_ms(calm, true["peak"][:-2], told[:-2])
    assert np.allclose(late, 50.0)
    assert missed == 2


def test_streaming_tells_of_the_twitches(scripts, calm):
    bench = scripts["bench_latency"]
    peaks, told, cost = bench.stream(calm.recording, 0.05)
    late, _ = bench.latencies_ms(calm, peaks, told)
    assert len(late) >= 0.8 * len(of_kind(calm.truth, Kind.FASCICULATION))
    assert (late > -50).all()
    assert len(cost) == 40 / 0.05 + 1


def test_a_peer_is_swept(scripts, calm):
    ways = list(scripts["peer_worker"].scipy(calm.recording.uv(0), 2000.0))
    assert len({setting for setting, _ in ways}) == len(ways) >= 5
    found = [len(way()) for _, way in ways]
    assert found == sorted(found, reverse=True)  # the threshold rises
    assert found[0] > 2 * found[-1]


def test_the_peers_best_setting_is_shown(scripts, calm):
    rows = scripts["bench_peers"].theirs("x", calm, "scipy", Path(sys.executable))
    assert rows[0]["f1"] >= 0.9
    assert "sigma" in rows[0]["setting"]


def test_a_peer_that_fails_is_left_out_with_a_sentence(scripts, calm, capsys):
    assert scripts["bench_peers"].theirs("x", calm, "nobody", Path(sys.executable)) == []
    assert "nobody did not finish x: KeyError" in capsys.readouterr().out


def test_an_unknown_case_is_refused():
    command = [sys.executable, str(FOLDER / "bench_speed.py"), "--which", "nonsense"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "--which takes some of" in done.stderr


def test_a_simulated_half_year_is_held_against_its_truth(scripts):
    truth = scripts["bench_journal"].Truth()
    found = scripts["bench_journal"].figures(8, truth)
    assert found["left calf: twitches a minute"] == (True, True)
    assert found["factor: caffeine"] == (True, True)
    assert sum(clear for _, clear in found.values()) == 2
    assert len(found) == 15
    wrong = scripts["bench_journal"].Truth(caffeine=1.4, rise=1.6, overdispersion=0.0)
    assert scripts["bench_journal"].figures(8, wrong)["left calf: twitches a minute"][1]
