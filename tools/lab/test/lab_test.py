# SPDX-License-Identifier: Apache-2.0
"""./nx and the lab, with a stand-in for the emulator: every word, every misuse, and what a crash leaves behind."""

import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

TOOLS = Path(__file__).resolve().parent.parent.parent
NX = [sys.executable, "-B", str(TOOLS / "nx")]
FAKE = Path(__file__).resolve().parent / "fake_emulator.py"
SECONDS_MAX = 60

sys.path.insert(0, str(TOOLS / "lab"))

import owned  # noqa: E402


class Lab:
    """A lab in a folder of its own, asked through ./nx."""

    def __init__(self, folder, image):
        self.folder, self.image = folder, image

    def nx(self, word, *arguments, **environment):
        """Runs a word; the finished process."""
        return subprocess.run(NX + [word, "--dir", str(self.folder), *arguments], capture_output=True, text=True,
                              timeout=SECONDS_MAX, check=False, env=os.environ | environment)

    def do(self, word, *arguments):
        """Runs a word that must succeed; its lines."""
        done = self.nx(word, *arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    def refused(self, word, *arguments, status=2):
        """Runs a word that must fail with one clear line; that line."""
        done = self.nx(word, *arguments)
        assert done.returncode == status and done.stdout == "", done.stdout + done.stderr
        assert done.stderr.startswith(f"nx {word}: ") and done.stderr.count("\n") == 1, done.stderr
        return done.stderr

    def start(self, *arguments):
        """./nx lab with the stand-in."""
        return self.nx("lab", "--image", str(self.image), "--emulator", str(FAKE), *arguments)

    def request(self, method, path, body=None, headers=None):
        """(status, body) of a request to the page's server."""
        url = json.loads((self.folder / "lab.json").read_text())["url"]
        connection = http.client.HTTPConnection(url.split("/")[2], timeout=10)
        connection.request(method, path, None if body is None else json.dumps(body), headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read()

    def emulator(self, device):
        """The process id of a device's emulator, None if it does not run."""
        return owned.recorded(str(self.folder / device / "emulator.pid"))


@pytest.fixture(name="image", scope="module")
def image_folder(tmp_path_factory):
    """Files that are called as an image's are."""
    folder = tmp_path_factory.mktemp("image")
    for name in ("Image", "bundle.img"):
        (folder / name).touch()
    return folder


@pytest.fixture(name="lab", scope="module")
def running_lab(tmp_path_factory, image):
    """A running, paired lab of phone and desktop, in a folder whose name no socket could have."""
    lab = Lab(tmp_path_factory.mktemp("x" * 120) / "lab", image)
    started = lab.start()
    assert started.returncode == 0, started.stderr
    assert "paired phone and desktop: both showed 482 913" in started.stdout
    assert started.stdout.splitlines()[-1].startswith("http://127.0.0.1:")
    yield lab
    lab.do("stop")
    assert lab.emulator("phone") is None and lab.emulator("desktop") is None
    assert not list(lab.folder.glob("**/*.sock")) and not list(lab.folder.glob("**/*.pid"))


@pytest.fixture(name="own")
def own_lab(tmp_path, image):
    """A lab not yet started, ended afterwards whatever happens."""
    lab = Lab(tmp_path / "lab", image)
    yield lab
    lab.nx("stop")


def until(test, seconds=10):
    """Waits for something to be true."""
    deadline = time.monotonic() + seconds
    while not test():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_what_is_typed_on_one_device_is_on_the_other(lab):
    lab.do("tap", "phone", "New note")
    lab.do("type", "phone", "Milk, and More")
    until(lambda: 'value="Milk, and More"' in "\n".join(lab.do("tree", "desktop")))


def test_the_network_cuts_one_device_off_and_heals(lab):
    lab.do("net", "cut", "phone")
    assert "phone: cut" in lab.do("net")
    lab.do("tap", "phone", "New note")
    lab.do("type", "phone", "lost")
    time.sleep(0.2)
    assert 'value="lost"' not in "\n".join(lab.do("tree", "desktop"))
    lab.do("net", "heal")
    lab.do("net", "loss=5", "delay=20", "jitter=1")
    assert "connected, loss 5%, delay 20 ms, jitter 1 ms" in lab.do("net")[0]
    lab.do("net", "heal")


def test_words_for_one_device(lab, tmp_path):
    assert lab.do("log", "phone", "5") == ["one line of log"]
    assert lab.do("ps", "phone")[0] == "phone: phone, 128 MiB"
    assert len(lab.do("ps")) > len(lab.do("ps", "phone"))
    lab.do("set", "phone", "dark", "1")
    lab.do("kill", "phone", "stage")
    lab.do("shot", "phone", str(tmp_path / "phone.png"))
    assert (tmp_path / "phone.png").read_bytes().startswith(b"\x89PNG")
    lab.do("key", "phone", "ctrl-n")


@pytest.mark.parametrize("words, says", [
    (["tap"], 'usage: ./nx tap [DEVICE] "LABEL"'),
    (["tap", "New note"], "which device, phone or desktop?"),
    (["tap", "fone", "New note"], "no device 'fone' in this lab: phone, desktop"),
    (["tap", "phone", "New note", "twice"], "usage: ./nx tap"),
    (["type", "phone"], "which device"),
    (["key", "phone", "a", "b"], "usage: ./nx key"),
    (["shot", "phone", "picture.jpg"], "does not end in .png"),
    (["log", "phone", "many"], "no number of lines"),
    (["ps", "phone", "desktop"], "usage: ./nx ps"),
    (["kill", "phone"], "which device"),
    (["net", "broken"], "'broken' is no network condition: use cut, heal"),
    (["net", "loss=200"], "loss must be a number from 0 to 100"),
    (["net", "cut", "fone"], "'fone' is no network condition"),
    (["power", "phone", "up"], "usage: ./nx power [DEVICE] on|off|cut|restart"),
    (["tree", "--bogus"], "unrecognized arguments: --bogus; usage"),
])
def test_misuse_is_one_line_with_the_mend(lab, words, says):
    assert says in lab.refused(*words)


@pytest.mark.parametrize("words, says", [
    (["tap", "phone", "No such thing"], "'./nx tree phone' lists what is"),
    (["kill", "phone", "nobody"], "kill nobody: ERR_NOT_FOUND"),
    (["set", "phone", "mood", "1"], "state mood 1: ERR_NOT_FOUND"),
    (["shot", "phone", "no/such/folder/x.png"], "there is no folder"),
    (["type", "phone", "naïve"], "no key types 'ï'"),
    (["lab"], "runs in"),
])
def test_what_cannot_be_done_is_one_line_too(lab, words, says):
    assert says in lab.refused(*words, status=1)


def test_the_page_is_served_and_nothing_beside_it(lab):
    for path in ("/", "/lab.css", "/lab.js", "/novnc/core/rfb.js", "/api/state"):
        assert lab.request("GET", path)[0] == 200, path
    for path in ("/nothing", "/../lab.py", "/novnc/../../x.js", "/%2e%2e/lab.py", "/novnc/"):
        assert lab.request("GET", path)[0] == 404, path


def test_another_page_cannot_reach_a_device(lab):
    act = {"arguments": ["cut"]}
    assert lab.request("POST", "/api/net", act, {"Origin": "http://elsewhere.example"})[0] == 403
    assert lab.request("GET", "/api/state", headers={"Host": "elsewhere.example"})[0] == 403
    assert "network: connected" in lab.do("net")[0]


@pytest.mark.parametrize("path, body, status", [
    ("/api/net", {"arguments": ["bogus"]}, 400), ("/api/net", {"arguments": [1]}, 400), ("/api/net", [], 400),
    ("/api/net", "text", 400), ("/api/tap", {"arguments": []}, 404), ("/api/serial", {"arguments": []}, 400),
    ("/api/power", {"arguments": ["phone"]}, 400),
])
def test_an_action_with_wrong_words_is_refused(lab, path, body, status):
    assert lab.request("POST", path, body)[0] == status


def test_power_keeps_what_was_stored(lab):
    lab.do("tap", "phone", "New note")
    lab.do("type", "phone", "kept")
    lab.do("power", "phone", "cut")
    assert "phone is off" in lab.refused("tree", "phone", status=1)
    assert lab.do("tree")[0].startswith("application"), "the only device that is on needs no name"
    assert lab.request("POST", "/api/power", {"arguments": ["phone", "on"]})[0] == 200
    assert 'value="kept"' in "\n".join(lab.do("tree", "phone"))


def test_an_emulator_that_ends_by_itself_is_off(lab):
    os.kill(lab.emulator("desktop"), signal.SIGKILL)
    until(lambda: lab.emulator("desktop") is None)
    assert "desktop is off" in lab.refused("tree", "desktop", status=1)
    lab.do("power", "desktop", "on")
    assert lab.do("tree", "desktop")


def test_two_labs_in_two_folders(lab, own):
    assert own.start("phone", "phone", "--unpaired").returncode == 0
    assert own.emulator("phone") and own.emulator("phone-2") and lab.emulator("phone")
    own.do("stop")
    assert lab.emulator("phone") and own.emulator("phone") is None


def test_what_a_killed_lab_left_is_mended(own):
    assert own.start("phone").returncode == 0
    orphan = own.emulator("phone")
    os.kill(owned.recorded(str(own.folder / "lab.pid")), signal.SIGKILL)
    until(lambda: "no lab runs" in own.nx("tree").stderr)
    assert own.start("phone").returncode == 0
    assert own.emulator("phone") != orphan and owned.started(orphan) is None


def test_stop_ends_what_a_killed_lab_left(own):
    assert own.start("phone").returncode == 0
    orphan = own.emulator("phone")
    os.kill(owned.recorded(str(own.folder / "lab.pid")), signal.SIGKILL)
    assert "the lab ended" in own.do("stop")[0]
    assert owned.started(orphan) is None
    assert "no lab runs" in own.do("stop")[0]


def test_a_lab_whose_folder_is_removed_ends(own):
    assert own.start("phone", "--headless").returncode == 0
    pids = [owned.recorded(str(own.folder / "lab.pid")), own.emulator("phone")]
    shutil.rmtree(own.folder)
    until(lambda: all(owned.started(pid) is None for pid in pids), 30)


def test_fresh_forgets_and_its_absence_does_not(own):
    assert own.start("phone").returncode == 0
    own.do("type", "kept")
    own.do("stop")
    assert own.start("phone").returncode == 0 and 'value="kept"' in "\n".join(own.do("tree"))
    own.do("stop")
    assert own.start("phone", "--fresh").returncode == 0 and 'value=""' in "\n".join(own.do("tree"))


def test_headless_serves_no_page(own):
    done = own.start("phone", "--headless")
    assert done.returncode == 0 and "http" not in done.stdout


@pytest.mark.parametrize("arguments, status, says", [
    (["fone"], 2, "no form `fone`: use one of car, desktop, headless, phone, tablet, watch"),
    (["phone", "--port", "80x"], 2, "invalid int value: '80x'"),
    (["phone", "--port", "99999"], 1, "port 99999 is not free"),
    (["phone", "--emulator", "no-such-emulator"], 1, "no-such-emulator is missing: run ./nx setup"),
    (["phone", "--image", "no-such-folder"], 1, "is not built"),
])
def test_a_lab_that_cannot_start_says_why(own, arguments, status, says):
    done = own.start(*arguments)
    assert done.returncode == status and says in done.stderr and done.stderr.count("\n") == 1, done.stderr
    assert own.emulator("phone") is None


def test_a_busy_port_is_named(lab, own):
    port = json.loads((lab.folder / "lab.json").read_text())["url"].split(":")[2].strip("/")
    assert f"port {port} is not free" in own.start("phone", "--port", port).stderr


def test_the_emulators_own_words_are_shown(own):
    done = own.nx("lab", "phone", "--image", str(own.image), "--emulator", str(FAKE), FAKE_EMULATOR_FAILS="1")
    assert done.returncode == 1 and "phone does not start: qemu-system-riscv64: -device: no such thing" in done.stderr


def test_a_folder_with_other_files_is_left_alone(own):
    own.folder.mkdir()
    (own.folder / "disk.img").touch()
    assert "has files that are no lab's" in own.start("phone").stderr
    assert [path.name for path in own.folder.iterdir()] == ["disk.img"]


def test_words_without_a_lab_say_how_to_start_one(own):
    for words in (["tree"], ["tap", "x"], ["net"], ["ps"]):
        assert "no lab runs in" in own.refused(*words, status=1)
