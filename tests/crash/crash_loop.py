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

  crash_loop.py --binary tocsin [--rounds 50] [--seed N] [--jobs N] [--during-checkpoints]
"""

import argparse
import collections
import concurrent.futures
import http.client
import json
import os
import random
import re
import threading
import time

from world import World, common
from common import expect, wait_for
from oracle import Alerts

LOADERS = 3
ALERTS_EACH = 800
QUIET_EVERY = 25    # rounds between two that compare all totals over a restart
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


class Loop(World):
    def __init__(self, options, folder):
        super().__init__(options, folder, [Alerts(range(i, LOADERS * ALERTS_EACH, LOADERS),
                                                  random.Random(options.seed * 1000 + i))
                                           for i in range(LOADERS)])

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

    def tally(self, incidents, cancelled):
        return collections.Counter(
            self.counts, rounds=self.options.rounds, incidents=incidents, cancelled=cancelled,
            answered=sum(a.acknowledged for a in self.alerts), messages=self.pages.count,
            keys=len(self.pages.accepted), doubles=self.pages.doubles,
            acknowledged=len(self.owned)), self.slowest_start, self.slowest_resend


def summary(options, tallies, seconds):
    sums, starts, resends = zip(*tallies)
    c = sum(sums, collections.Counter())
    worlds = f"{len(tallies)} worlds side by side, " if options.jobs > 1 else ""
    return (f"crash loop: {worlds}seed {options.seed}, {c['rounds']} rounds in {seconds:.0f} s: "
            f"{c['starts']} starts (slowest {max(starts):.2f} s), {c['early']} killed on the way up, "
            f"{c['struck']} at an answer or a page, {c['in_checkpoint']} in a checkpoint; "
            f"{c['answered']} alerts answered, all there; {c['incidents']} incidents, no gap; "
            f"{c['messages']} messages, {c['keys']} keys, {c['doubles']} doubles, {c['resent']} sent again "
            f"(slowest {max(resends):.2f} s after the start); {c['cancelled']} over before anybody was "
            f"reached; {c['acknowledged']} acknowledgements; {c['verified']} stores verified; {c['quiet']} "
            f"restarts without a change of totals; {c['shed']} requests shed")


def run_world(options, folder):
    """One world from its first round to its end, in a process of its own."""
    os.mkdir(folder)
    world = Loop(options, folder)
    begin = time.monotonic()
    try:
        for number in range(1, options.rounds + 1):
            world.round(number)
            if number % 50 == 0 and number < options.rounds:
                print(f"seed {options.seed}: {number} rounds, {time.monotonic() - begin:.0f} s", flush=True)
        return world.tally(*world.finish())
    except common.Failed as error:
        raise common.Failed(f"seed {options.seed}: {error}") from None
    finally:
        world.daemon.ensure_gone()


def share(options, job):
    """The rounds and the seed of one of the worlds."""
    rounds = (options.rounds + job) // options.jobs
    return argparse.Namespace(**{**vars(options), "rounds": rounds, "seed": options.seed + job})


def test(options, folder):
    begin, tallies, findings = time.monotonic(), [], []
    with concurrent.futures.ProcessPoolExecutor(options.jobs) as pool:
        worlds = [pool.submit(run_world, share(options, job), os.path.join(folder, f"world-{job}"))
                  for job in range(options.jobs)]
    for world in worlds:
        try:
            tallies.append(world.result())
        except common.Failed as finding:
            findings.append(str(finding))
    if tallies:
        print(summary(options, tallies, time.monotonic() - begin))
    expect(not findings, "\n\n".join(findings))


def arguments(parser):
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(3), "big"))
    parser.add_argument("--during-checkpoints", action="store_true",
                        help="every kill while a checkpoint is written; every store is verified")
    parser.add_argument("--jobs", type=int, default=1,
                        help="worlds side by side, which share the rounds; each has the next seed")


if __name__ == "__main__":
    common.main(test, __doc__, arguments)
