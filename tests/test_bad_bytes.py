"""Damage on the line, held against the truth: nothing wrong is taken, what misses has its place.

The board's frames go through a line that flips, drops, repeats and garbles bytes, into the decoder
and the run, with no port and no clock between, so that every seed gives the same damage anywhere.
"""

from __future__ import annotations

import numpy as np
import pytest

from fasciscope.blocks import Channel, StreamInfo
from fasciscope.device import messages as m
from fasciscope.device.protocol import FrameDecoder, encode
from fasciscope.device.run import Run
from fasciscope.device.virtual_board import VirtualBoard
from fasciscope.recording import Recording

FS = 1000.0
SECONDS = 60
RNG = np.random.default_rng(77)
CHANNELS = tuple(Channel(f"EMG{i}", 2.0, count_min=-2048, count_max=2044) for i in (1, 2))
TRUTH = Recording(
    StreamInfo(FS, CHANNELS),
    RNG.integers(-2048, 2045, (int(SECONDS * FS), 2)).astype(np.int16),
)


def started_board():
    """Return a running board, and a run that waits for it."""
    board = VirtualBoard(TRUTH)
    decoder = FrameDecoder()
    replies = decoder.feed(
        board.receive(
            encode(m.Command(0, m.CommandCode.HELLO, bytes(4)))
            + encode(m.Command(1, m.CommandCode.CONFIGURE, m.Configure().write()))
            + encode(m.Command(2, m.CommandCode.START, bytes((5,))))
        )
    )
    hello, setup = m.HelloReply.read(replies[0].body), m.Configured.read(replies[1].body)
    return board, Run(5, setup, hello, "The board")


def frames_of(board):
    """Yield every frame that the board sends, as bytes with their closing zero."""
    while board.running:
        for piece in board.advance(board.index + board.scans_to_next_frame).split(b"\0"):
            if piece:
                yield piece + b"\0"


def flips(raw, rng, rate):
    hit = rng.random(len(raw)) < rate
    raw[hit] ^= rng.integers(1, 256, int(hit.sum()), dtype=np.uint8)
    return raw


def drops(raw, rng, rate):
    return raw[rng.random(len(raw)) >= rate]


def repeats(raw, rng, rate):
    return np.repeat(raw, 1 + (rng.random(len(raw)) < rate))


def bursts(raw, rng, rate):
    """Garble stretches of up to 64 bytes, so that about `rate` of all bytes are in one."""
    for start in np.flatnonzero(rng.random(len(raw)) < rate / 32):
        stop = start + int(rng.integers(1, 65))
        raw[start:stop] = rng.integers(0, 256, len(raw[start:stop]), dtype=np.uint8)
    return raw


def everything(raw, rng, rate):
    for damage in (flips, drops, repeats, bursts):
        raw = damage(raw, rng, rate / 4)
    return raw


@pytest.mark.parametrize("rate", [1e-5, 1e-4, 1e-3, 1e-2])
@pytest.mark.parametrize("damage", [flips, drops, repeats, bursts, everything])
def test_no_sample_is_wrong_each_missing_one_is_placed_and_clean_frames_all_come(damage, rate):
    rng = np.random.default_rng([int(1 / rate), len(damage.__name__)])
    board, run = started_board()
    decoder, clean, touched = FrameDecoder(), [], 0
    closed, at_s = True, 0.0
    for frame in frames_of(board):
        came = damage(np.frombuffer(frame, np.uint8).copy(), rng, rate).tobytes()
        # a frame is clean if neither it nor the zero before it was touched
        if came == frame and closed:
            clean += [x for x in FrameDecoder().feed(frame) if isinstance(x, m.Data)]
        touched += came != frame
        closed = came.endswith(b"\0")
        at_s += 0.032
        # in portions that do not fit the frames
        for portion in (came[:7], came[7:]):
            run.feed(decoder.feed(portion), at_s)
    run.end(final_index=TRUTH.n_samples)
    arrived = np.zeros(TRUTH.n_samples, dtype=bool)
    next_index = 0
    for block in run.blocks():
        assert block.lost_before == block.first_index - next_index  # placed
        next_index = block.stop_index
        arrived[block.first_index : block.stop_index] = True
        np.testing.assert_array_equal(
            block.samples, TRUTH.samples[block.first_index : block.stop_index]
        )
    assert next_index == TRUTH.n_samples  # counted, to the last one
    for data in clean:  # the frame behind the damage is taken at once
        assert arrived[data.index : data.index + data.n_scans].all()
    assert len(clean) > 100
    damaged = run.health(decoder.counters.damaged)
    assert (damaged.overruns, damaged.overflowed) == (0, 0)
    if rate >= 1e-3:
        assert touched > 5
        assert not arrived.all()
    if touched == 0:
        assert arrived.all()
        assert damaged.crc_errors == 0


def test_ten_seconds_of_noise_and_the_next_frame_is_taken():
    board, run = started_board()
    decoder = FrameDecoder()
    frames = list(frames_of(board))
    before, after = frames[:100], frames[500:]
    noise = np.random.default_rng(4).integers(0, 256, 500_000, dtype=np.uint8).tobytes()
    run.feed(decoder.feed(b"".join(before)), 1.0)
    start = run.next_index
    run.feed(decoder.feed(noise + b"\0"), 2.0)
    assert run.next_index == start
    run.feed(decoder.feed(after[0] + after[1] + after[2]), 3.0)
    # a jump of more than a second is believed with the frame that bears it out
    assert run.next_index > start + 10_000
    run.feed(decoder.feed(b"".join(after[3:])), 4.0)
    run.end(final_index=TRUTH.n_samples)
    for block in run.blocks():
        np.testing.assert_array_equal(
            block.samples, TRUTH.samples[block.first_index : block.stop_index]
        )


@pytest.mark.soak
def test_a_million_damaged_frames(record_property):
    """How often damage passes CRC and length: once in 65,536 is what a CRC of 16 bits can do."""
    rng = np.random.default_rng(1)
    board, _ = started_board()
    frames = [f for f in frames_of(board) if isinstance(FrameDecoder().feed(f)[0], m.Data)]
    decoder, wrong, taken, tried = FrameDecoder(), 0, 0, 0
    truth = {f: FrameDecoder().feed(f)[0] for f in frames}
    valid = {(d.run, d.sequence, d.index, d.samples) for d in truth.values()}
    while tried < 1_000_000:
        frame = frames[int(rng.integers(len(frames)))]
        came = everything(np.frombuffer(frame, np.uint8).copy(), rng, 0.05).tobytes()
        if came == frame:
            continue
        tried += 1
        for got in decoder.feed(came + b"\0"):
            if isinstance(got, m.Data):
                taken += 1
                wrong += (got.run, got.sequence, got.index, got.samples) not in valid
    record_property("wrong frames of a million damaged ones", wrong)
    assert wrong <= 40  # 15 are to be expected, before the run looks at what they say
