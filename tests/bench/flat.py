#!/usr/bin/env python3
"""What ten thousand rules cost: the same load on a bare Tocsin and on one that has much to look through.

Much is 10,000 rules, 100,000 CIs with 500,000 dependencies, 10,000 silences, 1,000 windows of maintenance
and 500,000 open alerts.
None of it may be walked through for an alert, so the loaded one must take at least 85 % of what the bare one
takes. Alertmanager is measured beside it in the same run: bare, and with 10,000 silences and 1,000 rules of
inhibition.

  flat.py --binary tocsin [--load tocsin_load] [--rounds N] [--small] [--json FILE]
"""

import argparse
import http.client
import json
import os
import shutil
import signal
import statistics
import sys
import tempfile
import threading
import time

import bench
from bench import common, expect

ALERTS = 160_000
RULES, CIS, SILENCES, OPEN, INHIBITIONS, WINDOWS = 10_000, 100_000, 10_000, 500_000, 1_000, 1_000
CIS_PER_FILE = 20_000
SENDERS = 8
WANTED = 0.85
MATCHERS_WITHOUT_VALUE = 200  # silences that rest on an expression alone


def rule(i):
    """Of all kinds; some of them fit alerts of the load."""
    kinds = [f'alertname="Own{i}", instance=~"node-.*"', f'alertname=~"Team{i}.*", severity!="info"',
             f'instance=~"app-{i}(:[0-9]+)?"', f'alertname=~"(Job|Task){i}(Failed|Late)"',
             f'instance="node-{i % 8000:05d}:9100", alertname="Own{i}"', f'service=~".*-{i}-.*"']
    return (f"  - {{id: r{i:05d}, match: ['{kinds[i % len(kinds)]}'], "
            "set: {category: application, subcategory: latency}}\n")


def ci(i):
    """The last 8,000 are those of the load. Each rests on five others nearer to the root."""
    name = f"node-{i - CIS + 8000:05d}" if i >= CIS - 8000 else f"ci-{i:06d}"
    above = [] if i < 50 else sorted({i // 10 + k for k in range(5)})
    on = ", ".join(f"ci-{k:06d}" for k in above)
    return f"  - {{id: {name}, class: host, depends_on: [{on}]}}\n"


def write_inventory(folder):
    common.write_file(os.path.join(folder, "rules.yaml"),
                      "rules:\n" + "".join(rule(i) for i in range(RULES)))
    for first in range(0, CIS, CIS_PER_FILE):
        common.write_file(os.path.join(folder, f"cis-{first:06d}.yaml"),
                          "cis:\n" + "".join(ci(i) for i in range(first, min(first + CIS_PER_FILE, CIS))))


def silence(i):
    def matcher(name, value, regex=False):
        return {"name": name, "value": value, "isRegex": regex, "isEqual": True}

    matchers = [matcher("alertname", f"Planned{i}.*" if i < MATCHERS_WITHOUT_VALUE else f"Planned{i}",
                        i < MATCHERS_WITHOUT_VALUE)]
    matchers.append(matcher("instance", f"(db|app)-{i}:.*", True))
    day = lambda t: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(t))
    return {"matchers": matchers, "startsAt": day(time.time()), "endsAt": day(time.time() + 86_400),
            "createdBy": "bench", "comment": "planned work"}


def add_silences(peer):
    """Over the Alertmanager API, which both have."""
    failed = []

    def send(first):
        connection = http.client.HTTPConnection("127.0.0.1", peer.port, timeout=60)
        for i in range(first, SILENCES, SENDERS):
            connection.request("POST", "/api/v2/silences", json.dumps(silence(i)),
                               {"Content-Type": "application/json"})
            answer = connection.getresponse()
            body = answer.read()
            if answer.status != 200:
                failed.append(body)
                return

    threads = [threading.Thread(target=send, args=(i,)) for i in range(SENDERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expect(not failed, f"{peer.name}: a silence was refused: {failed[:1]}")


def add_windows(peer):
    """Of maintenance, over CIs that nothing of the load is about."""
    for i in range(WINDOWS):
        body = {"cis": [f"ci-{i:06d}"], "for": "1d", "reason": "planned work"}
        status, _, answer = common.request(peer.port, "POST", "/v1/maintenance", body, timeout=60)
        if status == 404 and i == 0:
            return print("  this version has no windows of maintenance", flush=True)
        expect(status in (200, 201), f"a window was refused: {status} {answer[:200]}")


class Loaded(bench.Tocsin):
    """With much to look through."""

    def __init__(self, owner):
        include = f'include: ["{owner.inventory}/*.yaml"]'
        super().__init__(owner, include)
        with open(self.config) as handle:
            text = handle.read()
        common.write_file(self.config, text.replace("http: {", "http: {loopback_may_act: true, "))


class LoadedAlertmanager(bench.Alertmanager):
    def __init__(self, owner):
        super().__init__(owner)
        rules = "".join(f"- {{source_matchers: ['alertname=\"Cause{i}\"'], target_matchers: "
                        f"['alertname=~\"Effect{i}.*\"'], equal: [cluster]}}\n" for i in range(INHIBITIONS))
        with open(self.config, "a") as handle:
            handle.write("inhibit_rules:\n" + rules)


class Flat(bench.Bench):
    def __init__(self, options, folder):
        super().__init__(options, folder)
        self.rounds = options.rounds
        self.inventory = os.path.join(folder, "inventory")
        os.mkdir(self.inventory)
        write_inventory(self.inventory)

    def measure(self, peer, name, silences, open_alerts):
        begin = time.monotonic()
        peer.start()
        if silences:
            self.note(name + "_start", "s", "ours", time.monotonic() - begin)
            self.note(name + "_rss_started", "MB", "ours", peer.rss() / 1e6)
            add_silences(peer)
            if isinstance(peer, bench.Tocsin):
                add_windows(peer)
        for first in range(0, open_alerts, 250_000):
            peer.load("new", min(250_000, open_alerts - first), first=first)
        peer.settle()
        new = peer.load("new", ALERTS, first=OPEN)
        self.note(name + "_new_alerts", "alerts/s", "ours", new["rate"])
        self.note(name + "_cpu_per_new_alert", "us", "ours", new["cpu_us"])
        self.note(name + "_new_alerts_p99", "ms", "ours", new["p99_ms"])
        peer.check(open_alerts + ALERTS)
        peer.end()

    def run(self):
        for number in range(1, self.rounds + 1):
            print(f"round {number} of {self.rounds}", flush=True)
            self.measure(bench.Tocsin(self), "tocsin_bare", False, 0)
            self.measure(Loaded(self), "tocsin_loaded", True, OPEN)
            self.measure(bench.Alertmanager(self), "alertmanager_bare", False, 0)
            self.measure(LoadedAlertmanager(self), "alertmanager_loaded", True, 0)

    def median(self, name):
        return statistics.median(self.samples[name]["ours"])


def main():
    global RULES, CIS, SILENCES, OPEN, WINDOWS, ALERTS
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True, help="the tocsin to measure")
    parser.add_argument("--load", help="the generator; beside the binary unless said")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--small", action="store_true", help="a twentieth of everything, nothing is judged")
    parser.add_argument("--json", metavar="FILE", help="write the figures there")
    options = parser.parse_args()
    options.full = options.quick = False
    beside = os.path.join(os.path.dirname(options.binary), "tests", "bench", "tocsin_load")
    options.load = options.load or beside
    if options.small:
        RULES, CIS, SILENCES, OPEN, WINDOWS, ALERTS = 500, 9_000, 500, 25_000, 50, 8_000
    folder = tempfile.mkdtemp(prefix="tocsin-flat-")
    flat = Flat(options, folder)
    try:
        flat.run()
    except common.Failed as error:
        print(f"FAILED: {error}\nwhat is left of it: {folder}", file=sys.stderr)
        return 1
    finally:
        flat.sink.send_signal(signal.SIGKILL)
        flat.sink.wait()
    shutil.rmtree(folder)
    figures = [{"name": name, "unit": flat.units[name], "value": flat.median(name)} for name in flat.samples]
    for f in figures:
        print(f"{f['name']:36} {f['value']:12,.2f} {f['unit']}")
    shares = {who: flat.median(f"{who}_loaded_new_alerts") / flat.median(f"{who}_bare_new_alerts")
              for who in ("tocsin", "alertmanager")}
    for who, share in shares.items():
        print(f"{who} takes {share:.1%} of its bare rate when it is loaded")
    if options.json:
        common.write_file(options.json, json.dumps({"figures": figures, "shares": shares}, indent=1) + "\n")
    return 0 if options.small or shares["tocsin"] >= WANTED else 1


if __name__ == "__main__":
    sys.exit(main())
