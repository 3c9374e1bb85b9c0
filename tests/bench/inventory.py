#!/usr/bin/env python3
"""What a large inventory costs: 100,000 CIs with 500,000 dependencies, beside a configuration without any.

Measured from outside, with the inventory in files of YAML, as tables, and imported over the API: resident
memory more than without it, at rest and at most; the time from the start of the process, on a new store and
on one that has it, until it is ready; how long a reload takes that changes one CI, and one that changes
nothing; and, meanwhile, the longest wait of a sender that gives one alert after the other.

Judged: at rest it has less than 200 MB more, no reload takes 2 s, and no sender waits for one.

  inventory.py --binary tocsin [--rounds N] [--small] [--json FILE] [--only yaml|csv|import]
"""

import argparse
import http.client
import json
import os
import shutil
import statistics
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))

import common
from common import expect, wait_for

CIS, CIS_PER_FILE, SERVICES, GROUPS = 100_000, 20_000, 1_000, 40
MEMORY_MB, RELOAD_S, WAIT_MS = 200, 2.0, 250
EVERY_S = 0.005  # of the sender
CLASSES = ("host", "virtual_machine", "database", "container", "network_switch")
CRITICALITIES = ("mission_critical", "business_critical", "important", "low")
COLUMNS = ("id", "class", "criticality", "users", "group", "environment", "aliases", "supports", "depends_on")

CONFIG = """http: {{listen: ["127.0.0.1:{port}"]}}
tokens: [{{name: ann, person: ann, roles: [administrator], token: {token}}}]
people: [{{id: ann, email: ann@example.org}}]
channels: [{{name: mail, kind: mailbox, directory: {folder}/mailbox}}]
groups: [{groups}]
include: ["{folder}/conf.d/*"]
"""


def ci(i):
    """The first are what people use; each of the others rests on four and serves one of them."""
    name = f"svc-{i:04d}" if i < SERVICES else f"node-{i:06d}"
    out = {"id": name, "class": "service" if i < SERVICES else CLASSES[i % 5],
           "criticality": CRITICALITIES[i % 4], "users": str(i % 977 * 10) if i < SERVICES else "",
           "group": f"team-{i % GROUPS:02d}", "environment": "prod" if i % 4 else "staging",
           "aliases": [], "supports": [], "depends_on": []}
    if i >= SERVICES:
        out["aliases"] = [f"{name}.dc{i % 3}.example.org"]
        out["supports"] = [f"svc-{i % SERVICES:04d}"]
    if i >= SERVICES + 50:
        above = sorted({SERVICES + (i - SERVICES) // 10 + k for k in range(4)})
        out["depends_on"] = [f"node-{k:06d}" for k in above]
    return out


def as_yaml(cis):
    def value(v):
        return "[" + ", ".join(v) + "]" if isinstance(v, list) else v

    return "cis:\n" + "".join(
        "  - {" + ", ".join(f"{k}: {value(v)}" for k, v in c.items() if v) + "}\n" for c in cis)


def as_table(cis, columns=COLUMNS):
    def cell(v):
        return ";".join(v) if isinstance(v, list) else v

    return ",".join(columns) + "\n" + "".join(",".join(cell(c[k]) for k in columns) + "\n" for c in cis)


def lean(i):
    """For the body of an import, which has 8 MiB at most."""
    above = sorted({i // 10 + k for k in range(5)}) if i >= 50 else []
    return {"id": f"n{i:05d}", "class": CLASSES[i % 5], "criticality": "" if i % 4 else "low",
            "depends_on": [f"n{k:05d}" for k in above]}


class Trickle(threading.Thread):
    """New alerts, one after the other, of CIs that the inventory has."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.port, self.over, self.waits, self.wrong = port, threading.Event(), [], ""

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        n = 0
        while not self.over.wait(EVERY_S):
            n += 1
            name = f"node-{SERVICES + n % (CIS - SERVICES):06d}"
            body = json.dumps([{"labels": {"alertname": f"Trickle{n}", "instance": name, "severity": "error"}}])
            begin = time.monotonic()
            connection.request("POST", "/api/v2/alerts", body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            answer.read()
            self.waits.append(time.monotonic() - begin)
            if answer.status != 200:
                self.wrong = f"an alert was answered {answer.status}"
                return

    def end(self):
        self.over.set()
        self.join()
        expect(not self.wrong, self.wrong)
        return max(self.waits) * 1000


class Bench:
    def __init__(self, options, folder):
        self.options, self.folder, self.samples, self.units = options, folder, {}, {}

    def note(self, name, unit, value):
        self.units[name] = unit
        self.samples.setdefault(name, []).append(value)
        print(f"  {name:34} {value:10,.1f} {unit}", flush=True)

    def median(self, name):
        return statistics.median(self.samples[name])

    # ---- one daemon ----

    def fresh(self, files):
        folder = tempfile.mkdtemp(prefix="inventory-", dir=self.folder)
        os.mkdir(os.path.join(folder, "conf.d"))
        for name, text in files.items():
            common.write_file(os.path.join(folder, "conf.d", name), text)
        groups = ", ".join(f"{{id: team-{i:02d}, members: [ann]}}" for i in range(GROUPS))
        config = common.write_file(os.path.join(folder, "tocsin.yaml"),
                                   CONFIG.format(port=common.free_port(), token=common.TOKEN, folder=folder, groups=groups))
        return common.Daemon(os.path.abspath(self.options.binary), config, os.path.join(folder, "data"), folder)

    def start(self, daemon):
        begin = time.monotonic()
        daemon.spawn()

        def ready():
            expect(daemon.process.poll() is None, f"the daemon ended, see {daemon.log_path}")
            try:
                return common.request(daemon.port, "GET", "/-/ready", timeout=60)[0] == 200
            except OSError:
                return False

        wait_for("ready", ready, 120, 0.005)
        return time.monotonic() - begin

    def memory(self, daemon):
        """Resident and at most so far, in MB, when nothing has moved for a while."""
        def read():
            with open(f"/proc/{daemon.process.pid}/status", encoding="utf-8") as handle:
                rows = dict(line.split(":", 1) for line in handle)
            return [int(rows[key].split()[0]) * 1024 / 1e6 for key in ("VmRSS", "VmHWM")]

        before = read()
        while True:
            time.sleep(3)
            now = read()
            if abs(now[0] - before[0]) < 0.5:
                return now
            before = now

    def forget_peak(self, daemon):
        with open(f"/proc/{daemon.process.pid}/clear_refs", "w", encoding="utf-8") as handle:
            handle.write("5")

    def timed(self, daemon, name, act):
        """How long it takes, how long a sender waits meanwhile, and how much memory it takes."""
        self.forget_peak(daemon)
        trickle = Trickle(daemon.port)
        trickle.start()
        time.sleep(0.5)
        begin = time.monotonic()
        act()
        self.note(name, "s", time.monotonic() - begin)
        time.sleep(0.5)
        self.note(name + "_longest_wait", "ms", trickle.end())
        resident, peak = self.memory(daemon)
        self.note(name + "_rss", "MB", resident - self.bare)
        self.note(name + "_peak", "MB", peak - self.bare)

    def reload(self, daemon):
        status, _, body = common.request(daemon.port, "POST", "/-/reload", token=common.TOKEN, timeout=120)
        expect(status == 200, f"a reload was answered {status}: {body[:300]}")

    def put(self, daemon, table):
        status, _, body = common.request(daemon.port, "PUT", "/v1/cis", table.encode(), common.TOKEN, 120,
                                         {"Content-Type": "text/csv"})
        expect(status == 200, f"an import was answered {status}: {body[:300]}")

    # ---- what is measured ----

    def empty(self):
        daemon = self.fresh({})
        self.note("bare_start", "s", self.start(daemon))
        self.bare, _ = self.memory(daemon)
        self.note("bare_rss", "MB", self.bare)
        daemon.kill()

    def of_files(self, kind, text_of):
        files = {}
        for first in range(0, CIS, CIS_PER_FILE):
            files[f"cis-{first:06d}.{kind}"] = text_of([ci(i) for i in range(first, min(first + CIS_PER_FILE, CIS))])
        daemon = self.fresh(files)
        self.note(f"{kind}_start", "s", self.start(daemon))
        resident, peak = self.memory(daemon)
        self.note(f"{kind}_rss", "MB", resident - self.bare)
        self.note(f"{kind}_start_peak", "MB", peak - self.bare)
        last = os.path.join(daemon.folder, "conf.d", sorted(files)[-1])
        for number in range(3):
            # One CI of the last file is of another group.
            text = files[os.path.basename(last)]
            at = text.rindex("team-")
            common.write_file(last, text[:at] + f"team-{number + 1:02d}" + text[at + 7:])
            self.timed(daemon, f"{kind}_reload", lambda: self.reload(daemon))
        self.timed(daemon, f"{kind}_equal_reload", lambda: self.reload(daemon))
        expect(daemon.get("/v1/cis?limit=1", common.TOKEN)["count"] == CIS, "CIs are missing")
        self.again(daemon, kind)

    def of_import(self):
        daemon = self.fresh({})
        self.start(daemon)
        columns = ("id", "class", "criticality", "depends_on")
        cis = [lean(i) for i in range(CIS)]
        self.timed(daemon, "import", lambda: self.put(daemon, as_table(cis, columns)))
        cis[-1]["class"] = "other"
        self.timed(daemon, "import_one_changed", lambda: self.put(daemon, as_table(cis, columns)))
        self.timed(daemon, "import_equal", lambda: self.put(daemon, as_table(cis, columns)))
        self.timed(daemon, "import_reload", lambda: self.reload(daemon))
        self.again(daemon, "import")

    def again(self, daemon, kind):
        """Killed, and started on the store that has it all."""
        daemon.kill()
        self.note(f"{kind}_restart", "s", self.start(daemon))
        resident, peak = self.memory(daemon)
        self.note(f"{kind}_restart_rss", "MB", resident - self.bare)
        self.note(f"{kind}_restart_peak", "MB", peak - self.bare)
        daemon.kill()
        shutil.rmtree(daemon.folder)

    def run(self):
        for number in range(self.options.rounds):
            print(f"round {number + 1} of {self.options.rounds}", flush=True)
            self.empty()
            if self.options.only in (None, "yaml"):
                self.of_files("yaml", as_yaml)
            if self.options.only in (None, "csv"):
                self.of_files("csv", as_table)
            if self.options.only in (None, "import"):
                self.of_import()

    def judge(self):
        limits = {"_rss": MEMORY_MB, "_reload": RELOAD_S, "_longest_wait": WAIT_MS}
        good = True
        for name in self.samples:
            limit = next((most for end, most in limits.items() if name.endswith(end) and name != "bare_rss"), None)
            if limit is not None and self.median(name) >= limit:
                print(f"{name} is {self.median(name):,.1f} {self.units[name]}, and less than {limit} is wanted")
                good = False
        return good


def main():
    global CIS, CIS_PER_FILE
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True, help="the tocsin to measure")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--small", action="store_true", help="a twentieth of it, nothing is judged")
    parser.add_argument("--only", choices=("yaml", "csv", "import"))
    parser.add_argument("--json", metavar="FILE", help="write the figures there")
    options = parser.parse_args()
    if options.small:
        CIS, CIS_PER_FILE = 5_000, 1_000
    folder = tempfile.mkdtemp(prefix="tocsin-inventory-")
    bench = Bench(options, folder)
    try:
        bench.run()
    except common.Failed as error:
        print(f"FAILED: {error}\nwhat is left of it: {folder}", file=sys.stderr)
        return 1
    shutil.rmtree(folder)
    figures = [{"name": name, "unit": bench.units[name], "value": bench.median(name)} for name in bench.samples]
    for f in figures:
        print(f"{f['name']:36} {f['value']:12,.2f} {f['unit']}")
    if options.json:
        common.write_file(options.json, json.dumps({"figures": figures}, indent=1) + "\n")
    return 0 if options.small or bench.judge() else 1


if __name__ == "__main__":
    sys.exit(main())
