#!/usr/bin/env python3
"""How far it goes: what a sender waits at rates up to 50,000 alerts a second, how soon a page is there, what
a million open alerts change, how long a start and a list take, lines of syslog with 1,000 rules, ten minutes
of coming and going, and how often memory is asked for. Beside what bench.py compares.

Where Debian's Alertmanager or rsyslog has a counterpart, it is measured in the same run. Every answer must
be 200, and what is stored is counted afterwards.

  limits.py --binary tocsin [--only PART,...] [--json FILE] [--minutes 10] [--full] [--small]

PARTs: compare (all that bench.py does; --full as there), open_loop, pages, levels, reads, syslog, sustained, allocations. --small: a tenth of everything, to see
whether it runs.
"""

import argparse
import json
import mmap
import os
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time

import bench
from bench import NO_HOLD, common, expect
from limits_syslog import measure_syslog

TIMES_MS = ("p50", "p99", "p999", "max")
READS = 3


class Limits(bench.Bench):
    def __init__(self, options, folder):
        super().__init__(options, folder)
        self.scale = 10 if options.small else 1

    def beside(self, name):
        return os.path.join(os.path.dirname(self.load), name)

    def note_times(self, name, out, side="ours"):
        for q in TIMES_MS:
            self.note(f"ack_{q}_{name}", "ms", side, out[f"{q}_ms"])

    # ---- what a sender waits -------------------------------------------------------------------------

    def open_loop(self):
        """Batches of 64 at an even pace; late ones count from when they were due."""
        for rate in (2_000, 10_000, 50_000):
            seconds = max(2, (30 if rate == 2_000 else 10) // self.scale)
            peers = [(bench.Tocsin(self), "ours")]
            if rate == 2_000:
                peers.insert(0, (bench.Alertmanager(self), "peer"))
            for peer, side in peers:
                peer.start()
                out = peer.load("new", rate * seconds, rate=rate, connections=bench.ACK_CONNECTIONS)
                self.note_times(rate, out, side)
                peer.check(rate * seconds)
                peer.end()

    def pages(self):
        """From a critical alert to when its page was read: at 2,000 alerts a second of which one in a hundred
        pages, and where each one does."""
        seconds = max(3, 20 // self.scale)
        self.time_pages("page_{}_2000", 20, seconds, beside=2_000)
        self.time_pages("page_{}_2000_pages", 2_000, seconds // 2)

    def time_pages(self, name, rate, seconds, beside=0):
        self.sink_port, old = common.free_port(), self.sink_port
        peer = bench.Tocsin(self, NO_HOLD)
        peer.start()
        warm = 2 * rate
        load = None
        if beside:
            load = subprocess.Popen([self.load, "--port", str(peer.port), "--phase", "new", "--alerts",
                                     str(beside * (seconds + 2)), "--rate", str(beside), "--connections",
                                     str(bench.ACK_CONNECTIONS), "--critical", "0", "--starts-at",
                                     str(self.starts_at)], stdout=subprocess.DEVNULL)
        done = subprocess.run([self.beside("tocsin_page_load"), "--port", str(peer.port), "--sink-port",
                               str(self.sink_port), "--pages", str(warm + rate * seconds), "--warm", str(warm),
                               "--rate", str(rate)], stdout=subprocess.PIPE, text=True)
        expect(done.returncode == 0, "a page did not come")
        expect(not load or load.wait() == 0, "not every answer was 200")
        taken = sorted(ms for _, ms in json.loads(done.stdout))
        for q, at in (("p50", 0.5), ("p99", 0.99), ("max", 1.0)):
            self.note(name.format(q), "ms", "ours", taken[int(at * (len(taken) - 1))])
        peer.end()
        self.sink_port = old

    # ---- with many open alerts -------------------------------------------------------------------------

    def levels(self):
        """The rate and the waits beside so many open alerts, and how long a start takes with them."""
        probe = 160_000 // self.scale
        for level, name in ((10_000, "10k"), (100_000, "100k"), (1_000_000, "1m")):
            filled = level // self.scale
            peer = bench.Tocsin(self, NO_HOLD)
            peer.start()
            peer.load("new", filled)
            peer.settle()
            out = peer.load("new", probe, first=filled)
            self.note(f"new_alerts_rate_at_{name}", "alerts/s", "ours", out["rate"])
            seconds = max(2, 10 // self.scale)
            paced = peer.load("new", 10_000 * seconds, first=filled + probe, rate=10_000,
                              connections=bench.ACK_CONNECTIONS)
            self.note(f"ack_p99_10000_at_{name}", "ms", "ours", paced["p99_ms"])
            opened = filled + probe + 10_000 * seconds
            peer.check(opened)
            if level >= 100_000:
                self.restarts(peer, name, opened)
            peer.end()

    def restarts(self, peer, name, opened):
        for how in ("kill", "stop"):
            for _ in range(READS):
                if how == "kill":
                    peer.kill()
                else:
                    peer.process.send_signal(signal.SIGTERM)
                    expect(peer.process.wait(60) == 0, "it did not stop cleanly")
                begin = time.monotonic()
                peer.start()
                self.note(f"restart_{name}_after_{how}", "s", "ours", time.monotonic() - begin)
            peer.check(opened)

    def reads(self):
        """GET /api/v2/alerts, and what a sender waits meanwhile."""
        for count, name in ((100_000, "list_open_alerts"), (1_000_000, "list_open_alerts_1m")):
            opened = count // self.scale
            peers = [(bench.Tocsin(self, NO_HOLD), "ours")]
            if count == 100_000:
                peers.insert(0, (bench.Alertmanager(self), "peer"))
            for peer, side in peers:
                peer.start()
                peer.load("new", opened)
                peer.settle()
                before = peer.rss()
                for _ in range(READS):
                    self.note(name, "s", side, self.list_alerts(peer, opened))
                self.note(name + "_rss", "MB", side, (peer.rss() - before) / 1e6)
                if side == "ours":
                    self.read_beside(peer, "ack_p99_2000_beside_" + name, opened)
                peer.end()

    def list_alerts(self, peer, opened):
        begin = time.monotonic()
        done = subprocess.run(["curl", "-sf", "-o", os.path.join(self.folder, "list.json"),
                               f"http://127.0.0.1:{peer.port}/api/v2/alerts"])
        taken = time.monotonic() - begin
        expect(done.returncode == 0, "the list was refused")
        with open(os.path.join(self.folder, "list.json"), "rb") as handle:
            expect(handle.read().count(b'"fingerprint":') == opened, "the list is not whole")
        return taken

    def read_beside(self, peer, name, opened):
        seconds = max(3, 15 // self.scale)
        pace = {"rate": 2_000, "connections": bench.ACK_CONNECTIONS}
        quiet = peer.load("new", 2_000 * seconds, first=opened, **pace)
        stop = threading.Event()

        def read():
            while not stop.is_set():
                subprocess.run(["curl", "-sf", "-o", "/dev/null",
                                f"http://127.0.0.1:{peer.port}/api/v2/alerts"])

        reader = threading.Thread(target=read)
        reader.start()
        busy = peer.load("new", 2_000 * seconds, first=opened + 2_000 * seconds, **pace)
        stop.set()
        reader.join()
        self.note(f"{name}_not_yet", "ms", "ours", quiet["p99_ms"])
        self.note(name, "ms", "ours", busy["p99_ms"])

    # ---- ten minutes -----------------------------------------------------------------------------------

    def sustained(self):
        """Alerts open, repeat and end, at most a million at a time; a probe acknowledges beside it."""
        peer = bench.Tocsin(self, NO_HOLD)
        peer.start()
        step = 100_000 // self.scale
        short = peer.load("new", step)["rate"]
        end = time.monotonic() + self.options.minutes * 60 / self.scale
        opened, over, busy, alerts, waits = step, 0, 0.0, 0, []
        while time.monotonic() < end:
            for phase, first in (("new", opened), ("repeat", opened - step), ("resolve", over)):
                out = peer.load(phase, step, first=first, turn=1)
                busy, alerts = busy + out["seconds"], alerts + step
                waits.append(out["p999_ms"])
            opened, over = opened + step, over + step
            if opened - over < 9 * step:
                out = peer.load("new", step, first=opened)
                opened, busy, alerts = opened + step, busy + out["seconds"], alerts + step
        self.note("sustained_rate", "alerts/s", "ours", alerts / busy)
        self.note("sustained_short_rate", "alerts/s", "ours", short)
        self.note("sustained_ack_p999", "ms", "ours", sorted(waits)[len(waits) // 2])
        self.note("sustained_ack_p999_worst", "ms", "ours", max(waits))
        self.note("sustained_rss", "MB", "ours", peer.rss() / 1e6)
        peer.check(opened - over)
        peer.end()

    # ---- memory asked for ------------------------------------------------------------------------------

    def allocations(self):
        """Of one more alert in a batch: what the batch itself needs is left out by using two sizes. None
        is critical, since a page needs many."""
        path = os.path.join(self.folder, "allocations")
        with open(path, "wb") as handle:
            handle.write(bytes(mmap.PAGESIZE))
        peer = bench.Tocsin(self, "")
        peer.environment = {"LD_PRELOAD": self.beside("libtocsin_count_allocations.so"),
                            "TOCSIN_ALLOCATIONS": path}
        peer.start()

        def allocated(phase, batch, first, turn):
            """While `count` alerts are answered; what is done later, and the question itself, is not."""
            def read():
                with open(path, "rb") as handle:
                    return struct.unpack("<Q", handle.read(8))[0]
            before = read()
            done = subprocess.run([self.load, "--port", str(peer.port), "--phase", phase, "--alerts", str(count),
                                   "--first", str(first), "--batch", str(batch), "--turn", str(turn),
                                   "--starts-at", str(self.starts_at), "--critical", "0"],
                                  stdout=subprocess.DEVNULL)
            expect(done.returncode == 0, "not every answer was 200")
            taken = read() - before
            peer.finish_work()
            return taken / (count / batch)

        count = 128_000 // self.scale
        for phase, name, first in (("new", "allocations_per_new_alert", count),
                                   ("repeat", "allocations_per_repeat", 0)):
            small = allocated(phase, 32, 0, 1)
            large = allocated(phase, 64, first, 2)
            self.note(name, "", "ours", (large - small) / 32)
        peer.end()

    def syslog(self):
        measure_syslog(self)

    def compare(self):
        super().run()

    def run(self):
        parts = self.options.only.split(",") if self.options.only else \
            ["compare", "open_loop", "pages", "levels", "reads", "syslog", "sustained", "allocations"]
        for part in parts:
            print(part, flush=True)
            getattr(self, part)()


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True, help="the tocsin to measure")
    parser.add_argument("--load", help="the generator; beside the binary unless said")
    parser.add_argument("--json", metavar="FILE", help="write the figures there")
    parser.add_argument("--only", help="parts, by name")
    parser.add_argument("--minutes", type=float, default=10, help="of coming and going")
    parser.add_argument("--full", action="store_true", help="five rounds of what is compared")
    parser.add_argument("--small", action="store_true", help="a tenth of everything")
    options = parser.parse_args()
    options.quick = options.small
    beside = os.path.join(os.path.dirname(options.binary), "tests", "bench", "tocsin_load")
    options.load = options.load or beside
    folder = tempfile.mkdtemp(prefix="tocsin-limits-")
    limits = Limits(options, folder)
    try:
        limits.run()
    except common.Failed as error:
        print(f"FAILED: {error}\nwhat is left of it: {folder}", file=sys.stderr)
        return 1
    finally:
        limits.sink.kill()
        limits.sink.wait()
    shutil.rmtree(folder)
    figures = limits.figures()
    bench.table(figures)
    if options.json:
        common.write_file(options.json, json.dumps({"figures": figures}, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
