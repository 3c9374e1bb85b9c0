#!/usr/bin/env python3
"""Alertmanager of Debian with us as the receiver of its webhook, by the page docs/send-from-alertmanager.md.

Two alerts of one group: one incident and one page. Repeats of the group: nothing is written. Resolved:
the incident is over after its verify window, and who was paged hears it. A wrong token: nothing is taken.
"""

import os
import subprocess
import time

import common
from common import expect, holds_for, wait_for

CONFIG = """
http: {{listen: ["127.0.0.1:{port}"]}}
channels:
  - {{name: pager, kind: webhook, url: "{sink}", secret: {secret}}}
people:
  - {{id: bob, reach: {{page: [pager]}}}}
groups: [{{id: shop, members: [bob]}}]
cis: [{{id: db-shop-01, class: database, criticality: mission_critical, group: shop}}]
integrations:
  - {{name: alertmanager, source: alertmanager_webhook, token: {token}, repeat_interval: 4h}}
verify: {{P1: 2s}}
"""
ALERTMANAGER = """
route:
  receiver: tocsin
  group_by: [alertname]
  group_wait: 500ms
  group_interval: 1s
  repeat_interval: 1s
receivers:
  - name: tocsin
    webhook_configs:
      - url: http://127.0.0.1:{port}/hooks/alertmanager
        send_resolved: true
        http_config:
          authorization: {{credentials: {token}}}
"""


class Alertmanager:
    def __init__(self, folder, name, port, token):
        self.folder, self.port = os.path.join(folder, name), common.free_port()
        os.mkdir(self.folder)
        config = common.write_file(os.path.join(self.folder, "am.yml"),
                                   ALERTMANAGER.format(port=port, token=token))
        command = [common.find_program("prometheus-alertmanager"), f"--config.file={config}",
                   f"--storage.path={self.folder}/data", "--cluster.listen-address=",
                   f"--web.listen-address=127.0.0.1:{self.port}"]
        with open(os.path.join(self.folder, "log"), "ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder)
        wait_for("Alertmanager is ready", self.is_ready, 30)

    def is_ready(self):
        expect(self.process.poll() is None, "Alertmanager ended: see " + self.folder)
        try:
            return common.request(self.port, "GET", "/-/ready", timeout=2.0)[0] == 200
        except OSError:
            return False

    def tell(self, disk, starts, ends=None):
        alert = {"labels": {"alertname": "DiskFull", "instance": "db-shop-01:9100", "disk": disk,
                            "severity": "critical"},
                 "annotations": {"summary": f"{disk} is full"}, "startsAt": common.rfc3339(starts)}
        if ends:
            alert["endsAt"] = common.rfc3339(ends)
        status, _, body = common.request(self.port, "POST", "/api/v2/alerts", [alert])
        expect(status == 200, f"Alertmanager refuses the alert: {status} {body!r}")

    def close(self):
        self.process.kill()
        self.process.wait()


def test(options, folder):
    sink = common.Sink()
    port = common.free_port()
    config = common.write_file(os.path.join(folder, "tocsin.yaml"), CONFIG.format(
        port=port, sink=sink.url, secret=common.SECRET, token=common.TOKEN))
    daemon = common.Daemon(options.binary, config, os.path.join(folder, "data"), folder)
    senders = []
    try:
        daemon.start()
        am = Alertmanager(folder, "good", port, common.TOKEN)
        senders.append(am)
        heard = lambda: common.total(daemon.metrics(), "tocsin_events_received_total",
                                     source="alertmanager")
        began = time.time()
        am.tell("sda1", began)
        am.tell("sda2", began)
        wait_for("bob is paged", lambda: sink.seen(kind="page"))
        wait_for("both alerts are in one incident", lambda: [
            i["alerts"]["firing"] for i in daemon.incidents()] == [2])
        incident = daemon.incidents()[0]
        expect((incident["ci"], incident["priority"]) == ("db-shop-01", "P1"), f"it is {incident}")

        expect(len(sink.seen(kind="page")) == 1, "the second alert of the group paged again")
        wait_for("what it wrote is done", lambda: common.total(
            daemon.metrics(), "tocsin_pages_total", outcome="delivered") >= 1)
        before, links = heard(), len(daemon.timeline(1))
        wait_for("Alertmanager repeats the group", lambda: heard() >= before + 4, 15)
        expect(len(daemon.timeline(1)) == links, "a repeat stands in the timeline")

        am.tell("sda1", began, time.time())
        am.tell("sda2", began, time.time())
        wait_for("the incident is resolved",
                 lambda: daemon.incident(1)["state"] == "resolved", 20)
        wait_for("bob hears that it is over", lambda: sink.seen(kind="recall"))
        expect(len(daemon.incidents()) == 1, "there is more than one incident")

        wrong = Alertmanager(folder, "wrong", port, "not-the-token")
        senders.append(wrong)
        wrong.tell("sdb1", time.time())
        wait_for("the wrong token is refused", lambda: common.total(
            daemon.metrics(), "tocsin_event_dispositions_total", disposition="rejected_auth") >= 1, 15)
        holds_for("nothing of it is taken", lambda: len(daemon.incidents()) == 1, 1)
        expect(not sink.wrong, f"messages that a strict receiver refuses: {sink.wrong}")
        daemon.stop()
        print("alertmanager: a group of two is one incident and one page; repeats write nothing; resolved")
    finally:
        for sender in senders:
            sender.close()
        daemon.ensure_gone()
        sink.close()


if __name__ == "__main__":
    common.main(test, __doc__)
