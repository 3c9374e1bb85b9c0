#!/usr/bin/env python3
"""Why, on the command line: `tocsin explain` and `tocsin test` as users have them.

An incident is explained with the files and lines that change it; lines that move are told after a reload
that decides nothing new. An event that nobody sent is explained and changes nothing: the log does not
grow, no alert is known, no disposition is counted. A body that cannot be read is answered with the
decoder's sentence. A start on the configuration of the store says that there are no files. `tocsin test`
ends with 0, 1 and 2, and each failure is FILE:LINE with what was expected and what came.
"""

import os
import re

import common
from common import expect, run, wait_for

CONFIG = """http: {{listen: ["127.0.0.1:{port}"]}}
integrations: [{{name: prom, source: alertmanager_v2}}, {{name: scripts, source: generic}}]
people: [{{id: bob, email: bob@example.org}}]
channels: [{{name: mail, kind: mailbox, directory: {mailbox}}}]
groups: [{{id: shop, members: [bob]}}]
default_group: shop
cis: [{{id: db-1, class: database, criticality: mission_critical}}]
rules:
  - {{id: a100, match: ['alertname="PostgresDown"'], set: {{category: database, subcategory: availability}}}}
"""
GOOD = """tests:
  - name: a dead database wakes bob
    events: [{at: 0s, alert: {alertname: PostgresDown, ci: db-1, severity: critical}}]
    expect: [{at: 1m, incidents: [{priority: P1, rule: a100}], pages: [{to: bob, at: 0s}]}]
"""


def explained(cli, *arguments, **more):
    return re.sub(r"\s+", " ", cli("explain", *arguments, **more))


def test(options, folder):
    port, mailbox = common.free_port(), os.path.join(folder, "mailbox")
    config = os.path.join(folder, "tocsin.yaml")
    text = CONFIG.format(port=port, mailbox=mailbox)
    common.write_file(config, text)
    environment = {"TOCSIN_URL": f"http://127.0.0.1:{port}", "TOCSIN_TOKEN": "", "XDG_RUNTIME_DIR": folder}
    cli = lambda *arguments, want=0, text=None: run([options.binary, *arguments], want, environment, folder,
                                                    text=text)
    daemon = common.Daemon(options.binary, config, os.path.join(folder, "data"), folder)
    try:
        daemon.start()
        daemon.alerts([{"labels": {"alertname": "PostgresDown", "ci": "db-1", "severity": "critical"}}])
        wait_for("bob is paged", lambda: common.mails(mailbox, kind="page"))
        wait_for("and that is settled", lambda: common.total(
            daemon.metrics(), "tocsin_pages_total", outcome="delivered") == 1)
        story = explained(cli, "INC0000001")
        for words in (f"{config}:9 (rules.a100)", f"{config}:7 (cis.db-1)", "P1, row 1 and column 1",
                      "default of Tocsin; priority.matrix[0] overrides it", "page for bob by mail",
                      "it opened this incident", "if nobody answers"):
            expect(words in story, f"'{words}' is not in:\n{story}")

        counts = lambda: {k: v for k, v in daemon.metrics().items()
                          if k.startswith("tocsin_event_dispositions_total")}
        before = daemon.seq(), counts()
        event = '{"key": "slow", "ci": "db-1", "severity": "error"}'
        asked = explained(cli, "-", text=event)
        expect("correlated, INC0000001" in asked and "[BND-7 b]" in asked, asked)
        common.write_file(os.path.join(folder, "alert.json"), '[{"labels": {"alertname": "Odd", "ci": "x-1"}}]')
        asked = explained(cli, "alert.json", "--from", "prom")
        expect(asked.startswith("held, INC0000002") and "[discovered]" in asked, asked)
        common.write_file(os.path.join(folder, "line"), "<30>Jan  5 09:00:02 web-9 nobody[1]: well\n")
        expect("unmatched" in explained(cli, "line", "--syslog"), "a line that no rule wants")
        refused = explained(cli, "-", text='{"key": ')
        expect("rejected_malformed" in refused and "nobody is woken" in refused, refused)
        cli("explain", "INC0000077", want=1)
        cli("explain", "no-such-file.json", want=2)
        expect((daemon.seq(), counts()) == before, "a question changed something")

        # Lines move, and nothing else.
        common.write_file(config, "# moved\n\n" + text)
        daemon.post("/-/reload", None)
        wait_for("the new lines are told",
                 lambda: f"{config}:11 (rules.a100)" in explained(cli, "INC0000001"))
        expect(daemon.seq() == before[0], "a comment was decided")
        daemon.stop()
        common.write_file(config, text.replace("people:", "peple:"))
        daemon.start()
        story = explained(cli, "INC0000001")
        expect("rules.a100 of the configuration that the store remembers" in story, story)
        daemon.stop()

        common.write_file(config, text)
        tests = common.write_file(os.path.join(folder, "tests.yaml"), GOOD)
        expect("1 test good, 4 expectations met" in cli("test", tests, "--config", config), "a good test")
        common.write_file(tests, GOOD.replace("P1", "P2"))
        said = cli("test", tests, "--config", config, want=1)
        expect(re.search(r"tests\.yaml:4: a dead database wakes bob: at 1m: expected priority P2, got P1", said),
               said)
        common.write_file(tests, GOOD.replace("expect:", "expects:"))
        expect("tests.yaml:4:5: unknown key 'expects'" in cli("test", tests, "--config", config, want=2),
               "a file that cannot be read")
        print("explain: files and lines of an incident, also after they moved; five questions changed nothing; "
              "test ends with 0, 1 and 2")
    finally:
        daemon.ensure_gone()


if __name__ == "__main__":
    common.main(test, __doc__)
