"""Looking through recordings, and mending their header: `formats.check`, `formats.repair`."""

from __future__ import annotations

import edfio
import numpy as np
import pyedflib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fasciscope.blocks import Block, Channel, Marker, StreamInfo
from fasciscope.errors import OutputError, RecordingError
from fasciscope.formats import EdfWriter, check, read, repair
from fasciscope.formats.edf_header import read_header

FS = 1000.0
INFO = StreamInfo(FS, (Channel("EMG1", 0.5), Channel("EMG2", 0.5)))


def samples(n, seed=1):
    return np.random.default_rng(seed).integers(-3000, 3000, (n, 2)).astype(np.int16)


def write(path, n=5300, gap=None, close=True):
    """Write a recording, with a gap of 400 samples before sample `gap`."""
    counts = samples(n)
    writer = EdfWriter(path, INFO, record_s=0.5)
    if gap is None:
        writer.process(Block(counts, 0, 0, (Marker(700, "fist"),)))
    else:
        writer.process(Block(counts[:gap], 0, 0, (Marker(700, "fist"),)))
        writer.process(Block(counts[gap + 400 :], gap + 400, 400))
    if close:
        writer.finish()
    else:
        writer._file._file.close()  # as a kill does: nothing is mended
    return counts


def test_a_sound_recording(tmp_path):
    write(tmp_path / "a.edf", gap=2100)
    found = check(tmp_path / "a.edf")
    assert found.is_sound
    assert not found.needs_repair
    assert (found.n_samples, found.n_channels, found.fs_hz) == (5300, 2, FS)
    assert (found.records_announced, found.records_whole, found.bytes_left_over) == (11, 11, 0)
    assert found.gaps == ((2100, 2500),)
    assert (found.lost_samples, found.markers, found.misplaced) == (400, 1, ())
    assert found.duration_s == pytest.approx(5.3)


def test_one_that_was_never_closed(tmp_path):
    write(tmp_path / "a.edf", gap=2100, close=False)
    found = check(tmp_path / "a.edf")
    assert not found.is_sound
    assert found.needs_repair
    assert (found.records_announced, found.records_whole, found.n_samples) == (-1, 10, 5000)
    assert found.gaps == ((2100, 2500),)


@given(cut=st.integers(1, 27_632))
@settings(max_examples=40, deadline=None)
def test_cut_anywhere_check_and_repair_agree_and_no_sample_is_touched(tmp_path_factory, cut):
    folder = tmp_path_factory.mktemp("cut")
    path = folder / "a.edf"
    counts = write(path)
    raw = path.read_bytes()
    path.write_bytes(raw[: len(raw) - cut])
    header = read_header(path)
    whole = (len(raw) - cut - header.n_bytes) // header.record_bytes
    if whole < 1:
        with pytest.raises(RecordingError, match="no whole data record"):
            check(path)
        with pytest.raises(RecordingError, match="no whole data record"):
            repair(path, folder / "b.edf")
        assert not (folder / "b.edf").exists()
        return
    found = check(path)
    assert found.needs_repair
    assert found.records_whole == whole
    before = path.read_bytes()
    done = repair(path, folder / "b.edf")
    assert path.read_bytes() == before
    assert (done.records, done.bytes_left_off) == (whole, found.bytes_left_over)
    mended = (folder / "b.edf").read_bytes()
    assert mended[header.n_bytes :] == before[header.n_bytes : len(mended)]
    assert (mended[:236], mended[244 : header.n_bytes]) == (
        before[:236],
        before[244 : header.n_bytes],
    )
    assert check(folder / "b.edf").is_sound
    np.testing.assert_array_equal(read(folder / "b.edf").samples, counts[: whole * 500])


def test_what_is_mended_opens_where_it_did_not_before(tmp_path):
    write(tmp_path / "a.edf", close=False)
    with pytest.raises(OSError, match=r"a\.edf"):
        pyedflib.EdfReader(str(tmp_path / "a.edf"))
    repair(tmp_path / "a.edf")  # in place
    reader = pyedflib.EdfReader(str(tmp_path / "a.edf"))
    try:
        assert reader.getNSamples()[0] == 5000
    finally:
        reader.close()
    assert edfio.read_edf(tmp_path / "a.edf").num_data_records == 10
    assert check(tmp_path / "a.edf").is_sound


def test_a_record_that_is_not_where_its_time_stamp_says(tmp_path):
    path = tmp_path / "a.edf"
    write(path, n=5000)
    header = read_header(path)
    raw = bytearray(path.read_bytes())
    third = header.n_bytes + 2 * header.record_bytes
    path.write_bytes(raw[:third] + raw[third + header.record_bytes :])  # it is missing
    found = check(path)
    assert found.misplaced == tuple(range(2, 9))
    assert not found.is_sound
    raw[third : third + header.record_bytes] = bytes(header.record_bytes)  # or wiped out
    path.write_bytes(raw)
    assert check(path).misplaced == (2,)


def test_files_of_others(tmp_path):
    signal = edfio.EdfSignal(np.sin(np.arange(4000.0)), 1000, label="EMG", physical_dimension="uV")
    edfio.Edf([signal]).write(tmp_path / "plain.edf")
    assert check(tmp_path / "plain.edf").is_sound
    note = edfio.EdfAnnotation(0.5, None, "x")
    edfio.Edf([signal], annotations=[note], data_record_duration=0.1).write(tmp_path / "plus.edf")
    assert check(tmp_path / "plus.edf").is_sound


@pytest.mark.parametrize("act", [check, repair])
def test_what_is_no_recording(tmp_path, act):
    with pytest.raises(RecordingError, match="There is no file"):
        act(tmp_path / "none.edf")
    (tmp_path / "text.edf").write_text("hello" * 100)
    with pytest.raises(RecordingError, match="does not begin as"):
        act(tmp_path / "text.edf")


def test_nothing_is_overwritten(tmp_path):
    write(tmp_path / "a.edf", close=False)
    (tmp_path / "b.edf").write_text("mine")
    with pytest.raises(OutputError, match="exists already"):
        repair(tmp_path / "a.edf", tmp_path / "b.edf")
    assert (tmp_path / "b.edf").read_text() == "mine"
    with pytest.raises(OutputError, match=r"Cannot write .*a\.edf is unchanged"):
        repair(tmp_path / "a.edf", tmp_path / "nowhere" / "b.edf")


@pytest.mark.parametrize("command", ["check", "repair"])
def test_the_commands_say_it_in_words(tmp_path, capsys, command, monkeypatch):
    from fasciscope.cli import main

    write(tmp_path / "a.edf", gap=2100, close=False)
    with (tmp_path / "a.edf").open("ab") as file:
        file.write(b"half a record")
    monkeypatch.setattr("sys.argv", ["fasciscope", command, str(tmp_path / "a.edf")])
    with pytest.raises(SystemExit) as done:
        main.run()
    said = capsys.readouterr()
    if command == "check":
        assert done.value.code == 3
        assert "never closed" in said.out
        assert "400 samples a channel in 1 gap: 2.100 s to 2.500 s" in said.out
        assert "13 bytes of a data record that was never finished" in said.out
        assert "fasciscope repair" in said.out
    else:
        assert done.value.code == 0
        assert "a_repaired.edf: 5.0 s in 10 data records" in said.out
        assert "Left off: 13 bytes" in said.err
        assert check(tmp_path / "a_repaired.edf").is_sound
        assert not check(tmp_path / "a.edf").is_sound


def test_an_end_that_the_header_promises_and_that_is_not_there_is_missing(
    tmp_path, capsys, monkeypatch
):
    from fasciscope.cli import main

    path = tmp_path / "a.edf"
    write(path, gap=2100)
    header = read_header(path)
    path.write_bytes(path.read_bytes()[: header.n_bytes + 8 * header.record_bytes + 5])
    assert check(path).missing_end_s == 1.5
    monkeypatch.setattr("sys.argv", ["fasciscope", "check", str(path)])
    with pytest.raises(SystemExit):
        main.run()
    said = capsys.readouterr().out
    assert "2.100 s to 2.500 s; and the last 1.5 s that the header promises" in said
