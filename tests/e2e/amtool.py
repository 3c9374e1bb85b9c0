#!/usr/bin/env python3
"""Debian's amtool, unchanged, has its way with silences and alerts.

Silences are added, listed, filtered, changed and expired; alerts are added and queried by matcher and by
whether a silence covers them. What is silenced pages nobody, also over a kill -9; what still fires at the
end pages at that moment; what was paged is recalled although it was silenced meanwhile.
"""

import json
import os
import re
import time

import common
from common import expect, find_program, holds_for, run, wait_for

CONFIG = """
http: {{listen: ["127.0.0.1:{port}"]}}
tokens:
  - {{name: ivan, person: ivan, roles: [incident_manager], token: {token}}}
  - {{name: eye, person: eye, roles: [viewer], token: eye-secret}}
people: [{{id: ivan, reach: {{page: [mail], inform: [mail]}}}}, {{id: eye}}]
groups: [{{id: team, members: [ivan]}}]
default_group: team
channels: [{{name: mail, kind: mailbox, directory: {mailbox}}}]
cis:
  - {{id: db-1, class: database, criticality: mission_critical, group: team}}
  - {{id: db-2, class: database, criticality: mission_critical, group: team}}
verify: {{P1: 1s}}
"""
UUID = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")


class Amtool:
    def __init__(self, port, secret):
        self.program = find_program("amtool")
        user = f"ivan:{secret}@" if secret else ""
        self.url = f"http://{user}127.0.0.1:{port}"

    def __call__(self, *words, want=0):
        return run([self.program, f"--alertmanager.url={self.url}", *words], want=want).strip()

    def silences(self, *words):
        return json.loads(self("silence", "query", *words, "-o", "json"))

    def alerts(self, *words):
        return {a["labels"]["instance"]: a
                for a in json.loads(self("alert", "query", *words, "-o", "json"))}


def silences(amtool, stranger, folder):
    """add, query, update, expire; and who may not."""
    refused = stranger("silence", "add", "instance=db-1", "-c", "no", want=1)
    expect("403" in refused, f"somebody without a token was told: {refused}")
    expect(stranger.silences() == [], "reading needs no token on this machine")

    first = amtool("silence", "add", "instance=db-1", "alertname=~Disk.*", "-d", "2h", "-c", "disk swap")
    expect(UUID.match(first), f"'{first}' is no UUID")
    [found] = amtool.silences()
    expect(found["id"] == first and found["status"]["state"] == "active", f"not as added: {found}")
    expect(found["comment"] == "disk swap" and found["createdBy"], f"not as added: {found}")
    expect({(m["name"], m["value"], m["isRegex"], m.get("isEqual", True)) for m in found["matchers"]}
           == {("instance", "db-1", False, True), ("alertname", "Disk.*", True, True)},
           f"other matchers: {found['matchers']}")

    later = amtool("silence", "add", "instance!=db-1", "job=x", "--start", common.rfc3339(time.time() + 3600),
                   "--end", common.rfc3339(time.time() + 7200), "-a", "carol", "-c", "tonight")
    states = {s["id"]: s["status"]["state"] for s in amtool.silences()}
    expect(states == {first: "active", later: "pending"}, f"states are {states}")
    expect([s["id"] for s in amtool.silences("job=x")] == [later], "a filter does not filter")
    expect(later in amtool("silence", "query", "-q"), "-q does not print ids")

    amtool("silence", "update", first, "-d", "3h", "-c", "takes longer")
    [changed] = amtool.silences("alertname=Disk.*")
    expect(changed["id"] == first, "another end made another silence")
    expect(changed["comment"] == "takes longer" and changed["endsAt"] > found["endsAt"],
           f"the update is not to be seen: {changed}")

    amtool("silence", "expire", later)
    amtool("silence", "expire", later)
    expect([s["id"] for s in amtool.silences()] == [first], "an expired one is still listed")
    expect([s["id"] for s in amtool.silences("--expired")] == [later], "nor is it among the expired")
    found = amtool.silences()[0]
    amtool("silence", "import", common.write_file(os.path.join(folder, "silences.json"), json.dumps(
        [{**{k: v for k, v in found.items() if k not in ("id", "status", "updatedAt")},
          "comment": "imported", "matchers": found["matchers"][:1]}])))
    [imported] = [s for s in amtool.silences() if s["comment"] == "imported"]
    amtool("silence", "expire", imported["id"])
    unknown = "12345678-1234-4234-8234-123456789012"
    amtool("silence", "expire", unknown, want=1)
    amtool("silence", "add", "instance=~.*", "-c", "all of it", want=1)
    amtool("silence", "add", "instance=db-1", want=1)  # no comment
    return first


def alerts(amtool):
    for instance in ("db-1", "db-2"):
        amtool("alert", "add", "DiskFull", f"instance={instance}", "severity=critical",
               "--annotation=summary=full")
    wait_for("both are listed", lambda: len(amtool.alerts("-a", "-s")) == 2)
    shown = amtool.alerts("--silenced")
    expect(set(shown) == {"db-1"}, f"silenced are {set(shown)}")
    expect(shown["db-1"]["status"]["state"] == "suppressed", f"state is {shown['db-1']['status']}")
    expect(set(amtool.alerts("--active")) == {"db-2"}, "active are others than the one not silenced")
    expect(set(amtool.alerts("--active", "--silenced", "instance=~db-[12]")) == {"db-1", "db-2"},
           "a matcher hides what it fits")
    expect(set(amtool.alerts("--active", "--silenced", "instance!=db-1")) == {"db-2"},
           "a negative matcher shows what it does not fit")
    return shown["db-1"]["status"]["silencedBy"]


def test(options, folder):
    port, mailbox = common.free_port(), os.path.join(folder, "mailbox")
    config = common.write_file(os.path.join(folder, "tocsin.yaml"),
                               CONFIG.format(port=port, mailbox=mailbox, token=common.TOKEN))
    daemon = common.Daemon(options.binary, config, os.path.join(folder, "data"), folder).start()
    amtool, stranger = Amtool(port, common.TOKEN), Amtool(port, "")
    try:
        first = silences(amtool, stranger, folder)
        expect(alerts(amtool) == [first], "silencedBy is not the silence")

        def pages(ci, kind="page"):
            numbers = [i["number"] for i in daemon.incidents() if i["ci"] == ci]
            return [m for m in common.mails(mailbox, kind=kind) if m["X-Tocsin-Incident"] in numbers]

        wait_for("the one that is not silenced pages", lambda: pages("db-2"))
        expect(not pages("db-1"), "a silenced alert paged")
        [held] = [i for i in daemon.incidents() if i["ci"] == "db-1"]
        expect(held["escalation"]["held_until"], f"nothing says that it is held: {held['escalation']}")
        expect(daemon.metrics()["tocsin_incidents_held"] == 1, "the metric does not count it")

        daemon.kill()
        daemon.start()
        expect([s["id"] for s in amtool.silences()] == [first], "a kill lost the silence")
        holds_for("nobody is paged over the restart", lambda: not pages("db-1"), 0.5)

        amtool("silence", "expire", first)
        wait_for("what still fires pages when its silence ends", lambda: pages("db-1"), 2.0)

        # Paged, then silenced, then over: whoever was paged hears that.
        amtool("silence", "add", "instance=db-1", "-d", "1h", "-c", "known")
        amtool("alert", "add", "DiskFull", "instance=db-1", "severity=critical",
               f"--end={common.rfc3339(time.time())}")
        wait_for("the all-clear comes although it is silenced", lambda: pages("db-1", "recall"), 10.0)
        command_line(options.binary, port)
    finally:
        daemon.ensure_gone()


def command_line(binary, port):
    """The same by our own hands."""
    environment = {"TOCSIN_URL": f"http://127.0.0.1:{port}", "TOCSIN_TOKEN": common.TOKEN,
                   "XDG_RUNTIME_DIR": "", "HOME": "/nonexistent"}
    def tocsin(*words, want=0, token=common.TOKEN):
        return run([binary, "silence", *words], want=want,
                   environment={**environment, "TOCSIN_TOKEN": token})
    said = tocsin("add", "instance=db-2", "--for", "2h", "--comment", "x", "--preview")
    expect("fits 1 of" in said and "held" in said, f"the preview says {said!r}")
    expect("db-2" not in tocsin("list"), "a preview made a silence")
    made = tocsin("add", "instance=db-2", "alertname=~\"Disk.*\"", "--for", "2h", "--comment", "x")
    identity = made.split()[-1]
    expect(UUID.match(identity), f"no id at the end of {made!r}")
    expect(identity in tocsin("list"), "it is not listed")
    tocsin("add", "instance=db-2", "--for", "2h", want=1)  # without a reason
    tocsin("add", "instance=db-2", "--for", "2h", "--comment", "x", want=77, token="eye-secret")
    expect("over" in tocsin("expire", identity), "it did not end")
    expect(identity not in tocsin("list") and identity in tocsin("list", "--all"), "it is listed as live")


if __name__ == "__main__":
    common.main(test, __doc__)
