# SPDX-License-Identifier: Apache-2.0
"""The lab's control socket: one JSON line asks, one JSON line answers.

A request is {"word": …, "arguments": […]}; the answer {"lines": […]} or {"error": …, "status": 1 or 2}. Both ends are
here: `ask` for ./nx, `Control` for the lab.
"""

import json
import os
import socket
import threading

NAME = "control.sock"
REQUEST_MAX = 65536


class Refused(Exception):
    """The lab's answer was an error; `status` is 2 if the words were wrong, else 1."""

    def __init__(self, text, status=1):
        super().__init__(text)
        self.status = status


def connect(directory, timeout):
    """A connection to the lab of a folder; through /proc, because a socket's path may be short only."""
    folder = os.open(directory, os.O_PATH)
    try:
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(timeout)
        connection.connect(f"/proc/self/fd/{folder}/{NAME}")
        return connection
    finally:
        os.close(folder)


def ask(directory, word, arguments=(), timeout=120.0):
    """What the lab of a folder answers, as a dictionary; Refused, or OSError if none runs."""
    with connect(directory, timeout) as connection, connection.makefile("rwb") as file:
        file.write(json.dumps({"word": word, "arguments": list(arguments)}).encode() + b"\n")
        file.flush()
        line = file.readline()
    if not line:
        raise Refused("the lab ended while it was asked: see lab.log in its folder")
    answer = json.loads(line)
    if "error" in answer:
        raise Refused(answer["error"], answer.get("status", 1))
    return answer


class Control:
    """The lab's end; `perform(word, arguments)` returns an answer or raises Refused."""

    def __init__(self, perform):
        self._perform = perform
        self._listener = socket.socket(socket.AF_UNIX)
        if os.path.exists(NAME):
            os.unlink(NAME)
        self._listener.bind(NAME)
        os.chmod(NAME, 0o600)
        self._listener.listen(16)

    def start(self):
        """Serves from now on, each connection in a thread of its own."""
        threading.Thread(target=self._run, name="control", daemon=True).start()

    def stop(self):
        """Ends serving and removes the socket."""
        self._listener.close()
        if os.path.exists(NAME):
            os.unlink(NAME)

    def _run(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        connection.settimeout(10)
        with connection, connection.makefile("rwb") as file:
            try:
                answer = self._answer(file.readline(REQUEST_MAX))
                file.write(json.dumps(answer).encode() + b"\n")
            except OSError:
                pass  # who asked is gone

    def _answer(self, line):
        try:
            request = json.loads(line)
            word, arguments = request["word"], request["arguments"]
            if not all(isinstance(text, str) for text in [word, *arguments]):
                raise TypeError("words are text")
        except (ValueError, TypeError, KeyError):
            return {"error": "not a request: {\"word\": …, \"arguments\": […]}", "status": 2}
        try:
            return self._perform(word, arguments)
        except Refused as refused:
            return {"error": str(refused), "status": refused.status}
