#!/usr/bin/env python3
"""An input that the daemon crashes of is refused after the second crash, and nothing else is.

No input is known to crash it, so its black box is written as its crash handler would have: which signal, and what
the thread that crashed had in hand. The rest is real: a request that was in hand at two crashes is answered 422,
others are taken, somebody is paged about it, and another version tries it again.
"""

import json
import os
import struct

import common
from common import expect, wait_for

CONFIG = """
http: {{listen: ["127.0.0.1:{port}"]}}
people:
  - {{id: bob, email: bob@example.org, reach: {{page: [pager], inform: [pager]}}}}
groups: [{{id: shop, members: [bob]}}]
default_group: shop
channels:
  - {{name: pager, kind: webhook, url: "http://127.0.0.1:{sink}/", secret: "{secret}"}}
catch_all: {{people: [bob], channel: pager}}
"""

SIGNAL_AT, VERSION_AT, BODY = 48, 8, 1
SIGSEGV = 11


def hash_of(kind, number, text):
    """FNV-1a; a run of digits is one 0."""
    value = 0xCBF29CE484222325
    digits = False
    letters = [kind, *number.to_bytes(8, "little")]
    for byte in text:
        digit = 0x30 <= byte <= 0x39
        if not digit or not digits:
            letters.append(0x30 if digit else byte)
        digits = digit
    for letter in letters:
        value = ((value ^ letter) * 0x100000001B3) % 2**64
    return value


def crash_with(box, body):
    with open(box, "r+b") as file:
        file.seek(SIGNAL_AT)
        file.write(struct.pack("<QQQ", SIGSEGV, BODY, hash_of(BODY, 0, body)))


def test(options, folder):
    sink = common.Sink()
    config = os.path.join(folder, "tocsin.yaml")
    common.write_file(config, CONFIG.format(port=common.free_port(), sink=sink.port, secret=common.SECRET))
    runtime = os.path.join(folder, "run")
    os.mkdir(runtime)
    box = os.path.join(runtime, "black_box")
    daemon = common.Daemon(options.binary, config, os.path.join(folder, "data"), folder,
                           {"RUNTIME_DIRECTORY": runtime})
    poison = json.dumps({"key": "poison", "ci": "db-1", "severity": "critical", "summary": "at 10:00"})
    later = poison.replace("10:00", "11:30")
    other = json.dumps({"key": "other", "ci": "db-2", "severity": "critical", "summary": "down"})

    def send(body):
        return common.request(daemon.port, "POST", "/hooks/cli", body)[0]

    try:
        daemon.start()
        daemon.kill()
        crash_with(box, poison.encode())
        daemon.start()
        wait_for("the bad end is an incident",
                 lambda: [i for i in daemon.incidents() if "SIGSEGV" in i["title"]], 10)
        expect(not sink.seen(kind="page"), "one crash has paged")
        daemon.kill()
        crash_with(box, poison.encode())
        daemon.start()
        page = wait_for("somebody is paged about the quarantine", lambda: sink.seen(kind="page"), 10)[0]
        expect("a request made the daemon crash twice" in page.body["title"], f"it says {page.body['title']}")
        expect(send(poison) == 422 and send(later) == 422, "the poison is taken, with or without another time")
        expect(send(other) == 200, "another alert is not taken")
        wait_for("the other one pages", lambda: sink.seen(kind="page", ci="db-2"), 10)
        wait_for("both are counted", lambda: common.total(daemon.metrics(), "tocsin_event_dispositions_total",
                                                          disposition="quarantined") == 2, 15)
        expect(daemon.metrics()["tocsin_events_unaccounted"] == 0, "events are unaccounted for")
        daemon.stop()

        with open(box, "r+b") as file:
            file.seek(VERSION_AT)
            file.write(b"another")
        daemon.start()
        expect(send(poison) == 200, "another version does not try it")
        daemon.stop()
    finally:
        daemon.ensure_gone()
        sink.close()


common.main(test, __doc__)
