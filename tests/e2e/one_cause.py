#!/usr/bin/env python3
"""A switch dies: 20,000 alerts of what is below it in ten seconds, its own in the middle of them, and a
database that fails for a reason of its own.

  - there are two incidents, and two first pages, each within 1 s of when its alert was sent
  - every alert below the switch ends in the incident of the switch; no event is without a disposition
  - a storm is on; behind a kill -9 all of it is as it was

  one_cause.py --binary tocsin [--alerts N] [--seconds S] [--hosts N] [--json FILE] [--untimed]
"""

import http.client
import json
import threading
import time

import common
from common import expect, wait_for

CONFIG = """
http: {{listen: ["127.0.0.1:{port}"]}}
people:
  - {{id: noor, reach: {{page: [sink]}}}}
  - {{id: alice, reach: {{page: [sink]}}}}
groups: [{{id: net, members: [noor]}}, {{id: pay, members: [alice]}}]
default_group: net
channels: [{{name: sink, kind: webhook, url: "{sink}", secret: {secret}}}]
cis:
  - {{id: svc-shop, class: service, criticality: business_critical, users: 4000, group: net}}
  - {{id: svc-pay, class: service, criticality: mission_critical, users: 12000, group: pay}}
  - {{id: db-pay-01, class: database, supports: [svc-pay], group: pay}}
  - {{id: sw-core-1, class: network_switch, group: net}}
"""
HOST = "  - {{id: {0}, class: host, depends_on: [sw-core-1], supports: [svc-shop]}}\n"
BATCH, SENDERS = 40, 4
FIRST_PAGE_S = 1.0


def alert(name, ci, severity, **labels):
    return {"labels": {"alertname": name, "ci": ci, "severity": severity, **labels},
            "endsAt": common.rfc3339(time.time() + 3600)}


class Sender(threading.Thread):
    """Every SENDERS-th batch at its time, over a connection of its own."""

    def __init__(self, port, batches, begin):
        super().__init__(daemon=True)
        self.port, self.batches, self.begin, self.wrong = port, batches, begin, []

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30 * common.PATIENCE)
        for due, body in self.batches:
            time.sleep(max(0, self.begin + due - time.monotonic()))
            connection.request("POST", "/api/v2/alerts", body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                self.wrong.append(answer.status)


def send_all(daemon, options):
    """When the alerts of the switch and of the database were sent."""
    count = options.alerts
    hosts = [f"h-{i:04}" for i in range(options.hosts)]
    bodies = []
    for first in range(0, count, BATCH):
        some = [alert(f"Check{i // options.hosts}", hosts[i % options.hosts], "error")
                for i in range(first, min(count, first + BATCH))]
        bodies.append((options.seconds * first / count, json.dumps(some)))
    begin = time.monotonic() + 0.2
    senders = [Sender(daemon.port, bodies[k::SENDERS], begin) for k in range(SENDERS)]
    for sender in senders:
        sender.start()
    sent = {}
    for share, name, ci in ((0.5, "SwitchDown", "sw-core-1"), (0.7, "PostgresServerDown", "db-pay-01")):
        time.sleep(max(0, begin + share * options.seconds - time.monotonic()))
        sent[ci] = time.monotonic()
        daemon.alerts([alert(name, ci, "critical")])
    for sender in senders:
        sender.join()
        expect(not sender.wrong, f"alerts were answered {set(sender.wrong)}")
    return sent, time.monotonic() - begin


def judge(daemon, options, when):
    wait_for("nothing is held back", lambda: daemon.metrics()["tocsin_events_held"] == 0, 30)
    incidents = daemon.incidents()
    found = {i["ci"]: i["alerts"]["total"] for i in incidents}
    wanted = {"sw-core-1": options.alerts + 1, "db-pay-01": 1}
    expect(len(incidents) == 2 and found == wanted, f"{when}, there are {found} and not {wanted}")
    m = daemon.metrics()
    by = {d: common.total(m, "tocsin_event_dispositions_total", disposition=d)
          for d in ("incident_opened", "correlated")}
    expect(by == {"incident_opened": 2, "correlated": options.alerts}, f"{when}, dispositions are {by}")
    expect(common.total(m, "tocsin_events_received_total") == options.alerts + 2, "events were lost")
    expect(m["tocsin_events_unaccounted"] == 0, "events have no disposition")
    expect(m["tocsin_storm_active"] == 1, f"{when}, no storm is on")


def test(options, folder):
    sink = common.Sink()
    text = CONFIG.format(port=common.free_port(), sink=sink.url, secret=common.SECRET)
    text += "".join(HOST.format(f"h-{i:04}") for i in range(options.hosts))
    daemon = common.Daemon(options.binary, common.write_file(f"{folder}/tocsin.yaml", text),
                           f"{folder}/data", folder)
    figures = []
    try:
        daemon.start()
        sent, took = send_all(daemon, options)
        pages = lambda ci: sink.seen(kind="page", ci=ci)
        wait_for("both are paged", lambda: all(pages(ci) for ci in sent), 30)
        judge(daemon, options, "behind the storm")
        expect(len(sink.seen(kind="page")) == 2, f"{len(sink.seen(kind='page'))} pages, and not two")
        for ci, at in sent.items():
            waited = pages(ci)[0].at - at
            figures.append({"name": f"first page of {ci}", "unit": "ms", "ours": 1000 * waited,
                            "peer": None, "ratio": None})
            print(f"one cause: first page of {ci}: {1000 * waited:.0f} ms")
            expect(options.untimed or waited <= FIRST_PAGE_S, f"{ci} was paged after {waited:.2f} s")
        print(f"one cause: {options.alerts:,} alerts in {took:.1f} s, two incidents, two pages")
        daemon.kill()
        daemon.start(60)
        judge(daemon, options, "behind a kill")
        daemon.stop()
    finally:
        daemon.ensure_gone()
        sink.close()
    if options.json:
        common.write_file(options.json, json.dumps({"figures": figures}, indent=1) + "\n")


def arguments(parser):
    parser.add_argument("--alerts", type=int, default=20_000)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--hosts", type=int, default=500)
    parser.add_argument("--json", metavar="FILE", help="write the figures there")
    parser.add_argument("--untimed", action="store_true", help="judge nothing that the machine decides")


if __name__ == "__main__":
    common.main(test, __doc__, arguments)
