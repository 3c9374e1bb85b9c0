#!/usr/bin/env python3
"""`promtool check metrics` has nothing to say about /metrics, neither of an idle daemon nor of one
with incidents, pages and refused requests behind it."""

import os

import common
from common import expect, wait_for

CONFIG = """
http: {{listen: ["127.0.0.1:{port}"]}}
channels:
  - {{name: pager, kind: webhook, url: "{sink}", secret: {secret}}}
  - {{name: "über \\"mail\\"", kind: mailbox, directory: {mailbox}}}
people:
  - {{id: bob, email: bob@example.org, reach: {{page: [pager]}}}}
  - {{id: alice, reach: {{page: ["über \\"mail\\""]}}}}
groups: [{{id: shop, members: [bob, alice]}}]
escalation: {{P2: [{{at: 0m, to: [primary, secondary]}}]}}
"""


def check(daemon, when):
    status, headers, body = common.request(daemon.port, "GET", "/metrics")
    expect(status == 200 and headers["Content-Type"].startswith("text/plain"), f"/metrics: {status}")
    said = common.run([common.find_program("promtool"), "check", "metrics"], text=body.decode())
    expect(not said.strip(), f"promtool about a daemon {when}:\n{said}")
    return len(common.parse_metrics(body.decode()))


def test(options, folder):
    sink = common.Sink()
    port = common.free_port()
    config = common.write_file(
        os.path.join(folder, "tocsin.yaml"),
        CONFIG.format(port=port, sink=sink.url, secret=common.SECRET,
                      mailbox=os.path.join(folder, "mailbox")))
    daemon = common.Daemon(options.binary, config, os.path.join(folder, "data"), folder)
    try:
        daemon.start()
        idle = check(daemon, "that is idle")
        daemon.alerts([{"labels": {"alertname": f"Disk{i}", "instance": f"web-{i}",
                                   "severity": ["critical", "warning", "info"][i % 3]},
                        "annotations": {"summary": 'a "quoted" \\ text\nof two lines'}}
                       for i in range(30)])
        daemon.post("/api/v2/alerts", "[{", want=400)
        daemon.post("/hooks/nobody", {}, want=404)
        wait_for("pages are counted", lambda: common.total(
            daemon.metrics(), "tocsin_pages_total", outcome="delivered") >= 20)
        busy = check(daemon, "at work")
        daemon.stop()
        print(f"promtool: nothing to say about {idle} samples idle and {busy} at work")
    finally:
        daemon.ensure_gone()


if __name__ == "__main__":
    common.main(test, __doc__)
