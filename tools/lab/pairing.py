# SPDX-License-Identifier: Apache-2.0
"""Makes the devices of a lab one person's, as the person would: in the Devices app, comparing codes.

Nothing here is a back door: it opens the app, chooses a device that is near, presses Pair, reads the code on both
screens, and confirms on both only if it is the same.
"""

import re
import time

import tree
from device import DeviceError

CODE = re.compile(r"\b(\d{3}) (\d{3})\b")
FIND_SECONDS, PAIR_SECONDS = 60, 30
STRANGER = "not yours"
OWN = "this device"


def shown(device):
    """All texts a device shows; one without a screen has the same tree."""
    return [text for node in tree.parse(device.tree()) for text in (node.name, node.description, node.value) if text]


def rows(device):
    """(label, description) of each row of the list in front."""
    return [(node.name, node.description.lower()) for node in tree.parse(device.tree()) if node.role == "listitem"]


def wait(what, seconds, test):
    """Asks until `test()` gives something; DeviceError saying what did not happen."""
    deadline = time.monotonic() + seconds
    while True:
        result = test()
        if result:
            return result
        if time.monotonic() > deadline:
            raise DeviceError(f"pairing: {what} within {seconds} s: try again, or use --unpaired")
        time.sleep(0.2)


def code_on(device):
    """The code that a device asks to compare, or None."""
    for text in shown(device):
        match = CODE.search(text)
        if match:
            return match[0]
    return None


def show_list(device):
    """Brings the list of devices to the front."""
    def is_shown():
        nodes = tree.parse(device.tree())
        if any(node.name == "Back" for node in nodes):
            device.tap("Back")
        elif not any(node.role == "dialog" for node in nodes):
            title = next((node.name for node in nodes if node.role == "application"), "")
            if title == "Devices":
                return any(node.role == "listitem" for node in nodes)
            device.tap("Devices")
        return False

    wait(f"{device.name} does not show its devices", PAIR_SECONDS, is_shown)


def strangers(device):
    """Labels of near devices that are not one's own."""
    return [label for label, description in rows(device) if STRANGER in description]


def members(device):
    """How many devices of the person, itself included, a device knows."""
    return sum(1 for _, description in rows(device) if description and STRANGER not in description)


def known_in_list(device):
    """`members`, after bringing the list to the front as far as that can be done now."""
    show_list(device)
    return members(device)


def begin(first, others):
    """Starts pairing with some near device; returns which of `others` it is, once both show the same code."""
    label = wait(f"{first.name} finds no other device", FIND_SECONDS, lambda: strangers(first))[0]
    first.tap(label)
    first.tap("Pair")
    code = wait(f"{first.name} shows no code", PAIR_SECONDS, lambda: code_on(first))
    return code, wait(f"no other device shows {first.name}'s code {code}", PAIR_SECONDS,
                      lambda: next((device for device in others if code_on(device) == code), None))


def pair_all(devices, say):
    """Pairs the first device with each other one that is not its person's yet."""
    first, others = devices[0], devices[1:]
    if not others:
        return
    for device in devices:
        show_list(device)
    wait(f"{first.name} does not find {len(others)} other devices", FIND_SECONDS,
         lambda: len(rows(first)) >= len(devices))
    for _ in range(len(others)):
        if not strangers(first):
            break
        known = members(first)
        code, other = begin(first, others)
        for device in (first, other):
            device.tap("It is the same")
        for device in (first, other):
            wait(f"{device.name} asks on", PAIR_SECONDS, lambda device=device: not code_on(device))
        # The question stands in front of everything until the other side has confirmed, too.
        wait(f"{other.name} does not become {first.name}'s", PAIR_SECONDS, lambda: known_in_list(first) > known)
        say(f"paired {first.name} and {other.name}: both showed {code}")
    for device in devices:
        device.tap("Notes")
