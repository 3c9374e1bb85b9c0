#!/usr/bin/env python3
"""kill -9 in a loop, under load, judged from outside.

Rounds of: start, judge, load, kill. The load sends new alerts, repeats and ends; a person acknowledges
what pages; the receiver of pages is slow, refuses, and in some rounds says nothing until the daemon is
dead. After every death, when the daemon is back:

  - every alert answered 200 is there, as it was answered; what was not answered is as before or as sent
  - every acknowledgement answered 200 stands in the timeline
  - incident numbers have no gaps and stand for what they stood for
  - what was on its way to a receiver is sent again within 2 s, under the same key, by a newer epoch
  - every incident that must page has paged, by the end
  - totals equal the recount of what was answered, and the store verifies

  crash_loop.py --binary tocsin [--rounds 50] [--seed N] [--during-checkpoints]
"""

import http.client
import json
import os
import random
import re
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))

import common
from common import expect, wait_for
from oracle import Alerts, Pages, about_of

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
lifecycle: {{auto_close_after: 3s, reopen_window: 2s}}
"""
LOADERS = 3
ALERTS_EACH = 800
QUIET_EVERY = 25    # rounds between two that compare all totals over a restart
RESENT_WITHIN = 2.0
# Written with the fact that they follow, so the recount is exact; the others are tallies.
DURABLE = ("incident_opened", "correlated", "reopened", "held_then_cleared")
NEVER_SENT = ("out_of_order", "orphan_resolve", "rejected_malformed", "rejected_auth", "unmatched")
# Families that are folded from facts, and so are the same after a restart.
FOLDED = re.compile(r"tocsin_(events_|event_dispositions|incidents_(opened|resolved|closed|reopened|ci_match|"
                    r"recurrent)|pages_total|page_attempts_total|escalations_total|priority_changes|"
                    r"time_to_|alerts_stale)")


class Loader(threading.Thread):
    """One sender: a batch, its answer, the next. Ends when told or when the daemon dies."""

    def __init__(self, world, alerts, stop):
        super().__init__(daemon=True)
        self.world, self.alerts, self.stop = world, alerts, stop
        self.shed = 0

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.world.daemon.port, timeout=20)
        while not self.stop.is_set():
            body = json.dumps(self.alerts.next_batch())
            try:
                if connection.sock is None:
                    connection.connect()
            except OSError:
                self.alerts.answered(False)  # nobody heard it
                return
            try:
                connection.request("POST", "/api/v2/alerts", body, {"Content-Type": "application/json"})
                answer = connection.getresponse()
                self.world.strike("answer")
                said = answer.read()
            except (OSError, http.client.HTTPException):
                return  # what was asked for may have happened
            self.alerts.answered(answer.status == 200)
            if answer.status == 503:
                self.shed += 1
            elif answer.status != 200:
                self.world.wrong.append(f"POST /api/v2/alerts: {answer.status} {said[:200]!r}")
            time.sleep(self.alerts.random.uniform(0, 0.02))


class Person(threading.Thread):
    """Acknowledges some of what pages, and remembers what was answered."""

    def __init__(self, world, stop):
        super().__init__(daemon=True)
        self.world, self.stop, self.random = world, stop, random.Random(world.random.random())

    def run(self):
        asked = set()
        while not self.stop.is_set():
            with self.world.pages.lock:
                due = [(n, max(c)) for n, c in self.world.pages.paged.items()
                       if n not in asked and n not in self.world.owned]
            for number, cycle in due:
                asked.add(number)
                if self.random.random() < 0.7:
                    continue  # somebody else's, or nobody's
                try:
                    status, _, _ = common.request(self.world.daemon.port, "POST",
                                                  f"/v1/incidents/{number}/ack", {}, common.TOKEN)
                except (OSError, http.client.HTTPException):
                    return
                if status == 200:
                    self.world.owned[number] = cycle
                    self.world.pages.owned(number, cycle)
            time.sleep(0.03)


class World:
    def __init__(self, options, folder):
        self.options, self.folder = options, folder
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
        self.alerts = [Alerts(range(i, LOADERS * ALERTS_EACH, LOADERS),
                              random.Random(options.seed * 1000 + i)) for i in range(LOADERS)]
        self.counts = dict.fromkeys(("starts", "early", "struck", "in_checkpoint", "verified",
                                     "resent", "shed", "quiet"), 0)
        self.slowest_resend = self.slowest_start = 0.0

    # ---- what comes in -------------------------------------------------------------------------

    def strike(self, moment):
        """At the sharpest moment: something has just left the daemon, so it must be on disk."""
        if self.strike_at == moment:
            self.daemon.process.kill()
            self.strike_at = None

    def answer(self, message):
        self.strike("page")
        status = 200
        if self.holding.is_set():
            with self.pages.lock:
                self.in_flight.append(message)
            self.died.wait(10)
            status = None
        else:
            time.sleep(self.sink_random.uniform(0, 0.02))
            dice = self.sink_random.random()
            status = 500 if dice < 0.04 else 503 if dice < 0.06 else 200
        body = message.body
        self.note_name(message.incident, body["ci"])
        self.pages.came(message, about_of(body), message.incident, body["cycle"], status == 200)
        return status

    def read_mails(self):
        for name, mail in common.read_mailbox(self.mailbox):
            epoch, page, attempt = map(int, mail["X-Tocsin-Attempt"].split("."))
            incident = mail["X-Tocsin-Incident"]
            cycle = int(re.search(r"\.(\d+)@", mail["References"]).group(1))
            message = common.Received("mail", mail["X-Tocsin-Key"], mail["X-Tocsin-Kind"], incident,
                                      epoch, page, attempt, {})
            written = os.stat(os.path.join(self.mailbox, name)).st_mtime
            message.at = time.monotonic() - (time.time() - written)
            self.pages.came(message, None, incident, cycle, True)
            os.unlink(os.path.join(self.mailbox, name))

    def note_name(self, number, ci):
        if self.names.setdefault(number, ci) != ci:
            self.wrong.append(f"{number} was about {self.names[number]} and is now about {ci}")

    # ---- one round -----------------------------------------------------------------------------

    def round(self, number):
        if self.random.random() < 0.15 and number > 1:
            self.kill_early()
        self.start()
        self.judge()
        stop = threading.Event()
        threads = [Loader(self, a, stop) for a in self.alerts]
        threads.append(Person(self, stop))
        for t in threads:
            t.start()
        quiet = number % QUIET_EVERY == 0
        if self.options.during_checkpoints:
            self.kill_in_checkpoint(number)
        elif quiet:
            time.sleep(2)
        else:
            self.kill_at_random()
        stop.set()
        for t in threads:
            t.join(30)
            expect(not t.is_alive(), "a request is neither answered nor broken after 30 s")
        self.counts["shed"] += sum(t.shed for t in threads if isinstance(t, Loader))
        if quiet and not self.options.during_checkpoints:
            self.quiet_restart(clean=number % (2 * QUIET_EVERY) == 0)
        self.read_mails()
        if self.options.during_checkpoints or self.random.random() < 0.5:
            self.verify()

    def start(self):
        begin = time.monotonic()
        self.daemon.start(60)
        self.slowest_start = max(self.slowest_start, time.monotonic() - begin)
        self.counts["starts"] += 1

    def kill_early(self):
        """Somewhere on the way up."""
        self.daemon.spawn()
        time.sleep(self.random.uniform(0, 0.2))
        self.daemon.kill()
        self.counts["early"] += 1

    def kill_at_random(self):
        moment = self.random.choice(["answer", "page", "silence", "whenever"])
        time.sleep(self.random.choice([0.05, 0.3, 1, 2, 3]) * self.random.random() + 0.02)
        if moment == "silence":
            self.holding.set()
            time.sleep(self.random.uniform(0.1, 0.6))
        elif moment != "whenever":
            self.strike_at = moment
            end = time.monotonic() + 2
            while self.strike_at and time.monotonic() < end:
                time.sleep(0.005)
            self.counts["struck"] += self.strike_at is None
            self.strike_at = None
        self.die()

    def kill_in_checkpoint(self, number):
        """A checkpoint writes its files into a folder of its own; a clean stop begins one at once."""
        folder = os.path.join(self.data, "checkpoint")
        time.sleep(self.random.uniform(0.3, 1.0))
        if number % 4:
            self.daemon.process.terminate()
        wait_for("a checkpoint is under way or the daemon has stopped",
                 lambda: os.listdir(folder) or self.daemon.process.poll() is not None, 30, 0.0005)
        if self.daemon.process.poll() is None:
            time.sleep(self.random.choice([0, 0.001, 0.003, 0.01]) * self.random.random())
            self.counts["in_checkpoint"] += bool(os.listdir(folder))
        self.die()

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

    # ---- restarts that compare everything ------------------------------------------------------------

    def quiet_restart(self, clean):
        """No load, nothing under way, tallies written: a restart changes no total at all."""
        self.come_to_rest()
        before = self.folded()
        self.daemon.stop() if clean else self.die()
        self.read_mails()
        self.verify()
        self.start()
        after = self.folded()
        changed = {k: (before.get(k), after.get(k))
                   for k in before | after if before.get(k) != after.get(k)}
        how = "clean stop" if clean else "kill"
        expect(not changed, f"totals before and after a {how} differ: {changed}")
        self.counts["quiet"] += 1
        self.die()

    def folded(self):
        return {k: v for k, v in self.daemon.metrics().items() if FOLDED.match(k)}

    def come_to_rest(self):
        def at_rest():
            m = self.daemon.metrics()
            resolved = common.total(m, "tocsin_incidents_open", state="resolved")
            pages = self.daemon.get("/v1/pages?limit=1000")["pages"]
            moving = [p for p in pages if p["state"] != "delivered"]
            verifying = [i for i in self.daemon.incidents("open") if i["verify_until"]]
            return not (m["tocsin_events_held"] or resolved or moving or verifying)

        wait_for("nothing is under way", at_rest, 60, 0.5)
        seq = self.daemon.seq()
        since = time.monotonic()
        while time.monotonic() - since < 11:  # tallies are written within 10 s
            if self.daemon.seq() != seq:
                seq, since = self.daemon.seq(), time.monotonic()
            time.sleep(0.2)

    # ---- the end -------------------------------------------------------------------------------------

    def finish(self):
        self.start()
        self.judge()
        self.come_to_rest()
        self.judge_incidents()
        told_otherwise = 0
        for number in sorted(self.unpaged):
            kinds = [e["kind"] for e in self.daemon.timeline(number)]
            if "page_cancelled" not in kinds:
                self.wrong.append(f"{number} must page and never has: {kinds}")
            told_otherwise += 1
        all_numbers = [i["number"] for i in self.daemon.incidents()]
        if all_numbers != [f"INC{n:07d}" for n in range(1, len(all_numbers) + 1)]:
            self.wrong.append("the whole list of incidents has gaps")
        missing = set(self.names) - set(all_numbers)
        if missing:
            self.wrong.append(f"incidents that were named outside are gone: {sorted(missing)[:10]}")
        expect(not self.wrong, "\n".join(self.wrong[:20]))
        self.daemon.stop()
        self.verify()
        return len(all_numbers), told_otherwise

    def summary(self, incidents, cancelled, seconds):
        answered = sum(a.acknowledged for a in self.alerts)
        c = self.counts
        return (f"crash loop: seed {self.options.seed}, {self.options.rounds} rounds in {seconds:.0f} s: "
                f"{c['starts']} starts (slowest {self.slowest_start:.2f} s), "
                f"{c['early']} killed on the way up, "
                f"{c['struck']} at an answer or a page, "
                f"{c['in_checkpoint']} in a checkpoint; {answered} alerts answered, all there; "
                f"{incidents} incidents, no gap; {self.pages.count} messages, "
                f"{len(self.pages.accepted)} keys, "
                f"{self.pages.doubles} doubles, {c['resent']} sent again (slowest "
                f"{self.slowest_resend:.2f} s after the start); {cancelled} over before anybody was reached; "
                f"{len(self.owned)} acknowledgements; {c['verified']} stores verified; {c['quiet']} restarts "
                f"without a change of totals; {c['shed']} requests shed")


def still_owed(incident, body):
    """Whether a message still makes sense: nobody owns it and it is not over, or it says that it is."""
    if body["kind"] in ("page", "inform"):
        return incident["state"] == "new" and incident["escalation"]["cycle"] == body["cycle"]
    return body["kind"] == "recall" and incident["state"] in ("resolved", "closed")


def ms_of(text):
    whole, ms = text.rstrip("Z").split(".")
    seconds = time.mktime(time.strptime(whole + " UTC", "%Y-%m-%dT%H:%M:%S %Z")) - time.timezone
    return int(seconds) * 1000 + int(ms)


def test(options, folder):
    world = World(options, folder)
    begin = time.monotonic()
    try:
        for number in range(1, options.rounds + 1):
            world.round(number)
            if number % 50 == 0 and number < options.rounds:
                print(f"{number} rounds, {time.monotonic() - begin:.0f} s", flush=True)
        incidents, cancelled = world.finish()
        print(world.summary(incidents, cancelled, time.monotonic() - begin))
    except common.Failed as error:
        raise common.Failed(f"seed {options.seed}: {error}") from None
    finally:
        world.daemon.ensure_gone()


def arguments(parser):
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(3), "big"))
    parser.add_argument("--during-checkpoints", action="store_true",
                        help="every kill while a checkpoint is written; every store is verified")


if __name__ == "__main__":
    common.main(test, __doc__, arguments)
