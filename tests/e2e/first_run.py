#!/usr/bin/env python3
"""What somebody does in the first minutes, with the demo's configuration.

The curl line that the daemon prints opens an incident whose page is on the terminal and in the mailbox
within two seconds. A second daemon on the same store is refused by the name of the first. The verbs of
the command line do what they say and end with the exit codes that they promise.
"""

import json
import os
import re
import subprocess
import time

import common
from common import expect, run, wait_for

DEMO = os.path.join(os.path.dirname(__file__), "..", "..", "config", "demo.yaml")


class Cli:
    def __init__(self, binary, url, folder):
        self.binary, self.folder = binary, folder
        self.environment = {"TOCSIN_URL": url, "XDG_RUNTIME_DIR": folder, "TOCSIN_TOKEN": ""}

    def __call__(self, *arguments, want=0, **environment):
        return run([self.binary, *arguments], want, {**self.environment, **environment}, self.folder)


def curl_line(daemon):
    found = wait_for("a curl line is printed",
                     lambda: re.search(r"^ *(curl .*)$", daemon.words(), re.M))
    return found.group(1)


def the_curl_line_pages(daemon, mailbox):
    line = curl_line(daemon)
    start = time.monotonic()
    run(["sh", "-c", line])
    on_terminal = lambda: re.search(r"P1.*INC0000001", daemon.words())
    wait_for("the page is on the terminal", on_terminal, 2)
    wait_for("the page is in the mailbox", lambda: common.mails(mailbox, kind="page"), 2)
    took = time.monotonic() - start
    expect(took < 2, f"from the curl line to the page took {took:.1f} s")
    mail = common.mails(mailbox, kind="page")[0]
    expect("INC0000001" in mail["Subject"] and "db-shop-01" in mail.get_content(), f"{mail}")
    return took


def a_second_one_is_refused(binary, daemon, folder, config):
    second = subprocess.run([binary, "serve", "--config", config, "--data", "./var"], cwd=folder,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=20, text=True)
    expect(second.returncode == 1, f"a second daemon ended with {second.returncode}:\n{second.stdout}")
    expect(str(daemon.process.pid) in second.stdout,
           f"it does not name process {daemon.process.pid}:\n{second.stdout}")
    expect(daemon.is_ready(), "the first daemon was disturbed")


def incidents_by_hand(cli, daemon):
    expect("INC0000001" in cli("incident", "list"), "list does not show it")
    listed = json.loads(cli("incident", "list", "--json"))
    expect([i["number"] for i in listed["incidents"]] == ["INC0000001"], f"list --json: {listed}")
    shown = cli("incident", "show", "1")
    expect("created" in shown or "P1" in shown, f"show tells no story:\n{shown}")
    cli("incident", "show", "999", want=1)
    cli("incident", "note", "1", "looking at it")
    cli("incident", "resolve", "1", "--code", "fixed_permanent", want=1)  # nobody owns it yet
    cli("incident", "ack", "inc1")
    cli("incident", "ack", "INC0000001")  # again: nothing changes, and that is no error
    expect(daemon.incident("1")["state"] == "in_progress", "ack did not make it in_progress")
    done = ["--cause", "capacity", "--note", "removed the old dumps and grew the volume"]
    cli("incident", "resolve", "1", "--code", "fixed_permanent", *done, want=1)  # it still fires
    cli("send", "--key", "disk-full", "--ci", "db-shop-01", "--resolve")
    wait_for("its alert is over", lambda: daemon.incident("1")["alerts"]["firing"] == 0)
    cli("incident", "resolve", "1", "--code", "no_such_code", *done, want=1)
    cli("incident", "close", "1", want=1)  # first resolved, then closed
    cli("incident", "resolve", "1", "--code", "fixed_permanent", *done)
    cli("incident", "close", "1")
    expect("no incidents" in cli("incident", "list"), "a closed incident is listed as open")
    expect("INC0000001" in cli("incident", "list", "--state", "closed"), "it is not among the closed")
    story = cli("incident", "show", "1")
    for word in ("looking at it", "fixed permanent", "closed"):
        expect(word in story, f"'{word}' is not in the story:\n{story}")


def events_by_hand(cli, daemon):
    cli("send", "--key", "backup", "--ci", "web-07", "--severity", "error", "--summary", "no backup")
    wait_for("a second incident", lambda: "INC0000002" in cli("incident", "list"))
    cli("send", want=2)
    cli("send", "--key", "x", "--hook", "nobody", want=1)
    cli("incident", "list", "--no-such-option", want=2)
    cli("no-such-verb", want=2)
    cli("incident", "list", want=69, TOCSIN_URL=f"http://127.0.0.1:{common.free_port()}")
    cli("incident", "list", want=77, TOCSIN_TOKEN="not a token")
    cli("--help")
    expect("SYNOPSIS" in cli("incident", "ack", "--help"), "help does not read like a manual page")


def tokens(cli, daemon, config):
    made = json.loads(cli("token", "new", "--person", "you", "--roles", "engineer", "--json"))
    expect(re.fullmatch("sha256:[0-9a-f]{64}", made["hash"]), f"token new printed {made}")
    cli("token", "new", "--person", "you", "--roles", "emperor", want=2)
    text = open(config, encoding="utf-8").read().replace("loopback_may_act: true", "loopback_may_act: false")
    common.write_file(config, text + f"\ntokens:\n  - {{name: you-cli, person: you, roles: [engineer], "
                                     f"token: \"{made['hash']}\"}}\n")
    daemon.post("/-/reload", None)
    cli("incident", "ack", "2", want=77)
    cli("incident", "ack", "2", TOCSIN_TOKEN=made["token"])
    expect(daemon.incident("2")["owner"] == "you", "the token does not act for its person")


def journal(cli, daemon):
    cli("journal", "verify", "--data", "./var", want=1)  # its daemon runs
    daemon.stop()
    expect("good" in cli("journal", "verify", "--data", "./var"), "verify says nothing")
    expect(json.loads(cli("journal", "verify", "--data", "./var", "--json"))["ok"], "verify --json")
    frames = [json.loads(l) for l in cli("journal", "dump", "--data", "./var", "--json").splitlines()]
    numbers = [f["seq"] for f in frames]
    expect(frames and numbers == list(range(numbers[0], numbers[0] + len(numbers))),
           f"dump shows the frames {numbers}")
    expect(any("IncidentAcknowledged" == f["fact"] for frame in frames for f in frame["facts"]),
           "the acknowledgement is not in the dump")
    cli("journal", "verify", "--data", "./nowhere", want=1)


def test(options, folder):
    port = common.free_port()
    text = open(DEMO, encoding="utf-8").read().replace("127.0.0.1:9966", f"127.0.0.1:{port}")
    config = common.write_file(os.path.join(folder, "demo.yaml"), text)
    daemon = common.Daemon(options.binary, config, "./var", folder, {"TOCSIN_DEMO": "1"})
    cli = Cli(options.binary, f"http://127.0.0.1:{port}", folder)
    try:
        daemon.start()
        took = the_curl_line_pages(daemon, os.path.join(folder, "var", "mailbox"))
        a_second_one_is_refused(options.binary, daemon, folder, config)
        incidents_by_hand(cli, daemon)
        events_by_hand(cli, daemon)
        tokens(cli, daemon, config)
        journal(cli, daemon)
        print(f"first run: page {took:.2f} s after the curl line; every verb does what it says")
    finally:
        daemon.ensure_gone()


if __name__ == "__main__":
    common.main(test, __doc__)
