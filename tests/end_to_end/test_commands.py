"""Commands one after the other, through files and ports, as they are scripted."""

from __future__ import annotations

import csv
import json
import signal
import time

import numpy as np

from fasciscope import read, score
from fasciscope.events import read_tsv


def test_replay_as_device_is_a_board_for_any_program(run, start, tmp_path):
    assert run("simulate", "calm", "--seconds", 8, "--output", "calm.edf").returncode == 0
    device = start("replay", "calm.edf", "--as-device", "--speed", 4)
    port = device.stdout.readline().strip()
    done = run("record", "--port", port, "--output", "again.edf")
    assert done.returncode == 0, done.stderr
    assert np.array_equal(read(tmp_path / "again.edf").samples, read(tmp_path / "calm.edf").samples)
    assert device.poll() is None, "it stays until it is stopped"
    device.send_signal(signal.SIGTERM)
    device.communicate(timeout=30)
    assert device.returncode == 0


def test_replay_runs_the_live_pipeline(run):
    assert run("simulate", "calm", "--seconds", 10, "--output", "calm.edf").returncode == 0
    begun = time.monotonic()
    done = run("replay", "calm.edf", "--speed", 5)
    assert time.monotonic() - begun > 2.0, "ten seconds at five times the speed"
    assert done.returncode == 0, done.stderr
    fast = run("replay", "calm.edf", "--speed", "max")
    assert fast.stdout == done.stdout
    assert "10.0 s played" in fast.stdout


def test_simulate_takes_the_rate_of_the_scene(run, tmp_path):
    assert "at 1000 Hz" in run("simulate", "kit", "--seconds", 2).stdout
    done = run("simulate", "kit", "--seconds", 2, "--rate", 500, "--output", "slow.edf")
    assert "at 500 Hz" in done.stdout


def test_simulate_detect_score(run, tmp_path):
    made = run("simulate", "calm", "--seconds", 120, "--seed", 3, "--output", "calm_emg.edf")
    assert made.returncode == 0, made.stderr
    done = run("detect", "calm_emg.edf")
    assert done.returncode == 0, done.stderr
    recording = read(tmp_path / "calm_emg.edf")
    fs_hz, names = recording.info.fs_hz, ["EMG1"]
    found = read_tsv(tmp_path / "calm_events.tsv", fs_hz, names)
    truth = read_tsv(tmp_path / "calm_truth_events.tsv", fs_hz, names)
    assert score(found, truth, fs_hz).f1 >= 0.97

    with (tmp_path / "calm_events.tsv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assert list(rows[0]) == [
        "onset", "duration", "trial_type", "channel", "peak_time", "amplitude_uv", "family",
    ]  # fmt: skip
    summary = json.loads((tmp_path / "calm_summary.json").read_text(encoding="utf-8"))
    assert {
        "duration_s", "analysable_s", "fasciculations", "twitches_per_minute",
        "twitches_per_minute_ci95", "noise_uv", "families", "contractions", "cramps", "artifacts",
        "lost_samples", "quality", "software_version", "settings",
    } <= summary.keys()  # fmt: skip
    assert summary["duration_s"] == 120
    assert summary["fasciculations"] == sum(r["trial_type"] == "fasciculation" for r in rows)
    per_minute = summary["fasciculations"] / summary["analysable_s"] * 60
    assert abs(summary["twitches_per_minute"] - per_minute) < 0.01


def test_detect_puts_results_where_it_is_told(run, tmp_path):
    run("simulate", "calm", "--seconds", 10, "--output", "calm.edf")
    before = {path.name for path in tmp_path.iterdir()}
    done = run("detect", "calm.edf", "--events", "e.tsv", "--summary", "s.json")
    assert done.returncode == 0, done.stderr
    assert {path.name for path in tmp_path.iterdir()} - before == {"e.tsv", "s.json"}


def test_detect_picks_channels(run, tmp_path):
    run("simulate", "grid", "--seconds", 6, "--output", "grid.edf")
    names = [channel.name for channel in read(tmp_path / "grid.edf").info.channels]
    picked = ",".join(names[1:3])
    assert run("detect", "grid.edf", "--channels", picked).returncode == 0
    with (tmp_path / "grid_events.tsv").open(encoding="utf-8") as file:
        seen = {row["channel"] for row in csv.DictReader(file, delimiter="\t")}
    assert seen <= {*names[1:3], "n/a"}


def test_one_bad_file_does_not_stop_the_others(run, tmp_path):
    for name in ("a", "c"):
        run("simulate", "calm", "--seconds", 6, "--output", f"{name}.edf")
    (tmp_path / "b.edf").write_bytes(b"not a recording")
    done = run("detect", "a.edf", "b.edf", "c.edf")
    assert done.returncode == 2
    assert "b.edf" in done.stderr
    assert "1 of 3 recordings could not be analysed." in done.stderr
    assert "Traceback" not in done.stderr
    assert (tmp_path / "a_events.tsv").exists()
    assert (tmp_path / "c_summary.json").exists()
    assert not (tmp_path / "b_events.tsv").exists()


def test_report_writes_a_page_of_each_kind(run, tmp_path):
    run("simulate", "calf", "--seconds", 20, "--output", "calf.edf")
    for output, begins in [
        ("calf_report.html", b"<!"),
        ("calf.png", b"\x89PNG"),
        ("calf.pdf", b"%PDF"),
    ]:
        args = () if output == "calf_report.html" else ("--output", output)
        done = run("report", "calf.edf", *args)
        assert done.returncode == 0, done.stderr
        assert (tmp_path / output).read_bytes().startswith(begins)


def test_demo_shows_the_job_done(run, tmp_path):
    done = run("demo", "--output", "shown")
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "shown"
    assert "Against the known truth:" in done.stdout
    assert str(folder) in done.stdout
    assert "samples in the file are those that were sent" in done.stderr
    assert (folder / "demo_report.png").stat().st_size > 50_000
    assert (folder / "demo_report.html").stat().st_size > 50_000
    recording = read(folder / "demo_emg.edf")
    found = read_tsv(folder / "demo_events.tsv", recording.info.fs_hz, ["EMG1"])
    truth = read_tsv(folder / "demo_truth_events.tsv", recording.info.fs_hz, ["EMG1"])
    assert score(found, truth, recording.info.fs_hz).f1 >= 0.9
    assert run("demo", "--output", "shown").returncode == 2, "a folder in use is left alone"
