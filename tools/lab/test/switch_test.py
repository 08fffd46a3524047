# SPDX-License-Identifier: Apache-2.0
"""The virtual network does to frames what it was told, and nothing else."""

import os
import socket
import struct
import sys
import time

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))

from switch import Switch  # noqa: E402

A, B, C = (bytes([2, 0, 0, 0, 0, n]) for n in (1, 2, 3))


class Device:
    """A device's end of the wire: sends and receives whole frames."""

    def __init__(self, path, mac):
        self.mac = mac
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.socket.settimeout(2)

    def send(self, body, to=b"\xff" * 6):
        frame = to + self.mac + b"\x88\xb5" + body
        self.socket.sendall(struct.pack(">I", len(frame)) + frame)

    def receive(self, timeout=2.0):
        self.socket.settimeout(timeout)
        try:
            head = self._exactly(4)
            return self._exactly(struct.unpack(">I", head)[0])[14:]
        except socket.timeout:
            return None

    def _exactly(self, count):
        data = b""
        while len(data) < count:
            piece = self.socket.recv(count - len(data))
            assert piece, "the switch closed the port"
            data += piece
        return data


@pytest.fixture
def network(tmp_path):
    switch = Switch(str(tmp_path / "net.sock"), seed=7, capture=str(tmp_path / "net.pcap"))
    switch.names = {A: "phone", B: "desktop", C: "sensor"}
    switch.start()
    devices = [Device(switch.path, mac) for mac in (A, B, C)]
    deadline = time.monotonic() + 5
    while switch.describe()["connected"] < len(devices):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    for device in devices:  # one frame from each, so that its port has a name
        device.send(b"hello")
        for other in devices:
            if other is not device:
                assert other.receive() == b"hello"
    yield switch, devices
    for device in devices:
        device.socket.close()
    switch.stop()


def test_a_frame_reaches_every_other_device_once(network):
    _, (a, b, c) = network
    a.send(b"x" * 1500)
    assert b.receive() == b"x" * 1500
    assert c.receive() == b"x" * 1500
    assert a.receive(0.05) is None


def test_cut_drops_everything_until_healed(network):
    switch, (a, b, _) = network
    switch.set("cut")
    a.send(b"lost")
    assert b.receive(0.1) is None
    switch.set("heal")
    a.send(b"back")
    assert b.receive() == b"back"


def test_cut_of_one_device_leaves_the_others(network):
    switch, (a, b, c) = network
    switch.set("cut", port="sensor")
    a.send(b"one")
    assert b.receive() == b"one"
    assert c.receive(0.1) is None
    c.send(b"two")
    assert a.receive(0.1) is None
    switch.set("heal")
    c.send(b"three")
    assert a.receive() == b"three"


def test_loss_is_near_its_percentage_and_repeats_with_the_seed(network):
    switch, (a, b, _) = network
    switch.set("loss=50")
    for _ in range(400):
        a.send(b"f")
    got = 0
    while b.receive(0.2) is not None:
        got += 1
    assert 140 < got < 260


def test_delay_holds_frames_back_and_jitter_reorders(network):
    switch, (a, b, _) = network
    switch.set("delay=150")
    started = time.monotonic()
    a.send(b"late")
    assert b.receive() == b"late"
    assert time.monotonic() - started >= 0.14
    switch.set("heal")
    switch.set("jitter=100")
    for n in range(50):
        a.send(bytes([n]))
    order = [b.receive()[0] for _ in range(50)]
    assert sorted(order) == list(range(50)) and order != list(range(50))


def test_capture_is_a_pcap_of_every_frame(network, tmp_path):
    _, (a, b, _) = network
    a.send(b"seen")
    assert b.receive() == b"seen"
    data = (tmp_path / "net.pcap").read_bytes()
    assert data[:4] == b"\xd4\xc3\xb2\xa1" and b"seen" in data


@pytest.mark.parametrize("text", ["", "loss", "loss=101", "loss=x", "delay=-1", "speed=3", "cut=1"])
def test_unknown_conditions_are_refused_with_the_mend(network, text):
    switch, _ = network
    with pytest.raises(ValueError, match="use cut|must be"):
        switch.set(text)


def test_an_unknown_device_is_refused(network):
    switch, _ = network
    with pytest.raises(ValueError, match="no device 'fridge'"):
        switch.set("cut", port="fridge")


def test_a_port_that_sends_nonsense_is_closed_and_the_rest_go_on(network):
    _, (a, b, c) = network
    a.socket.sendall(b"\xff\xff\xff\xff")
    time.sleep(0.1)
    b.send(b"still here")
    assert c.receive() == b"still here"
