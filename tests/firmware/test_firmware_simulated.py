"""The .hex that people flash, executed: what it samples and when, and how it stands damage.

In process, without a port: the same cycles each time.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from firmware_builds import BUILD, hex_file, make

from fasciscope.device import messages as m
from fasciscope.device.assembler import StreamAssembler
from fasciscope.device.protocol import encode

CPU_HZ = 16_000_000
NewHost = Callable[..., "Host"]  # noqa: F821


class Noise:
    """Another random code at every conversion, so that a mix-up cannot hide."""

    def __init__(self, seed: int = 1) -> None:
        self._codes = np.random.default_rng(seed).integers(0, 1024, 100_003).tolist()
        self._n = 0

    def code(self, channel: int, cycle: int) -> int:
        del channel, cycle
        self._n += 1
        return self._codes[self._n % len(self._codes)]


@pytest.fixture
def new_host() -> NewHost:
    def make_one(
        chip: str = "atmega328p", baud: int = 500_000, *, path: Path | None = None, **wishes: object
    ):
        path = path or hex_file(chip, baud)
        from simulator import SimulatedAvr
        from simulator.host import Host

        host = Host(SimulatedAvr(path, chip, Noise()), **wishes)
        host.run(0.05)
        return host

    return make_one


@pytest.fixture
def host(new_host: NewHost):
    return new_host()


def streaming(host, rate: float = 2000, channels: int = 1, oversampling: int = 4):
    reply = host.configure(rate, channels, oversampling)
    assert reply.result == 0, m.Reason(reply.result).name
    host.start()
    return host


# --- meeting ------------------------------------------------------------------------------------


def test_a_zero_and_the_boot_frame_come_first_and_the_boot_id_counts_on(new_host):
    host = new_host()
    assert host.of(m.Boot) == [m.Boot(1, 0, 1, 1)]
    for n, cause in enumerate(("reset", "brown-out", "power"), start=2):
        host.avr.reset(cause, seed=n)
        host.run(0.1)
        assert host.of(m.Boot)[-1] == m.Boot(
            1, 0, n, {"reset": 2, "brown-out": 3, "power": 1}[cause]
        )
    assert host.hello().boot_id == 4


def test_the_first_byte_after_boot_is_zero():
    from simulator import SimulatedAvr

    sent = SimulatedAvr(hex_file()).run(0.05)
    assert sent[0] == 0
    assert sent[1] != 0


@pytest.mark.parametrize("baud", [115_200, 250_000, 500_000])
def test_bytes_go_out_at_the_speed_that_was_asked_for(baud):
    from simulator import SimulatedAvr
    from simulator.host import Host

    avr = SimulatedAvr(hex_file(baud=baud), log_bytes=True)
    host = streaming(Host(avr))
    host.run(0.5)
    gaps = np.diff(np.array(avr.sent_cycles, dtype=np.int64))
    byte = 10 * CPU_HZ / baud
    # the line's own 2.1 % at 115,200, and the few cycles that an interrupt before it takes
    assert gaps[len(gaps) // 2 :].min() >= 0
    assert np.median(gaps) == pytest.approx(byte, rel=0.025)


# --- samples ------------------------------------------------------------------------------------


@pytest.mark.parametrize("seconds", [20, pytest.param(60, marks=pytest.mark.soak)])
def test_two_kilohertz_by_four_come_whole_and_true(new_host, seconds):
    host = streaming(new_host())
    host.run(float(seconds))
    stopped = host.stop()
    assert stopped.dropped == 0
    assert stopped.index >= 2000 * seconds
    check = host.check(stopped.index)
    assert (check.lost, check.differing) == (0, 0)
    assert host.decoder.counters.damaged == 0

    triggers = host.triggers
    on_time = triggers - triggers[0] - 2000 * np.arange(len(triggers))
    assert on_time.std() <= 2.0
    thirds = np.array_split(on_time, 3)
    assert abs(thirds[0].mean() - thirds[-1].mean()) < 0.1  # no drift in 160,000 conversions

    statuses = host.of(m.Status)
    assert len(statuses) == seconds
    ticks = np.array([status.tick for status in statuses], dtype=np.int64)
    indices = np.array([status.index for status in statuses], dtype=np.int64)
    origin = triggers[0] - 0  # tick 0 is power-on, to the few cycles before the clock is started
    expected = (origin + (indices - 1) * 8000) / 64
    offset = ticks - expected
    assert np.ptp(offset) <= 4  # 16 µs
    assert abs(offset).max() < 400


@pytest.mark.parametrize(
    ("baud", "rate", "channels", "oversampling"),
    [
        (500_000, 8000, 1, 1),
        (500_000, 4000, 2, 1),
        (500_000, 1000, 2, 4),
        (500_000, 1000, 6, 1),
        (500_000, 250, 1, 32),
        (250_000, 8000, 1, 1),
        (115_200, 2000, 1, 4),
        (115_200, 1000, 4, 2),
    ],
)
def test_every_setting_comes_whole_and_in_step(new_host, baud, rate, channels, oversampling):
    host = streaming(new_host(baud=baud), rate, channels, oversampling)
    host.run(2.0)
    stopped = host.stop()
    assert stopped.dropped == 0
    assert host.check(stopped.index).clean
    period = round(CPU_HZ / (rate * channels * oversampling))
    on_time = host.triggers - host.triggers[0] - period * np.arange(len(host.triggers))
    assert on_time.std() <= 2.0
    if channels > 1:  # the skew that was announced is the time from channel to channel
        assert host.setup.skew_ns == int(period * 62.5)
        assert (np.diff(host.triggers[:1000]) - period).max() <= 3


@pytest.mark.parametrize(
    ("baud", "seconds"),
    [
        (115_200, 3.0),
        *(
            pytest.param(baud, 60.0, marks=pytest.mark.soak)
            for baud in (115_200, 250_000, 500_000, 1_000_000)
        ),
    ],
)
def test_the_highest_rate_that_a_board_claims_comes_whole(new_host, baud, seconds):
    host = new_host(baud=baud)
    rate = host.hello().rate_max_mhz / 1000
    streaming(host, rate, 1, 1).run(seconds)
    stopped = host.stop()
    assert stopped.index > 0.99 * seconds * rate
    assert stopped.dropped == 0
    assert host.check(stopped.index).clean


def test_refusals_leave_the_line_as_it_was(new_host):
    host = new_host(baud=115_200)
    for wish, refusal in [
        ((100, 1, 1), m.Reason.RATE),
        ((1000, 9, 1), m.Reason.CHANNELS),
        ((2000, 5, 1), m.Reason.CONVERTER_TOO_SLOW),
        ((6000, 1, 1), m.Reason.LINE_TOO_SLOW),
        ((2000, 4, 1), m.Reason.LINE_TOO_SLOW),
    ]:
        assert host.configure(*wish).result == refusal
    assert streaming(host).run(0.2)


def test_the_self_test_is_right_whatever_the_converter_says(host):
    host.ask(m.CommandCode.SELF_TEST, b"\x01")
    streaming(host, 1000, 2, 4).run(5.0)
    frames = host.of(m.Data)
    assert sum(frame.n_scans for frame in frames) > 4900
    for frame in frames:
        scans = np.arange(frame.index, frame.index + frame.n_scans)[:, np.newaxis]
        assert (frame.values == (scans + np.array([0, 64])) % (host.setup.top + 1)).all()


@pytest.mark.parametrize("chip", ["atmega2560", "atmega32u4"])
def test_the_other_chips_do_the_same(new_host, chip):
    host = new_host(chip)
    assert host.hello().board.endswith(f"(ATmega{chip[6:].upper()})")
    streaming(host, 1000, 4, 2).run(2.0)
    stopped = host.stop()
    assert stopped.dropped == 0
    assert host.check(stopped.index).clean


def test_stopping_at_any_moment_of_a_period_costs_nothing(new_host):
    for phase in range(0, 2000, 50):
        host = streaming(new_host(), 2000, 2, 2)
        host.run(0.04)
        host.avr.run_to(host.avr.cycle + phase)
        stopped = host.stop()
        assert stopped.dropped == 0
        assert host.check(stopped.index).clean


# --- overload -----------------------------------------------------------------------------------


def test_a_line_that_is_too_slow_costs_whole_blocks_and_never_the_count(new_host):
    # a build that believes its line to be quicker than it is
    make("BUILD=build/overload", "BAUD=115200", "EXTRA=-DFS_LINE_BYTES=50000L")
    host = new_host(path=BUILD / "overload" / "fasciscope-atmega328p-115200.hex")
    streaming(host, 8000, 1, 1).run(5.0)
    stopped = host.stop()
    frames = host.of(m.Data)
    n = host.setup.scans_per_frame
    assert {frame.n_scans for frame in frames[:-1]} == {n}
    assert {frame.index % n for frame in frames} == {0}
    assert [frame.sequence for frame in frames] == list(range(len(frames)))
    check = host.check(stopped.index)
    assert check.differing == 0
    assert check.lost == stopped.dropped > 5000
    assert max(status.level for status in host.of(m.Status)) == 255
    assert host.of(m.Status)[-1].dropped > 0
    gaps = np.diff([cycle for cycle, _ in host.avr.led[-20:]]) / CPU_HZ
    assert np.median(gaps) == pytest.approx(0.065, abs=0.01)  # it blinks


def test_interrupts_kept_out_for_less_than_a_period_cost_nothing(host):
    streaming(host, 1000, 2, 4).run(0.5)
    for _ in range(20):
        host.avr.stall(80e-6)
        host.run(0.0507)
    stopped = host.stop()
    assert stopped.dropped == 0
    assert host.check(stopped.index).clean


@pytest.mark.parametrize("microseconds", [300, 900])
def test_interrupts_kept_out_too_long_cost_their_blocks_and_no_step(host, microseconds):
    streaming(host, 1000, 2, 4).run(0.5)
    for _ in range(3):
        host.avr.stall(microseconds * 1e-6)
        host.run(0.3)
    stopped = host.stop()
    number = np.rint((host.triggers - host.triggers[0]) / 2000).astype(int)
    assert len(number) <= number[-1] - 2  # conversions were missed
    # by the time at which they were taken, what came is what was there
    codes = np.zeros(number[-1] + 17)
    codes[number] = host.avr.conversions[:, 1]
    expected = codes[: len(codes) // 8 * 8].reshape(-1, 4, 2).sum(axis=1)
    frames = host.of(m.Data)
    for frame in frames:
        assert (frame.values == expected[frame.index : frame.index + frame.n_scans]).all()
    assert 96 <= stopped.dropped <= 3 * 3 * host.setup.scans_per_frame
    assert sum(frame.n_scans for frame in frames) == stopped.index - stopped.dropped
    assert abs(stopped.index - len(codes) / 8) < 4


# --- bad input ----------------------------------------------------------------------------------


def test_garbage_half_frames_and_storms_of_zeros_do_not_touch_the_stream(host):
    streaming(host)
    rng = np.random.default_rng(8)
    half = encode(m.Command(1, m.CommandCode.CONFIGURE, m.Configure(8_000_000, 6, 1).write()))[:-4]
    for junk in (
        rng.integers(1, 256, 400, dtype=np.uint8).tobytes() + b"\0",
        bytes(500),
        half,
        b"\0" + half * 6 + b"\0",
        b"".join(encode(m.Command(9, code, b"\1\2")) for code in (2, 6, 77, 5)),
        rng.integers(0, 256, 300, dtype=np.uint8).tobytes() + b"\0",
    ):
        host.avr.send(junk)
        host.run(0.4)
    host.avr.send(b"\0")
    assert host.hello().state == 1  # a later valid command is answered
    host.run(1.1)
    assert host.of(m.Status)[-1].rx_errors >= 4
    stopped = host.stop()
    assert stopped.dropped == 0
    assert host.check(stopped.index).clean


@pytest.mark.parametrize(
    ("baud", "rate", "channels", "oversampling"), [(115_200, 5000, 1, 1), (500_000, 2000, 2, 2)]
)
def test_a_flood_of_commands_costs_no_sample(new_host, baud, rate, channels, oversampling):
    host = streaming(new_host(baud=baud), rate, channels, oversampling)
    for ident in range(250):
        host.avr.send(encode(m.Command(ident, m.CommandCode.HELLO, b"abcd")))
    host.run(3.0)
    assert len([r for r in host.of(m.Reply) if r.code == m.CommandCode.HELLO]) > 10
    stopped = host.stop()
    assert stopped.dropped == 0
    assert host.check(stopped.index).clean


# --- damage, resets, hangs ----------------------------------------------------------------------


@pytest.mark.parametrize("seconds", [10, pytest.param(30, marks=pytest.mark.soak)])
def test_one_byte_in_a_hundred_damaged_no_sample_wrong_every_loss_counted(new_host, seconds):
    from simulator import LineFaults

    faults = LineFaults(flip=0.01, seed=3)
    host = new_host()
    streaming(host)
    host._mangle = faults
    host.run(float(seconds))
    host._mangle = None
    stopped = host.stop()
    assert faults.touched > 16 * seconds
    expected = host.injected().astype(np.int32) - host.setup.zero
    stream = StreamAssembler(1, host.setup)
    seen = np.zeros(stopped.index, dtype=bool)
    for frame in host.of(m.Data):
        for chunk in stream.feed(frame):
            assert (chunk.counts == expected[chunk.first_index : chunk.stop_index]).all()
            assert not seen[chunk.first_index : chunk.stop_index].any()
            seen[chunk.first_index : chunk.stop_index] = True
    missing = int((~seen).sum())
    assert 0.2 * stopped.index < missing < stopped.index  # most frames of 141 bytes are hit
    assert stream.lost_scans + stopped.index - stream.next_index == missing
    assert host.decoder.counters.damaged > 3 * seconds


def test_a_program_that_hangs_is_restarted_and_says_so(host):
    streaming(host).run(0.5)
    host.avr.hang()
    host.run(1.0)
    assert host.of(m.Boot) == [m.Boot(1, 0, 2, 4)]
    assert host.hello().state == 0


@pytest.mark.parametrize("cause", ["reset", "brown-out"])
def test_after_a_reset_in_mid_stream_it_can_be_started_again(host, cause):
    streaming(host).run(1.0)
    host.avr.reset(cause, seed=4)
    host.run(0.2)
    assert host.of(m.Boot)[-1].boot_id == 2
    streaming(host, 1000, 3, 2).run(1.0)
    stopped = host.stop()
    assert host.check(stopped.index).clean


# --- button and light ---------------------------------------------------------------------------


def test_the_button_marks_the_scan_in_which_it_went_down(host):
    streaming(host).run(0.7)
    down = host.avr.cycle
    host.avr.button(down=True)
    host.run(0.06)
    host.avr.button(down=False)
    host.run(2.0)
    first, again = host.of(m.BoardMarker)
    assert first == again
    scan = (down - host.triggers[0]) / 8000
    assert 0 <= first.index - scan <= 3  # looked at once a millisecond
    assert host.of(m.Status)[-1].markers == 1


def test_the_light_flashes_when_idle_and_stays_on_while_running(host):
    host.run(4.5)
    flashes = [cycle for cycle, on in host.avr.led if on]
    assert np.diff(flashes)[-1] / CPU_HZ == pytest.approx(2.1, abs=0.1)
    streaming(host).run(0.1)
    host.avr.led.clear()
    host.run(3.0)
    assert host.avr.led == []
