# SPDX-License-Identifier: Apache-2.0
"""Serves the lab's page on 127.0.0.1.

  GET  /  /lab.css  /lab.js  /novnc/…   the page and the screen client
  GET  /api/state                       devices and network as JSON
  GET  /api/events                      server-sent events: `state` when it changed, `serial` {device, text, fresh}
  POST /api/power|net|serial            {"arguments": […]}, as the words of words.py

A page of another origin must not reach a device through the person's browser: requests have to name this host, and
actions have to come from this page.
"""

import json
import os
import queue
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from control import Refused

PAGE = Path(__file__).resolve().parent / "page"
TYPES = {".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8",
         ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
ACTIONS = {"power", "net", "serial"}
BODY_MAX = 65536
TICK_SECONDS, BEAT_SECONDS = 0.1, 5.0
POLICY = ("default-src 'self'; connect-src 'self' ws://127.0.0.1:* ws://localhost:*; img-src 'self' data: blob:; "
          "style-src 'self' 'unsafe-inline'")


class Server(ThreadingHTTPServer):
    """The page of one lab."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, words, novnc, port):
        self.words = words
        self.novnc = Path(novnc)
        self.stopping = threading.Event()
        super().__init__(("127.0.0.1", port), Handler)
        self.port = self.server_address[1]
        self.hosts = {f"127.0.0.1:{self.port}", f"localhost:{self.port}"}

    @property
    def url(self):
        """Where the page is."""
        return f"http://127.0.0.1:{self.port}/"

    def start(self):
        """Serves from now on."""
        threading.Thread(target=self.serve_forever, name="page", daemon=True).start()

    def stop(self):
        """Ends serving."""
        self.stopping.set()
        self.shutdown()
        self.server_close()

    def handle_error(self, request, client_address):
        """A browser that goes away is no trouble."""


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    server_version = "lab"

    def log_message(self, *_):
        """Requests are not logged."""

    def do_GET(self):  # the name is the library's
        """Pages and facts."""
        if not self._is_welcome():
            return
        path = self.path.split("?")[0]
        if path == "/api/state":
            self._answer(200, json.dumps(self.server.words.state()).encode(), "application/json")
        elif path == "/api/events":
            self._events()
        elif path.startswith("/novnc/"):
            self._file(self.server.novnc, path[len("/novnc/"):])
        else:
            self._file(PAGE, path.lstrip("/") or "index.html")

    def do_POST(self):  # the name is the library's
        """Actions."""
        word = self.path.removeprefix("/api/")
        size = self.headers.get("Content-Length", "")
        body = self.rfile.read(int(size)) if size.isdigit() and int(size) <= BODY_MAX else None
        if not self._is_welcome():
            return
        if word not in ACTIONS or body is None:
            self._error(404, "no such action")
            return
        try:
            arguments = json.loads(body)["arguments"]
            if not isinstance(arguments, list) or not all(isinstance(text, str) for text in arguments):
                raise TypeError("arguments are text")
        except (ValueError, TypeError, KeyError):
            self._error(400, "the body must be {\"arguments\": [text, …]}")
            return
        try:
            answer = self.server.words.perform(word, arguments)
        except Refused as refused:
            self._error(400 if refused.status == 2 else 409, str(refused))
            return
        self._answer(200, json.dumps(answer).encode(), "application/json")

    def _is_welcome(self):
        """Refuses what another page might send through the person's browser."""
        origin = self.headers.get("Origin", "")
        if self.headers.get("Host") in self.server.hosts and (
                not origin or origin.removeprefix("http://") in self.server.hosts):
            return True
        self._error(403, "this page is for the browser of the machine it runs on")
        return False

    def _error(self, code, text):
        self.close_connection = True
        self._answer(code, json.dumps({"error": text}).encode(), "application/json")

    def _answer(self, code, body, kind):
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-cache")
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        self.wfile.write(body)

    def _file(self, folder, name):
        """A file below a folder, and nothing beside it."""
        path = Path(os.path.realpath(folder / name))
        kind = TYPES.get(path.suffix)
        if kind is None or not path.is_relative_to(os.path.realpath(folder)) or not path.is_file():
            self._error(404, f"nothing is at {self.path}")
            return
        self._answer(200, path.read_bytes(), kind)

    def _send_event(self, name, value):
        self.wfile.write(f"event: {name}\ndata: {json.dumps(value)}\n\n".encode())

    def _events(self):
        """Follows the lab until the browser or the lab goes."""
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Cache-Control", "no-cache")
        self.end_headers()
        self.close_connection = True
        devices = self.server.words.devices.values()
        listeners = {device: device.transcript.listen() for device in devices}
        try:
            self._follow(listeners)
        except OSError:
            pass  # the browser went
        finally:
            for device, listener in listeners.items():
                device.transcript.unlisten(listener)

    def _follow(self, listeners):
        last, fresh, beat = None, True, time.monotonic()
        while not self.server.stopping.wait(0 if fresh else TICK_SECONDS):
            state = self.server.words.state()
            del state["counters"]
            if state != last:
                self._send_event("state", state)
                last = state
            for device, listener in listeners.items():
                text = drain(listener)
                if text or fresh:
                    self._send_event("serial", {"device": device.name, "fresh": fresh,
                                                "text": text.decode(errors="replace")})
            fresh = False
            if time.monotonic() - beat > BEAT_SECONDS:
                self.wfile.write(b": still here\n\n")
                beat = time.monotonic()


def drain(listener):
    """Everything that waits in a queue of bytes."""
    pieces = []
    try:
        while True:
            pieces.append(listener.get_nowait())
    except queue.Empty:
        return b"".join(pieces)
