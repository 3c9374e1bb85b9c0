#!/usr/bin/env python3
"""A backup under load, and what becomes of it.

The daemon is backed up while alerts come in; the backup is checked, byte by byte and as a state, and its
digest is that of the journal at its frame. One flipped byte in any of its files is found. A store that is
restored of it pages nobody until somebody says so, and gives nothing out that the lost one gave out. A
restore that is killed leaves a whole store or none.
"""

import json
import os
import random
import re
import shutil
import subprocess
import threading
import time

import common
from common import Daemon, Sink, expect, holds_for, request, run, wait_for

ADMIN, VIEWER = "admin-token-for-tests", "viewer-token-for-tests"
CONFIG = """
http: {{listen: ["127.0.0.1:{port}"]}}
tokens:
  - {{name: adm, person: adm, roles: [administrator, incident_manager], token: {admin}}}
  - {{name: eye, person: eye, roles: [viewer], token: {viewer}}}
channels: [{{name: hook, kind: webhook, url: "{sink}", secret: {secret}}}]
people: [{{id: bob, reach: {{page: [hook]}}}}, {{id: adm}}, {{id: eye}}]
groups: [{{id: ops, members: [bob], channel: hook}}]
default_group: ops
hold_down: {{error: 0s, warning: 0s}}
"""
CRASHES = 12 if common.PATIENCE == 1 else 4  # the whole store is read four times for each


def alert(name, ci, severity="error", resolved=False, instance="0"):
    now = time.time()
    out = {"labels": {"alertname": name, "ci": ci, "severity": severity, "instance": instance},
           "annotations": {"summary": f"{name} on {ci}"},
           "startsAt": common.rfc3339(now - 1)}
    if resolved:
        out["endsAt"] = common.rfc3339(now - 0.01)
    return out


class Load:
    """New alerts, repeats and ends of few incidents, as fast as they are answered."""

    def __init__(self, port, threads=3):
        self.port, self.stop, self.worst, self.sent = port, False, 0.0, 0
        self.failed = []
        self.threads = [threading.Thread(target=self.run, args=(i,)) for i in range(threads)]
        for thread in self.threads:
            thread.start()

    def run(self, which):
        for n in range(1_000_000):
            if self.stop:
                return
            batch = [alert("DiskFull", f"host-{which}-{i % 5}", "error", n % 3 == 2, f"{n % 400}-{i}")
                     for i in range(20)]
            begin = time.monotonic()
            status = request(self.port, "POST", "/api/v2/alerts", batch)[0]
            self.worst = max(self.worst, time.monotonic() - begin)
            self.sent += len(batch)
            if status not in (200, 503):
                self.failed.append(status)

    def end(self):
        self.stop = True
        for thread in self.threads:
            thread.join()
        expect(not self.failed, f"answers under load: {set(self.failed)}")


class Tool:
    def __init__(self, binary, folder, port):
        self.binary, self.folder = binary, folder
        self.environment = {"TOCSIN_URL": f"http://127.0.0.1:{port}", "XDG_RUNTIME_DIR": folder,
                            "TOCSIN_TOKEN": ADMIN}

    def __call__(self, *arguments, want=0, token=ADMIN):
        return run([self.binary, *arguments], want, {**self.environment, "TOCSIN_TOKEN": token},
                   self.folder)

    def json(self, *arguments):
        return json.loads(self(*arguments, "--json"))


def create_under_load(tool, daemon, folder):
    load = Load(daemon.port)
    wait_for("load", lambda: load.sent > 4000, 30)
    wait_for("a checkpoint", lambda: daemon.metrics()["tocsin_log_checkpoint_sequence"] > 0, 30)
    made = {}
    for name in ("first", "second"):
        before, at = daemon.seq(), time.monotonic()
        made[name] = tool.json("backup", "create", os.path.join(folder, name))["backup"]
        took = time.monotonic() - at
        expect(made[name]["frame"] >= before, f"{made[name]} does not hold frame {before}")
    after, sent = daemon.seq(), load.sent
    load.end()
    expect(after > made["second"]["frame"], "nothing happened during the backups")
    print(f"backup of frame {made['second']['frame']}, {made['second']['bytes']} bytes in {took:.2f} s, while "
          f"{sent} alerts came in; the slowest answer took {load.worst:.2f} s")
    return made


def refusals(tool, folder, data):
    tool("backup", "create", os.path.join(folder, "first"), want=1)
    tool("backup", "create", "/nowhere/at/all", want=1)
    tool("backup", "create", os.path.join(folder, "third"), want=77, token=VIEWER)
    tool("backup", "verify", folder, want=1)
    expect(not os.path.exists(os.path.join(folder, "third")), "a viewer made a backup")
    left = [n for n in os.listdir(folder) if "partial" in n] + [n for n in os.listdir(data) if n == "frozen"]
    expect(not left, f"left behind: {left}")


def every_byte_counts(tool, backup, chance):
    names = [os.path.join(at, n) for at, _, found in os.walk(backup) for n in found]
    expect(len(names) > 5, f"{names}")
    for path in names:
        size = os.path.getsize(path)
        if size == 0:
            continue
        where = chance.randrange(size)
        with open(path, "r+b") as handle:
            handle.seek(where)
            byte = handle.read(1)[0]
            handle.seek(where)
            handle.write(bytes([byte ^ 1 << chance.randrange(8)]))
        said = tool("backup", "verify", backup, want=1)
        expect(os.path.basename(path) in said or "manifest" in path, f"{path} at {where}: {said}")
        expect("exists" not in tool("backup", "restore", backup, "--to", backup + ".no", want=1), "?")
        expect(not os.path.exists(backup + ".no"), "a damaged backup was restored")
        with open(path, "r+b") as handle:
            handle.seek(where)
            handle.write(bytes([byte]))
    path = os.path.join(backup, "db", "000000.odd")
    common.write_file(path, "x")
    tool("backup", "verify", backup, want=1)
    os.unlink(path)
    shutil.move(names[-1], names[-1] + ".gone")
    tool("backup", "verify", backup, want=1)
    shutil.move(names[-1] + ".gone", names[-1])
    tool("backup", "verify", backup)
    return len(names)


def the_restored_store_is_paused(tool, daemon, sink, keys):
    wait_for("it hears", lambda: alive(daemon), 30)
    status, _, body = request(daemon.port, "GET", "/-/ready")
    expect(status == 503 and b"paging is paused" in body, f"{status} {body}")
    wait_for("the log says so", lambda: "paging_paused" in daemon.words())
    said = tool("status", want=1)
    expect("PAUSED" in said and "tocsin resume" in said, said)
    before = len(sink.messages)
    daemon.alerts([alert("HostDown", "db-1", "critical")])
    opened = wait_for("an incident opens", lambda: [
        i for i in daemon.incidents() if i["ci"] == "db-1" and i["escalation"]["next_at"] == "when_resumed"])
    holds_for("nobody is paged", lambda: len(sink.messages) == before, 2.0)
    tool("resume", want=77, token=VIEWER)
    daemon.stop()
    daemon.spawn()
    wait_for("it hears again", lambda: alive(daemon), 30)
    holds_for("a restart does not end it", lambda: len(sink.messages) == before, 1.0)
    number = opened[-1]["number"]
    expect(any(e["kind"] == "step_held" for e in daemon.timeline(number)), "its story says nothing of it")
    tool("resume")
    # The number may be that of another incident of the lost store.
    fresh = lambda: [m for m in sink.messages[before:] if m.incident == number and m.kind == "page"]
    page = wait_for("now it pages", fresh, 20)[0]
    expect(page.key not in keys, "a page has the key of one that the lost store had sent")
    expect(daemon.is_ready(), "it is not ready")
    tool("status")
    said = tool("resume")
    expect("not paused" in said, said)


def alive(daemon):
    expect(daemon.process.poll() is None, f"the daemon ended:\n{daemon.words()[-2000:]}")
    try:
        return request(daemon.port, "GET", "/-/healthy", timeout=2.0)[0] == 200
    except OSError:
        return False


def killed_restores(tool, backup, folder, chance):
    """Killed at any time: nothing, or the whole, and the next one comes to its end."""
    begin = time.monotonic()
    target = os.path.join(folder, "whole")
    tool("backup", "restore", backup, "--to", target)
    takes = time.monotonic() - begin
    there = 0
    for n in range(CRASHES):
        shutil.rmtree(target, ignore_errors=True)
        child = subprocess.Popen([tool.binary, "backup", "restore", backup, "--to", target],
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(takes * (n + chance.random()) / CRASHES)
        child.kill()
        child.wait()
        if os.path.exists(target):
            there += 1
        else:
            tool("backup", "restore", backup, "--to", target)
        said = tool("journal", "dump", "--data", target)
        expect(said.count("PagingPaused") == 1, "it is not paused once")
        tool("journal", "verify", "--data", target)
        left = [n for n in os.listdir(folder) if n.startswith("whole.restoring")]
        expect(not left or there, f"left behind: {left}")
    return there, takes


def test(options, folder):
    chance = random.Random(7)
    sink = Sink()
    port, data, backups = common.free_port(), os.path.join(folder, "store"), os.path.join(folder, "backups")
    os.mkdir(backups)
    config = common.write_file(os.path.join(folder, "tocsin.yaml"), CONFIG.format(
        port=port, admin=ADMIN, viewer=VIEWER, sink=sink.url, secret=common.SECRET))
    tool = Tool(options.binary, folder, port)
    daemon = Daemon(options.binary, config, data, folder).start()
    restored = Daemon(options.binary, config, os.path.join(folder, "new"), folder)
    try:
        daemon.alerts([alert("HostDown", "web-1", "critical")])
        wait_for("a page", lambda: sink.seen(kind="page"))
        made = create_under_load(tool, daemon, backups)
        daemon.alerts([alert("HostDown", f"late-{i}", "critical") for i in range(3)])
        wait_for("pages after the backup", lambda: len(sink.seen(kind="page")) >= 4, 20)
        refusals(tool, backups, data)
        daemon.stop()
        keys = {m.key for m in sink.messages}

        for name, backup in made.items():
            good = tool.json("backup", "verify", os.path.join(backups, name))
            expect(good["ok"] and good["digest"] == backup["digest"], f"{good} {backup}")
            at = tool.json("journal", "digest", "--data", data, "--at", str(backup["frame"]))
            expect(at["digest"] == backup["digest"], f"the journal at that frame: {at}, backup: {backup}")
        tool("journal", "digest", "--data", data, "--at", "999999999", want=1)

        second = os.path.join(backups, "second")
        new = os.path.join(folder, "new")
        tool("backup", "restore", second, "--to", new)
        tool("backup", "restore", second, "--to", new, want=1)
        at = tool.json("journal", "digest", "--data", new, "--at", str(made["second"]["frame"]))
        expect(at["digest"] == made["second"]["digest"], f"restored: {at}")
        restored.spawn()
        the_restored_store_is_paused(tool, restored, sink, keys)
        restored.stop()
        tool("journal", "verify", "--data", new)

        files = every_byte_counts(tool, os.path.join(backups, "first"), chance)
        there, takes = killed_restores(tool, second, folder, chance)
        expect(not sink.wrong, f"{sink.wrong}")
        print(f"a flipped byte was found in each of {files} files; {CRASHES} restores of {takes:.2f} s were "
              f"killed, {there} of them after they were whole")
    finally:
        daemon.ensure_gone()
        restored.ensure_gone()
        sink.close()


if __name__ == "__main__":
    common.main(test, __doc__)
