#!/usr/bin/env python3
"""Pages to a program: what it is given, and what its end means.

0 is delivery, 75 is tried again under the same key, another code is refused and the person's next channel
has the page; a program that hangs is killed with its children and holds up nobody. A drill goes the same
way. A helper process that is killed comes back.
"""

import glob
import json
import os
import signal
import time

import common
from common import expect, wait_for

# Each attempt becomes a line of log.json; how it ends is the name by which the program was called.
PROGRAM = """#!/usr/bin/python3
import json, os, subprocess, sys, time
page = json.load(sys.stdin)
seen = {"argv": sys.argv[1:], "environment": dict(os.environ), "page": page, "cwd": os.getcwd()}
if sys.argv[1] == "hang":
    seen["child"] = subprocess.Popen(["sleep", "600"]).pid
with open("LOG", "a") as log:
    log.write(json.dumps(seen) + "\\n")
print("a word \\x1b[31m of", sys.argv[1])
sys.stdout.flush()
if sys.argv[1] == "hang":
    time.sleep(600)
if sys.argv[1] == "later":
    sys.exit(0 if page["attempt"] > 1 else 75)
sys.exit({"good": 0, "bad": 1}[sys.argv[1]])
"""
CONFIG = """
http: {{listen: ["127.0.0.1:{port}"], loopback_may_act: true}}
channels:
  - {{name: good, kind: exec, command: {program}, arguments: [good, "a b; $(id)"]}}
  - {{name: bad, kind: exec, command: {program}, arguments: [bad]}}
  - {{name: later, kind: exec, command: {program}, arguments: [later]}}
  - {{name: hang, kind: exec, command: {program}, arguments: [hang]}}
people:
  - {{id: gina, email: gina@example.org, reach: {{page: [good]}}}}
  - {{id: bert, reach: {{page: [bad, good]}}}}
  - {{id: lara, reach: {{page: [later]}}}}
  - {{id: hank, reach: {{page: [hang, good]}}}}
groups:
  - {{id: gina-team, members: [gina]}}
  - {{id: bert-team, members: [bert]}}
  - {{id: lara-team, members: [lara]}}
  - {{id: hank-team, members: [hank]}}
default_group: gina-team
cis:
  - {{id: ci-bert, criticality: mission_critical, group: bert-team}}
  - {{id: ci-lara, criticality: mission_critical, group: lara-team}}
  - {{id: ci-hank, criticality: mission_critical, group: hank-team}}
  - {{id: ci-gina, criticality: mission_critical, group: gina-team}}
"""


class Company:
    def __init__(self, options, folder):
        self.log = os.path.join(folder, "log.json")
        program = common.write_file(os.path.join(folder, "page-me"), PROGRAM.replace("LOG", self.log))
        os.chmod(program, 0o755)
        self.config = common.write_file(os.path.join(folder, "tocsin.yaml"), CONFIG.format(
            port=common.free_port(), program=program))
        self.program = program
        self.daemon = common.Daemon(options.binary, self.config, os.path.join(folder, "data"), folder,
                                    environment={"TOCSIN_SECRET": "not for programs"})

    def seen(self, **wanted):
        if not os.path.exists(self.log):
            return []
        lines = [json.loads(line) for line in open(self.log, encoding="utf-8")]
        return [l for l in lines if all(l["page"].get(k) == v for k, v in wanted.items())]

    def breaks(self, person):
        self.daemon.alerts([{"labels": {"alertname": "Down", "ci": f"ci-{person}", "severity": "critical"}}])

    def story(self, person):
        number = next(i["number"] for i in self.daemon.incidents() if i["ci"] == f"ci-{person}")
        return json.dumps(self.daemon.timeline(number))


def what_it_is_given(company):
    company.breaks("gina")
    one = wait_for("gina is paged", lambda: company.seen(person="gina", kind="page"))[0]
    expect(one["argv"] == ["good", "a b; $(id)"] and one["cwd"] == "/", one)
    page, environment = one["page"], one["environment"]
    expect(environment.keys() - {"LC_CTYPE"} == {
        "PATH", "LANG", "TOCSIN_KEY", "TOCSIN_KIND", "TOCSIN_INCIDENT", "TOCSIN_PRIORITY", "TOCSIN_PERSON",
        "TOCSIN_EMAIL", "TOCSIN_CHANNEL"}, environment)
    expect(environment["TOCSIN_KEY"] == page["key"] and environment["TOCSIN_KIND"] == "page" and
           environment["TOCSIN_INCIDENT"] == page["incident"] and
           environment["TOCSIN_EMAIL"] == "gina@example.org", environment)
    wait_for("its end is written down", lambda: "exit 0: a word" in company.story("gina"))
    expect("\\u001b" not in company.story("gina"), "control characters reached the record")


def what_its_end_means(company):
    company.breaks("bert")
    wait_for("bert's next channel has it", lambda: company.seen(person="bert", channel="good"))
    expect("exit 1: a word" in company.story("bert"), company.story("bert"))
    company.breaks("lara")
    twice = wait_for("lara is tried again", lambda: len(company.seen(person="lara", kind="page")) > 1 and
                     company.seen(person="lara", kind="page"), 90)
    expect(len({s["page"]["key"] for s in twice}) == 1, "another key for the second attempt")
    wait_for("and that is delivery", lambda: "exit 75" in company.story("lara") and
             "exit 0" in company.story("lara"))


def a_hanging_one(company):
    start = time.monotonic()
    company.breaks("hank")
    child = wait_for("hank's program hangs", lambda: company.seen(person="hank", channel="hang"))[0]["child"]
    company.daemon.post("/v1/drills", {"target": "gina"})
    wait_for("meanwhile another channel delivers", lambda: company.seen(person="gina", drill=True), 5)
    expect(company.seen(channel="good", person="hank") == [], "hank's next channel did not wait")
    wait_for("hank's next channel has it", lambda: company.seen(person="hank", channel="good"), 40)
    took = time.monotonic() - start
    expect(took < 30, f"it took {took:.1f} s")
    wait_for("the child of the program is dead", lambda: not os.path.exists(f"/proc/{child}"))
    expect("killed at its timeout" in company.story("hank"), company.story("hank"))
    return took


def helpers(daemon):
    out = []
    for path in glob.glob(f"/proc/{daemon.process.pid}/task/*/children"):
        for pid in open(path).read().split():
            if open(f"/proc/{pid}/cmdline", "rb").read().split(b"\0")[1:3] == [b"helper", b"run"]:
                out.append(int(pid))
    return out


def killed_helper(company):
    before = helpers(company.daemon)
    expect(len(before) == 1, f"helpers: {before}")
    os.kill(before[0], signal.SIGKILL)
    wait_for("it is back", lambda: helpers(company.daemon) not in ([], before))
    drills = len(company.seen(drill=True))
    company.daemon.post("/v1/drills", {"target": "good"})
    wait_for("and runs programs", lambda: len(company.seen(drill=True)) > drills)


def checks(options, company):
    text = open(company.config, encoding="utf-8").read()
    check = [options.binary, "check", "--config", company.config + ".wrong"]
    for replaced, word in (("page-me", "from / on"), ("/nonexistent/x", "cannot be run"),
                           (company.config, "cannot be run")):
        common.write_file(company.config + ".wrong", text.replace(company.program, replaced, 1))
        said = common.run(check, want=1)
        expect(word in said, f"{replaced}: {said}")
    os.chmod(company.program, 0o757)
    said = common.run([options.binary, "check", "--config", company.config], want=1)
    expect("anybody may write" in said, said)
    os.chmod(company.program, 0o755)
    common.run([options.binary, "check", "--config", company.config])


def test(options, folder):
    company = Company(options, folder)
    daemon = company.daemon
    try:
        checks(options, company)
        daemon.start()
        what_it_is_given(company)
        what_its_end_means(company)
        took = a_hanging_one(company)
        killed_helper(company)
        wait_for("every attempt is counted", lambda: common.total(
            daemon.metrics(), "alertmanager_notifications_total", integration="exec") >= len(company.seen()))
        daemon.stop()
        expect(helpers_left(folder) == [], "helper processes are left")
        print(f"exec: {len(company.seen())} runs; a program that hung cost its person {took:.0f} s")
    finally:
        daemon.ensure_gone()


def helpers_left(folder):
    """Processes that still have our program, by its path."""
    out = []
    for path in glob.glob("/proc/[0-9]*/cmdline"):
        try:
            words = open(path, "rb").read()
        except OSError:
            continue
        if os.path.join(folder, "page-me").encode() in words:
            out.append(path)
    return out


if __name__ == "__main__":
    common.main(test, __doc__)
