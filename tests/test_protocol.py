"""The wire, held to ``firmware/PROTOCOL.md`` and to damage of every kind."""

from __future__ import annotations

import json
import re
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fasciscope.device import link, probe, run
from fasciscope.device import messages as m
from fasciscope.device.protocol import (
    BAUDS,
    PAYLOAD_MAX,
    WIRE_MAX,
    FrameDecoder,
    cobs_decode,
    cobs_encode,
    crc16,
    encode,
)
from fasciscope.errors import InputError

PAGE = (Path(__file__).parents[1] / "firmware" / "PROTOCOL.md").read_text(encoding="utf-8")


def crc_bit_by_bit(data: bytes) -> int:
    crc = 0xFFFF
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1) ^ 0x1021 if crc & 0x8000 else crc << 1
            crc &= 0xFFFF
    return crc


def cobs_byte_by_byte(data: bytes) -> bytes:
    out, code_at = bytearray(1), 0
    for byte in data:
        if byte:
            out.append(byte)
        else:
            out[code_at] = len(out) - code_at
            code_at = len(out)
            out.append(0)
    out[code_at] = len(out) - code_at
    return bytes(out)


# --- the page ---------------------------------------------------------------------------------


def table(heading: str) -> list[list[str]]:
    """Rows of the first table whose header line begins so."""
    lines = PAGE.splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith(heading)) + 2
    rows = []
    while lines[at].startswith("|"):
        rows.append([cell.strip() for cell in lines[at].strip("|").split("|")])
        at += 1
    return rows


def examples() -> list[tuple[str, m.Message, bytes]]:
    kinds = {kind.__name__: kind for kind in m.MESSAGES.values()}
    found = []
    for words, record, wire in re.findall(
        r"^(.+)\n(\w+ \{.*\})\n((?:[0-9a-f]{2} ?)+)$", PAGE, flags=re.MULTILINE
    ):
        name, _, fields_text = record.partition(" ")
        fields = json.loads(fields_text)
        for key in ("body", "samples"):
            if isinstance(fields.get(key), str):
                fields[key] = bytes.fromhex(fields[key])
            elif isinstance(fields.get(key), dict):
                ((inner, values),) = fields[key].items()
                fields[key] = getattr(m, inner)(**values).write()
        found.append((words, kinds[name](**fields), bytes.fromhex(wire)))
    return found


def test_the_page_has_an_example_of_each_frame_type_and_command():
    got = examples()
    assert len(got) >= 15
    assert {type(message) for _, message, _ in got} == set(m.MESSAGES.values())
    assert {x.code for _, x, _ in got if isinstance(x, m.Command)} >= {1, 2, 3, 4, 5}


@pytest.mark.parametrize(("words", "message", "wire"), examples())
def test_worked_example(words, message, wire):
    assert encode(message) == wire
    assert FrameDecoder().feed(wire) == [message]
    payload = cobs_decode(wire[:-1])
    assert payload[0] == message.TYPE
    assert crc_bit_by_bit(payload[:-2]) == payload[-2] | payload[-1] << 8
    assert cobs_byte_by_byte(payload) + b"\0" == wire


@pytest.mark.parametrize(
    ("heading", "enum", "name_column"),
    [
        ("| type | name | from", m.FrameType, 1),
        ("| result | name |", m.Reason, 1),
        ("| code | name |", m.CommandCode, 1),
    ],
)
def test_the_tables_name_the_same_codes(heading, enum, name_column):
    page = {row[name_column]: int(row[0], 0) for row in table(heading)}
    assert page == {item.name: int(item) for item in enum}


def test_the_table_of_line_speeds():
    assert tuple(int(row[1]) for row in table("| order of trying")) == BAUDS


@pytest.mark.parametrize(
    ("section", "kind"),
    [
        ("### STATUS", m.Status),
        ("### MARKER", m.BoardMarker),
        ("### BOOT", m.Boot),
        ("### HELLO", m.HelloReply),
        ("### CONFIGURE", m.Configure),
    ],
)
def test_the_tables_of_fields_have_these_offsets_and_types(section, kind):
    sizes = {"u8": 1, "u16": 2, "u32": 4}
    text = PAGE[PAGE.index(section + "\n") :]
    rows = re.findall(r"^\| (\d+) \| (\w+(?: \w+)?) \| (u8|u16|u32) \|", text, re.MULTILINE)
    offset, fields = 0, []
    for at, name, width in rows:
        if int(at) != offset:
            break
        fields.append((name, width))
        offset += sizes[width]
    letters = {"u8": "B", "u16": "H", "u32": "I"}
    assert "<" + "".join(letters[width] for _, width in fields) == kind.LAYOUT.format
    names = [name for name in kind.__dataclass_fields__ if name not in ("TYPE", "LAYOUT", "board")]
    assert [name for name, _ in fields][: len(names)] == names


def test_the_times_on_the_page_are_the_times_in_the_code():
    assert f"waits {link.REPLY_S * 1000:g} ms for a reply" in PAGE
    assert f"at most {link.TRIES - 1} times more" in PAGE
    assert f"tries in rounds for {probe.MEETING_S:g} s in all" in PAGE
    assert f"listens for {probe._LISTEN_S * 1000:g} ms" in PAGE
    assert f"no good frame for {run.SILENCE_S:g} s takes the board for gone" in PAGE


def test_the_crc_has_its_check_value():
    assert crc16(b"123456789") == 0x29B1 == crc_bit_by_bit(b"123456789")
    assert "0x29B1" in PAGE


# --- framing ----------------------------------------------------------------------------------


@settings(max_examples=200, deadline=None)
@given(st.binary(min_size=1, max_size=PAYLOAD_MAX))
def test_cobs_round_trip(payload):
    stuffed = cobs_encode(payload)
    assert stuffed == cobs_byte_by_byte(payload)
    assert 0 not in stuffed
    assert len(stuffed) == len(payload) + 1
    assert cobs_decode(stuffed) == payload


def data_frame(run=1, sequence=0, index=0, values=((1,), (2,))):
    array = np.asarray(values, dtype="<u2")
    return m.Data(run, sequence, index, len(array), array.tobytes())


def test_samples_come_back_interleaved_and_little_endian():
    (back,) = FrameDecoder().feed(encode(data_frame(values=[[1, 2], [0x0304, 5], [6, 65535]])))
    assert (back.n_scans, back.n_channels) == (3, 2)
    assert back.values.tolist() == [[1, 2], [0x0304, 5], [6, 65535]]
    assert back.samples[4:6] == b"\x04\x03"


def test_the_longest_data_frame_fits_and_one_more_scan_does_not():
    wire = encode(data_frame(values=np.full((121, 1), 0x0102)))
    assert len(wire) == 255
    with pytest.raises(InputError, match="at most 254"):
        encode(data_frame(values=np.zeros((122, 1))))
    with pytest.raises(InputError, match="does not fit"):
        encode(m.Boot(1, 0, 2**32, 0))


def test_appended_fields_of_a_later_minor_version_are_passed_over():
    status = m.Status(7, 1, 12, 4, 5, 6, 7, 8, 9)
    assert m.Status.read(status.write() + b"new") == status


def payload_of(frame_type: int, body: bytes) -> bytes:
    payload = bytes((frame_type,)) + body
    return cobs_encode(payload + crc16(payload).to_bytes(2, "little")) + b"\0"


def test_what_is_dropped_is_counted_by_its_reason():
    good = encode(m.Boot(1, 0, 3, 1))
    flipped = bytearray(good)
    flipped[1] ^= 0x10
    decoder = FrameDecoder()
    got = decoder.feed(
        bytes(flipped)  # CRC
        + b"\x09\x01\0"  # a COBS code that points past the end
        + b"\x02\x05\0"  # too short for type and CRC
        + b"\x01" * 600
        + b"\0"  # too long, once
        + payload_of(0x0E, b"later")  # a type of tomorrow
        + payload_of(m.FrameType.STATUS, b"short")
        + payload_of(m.FrameType.DATA, bytes(8) + b"\x01\x02")  # no scans
        + payload_of(m.FrameType.DATA, b"\1\0\0\0\0\0\0\x02" + b"\x01\x02\x03\x04\x05\x06")
        + b"\0\0\0"  # nothing is not an error
        + good
    )
    assert got == [m.Boot(1, 0, 3, 1)]
    counted = decoder.counters
    assert (counted.crc_errors, counted.cobs_errors, counted.too_long) == (1, 2, 1)
    assert (counted.unknown, counted.malformed, counted.frames) == (1, 3, 1)
    assert counted.damaged == 7


messages = st.one_of(
    st.builds(m.Command, st.integers(0, 255), st.integers(0, 255), st.binary(max_size=20)),
    st.builds(
        m.Reply, st.integers(0, 255), st.integers(0, 255), st.integers(0, 255), st.binary()
    ).filter(lambda reply: len(reply.body) < 200),
    st.builds(m.Boot, *[st.integers(0, 255)] * 2, st.integers(0, 2**32 - 1), st.integers(0, 255)),
    st.builds(
        lambda run, sequence, index, values: data_frame(run, sequence, index, [values]),
        st.integers(0, 255),
        st.integers(0, 65535),
        st.integers(0, 2**32 - 1),
        st.lists(st.integers(0, 65535), min_size=1, max_size=100),
    ),
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.one_of(messages.map(encode), st.binary(max_size=700)), max_size=8),
    st.lists(st.integers(0, 3000), max_size=12),
)
def test_any_portions_of_the_bytes_give_the_same_frames(parts, cuts):
    stream = b"".join(parts)
    whole = FrameDecoder()
    expected = whole.feed(stream)
    cut = FrameDecoder()
    got = []
    edges = [0, *sorted(min(c, len(stream)) for c in cuts), len(stream)]
    for start, stop in pairwise(edges):
        got += cut.feed(stream[start:stop])
    assert got == expected
    assert cut.counters == whole.counters
    by_byte = FrameDecoder()
    assert [x for byte in stream for x in by_byte.feed(bytes((byte,)))] == expected
    assert by_byte.counters == whole.counters


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.binary(max_size=400), messages), min_size=1, max_size=6))
def test_each_whole_frame_behind_a_zero_comes_out_whatever_stands_between(parts):
    decoder = FrameDecoder()
    got = decoder.feed(b"".join(noise + b"\0" + encode(message) for noise, message in parts))
    wanted = [message for _, message in parts]
    position = 0
    for message in got:  # noise may hold a frame by chance; the wanted ones are all there, in order
        if position < len(wanted) and message == wanted[position]:
            position += 1
    assert position == len(wanted)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.binary(max_size=2000), max_size=6))
def test_random_bytes_never_raise_and_never_pile_up(chunks):
    decoder = FrameDecoder()
    for chunk in chunks:
        decoder.feed(chunk)
        assert len(decoder._rest) <= WIRE_MAX


@pytest.mark.parametrize("rate", [1e-4, 1e-3, 1e-2])
def test_no_frame_of_a_damaged_stream_is_wrong(rate):
    """Flips, losses and doubles of bytes: what is accepted was sent, but for the CRC's 2**-16."""
    rng = np.random.default_rng(7)
    values = rng.integers(0, 4093, (4000, 32, 1))
    sent = [data_frame(1, i, 32 * i, block) for i, block in enumerate(values)]
    stream = np.frombuffer(b"".join(map(encode, sent)), dtype=np.uint8).copy()
    hit = rng.random(len(stream)) < rate
    kind = rng.integers(0, 3, len(stream))
    stream[hit & (kind == 0)] ^= rng.integers(1, 256, len(stream), dtype=np.uint8)[
        hit & (kind == 0)
    ]
    copies = np.ones(len(stream), dtype=int)
    copies[hit & (kind == 1)] = 0
    copies[hit & (kind == 2)] = 2
    decoder = FrameDecoder()
    got = decoder.feed(np.repeat(stream, copies).tobytes())
    known = set(sent)
    wrong = [message for message in got if message not in known]
    damaged = decoder.counters.damaged
    assert damaged > 0
    assert len(wrong) <= 1 + 4 * damaged / 65536
    touched = 1 - (1 - rate) ** len(encode(sent[0]))
    assert len(got) > len(sent) * (1 - 2 * touched)  # damage costs the frames that it touches


def test_decoding_costs_little():
    """2 kHz in frames of 64 is 31 frames a second: well under 5 % of a core, even here."""
    rng = np.random.default_rng(1)
    frames = [
        encode(data_frame(1, i, 64 * i, rng.integers(1900, 2200, (64, 1)))) for i in range(2000)
    ]
    stream = b"".join(frames)
    best = np.inf
    for _ in range(3):
        start = time.process_time()
        decoder = FrameDecoder()
        got = decoder.feed(stream)
        [message.values for message in got]
        best = min(best, time.process_time() - start)
    assert len(got) == 2000
    seconds_of_signal = 2000 * 64 / 2000
    assert best / seconds_of_signal < 0.02
