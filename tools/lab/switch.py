# SPDX-License-Identifier: Apache-2.0
"""The lab's virtual network: an Ethernet hub that can cut, lose, delay, reorder and record.

Every device connects to one Unix socket with QEMU's `-netdev stream`, whose framing is a 32-bit big-endian length and
the frame. A frame goes to every other port, as on a hub, so a capture sees what each device sees. Conditions hold for
the whole network or for one port; randomness comes from a seed, so a run can be repeated.

    switch = Switch(path, seed=1)
    switch.start()
    switch.set("cut", port="phone"); switch.set("loss=20"); switch.set("delay=50"); switch.heal()
    switch.stop()
"""

import heapq
import os
import random
import selectors
import socket
import struct
import threading
import time

FRAME_MAX = 65536
CAPTURE_MAX = 64 * 1024 * 1024  # bytes of a recording; then it ends
QUEUE_MAX = 4096  # frames waiting for their delay; more are dropped, as a real switch would
PCAP_HEADER = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, FRAME_MAX, 1)


class Conditions:
    """What happens to frames: `cut` drops all, `loss` percent drop, `delay` and `jitter` in milliseconds."""

    def __init__(self):
        self.cut = False
        self.loss = 0.0
        self.delay = 0.0
        self.jitter = 0.0

    def apply(self, text):
        """Sets one condition from "cut", "heal" or "name=value"; raises ValueError with what to write instead."""
        if text == "cut":
            self.cut = True
        elif text == "heal":
            self.__init__()
        else:
            name, separator, value = text.partition("=")
            limits = {"loss": 100, "delay": 60000, "jitter": 60000}
            if not separator or name not in limits:
                raise ValueError(f"'{text}' is no network condition: use cut, heal, loss=PERCENT, "
                                 "delay=MS or jitter=MS")
            try:
                number = float(value)
            except ValueError:
                number = -1.0
            if not 0 <= number <= limits[name]:
                raise ValueError(f"{name} must be a number from 0 to {limits[name]}, not '{value}'")
            setattr(self, name, number)

    def describe(self):
        """The conditions as a dictionary for the page and for `nx net`."""
        return {"cut": self.cut, "loss": self.loss, "delay": self.delay, "jitter": self.jitter}


class Port:
    """One connected device: its socket, bytes not yet a whole frame, and bytes not yet sent."""

    def __init__(self, connection):
        self.connection = connection
        self.name = None
        self.received = bytearray()
        self.pending = bytearray()
        self.conditions = Conditions()

    def frames(self, data):
        """Adds received bytes and yields every complete frame; raises ValueError on an impossible length."""
        self.received += data
        while len(self.received) >= 4:
            (length,) = struct.unpack_from(">I", self.received)
            if length > FRAME_MAX:
                raise ValueError("a frame longer than Ethernet allows")
            if len(self.received) < 4 + length:
                return
            frame = bytes(self.received[4:4 + length])
            del self.received[:4 + length]
            yield frame


class Switch:
    """The hub; runs in a thread of its own between start() and stop()."""

    def __init__(self, path, seed=1, capture=None):
        self.path = path
        self.names = {}  # MAC address (bytes) → device name, so that ports can be named
        self.conditions = Conditions()
        self.frames_carried = self.frames_dropped = 0
        self._random = random.Random(seed)
        self._ports = {}
        self._named_conditions = {}
        self._queue = []
        self._order = 0
        self._lock = threading.Lock()
        self._selector = selectors.DefaultSelector()
        self._wake_read, self._wake_write = os.pipe()
        self._stopping = False
        self._thread = None
        self._capture = open(capture, "wb") if capture else None
        if self._capture:
            self._capture.write(PCAP_HEADER)

    def start(self):
        """Listens at the path and starts carrying frames."""
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        if os.path.exists(self.path):
            os.unlink(self.path)
        listener.bind(self.path)
        listener.listen(16)
        listener.setblocking(False)
        self._selector.register(listener, selectors.EVENT_READ, "listener")
        self._selector.register(self._wake_read, selectors.EVENT_READ, "wake")
        self._thread = threading.Thread(target=self._run, name="switch", daemon=True)
        self._thread.start()

    def stop(self):
        """Ends the thread, closes every port and removes the socket."""
        self._stopping = True
        os.write(self._wake_write, b"x")
        self._thread.join(timeout=5)
        for port in list(self._ports.values()):
            port.connection.close()
        if os.path.exists(self.path):
            os.unlink(self.path)
        if self._capture:
            self._capture.close()

    def set(self, text, port=None):
        """Applies a condition to the whole network or to one named device."""
        with self._lock:
            self._conditions_of(port).apply(text)
            if text == "heal" and port is None:
                for conditions in self._named_conditions.values():
                    conditions.apply("heal")
        os.write(self._wake_write, b"x")

    def describe(self):
        """State of the network for the page and for `nx net`."""
        with self._lock:
            state = self.conditions.describe()
            state["ports"] = {name: c.describe() for name, c in self._named_conditions.items()}
            state.update(frames=self.frames_carried, dropped=self.frames_dropped, connected=len(self._ports))
            return state

    def _conditions_of(self, name):
        if name is None:
            return self.conditions
        if name not in self.names.values():
            raise ValueError(f"no device '{name}' on this network")
        return self._named_conditions.setdefault(name, Conditions())

    def _run(self):
        while not self._stopping:
            for key, events in self._selector.select(self._timeout()):
                self._serve(key, events)
            self._deliver_due()

    def _timeout(self):
        with self._lock:
            if not self._queue:
                return None
            return max(0.0, self._queue[0][0] - time.monotonic())

    def _serve(self, key, events):
        if key.data == "wake":
            os.read(self._wake_read, 64)
        elif key.data == "listener":
            connection, _ = key.fileobj.accept()
            connection.setblocking(False)
            port = Port(connection)
            self._ports[connection.fileno()] = port
            self._selector.register(connection, selectors.EVENT_READ, port)
        else:
            if events & selectors.EVENT_READ:
                self._receive(key.data)
            if events & selectors.EVENT_WRITE and key.data.connection.fileno() >= 0:
                self._send(key.data)

    def _receive(self, port):
        try:
            data = port.connection.recv(65536)
            frames = list(port.frames(data))
        except BlockingIOError:
            return
        except (OSError, ValueError):
            data = b""
        if not data:
            self._close(port)
            return
        for frame in frames:
            self._carry(port, frame)

    def _close(self, port):
        self._selector.unregister(port.connection)
        self._ports.pop(port.connection.fileno(), None)
        port.connection.close()

    def _carry(self, source, frame):
        if source.name is None and len(frame) >= 12:
            source.name = self.names.get(frame[6:12])
        with self._lock:
            if self._capture and self._capture.tell() < CAPTURE_MAX:
                now = time.time()
                head = struct.pack("<IIII", int(now), int(now % 1 * 1e6), len(frame), len(frame))
                self._capture.write(head + frame)
                self._capture.flush()
            for port in list(self._ports.values()):
                if port is not source:
                    self._enqueue(source, port, frame)

    def _enqueue(self, source, port, frame):
        """Decides the frame's fate on its way to one port; the lock is held."""
        delay = 0.0
        applying = [self.conditions]
        applying += [self._named_conditions[p.name] for p in (source, port) if p.name in self._named_conditions]
        for conditions in applying:
            if conditions.cut or self._random.uniform(0, 100) < conditions.loss:
                self.frames_dropped += 1
                return
            delay += conditions.delay + self._random.uniform(0, conditions.jitter)
        if len(self._queue) >= QUEUE_MAX:
            self.frames_dropped += 1
            return
        self._order += 1
        heapq.heappush(self._queue, (time.monotonic() + delay / 1000, self._order, port, frame))

    def _deliver_due(self):
        now = time.monotonic()
        touched = set()
        with self._lock:
            while self._queue and self._queue[0][0] <= now:
                _, _, port, frame = heapq.heappop(self._queue)
                if port.connection.fileno() >= 0 and len(port.pending) < 4 * 1024 * 1024:
                    port.pending += struct.pack(">I", len(frame)) + frame
                    self.frames_carried += 1
                    touched.add(port)
        for port in touched:
            self._send(port)

    def _send(self, port):
        try:
            while port.pending:
                sent = port.connection.send(port.pending)
                del port.pending[:sent]
        except BlockingIOError:
            pass
        except OSError:
            self._close(port)
            return
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if port.pending else 0)
        self._selector.modify(port.connection, events, port)
