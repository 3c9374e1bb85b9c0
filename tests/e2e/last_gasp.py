#!/usr/bin/env python3
"""A daemon that has no store pages the administrators, once, and comes back by itself.

The database is made unreadable and readable again. While it is lost everybody is answered 503, nothing but the
page of administrators leaves, restarts do not repeat it, and SIGTERM ends it well. A daemon that keeps crashing
says so as well, though its store is good.
"""

import os
import signal
import time

import common
from common import expect, wait_for

CONFIG = """
http: {{listen: ["127.0.0.1:{port}"]}}
people:
  - {{id: ann, email: ann@example.org, reach: {{page: [gone, admins]}}}}
  - {{id: bob, email: bob@example.org, reach: {{page: [pager]}}}}
groups: [{{id: shop, members: [bob]}}]
default_group: shop
roles: {{administrator: [ann]}}
channels:
  - {{name: gone, kind: webhook, url: "http://127.0.0.1:9/", secret: "{secret}"}}
  - {{name: admins, kind: webhook, url: "http://127.0.0.1:{admins}/", secret: "{secret}"}}
  - {{name: pager, kind: webhook, url: "http://127.0.0.1:{pager}/", secret: "{secret}"}}
catch_all: {{people: [bob], channel: pager}}
"""

# A sanitizer would report each crash of ours; what it was told besides holds on.
CRASHES_ARE_MEANT = {name: os.environ[name] + ":handle_segv=0" for name in ("ASAN_OPTIONS", "TSAN_OPTIONS")
                     if name in os.environ}
ALERT = [{"labels": {"alertname": "Down", "ci": "db-1", "severity": "critical"}}]


def spawn_lost(daemon):
    daemon.spawn()
    wait_for("it answers", lambda: asked(daemon, "/-/healthy") == 200, 30)


def asked(daemon, path, body=None):
    try:
        return common.request(daemon.port, "POST" if body else "GET", path, body, timeout=5.0)[0]
    except OSError:
        return None


def store_is_lost(daemon, admins, pager):
    data = daemon.command[daemon.command.index("--data") + 1]
    current = os.path.join(data, "db", "CURRENT")
    good = open(current, encoding="utf-8").read()
    common.write_file(current, "MANIFEST-999999\n")
    began = time.monotonic()
    spawn_lost(daemon)
    page = wait_for("an administrator is paged", lambda: admins.seen(kind="page"), 30)[0]
    paged = page.at - began
    expect(page.body["title"].startswith("store lost on "), f"the page says {page.body['title']}")
    expect(page.incident == "" and page.body["person"] == "ann", f"the page is {page.body}")
    expect(asked(daemon, "/-/ready") == 503 and asked(daemon, "/v1/incidents") == 503, "it says that it is ready")
    status, headers, _ = common.request(daemon.port, "POST", "/api/v2/alerts", ALERT)
    expect(status == 503 and headers["Retry-After"], f"an alert was answered {status}")
    expect(daemon.metrics()["tocsin_store_lost"] == 1, "the metric does not say it")

    for _ in range(3):
        daemon.kill()
        spawn_lost(daemon)
        wait_for("it has said it", lambda: "event=store_lost" in daemon.words(), 10)
    common.holds_for("no second page", lambda: len(admins.seen()) == 1, 2)
    daemon.stop()

    spawn_lost(daemon)
    common.write_file(current, good)
    began = time.monotonic()
    wait_for("it is back by itself", daemon.is_ready, 30)
    back = time.monotonic() - began
    expect(not pager.seen(), "somebody else was paged")
    daemon.alerts(ALERT)
    wait_for("pages go their usual way", lambda: pager.seen(kind="page"), 10)
    expect(len(admins.seen()) == 1, "the administrators were paged again")
    return paged, back


def keeps_crashing(daemon, admins):
    for _ in range(3):
        daemon.start()
        daemon.process.send_signal(signal.SIGSEGV)
        code = daemon.process.wait(10)
        expect(code == -signal.SIGSEGV, f"it ended with {code}")
        expect(not admins.seen(), "two crashes are not yet a matter")
    daemon.spawn()
    page = wait_for("an administrator is paged", lambda: admins.seen(kind="page"), 30)[0]
    expect(page.body["title"].startswith("tocsin keeps crashing on "), f"the page says {page.body['title']}")
    expect("SIGSEGV" in page.body["summary"], f"and {page.body['summary']}")
    daemon.wait_ready()
    daemon.process.send_signal(signal.SIGSEGV)
    daemon.process.wait(10)
    daemon.start()
    common.holds_for("no second page", lambda: len(admins.seen()) == 1, 1)
    daemon.stop()


def test(options, folder):
    admins, pager = common.Sink(), common.Sink()
    config = os.path.join(folder, "tocsin.yaml")
    common.write_file(config, CONFIG.format(port=common.free_port(), admins=admins.port, pager=pager.port,
                                            secret=common.SECRET))
    daemon = common.Daemon(options.binary, config, os.path.join(folder, "data"), folder)
    try:
        daemon.start()
        daemon.stop()
        paged, back = store_is_lost(daemon, admins, pager)
        daemon.stop()
        admins.messages.clear()
        runtime = os.path.join(folder, "run")  # a place in memory that the service manager gives
        os.mkdir(runtime)
        daemon.environment = {"RUNTIME_DIRECTORY": runtime, **CRASHES_ARE_MEANT}
        keeps_crashing(daemon, admins)
        expect(os.path.exists(os.path.join(runtime, "black_box")), "its memory is elsewhere")
        expect(not admins.wrong and not pager.wrong, f"{admins.wrong} {pager.wrong}")
        print(f"paged {paged:.1f} s after the start, back {back:.1f} s after the store was")
    finally:
        daemon.ensure_gone()
        admins.close()
        pager.close()


common.main(test, __doc__)
