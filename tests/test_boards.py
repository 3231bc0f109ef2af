"""Finding the port: which of them may be a board, and what to say when one may not be opened."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from fasciscope.device import boards
from fasciscope.device.boards import interference_hint, list_ports, permission_hint


def port(device, vid=None, pid=None, description="n/a"):
    return SimpleNamespace(device=device, vid=vid, pid=pid, description=description)


def test_the_likeliest_comes_first_with_its_reason():
    found = list_ports(
        [
            port("/dev/ttyS0"),
            port("/dev/ttyUSB1", 0x9999, 0x0001, "Some gadget"),
            port("/dev/ttyUSB0", 0x1A86, 0x7523),
            port("/dev/ttyACM1", 0x2341, 0x9999),
            port("/dev/ttyACM0", 0x2341, 0x0043),
        ]
    )
    assert [c.port[5:] for c in found] == ["ttyACM0", "ttyACM1", "ttyUSB0", "ttyUSB1", "ttyS0"]
    assert [c.likely for c in found] == [True, True, True, True, False]
    assert "Arduino Uno" in found[0].reason
    assert found[0].usb_id == "2341:0043"
    assert "CH340" in found[2].reason
    assert found[4].usb_id == ""


@pytest.mark.parametrize(
    "name",
    ["/dev/ttyACM3", "/dev/ttyUSB12", "/dev/cu.usbmodem14101", "/dev/cu.wchusbserial1410"],
)
def test_names_speak_for_themselves_where_there_is_no_usb_id(name):
    assert list_ports([port(name)])[0].likely


@pytest.mark.parametrize("name", ["/dev/ttyS0", "/dev/cu.Bluetooth-Incoming-Port", "COM1"])
def test_other_names_do_not(name):
    assert not list_ports([port(name)])[0].likely


def test_windows_ports_are_known_by_their_usb_id():
    (only,) = list_ports([port("COM7", 0x10C4, 0xEA60)])
    assert (only.port, only.likely) == ("COM7", True)


def test_a_mac_shows_each_port_once():
    both = [port("/dev/tty.usbmodem1", 0x2341, 0x0043), port("/dev/cu.usbmodem1", 0x2341, 0x0043)]
    assert [c.port for c in list_ports(both)] == ["/dev/cu.usbmodem1"]


def test_no_id_is_in_two_tables():
    assert not set(boards.BOARDS) & set(boards.CHIPS)


def test_without_a_list_this_machine_is_asked(monkeypatch):
    here = [port("/dev/ttyACM0", 0x2341, 0x0043), port("/dev/ttyS0")]
    monkeypatch.setattr("serial.tools.list_ports.comports", lambda: iter(here))
    assert list_ports() == list_ports(here)
    assert [candidate.port for candidate in list_ports()] == ["/dev/ttyACM0", "/dev/ttyS0"]


def test_this_machine_can_be_asked():
    from serial.tools.list_ports import comports

    assert {candidate.port for candidate in list_ports()} <= {one.device for one in comports()}


def test_the_permission_hint_names_the_ports_own_group(monkeypatch):
    monkeypatch.setattr(boards.platform, "system", lambda: "Linux")
    monkeypatch.setattr(boards.Path, "group", lambda self: "uucp")
    assert "usermod -aG uucp" in permission_hint("/dev/ttyUSB0")
    monkeypatch.setattr(boards.platform, "system", lambda: "Windows")
    assert "Close other programs" in permission_hint("COM3")


def test_modem_manager_is_named_when_it_runs(tmp_path, monkeypatch):
    monkeypatch.setattr(boards.platform, "system", lambda: "Linux")
    assert interference_hint(tmp_path) == ""
    (tmp_path / "123").mkdir()
    (tmp_path / "123" / "comm").write_text("ModemManager\n")
    assert "systemctl stop ModemManager" in interference_hint(tmp_path)
    monkeypatch.setattr(boards.platform, "system", lambda: "Darwin")
    assert interference_hint(tmp_path) == ""
