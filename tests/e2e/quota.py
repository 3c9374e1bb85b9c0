#!/usr/bin/env python3
"""An integration above its quota is answered 503 and taken again later; critical alerts, ends and others always are.

The quota is given and taken away by reloads. Nothing that was refused is there, and everything that was taken is.
"""

import os

import common
from common import expect

CONFIG = """http: {{listen: ["127.0.0.1:{port}"]}}
people: [{{id: ann, email: ann@example.org}}]
channels: [{{name: mail, kind: mailbox, directory: {folder}/mailbox}}]
integrations:
  - {{name: noisy, source: generic{quota}}}
  - {{name: quiet, source: generic}}
"""


def batch(first, count, **more):
    return [{"key": f"k{i}", "ci": f"host-{i}", "severity": "warning", "summary": "s", **more}
            for i in range(first, first + count)]


def test(options, folder):
    port, config = common.free_port(), os.path.join(folder, "tocsin.yaml")

    def configure(quota):
        common.write_file(config, CONFIG.format(port=port, folder=folder, quota=quota))

    def send(name, alerts):
        status, headers, _ = common.request(port, "POST", f"/hooks/{name}", alerts)
        expect(status == 200 or headers["Retry-After"], f"{status} without a word when to come again")
        return status

    configure(", quota: {alerts_per_second: 1, burst: 50}")
    daemon = common.Daemon(options.binary, config, os.path.join(folder, "data"), folder)
    try:
        daemon.start()
        expect(send("noisy", batch(0, 50)) == 200, "a burst is refused")
        expect(send("noisy", batch(100, 50)) == 503, "what is above the quota is taken")
        expect(send("quiet", batch(200, 50)) == 200, "another integration is refused")
        expect(send("noisy", batch(300, 1, severity="critical")) == 200, "a critical alert is refused")
        expect(send("noisy", batch(0, 50, status="resolved")) == 200, "ends are refused")
        refused = common.total(daemon.metrics(), "tocsin_quota_refused_alerts_total", source="noisy")
        expect(refused == 50, f"{refused} alerts are counted as refused")
        there = {a["labels"].get("ci") for a in daemon.get("/api/v2/alerts")}
        expect("host-300" in there and "host-200" in there and "host-100" not in there, f"alerts of {sorted(there)} are there")
        configure("")
        daemon.post("/-/reload", None)
        expect(send("noisy", batch(100, 50)) == 200, "without a quota something is refused")
        daemon.stop()
    finally:
        daemon.ensure_gone()


common.main(test, __doc__)
