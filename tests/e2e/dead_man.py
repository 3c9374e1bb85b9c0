#!/usr/bin/env python3
"""Something that pings falls silent, and somebody is told; over kill -9, and by both ways of pinging.

What the daemon does not hear because it is down is no silence: after a kill a heartbeat has a whole round from
the start on, and then its alert comes within the second.
"""

import os
import subprocess
import time

import common
from common import expect, wait_for

CONFIG = """
http: {{listen: ["127.0.0.1:{port}"]}}
integrations:
  - {{name: alertmanager, source: alertmanager_v2}}
  - {{name: cron, source: generic, token: the-secret-of-cron}}
people:
  - {{id: bob, email: bob@example.org, reach: {{page: [chat]}}}}
channels:
  - {{name: chat, kind: webhook, url: "{sink}", secret: {secret}}}
catch_all: {{people: [bob], channel: chat}}
heartbeats:
  - {{name: job, every: 10s, grace: 2s, severity: critical}}
  - {{name: watchdog, every: 30s, grace: 0s, severity: critical, match: ['alertname="Watchdog"']}}
"""


def curl(daemon, method, token=None):
    auth = ["-H", f"Authorization: GenieKey {token}"] if token else []
    done = subprocess.run(["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "-X", method, *auth,
                           f"http://127.0.0.1:{daemon.port}/v2/heartbeats/job/ping"],
                          stdout=subprocess.PIPE, check=True, text=True)
    return int(done.stdout)


def heartbeat(daemon, name):
    return next(h for h in daemon.get("/v1/heartbeats")["heartbeats"] if h["name"] == name)


def incidents(daemon):
    return daemon.get("/v1/incidents")["incidents"]


def test(options, folder):
    sink = common.Sink()
    config = os.path.join(folder, "tocsin.yaml")
    common.write_file(config, CONFIG.format(port=common.free_port(), sink=sink.url, secret=common.SECRET))
    daemon = common.Daemon(options.binary, config, os.path.join(folder, "data"), folder)
    try:
        daemon.start()
        expect(curl(daemon, "GET") == 401, "a GET without a token is a sign of life")
        expect(heartbeat(daemon, "job")["state"] == "waiting", "not waiting")
        expect(curl(daemon, "GET", "the-secret-of-cron") == 202, "a GET with a token is none")
        expect(curl(daemon, "POST") == 202, "a program of this machine may not ping")
        daemon.alerts([{"labels": {"alertname": "Watchdog", "severity": "critical"}}])
        for name in ("job", "watchdog"):
            expect(heartbeat(daemon, name)["state"] == "alive", f"{name} does not live")

        daemon.kill()
        time.sleep(3)
        daemon.start()
        started = time.monotonic()
        expect(heartbeat(daemon, "job")["excused"], "our own silence is called that of the job")
        missed = wait_for("the job is missed", lambda: incidents(daemon), 20)
        took = time.monotonic() - started
        expect(10.5 <= took <= 12 + 2 * common.PATIENCE, f"missed {took:.1f} s after the start")
        expect(missed[0]["subcategory"] == "job_batch", f"it is {missed[0]['subcategory']}")
        expect(heartbeat(daemon, "job")["incident"] == missed[0]["number"], "its incident is not named")
        wait_for("bob is told", lambda: sink.messages, 5)

        done = subprocess.run([options.binary, "heartbeat", "ping", "job", "nobody"], timeout=30,
                              env={**os.environ, "TOCSIN_URL": f"http://127.0.0.1:{daemon.port}"},
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        expect(done.returncode == 1 and done.stdout.startswith("job: heard\n") and "nobody" in done.stdout,
               f"tocsin heartbeat ping: {done.returncode} {done.stdout}")
        expect(heartbeat(daemon, "job")["state"] == "alive", "it is heard of, and silent")
        expect(incidents(daemon)[0]["alerts"]["firing"] == 0, "its alert goes on")
        wait_for("the watchdog is missed", lambda: heartbeat(daemon, "watchdog")["state"] == "missed", 30)
        expect(daemon.metrics()['tocsin_heartbeats{state="missed"}'] >= 1, "no metric says so")
        expect(daemon.metrics()["tocsin_events_unaccounted"] == 0, "an event has no disposition")
        daemon.stop()
        print(f"missed {took:.1f} s after a start, of 12")
    finally:
        daemon.ensure_gone()
        sink.close()


if __name__ == "__main__":
    common.main(test, __doc__)
