# SPDX-License-Identifier: Apache-2.0
"""A hostile peer and a hostile network: garbage at each step of the link, connections that never finish, many at once,
malformed frames. The device ends such connections in bounded time, keeps no memory for them, and goes on."""
import json
import random
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest

from victim import ROOT, SLACK, UP_S, alive, free_port, running, until

sys.path.insert(0, str(ROOT / "tests" / "interop"))

import packages  # noqa: E402  (the path above comes first)
from switch import Switch  # noqa: E402  (victim puts its folder on the path)

HERE = Path(__file__).resolve().parent
SCRIPTS = [HERE / "garbage.mjs", ROOT / "tests" / "interop" / "libp2p" / "older_node.mjs"]
WAYS = ["yamux-type", "yamux-version", "yamux-window", "yamux-length", "yamux-noise", "identify-garbage",
        "identify-length", "pair-order", "pair-commit", "pair-garbage"]
FRAMES = 5000
ENDS_S = 40 * SLACK  # a stranger must go after 30 s, whatever it does
KIB_MORE = 128  # what may be held in tables afterwards
KIB_FIRST = 512  # what the links of the first few strangers take, once; the heap keeps it for the next
GREETING = b"\x13/multistream/1.0.0\n"
NOISE = GREETING + b"\x07/noise\n"
CHOOSE = random.Random(11)


@pytest.fixture(name="phone", scope="module")
def running_phone(tmp_path_factory):
    """A phone whose port 4001 is reachable on the loopback."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("phone"))
        with running(forward=free_port()) as phone:
            until(phone, "it listens", lambda: greets(phone))
            yield phone


def dial(phone):
    """A connection to the device's port."""
    return socket.create_connection(("127.0.0.1", phone.place.forward), timeout=10)


def greets(phone):
    """Whether the device answers a good greeting."""
    with dial(phone) as connection:
        connection.settimeout(3)
        try:
            connection.sendall(NOISE)
            return connection.recv(64).startswith(GREETING)
        except OSError:
            return False


def ended(connection, seconds):
    """Whether the other side ends the connection in time; what it says is read."""
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        connection.settimeout(left)
        try:
            if not connection.recv(65536):
                return True
        except socket.timeout:
            return False
        except OSError:
            return True
    return False


def memory(phone):
    """KiB of those who serve the network."""
    return {name: row[2] for name, row in phone.services().items() if name in ("mesh", "net", "netdev")}


def returned(phone, before, more=KIB_MORE):
    """Whether memory is near what it was."""
    return all(kib <= before[name] + more for name, kib in memory(phone).items())


GARBAGE = {
    "random": CHOOSE.randbytes(5000),
    "header-then-random": GREETING + CHOOSE.randbytes(5000),
    "protocol-then-random": NOISE + CHOOSE.randbytes(5000),
    "message-1-then-random": NOISE + b"\x00\x20" + CHOOSE.randbytes(32) + b"\x00\xc8" + CHOOSE.randbytes(200),
    "message-1-zero": NOISE + b"\x00\x20" + bytes(32),
    "message-1-short": NOISE + b"\x00\x05hello",
    "endless-name": b"\xff\xff\xff\xff\xff\xff\xff\xff\x7f" + b"a" * 4000,
    "http": b"GET / HTTP/1.1\r\nHost: phone\r\n\r\n",
}


@pytest.mark.parametrize("step", GARBAGE)
def test_garbage_at_each_step_ends_the_connection(phone, step):
    with dial(phone) as connection:
        connection.sendall(GARBAGE[step])
        assert ended(connection, ENDS_S), phone.log()[-2000:]
    until(phone, "others are answered", lambda: greets(phone))


def test_many_who_never_finish_are_sent_away(phone):
    """40 at once, each stopping somewhere else; meanwhile a person writes."""
    before = memory(phone)
    pieces = [b"\x13", GREETING[:5], GREETING, NOISE, NOISE + b"\x00\x20" + bytes(9)]
    slow = [dial(phone) for _ in range(40)]
    for place, connection in enumerate(slow):
        try:
            connection.sendall(pieces[place % len(pieces)])
        except OSError:
            pass  # refused already
    alive(phone, "typed meanwhile")
    phone.tap("Back")
    deadline = time.monotonic() + ENDS_S
    assert all(ended(connection, max(0.1, deadline - time.monotonic())) for connection in slow)
    for connection in slow:
        connection.close()
    until(phone, "others are answered", lambda: greets(phone))
    until(phone, "the memory is bounded", lambda: returned(phone, before, KIB_FIRST))


def test_garbage_inside_the_encrypted_link_ends_it(phone):
    """A stranger with a good key: Yamux and identify garbage, pairing garbage while the list of devices is open."""
    folder = packages.cached()
    assert folder, "the npm packages are not to be had: is the registry reachable?"
    before = memory(phone)
    phone.tap("Devices")
    script = packages.beside(folder, *SCRIPTS)
    done = subprocess.run(["node", script, f"/ip4/127.0.0.1/tcp/{phone.place.forward}", "5", *WAYS],
                          capture_output=True, text=True, timeout=150 * SLACK, check=False)
    told = {line["way"]: line for line in map(json.loads, done.stdout.splitlines())}
    assert list(told) == WAYS, done.stderr
    assert all(line.get("ended") for line in told.values()), told
    assert "Yours" not in phone.texts() and "Mallory" not in phone.texts()
    phone.tap("Notes")
    alive(phone, "after the stranger")
    until(phone, "the memory is back", lambda: returned(phone, before))


def frames(mac, seed):
    """Malformed frames of each kind that the device reads."""
    choose = random.Random(seed)
    kinds = [(0x0806, b"\x00\x01\x08\x00\x06\x04\x00"), (0x0800, b"\x45\x00"), (0x86DD, b"\x60\x00\x00\x00"),
             (0x0800, b"\x45\x00\x00\x40\x00\x00\x00\x00\x40\x06"), (0x0800, b"\x4f\xff\x00\x10"),
             (0x0800, b"\x45\x00\x01\x00\x00\x00\x20\x00\x40\x11"), (0x86DD, b"\x60\x00\x00\x00\x00\x20\x3a\xff")]
    groups = [mac, b"\xff" * 6, bytes.fromhex("01005e0000fb"), bytes.fromhex("3333000000fb")]
    for _ in range(FRAMES):
        kind, start = choose.choice(kinds)
        yield (choose.choice(groups) + b"\x02" + choose.randbytes(5) + struct.pack(">H", kind) + start
               + choose.randbytes(choose.randrange(1450)))


def datagram(port, payload):
    """A well-formed frame around a datagram whose inside is not."""
    head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 28 + len(payload), 1, 0, 255, 17, 0, bytes([169, 254, 1, 1]),
                       bytes([224, 0, 0, 251]))
    total = sum(struct.unpack(">10H", head))
    total = (total & 0xFFFF) + (total >> 16)
    head = head[:10] + struct.pack(">H", ~(total + (total >> 16)) & 0xFFFF) + head[12:]
    return (bytes.fromhex("01005e0000fb") + b"\x02\x00\x00\x00\x00\x77" + b"\x08\x00" + head
            + struct.pack(">HHHH", port, port, 8 + len(payload), 0) + payload)


def test_malformed_frames_do_no_harm(tmp_path, monkeypatch):
    """Frames, then packets for mDNS and DHCP whose insides are random."""
    monkeypatch.chdir(tmp_path)
    choose = random.Random(3)
    switch = Switch("net.sock")
    switch.start()
    try:
        with running(switch="net.sock") as phone, socket.socket(socket.AF_UNIX) as port:
            port.connect("net.sock")
            before = memory(phone)
            sent = list(frames(phone.mac, 9))
            sent += [datagram(choose.choice([5353, 68]), b"\x00\x00\x84\x00" + choose.randbytes(choose.randrange(600)))
                     for _ in range(FRAMES // 5)]
            for place, frame in enumerate(sent):
                port.sendall(struct.pack(">I", len(frame)) + frame)
                if place % 100 == 0:
                    time.sleep(0.05)  # so that the device sees them, not the end of a queue
            alive(phone, "after the frames")
            until(phone, "the memory is back", lambda: returned(phone, before), UP_S)
    finally:
        switch.stop()
