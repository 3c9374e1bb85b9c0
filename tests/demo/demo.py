#!/usr/bin/env python3
"""The whole story with real peers from Debian: something breaks, somebody is paged, it heals.

Prometheus watches a machine (a node exporter). The machine dies. An incident opens, and bob gets a mail.
He answers by the link in it. Alertmanager and, by rsyslog, the machine's own log report more trouble of
it: the same incident, and nobody is called twice. The machine comes back, bob resolves, and the all-clear
arrives in the thread of the page. Every step says where to look. Unattended, each step also checks that it
happened.

With a terminal it waits for Enter between the steps, unless --unattended.
"""

import glob
import os
import re
import subprocess
import sys
import time
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "e2e"))
import common  # noqa: E402
from common import expect, wait_for  # noqa: E402

CONFIG = """
http: {{listen: ["127.0.0.1:{tocsin}"], external_url: "http://127.0.0.1:{tocsin}"}}
syslog: [{{tcp: "127.0.0.1:{syslog}"}}]
syslog_rules:
  - id: disk-unreadable
    program: smartd
    match: 'Device: (?P<disk>/dev/\w+), \d+ Currently unreadable'
    clear: 'Device: (?P<disk>/dev/\w+), no more'
    set: {{severity: error, summary: "{{disk}} has sectors that cannot be read"}}
tokens: [{{name: bob-cli, person: bob, roles: [engineer], token: the-secret-of-bob}}]
integrations:
  - {{name: prometheus, source: alertmanager_v2}}
  - {{name: alertmanager, source: alertmanager_webhook}}
channels:
  - {{name: mail, kind: smtp, host: 127.0.0.1, port: {smtp}, starttls: never, from: tocsin@example.org}}
people:
  - {{id: bob, email: bob@example.org, reach: {{page: [mail]}}}}
  - {{id: alice, email: alice@example.org, reach: {{page: [mail]}}}}
groups: [{{id: shop, members: [bob, alice]}}]
cis:
  - {{id: svc-shop, class: service, criticality: mission_critical, group: shop}}
  - {{id: web-07, class: host, criticality: mission_critical, supports: [svc-shop], group: shop}}
escalation: {{P1: [{{at: 0s, to: [primary]}}, {{at: 5m, to: [secondary]}}]}}
verify: {{P1: 5s}}
"""
PROMETHEUS = """
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: [rules.yml]
alerting: {{alertmanagers: [{{static_configs: [{{targets: ["127.0.0.1:{tocsin}"]}}]}}]}}
scrape_configs:
  - job_name: node
    static_configs: [{{targets: ["127.0.0.1:{exporter}"], labels: {{host: web-07}}}}]
"""
RULES = """
groups:
  - name: machines
    rules:
      - alert: HostDown
        expr: up{job="node"} == 0
        labels: {severity: critical}
        annotations: {summary: "{{ $labels.host }} does not answer"}
"""
ALERTMANAGER = """
route: {{receiver: tocsin, group_by: ['...'], group_wait: 0s, group_interval: 1s}}
receivers:
  - name: tocsin
    webhook_configs: [{{url: "http://127.0.0.1:{tocsin}/hooks/alertmanager", send_resolved: true}}]
"""


RSYSLOG = """
global(workDirectory="{folder}" localHostname="web-07")
module(load="imuxsock" SysSock.Use="off")
input(type="imuxsock" Socket="{folder}/log")
action(type="omfwd" target="127.0.0.1" port="{syslog}" protocol="tcp" TCP_Framing="octet-counted"
       template="RSYSLOG_SyslogProtocol23Format" action.resumeRetryCount="-1")
"""


class Stage:
    """The peers, their ports, and what the visitor is told."""

    def __init__(self, options, folder):
        self.folder, self.binary = folder, options.binary
        self.waits = not options.unattended and sys.stdin.isatty()
        self.ports = {n: common.free_port()
                      for n in ("tocsin", "smtp", "exporter", "prometheus", "alertmanager", "syslog")}
        self.running, self.started, self.step = {}, time.monotonic(), 0
        for name, text in (("tocsin.yaml", CONFIG), ("prometheus.yml", PROMETHEUS),
                           ("alertmanager.yml", ALERTMANAGER), ("rsyslog.conf", RSYSLOG)):
            common.write_file(self.path(name), text.format(folder=folder, **self.ports))
        common.write_file(self.path("rules.yml"), RULES)
        self.daemon = common.Daemon(self.binary, self.path("tocsin.yaml"), self.path("store"), folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def url(self, name, path=""):
        return f"http://127.0.0.1:{self.ports[name]}{path}"

    def say(self, title, *looks):
        if self.waits and self.step:
            input("\n   Enter goes on. ")
        self.step += 1
        print(f"\n[{time.monotonic() - self.started:3.0f} s] {self.step}. {title}")
        for look in looks:
            print(f"      {look}")
        sys.stdout.flush()

    def run(self, name, program, *arguments):
        with open(self.path(name + ".log"), "ab") as log:
            self.running[name] = subprocess.Popen([common.find_program(program), *arguments], stdout=log,
                                                  stderr=log, cwd=self.folder)

    def end(self, name):
        process = self.running.pop(name)
        process.terminate()
        process.wait(10)

    def run_exporter(self):
        self.run("exporter", "prometheus-node-exporter",
                 f"--web.listen-address=127.0.0.1:{self.ports['exporter']}")

    def answers(self, name, path):
        expect(self.running[name].poll() is None, f"{name} ended; see {self.path(name)}.log")
        try:
            return common.request(self.ports[name], "GET", path, timeout=2.0)[0] == 200
        except OSError:
            return False

    def open(self):
        self.run("smtp", "/usr/bin/python3", "-m", "aiosmtpd", "-n", "-l",
                 f"127.0.0.1:{self.ports['smtp']}", "-c", "aiosmtpd.handlers.Mailbox", self.path("mail"))
        self.run_exporter()
        self.run("prometheus", "prometheus", f"--config.file={self.path('prometheus.yml')}",
                 f"--storage.tsdb.path={self.path('prometheus')}", "--rules.alert.resend-delay=1s",
                 f"--web.listen-address=127.0.0.1:{self.ports['prometheus']}")
        self.run("alertmanager", "prometheus-alertmanager", "--cluster.listen-address=",
                 f"--config.file={self.path('alertmanager.yml')}",
                 f"--storage.path={self.path('alertmanager')}",
                 f"--web.listen-address=127.0.0.1:{self.ports['alertmanager']}")
        self.run("rsyslog", "rsyslogd", "-n", "-f", self.path("rsyslog.conf"), "-i", self.path("rsyslog.pid"))
        self.daemon.start()
        for name, path in (("exporter", "/metrics"), ("prometheus", "/-/ready"),
                           ("alertmanager", "/-/ready")):
            wait_for(f"{name} answers", lambda: self.answers(name, path), 60)
        wait_for("rsyslog hears", lambda: os.path.exists(self.path("log")), 20)

    def close(self):
        for name in list(self.running):
            self.end(name)
        if self.daemon.process and self.daemon.process.poll() is None:
            self.daemon.stop()

    def tocsin(self, *arguments):
        """A verb as the visitor would type it, with what it prints."""
        print(f"      $ TOCSIN_URL={self.url('tocsin')} TOCSIN_TOKEN=the-secret-of-bob tocsin "
              + " ".join(f"'{a}'" if " " in a else a for a in arguments))
        said = common.run([self.binary, *arguments], 0,
                          {"TOCSIN_URL": self.url("tocsin"), "TOCSIN_TOKEN": "the-secret-of-bob",
                           "XDG_RUNTIME_DIR": self.folder})
        print("".join(f"      | {line}\n" for line in said.splitlines()), end="")
        return said

    def amtool(self, *arguments):
        common.run([common.find_program("amtool"), f"--alertmanager.url={self.url('alertmanager')}",
                    "alert", "add", "DiskFailing", "host=web-07", "severity=critical",
                    "--annotation=summary=a disk of web-07 reports errors", *arguments])

    def smartd(self, text):
        """What the daemon of this name would write into the log of web-07."""
        print(f"      $ logger -u {self.path('log')} -p daemon.err -t smartd '{text}'")
        common.run(["logger", "-u", self.path("log"), "-p", "daemon.err", "-t", "smartd", text])

    def mails(self, kind):
        """What the mail server has put into its Maildir, of one kind, oldest first."""
        out = []
        for file in sorted(glob.glob(self.path("mail/new/*")), key=os.path.getmtime):
            with open(file, "rb") as handle:
                mail = common.email.message_from_binary_file(handle, policy=common.email.policy.default)
            if mail["X-Tocsin-Kind"] == kind:
                out.append((file, mail))
        return out

    def show_mail(self, file, mail):
        text = mail.get_body(("plain",)).get_content().strip()
        print(f"      {file}\n      | To: {mail['To']}\n      | Subject: {mail['Subject']}\n      |")
        print("".join(f"      | {line}\n" for line in text.splitlines()), end="")
        return text

    def incident(self):
        return self.daemon.incident("1")


def breaks(stage):
    stage.say("web-07 dies: its node exporter is killed. Prometheus notices and tells Tocsin.",
              f"Prometheus: {stage.url('prometheus', '/alerts')}", f"Tocsin: {stage.url('tocsin', '/')}")
    stage.end("exporter")
    wait_for("an incident is open", lambda: stage.daemon.incidents("open"), 30)
    stage.tocsin("incident", "list")
    incident = stage.incident()
    expect((incident["priority"], incident["ci"]) == ("P1", "web-07"), f"not a P1 of web-07: {incident}")


def pages(stage):
    stage.say("bob is on call. His page is with the mail server:")
    file, mail = wait_for("a page arrives", lambda: stage.mails("page"), 20)[0]
    expect(mail["To"] == "bob@example.org", f"it is for {mail['To']}")
    return stage.show_mail(file, mail)


def answers(stage, text):
    link = re.search(r"http://\S+/a/\S+", text).group(0)
    stage.say("bob answers: he opens the link in the mail and presses the button. The escalation ends.",
              f"in a browser: {link}")
    if stage.waits:
        input("   Press the button yourself, or Enter does it. ")
    path = urllib.parse.urlparse(link).path
    status, _, page = common.request(stage.ports["tocsin"], "GET", path)
    expect(status == 200 and stage.incident()["state"] in ("new", "in_progress"), f"the link: {status}")
    form = re.search(r'<form[^>]*action="([^"]*)"', page.decode())
    expect(form, "the page of the link has no button")
    fields = dict(re.findall(r'<input[^>]*name="(\w+)"[^>]*value="([^"]*)"', page.decode()))
    common.request(stage.ports["tocsin"], "POST", form.group(1) or path,
                   urllib.parse.urlencode(fields),
                   headers={"Content-Type": "application/x-www-form-urlencoded"})
    wait_for("bob owns it", lambda: stage.incident()["owner"] == "bob", 10)
    stage.tocsin("incident", "list")


def more_trouble(stage):
    stage.say("Alertmanager reports a failing disk of web-07, and so does its log, which rsyslog forwards: the "
              "same incident,\n         nobody is called again.",
              f"Alertmanager: {stage.url('alertmanager', '/#/alerts')}",
              f"rsyslog: {stage.path('rsyslog.conf')}")
    stage.amtool()
    stage.smartd("Device: /dev/sda, 8 Currently unreadable (pending) sectors")
    wait_for("all alerts are in it", lambda: stage.incident()["alerts"]["firing"] == 3, 20)
    stage.tocsin("incident", "list")
    expect(len(stage.daemon.incidents()) == 1, "a second incident was opened")
    expect(len(stage.mails("page")) == 1, "somebody was paged again")


def heals(stage):
    stage.say("web-07 is back, its disk replaced. When all has been quiet for 5 s, bob is asked if it is over.",
              f"Prometheus: {stage.url('prometheus', '/alerts')}")
    stage.run_exporter()
    stage.smartd("Device: /dev/sda, no more unreadable sectors")
    stage.amtool("--end=" + time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()))
    wait_for("nothing fires", lambda: stage.incident()["alerts"]["firing"] == 0, 60)
    stage.show_mail(*wait_for("bob is asked", lambda: stage.mails("notice"), 30)[0])


def is_over(stage):
    stage.say("bob says what it was. The all-clear comes in the thread of the page:")
    stage.tocsin("incident", "resolve", "1", "--code", "hardware_replaced", "--cause", "hardware",
                 "--note", "replaced the disk of web-07 and rebooted")
    file, recall = wait_for("the all-clear arrives", lambda: stage.mails("recall"), 20)[0]
    stage.show_mail(file, recall)
    page = stage.mails("page")[0][1]
    expect(recall["References"] and recall["References"] == page["References"] and
           recall["Subject"] == page["Subject"], "the all-clear is in another thread")


def story(stage):
    stage.say("The record: what happened, who did it, and why.",
              f"in a browser: {stage.url('tocsin', '/incidents/INC0000001')}")
    said = stage.tocsin("incident", "show", "1")
    expect("bob" in said and "resolved" in said, "the story does not say how it ended")


def test(options, folder):
    stage = Stage(options, folder)
    try:
        stage.say("Prometheus, a node exporter, Alertmanager, rsyslog, a mail server and Tocsin start.",
                  f"Prometheus: {stage.url('prometheus')}", f"Alertmanager: {stage.url('alertmanager')}",
                  f"Tocsin: {stage.url('tocsin')}", f"files: {folder}", f"mail: {stage.path('mail/new')}")
        stage.open()
        breaks(stage)
        answers(stage, pages(stage))
        more_trouble(stage)
        heals(stage)
        is_over(stage)
        story(stage)
        took = time.monotonic() - stage.started
        if stage.waits:
            input("\n   Enter ends all of it and removes its files. ")
        else:
            expect(took < 180, f"it took {took:.0f} s")
        print(f"\nThat was {took:.0f} s.")
    except KeyboardInterrupt:
        print("\nended early")
    finally:
        stage.close()


if __name__ == "__main__":
    common.main(test, __doc__.splitlines()[0], lambda p: p.add_argument(
        "--unattended", action="store_true", help="never wait for Enter; the test of it"))
