#!/usr/bin/env python3
"""A dead-man service hears that the daemon is well, and hears nothing when it is not.

The service is a stand-in: such services run elsewhere. Beats come from the start on, another URL is used
from a reload on, a beat that is refused is sent again within seconds, and when a page is owed that no
channel takes, beats stop within a minute. The URL is a secret: neither log nor metrics show it.
"""

import http.server
import os
import signal
import threading
import time

import common
from common import expect, wait_for

CONFIG = """
http: {{listen: ["127.0.0.1:{port}"]}}
heartbeat: {{url_file: {url_file}, every: 10s}}
people:
  - {{id: bob, email: bob@example.org, reach: {{page: [chat], inform: [chat]}}}}
groups:
  - {{id: shop, members: [bob]}}
default_group: shop
channels:
  - {{name: chat, kind: webhook, url: "http://127.0.0.1:{sink}/", secret: "{secret}"}}
catch_all: {{people: [bob], channel: chat}}
"""


class DeadMan:
    def __init__(self):
        self.beats, self.answer = [], 200
        dead_man = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *arguments):
                pass

            def do_GET(self):
                dead_man.beats.append((self.path, time.monotonic()))
                self.send_response(dead_man.answer)
                self.send_header("Content-Length", "0")
                self.end_headers()

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def count(self, path):
        return sum(p == path for p, _ in self.beats)


def test(options, folder):
    dead_man = DeadMan()
    taking = [True]
    sink = common.Sink(lambda message: 200 if taking[0] else 500)
    url_file = os.path.join(folder, "url")
    common.write_file(url_file, dead_man.url + "/s3cret-one\n")
    config = os.path.join(folder, "tocsin.yaml")
    common.write_file(config, CONFIG.format(port=common.free_port(), sink=sink.port,
                                            url_file=url_file, secret=common.SECRET))
    daemon = common.Daemon(options.binary, config, os.path.join(folder, "data"), folder)
    try:
        daemon.start()
        wait_for("a first beat", lambda: dead_man.count("/s3cret-one"), 5)
        wait_for("its answer is counted",
                 lambda: daemon.metrics()["tocsin_heartbeat_last_answer_timestamp_seconds"] > 0, 5)
        expect(daemon.metrics()["tocsin_laws_intact"] == 1, "the laws do not hold")

        common.write_file(url_file, dead_man.url + "/s3cret-two\n")
        daemon.process.send_signal(signal.SIGHUP)
        wait_for("a beat to the new URL", lambda: dead_man.count("/s3cret-two"), 5)

        dead_man.answer = 500
        before = dead_man.count("/s3cret-two")
        wait_for("a beat that is refused is sent again",
                 lambda: dead_man.count("/s3cret-two") >= before + 2, 30)
        dead_man.answer = 200
        wait_for("beats are taken again",
                 lambda: "takes heartbeats" in daemon.words().rsplit("heartbeat_missing", 1)[-1], 15)

        taking[0] = False
        broken_at = time.monotonic()
        daemon.alerts([{"labels": {"alertname": "Down", "ci": "db-1", "severity": "critical"}}])
        wait_for("beats stop", lambda: "no channel takes it" in daemon.words(), 60)
        stopped = time.monotonic() - broken_at
        beats = len(dead_man.beats)
        common.holds_for("no beat while nobody can be told",
                         lambda: len(dead_man.beats) == beats, 12, 0.5)
        expect(common.total(daemon.metrics(), "tocsin_heartbeats_total", result="withheld") >= 1,
               "nothing was withheld")
        shown = daemon.words() + str(daemon.metrics())
        expect("s3cret" not in shown, "the URL is shown")
        daemon.stop()
        print(f"{len(dead_man.beats)} beats; stopped {stopped:.0f} s after the last channel did")
    finally:
        daemon.ensure_gone()
        sink.close()


common.main(test, __doc__)
