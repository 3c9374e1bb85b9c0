"""Who was promised what. The oracle stands outside the daemon: it knows what was sent, what was
answered 200, which pages came in, and judges after every death whether that is still so.

Each alert belongs to one load thread, which has at most one request under way: after a kill every alert
is as it was, or as the one unanswered request wanted it. Nothing else is allowed.
"""

import threading
import time

import common

# Why a page of the escalation was sent: these share one key space, what is said outside has its own.
OF_A_STEP = {"step_due", "repeat_due", "next_channel", "policy_exhausted", "nobody_to_page"}
# An attempt that was on its way when the acknowledgement was answered may still arrive.
QUIET_AFTER = 4.0


class Alert:
    """One label set and what the daemon has promised about it."""

    def __init__(self, number):
        self.number = number
        # One in ten opens an incident at once and pages; the rest is held for a moment, and four of
        # them share a machine.
        critical = number % 10 == 0
        self.labels = {"alertname": f"Check{number % 7}", "device": f"d{number}",
                       "instance": f"core-{number}" if critical else f"node-{number // 4}",
                       "severity": "critical" if critical else "warning"}
        self.state = None      # (firing?, starts, ends) that was answered 200; None: never heard of
        self.maybe = None      # the same, sent and not answered

    def identity(self):
        return (self.labels["alertname"], self.labels["instance"], self.labels["device"])


def now_ms():
    return int(time.time() * 1000)


class Alerts:
    """The alerts of one load thread, and how the next batch changes them."""

    def __init__(self, numbers, random):
        self.all = [Alert(n) for n in numbers]
        self.random = random
        self.changes = 0  # answered, or found to have happened: each must have its disposition
        self.repeats = 0
        self.acknowledged = 0

    def next_batch(self):
        body = []
        for alert in self.random.sample(self.all, self.random.randint(1, 40)):
            firing, starts, ends = alert.state or (False, 0, 0)
            now = max(now_ms(), ends + 1)
            if firing and self.random.random() < 0.6:
                wanted = alert.state  # a repeat: endsAt and the text move
            elif firing:
                wanted = (False, starts, now)
            elif self.random.random() < 0.2:
                wanted = (True, now, 0)
            else:
                continue  # well for a while, so that incidents end
            body.append(self.ask(alert, wanted))
        return body

    def ask(self, alert, wanted):
        """The alert in the words of Alertmanager; until it is answered, both may be so."""
        alert.maybe = wanted
        until = (wanted[2] or now_ms() + 240_000) / 1000
        return {"labels": alert.labels, "startsAt": common.rfc3339(wanted[1] / 1000),
                "endsAt": common.rfc3339(until),
                "annotations": {"summary": f"{alert.labels['alertname']} fails",
                                "value": str(self.random.random())}}

    def answered(self, ok):
        """True: all of it is promised. False: none of it happened (a 503)."""
        for alert in self.all:
            if alert.maybe is not None and ok:
                self.acknowledged += 1
                self.settle(alert, alert.maybe)
            alert.maybe = None

    def settle(self, alert, state):
        if state == alert.state:
            self.repeats += 1
        else:
            self.changes += 1
        alert.state = state

    def judge(self, found, wrong):
        """`found`: what the daemon says now, by identity. What was unanswered becomes known."""
        for alert in self.all:
            now = found.get(alert.identity())
            # A resolve that nobody saw the start of leaves no row that is listed.
            if now != alert.state and alert.maybe is not None and now == alert.maybe:
                self.settle(alert, now)
            elif now != alert.state:
                wrong.append(f"alert {alert.identity()} was answered as {alert.state}"
                             f" (or {alert.maybe}), and is {now}")
                alert.state = now
            alert.maybe = None


class Pages:
    """Every message that came in, by both ways, and the promises about them."""

    def __init__(self, wrong):
        self.wrong = wrong
        self.lock = threading.Lock()
        self.key_of = {}       # what a message is about, or its page's number -> its key
        self.about = {}        # key -> what it is about
        self.attempts = set()  # (epoch, page, attempt)
        self.accepted = {}     # key -> epoch in which it was accepted
        self.last = {}         # key -> (epoch, when) it came last
        self.paged = {}        # incident -> {cycle}
        self.quiet = {}        # (incident, cycle) -> when it was answered that somebody owns it
        self.doubles = self.count = 0

    def came(self, message, about, incident, cycle, accepted):
        """One message. `about` is None for a mail, whose headers do not say all of it."""
        key, epoch = message.key, message.epoch
        with self.lock:
            self.count += 1
            for what in filter(None, (("page", message.page), about)):
                if self.key_of.setdefault(what, key) != key:
                    self.wrong.append(f"the key of {what} was {self.key_of[what]} and is now {key}")
            if about and self.about.setdefault(key, about) != about:
                self.wrong.append(f"key {key} stood for {self.about[key]} and now for {about}")
            attempt = (epoch, message.page, message.attempt)
            if attempt in self.attempts:
                self.wrong.append(f"attempt {attempt} (epoch, page, attempt) came twice")
            self.attempts.add(attempt)
            if key in self.accepted:
                self.doubles += 1
                if self.accepted[key] == epoch:
                    self.wrong.append(f"page {message.page} was accepted and sent again, "
                                      f"both in epoch {epoch}")
            if accepted:
                self.accepted[key] = epoch
            self.last[key] = max((epoch, message.at), self.last.get(key, (0, 0)))
            if message.kind != "page":
                return
            self.paged.setdefault(incident, set()).add(cycle)
            owned = self.quiet.get((incident, cycle))
            if owned and message.at - owned > QUIET_AFTER:
                self.wrong.append(f"{incident} paged {message.at - owned:.1f} s after it was acknowledged")

    def owned(self, incident, cycle):
        with self.lock:
            self.quiet.setdefault((incident, cycle), time.monotonic())

    def has_paged(self, incident):
        with self.lock:
            return incident in self.paged


def about_of(body):
    why = "step" if body["why"] in OF_A_STEP else body["why"]
    return (body["incident"], body["cycle"], body["step"], body["repeat"], body["kind"], why,
            body["person"], body["channel"])
