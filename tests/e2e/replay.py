#!/usr/bin/env python3
"""Another configuration is tried on the store of a running daemon, which does not notice.

A rule that lifts an informational event, one that moves an alert to another group: both are said, as
text, JSON and Markdown. The exit code is 0, 1 when it is asked for, 2 without an answer.
"""

import json
import os

import common
from common import expect

COMPANY = """
http: {{listen: ["127.0.0.1:{port}"], loopback_may_act: true}}
integrations: [{{name: prom, source: alertmanager_v2}}]
people: [{{id: bob, email: bob@example.org}}, {{id: ann, email: ann@example.org}}]
channels: [{{name: mail, kind: mailbox, directory: {mailbox}}}]
groups: [{{id: shop, members: [bob]}}, {{id: net, members: [ann]}}]
default_group: shop
tokens: [{{name: bob, person: bob, roles: [engineer], token: the-secret-of-bob}}]
"""
RULES = """
rules:
  - {id: a1, match: ['alertname="BackupLate"'], set: {severity: critical, category: storage}}
  - {id: a2, match: ['alertname="LinkDown"'], set: {group: net}}
"""


def alert(name, ci, severity):
    return {"labels": {"alertname": name, "instance": ci, "severity": severity}}


def test(options, folder):
    port, mailbox, data = common.free_port(), os.path.join(folder, "mailbox"), os.path.join(folder, "data")
    config = common.write_file(os.path.join(folder, "tocsin.yaml"),
                               COMPANY.format(port=port, mailbox=mailbox))
    new = common.write_file(os.path.join(folder, "new.yaml"),
                            COMPANY.format(port=port, mailbox=mailbox) + RULES)

    def replay(*arguments, file=new, want=0):
        return common.run([options.binary, "replay", "--data", data, "--config", file, *arguments],
                          want=want)

    daemon = common.Daemon(options.binary, config, data, folder)
    try:
        daemon.start()
        daemon.alerts([alert("BackupLate", "db-1", "info"), alert("LinkDown", "sw-1", "critical"),
                       alert("DiskFull", "db-2", "critical")])
        daemon.alerts([alert("BackupLate", "db-1", "info")])
        common.run([options.binary, "incident", "ack", "1"],
                   environment={**os.environ, "TOCSIN_URL": f"http://127.0.0.1:{port}",
                                "TOCSIN_TOKEN": "the-secret-of-bob"})
        seq = daemon.seq()

        found = json.loads(replay("--json"))
        expect(found["differs"] and found["events"] == 3, f"the wrong record: {found}")
        kinds = sorted(d["kind"] for d in found["differences"])
        expect(kinds == ["added", "changed"], f"the wrong differences: {found['differences']}")
        changed = next(d for d in found["differences"] if d["kind"] == "changed")
        expect({"field": "group", "before": "shop", "after": "net"} in changed["changes"],
               f"the group is not said: {changed}")
        told = {(t["recipient"], t["before"], t["after"]) for t in changed["told"]}
        expect(("bob by mail", 1, 0) in told and ("ann by mail", 0, 1) in told,
               f"who is told is wrong: {told}")
        expect(found["dispositions"] == [{"before": "informational", "after": "incident_opened",
                                          "events": 1, "first": "BackupLate on db-1"}],
               f"the wrong dispositions: {found['dispositions']}")
        acts = found["not_known"]["acts"]
        expect([(a["what"], a["by"]) for a in acts] == [("acknowledged", "bob")],
               f"what bob did is not listed: {acts}")

        replay("--exit-code", want=1)
        replay("--exit-code", file=config, want=0)
        expect("Nothing would differ" in replay(file=config), "the same configuration differs")
        text = replay("--since", "30d")
        expect("asked for 4w2d" in text and "bob acknowledged INC000000" in text,
               f"it does not say what it cannot know:\n{text}")
        table = replay("--markdown")
        expect("| added | `" in table and "<details>" in table, f"no table for a pull request:\n{table}")
        broken = common.write_file(os.path.join(folder, "broken.yaml"), "rules: [{id: x}]\n")
        common.run([options.binary, "replay", "--data", data, "--config", broken], want=2)
        common.run([options.binary, "replay", "--data", folder, "--config", new], want=2)
        expect(daemon.seq() == seq, "a replay left a trace in the log")
        daemon.alerts([alert("DiskFull", "db-3", "critical")])
        daemon.stop()
        expect(json.loads(replay("--json"))["events"] == 4, "a stopped store reads otherwise")
        print("replay: lifted, moved and unchanged alerts said as they are, from a running store and a "
              "stopped one")
    finally:
        daemon.ensure_gone()


if __name__ == "__main__":
    common.main(test, __doc__)
