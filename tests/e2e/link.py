#!/usr/bin/env python3
"""The link in a page, opened by a browser as small as a telephone.

Two taps acknowledge: open the link, press the button. What mail gateways, chat previews and browsers do
on their own - a dozen kinds of GET and HEAD - changes nothing. The same form sent again says who was
first. Nothing has to be scrolled sideways at 360 pixels, in light and in dark.
"""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import urllib.parse

import common
from common import expect, run, wait_for

WIDTH, HEIGHT = 360, 740
LONG = "x" * 120

CONFIG = """
http: {{listen: ["127.0.0.1:{port}"], external_url: "http://127.0.0.1:{port}", loopback_may_act: true}}
store: {{path: {folder}/store}}
channels:
  - {{name: mail, kind: mailbox, directory: {folder}/mailbox}}
  - {{name: broken, kind: webhook, url: "http://127.0.0.1:{closed}/nobody"}}
people:
  - {{id: ruth, email: ruth@example.org, reach: {{page: [mail], inform: [mail]}}}}
  - {{id: omar, email: omar@example.org, reach: {{page: [broken], inform: [broken]}}}}
groups: [{{id: ops, members: [ruth]}}]
default_group: ops
catch_all: {{people: [ruth], channel: mail}}
integrations: [{{name: cli, source: generic}}]
cis: [{{id: db-1, class: database, criticality: mission_critical, users: 900, group: ops}}]
"""


class Browser:
    """Headless Chromium, spoken to as WebDriver says, without a library."""

    def __init__(self, folder, dark):
        self.port = common.free_port()
        self.driver = subprocess.Popen(
            [common.find_program("chromedriver"), f"--port={self.port}"], cwd=folder,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
            env={**os.environ, "HOME": folder})
        wait_for("chromedriver answers", self.is_up, 20)
        arguments = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                     "--disable-background-networking", "--no-first-run",
                     f"--user-data-dir={folder}/chromium-{'dark' if dark else 'light'}",
                     *(["--force-dark-mode", "--blink-settings=preferredColorScheme=0"] if dark else [])]
        phone = {"deviceMetrics": {"width": WIDTH, "height": HEIGHT, "pixelRatio": 2.0, "mobile": True}}
        wanted = {"browserName": "chrome", "goog:chromeOptions": {
            "args": arguments, "mobileEmulation": phone, "binary": common.find_program("chromium")}}
        self.session = ""
        made = self.call("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
        self.session = f"/session/{made['sessionId']}"
        scheme = "dark" if dark else "light"
        self.call("POST", "/goog/cdp/execute", {
            "cmd": "Emulation.setEmulatedMedia",
            "params": {"features": [{"name": "prefers-color-scheme", "value": scheme}]}})

    def is_up(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True
        except OSError:
            return False

    def call(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, self.session + path, json.dumps(body or {}),
                               {"Content-Type": "application/json"})
            value = json.loads(connection.getresponse().read())["value"]
        finally:
            connection.close()
        expect(not (isinstance(value, dict) and value.get("error")), f"{method} {path}: {value}")
        return value

    def open(self, url):
        self.call("POST", "/url", {"url": url})

    def script(self, text):
        return self.call("POST", "/execute/sync", {"script": text, "args": []})

    def tap(self, selector):
        found = self.call("POST", "/element", {"using": "css selector", "value": selector})
        self.call("POST", f"/element/{next(iter(found.values()))}/click")

    def text(self):
        return self.script("return document.body.innerText")

    def close(self):
        try:
            if self.session:
                self.call("DELETE", "")
        finally:
            os.killpg(self.driver.pid, signal.SIGTERM)
            self.driver.wait(20)


def fits_a_phone(browser, what, dark):
    wide, inner = browser.script(
        "return [document.documentElement.scrollWidth, window.innerWidth]")
    expect(inner == WIDTH, f"the window is {inner} wide")
    expect(wide <= WIDTH, f"{what} is {wide} pixels wide and has to be scrolled sideways")
    colour = browser.script("return getComputedStyle(document.body).backgroundColor")
    light = sum(int(n) for n in re.findall(r"\d+", colour)[:3]) > 380
    expect(light != dark, f"{what} has the background {colour} and should be {'dark' if dark else 'light'}")
    expect(browser.script("return document.scripts.length") == 0, f"{what} has a script")


def report(daemon, key):
    event = {"key": key, "ci": "db-1", "severity": "critical",
             "summary": f"<b>down</b> {LONG}", "runbook": "https://runbooks.example.org/" + LONG}
    daemon.post("/hooks/cli", event)


def link_in(mail):
    links = re.findall(r"http://\S+/a/\S+", mail.get_content())
    expect(len(links) == 1, f"no single link in:\n{mail.get_content()}")
    return links[0]


def raw(port, text):
    """Bytes as they stand; the status."""
    with socket.create_connection(("127.0.0.1", port), 10) as s:
        s.sendall(text.encode())
        answer = s.recv(65536).decode("utf-8", "replace")
    return int(answer.split(" ")[1])


def looking_changes_nothing(daemon, number, path):
    """What programs do with a link before, or instead of, a person."""
    get = lambda headers=None, suffix="", method="GET": common.request(
        daemon.port, method, path + suffix, headers=headers)[0]
    etag = daemon.incident(number)["revision"]
    ways = {
        "GET": lambda: get(),
        "HEAD": lambda: get(method="HEAD"),
        "prefetch, old": lambda: get({"Purpose": "prefetch", "X-Moz": "prefetch"}),
        "prefetch, new": lambda: get({"Sec-Purpose": "prefetch;prerender"}),
        "chat preview": lambda: get({"User-Agent": "Slackbot-LinkExpanding 1.0 (+https://api.slack.com)"}),
        "messenger preview": lambda: get({"User-Agent": "WhatsApp/2.23 facebookexternalhit/1.1"}),
        "mail gateway": lambda: get({"User-Agent": "Mozilla/5.0 (SafeLinks) BingPreview/1.0b"}),
        "search engine": lambda: get({"User-Agent": "Googlebot/2.1 (+http://www.google.com/bot.html)"}),
        "conditional": lambda: get({"If-None-Match": f'"{etag}"', "If-Modified-Since":
                                    "Sat, 01 Jan 2022 00:00:00 GMT"}),
        "range": lambda: get({"Range": "bytes=0-10"}),
        "query": lambda: get(suffix="?utm_source=mail&token=" + path.rsplit("/", 1)[1]),
        "trailing slash": lambda: get(suffix="/"),
        "method override": lambda: get({"X-HTTP-Method-Override": "POST", "X-Method-Override": "POST"}),
        "GET with a body": lambda: raw(
            daemon.port, f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: "
            f"{6 + len(path) - 3}\r\n\r\ntoken={path[3:]}"),
        "OPTIONS": lambda: get(method="OPTIONS"),
        "foreign form": lambda: common.request(daemon.port, "POST", path, b"token=AAAA", headers={
            "Content-Type": "application/x-www-form-urlencoded"})[0],
    }
    wait_for("pages are settled", lambda: all(
        p["state"] == "delivered" for p in daemon.get("/v1/pages")["pages"]))
    before = (daemon.incident(number), daemon.seq())
    for what, way in ways.items():
        status = way()
        expect(status < 500, f"{what} was answered {status}")
        now = (daemon.incident(number), daemon.seq())
        expect(now[0]["revision"] == before[0]["revision"] and now[1] == before[1],
               f"{what} changed something: {before} -> {now}")
    expect(len(ways) >= 12, "too few ways")


def two_taps(daemon, folder, number, dark):
    report(daemon, f"outage-{number}-{LONG[:20]}")
    mail = wait_for("the page is in the mailbox", lambda: [
        m for m in common.mails(os.path.join(folder, "mailbox"), kind="page")
        if m["X-Tocsin-Incident"] == f"INC{number:07d}"])[0]
    url = link_in(mail)
    path = urllib.parse.urlsplit(url).path
    looking_changes_nothing(daemon, number, path)
    browser = Browser(folder, dark)
    try:
        browser.open(f"http://127.0.0.1:{daemon.port}/")
        fits_a_phone(browser, "the list of open incidents", dark)
        expect(f"INC{number:07d}" in browser.text(), "it is not in the list")
        browser.open(url)  # the first tap
        fits_a_phone(browser, "the page of the incident", dark)
        text = browser.text()
        for word in (f"INC{number:07d}", "db-1", "P1", "new", "UTC", "<b>down</b>"):
            expect(word in text, f"'{word}' is not to be read in:\n{text}")
        expect(daemon.incident(number)["state"] == "new", "opening the link acknowledged it")
        browser.tap("#acknowledge")  # the second
        wait_for("the page says so", lambda: "is yours" in browser.text())
        fits_a_phone(browser, "the answer", dark)
        taken = daemon.incident(number)
        expect(taken["state"] == "in_progress" and taken["owner"] == "ruth", f"{taken}")
        browser.tap("a")
        wait_for("it shows who has it", lambda: "Acknowledged by ruth" in browser.text())
        fits_a_phone(browser, "the answered incident", dark)
    finally:
        browser.close()
    seq = daemon.seq()
    body = "token=" + path.rsplit("/", 1)[1]
    for _ in range(3):
        status, _, answer = common.request(daemon.port, "POST", path, body, headers={
            "Content-Type": "application/x-www-form-urlencoded"})
        expect(status == 200 and b"Already acknowledged by ruth at " in answer, f"{status} {answer!r}")
    expect(daemon.seq() == seq, "a form that was sent again was written down")


def drills(binary, daemon, folder):
    cli = lambda *arguments, want: run([binary, "drill", *arguments], want, {
        "TOCSIN_URL": f"http://127.0.0.1:{daemon.port}", "XDG_RUNTIME_DIR": folder, "TOCSIN_TOKEN": ""})
    said = cli("ruth", want=0)
    expect("mail" in said and "delivered" in said, said)
    mail = [m for m in common.mails(os.path.join(folder, "mailbox"), kind="page")
            if "DRILL" in m["Subject"]]
    expect(len(mail) == 1 and "/a/" in mail[0].get_content(), f"{mail}")
    said = cli("omar", "--wait", "3", want=1)
    expect("broken" in said and "waiting" in said, said)
    cli("nobody", want=1)
    metrics = daemon.metrics()
    expect(common.total(metrics, "tocsin_drills_total") == 2, "drills are miscounted")
    expect(common.total(metrics, "tocsin_drill_pages_total", outcome="delivered") == 1, "not counted")


def test(options, folder):
    port = common.free_port()
    config = common.write_file(os.path.join(folder, "tocsin.yaml"), CONFIG.format(
        port=port, closed=common.free_port(), folder=folder))
    daemon = common.Daemon(options.binary, config, os.path.join(folder, "store"), folder)
    try:
        daemon.start()
        two_taps(daemon, folder, 1, dark=False)
        common.request(port, "POST", "/v1/incidents/1/resolve", {
            "code": "fixed_permanent", "cause": "software_defect", "force": True,
            "note": "the second half of this test wants a new one"})
        daemon.post("/hooks/cli", {"key": f"outage-1-{LONG[:20]}", "ci": "db-1",
                                   "severity": "critical", "status": "resolved"})
        daemon.post("/v1/incidents/1/close", {})
        two_taps(daemon, folder, 2, dark=True)
        drills(options.binary, daemon, folder)
        daemon.stop()
    finally:
        daemon.ensure_gone()


if __name__ == "__main__":
    common.main(test, __doc__)
