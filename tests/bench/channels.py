#!/usr/bin/env python3
"""What channels that fail cost the others: the time from an alert to its page over a channel that is well,
with nothing beside it, beside nine channels that are well, and beside nine that are broken in nine ways.

Every arm is a fresh daemon on a fresh store, and the arms follow each other in every round, forwards and
then backwards, so that what else the machine does meets all of them. "idle" is there twice: how much
those two differ is what cannot be told from nothing. Medians over the rounds; the page that is timed,
its receiver and the broken ones are programs that cost little (tocsin_page_load, tocsin_load --sink). Where
other programs run, `sudo chrt -r 10 tests/bench/channels.py ...` runs all of it ahead of them.

  channels.py --binary tocsin [--even-disk] [--closed] [--rounds N] [--arms NAME,...] [--json FILE]
"""

import argparse
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))

import common
from common import expect

PAGES_CLOSED = 3000  # timed in the closed loop, as fast as they come
RATE, WARM, SECONDS, BURST = 250, 200, 5, 2  # pages a second, not counted, seconds timed, of them the burst

# way to be broken -> what a channel of this kind is given; {port} is that of the receivers
HTTP = {
    "refusing": "http://127.0.0.1:{dead}/", "silent": "http://127.0.0.1:{port}/silent",
    "reset": "http://127.0.0.1:{port}/reset", "busy": "http://127.0.0.1:{port}/429",
    "broken": "http://127.0.0.1:{port}/500", "captive": "http://127.0.0.1:{port}/login",
    "revoked": "http://127.0.0.1:{port}/404", "gone": "http://127.0.0.1:{port}/410",
}
WAYS = [*HTTP, "mail-silent"]

HEAD = """
http: {{listen: ["127.0.0.1:{daemon}"]}}
channels:
  - {{name: pager, kind: webhook, url: "http://127.0.0.1:{pager}/", secret: {secret}}}
"""


class Arm:
    """`beside`: nothing, well, broken or https; once at the start, or once in every second."""

    def __init__(self, beside, every_second=False):
        self.beside, self.times = beside, SECONDS if every_second else 1


ARMS = {
    "idle": Arm(None), "idle_again": Arm(None),
    "nine_well": Arm("well"), "nine_broken": Arm("broken"), "nine_broken_https": Arm("https"),
    "nine_well_each_s": Arm("well", True), "nine_broken_each_s": Arm("broken", True),
}


def channel(way, beside, ports):
    if way == "mail-silent" and beside != "well":
        return (f"{{name: {way}, kind: smtp, host: 127.0.0.1, port: {ports['mail']}, from: t@example.org, "
                "starttls: never}")
    url = "http://127.0.0.1:{port}/" if beside == "well" else HTTP[way]
    if beside == "https":
        url = url.replace("http:", "https:")
    return f"{{name: {way}, kind: webhook, url: \"{url.format(**ports)}\", secret: {common.SECRET}}}"


def config_of(arm, ports):
    text = HEAD.format(**ports, secret=common.SECRET)
    text += "".join(f"  - {channel(way, arm.beside, ports)}\n" for way in WAYS)
    text += "people:\n  - {id: p-pager, reach: {page: [pager]}}\n" + "".join(
        f"  - {{id: p-{way}, email: {way}@example.org, reach: {{page: [{way}, pager]}}}}\n" for way in WAYS)
    text += "groups:\n" + "".join(f"  - {{id: g-{p}, members: [p-{p}]}}\n" for p in ["pager", *WAYS])
    text += "default_group: g-pager\ncatch_all: {people: [p-pager]}\ncis:\n"
    cis = {f"w-{n}": "pager" for n in range(WARM + max(RATE * SECONDS, PAGES_CLOSED))}
    cis |= {f"c-{n}-{way}": way for n in range(SECONDS) for way in WAYS}
    text += "".join(f"  - {{id: {ci}, criticality: mission_critical, group: g-{p}}}\n"
                    for ci, p in cis.items())
    return text + "escalation: {P1: [{at: 0m, to: [primary]}]}\n"


def alerts_beside(arm):
    """One line for each time: nine alerts whose pages go to the nine channels."""
    return "".join(json.dumps([{"labels": {"alertname": "Down", "ci": f"c-{n}-{way}", "severity": "critical"}}
                               for way in WAYS]) + "\n" for n in range(arm.times))


class Bench:
    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        self.binary = os.path.abspath(options.binary)
        beside = os.path.join(os.path.dirname(self.binary), "tests", "bench")
        self.load, self.page_load = (f"{beside}/{name}" for name in ("tocsin_load", "tocsin_page_load"))
        self.environment = {"LD_PRELOAD": f"{beside}/libtocsin_even_disk.so"} if options.even_disk else {}
        self.samples = {name: [] for name in options.arms}  # of rounds, of [due, taken]

    def measure(self, name):
        arm = ARMS[name]
        folder = tempfile.mkdtemp(prefix="arm-", dir=self.folder)
        mail = socket.create_server(("127.0.0.1", 0), backlog=128)  # takes connections, says nothing
        ports = {"daemon": common.free_port(), "pager": common.free_port(), "dead": common.free_port(),
                 "port": common.free_port(), "mail": mail.getsockname()[1]}
        config = common.write_file(f"{folder}/tocsin.yaml", config_of(arm, ports))
        receivers = subprocess.Popen([self.load, "--sink", "--port", str(ports["port"])])
        daemon = common.Daemon(self.binary, config, f"{folder}/var", folder, self.environment)
        try:
            daemon.start()
            rate, pages = (0, PAGES_CLOSED) if self.options.closed else (RATE, RATE * SECONDS)
            command = [self.page_load, "--port", ports["daemon"], "--sink-port", ports["pager"], "--warm", WARM,
                       "--pages", WARM + pages, "--rate", rate]
            if arm.beside:
                common.write_file(f"{folder}/beside", alerts_beside(arm))
                command += ["--beside", f"{folder}/beside", "--every", 1000]
            done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, text=True, timeout=60)
            expect(done.returncode == 0, f"{name}: the pages did not come, see {folder}")
            self.samples[name].append(json.loads(done.stdout))
        finally:
            daemon.ensure_gone()
            receivers.kill()
            receivers.wait()
            mail.close()
        shutil.rmtree(folder)

    def run(self):
        for n in range(self.options.rounds):
            for name in self.options.arms[::-1] if n % 2 else self.options.arms:
                self.measure(name)
            print(f"round {n + 1} of {self.options.rounds}", flush=True)


def quantile(values, q):
    return sorted(values)[min(len(values) - 1, int(len(values) * q))]


def figures(samples):
    """For each arm and window the medians over the rounds, and how they stand to those of the first arm."""
    out, first = [], next(iter(samples))
    for window, begin, end in (("first", 0, BURST * 1000), ("rest", BURST * 1000, SECONDS * 1000)):
        base = None
        for name, rounds in samples.items():
            cut = [[taken for due, taken in pages if begin <= due < end] for pages in rounds]
            if not all(cut):
                continue  # a closed loop was through before
            row = {"arm": name, "window": window, "pages": sum(map(len, cut))}
            for q in (50, 90, 99):
                each = [quantile(values, q / 100) for values in cut]
                row[f"p{q}_ms"] = statistics.median(each)
                row[f"p{q}_range_ms"] = [min(each), max(each)]
            row["p99_of_all_ms"] = quantile(sum(cut, []), 0.99)
            row["max_ms"] = max(map(max, cut))
            base = base or row
            row["p99_ratio"] = row["p99_ms"] / base["p99_ms"]
            row["p50_ratio"] = row["p50_ms"] / base["p50_ms"]
            row["to"] = first
            out.append(row)
    return out


def table(rows):
    print(f"\n{'window':6} {'arm':20} {'pages':>6} {'p50 ms':>7} {'p90 ms':>7} {'p99 ms':>7} {'(range)':>13} "
          f"{'all p99':>7} {'max':>7} {'p50 x':>6} {'p99 x':>6}")
    for r in rows:
        low, high = r["p99_range_ms"]
        print(f"{r['window']:6} {r['arm']:20} {r['pages']:6} {r['p50_ms']:7.2f} {r['p90_ms']:7.2f} "
              f"{r['p99_ms']:7.2f} {low:6.2f}-{high:6.2f} {r['p99_of_all_ms']:7.2f} {r['max_ms']:7.2f} "
              f"{r['p50_ratio']:6.2f} {r['p99_ratio']:6.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True, help="the tocsin to measure")
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--arms", type=lambda text: text.split(","), default=list(ARMS),
                        help="which of " + ", ".join(ARMS))
    parser.add_argument("--even-disk", action="store_true",
                        help="a store in memory, and a disk whose syncs all take 0.5 ms")
    parser.add_argument("--closed", action="store_true",
                        help="an alert when the page before it has come, not at an even pace: every frame that "
                             "something else makes meets a page")
    parser.add_argument("--json", metavar="FILE", help="write the figures there")
    options = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="tocsin-bench-", dir="/dev/shm" if options.even_disk else None)
    bench = Bench(options, folder)
    try:
        bench.run()
    except (common.Failed, subprocess.SubprocessError) as error:
        print(f"FAILED: {error}\nwhat is left of it: {folder}", file=sys.stderr)
        return 1
    shutil.rmtree(folder)
    rows = figures(bench.samples)
    table(rows)
    if options.json:
        common.write_file(options.json, json.dumps({"figures": rows, "samples": bench.samples}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
