#!/usr/bin/env python3
"""Prometheus of Debian with us as its Alertmanager, from a gauge that flips to people who are told.

Fires: one incident, one page by webhook and one by mail, with the right priority and CI. Repeats:
nothing is written. Clears: resolved after the verify window, and who was paged hears it. Dies: the
alert becomes stale, the incident stays open and says so.
"""

import http.server
import os
import subprocess
import threading

import common
from common import expect, holds_for, wait_for

CONFIG = """
http: {{listen: ["127.0.0.1:{port}"]}}
channels:
  - {{name: pager, kind: webhook, url: "{sink}", secret: {secret}}}
  - {{name: mail, kind: mailbox, directory: {mailbox}}}
people:
  - {{id: bob, email: bob@example.org, reach: {{page: [pager]}}}}
  - {{id: alice, email: alice@example.org, reach: {{page: [mail]}}}}
groups: [{{id: shop, members: [bob, alice]}}]
cis: [{{id: db-shop-01, class: database, criticality: mission_critical, group: shop,
       match: ['instance="127.0.0.1:{exporter}"']}}]
escalation: {{P1: [{{at: 0m, to: [primary, secondary]}}, {{at: 10m, to: [primary]}}]}}
verify: {{P1: 3s}}
lifecycle: {{resolve_timeout: 10s, stale_grace: 60s}}
"""
PROMETHEUS = """
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: [rules.yml]
alerting:
  alertmanagers: [{{static_configs: [{{targets: ["127.0.0.1:{port}"]}}]}}]
scrape_configs: [{{job_name: shop, static_configs: [{{targets: ["127.0.0.1:{exporter}"]}}]}}]
"""
RULES = """
groups:
  - name: shop
    rules:
      - alert: PostgresDown
        expr: shop_broken > 0
        labels: {severity: critical}
        annotations: {summary: "Postgres is down", description: "broken since {{ $value }} scrapes"}
"""


class Exporter:
    """One gauge. While it is broken, its value is another at every scrape."""

    def __init__(self):
        self.broken = 0
        exporter = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *arguments):
                pass

            def do_GET(self):
                if exporter.broken:
                    exporter.broken += 1
                body = f"# TYPE shop_broken gauge\nshop_broken {exporter.broken}\n".encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


class Prometheus:
    def __init__(self, folder, port, exporter_port):
        self.folder, self.port = os.path.join(folder, "prometheus"), common.free_port()
        os.mkdir(self.folder)
        common.write_file(os.path.join(self.folder, "rules.yml"), RULES)
        config = PROMETHEUS.format(port=port, exporter=exporter_port)
        self.config = common.write_file(os.path.join(self.folder, "prometheus.yml"), config)
        self.process = None

    def start(self):
        command = [common.find_program("prometheus"), f"--config.file={self.config}",
                   f"--storage.tsdb.path={self.folder}/data", "--rules.alert.resend-delay=1s",
                   f"--web.listen-address=127.0.0.1:{self.port}"]
        with open(os.path.join(self.folder, "log"), "ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder)
        wait_for("Prometheus is ready", self.is_ready, 30)

    def is_ready(self):
        try:
            return common.request(self.port, "GET", "/-/ready")[0] == 200
        except OSError:
            return False

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def fires(daemon, sink, mailbox, exporter):
    exporter.broken = 1
    incident = wait_for("an incident is open", lambda: daemon.incidents("open"), 20)[0]
    number = incident["number"]
    wait_for("bob is paged by webhook", lambda: sink.seen(kind="page", incident=number))
    wait_for("alice is paged by mail", lambda: common.mails(mailbox, kind="page"))
    expect(incident["priority"] == "P1", f"the priority is {incident['priority']}, not P1")
    expect(incident["ci"] == "db-shop-01", f"the CI is '{incident['ci']}', not db-shop-01")
    expect(incident["category"] == "database", f"the category is {incident['category']}")
    page = sink.seen(kind="page")[0].body
    expect((page["priority"], page["ci"], page["person"]) == ("P1", "db-shop-01", "bob"),
           f"the webhook says {page}")
    mail = common.mails(mailbox, kind="page")[0]
    expect(mail["To"] == "alice@example.org" and number in mail["Subject"] and
           "P1" in mail.get_content() and "db-shop-01" in mail.get_content(), f"the mail says {mail}")
    return number


def record_of(daemon, number):
    """Without what passes by itself: how long its clocks have run."""
    record = daemon.incident(number)
    for clock in record["clocks"].values():
        del clock["elapsed_seconds"], clock["remaining_seconds"]
    return record


def repeats_write_nothing(daemon, number):
    """Counts ride in a frame every 10 s; between two of them the log must not grow at all."""
    received = 'alertmanager_alerts_received_total{status="firing",version="v2"}'
    before = daemon.seq()
    wait_for("the counts of the first repeats are written", lambda: daemon.seq() > before, 15)
    record, start = record_of(daemon, number), daemon.metrics()
    seq = start["tocsin_log_durable_sequence"]
    holds_for("repeats write nothing", lambda: daemon.seq() == seq, 8)
    heard = daemon.metrics()[received] - start[received]
    expect(heard >= 3, f"only {heard:.0f} repeats came in 8 s")
    expect(record_of(daemon, number) == record, "the incident changed by a repeat")
    alert = daemon.get(f"/v1/alerts?incident={number}")["alerts"]
    expect(len(alert) == 1, f"{len(alert)} alerts instead of one: {alert}")
    return heard


def clears(daemon, sink, mailbox, exporter, number):
    exporter.broken = 0
    wait_for("recovery is seen", lambda: daemon.incident(number)["verify_until"], 20)
    expect(daemon.incident(number)["state"] != "resolved", "resolved before its verify window")
    wait_for("the incident resolves", lambda: daemon.incident(number)["state"] == "resolved", 10)
    resolution = daemon.incident(number)["resolution"]
    expect(resolution["code"] == "auto_recovered", f"resolved as {resolution}")
    wait_for("bob hears that it is over", lambda: sink.seen(kind="recall", person="bob"))
    wait_for("alice hears that it is over", lambda: common.mails(mailbox, kind="recall"))


def dies(daemon, sink, exporter, prometheus, seconds):
    exporter.broken = 1
    number = wait_for("it fires again", lambda: daemon.incidents("open"), 20)[0]["number"]
    prometheus.kill()
    wait_for("the incident says that its monitoring is silent",
             lambda: daemon.incident(number)["monitoring_silent"], seconds, 0.2)
    record = daemon.incident(number)
    expect(record["state"] == "new", f"silence made it {record['state']}")
    expect(record["alerts"]["stale"] == 1, f"its alerts are {record['alerts']}")
    story = [e["text"] for e in daemon.timeline(number) if e["kind"] == "alert_stale"]
    expect(story and "stays open" in story[0], f"the timeline does not say it: {story}")
    listed = daemon.get("/api/v2/alerts")
    expect(len(listed) == 1, f"the Alertmanager API lists {len(listed)} alerts, not the stale one")
    wait_for("bob is told of the silence", lambda: sink.seen(why="monitoring_silent"))


def test(options, folder):
    sink, exporter = common.Sink(), Exporter()
    mailbox = os.path.join(folder, "mailbox")
    port = common.free_port()
    config = common.write_file(
        os.path.join(folder, "tocsin.yaml"),
        CONFIG.format(port=port, sink=sink.url, secret=common.SECRET, mailbox=mailbox,
                      exporter=exporter.port))
    daemon = common.Daemon(options.binary, config, os.path.join(folder, "data"), folder)
    prometheus = Prometheus(folder, port, exporter.port)
    try:
        daemon.start()
        prometheus.start()
        number = fires(daemon, sink, mailbox, exporter)
        heard = repeats_write_nothing(daemon, number)
        pages = len(sink.seen(kind="page")), len(common.mails(mailbox, kind="page"))
        expect(pages == (1, 1), f"{pages[0]} pages by webhook and {pages[1]} by mail, not one each")
        expect(len(daemon.incidents()) == 1, "more than one incident")
        clears(daemon, sink, mailbox, exporter, number)
        # After a start nothing is called stale for a while (lifecycle.stale_grace, 60 s here).
        dies(daemon, sink, exporter, prometheus, 120)
        expect(not sink.wrong, f"the webhook receiver complains: {sink.wrong}")
        daemon.stop()
        print(f"prometheus: {number} from rule to recall; {heard:.0f} repeats wrote nothing; "
              "silence kept the second one open")
    finally:
        prometheus.kill()
        daemon.ensure_gone()


if __name__ == "__main__":
    common.main(test, __doc__)
