#!/usr/bin/env python3
"""Tocsin beside Debian's Alertmanager, in one run, on this machine.

Both get the same alerts from the same generator (tocsin_load), one after the other in every round, so
that what else the machine does meets both. 320,000 alerts of 10 labels and 3 annotations over 8,000 CIs
in batches of 64, eight connections; medians over the rounds. Every answer must be 200 and what is stored
is counted afterwards, in both.

Alertmanager keeps alerts in memory only; ours are on disk before they are answered. What it has no
counterpart for has no ratio. A ratio above 1 means that we are better.

  bench.py --binary tocsin [--load tocsin_load] [--json FILE] [--quick | --full]
"""

import argparse
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))

import common
from common import expect, wait_for

ALERTS, BATCH, CONNECTIONS = 320_000, 64, 8
MILLION = 1_000_000
ACK_RATE, ACK_CONNECTIONS = 2000, 32
TICKS = os.sysconf("SC_CLK_TCK")

OURS = """
http: {{listen: ["127.0.0.1:{port}"]}}
people: [{{id: bob, reach: {{page: [sink]}}}}]
channels: [{{name: sink, kind: webhook, url: "http://127.0.0.1:{sink}/"}}]
{more}
"""
# Without it, warnings and errors wait (3 and 1 min) before they open incidents; they are stored at once.
NO_HOLD = "hold_down: {error: 0s, warning: 0s}"
THEIRS = """
route: {{receiver: sink, group_by: [alertname, cluster, service], group_wait: 30s, group_interval: 5m}}
receivers: [{{name: sink, webhook_configs: [{{url: "http://127.0.0.1:{sink}/"}}]}}]
"""


class Peer:
    """A process under load: started fresh, measured from outside, killed."""

    def __init__(self, bench, name):
        self.bench, self.name = bench, name
        self.port = common.free_port()
        self.folder = tempfile.mkdtemp(prefix=f"bench-{name}-", dir=bench.folder)
        self.process, self.sent, self.log = None, 0, os.path.join(self.folder, "log")
        self.environment = {}

    def spawn(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.command(), stdout=log, stderr=log, cwd=self.folder,
                                            env={**os.environ, **self.environment})
        return self

    def start(self):
        self.spawn()
        wait_for(f"{self.name} is ready", self.ready, 120, 0.002)
        return self

    def ready(self):
        expect(self.process.poll() is None, f"{self.name} ended, see {self.log}")
        try:
            return common.request(self.port, "GET", "/-/ready", timeout=60)[0] == 200
        except OSError:
            return False

    def metrics(self):
        return common.parse_metrics(common.request(self.port, "GET", "/metrics", timeout=120)[2].decode())

    def load(self, phase, alerts, first=0, turn=0, rate=0, connections=CONNECTIONS):
        """Runs the generator; every answer was 200, or Failed."""
        command = [self.bench.load, "--port", str(self.port), "--phase", phase, "--alerts", str(alerts),
                   "--first", str(first), "--batch", str(BATCH), "--connections", str(connections),
                   "--starts-at", str(self.bench.starts_at), "--turn", str(turn)]
        if rate:
            command += ["--rate", str(rate)]
        cpu = self.cpu()
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
        self.finish_work()
        expect(done.returncode == 0, f"{self.name}, {phase}: not every answer was 200: {done.stdout}")
        out = json.loads(done.stdout)
        out["cpu_us"] = (self.cpu() - cpu) * 1e6 / alerts
        self.sent += alerts
        return out

    def finish_work(self):
        """Until what the load has caused is done; its CPU belongs to the load."""

    def cpu(self):
        with open(f"/proc/{self.process.pid}/stat") as handle:
            fields = handle.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def rss(self):
        with open(f"/proc/{self.process.pid}/status") as handle:
            return next(int(l.split()[1]) * 1024 for l in handle if l.startswith("VmRSS"))

    def settle(self, seconds=30):
        """Until a second passes with hardly any CPU used, or so many seconds."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            before = self.cpu()
            time.sleep(1)
            if self.cpu() - before < 0.03:
                return

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def end(self):
        self.kill()
        shutil.rmtree(self.folder)


class Tocsin(Peer):
    def __init__(self, bench, more=""):
        super().__init__(bench, "tocsin")
        self.config = common.write_file(
            os.path.join(self.folder, "tocsin.yaml"),
            OURS.format(port=self.port, sink=bench.sink_port, more=more))

    def command(self):
        data = os.path.join(self.folder, "data")
        return [self.bench.binary, "serve", "--config", self.config, "--data", data]

    def finish_work(self):
        """The checkpoint that stands for all of it is written."""
        head = self.metrics()["tocsin_log_durable_sequence"]
        wait_for("a checkpoint", lambda: self.metrics()["tocsin_log_checkpoint_sequence"] >= head, 60, 0.5)

    def check(self, open_alerts):
        """Every event that was sent has its disposition or is held, and the alerts are there."""
        def counted():
            m = self.metrics()
            done = common.total(m, "tocsin_event_dispositions_total") + m["tocsin_events_held"]
            there = sum(common.total(m, "tocsin_alerts", state=s) for s in ("held", "firing", "stale"))
            self.seen = f"sent {self.sent}, disposed or held {done:.0f}, open {there:.0f} of {open_alerts}"
            received = common.total(m, "tocsin_events_received_total")
            return (received == done == self.sent and there == open_alerts
                    and not m["tocsin_events_unaccounted"])

        try:
            wait_for("counts fit", counted, 20, 0.2)
        except common.Failed:
            raise common.Failed(f"tocsin lost count: {self.seen}") from None


class Alertmanager(Peer):
    def __init__(self, bench):
        super().__init__(bench, "alertmanager")
        self.config = common.write_file(os.path.join(self.folder, "am.yml"),
                                        THEIRS.format(sink=bench.sink_port))

    def command(self):
        return [common.find_program("prometheus-alertmanager"), f"--config.file={self.config}",
                f"--storage.path={self.folder}/data", f"--web.listen-address=127.0.0.1:{self.port}",
                "--cluster.listen-address="]

    def check(self, open_alerts):
        m = self.metrics()
        there = sum(common.total(m, "alertmanager_alerts", state=s) for s in ("active", "unprocessed"))
        received = common.total(m, "alertmanager_alerts_received_total")
        expect(received == self.sent and there == open_alerts,
               f"alertmanager: sent {self.sent}, received {received:.0f}, {there:.0f} of {open_alerts} there")


class Bench:
    def __init__(self, options, folder):
        self.binary, self.load = os.path.abspath(options.binary), os.path.abspath(options.load)
        self.options, self.folder = options, folder
        self.rounds = 5 if options.full else 1 if options.quick else 3
        self.starts_at = int(time.time()) - 60
        self.sink_port = common.free_port()
        self.sink = subprocess.Popen([self.load, "--sink", "--port", str(self.sink_port)])
        self.samples = {}  # name -> {"ours": [..], "peer": [..]}
        self.units = {}

    def note(self, name, unit, side, value):
        self.units[name] = unit
        self.samples.setdefault(name, {"ours": [], "peer": []})[side].append(value)
        print(f"  {side:5} {name:28} {value:12,.2f} {unit}", flush=True)

    # ---- what is measured --------------------------------------------------------------------------

    def ingest(self, peer, side, label=""):
        """New alerts, then the same again with moved ends and values."""
        peer.start()
        base = peer.rss()
        new = peer.load("new", ALERTS)
        self.note("new_alerts_rate" + label, "alerts/s", side, new["rate"])
        self.note("cpu_per_new_alert" + label, "us", side, new["cpu_us"])
        if not label:
            self.note("new_alerts_p99", "ms", side, new["p99_ms"])
            again = peer.load("repeat", ALERTS, turn=1)
            self.note("repeat_alerts_rate", "alerts/s", side, again["rate"])
            self.note("cpu_per_repeat", "us", side, again["cpu_us"])
            self.note("rss_per_open_alert_320k", "bytes", side, (peer.rss() - base) / ALERTS)
        peer.check(ALERTS)
        peer.end()

    def acknowledge(self, peer, side):
        """How long a sender waits at an even pace; late batches count from when they were due."""
        peer.start()
        seconds = 10 if self.options.quick else 30
        out = peer.load("new", ACK_RATE * seconds, rate=ACK_RATE, connections=ACK_CONNECTIONS)
        self.note("ack_p50_2000", "ms", side, out["p50_ms"])
        self.note("ack_p99_2000", "ms", side, out["p99_ms"])
        peer.check(ACK_RATE * seconds)
        peer.end()

    def million(self, peer, side, count):
        """Memory when so many alerts are open; ours then dies and comes back. Without hold-down, so
        that they are what open alerts are most of their time: parts of incidents."""
        peer.start()
        base = peer.rss()
        step = 250_000
        for first in range(0, count, step):
            peer.load("new", min(step, count - first), first=first)
        peer.settle()
        peer.check(count)
        self.note("rss_per_open_alert", "bytes", side, (peer.rss() - base) / count)
        if isinstance(peer, Tocsin):
            for _ in range(3):
                peer.kill()
                begin = time.monotonic()
                peer.start()
                self.note("restart_1m", "s", side, time.monotonic() - begin)
                peer.check(count)
        peer.end()

    def run(self):
        for number in range(1, self.rounds + 1):
            print(f"round {number} of {self.rounds}", flush=True)
            self.ingest(Alertmanager(self), "peer")
            self.ingest(Tocsin(self), "ours")
            self.ingest(Tocsin(self, NO_HOLD), "ours", "_no_hold")
            self.acknowledge(Alertmanager(self), "peer")
            self.acknowledge(Tocsin(self), "ours")
        if not self.options.quick:
            print("memory and restart", flush=True)
            self.million(Alertmanager(self), "peer", MILLION if self.options.full else ALERTS)
            self.million(Tocsin(self, NO_HOLD), "ours", MILLION)

    # ---- what comes out ------------------------------------------------------------------------------

    def figures(self):
        out = []
        for name, sides in self.samples.items():
            ours, peer = (statistics.median(v) if v else None for v in (sides["ours"], sides["peer"]))
            # The peer has one way to take an alert: it stands beside ours with and without hold-down.
            if peer is None and name.endswith("_no_hold"):
                peer = statistics.median(self.samples[name.removesuffix("_no_hold")]["peer"])
            more_is_better = self.units[name].endswith("/s")
            ratio = None if peer is None else ours / peer if more_is_better else peer / ours
            out.append({"name": name, "unit": self.units[name], "ours": ours, "peer": peer, "ratio": ratio})
        return out


def table(figures):
    number = lambda v: "" if v is None else f"{v:,.2f}" if v < 100 else f"{v:,.0f}"
    print(f"\n{'figure':28} {'unit':9} {'ours':>12} {'alertmanager':>13} {'ratio':>7}")
    for f in figures:
        print(f"{f['name']:28} {f['unit']:9} {number(f['ours']):>12} {number(f['peer']):>13} "
              f"{number(f['ratio']):>7}")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True, help="the tocsin to measure")
    parser.add_argument("--load", help="the generator; beside the binary unless said")
    parser.add_argument("--json", metavar="FILE", help="write the figures there")
    parser.add_argument("--quick", action="store_true", help="one round, no million")
    parser.add_argument("--full", action="store_true", help="five rounds, a million in both")
    options = parser.parse_args()
    beside = os.path.join(os.path.dirname(options.binary), "tests", "bench", "tocsin_load")
    options.load = options.load or beside
    folder = tempfile.mkdtemp(prefix="tocsin-bench-")
    bench = Bench(options, folder)
    try:
        bench.run()
    except common.Failed as error:
        print(f"FAILED: {error}\nwhat is left of it: {folder}", file=sys.stderr)
        return 1
    finally:
        bench.sink.send_signal(signal.SIGKILL)
        bench.sink.wait()
    shutil.rmtree(folder)
    figures = bench.figures()
    table(figures)
    if options.json:
        common.write_file(options.json, json.dumps({"figures": figures}, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
