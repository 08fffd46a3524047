# SPDX-License-Identifier: Apache-2.0
"""A device's serial line: developer commands with framed answers, the log, and the terminal's text.

docs/protocols/console.md has the format: a command is a line that begins with '~', and the byte ESCAPE begins one
wherever the line stands; its answer lies between `~begin COMMAND` and `~end STATUS`. Everything else is log or terminal
text and goes to the transcript, which outlives the line: a device may be powered off and on.
"""

import os
import queue
import socket
import threading
import time

KEEP_BYTES = 256 * 1024  # of a transcript, for late listeners
ESCAPE = "\x1d"


class ConsoleError(Exception):
    """The device did not answer, or refused the command."""


class Transcript:
    """What a person at the terminal has seen so far; listeners follow it."""

    def __init__(self):
        self._lock = threading.Lock()
        self._text = bytearray()
        self.size = 0  # in bytes, since the lab began
        self._listeners = []

    def append(self, data):
        """Adds text and tells the listeners."""
        with self._lock:
            self._text += data
            self.size += len(data)
            del self._text[:max(0, len(self._text) - KEEP_BYTES)]
            for listener in self._listeners:
                listener.put(data)

    def listen(self):
        """A queue that first holds the text so far, then every further piece."""
        listener = queue.Queue()
        with self._lock:
            listener.put(bytes(self._text))
            self._listeners.append(listener)
        return listener

    def unlisten(self, listener):
        """Ends a listener."""
        with self._lock:
            if listener in self._listeners:
                self._listeners.remove(listener)

    def text(self, since=0):
        """What came after the first `since` bytes, as far as it is kept."""
        with self._lock:
            return self._text[max(0, len(self._text) - (self.size - since)):].decode(errors="replace")


class Filter:
    """Takes answers out of the line's bytes; the rest is what a person at the terminal should see."""

    def __init__(self, on_answer):
        self._on_answer = on_answer  # called with (command, status, lines)
        self._partial = b""
        self._begins = True  # `_partial` is the beginning of a line
        self._command = None
        self._lines = []

    def feed(self, data):
        """Takes bytes of the line; returns the visible ones among them."""
        visible = bytearray()
        pieces = (self._partial + data).split(b"\n")
        self._partial = pieces.pop()
        for piece in pieces:
            if not self._take(piece.rstrip(b"\r")):
                visible += piece + b"\n"
            self._begins = True
        if self._command is None and self._partial and not (self._begins and self._partial.startswith(b"~")):
            visible += self._partial  # a prompt has no newline
            self._partial, self._begins = b"", False
        return bytes(visible)

    def _take(self, line):
        """True if the whole line belongs to an answer."""
        if self._begins and line.startswith(b"~begin "):
            self._command, self._lines = line[7:].decode(errors="replace"), []
        elif self._command is not None and line.startswith(b"~end "):
            self._on_answer(self._command, line[5:].decode(errors="replace").strip(), self._lines)
            self._command = None
        elif self._command is not None:
            self._lines.append(line.decode(errors="replace"))
        else:
            return False
        return True


class Console:
    """The host's end of one serial line; reads in a thread of its own, so that the device never blocks."""

    def __init__(self, path, log_path, transcript=None, timeout=20.0):
        self.transcript = transcript or Transcript()
        self._socket = self._connect(path, timeout)
        self._log = open(log_path, "ab", buffering=0)
        self._answers = queue.Queue()
        self._filter = Filter(lambda *answer: self._answers.put(answer))
        self._command_lock = threading.Lock()
        self.closed = False
        self._thread = threading.Thread(target=self._read, name="console", daemon=True)
        self._thread.start()

    @staticmethod
    def _connect(path, timeout):
        deadline = time.monotonic() + timeout
        while True:
            connection = socket.socket(socket.AF_UNIX)
            try:
                connection.connect(path)
                return connection
            except (FileNotFoundError, ConnectionRefusedError):
                connection.close()
                if time.monotonic() > deadline:
                    raise ConsoleError(f"no serial line at {os.path.basename(path)}") from None
                time.sleep(0.02)

    def _read(self):
        while True:
            try:
                data = self._socket.recv(65536)
            except OSError:
                data = b""
            if not data:
                break
            self._log.write(data)
            visible = self._filter.feed(data)
            if visible:
                self.transcript.append(visible)
        self.closed = True
        self._answers.put(None)

    def text(self):
        """Everything visible that came so far."""
        return self.transcript.text()

    def send(self, text):
        """Types text on the line as it is."""
        try:
            self._socket.sendall(text.encode())
        except OSError as error:
            raise ConsoleError("the device is off") from error

    def command(self, line, timeout=20.0):
        """Runs a developer command; returns its lines. ConsoleError if it fails or nothing answers in time."""
        if "\n" in line or "\r" in line:
            raise ConsoleError("a command is one line")
        with self._command_lock:
            while not self._answers.empty():
                self._answers.get_nowait()  # an answer that came too late
            self.send(f"{ESCAPE}~{line}\n")
            return self._answer(line, time.monotonic() + timeout, timeout)

    def _answer(self, line, deadline, timeout):
        while True:
            try:
                answer = self._answers.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise ConsoleError(f"no answer to '{line}' within {timeout:.0f} s; see the device's log") from None
            if answer is None:
                self._answers.put(None)
                raise ConsoleError("the device is off")
            command, status, lines = answer
            if command != line:
                continue  # of a command that was given up
            if status != "OK":
                raise ConsoleError(f"{line}: {status}" + (": " + "; ".join(lines) if lines else ""))
            return lines

    def close(self):
        """Closes the line."""
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._socket.close()
        self._thread.join(timeout=2)
        self._log.close()
