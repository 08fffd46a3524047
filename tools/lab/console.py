# SPDX-License-Identifier: Apache-2.0
"""A device's serial line: developer commands with framed answers, the log, and the terminal's text.

docs/protocols/console.md has the format: a command is a line that begins with '~'; its answer lies between
`~begin COMMAND` and `~end STATUS`. Everything else is log or terminal text and goes to the listeners.
"""

import os
import queue
import socket
import threading
import time

KEEP_BYTES = 256 * 1024  # of the line's text, for late listeners


class ConsoleError(Exception):
    """The device did not answer, or refused the command."""


class Console:
    """The host's end of one serial line; reads in a thread of its own, so that the device never blocks."""

    def __init__(self, path, log_path, timeout=20.0):
        self._socket = self._connect(path, timeout)
        self._log = open(log_path, "ab", buffering=0)
        self._partial = b""
        self._answer = None
        self._answers = queue.Queue()
        self._command_lock = threading.Lock()
        self._text_lock = threading.Lock()
        self._text = bytearray()
        self._listeners = []
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
            self._publish(self._filter(data))
        self.closed = True
        self._answers.put(None)
        self._publish(b"")

    def _filter(self, data):
        """Takes answers out of the stream; returns what a person at the terminal should see."""
        visible = bytearray()
        pieces = (self._partial + data).split(b"\n")
        self._partial = pieces.pop()
        for piece in pieces:
            line = piece.rstrip(b"\r")
            if line.startswith(b"~begin"):
                self._answer = []
            elif line.startswith(b"~end") and self._answer is not None:
                status = line[4:].strip().decode(errors="replace")
                self._answers.put((status, self._answer))
                self._answer = None
            elif self._answer is not None:
                self._answer.append(line.decode(errors="replace"))
            else:
                visible += piece + b"\n"
        if self._answer is None and self._partial and not self._partial.startswith(b"~"):
            visible += self._partial  # a prompt has no newline
            self._partial = b""
        return bytes(visible)

    def _publish(self, data):
        with self._text_lock:
            self._text += data
            del self._text[:max(0, len(self._text) - KEEP_BYTES)]
            for listener in self._listeners:
                listener.put(data)

    def listen(self):
        """A queue that first holds the text so far, then every further piece; b"" when the line closed."""
        listener = queue.Queue()
        with self._text_lock:
            listener.put(bytes(self._text))
            self._listeners.append(listener)
        return listener

    def unlisten(self, listener):
        """Ends a listener."""
        with self._text_lock:
            if listener in self._listeners:
                self._listeners.remove(listener)

    def text(self):
        """Everything visible that came so far."""
        with self._text_lock:
            return self._text.decode(errors="replace")

    def send(self, text):
        """Types text on the line as it is."""
        try:
            self._socket.sendall(text.encode())
        except OSError as error:
            raise ConsoleError(f"the serial line is closed: {error}") from error

    def command(self, line, timeout=20.0):
        """Runs a developer command; returns its lines. ConsoleError if it fails or nothing answers in time."""
        with self._command_lock:
            while not self._answers.empty():
                self._answers.get_nowait()
            self.send(f"\x1d~{line}\n")  # even while a person is in the middle of typing
            try:
                answer = self._answers.get(timeout=timeout)
            except queue.Empty:
                raise ConsoleError(f"no answer to '{line}' within {timeout:.0f} s; see the device's log") from None
        if answer is None:
            raise ConsoleError("the device is off")
        status, lines = answer
        if status != "OK":
            raise ConsoleError(f"{line}: {status}" + (": " + "; ".join(lines) if lines else ""))
        return lines

    def wait_text(self, text, timeout=60.0):
        """Waits until the visible text holds `text`."""
        deadline = time.monotonic() + timeout
        while text not in self.text():
            if self.closed:
                raise ConsoleError(f"the device ended before it printed '{text}'")
            if time.monotonic() > deadline:
                raise ConsoleError(f"the device did not print '{text}' within {timeout:.0f} s")
            time.sleep(0.02)

    def close(self):
        """Closes the line."""
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._socket.close()
        self._thread.join(timeout=2)
        self._log.close()
