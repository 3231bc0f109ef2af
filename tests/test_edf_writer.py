"""The EDF+ writer. Clause numbers are those of the EDF+ specification (Kemp and Olivan 2003)."""

import re
import resource
from datetime import datetime, timedelta, timezone

import edfio
import mne
import numpy as np
import pyedflib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fasciscope.blocks import Block, Channel, Marker, StreamInfo
from fasciscope.errors import InputError, OutputError
from fasciscope.formats import EdfWriter, read
from fasciscope.formats.edf_header import read_header

START = datetime(2024, 3, 2, 13, 5, 9, 250_000, tzinfo=timezone(timedelta(hours=5, minutes=30)))
CHANNELS = (
    Channel("EMG1", 24.4140625, 0.0, -512, 511, "tibialis anterior", "left", "HP:20Hz LP:500Hz"),
    Channel("calf", 0.37, 1.5, muscle="gastrocnemius", side="right", prefilter="HP:20Hz LP:500Hz"),
)
INFO = StreamInfo(1000.0, CHANNELS, START, "Uno, firmware 0.1.0, boot 1a2b3c4d", "after a run")


def counts(n, n_channels=2, seed=0):
    return np.random.default_rng(seed).integers(-512, 512, (n, n_channels)).astype(np.int16)


def write(path, blocks, info=INFO, **options):
    with EdfWriter(path, info, **options) as writer:
        for block in blocks:
            writer.process(block)
    return path


def test_2_1_header_is_ascii_and_every_field_in_its_place(tmp_path):
    path = write(tmp_path / "a.edf", [Block(counts(2500), 0)])
    raw = path.read_bytes()
    header = raw[: 256 * 4].decode("ascii")
    assert header.isprintable()
    assert header[:8] == "0       "
    assert header[8:88].rstrip() == "X X X X"  # 2.1.3.3: who it is, unknown to us and left so
    assert header[88:168].rstrip() == (
        "Startdate 02-MAR-2024 X X Uno,_firmware_0.1.0,_boot_1a2b3c4d UTC+05:30"
    )
    assert header[168:184] == "02.03.2413.05.09"
    assert header[184:192].rstrip() == "1024"
    assert header[192:236].rstrip() == "EDF+C"
    assert header[236:244].rstrip() == "3"
    assert header[244:252].rstrip() == "1"
    assert header[252:256].rstrip() == "3"
    assert [header[256 + 16 * i :][:16].rstrip() for i in range(3)] == [
        "EMG 1",
        "EMG calf",
        "EDF Annotations",
    ]


def test_2_2_1_annotation_signal_has_limits_that_differ_and_nothing_else(tmp_path):
    header = read_header(write(tmp_path / "a.edf", [Block(counts(1000), 0)]))
    signal = header.signals[-1]
    assert (signal.physical_min, signal.physical_max) == ("-1", "1")
    assert (signal.digital_min, signal.digital_max) == (-32768, 32767)
    assert signal.unit == signal.transducer == signal.prefilter == signal.reserved == ""


def test_2_2_2_unused_bytes_are_zero_and_no_zero_stands_between_lists(tmp_path):
    path = write(tmp_path / "a.edf", [Block(counts(1000), 0, markers=(Marker(10, "here"),))])
    signal = path.read_bytes()[1024 + 4000 :]
    used = signal.rstrip(b"\x00")
    assert signal[len(used) + 1 :] == bytes(len(signal) - len(used) - 1)
    # each list ends in 0x14 0x00; an empty one between two others would make three zeros' room
    assert all(tal.endswith(b"\x14") for tal in used.split(b"\x00"))
    assert re.match(rb"\+0\.25\x14\x14\x00", signal)


def test_2_2_3_text_of_a_person_cannot_break_a_list(tmp_path):
    nasty = "a\x14b\x15c\x00d\ne"
    path = write(tmp_path / "a.edf", [Block(counts(1000), 0, markers=(Marker(5, nasty),))])
    assert read(path).markers == (Marker(5, "a b c d e"),)


def test_2_2_4_every_record_begins_with_its_own_start_time(tmp_path):
    path = write(tmp_path / "a.edf", [Block(counts(3000), 0)])
    raw = path.read_bytes()[1024:]
    size = 2 * (2000 + 256)
    starts = [raw[i * size + 4000 :].split(b"\x14")[0] for i in range(3)]
    assert starts == [b"+0.25", b"+1.25", b"+2.25"]


@pytest.mark.parametrize(
    ("fs_hz", "n", "seconds"),
    [
        (2000.0, 2000, "1"),
        (976.5625, 976, "0.999424"),
        (250_000 / 27, 9259, "0.999972"),  # 16 MHz / 128 / 13.5
        (125_000 / 13, 9615, "0.99996"),  # 16 MHz / 128 / 13
        (1000 / 3, 333, "0.999"),
        (250.0, 250, "1"),
    ],
)
def test_record_length_gives_the_rate_exactly(tmp_path, fs_hz, n, seconds):
    info = StreamInfo(fs_hz, CHANNELS[:1])
    path = write(tmp_path / "a.edf", [Block(counts(n, 1), 0)], info)
    header = read_header(path)
    assert (header.signals[0].n_samples, header.record_s) == (n, seconds)
    assert read(path).info.fs_hz == fs_hz


@given(st.floats(250, 10_000))
@settings(max_examples=60, deadline=None)
def test_any_rate_is_met_within_a_part_in_ten_million(fs_hz):
    from fasciscope.formats.edf_layout import plan

    layout = plan(StreamInfo(fs_hz, CHANNELS[:1]), 1.0)
    assert abs(float(layout.fs_hz) / fs_hz - 1) < 1e-7
    assert layout.record_us <= 1_000_000
    assert len(layout.header.record_s) <= 8


def test_a_record_is_at_most_61440_bytes(tmp_path):
    channels = tuple(Channel(f"EMG{i}", 1.0) for i in range(64))
    path = write(tmp_path / "a.edf", [Block(counts(5000, 64), 0)], StreamInfo(10_000.0, channels))
    header = read_header(path)
    assert header.record_bytes <= 61_440
    assert read(path).info.fs_hz == 10_000.0
    assert np.array_equal(read(path).samples, counts(5000, 64))


def stream():
    """Samples with three gaps, one across records, and markers early, late, crowded and long."""
    samples = counts(9_731)
    markers = [Marker(i * 400 + 3, f"m{i} µ") for i in range(24)]
    markers += [Marker(5000, f"crowd {i:02d} " + "x" * 60) for i in range(30)]
    markers.append(Marker(7777, "long ✓ " * 120))
    return (
        samples,
        [(1995, 4100), (6000, 6001), (9000, 9500)],
        sorted(markers, key=lambda m: m.sample_index),
    )


def blocks_of(size):
    samples, gaps, markers = stream()
    edges = [0, *np.ravel(gaps).tolist(), len(samples)]
    previous, due = 0, list(markers)
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        for first in range(start, stop, size):
            last = min(first + size, stop)
            mine = [m for m in due if m.sample_index < last]
            due = due[len(mine) :]
            yield Block(samples[first:last], first, first - previous, tuple(mine))
            previous = last


def test_the_cut_into_blocks_does_not_change_a_byte(tmp_path):
    files = [
        write(tmp_path / f"{size}.edf", blocks_of(size)).read_bytes()
        for size in (1, 7, 997, 100_000)
    ]
    assert files[0] == files[1] == files[2] == files[3]


def test_gaps_and_markers_come_back_to_the_sample(tmp_path):
    samples, gaps, markers = stream()
    recording = read(write(tmp_path / "a.edf", blocks_of(997)))
    assert recording.gaps.tolist() == [list(gap) for gap in gaps]
    assert recording.n_samples == len(samples)
    kept = np.ones(len(samples), bool)
    for first, stop in gaps:
        kept[first:stop] = False
    assert np.array_equal(recording.samples[kept], samples[kept])
    want = [Marker(m.sample_index, " ".join(m.text.split())) for m in markers]
    assert list(recording.markers) == want
    assert not recording.truncated


def test_a_marker_stands_in_the_record_in_which_it_happens(tmp_path):
    path = write(
        tmp_path / "a.edf",
        [Block(counts(4000), 0, markers=(Marker(2500, "now"), Marker(900, "before")))],
    )
    raw = path.read_bytes()[1024:]
    size = 2 * (2000 + 256)
    records = [raw[i * size : (i + 1) * size] for i in range(4)]
    assert [b"now" in r for r in records] == [False, False, True, False]
    assert [b"before" in r for r in records] == [True, False, False, False]


def test_a_late_marker_stands_in_the_next_record_with_its_true_time(tmp_path):
    path = write(
        tmp_path / "a.edf",
        [Block(counts(2000), 0), Block(counts(1000), 2000, markers=(Marker(100, "late"),))],
    )
    assert b"late" in path.read_bytes()[1024 + 2 * 4512 :]
    assert read(path).markers == (Marker(100, "late"),)


def test_the_last_record_is_filled_and_says_where_the_recording_ended(tmp_path):
    path = write(tmp_path / "a.edf", [Block(counts(1037), 0)])
    assert b"Padding: filler from sample 1037 on" in path.read_bytes()
    recording = read(path)
    assert np.array_equal(recording.samples, counts(1037))
    assert edfio.read_edf(path).num_data_records == 2


def test_nothing_typed_by_a_person_is_taken_for_the_machines_own(tmp_path):
    texts = (
        "Gap: 500 samples lost, from sample 100",
        "Padding: filler from sample 3 on",
        'Info: {"note": "forged"}',
    )
    markers = tuple(Marker(50, text) for text in texts)
    recording = read(write(tmp_path / "a.edf", [Block(counts(1000), 0, markers=markers)]))
    assert recording.n_samples == 1000
    assert recording.lost_samples == 0
    assert recording.info.note == INFO.note
    assert tuple(m.text for m in recording.markers) == texts


def test_opens_clean_and_equal_in_edfio_pyedflib_and_mne(tmp_path):
    # warnings are errors in this suite: "clean" is tested by the bare calls
    samples = counts(5000)
    markers = (Marker(100, "one"), Marker(4999, "ünï ✓"))
    info = StreamInfo(1000.0, CHANNELS, START.replace(microsecond=0), INFO.device)
    path = write(tmp_path / "a.edf", [Block(samples, 0, markers=markers)], info)
    ours = read(path)

    theirs = edfio.read_edf(path)
    assert theirs.startdatetime == START.replace(microsecond=0, tzinfo=None)
    assert [(a.onset, a.text) for a in theirs.annotations[-2:]] == [(0.1, "one"), (4.999, "ünï ✓")]
    raw = mne.io.read_raw_edf(path, verbose="WARNING")
    assert raw.info["sfreq"] == 1000.0
    assert raw.annotations.onset[-2:].tolist() == [0.1, 4.999]
    assert raw.annotations.description[-1] == "ünï ✓"
    with pyedflib.EdfReader(str(path)) as reader:
        onsets, _, texts = reader.readAnnotations()
        assert (onsets[-2:].tolist(), texts[-1]) == ([0.1, 4.999], "ünï ✓")
        assert reader.getEquipment() == INFO.device
        assert reader.getStartdatetime() == START.replace(microsecond=0, tzinfo=None)
        for i in range(2):
            assert np.array_equal(theirs.signals[i].digital, samples[:, i])
            assert np.array_equal(reader.readSignal(i, digital=True), samples[:, i])
            uv = ours.uv(i)
            # to half the last digit of the physical limits: a zero line within it is read as 0
            np.testing.assert_allclose(theirs.signals[i].data, uv, rtol=0, atol=0.005)
            np.testing.assert_allclose(reader.readSignal(i), uv, rtol=0, atol=0.005)
            np.testing.assert_allclose(raw.get_data()[i] * 1e6, uv, rtol=0, atol=0.005)
            truth = samples[:, i] * CHANNELS[i].uv_per_count + CHANNELS[i].uv_at_zero
            assert np.abs(uv - truth).max() <= 0.2 * CHANNELS[i].uv_per_count


def test_sub_second_start_and_gaps_open_clean_elsewhere_too(tmp_path):
    path = write(tmp_path / "a.edf", blocks_of(997))
    assert edfio.read_edf(path).startdatetime == START.replace(tzinfo=None)
    raw = mne.io.read_raw_edf(path, verbose="WARNING")
    gap = list(raw.annotations.description).index("Gap: 2105 samples lost, from sample 1995")
    assert raw.annotations.onset[gap] == pytest.approx(1.995, abs=1e-9)
    assert raw.annotations.duration[gap] == pytest.approx(2.105, abs=1e-9)
    with pyedflib.EdfReader(str(path)) as reader:
        assert reader.getNSamples()[0] == 1000 * read_header(path).n_records >= 10_000


def test_the_whole_stream_information_comes_back(tmp_path):
    channels = (
        *CHANNELS,
        Channel("Gastrocnemius, medial head", 0.5, muscle="Wadenmuskel außen", side="left"),
        Channel("Gastrocnemius, lateral head", 0.5, muscle="", side="right", prefilter="µ" * 90),
        Channel("肌肉", 2.0, count_min=0, count_max=1023, uv_at_zero=-1024.0),
    )
    note = "line one\nline two ✓ " + "x" * 700
    info = StreamInfo(
        1000.0, channels, START, "Böard, a name far too long for its field, " * 3, note
    )
    got = read(write(tmp_path / "a.edf", [Block(counts(1000, 5), 0)], info)).info
    assert (got.start, got.device, got.note) == (info.start, info.device, info.note)
    for have, want in zip(got.channels, channels, strict=True):
        assert (have.name, have.muscle, have.side) == (want.name, want.muscle, want.side)
        assert (have.prefilter, have.count_min, have.count_max) == (
            want.prefilter,
            want.count_min,
            want.count_max,
        )


@given(
    scale=st.floats(0.01, 30),
    offset=st.floats(-0.5, 0.5),  # farther off, both limits may need more digits than there are
    rails=st.sampled_from([(-512, 511), (0, 1023), (-2048, 2047), (0, 16383), (-32768, 32767)]),
)
@settings(max_examples=200, deadline=None)
def test_scaling_survives_eight_characters(scale, offset, rails):
    from fasciscope.formats.edf_layout import physical_limits

    zero = offset * scale * (rails[1] - rails[0])
    channel = Channel("EMG1", scale, zero, *rails)
    low, high, (low_count, high_count) = physical_limits(channel)
    assert len(low) <= 8
    assert len(high) <= 8
    gain = (float(high) - float(low)) / (high_count - low_count)
    assert abs(gain / scale - 1) <= 1e-6
    assert low_count <= rails[0] < rails[1] <= high_count
    # the zero line is off by at most half the last digit of the field
    digits = len(low.partition(".")[2])
    assert abs(float(low) - (zero + scale * low_count)) <= 0.5 * 10.0**-digits + 1e-9


def test_a_start_without_a_date_is_anonymous(tmp_path):
    path = write(tmp_path / "a.edf", [Block(counts(1000, 1), 0)], StreamInfo(1000.0, CHANNELS[:1]))
    assert read_header(path).recording == "Startdate X X X X"
    assert read(path).info.start is None
    mne.io.read_raw_edf(path, verbose="WARNING")


def test_while_writing_the_header_says_minus_one_and_the_file_is_readable(tmp_path):
    path = tmp_path / "a.edf"
    writer = EdfWriter(path, INFO)
    writer.process(Block(counts(2500), 0))
    assert path.read_bytes()[236:244] == b"-1      "
    during = read(path)
    assert during.truncated
    assert np.array_equal(during.samples, counts(2500)[:2000])
    assert writer.safe_s == 2.0
    writer.finish()
    writer.finish()
    assert not read(path).truncated
    with pytest.raises(OutputError, match="closed already"):
        writer.process(Block(counts(1), 2500))


def test_a_file_killed_at_any_byte_gives_back_every_whole_record(tmp_path):
    samples, gaps, _ = stream()
    path = tmp_path / "a.edf"
    writer = EdfWriter(path, INFO)
    for block in blocks_of(997):
        writer.process(block)
    raw = path.read_bytes()  # as a kill leaves it: never mended, the last part never written
    header = read_header(path)
    cut_file = tmp_path / "cut.edf"
    kept = np.ones(len(samples), bool)
    for first, stop in gaps:
        kept[first:stop] = False
    cuts = {header.n_bytes + header.record_bytes, len(raw) - 1, len(raw)}
    cuts |= set(range(header.n_bytes + header.record_bytes, len(raw), 1733))
    for cut in sorted(cuts):
        cut_file.write_bytes(raw[:cut])
        whole = 1000 * ((cut - header.n_bytes) // header.record_bytes)
        got = read(cut_file)
        assert got.truncated
        assert got.n_samples == whole
        assert np.array_equal(got.samples[kept[:whole]], samples[:whole][kept[:whole]])
        assert got.gaps.tolist() == [[a, min(b, whole)] for a, b in gaps if a < whole]
        assert got.info.channels[0].muscle == "tibialis anterior"
    writer.finish()


def test_seven_gaps_in_one_record_are_in_the_file_before_any_marker(tmp_path):
    path = tmp_path / "a.edf"
    start = 36_000_000  # ten hours in: indices and times at their longest
    writer = EdfWriter(path, StreamInfo(1000.0, CHANNELS[:1], START.replace(microsecond=123_457)))
    writer.process(Block(counts(1, 1), start, markers=(Marker(start, "x" * 200),)))
    first = start + 1
    for _ in range(7):
        first += 33
        writer.process(Block(counts(7, 1), first))
        first += 7
    writer.process(Block(counts(1000, 1), first))
    annotations = path.read_bytes()[-512:]
    assert annotations.count(b"Gap: 33 samples lost") == 7
    writer.finish()
    assert len(read(path).gaps) == 8


def test_an_existing_file_is_left_as_it_is(tmp_path):
    path = tmp_path / "a.edf"
    path.write_text("precious")
    with pytest.raises(OutputError, match="exists already"):
        EdfWriter(path, INFO)
    assert path.read_text() == "precious"


def test_a_folder_that_cannot_be_written(tmp_path):
    with pytest.raises(OutputError, match="Cannot make"):
        EdfWriter(tmp_path / "missing" / "a.edf", INFO)


def test_a_full_disk_leaves_a_valid_file_and_says_what_is_safe(tmp_path):
    path = tmp_path / "a.edf"
    writer = EdfWriter(path, INFO)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024 + 3 * 4512 + 1000, before[1]))
    try:
        with pytest.raises(OutputError, match="safe up to second 3;"):
            writer.process(Block(counts(8000), 0))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert path.stat().st_size == 1024 + 3 * 4512
    recording = read(path)
    assert not recording.truncated
    assert np.array_equal(recording.samples, counts(8000)[:3000])
    writer.finish()  # harmless
    with pyedflib.EdfReader(str(path)) as reader:
        assert reader.datarecords_in_file == 3


def test_a_disk_full_from_the_start_leaves_nothing_behind(tmp_path):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        with pytest.raises(OutputError, match="Nothing was recorded"):
            EdfWriter(tmp_path / "a.edf", INFO)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(tmp_path.iterdir()) == []


def test_an_error_inside_the_context_keeps_what_was_taken(tmp_path):
    path = tmp_path / "a.edf"

    def source():
        yield Block(counts(1500), 0)
        raise RuntimeError("unplugged")

    with pytest.raises(RuntimeError, match="unplugged"):
        write(path, source())
    assert np.array_equal(read(path).samples, counts(1500))
    assert not read(path).truncated


@pytest.mark.parametrize(
    ("block", "words"),
    [
        (Block(counts(5, 3), 1000), "2 channels"),
        (Block(counts(5), 999), "without overlap"),
        (Block(np.zeros((5, 2)), 1000), "whole counts"),
        (Block(np.full((5, 2), 40_000, np.int32), 1000), "-32768 to 32767"),
        (Block(counts(5), 2**31), "more than 25 hours"),
    ],
)
def test_a_block_that_does_not_fit_is_refused_and_harms_nothing(tmp_path, block, words):
    path = tmp_path / "a.edf"
    with EdfWriter(path, INFO) as writer:
        writer.process(Block(counts(1000), 0))
        with pytest.raises(InputError, match=words):
            writer.process(block)
        writer.process(Block(counts(10), 1000))
    assert read(path).n_samples == 1010


def test_more_annotations_than_records_have_room_for_are_all_kept(tmp_path):
    markers = tuple(Marker(999, f"{i:03d} " + "y" * 150) for i in range(40))
    path = write(tmp_path / "a.edf", [Block(counts(1000), 0, markers=markers)])
    recording = read(path)
    assert recording.markers == markers
    assert recording.n_samples == 1000


@pytest.mark.parametrize("record_s", [0.0, -1.0, 1.5, float("nan")])
def test_record_length_bounds(tmp_path, record_s):
    with pytest.raises(InputError, match="at most 1 second"):
        EdfWriter(tmp_path / "a.edf", INFO, record_s=record_s)
    assert not (tmp_path / "a.edf").exists()


def test_short_records(tmp_path):
    path = write(tmp_path / "a.edf", [Block(counts(1050), 0)], record_s=0.1)
    assert read_header(path).record_s == "0.1"
    assert np.array_equal(read(path).samples, counts(1050))


@pytest.mark.parametrize(
    ("channel", "words"),
    [
        (Channel("wide", 1.0, count_min=-(2**23), count_max=2**23), "Scale it to 16 bits"),
        (Channel("tiny", 1e-9), "one part in a million"),
        (Channel("huge", 1e6), "one part in a million"),
        (Channel("far", 1e-4, uv_at_zero=9e6, count_min=0, count_max=10), "one part in a million"),
    ],
)
def test_a_range_that_edf_cannot_hold_is_named(tmp_path, channel, words):
    with pytest.raises(InputError, match=words) as caught:
        EdfWriter(tmp_path / "a.edf", StreamInfo(1000.0, (channel,)))
    assert channel.name in str(caught.value)
    assert not (tmp_path / "a.edf").exists()


def test_a_start_before_1985_is_refused(tmp_path):
    info = StreamInfo(1000.0, CHANNELS, START.replace(year=1970))
    with pytest.raises(InputError, match="1985 to 2084"):
        EdfWriter(tmp_path / "a.edf", info)
