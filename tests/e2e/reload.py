#!/usr/bin/env python3
"""A configuration is taken whole or not at all.

Five mistakes in two files give five messages with file:line:column in one go, from `check` and from a
reload, and the daemon runs on untouched. An equivalent file moves nothing. A start with a broken file
runs on the configuration that the store remembers, and says so.
"""

import os
import re
import signal

import common
from common import expect, holds_for, wait_for

GOOD = """
http: {{listen: ["127.0.0.1:{port}"]}}
include: ["conf.d/*.yaml"]
people:
  - {{id: bob, email: bob@example.org}}
channels:
  - {{name: mail, kind: mailbox, directory: {mailbox}}}
escalation: {{P2: [{{at: 0m, to: [primary]}}]}}
"""
TEAM = """
groups:
  - {id: shop, members: [bob]}
default_group: shop
"""

# The same again, said otherwise: order, quotes, comments, blanks, units.
SAME = """# nothing new here
escalation:
  P2:
    - at: 0s
      to: ["primary"]
channels:
  - directory: "{mailbox}"
    kind: mailbox
    name: 'mail'
people: [{{email: bob@example.org, id: bob}}]
include: conf.d/*.yaml
http:
  listen: ["127.0.0.1:{port}"]
"""

BAD = """
http: {{listen: ["127.0.0.1:{port}"], extrenal_url: "https://x.example.org"}}
include: ["conf.d/*.yaml"]
people:
  - {{id: bob, email: nobody}}
channels:
  - {{name: mail, kind: mailbox, directory: {mailbox}}}
escalation: {{P2: [{{at: soon, to: [primary]}}]}}
"""
BAD_TEAM = """
groups:
  - {id: shop, members: [bobb]}
default_group: shop
rules:
  - {id: r1, match: ['alertname=~"("'], set: {category: storage}}
"""
# Where each mistake stands: file, line, and a word that the message must hold.
MISTAKES = [("tocsin.yaml", 2, "external_url"), ("tocsin.yaml", 5, "nobody"),
            ("tocsin.yaml", 8, "soon"), ("conf.d/team.yaml", 3, "bobb"),
            ("conf.d/team.yaml", 6, "alertname")]


def check_messages(text, folder, whose):
    lines = [l for l in text.splitlines() if re.search(r":\d+:\d+: ", l)]
    for file, line, word in MISTAKES:
        place = re.compile(re.escape(os.path.join(folder, file)) + rf":{line}:\d+: .*{word}")
        expect(any(place.search(l) for l in lines),
               f"{whose} does not report {file}:{line} ({word}):\n{text}")
    expect(len(lines) == len(MISTAKES),
           f"{whose} reports {len(lines)} mistakes, not {len(MISTAKES)}:\n{text}")


def test(options, folder):
    port, mailbox = common.free_port(), os.path.join(folder, "mailbox")
    config, team = os.path.join(folder, "tocsin.yaml"), os.path.join(folder, "conf.d", "team.yaml")
    os.mkdir(os.path.dirname(team))

    def write(main, part):
        common.write_file(config, main.format(port=port, mailbox=mailbox))
        common.write_file(team, part)

    write(GOOD, TEAM)
    daemon = common.Daemon(options.binary, config, os.path.join(folder, "data"), folder)
    policy = lambda: [k for k in daemon.metrics() if k.startswith("tocsin_policy_info")]
    reloads = "tocsin_config_last_reload_successful"
    try:
        expect("good" in common.run([options.binary, "check", "--config", config]), "check says nothing")
        daemon.start()
        daemon.alerts([{"labels": {"alertname": "Down", "instance": "web-1", "severity": "critical"}}])
        wait_for("bob is paged", lambda: common.mails(mailbox, kind="page"))
        wait_for("and that is settled", lambda: common.total(
            daemon.metrics(), "tocsin_pages_total", outcome="delivered") == 1)
        seq, in_force = daemon.seq(), policy()

        write(BAD, BAD_TEAM)
        check_messages(common.run([options.binary, "check", "--config", config], want=1), folder, "check")
        answer = daemon.post("/-/reload", None, want=500).decode()
        check_messages(answer, folder, "the reload")
        expect(daemon.metrics()[reloads] == 0, f"{reloads} is not 0 after a failed reload")
        daemon.process.send_signal(signal.SIGHUP)
        wait_for("SIGHUP reports it too", lambda: daemon.words().count("event=reload_failed") == 2)
        # Longer than a reader's copy of the state may be old.
        untouched = lambda: (daemon.seq(), policy()) == (seq, in_force)
        holds_for("a broken file leaves the running daemon untouched", untouched, 0.5)

        write(SAME, TEAM)
        daemon.post("/-/reload", None)
        expect(daemon.metrics()[reloads] == 1, f"{reloads} is not 1 after a good reload")
        holds_for("an equivalent file moves nothing", untouched, 0.5)

        # It takes effect: from now on somebody else is called, and one frame says so.
        write(GOOD + "  # alice comes\n", TEAM.replace("[bob]", "[alice]") + "people: [{id: alice}]\n")
        daemon.post("/-/reload", None)
        wait_for("another file is in force", lambda: daemon.seq() > seq and policy() != in_force)
        in_force = policy()
        daemon.alerts([{"labels": {"alertname": "Down", "instance": "web-2", "severity": "critical"}}])
        to_alice = lambda: sum("alice" in m["To"] for m in common.mails(mailbox, kind="page"))
        wait_for("alice is paged", lambda: to_alice() == 1)
        daemon.stop()

        write(BAD, BAD_TEAM)
        daemon.start()
        words = daemon.words()
        check_messages(words, folder, "the start")
        expect("event=stored_config" in words, f"it does not say that it runs on the stored one:\n{words}")
        expect(policy() == in_force, "it does not run on the stored configuration")
        expect(daemon.metrics()[reloads] == 0, f"{reloads} is not 0 after a start with a broken file")
        daemon.alerts([{"labels": {"alertname": "Down", "instance": "web-3", "severity": "critical"}}])
        wait_for("alice is paged again", lambda: to_alice() == 2)
        daemon.stop()

        nothing = common.Daemon(options.binary, config, os.path.join(folder, "other"), folder).spawn()
        code = nothing.process.wait(10)
        expect(code == 1, f"a start with neither file nor store ended with {code}, not 1")
        print("reload: five mistakes, five messages; nothing moved by them nor by an equivalent file; "
              "the store's configuration carried a start")
    finally:
        daemon.ensure_gone()


if __name__ == "__main__":
    common.main(test, __doc__)
