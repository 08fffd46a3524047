# SPDX-License-Identifier: Apache-2.0
"""What a lab can be asked, by ./nx and by the page: one method a word, arguments as typed.

Most words begin with a device's name, which may be left out when one device is on.
"""

import threading

import pairing
from console import ConsoleError
from control import Refused
from device import DeviceError
from qmp import QmpError
from switch import Conditions

LOG_LINES = 100
POWER = {"on", "off", "cut", "restart"}


class Words:
    """The words of one lab; `perform` does one of them."""

    def __init__(self, devices, switch):
        self.devices = devices  # by name
        self.switch = switch
        self._power_lock = threading.Lock()

    def perform(self, word, arguments):
        """Does a word; returns the answer's dictionary. Refused with status 2 if the words are wrong."""
        method = getattr(self, f"word_{word}", None)
        if method is None:
            raise Refused(f"the lab has no word '{word}'", 2)
        try:
            answer = method(list(arguments))
        except (DeviceError, ConsoleError, QmpError) as error:
            raise Refused(str(error)) from error
        return answer if isinstance(answer, dict) else {"lines": answer or []}

    def state(self):
        """Devices and network, for the page."""
        network = self.switch.describe()
        counters = {name: network.pop(name) for name in ("frames", "dropped", "connected")}
        devices = [device.describe() | {"link": network["ports"].get(name)}
                   for name, device in self.devices.items()]
        return {"devices": devices, "network": network, "counters": counters}

    def _device(self, name):
        if name not in self.devices:
            raise Refused(f"no device '{name}' in this lab: {', '.join(self.devices)}", 2)
        return self.devices[name]

    def _pick(self, arguments, count, usage):
        """(device, the other arguments); `count` says how many of those there may be."""
        low, high = count if isinstance(count, tuple) else (count, count)
        if arguments and arguments[0] in self.devices and len(arguments) > low:
            device, rest = self.devices[arguments[0]], arguments[1:]
        else:
            if len(arguments) > high:
                self._device(arguments[0])
            device, rest = self._only(usage), arguments
        if not low <= len(rest) <= high:
            raise Refused(f"usage: ./nx {usage}", 2)
        return device, rest

    def _only(self, usage):
        running = [device for device in self.devices.values() if device.is_running]
        if len(running) == 1:
            return running[0]
        if not running:
            raise Refused("every device is off: ./nx power DEVICE on")
        raise Refused(f"which device, {' or '.join(device.name for device in running)}? usage: ./nx {usage}", 2)

    def word_state(self, arguments):
        """Everything, for the page and for ./nx."""
        del arguments
        return self.state()

    def word_tree(self, arguments):
        """The interface as text."""
        device, _ = self._pick(arguments, 0, "tree [DEVICE]")
        return device.tree()

    def word_tap(self, arguments):
        """A tap or click on what is labelled so."""
        device, (label,) = self._pick(arguments, 1, 'tap [DEVICE] "LABEL"')
        device.tap(label)

    def word_type(self, arguments):
        """Typing."""
        device, (text,) = self._pick(arguments, 1, 'type [DEVICE] "TEXT"')
        device.type(text.replace("\\n", "\n"))

    def word_key(self, arguments):
        """A key or chord."""
        device, (names,) = self._pick(arguments, 1, "key [DEVICE] KEY, such as enter or ctrl-n")
        device.key(names)

    def word_shot(self, arguments):
        """A screenshot."""
        device, (path,) = self._pick(arguments, 1, "shot [DEVICE] FILE.png")
        if not path.endswith(".png"):
            raise Refused(f"'{path}' does not end in .png: usage: ./nx shot [DEVICE] FILE.png", 2)
        device.shot(path)

    def word_log(self, arguments):
        """The newest lines of a device's log; what its line printed if it does not answer."""
        device, rest = self._pick(arguments, (0, 1), "log [DEVICE] [LINES]")
        count = rest[0] if rest else str(LOG_LINES)
        if not count.isdigit() or not 0 < int(count) <= 2000:
            raise Refused(f"'{count}' is no number of lines from 1 to 2000: usage: ./nx log [DEVICE] [LINES]", 2)
        try:
            return device.command(f"log {count}", timeout=5)
        except (ConsoleError, DeviceError):
            return device.transcript.text().splitlines()[-int(count):]

    def word_ps(self, arguments):
        """What runs, on one device or on all."""
        if len(arguments) > 1:
            raise Refused("usage: ./nx ps [DEVICE] | --plan", 2)
        lines = []
        for device in [self._device(arguments[0])] if arguments else self.devices.values():
            state = "" if device.is_running else ", off"
            lines.append(f"{device.name}: {device.form}, {device.emulator['memory_mib']} MiB{state}")
            if device.is_running:
                lines += ["  " + line for line in device.command("ps")]
        return lines

    def word_info(self, arguments):
        """The facts of a device: form, memory, clocks."""
        device, _ = self._pick(arguments, 0, "info [DEVICE]")
        return device.command("info")

    def word_set(self, arguments):
        """A state of a device: dark, contrast, rtl, still, moving, text."""
        device, (name, value) = self._pick(arguments, 2, "set [DEVICE] NAME VALUE")
        device.command(f"state {name} {value}")

    def word_kill(self, arguments):
        """Ends a service as a crash would."""
        device, (service,) = self._pick(arguments, 1, "kill [DEVICE] SERVICE")
        device.command(f"kill {service}")

    def word_trace(self, arguments):
        """Recording what a device does: on, read (ends it), off (forgets it)."""
        device, (action,) = self._pick(arguments, 1, "trace [DEVICE] on|read|off")
        if action not in ("on", "read", "off"):
            raise Refused(f"'{action}' is none of on, read and off", 2)
        return device.command(f"trace {action}", timeout=120)

    def word_net(self, arguments):
        """Conditions of the network; without arguments, how it is."""
        device = arguments.pop() if arguments and arguments[-1] in self.devices else None
        try:
            for condition in arguments:
                Conditions().apply(condition)  # all are right, or none is applied
            for condition in arguments:
                self.switch.set(condition, device)
        except ValueError as error:
            raise Refused(str(error), 2) from error
        network = self.switch.describe()
        lines = [f"network: {conditions_text(network)}; {network['frames']} frames carried, "
                 f"{network['dropped']} dropped"]
        return lines + [f"{name}: {conditions_text(port)}" for name, port in network["ports"].items()]

    def word_power(self, arguments):
        """The power button: on, off in good order, cut as when the battery falls out, restart."""
        usage = "power [DEVICE] on|off|cut|restart"
        if len(arguments) == 1 and len(self.devices) == 1:
            arguments = [*self.devices, *arguments]
        if len(arguments) != 2 or arguments[1] not in POWER:
            raise Refused(f"usage: ./nx {usage}", 2)
        device, action = self._device(arguments[0]), arguments[1]
        with self._power_lock:
            if action == "cut":
                device.kill()
            elif action in ("off", "restart"):
                device.stop()
            if action in ("on", "restart") and not device.is_running:
                device.start()
                threading.Thread(target=wait_quietly, args=(device,), daemon=True).start()

    def word_wait(self, arguments):
        """Returns when a device shows its interface."""
        device, _ = self._pick(arguments, 0, "wait [DEVICE]")
        device.wait_up(120)

    def word_pair(self, arguments):
        """Makes all devices one person's, through the Devices app."""
        del arguments
        lines = []
        pairing.pair_all(list(self.devices.values()), lines.append)
        return lines

    def word_serial(self, arguments):
        """Bytes for a device's terminal, from the page."""
        if len(arguments) != 2:
            raise Refused("usage: serial DEVICE TEXT", 2)
        device = self._device(arguments[0])
        device.need()
        device.console.send(arguments[1])


def conditions_text(conditions):
    """Network conditions in words."""
    words = ["cut" if conditions["cut"] else "connected"]
    units = {"loss": "%", "delay": " ms", "jitter": " ms"}
    return ", ".join(words + [f"{name} {conditions[name]:g}{unit}" for name, unit in units.items()
                              if conditions[name]])


def wait_quietly(device):
    """Follows a device that was switched on, so that the page says when it is up."""
    try:
        device.wait_up(120)
    except (DeviceError, ConsoleError, QmpError):
        pass  # the page shows that it is not up, its log says why
