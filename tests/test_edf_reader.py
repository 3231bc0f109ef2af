"""Reading files of other programs, damaged files, and files that are no EMG at all."""

from datetime import date, datetime, time, timedelta, timezone

import edfio
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fasciscope.blocks import Block, Channel, Marker, StreamInfo
from fasciscope.errors import RecordingError
from fasciscope.formats import EdfWriter, edf_tal, read
from fasciscope.formats.edf_header import Header, SignalHeader, read_header
from fasciscope.formats.edf_reader import read_edf


def signal(uv, fs_hz=1000, label="EMG", unit="uV", **more):
    return edfio.EdfSignal(
        np.asarray(uv, float), fs_hz, label=label, physical_dimension=unit, **more
    )


def noise(n=3000, scale=50.0, seed=0):
    return np.random.default_rng(seed).normal(0, scale, n)


def save(path, *signals, **more):
    edfio.Edf(list(signals), **more).write(path)
    return path


@pytest.mark.parametrize(
    ("unit", "factor"), [("uV", 1.0), ("mV", 1e3), ("V", 1e6), ("nV", 1e-3), ("UV", 1.0)]
)
def test_voltages_become_microvolts(tmp_path, unit, factor):
    uv = noise()
    source = signal(uv / factor, unit=unit, physical_range=(-500 / factor, 500 / factor))
    recording = read(save(tmp_path / "a.edf", source))
    step = recording.info.channels[0].uv_per_count
    assert step == pytest.approx(1000 / 65535, rel=1e-3)
    assert np.abs(recording.uv(0) - uv).max() <= step
    assert recording.info.note == ""


def test_a_micro_sign_in_latin_1_is_a_unit(tmp_path):
    path = save(tmp_path / "a.edf", signal(noise()))
    raw = path.read_bytes().replace(b"uV      ", "µV      ".encode("latin-1"))
    path.write_bytes(raw)
    assert read(path).info.note == ""


def test_plain_edf_without_annotations(tmp_path):
    edf = edfio.Edf([signal(noise(), label="channel_3")])
    edf.write(tmp_path / "a.edf")
    recording = read(tmp_path / "a.edf")
    assert recording.info.channels[0].name == "channel_3"
    assert (recording.markers, recording.lost_samples, recording.truncated) == ((), 0, False)
    assert recording.info.start is None  # anonymised


def test_start_device_and_annotations_of_others(tmp_path):
    path = save(
        tmp_path / "a.edf",
        signal(noise()),
        recording=edfio.Recording(startdate=date(2021, 7, 4), equipment_code="Amp_X"),
        starttime=time(22, 1, 2, 500_000),
        annotations=[edfio.EdfAnnotation(1.25, None, "blink"), edfio.EdfAnnotation(2.0, 0.5, "x")],
    )
    recording = read(path)
    assert recording.info.start.replace(tzinfo=None) == datetime(2021, 7, 4, 22, 1, 2, 500_000)
    assert recording.info.device == "Amp X"
    assert recording.markers == (Marker(1250, "blink"), Marker(2000, "x"))


def test_gap_words_in_somebody_elses_file_are_only_words(tmp_path):
    text = "Gap: 500 samples lost, from sample 100"
    path = save(
        tmp_path / "a.edf", signal(noise()), annotations=[edfio.EdfAnnotation(0.1, 0.5, text)]
    )
    recording = read(path)
    assert recording.lost_samples == 0
    assert recording.markers == (Marker(100, text),)


def test_emg_is_picked_out_of_a_polygraph(tmp_path):
    path = save(
        tmp_path / "a.edf",
        signal(noise(), label="EEG Fpz"),
        signal(noise(seed=1), label="EMG left leg"),
        signal(noise(300), 100, label="EMG slow"),
        signal(noise(), label="Temp", unit="degC"),
    )
    recording = read(path)
    info = recording.info
    assert [c.name for c in info.channels] == ["EMG left leg"]
    for name in ("EEG Fpz", "EMG slow (100 Hz", "Temp"):
        assert name in recording.remarks[0]


def test_signals_at_another_rate_are_left_out_and_named(tmp_path):
    path = save(
        tmp_path / "a.edf",
        signal(noise(), label="a"),
        signal(noise(6000), 2000, label="fast"),
        signal(noise(), label="b"),
    )
    recording = read(path)
    info = recording.info
    assert [c.name for c in info.channels] == ["a", "b"]
    assert info.fs_hz == 1000
    assert recording.remarks == ("Signals left out: fast (2000 Hz, uV).",)


def test_a_missing_unit_is_read_with_the_assumption_in_sight(tmp_path):
    recording = read(save(tmp_path / "a.edf", signal(noise(), unit="")))
    assert "no voltage for EMG" in recording.remarks[0]
    assert np.abs(recording.uv(0) - noise()).max() < 0.02


def test_raw_counts_that_pose_as_microvolts_are_pointed_out(tmp_path):
    counts = np.round(noise(scale=4))
    recording = read(save(tmp_path / "a.edf", signal(counts)))
    assert "whole steps of 1 µV" in recording.remarks[0]
    assert read(save(tmp_path / "b.edf", signal(noise()))).remarks == ()


def test_limits_upside_down_turn_the_signal_over(tmp_path):
    path = save(tmp_path / "a.edf", signal(noise(), physical_range=(-500, 500)))
    raw = bytearray(path.read_bytes())
    assert raw[360:376] == b"-500    500     "
    raw[360:376] = b"500     -500    "
    path.write_bytes(raw)
    recording = read(path)
    channel = recording.info.channels[0]
    assert channel.uv_per_count > 0
    assert (channel.count_min, channel.count_max) == (-32768, 32767)
    np.testing.assert_allclose(recording.uv(0), edfio.read_edf(path).signals[0].data, atol=0.01)
    assert np.abs(recording.uv(0) + noise()).max() < 0.02


def test_limits_that_say_nothing_leave_the_counts_as_they_are(tmp_path):
    path = save(tmp_path / "a.edf", signal(noise(), physical_range=(-500, 500)))
    raw = bytearray(path.read_bytes())
    raw[360:376] = b"0       0       "
    path.write_bytes(raw)
    recording = read(path)
    assert np.array_equal(recording.uv(0), recording.samples[:, 0])
    assert "no voltage" in recording.remarks[0]


def test_bdf_keeps_24_bits(tmp_path):
    uv = noise(scale=5000)
    edfio.Bdf(
        [edfio.BdfSignal(uv, 1000, label="EMG", physical_dimension="uV",
                         physical_range=(-262144, 262144))],
        annotations=[edfio.EdfAnnotation(1.5, None, "here")],
    ).write(tmp_path / "a.bdf")  # fmt: skip
    recording = read(tmp_path / "a.bdf")
    assert recording.samples.dtype == np.int32
    assert np.abs(recording.samples).max() > 32768
    assert np.abs(recording.uv(0) - uv).max() < 0.04
    channel = recording.info.channels[0]
    assert (channel.count_min, channel.count_max) == (-(2**23), 2**23 - 1)
    assert recording.markers == (Marker(1500, "here"),)


def plus_d(path, onsets, record=b"", n_per_record=1000):
    """Write an EDF+D file by hand: one channel whose counts run on, records at `onsets`."""
    signals = (
        SignalHeader("EMG", n_per_record, unit="uV", physical_min="-32768", physical_max="32767"),
        SignalHeader("EDF Annotations", 50),
    )
    header = Header(signals, "1", "Startdate X X X X", reserved="EDF+D", n_records=len(onsets))
    body = b""
    for i, onset in enumerate(onsets):
        counts = np.arange(i * n_per_record, (i + 1) * n_per_record, dtype="<i2")
        body += counts.tobytes() + (f"+{onset}\x14\x14\x00".encode() + record).ljust(100, b"\x00")
    path.write_bytes(header.to_bytes() + body)
    return path


def test_records_that_do_not_follow_on_each_other_leave_gaps(tmp_path):
    recording = read(plus_d(tmp_path / "a.edf", ["0", "1", "3.25", "4.2504", "7"]))
    # 0.4 ms is the rounding of a time stamp, and no gap
    assert recording.gaps.tolist() == [[2000, 3250], [5250, 7000]]
    assert recording.n_samples == 8000
    assert recording.samples[3250, 0] == 2000
    assert recording.samples[7000, 0] == 4000
    assert recording.lost_samples == 3000


def test_a_time_stamp_beyond_belief(tmp_path):
    with pytest.raises(RecordingError, match="at most a day"):
        read(plus_d(tmp_path / "a.edf", ["0", "99999999999"]))


def test_damaged_annotations_cost_only_themselves(tmp_path):
    junk = b"+zz\x14no\x14\x00\xff\xfe\x14\x14\x00+0.5\x14caf\xe9\x14\x00+0.7\x14cut"
    recording = read(plus_d(tmp_path / "a.edf", ["0"], junk))
    assert [m.sample_index for m in recording.markers] == [500]
    assert recording.markers[0].text.startswith("caf")


GOOD = (Channel("EMG1", 1.0),)


def good_file(path, n=3000):
    with EdfWriter(path, StreamInfo(1000.0, GOOD)) as writer:
        writer.process(Block(np.arange(n, dtype=np.int16)[:, np.newaxis], 0))
    return path


def test_missing_folder_empty_and_foreign_files(tmp_path):
    with pytest.raises(RecordingError, match="There is no file"):
        read(tmp_path / "nowhere.edf")
    with pytest.raises(RecordingError, match="is a folder"):
        read(tmp_path)
    (tmp_path / "empty.edf").write_bytes(b"")
    with pytest.raises(RecordingError, match=r"empty\.edf is empty"):
        read(tmp_path / "empty.edf")
    (tmp_path / "words.edf").write_text("not a recording " * 100)
    with pytest.raises(RecordingError, match=r"words\.edf is not a recording"):
        read(tmp_path / "words.edf")


@pytest.mark.parametrize("size", [1, 8, 200, 255, 256, 300, 767])
def test_cut_inside_the_header(tmp_path, size):
    path = good_file(tmp_path / "a.edf")
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(RecordingError, match=r"a\.edf"):
        read(path)


def test_cut_before_the_first_whole_record(tmp_path):
    path = good_file(tmp_path / "a.edf")
    path.write_bytes(path.read_bytes()[: 768 + 2000])
    with pytest.raises(RecordingError, match="no whole data record: one takes 2512 bytes"):
        read(path)


def test_bytes_behind_the_end_of_a_closed_file_are_left_alone(tmp_path):
    path = good_file(tmp_path / "a.edf")
    path.write_bytes(path.read_bytes() + b"junk")
    recording = read(path)
    assert (recording.n_samples, recording.truncated) == (3000, False)


@pytest.mark.parametrize(
    ("offset", "field", "words"),
    [
        (252, b"9999", "announces 9999 signals"),
        (252, b"0   ", "at least 1"),
        (252, b"x   ", "not a whole number"),
        (184, b"99999999", "contradicts itself"),
        (236, b"-7      ", "at least -1"),
        (244, b"1e999999", "length of its data records"),
        (244, b"-1      ", "length of its data records"),
        (244, b"nan     ", "length of its data records"),
        (244, b"0       ", "no usable channel"),
        (244, b"60      ", "16.6667 Hz"),
        (244, b"0.001   ", "1e\\+06 Hz"),
        (256 + 216 * 2, b"99999999", "1e\\+08 Hz"),
        (256 + 216 * 2, b"9000    ", "no whole data record"),
        (256 + 216 * 2, b"-5      ", "n samples of signal 1"),
        (256 + 120 * 2, b"1.5     ", "not a whole number"),
    ],
)
def test_a_header_that_promises_what_cannot_be(tmp_path, offset, field, words):
    path = good_file(tmp_path / "a.edf")
    raw = bytearray(path.read_bytes())
    raw[offset : offset + len(field)] = field
    path.write_bytes(raw)
    with pytest.raises(RecordingError, match=words):
        read(path)


def test_no_usable_channel_names_what_there_is(tmp_path):
    path = save(tmp_path / "a.edf", signal(noise(), label="SpO2", unit="%"))
    with pytest.raises(RecordingError, match=r"no usable channel.*SpO2 \(%\)"):
        read(path)


def test_too_slow_a_file_is_named_with_the_bounds(tmp_path):
    path = save(tmp_path / "a.edf", signal(noise(), 100))
    with pytest.raises(RecordingError, match="100 Hz; it must be between 250 and 10000 Hz"):
        read(path)


def test_closed_before_the_first_sample(tmp_path):
    with pytest.raises(RecordingError, match="before its first sample"):
        read(good_file(tmp_path / "a.edf", 0))


def test_65_channels_give_64(tmp_path):
    path = save(tmp_path / "a.edf", *(signal(noise(1000), label=f"c{i}") for i in range(65)))
    recording = read(path)
    info = recording.info
    assert info.n_channels == 64
    assert "c64" in recording.remarks[0]


def test_labels_that_repeat_get_names_that_differ(tmp_path):
    path = save(tmp_path / "a.edf", *(signal(noise(1000), label="EMG") for _ in range(3)))
    assert [c.name for c in read(path).info.channels] == ["EMG", "EMG (2)", "EMG (3)"]


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_no_damage_ever_gives_anything_but_a_recording_or_a_recording_error(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("damage") / "damaged.edf"
    raw = bytearray(good_file(path, 1500).read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(8, len(raw) - 1))
        raw[at] = data.draw(st.integers(0, 255))
    del raw[data.draw(st.integers(100, len(raw))) :]
    path.write_bytes(raw)
    message, recording = "", None
    try:
        recording = read(path)
    except RecordingError as error:
        message = str(error)
    if recording is None:
        assert "damaged.edf" in message
        return
    assert recording.n_samples >= 1
    assert recording.samples.shape == (recording.n_samples, recording.info.n_channels)
    assert (recording.gaps[:, 0] < recording.gaps[:, 1]).all()


def test_header_reads_back_what_it_wrote(tmp_path):
    header = Header(
        (
            SignalHeader("EMG 1", 100, "t", "uV", "-5", "5.25", -512, 511, "HP:20Hz", "r"),
            SignalHeader("EDF Annotations", 30),
        ),
        "0.5",
        "Startdate X X X X",
        n_records=12,
    )
    (tmp_path / "a.edf").write_bytes(header.to_bytes())
    assert read_header(tmp_path / "a.edf") == header


def test_zone_of_ours_is_kept(tmp_path):
    start = datetime(2024, 1, 1, 0, 0, 0, tzinfo=timezone(timedelta(hours=-9, minutes=-30)))
    path = tmp_path / "a.edf"
    with EdfWriter(path, StreamInfo(1000.0, GOOD, start)) as writer:
        writer.process(Block(np.zeros((10, 1), np.int16), 0))
    got = read_edf(path).info.start
    assert got == start
    assert got.utcoffset() == start.utcoffset()


@given(st.text(max_size=900), st.integers(-(10**12), 10**13))
@settings(max_examples=150, deadline=None)
def test_a_text_of_any_length_survives_its_parts(text, onset_us):
    whole = edf_tal.Annotation(onset_us, edf_tal.plain(text), 7)
    parts = edf_tal.in_parts(whole)
    raw = b"".join(part.to_bytes() for part in parts)
    assert all(len(part.text.encode()) <= edf_tal.TEXT_BYTES_MAX for part in parts)
    _, found = edf_tal.parse_record(edf_tal.timekeeping(0) + raw + bytes(9))
    assert edf_tal.joined(found) == [whole]


@given(st.binary(max_size=300))
@settings(max_examples=200, deadline=None)
def test_any_bytes_can_be_parsed_for_annotations(raw):
    start, found = edf_tal.parse_record(raw)
    assert start is None or isinstance(start, int)
    assert all(annotation.text for annotation in found)
