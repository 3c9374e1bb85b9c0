#!/usr/bin/env python3
"""Pages by mail through a real server: STARTTLS and a login, text and HTML, one thread for an incident up
to its all-clear; a busy server is asked again, a broken connection after the message sends the same
Message-ID again, a refusal goes to the next channel; nothing leaves without the encryption that was
asked for.
"""

import re
import time

import common
import smtp_server
from common import expect, wait_for
from smtp_server import MailServer

CONFIG = """
http: {{listen: ["127.0.0.1:{port}"], external_url: "https://tocsin.example.org", loopback_may_act: true}}
channels:
  - {{name: mail, kind: smtp, host: 127.0.0.1, port: {mail}, from: tocsin@example.org,
     username: tocsin, password_file: password, ca_file: mail.pem}}
  - {{name: plain, kind: smtp, host: 127.0.0.1, port: {plain}, from: tocsin@example.org, starttls: never}}
  - {{name: stripped, kind: smtp, host: 127.0.0.1, port: {plain}, from: tocsin@example.org}}
  - {{name: foreign, kind: smtp, host: 127.0.0.1, port: {mail}, from: tocsin@example.org}}
  - {{name: pager, kind: webhook, url: "{hook}", secret: {secret}}}
people:
  - {{id: bob, email: bob@example.org, time_zone: Europe/Berlin, reach: {{page: [mail, pager]}}}}
  - {{id: eve, email: eve@example.org, reach: {{page: [plain, pager]}}}}
  - {{id: sid, email: sid@example.org, reach: {{page: [stripped, pager]}}}}
  - {{id: fay, email: fay@example.org, reach: {{page: [foreign, pager]}}}}
groups:
  - {{id: bobs, members: [bob]}}
  - {{id: eves, members: [eve]}}
  - {{id: sids, members: [sid]}}
  - {{id: fays, members: [fay]}}
default_group: bobs
catch_all: {{people: [bob]}}
cis:
  - {{id: svc-pay, criticality: mission_critical, users: 12000, group: bobs}}
  - {{id: db-1, class: database, criticality: mission_critical, supports: [svc-pay], group: bobs}}
  - {{id: db-2, criticality: mission_critical, group: bobs}}
  - {{id: db-3, criticality: mission_critical, group: bobs}}
  - {{id: db-4, criticality: mission_critical, group: bobs}}
  - {{id: db-5, criticality: mission_critical, group: eves}}
  - {{id: db-6, criticality: mission_critical, group: sids}}
  - {{id: db-7, criticality: mission_critical, group: fays}}
escalation: {{P1: [{{at: 0m, to: [primary]}}]}}
verify: {{P1: 1s}}
"""


class World:
    def __init__(self, options, folder):
        self.certificate = smtp_server.make_certificate(folder)
        self.script = {}
        self.server = MailServer(self.certificate, answer=self.answer)
        self.plain = MailServer(starttls=False, login=False)
        self.sink = common.Sink()
        common.write_file(f"{folder}/password", smtp_server.PASSWORD.decode() + "\n")
        config = common.write_file(f"{folder}/tocsin.yaml", CONFIG.format(
            port=common.free_port(), mail=self.server.port, plain=self.plain.port, hook=self.sink.url,
            secret=common.SECRET))
        self.daemon = common.Daemon(options.binary, config, f"{folder}/var", folder)

    def answer(self, mail):
        """What was agreed for this CI, one word after the other; 250 when nothing is left."""
        for ci, words in self.script.items():
            if words and ci in mail["Subject"]:
                return words.pop(0)
        return "250 queued"

    def fire(self, ci, name="PostgresDown", summary="Postgres is down", **more):
        self.daemon.alerts([{"labels": {"alertname": name, "ci": ci, "severity": "critical"},
                             "annotations": {"summary": summary}, **more}])

    def mails(self, server, ci):
        return [m for m in server.mails if ci in str(m["Subject"])]

    def first(self, server, ci):
        return wait_for(f"a mail about {ci}", lambda: self.mails(server, ci))[0]

    def timeline(self, ci):
        number = next(i["number"] for i in self.daemon.incidents() if i["ci"] == ci)
        return self.daemon.timeline(number)

    def stop(self):
        self.daemon.ensure_gone()
        self.server.stop()
        self.plain.stop()
        self.sink.close()


def the_text_says_what_matters(world):
    world.fire("db-1", summary="Postgres is down <b>&\r\nBcc: mallory@example.org")
    mail = world.first(world.server, "db-1")
    expect(mail.tls and mail.login, "it came without TLS or without a login")
    expect(mail.to == ["bob@example.org"] and mail.sender == "tocsin@example.org", f"{mail.to}")
    lines = mail.text().splitlines()
    expect(re.match(r"P1 INC0000001 .*db-1", lines[0]), f"the first line is {lines[0]!r}")
    order = ["P1 INC", "CI db-1, service svc-pay", "Impact: mission critical, 12000 users", "Since ",
             "Respond by ", "https://tocsin.example.org/"]
    found = [next((i for i, line in enumerate(lines) if line.startswith(word)), None) for word in order]
    expect(None not in found and found == sorted(found), f"the order of the lines is {lines}")
    expect(re.search(r"^Since (\d{4}-\d\d-\d\d )?\d\d:\d\d (CET|CEST)$", mail.text(), re.M),
           f"the time is not that of bob:\n{mail.text()}")
    expect(len(mail.text()) <= 600, "the text is longer than 600 characters")
    html = mail.html()
    expect("<b>&" not in html and "&lt;b&gt;&amp;" in html, "the HTML has foreign marks")
    expect("<script" not in html and "<img" not in html, "the HTML has a script or an image")
    expect('href="https://tocsin.example.org/' in html, "the HTML has no link")
    return mail


def the_all_clear_is_in_the_thread(world, page):
    now = time.time()
    world.fire("db-1", endsAt=common.rfc3339(now - 1), startsAt=common.rfc3339(now - 60))
    recall = wait_for("the all-clear", lambda: world.mails(world.server, "db-1")[1:], 20)[0]
    expect(recall["X-Tocsin-Kind"] == "recall", f"the second mail is {recall['X-Tocsin-Kind']}")
    for header in ("Subject", "References", "In-Reply-To", "To"):
        expect(str(recall[header]) == str(page[header]),
               f"{header} changed from {page[header]!r} to {recall[header]!r}")
    expect(re.fullmatch(r"<INC0000001\.1@example\.org>", str(page["References"])), "no thread")
    expect(recall["Message-ID"] != page["Message-ID"], "the all-clear has the Message-ID of the page")
    expect(recall.text().startswith("Resolved, nothing to do: P1 INC0000001"), recall.text())


def a_busy_server_is_asked_again(world):
    world.script["db-2"] = ["451 4.7.1 greylisted, come back"]
    world.fire("db-2")
    both = wait_for("the second attempt", lambda: world.mails(world.server, "db-2")[1:] and
                    world.mails(world.server, "db-2"))
    expect(both[0]["Message-ID"] == both[1]["Message-ID"], "another Message-ID")
    expect(both[1].at - both[0].at < 5, "it took its time")
    expect("greylisted" in str(world.timeline("db-2")), "the timeline does not say why")


def broken_off_is_unknown(world):
    world.script["db-3"] = ["drop"]
    world.fire("db-3")
    both = wait_for("the second attempt", lambda: world.mails(world.server, "db-3")[1:] and
                    world.mails(world.server, "db-3"))
    expect(both[0]["Message-ID"] == both[1]["Message-ID"], "another Message-ID")
    outcomes = [e["fields"]["outcome"] for e in world.timeline("db-3") if "outcome" in e["fields"]]
    expect(outcomes[:1] == ["unknown"], f"the outcomes are {outcomes}")
    wait_for("it is delivered once", lambda: [
        e["fields"]["end"] for e in world.timeline("db-3") if "end" in e["fields"]] == ["delivered"])


def refused_goes_on_at_once(world):
    world.script["db-4"] = ["550 5.1.1 no such user"] * 10
    start = time.monotonic()
    world.fire("db-4")
    page = wait_for("the pager", lambda: world.sink.seen(ci="db-4"))[0]
    expect(page.at - start < 2 * common.PATIENCE, f"it took {page.at - start:.1f} s")
    expect(len(world.mails(world.server, "db-4")) == 1, "a refused page was sent again")
    expect("no such user" in str(world.timeline("db-4")), "the timeline does not say why")


def only_as_safe_as_asked(world):
    start = time.monotonic()
    for ci in ("db-5", "db-6", "db-7"):
        world.fire(ci)
    expect(not world.first(world.plain, "db-5").tls, "this one has no TLS")
    for ci, why in (("db-6", "STARTTLS"), ("db-7", "certificate")):
        page = wait_for("the pager instead", lambda: world.sink.seen(ci=ci), 30)[0]
        expect(page.at - start < 30, f"{ci}: it took {page.at - start:.1f} s")
        expect(not world.mails(world.plain, ci) and not world.mails(world.server, ci),
               f"a mail about {ci} left unprotected")
        expect(why in str(world.timeline(ci)), f"the timeline of {ci} does not speak of {why}")


def test(options, folder):
    world = World(options, folder)
    try:
        world.daemon.start()
        page = the_text_says_what_matters(world)
        a_busy_server_is_asked_again(world)
        broken_off_is_unknown(world)
        refused_goes_on_at_once(world)
        only_as_safe_as_asked(world)
        the_all_clear_is_in_the_thread(world, page)
        for server in (world.server, world.plain):
            expect(not server.wrong, f"a strict server says: {server.wrong}")
        expect(smtp_server.PASSWORD.decode() not in world.daemon.words(), "the log has the password")
        world.daemon.stop()
        print(f"mail: {len(world.server.mails)} messages, one thread an incident, none unprotected")
    finally:
        world.stop()


if __name__ == "__main__":
    common.main(test, __doc__)
