# SPDX-License-Identifier: Apache-2.0
"""A newcomer's first minute: ./nx lab phone desktop, the page in a real Chromium, a note typed on the phone's canvas
and found on the desktop."""
import pytest

from driver import ROOT, Browser, Lab

TEXT = "Bread, apples, two lemons"
PICTURE = ROOT / "build" / "test" / "lab.png"


@pytest.fixture(name="lab", scope="module")
def running_lab(tmp_path_factory):
    """A fresh lab, paired as it starts."""
    lab = Lab(tmp_path_factory.mktemp("lab") / "devices")
    try:
        yield lab.start("phone", "desktop")
    finally:
        lab.stop()


@pytest.fixture(name="browser", scope="module")
def open_page(lab):
    """The page."""
    with Browser(lab.url) as browser:
        yield browser


def click(lab, browser, device, label):
    """Clicks a node of the interface on the device's canvas."""
    node = next(node for node in lab.nodes(device) if node.name == label and "focusable" in node.states)
    width, height = next(node.rect[2:] for node in lab.nodes(device) if node.role == "application")
    browser.do("click", device=device, x=node.middle[0] / width, y=node.middle[1] / height)


def test_both_screens_are_live(browser):
    assert browser.do("live", device="phone") == [540, 1170]
    assert browser.do("live", device="desktop") == [1600, 900]


def test_a_note_typed_on_the_phone_is_on_the_desktop(lab, browser):
    click(lab, browser, "phone", "New note")
    lab.until("the phone opens a note", lambda: lab.find("phone", "textbox"))
    browser.do("type", text=TEXT)
    lab.until("the phone shows the text", lambda: TEXT in lab.texts("phone"))
    lab.until("the text is in the desktop's interface tree", lambda: TEXT in lab.texts("desktop"))
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    browser.do("shot", path=str(PICTURE))


def test_the_network_switch_cuts_and_heals(lab, browser):
    browser.do("press", selector="#connected")
    browser.do("wait", selector="[data-device=phone].unplugged")
    assert "network: cut" in lab.ask("net")[0]
    assert browser.do("text", selector="#connected") == "Network cut"
    browser.do("press", selector="#connected")
    browser.do("wait", selector="[data-device=phone]:not(.unplugged)")
    assert "network: connected" in lab.ask("net")[0]


def test_a_device_switches_off_and_on_again(lab, browser):
    browser.do("press", selector="[data-device=phone] .power")
    browser.do("wait", selector="[data-device=phone].off .cover .on")
    assert lab.running() == ["desktop"]
    browser.do("press", selector="[data-device=phone] .cover .on")
    browser.do("live", device="phone")
    lab.until("the note is there", lambda: TEXT in lab.texts("phone"))


@pytest.mark.parametrize("width", [1400, 800])
def test_the_page_fits(browser, width):
    assert browser.do("size", width=width, height=900) <= width


def test_the_page_has_no_errors(browser):
    assert browser.do("errors") == []
