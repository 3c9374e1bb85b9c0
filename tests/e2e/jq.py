#!/usr/bin/env python3
"""JSON of a tool that nobody here knows, mapped by ten lines of jq, and programs that mean harm.

An endless program, one that eats memory and one that reads the environment cost one 422 each: the next
request works at once, other sources do not notice, and the daemon runs on. A killed helper process comes
back. A program that does not compile is said with its place, by `check` and by a reload.
"""

import glob
import json
import os
import signal
import threading
import time

import common
from common import expect, request, wait_for

# What a backup tool says, in its own words. The identity is larger than a double holds.
TOOL = {"v": 3, "host": {"fqdn": "db-7.example.org", "site": "B"}, "events": [
    {"job": "nightly", "state": "FAILED", "run": 9007199254740993, "at": 1773233400, "msg": "no space"},
    {"job": "weekly", "state": "OK", "run": 12, "at": 1773233401, "msg": ""},
    {"job": "hourly", "state": "SKIPPED", "run": 13, "at": 1773233402, "msg": "a holiday"}]}
PROGRAM = """\
# A backup tool: one alert for each job that is not simply skipped.
.host.fqdn as $host
| .events[]
| select(.state != "SKIPPED")
| {
    key: "backup-\\(.job)", ci: ($host | split(".")[0]), severity: "critical",
    status: (if .state == "OK" then "resolved" else "firing" end),
    starts_at: (.at | todate), summary: "backup \\(.job): \\(.msg)",
    annotations: {run}
  }
"""
PROGRAMS = {
    "shop": PROGRAM,
    "endless": "def f: f; f\n",
    "hog": "[range(1e9)] | length\n",
    "leap": "[] | .[500000000] = 1\n",
    "deep": "reduce range(1000000) as $i (null; [.])\n",
    "spy": "{key: $ENV.TOCSIN_SECRET, summary: env.TOCSIN_SECRET}\n",
    "flood": "repeat({key: \"x\"})\n",
    "wrong": ".a.b.c\n",
}
HOSTILE = [("endless", "mapping_timeout"), ("hog", None), ("leap", None), ("deep", None), ("spy", None),
           ("flood", None), ("wrong", None)]
CONFIG = """
http: {{listen: ["127.0.0.1:{port}"], loopback_may_act: true}}
integrations:
  - {{name: plain, source: generic}}
  - {{name: inline, source: jq, program_text: '{{key: .what}}'}}
{programs}
people: [{{id: bob}}]
channels: [{{name: mail, kind: mailbox, directory: {folder}/mailbox, to: ops@example.org}}]
"""


def write_config(folder, port):
    lines = []
    for name, text in PROGRAMS.items():
        common.write_file(os.path.join(folder, name + ".jq"), text)
        lines.append(f"  - {{name: {name}, source: jq, program: {name}.jq}}")
    text = CONFIG.format(port=port, folder=folder, programs="\n".join(lines))
    return common.write_file(os.path.join(folder, "tocsin.yaml"), text)


def hook(daemon, name, body):
    """(status, body, headers, seconds) of a POST."""
    start = time.monotonic()
    status, headers, answer = request(daemon.port, "POST", f"/hooks/{name}", body, timeout=30)
    return status, json.loads(answer), headers, time.monotonic() - start


def maps(daemon):
    status, answer, _, _ = hook(daemon, "shop", TOOL)
    expect(status == 200 and answer["accepted"] == 2 and not answer["rejected"], f"{status} {answer}")


def helpers(daemon):
    out = []
    for path in glob.glob(f"/proc/{daemon.process.pid}/task/*/children"):
        for pid in open(path).read().split():
            if b"helper" in open(f"/proc/{pid}/cmdline", "rb").read():
                out.append(int(pid))
    return out


def checks(options, folder, config):
    sample = common.write_file(os.path.join(folder, "sample.json"), json.dumps(TOOL))
    check = [options.binary, "check", "--config", config]
    common.run(check)
    said = common.run(check + ["--map", "shop", "--sample", sample])
    for part in ("alert 1: firing, alert, severity critical", "key: backup-nightly", "CI db-7",
                 "summary: backup nightly: no space", "run: 9007199254740993", "alert 2: resolved"):
        expect(part in said, f"check --map does not say '{part}':\n{said}")
    made = json.loads(common.run(check + ["--map", "shop", "--sample", sample, "--json"]))
    expect([a["status"] for a in made["alerts"]] == ["firing", "resolved"], made)
    common.run(check + ["--map", "nobody", "--sample", sample], want=1)
    common.run(check + ["--map", "endless", "--sample", sample], want=1)


def hostile_programs(daemon):
    maps(daemon)
    for name, code in HOSTILE:
        status, answer, _, took = hook(daemon, name, {})
        expect(status == 422, f"{name}: {status} {answer}")
        if code:
            expect(answer["error"]["code"] == code, f"{name}: {answer}")
        expect(took < 5 * common.PATIENCE, f"{name} was answered after {took:.1f} s")
        expect("not for programs" not in json.dumps(answer), f"{name} knows the secret: {answer}")
        maps(daemon)
    status, answer, _, _ = hook(daemon, "shop", "{} {}")
    expect(status == 400 and answer["error"]["code"] == "malformed", f"{status} {answer}")
    status, answer, _, _ = hook(daemon, "shop", json.dumps({"x": "y" * (1 << 20)}))
    expect(status == 413, f"{status} {answer}")


def others_do_not_notice(daemon):
    """While hostile documents come from all sides, every other request is good, and none waits long."""
    stop, answers = threading.Event(), []

    def attack():
        while not stop.is_set():
            answers.append(hook(daemon, "endless", {})[0])

    attackers = [threading.Thread(target=attack) for _ in range(6)]
    for one in attackers:
        one.start()
    slowest = {"shop": 0.0, "plain": 0.0, "inline": 0.0}
    try:
        wait_for("the attack has begun", lambda: len(answers) > 5)
        for i in range(15):
            for name, body in (("shop", TOOL), ("plain", {"key": f"k{i}"}), ("inline", {"what": f"w{i}"})):
                status, answer, _, took = hook(daemon, name, body)
                expect(status == 200, f"during the attack {name} was answered {status} {answer}")
                slowest[name] = max(slowest[name], took)
    finally:
        stop.set()
        for one in attackers:
            one.join()
    expect(set(answers) == {422}, f"the attackers were answered {set(answers)}")
    expect(max(slowest.values()) < 3 * common.PATIENCE, f"others waited: {slowest}")
    return slowest, len(answers)


def too_many(daemon):
    answers = []

    def one():
        answers.append(hook(daemon, "endless", {}))

    threads = [threading.Thread(target=one) for _ in range(120)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    full = [a for a in answers if a[0] == 503]
    expect(len(answers) == 120 and {a[0] for a in answers} <= {422, 503}, {a[0] for a in answers})
    expect(full and all(1 <= int(a[2]["Retry-After"]) <= 5 for a in full), f"{len(full)} times 503")
    maps(daemon)
    return len(full)


def killed_helpers(daemon):
    before = helpers(daemon)
    expect(before, "there is no helper process")
    for pid in before:
        environment = open(f"/proc/{pid}/environ", "rb").read() if os.access(
            f"/proc/{pid}/environ", os.R_OK) else b""
        expect(environment == b"", f"a helper has an environment: {environment!r}")
        os.kill(pid, signal.SIGKILL)
    maps(daemon)
    wait_for("both are back", lambda: len(helpers(daemon)) == 2 and not set(helpers(daemon)) & set(before))


def broken_programs(options, daemon, folder, config):
    path = os.path.join(folder, "shop.jq")
    common.write_file(path, "# ten lines\n.a | foo(1)\n")
    place = f"{path}:2:6: foo/1 is not defined"
    said = common.run([options.binary, "check", "--config", config], want=1)
    expect(place in said, f"check does not say '{place}':\n{said}")
    answer = daemon.post("/-/reload", None, want=500).decode()
    expect(place in answer, f"the reload does not say '{place}':\n{answer}")
    maps(daemon)  # the old one
    common.write_file(path, PROGRAM.replace("backup-", "saving-"))
    seq = daemon.seq()
    daemon.post("/-/reload", None)
    wait_for("the new program is a new configuration", lambda: daemon.seq() > seq)
    maps(daemon)
    keys = {a["labels"]["key"] for a in daemon.get("/api/v2/alerts")}
    expect("saving-nightly" in keys, f"the new program is not in force: {keys}")


def test(options, folder):
    port = common.free_port()
    config = write_config(folder, port)
    daemon = common.Daemon(options.binary, config, os.path.join(folder, "data"), folder,
                           environment={"TOCSIN_SECRET": "not for programs"})
    try:
        checks(options, folder, config)
        daemon.start()
        maps(daemon)
        alert = next(a for a in daemon.get("/api/v2/alerts") if a["labels"]["key"] == "backup-nightly")
        expect(alert["labels"] == {"key": "backup-nightly", "ci": "db-7"}, alert)
        expect(alert["annotations"]["run"] == "9007199254740993", alert)
        wait_for("it is an incident", lambda: any(i["ci"] == "db-7" for i in daemon.incidents()))
        hostile_programs(daemon)
        slowest, attacks = others_do_not_notice(daemon)
        full = too_many(daemon)
        killed_helpers(daemon)
        broken_programs(options, daemon, folder, config)
        metrics = daemon.metrics()
        restarts = common.total(metrics, "tocsin_helper_restarts_total", helper="map")
        expect(restarts > attacks / 2, f"{restarts} restarts")
        expect(common.total(metrics, "tocsin_helper_up", helper="map") == 1, "the helper is not up")
        expect(common.total(metrics, "tocsin_mapping_documents_total", outcome="full") >= full, metrics)
        daemon.stop()
        # What the store remembers is whole: the program is in it.
        os.remove(os.path.join(folder, "shop.jq"))
        daemon.start()
        expect("event=stored_config" in daemon.words(), "it does not run on the stored configuration")
        maps(daemon)
        daemon.stop()
        print(f"jq: {len(HOSTILE)} hostile programs cost a 422 each; during {attacks} endless ones others "
              f"waited {max(slowest.values()):.2f} s at most; {full} of 120 at once were told to come again")
    finally:
        daemon.ensure_gone()


if __name__ == "__main__":
    common.main(test, __doc__)
