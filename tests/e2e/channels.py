#!/usr/bin/env python3
"""A channel that fails does not keep a page from anybody, nor hold up the channels of others.

Mail servers that are dead or silent, Slack that is busy, broken, silent, behind a login page or has
revoked the URL: whoever is to be woken is told by the next channel within 30 seconds, at once when the
refusal is final, and every page ends with a reason in the story of its incident.
"""

import time

import common
from common import expect, wait_for
from slack_server import Slack
from smtp_server import BlackHole

# channel of the person -> what is wrong with it, and how soon the next one has the page
FAULTS = {
    "mail-dead": 30, "mail-silent": 30, "slack-silent": 30, "slack-busy": 2, "slack-broken": 30,
    "slack-captive": 30, "slack-not-ok": 2, "slack-revoked": 2, "slack-archived": 2,
}
HEALTHY = 100  # pages over the channel that is well: before, beside and after what fails

HEAD = """
http: {{listen: ["127.0.0.1:{port}"], loopback_may_act: true}}
channels:
  - {{name: pager, kind: webhook, url: "{hook}", secret: {secret}}}
  - {{name: mail-dead, kind: smtp, host: 127.0.0.1, port: {dead}, from: t@example.org, starttls: never}}
  - {{name: mail-silent, kind: smtp, host: 127.0.0.1, port: {silent}, from: t@example.org, starttls: never}}
  - {{name: slack-well, kind: slack, url_file: slack.url}}
"""


def config_of(numbers):
    text = HEAD.format(**numbers)
    text += "".join(f"  - {{name: {c}, kind: slack, url: \"{numbers['slack']}/{c}\"}}\n"
                    for c in FAULTS if c.startswith("slack"))
    ways = {c: [c, "pager"] for c in FAULTS} | {"well": ["pager"], "chatty": ["slack-well"]}
    text += "people:\n" + "".join(
        f"  - {{id: p-{p}, email: {p}@example.org, reach: {{page: [{', '.join(w)}]}}}}\n"
        for p, w in ways.items())
    text += "groups:\n" + "".join(f"  - {{id: g-{p}, members: [p-{p}]}}\n" for p in ways)
    text += "default_group: g-well\ncatch_all: {people: [p-well]}\ncis:\n"
    cis = {f"c-{p}": p for p in ways} | {f"w-{n}": "well" for n in range(3 * HEALTHY)}
    text += "".join(f"  - {{id: {ci}, criticality: mission_critical, group: g-{p}}}\n"
                    for ci, p in cis.items())
    return text + "escalation: {P1: [{at: 0m, to: [primary]}]}\nverify: {P1: 1s}\n"


def slack_says(path, count):
    return {
        "/slack-silent": "silence",
        "/slack-busy": (429, "rate_limited", {"Retry-After": "120"}),
        "/slack-broken": (500, "rollup_error", {}),
        "/slack-captive": (200, "<!DOCTYPE html><p>Please log in", {}),
        "/slack-not-ok": (200, '{"ok":false,"error":"internal"}', {}),
        "/slack-revoked": (404, "no_service", {}),
        "/slack-archived": (410, "channel_is_archived", {}),
    }.get(path) or ((429, "rate_limited", {"Retry-After": "2"})
                    if path == "/secret-part" and count == 1 else None)


def fire(daemon, *cis):
    daemon.alerts([{"labels": {"alertname": "Down", "ci": ci, "severity": "critical"},
                    "annotations": {"summary": f"{ci} <is> down & out"}} for ci in cis])


def healthy(daemon, sink, first):
    """The times from an alert to its page over a channel that is well, sorted."""
    times = []
    for n in range(first, first + HEALTHY):
        start = time.monotonic()
        fire(daemon, f"w-{n}")
        page = wait_for(f"the page about w-{n}", lambda: sink.seen(ci=f"w-{n}"), 10, 0.002)[0]
        times.append(page.at - start)
    return sorted(times)


def median(times):
    return times[len(times) // 2]


def p99(times):
    return times[int(len(times) * 0.99) - 1]


def not_held_up(before, during, after):
    """The figure itself is the bench's, tests/bench/channels.py: this machine has other things to do. What
    blocks for a time-out, or reads certificates for each request, is seen here as well."""
    for name, of, more in (("median", median, 0.010), ("p99", p99, 0.050)):
        alone = max(of(before), of(after))
        expect(of(during) <= 1.1 * alone + more, f"the {name} of healthy pages was {of(during) * 1000:.1f} ms "
               f"beside channels that fail, {alone * 1000:.1f} ms without")


def slack_takes_its_message(daemon, slack):
    start = time.monotonic()
    fire(daemon, "c-chatty")
    message = wait_for("a message in Slack", lambda: slack.seen("c-chatty"), 15)[0]
    tried = slack.tried("/secret-part")
    expect(len(tried) == 2 and message.at - start >= 2, "Retry-After was not waited out")
    expect("c-chatty &lt;is&gt; down &amp; out" in message.section(), message.section())
    expect(message.section().startswith("*P1 INC"), message.section())


def everything_is_explained(daemon):
    for incident in daemon.incidents():
        asked, ended = {}, {}
        for entry in daemon.timeline(incident["number"]):
            fields = entry["fields"]
            if "channel_rank" in fields:
                asked[fields["page"]] = entry["text"]
            if "end" in fields:
                ended[fields["page"]] = fields
        left = [asked[p] for p in asked if p not in ended]
        expect(not left, f"{incident['number']} does not say what became of {left}")
        for fields in ended.values():
            expect(fields["end"] == "delivered" or fields["why"] in ("refused", "passed_on"),
                   f"{incident['ci']}: {fields}")


def test(options, folder):
    sink, slack, hole = common.Sink(), Slack(slack_says), BlackHole()
    url = f"http://127.0.0.1:{slack.port}"
    common.write_file(f"{folder}/slack.url", f"{url}/secret-part\n")
    port = common.free_port()
    config = common.write_file(f"{folder}/tocsin.yaml", config_of(dict(
        port=port, hook=sink.url, secret=common.SECRET, dead=common.free_port(), silent=hole.port,
        slack=url)))
    daemon = common.Daemon(options.binary, config, f"{folder}/var", folder)
    try:
        daemon.start()
        slack_takes_its_message(daemon, slack)
        before = healthy(daemon, sink, 0)
        start = time.monotonic()
        fire(daemon, *(f"c-{fault}" for fault in FAULTS))
        during = healthy(daemon, sink, HEALTHY)
        took = {}
        for fault, limit in FAULTS.items():
            page = wait_for(f"the page past {fault}", lambda: sink.seen(ci=f"c-{fault}"), 35)[0]
            took[fault] = page.at - start
            expect(took[fault] < limit, f"{fault}: the next channel had it after {took[fault]:.1f} s")
            expect(page.body["person"] == f"p-{fault}", f"{fault}: it went to {page.body['person']}")
        wait_for("nothing is owed", lambda: all(
            p["state"] == "delivered" for p in daemon.get("/v1/pages?limit=1000")["pages"]), 10)
        not_held_up(before, during, healthy(daemon, sink, 2 * HEALTHY))
        everything_is_explained(daemon)
        expect(not slack.wrong, f"Slack would have refused: {slack.wrong}")
        expect(not sink.wrong, f"the webhook receiver says: {sink.wrong}")
        expect("secret-part" not in daemon.words(), "the log has the URL of the webhook")
        daemon.stop()
        print("next channel after " + ", ".join(f"{f} {t:.1f} s" for f, t in took.items()) +
              f"; healthy p99 {p99(before) * 1000:.1f} ms before, {p99(during) * 1000:.1f} ms during")
    finally:
        daemon.ensure_gone()
        sink.close()
        slack.close()
        hole.stop()


if __name__ == "__main__":
    common.main(test, __doc__)
