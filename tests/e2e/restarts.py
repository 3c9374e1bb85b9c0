#!/usr/bin/env python3
"""A storm of restarts pages nobody twice: 20 of them, half by a kill, while everything fires on and is sent
again after each. With --minutes 5 they are spread over five minutes.
"""

import time

import common
from common import expect, wait_for

RESTARTS = 20
CONFIG = """
http: {{listen: ["127.0.0.1:{port}"]}}
people: [{{id: bob, reach: {{page: [hook, mail], inform: [mail]}}}}]
channels:
  - {{name: hook, kind: webhook, url: "{sink}", secret: {secret}}}
  - {{name: mail, kind: mailbox, directory: {mailbox}}}
# The second step is far away: nobody is to be paged again for its sake.
escalation:
  P1: [{{at: 0m, to: [primary]}}, {{at: 4h, to: [primary]}}]
  P2: [{{at: 0m, to: [primary]}}, {{at: 4h, to: [primary]}}]
groups: [{{id: ops, members: [bob]}}]
"""
STARTED = time.time() - 5
ALERTS = [{"labels": {"alertname": "Down", "instance": f"host-{n}", "severity": "critical"},
           "startsAt": common.rfc3339(STARTED)} for n in range(20)]


def test(options, folder):
    sink = common.Sink()
    mailbox = f"{folder}/mailbox"
    config = common.write_file(f"{folder}/tocsin.yaml", CONFIG.format(
        port=common.free_port(), sink=sink.url, secret=common.SECRET, mailbox=mailbox))
    daemon = common.Daemon(options.binary, config, f"{folder}/data", folder)
    try:
        daemon.start()
        daemon.alerts(ALERTS)
        wait_for("each is paged", lambda: len(sink.seen(kind="page")) == len(ALERTS), 30)
        moving = lambda: [p for p in daemon.get("/v1/pages?limit=1000")["pages"] if p["state"] != "delivered"]
        wait_for("each page is known to be delivered", lambda: not moving(), 30)
        for number in range(RESTARTS):
            time.sleep(60 * options.minutes / RESTARTS)
            daemon.stop() if number % 2 else daemon.kill()
            daemon.start()
            daemon.alerts(ALERTS)
            expect(not moving(), f"behind restart {number + 1} a page is on its way: {moving()[:3]}")
        pages = sink.seen()
        expect(len(pages) == len(ALERTS), f"{len(pages)} messages instead of {len(ALERTS)}: "
               f"{[(m.kind, m.incident, m.body['why']) for m in pages[len(ALERTS):][:5]]}")
        expect(not common.mails(mailbox), "mails were sent")
        expect(not sink.wrong, f"a receiver would have refused: {sink.wrong[:3]}")
        expect(len(daemon.incidents()) == len(ALERTS), "there are more incidents than alerts")
        unaccounted = daemon.metrics()["tocsin_events_unaccounted"]
        expect(not unaccounted, "events are unaccounted for")
        print(f"restarts: {RESTARTS} restarts, {len(ALERTS)} incidents that fire on, {len(pages)} pages, "
              "none of them twice")
        daemon.stop()
    finally:
        daemon.ensure_gone()
        sink.close()


def arguments(parser):
    parser.add_argument("--minutes", type=float, default=0, help="over which the restarts are spread")


if __name__ == "__main__":
    common.main(test, __doc__, arguments)
