"""Frames as the firmware's C makes and reads them, held to the Python form both ways."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from firmware_builds import FIRMWARE
from host_board import HostBoard
from hypothesis import given, settings
from hypothesis import strategies as st

from fasciscope.device import messages as m
from fasciscope.device.protocol import cobs_decode, cobs_encode, crc16, encode

PAGE = (FIRMWARE / "PROTOCOL.md").read_text(encoding="utf-8")
EXAMPLES = [bytes.fromhex(line) for line in re.findall(r"^(?:[0-9a-f]{2} ?)+$", PAGE, re.MULTILINE)]


@pytest.fixture(scope="module")
def frames(host_program: Path):
    with HostBoard(host_program) as board:
        yield board


def opened(payload: bytes) -> bytes:
    """What a receiver should take out of a payload."""
    whole = len(payload) >= 3 and crc16(payload[:-2]) == int.from_bytes(payload[-2:], "little")
    return payload[:-2] if whole else b""


def test_the_page_s_examples_come_out_to_the_byte_and_go_in_again(frames):
    assert len(EXAMPLES) >= 10
    for wire in EXAMPLES:
        content = cobs_decode(wire[:-1])[:-2]
        assert frames.close_frame(content) == wire
        assert frames.open_frame(wire[:-1]) == content


def test_crc_check_value(frames):
    payload = cobs_decode(frames.close_frame(b"123456789")[:-1])
    assert payload[-2:] == (0x29B1).to_bytes(2, "little")


@given(content=st.binary(min_size=1, max_size=252))
@settings(max_examples=300, deadline=None)
def test_any_content_is_framed_as_python_frames_it(frames, content):
    payload = content + crc16(content).to_bytes(2, "little")
    wire = frames.close_frame(content)
    assert wire == cobs_encode(payload) + b"\0"
    assert frames.open_frame(wire[:-1]) == content


@given(content=st.lists(st.sampled_from([0, 0, 0, 1, 255]), min_size=1, max_size=252))
@settings(max_examples=100, deadline=None)
def test_zeros_in_every_place(frames, content):
    content = bytes(content)
    wire = frames.close_frame(content)
    assert 0 not in wire[:-1]
    assert frames.open_frame(wire[:-1]) == content


@given(stuffed=st.binary(max_size=254).map(lambda data: data.replace(b"\0", b"\1")))
@settings(max_examples=300, deadline=None)
def test_what_python_refuses_the_board_refuses_and_the_other_way_round(frames, stuffed):
    payload = cobs_decode(stuffed)
    assert frames.open_frame(stuffed) == (b"" if payload is None else opened(payload))


@given(
    content=st.binary(min_size=1, max_size=60),
    at=st.integers(0, 62),
    flip=st.integers(1, 255),
)
@settings(max_examples=300, deadline=None)
def test_one_changed_byte_is_always_seen(frames, content, at, flip):
    wire = bytearray(frames.close_frame(content)[:-1])
    at %= len(wire)
    wire[at] ^= flip
    if wire[at]:  # a zero would be the end of the frame
        assert frames.open_frame(bytes(wire)) == b""


def test_every_command_of_the_page_is_known_to_both(frames):
    rows = json.dumps(PAGE)
    for code in m.CommandCode:
        assert f"| {code.value} | {code.name} |" in rows
        wire = encode(m.Command(9, code, b"\1\2"))
        assert frames.open_frame(wire[:-1]) == bytes((0x10, 9, code, 1, 2))
