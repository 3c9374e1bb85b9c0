"""A store, the daemon that has it, receivers of its pages, and all that is judged from outside after a
death. How it dies is for those who use this: crash_loop.py and kill_matrix.py.
"""

import os
import random
import re
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))

import common
from common import expect
from oracle import Pages, about_of

CONFIG = """
http: {{listen: ["127.0.0.1:{port}"]}}
tokens: [{{name: desk, person: dora, roles: [service_desk], token: {token}}}]
channels:
  - {{name: hook, kind: webhook, url: "{sink}", secret: {secret}, in_flight_max: 4}}
  - {{name: mail, kind: mailbox, directory: {mailbox}}}
people:
  - {{id: bob, reach: {{page: [hook]}}}}
  - {{id: alice, reach: {{page: [mail]}}}}
  - {{id: dora, reach: {{page: [mail]}}}}
groups: [{{id: ops, members: [bob, alice], channel: mail}}]
escalation: {{P2: [{{at: 0m, to: [primary, secondary]}}]}}
hold_down: {{error: 1s, warning: 1s}}
verify: {{P1: 1s, P2: 1s, P3: 1s, P4: 1s, P5: 1s}}
flapping: {{verify: 1s}}
lifecycle: {{auto_close_after: 3s, reopen_window: 2s}}
"""
RESENT_WITHIN = 2.0 * common.PATIENCE
# Written with the fact that they follow, so the recount is exact; the others are tallies.
DURABLE = ("incident_opened", "correlated", "reopened", "held_then_cleared", "flapping")
NEVER_SENT = ("out_of_order", "orphan_resolve", "rejected_malformed", "rejected_auth", "unmatched")


class World:
    """One store, its receivers, and what was promised about both. `alerts`: one Alerts for each sender."""

    def __init__(self, options, folder, alerts):
        self.options, self.folder, self.alerts = options, folder, alerts
        self.random = random.Random(options.seed)
        self.wrong = []
        self.pages = Pages(self.wrong)
        self.owned = {}            # incident -> cycle, answered 200
        self.owned_checked = set()
        self.names = {}            # incident -> CI, from the first message or list that named it
        self.dense_to = 0          # incident numbers up to here were seen without a gap
        self.unpaged = set()       # incidents that must page and have not yet
        self.holding, self.died = threading.Event(), threading.Event()
        self.strike_at = None      # the next such moment kills the daemon: "answer" or "page"
        self.in_flight = []        # messages that nobody had answered when the daemon died
        self.sink = common.Sink(self.answer)
        self.sink_random = random.Random(options.seed + 1)
        self.mailbox = os.path.join(folder, "mailbox")
        config = common.write_file(
            os.path.join(folder, "tocsin.yaml"),
            CONFIG.format(port=common.free_port(), token=common.TOKEN, sink=self.sink.url,
                          secret=common.SECRET, mailbox=self.mailbox))
        self.data = os.path.join(folder, "data")
        self.daemon = common.Daemon(options.binary, config, self.data, folder)
        self.counts = dict.fromkeys(("starts", "early", "struck", "in_checkpoint", "verified",
                                     "resent", "shed", "quiet", "gasps"), 0)
        self.slowest_resend = self.slowest_start = 0.0

    # ---- what comes in -------------------------------------------------------------------------

    def strike(self, moment):
        """At the sharpest moment: something has just left the daemon, so it must be on disk."""
        if self.strike_at == moment:
            self.daemon.process.kill()
            self.strike_at = None

    def answer(self, message):
        if not message.incident:  # the last gasp of a daemon without a store: of no incident, not recorded
            self.counts["gasps"] += 1
            return 200
        self.strike("page")
        status = 200
        if self.holding.is_set():
            with self.pages.lock:
                self.in_flight.append(message)
            self.died.wait(10)
            status = None
        else:
            status = self.receiver_says()
        body = message.body
        self.note_name(message.incident, body["ci"])
        self.pages.came(message, about_of(body), message.incident, body["cycle"], status == 200)
        return status

    def receiver_says(self):
        time.sleep(self.sink_random.uniform(0, 0.02))
        dice = self.sink_random.random()
        return 500 if dice < 0.04 else 503 if dice < 0.06 else 200

    def read_mails(self):
        for name, mail in common.read_mailbox(self.mailbox):
            epoch, page, attempt = map(int, mail["X-Tocsin-Attempt"].split("."))
            incident = mail["X-Tocsin-Incident"]
            if incident == "INC0000000":
                self.counts["gasps"] += 1
                os.unlink(os.path.join(self.mailbox, name))
                continue
            cycle = int(re.search(r"\.(\d+)@", mail["References"]).group(1))
            message = common.Received("mail", mail["X-Tocsin-Key"], mail["X-Tocsin-Kind"], incident,
                                      epoch, page, attempt, {})
            written = os.stat(os.path.join(self.mailbox, name)).st_mtime
            message.at = time.monotonic() - (time.time() - written)
            self.pages.came(message, None, incident, cycle, self.mails_are_accepted())
            os.unlink(os.path.join(self.mailbox, name))

    def mails_are_accepted(self):
        """Whether a mail that lies in the mailbox is also known to the daemon as written."""
        return True

    def note_name(self, number, ci):
        if self.names.setdefault(number, ci) != ci:
            self.wrong.append(f"{number} was about {self.names[number]} and is now about {ci}")

    # ---- lives and deaths ----------------------------------------------------------------------

    def start(self):
        begin = time.monotonic()
        self.daemon.start(60)
        self.slowest_start = max(self.slowest_start, time.monotonic() - begin)
        self.counts["starts"] += 1

    def die(self):
        self.daemon.kill()
        self.died.set()
        self.holding.clear()
        self.died = threading.Event()

    def verify(self):
        common.run([self.options.binary, "journal", "verify", "--data", self.data], seconds=120)
        self.counts["verified"] += 1

    # ---- what must hold when it is back ------------------------------------------------------------

    def judge(self):
        ready = time.monotonic()
        self.judge_resent(ready)
        found = self.read_alerts()
        for alerts in self.alerts:
            alerts.judge(found, self.wrong)
        self.judge_totals()
        self.judge_incidents()
        self.wrong += self.sink.wrong
        expect(not self.wrong, "\n".join(self.wrong[:20]))
        for number in list(self.owned):
            if number not in self.owned_checked:
                kinds = {e["kind"] for e in self.daemon.timeline(number)}
                if "acknowledged" not in kinds:
                    self.wrong.append(f"{number} was acknowledged; its timeline says {kinds}")
                self.owned_checked.add(number)

    def read_alerts(self):
        out, cursor = {}, ""
        while True:
            page = self.daemon.get("/v1/alerts?limit=1000" + cursor)
            for a in page["alerts"]:
                firing = a["state"] in ("held", "firing")
                times = [ms_of(a["starts_at"]), 0 if firing else ms_of(a["ends_at"])]
                key = tuple(a["labels"][k] for k in ("alertname", "instance", "device"))
                out[key] = (firing, *times)
            if page["next_cursor"] is None:
                return out
            cursor = "&cursor=" + page["next_cursor"]

    def judge_totals(self):
        m = self.daemon.metrics()
        count = lambda names: sum(common.total(m, "tocsin_event_dispositions_total", disposition=d)
                                  for d in names)
        changes = sum(a.changes for a in self.alerts)
        counted = count(DURABLE) + m["tocsin_events_held"]
        if counted != changes:
            self.wrong.append(f"{changes} alerts were new, ended or came back; the totals say {counted:.0f}")
        if m["tocsin_events_unaccounted"] or count(NEVER_SENT):
            self.wrong.append(f"unaccounted {m['tocsin_events_unaccounted']}, never sent {count(NEVER_SENT)}")
        for bug in ("tocsin_page_leases_expired_total", "tocsin_history_lost_total",
                    "tocsin_attempts_unanswered_total"):
            if m[bug]:
                self.wrong.append(f"{bug} is {m[bug]:.0f}")

    def judge_incidents(self):
        """Those that are newer than the last look; the older ones were dense."""
        before = common.total(self.daemon.metrics(), "tocsin_incidents_opened_total")
        numbers, cursor = [], ""
        while True:
            page = self.daemon.get("/v1/incidents?state=all&limit=200" + cursor)
            for incident in page["incidents"]:
                n = int(incident["number"].removeprefix("INC"))
                numbers.append(n)
                self.note_name(incident["number"], incident["ci"])
                if n > self.dense_to and incident["priority"] in ("P1", "P2"):
                    self.unpaged.add(incident["number"])
            if page["next_cursor"] is None or numbers[-1] <= self.dense_to + 1:
                break
            cursor = "&cursor=" + page["next_cursor"]
        if numbers and numbers != list(range(numbers[0], numbers[-1] - 1, -1)):
            self.wrong.append(f"incident numbers have gaps: {numbers}")
        newest = numbers[0] if numbers else 0
        known = max((int(n.removeprefix("INC")) for n in self.names), default=0)
        if newest < known or newest < before:
            self.wrong.append(f"the newest incident is {newest}; {known} was named outside, "
                              f"{before:.0f} were counted")
        self.dense_to = newest
        self.read_mails()
        self.unpaged = {n for n in self.unpaged if not self.pages.has_paged(n)}

    def judge_resent(self, ready):
        """What had no answer when it died comes again: same key, newer epoch, at once."""
        with self.pages.lock:
            owed, self.in_flight = self.in_flight, []
        again = lambda m: self.pages.last.get(m.key, (0, 0))[0] > m.epoch
        while not all(map(again, owed)) and time.monotonic() - ready < RESENT_WITHIN:
            time.sleep(0.005)
        for message in owed:
            if again(message):
                self.counts["resent"] += 1
                took = self.pages.last[message.key][1] - ready
                self.slowest_resend = max(self.slowest_resend, took)
            elif still_owed(self.daemon.incident(message.incident), message.body):
                self.wrong.append(f"page {message.page} of {message.incident} was on its way at the kill and "
                                  f"was not sent again within {RESENT_WITHIN:g} s of the start")


def still_owed(incident, body):
    """Whether a message still makes sense: nobody owns it and it is not over, or it says that it is."""
    if body["kind"] in ("page", "inform"):
        return incident["state"] == "new" and incident["escalation"]["cycle"] == body["cycle"]
    return body["kind"] == "recall" and incident["state"] in ("resolved", "closed")


def ms_of(text):
    whole, ms = text.rstrip("Z").split(".")
    seconds = time.mktime(time.strptime(whole + " UTC", "%Y-%m-%dT%H:%M:%S %Z")) - time.timezone
    return int(seconds) * 1000 + int(ms)
