#!/usr/bin/env python3
"""The service manager hears that the daemon lives from the thread that decides, and from no other.

Its socket is ours here. Signs of life come every second or so; while strace holds the deciding thread at
a system call, they do not come, although every other thread goes on; afterwards they come again.
"""

import os
import socket
import subprocess

import common
from common import expect, wait_for

CONFIG = """
http: {{listen: ["127.0.0.1:{port}"]}}
people: [{{id: bob, reach: {{page: [terminal]}}}}]
"""
EVERY_S = 5       # promised
HELD_S = 12       # longer than that, and shorter than the unit waits


class Manager:
    """The socket of a service manager."""

    def __init__(self, folder):
        self.path = f"{folder}/notify"
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)

    def hears(self, word, seconds):
        """Whether it comes in time. What came before is heard as well: forget() first."""
        self.socket.settimeout(seconds)
        try:
            while word not in self.socket.recv(4096).decode().split("\n"):
                pass
        except TimeoutError:
            return False
        return True

    def forget(self):
        self.socket.setblocking(False)
        try:
            while self.socket.recv(4096):
                pass
        except BlockingIOError:
            pass


def core_of(process):
    for tid in os.listdir(f"/proc/{process.pid}/task"):
        with open(f"/proc/{process.pid}/task/{tid}/comm", encoding="utf-8") as comm:
            if comm.read().strip() == "tocsin-core":
                return tid
    return None


def test(options, folder):
    config = common.write_file(f"{folder}/tocsin.yaml", CONFIG.format(port=common.free_port()))
    manager = Manager(folder)
    daemon = common.Daemon(options.binary, config, f"{folder}/data", folder,
                           environment={"NOTIFY_SOCKET": manager.path})
    held = None
    try:
        daemon.start()
        expect(manager.hears("READY=1", 10), "it does not say that it is ready")
        expect(manager.hears("WATCHDOG=1", EVERY_S), "no sign of life")
        core = wait_for("the deciding thread has its name", lambda: core_of(daemon.process), 5)
        held = subprocess.Popen([common.find_program("strace"), "-qq", "-o", f"{folder}/trace", "-p", core, "-e",
                                 f"inject=futex:delay_enter={HELD_S * 1_000_000}"],
                                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for("strace holds it", lambda: os.path.getsize(f"{folder}/trace") > 0
                 if os.path.exists(f"{folder}/trace") else False, 10)
        manager.forget()
        expect(not manager.hears("WATCHDOG=1", EVERY_S), "a sign of life, though the deciding thread is held")
        held.terminate()
        held.wait()
        expect(manager.hears("WATCHDOG=1", HELD_S + EVERY_S), "no sign of life when it goes on")
        daemon.stop()
        expect(manager.hears("STOPPING=1", 1), "it does not say that it stops")
    finally:
        if held and held.poll() is None:
            held.kill()
        daemon.ensure_gone()


if __name__ == "__main__":
    common.main(test, __doc__)
