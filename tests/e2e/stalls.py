#!/usr/bin/env python3
"""The machine stalls under the daemon, and nothing is lost, early or twice.

Every sync takes two seconds; the process is stopped over two steps of an escalation; memory runs out while a large
body comes in. Needs strace that may trace.
"""

import json
import os
import resource
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "crash"))

import common
from common import expect, wait_for

CONFIG = """
http: {{listen: ["127.0.0.1:{port}"]}}
tokens: [{{name: bob, person: bob, roles: [engineer], token: {token}}}]
people:
  - {{id: ann, email: ann@example.org, reach: {{page: [pager]}}}}
  - {{id: bob, email: bob@example.org, reach: {{page: [pager], inform: [pager]}}}}
groups: [{{id: shop, members: [bob, ann]}}]
default_group: shop
escalation: {{P2: [{{at: 0s, to: [primary]}}, {{at: 4s, to: [primary, secondary]}}, {{at: 6s, to: [primary, secondary]}}]}}
channels: [{{name: pager, kind: webhook, url: "http://127.0.0.1:{sink}/", secret: "{secret}"}}]
catch_all: {{people: [bob], channel: pager}}
"""
MIB = 1 << 20
SYNC_SECONDS, STOPPED_SECONDS = 2.0, 8.0


class World:
    def __init__(self, options, folder):
        self.sink = common.Sink()
        config = common.write_file(os.path.join(folder, "tocsin.yaml"), CONFIG.format(
            port=common.free_port(), token=common.TOKEN, sink=self.sink.port, secret=common.SECRET))
        self.daemon = common.Daemon(options.binary, config, os.path.join(folder, "data"), folder)

    def fire(self, *names):
        return common.request(self.daemon.port, "POST", "/api/v2/alerts", [
            {"labels": {"alertname": "Down", "ci": name, "severity": "critical"}} for name in names], timeout=30)[0]

    def paged(self, name, seconds=15):
        return wait_for(f"{name} pages", lambda: self.sink.seen(kind="page", ci=name), seconds)[0].incident

    def ack(self, incident):
        self.daemon.post(f"/v1/incidents/{incident}/ack", {}, common.TOKEN)


def slow_disk(w):
    """Answers wait for the disk; they come, in order, and nothing is dropped."""
    strace = subprocess.Popen(["strace", "-f", "-q", "-o", os.devnull, "-e", "trace=fdatasync", "-e", "inject="
                               f"fdatasync:delay_enter={int(SYNC_SECONDS * 1e6)}", "-p", str(w.daemon.process.pid)],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    status = f"/proc/{w.daemon.process.pid}/status"
    wait_for("it is traced", lambda: "TracerPid:\t0\n" not in open(status, encoding="utf-8").read(), 10)
    try:
        began = time.monotonic()
        expect(w.fire("slow-1", "slow-2") == 200, "alerts are refused because the disk is slow")
        took = time.monotonic() - began
        expect(took >= SYNC_SECONDS, f"answered after {took:.1f} s, before a sync could end")
        incidents = [w.paged(name) for name in ("slow-1", "slow-2")]
        for incident in incidents:
            w.ack(incident)
        expect(w.daemon.is_ready(), "a slow disk makes it unready")
    finally:
        strace.terminate()
        strace.wait(10)
    return took


def stopped(w):
    """Two steps come due while it is stopped: they are one, once, and said to be late."""
    expect(w.fire("stopped-1") == 200, "an alert is refused")
    incident = w.paged("stopped-1")
    w.daemon.process.send_signal(signal.SIGSTOP)
    time.sleep(STOPPED_SECONDS)  # the kernel's, not ours to give as an argument
    w.daemon.process.send_signal(signal.SIGCONT)
    wait_for("the secondary is paged", lambda: w.sink.seen(kind="page", ci="stopped-1", person="ann"), 5)
    w.ack(incident)
    told = [(m.body["person"], m.body["step"], m.body["repeat"], m.key)
            for m in w.sink.seen(kind="page", ci="stopped-1")]
    expect(len({key for *_, key in told}) == len(told), f"a page came twice: {told}")
    expect(len(told) == 3, f"one page at once, two for both steps together, and not {told}")
    said = " ".join(e["text"] for e in w.daemon.timeline(incident))
    expect("late" in said and "overdue" in said, f"the timeline does not say that it was late: {said}")


def out_of_memory(w):
    """It may die of it. What was answered 200 is there afterwards, and nobody is paged again."""
    if common.is_sanitized(w.daemon.process.pid):
        return 0, "not asked of a sanitizer"
    expect(w.fire("memory-1") == 200, "an alert is refused")
    w.ack(w.paged("memory-1"))
    before = len(w.sink.seen(ci="memory-1"))
    with open(f"/proc/{w.daemon.process.pid}/status", encoding="utf-8") as status:
        size = int(next(line for line in status if line.startswith("VmSize")).split()[1]) * 1024
    resource.prlimit(w.daemon.process.pid, resource.RLIMIT_AS, (size + 4 * MIB, size + 4 * MIB))
    taken = 0
    for round_ in range(60):  # held for three minutes, in memory
        body = [{"labels": {"alertname": "Large", "ci": f"large-{round_}-{i}", "severity": "warning"},
                 "annotations": {"summary": "x" * 1000}} for i in range(6000)]
        try:
            status = common.request(w.daemon.port, "POST", "/api/v2/alerts", json.dumps(body), timeout=30)[0]
        except OSError:
            break
        taken += len(body) if status == 200 else 0
        if status != 200:
            break
    else:
        raise common.Failed("memory did not run out")
    if w.daemon.process.poll() is None:
        time.sleep(0.2)
    ended = w.daemon.process.poll()
    w.daemon.ensure_gone()
    w.daemon.start()
    expect(w.fire("memory-2") == 200, "an alert is refused after it was short of memory")
    w.ack(w.paged("memory-2"))
    expect(len(w.sink.seen(ci="memory-1")) == before, "somebody was told again")
    expect(w.daemon.metrics()["tocsin_events_unaccounted"] == 0, "events are unaccounted for")
    return taken, ended


def test(options, folder):
    import injection

    injection.refuse_without_ptrace()
    w = World(options, folder)
    try:
        w.daemon.start()
        took = slow_disk(w)
        stopped(w)
        taken, ended = out_of_memory(w)
        w.daemon.stop()
        common.run([w.daemon.command[0], "journal", "verify", "--data", os.path.join(folder, "data")])
        expect(not w.sink.wrong, f"{w.sink.wrong}")
        print(f"answered in {took:.1f} s at {SYNC_SECONDS:.0f} s a sync; out of memory after {taken} alerts, ended {ended}")
    finally:
        w.daemon.ensure_gone()
        w.sink.close()


common.main(test, __doc__)
