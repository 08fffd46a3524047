# SPDX-License-Identifier: Apache-2.0
"""`./nx lab` pairs what it starts, whichever device is named first: the first one asks, the others answer."""
import re

from driver import SLACK, Lab

BOOT_SECONDS = 4.0  # of the device's clock, while the lab asks for its tree all the time


def test_a_terminal_begins_a_pairing(tmp_path):
    lab = Lab(tmp_path / "devices")
    try:
        assert re.search(r"paired headless and phone: both showed \d{3} \d{3}",
                         lab.nx("lab", "headless", "phone", "--headless"))
        usable = re.search(r"usable after (\d+) us", "\n".join(lab.ask("log", "headless")))
        assert int(usable[1]) / 1_000_000 <= BOOT_SECONDS * SLACK, "the terminal and the tree wait for each other"
        lab.tap("headless", "New note")
        lab.until("a note is open", lambda: lab.find("headless", "textbox"))
        lab.type("headless", "+from a terminal\n")
        lab.until("the phone has the note", lambda: "from a terminal" in lab.texts("phone"))
    finally:
        lab.stop()
