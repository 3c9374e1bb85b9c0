#!/usr/bin/env python3
"""Reloads while alerts stream, every second one of a broken file: hundreds, or --reloads.

Every broken file is answered with exactly one message, at the file, line and column of its mistake, and
changes nothing. Every equivalent file (other order, quotes, comments, units) moves no timer. Now and then
one really changes something, and that takes effect. Meanwhile nothing that is sent is refused, late or lost.
"""

import os
import random
import threading
import time

import common
from common import expect, wait_for

REAL_EVERY = 20  # of the good ones
SLOW_S = 2.0 * common.PATIENCE

# What each mistake is, where: a block and the line that is put into it. The message is at the paragraph sign.
MISTAKES = [
    ("people", '  - {id: dora, email: §nobody}', "nobody"),
    ("people", '  - {id: dora, §emial: dora@example.org}', "emial"),
    ("people", '  - {id: §bob, email: bob2@example.org}', "bob"),
    ("groups", '  - {id: net, members: [bob, §bobb]}', "bobb"),
    ("cis", '  - {id: §db-1, class: database}', "db-1"),
    ("cis", '  - {id: db-new, class: database, depends_on: [db-1, §db-nine]}', "db-nine"),
    ("cis", '  - {id: db-new, class: database, criticality: §high}', "high"),
    ("rules", """  - {id: x1, match: [§'alertname=~"("'], set: {category: storage}}""", "alertname"),
    ("rules", """  - {id: x1, match: ['a="b"'], set: {category: §storrage}}""", "storrage"),
    ("rules", """  - {id: x1, match: ['a="b"'], set: {category: storage, severity: §urgent}}""", "urgent"),
    ("rules", """  - {id: §r07, match: ['a="b"'], set: {category: storage}}""", "r07"),
    ("", '§resolve_timeout_: 5m', "resolve_timeout_"),
    ("", 'hold_down: {error: §soon}', "soon"),
]


def in_quotes(word, chance):
    return chance.choice(["{}", "'{}'", '"{}"']).format(word)


def minutes(n, chance):
    return chance.choice([f"{n}m", f"{n * 60}s", f"{n * 60_000}ms"])


def blocks_of(port, mailbox, cis, members):
    """The configuration: a function of chance for each block, which says the same in other words."""
    q = in_quotes

    def listed(key, *items):
        return lambda c: [f"{key}:"] + ["  - {" + ", ".join(c.sample(parts, len(parts))) + "}"
                                        for parts in (item(c) for item in items)]

    def line(text):
        return lambda c: [text(c) if callable(text) else text]

    rules = [lambda c, i=i: [f"id: r{i:02d}", f"""match: ['alertname="Own{i}"']""",
                             "set: {category: storage, subcategory: capacity}"] for i in range(40)]
    return {
        "http": line(f'http: {{listen: ["127.0.0.1:{port}"]}}'),
        "storm": line(lambda c: f"storm: {{within: {minutes(1, c)}, alerts: 1000}}"),
        "channels": listed("channels", lambda c: ["name: mail", "kind: mailbox", f"directory: {q(mailbox, c)}"]),
        "people": listed("people", *(lambda c, p=p: [f"id: {q(p, c)}", f"email: {q(p + '@example.org', c)}"]
                                     for p in ("bob", "ann", "cid"))),
        "groups": listed("groups", lambda c: ["id: shop", f"members: [{members}]"]),
        "default_group": line(lambda c: f"default_group: {q('shop', c)}"),
        "escalation": line(lambda c: f"escalation: {{P1: [{{at: 0m, to: [primary]}}, {{at: {minutes(30, c)}, "
                           f"to: [secondary]}}], P2: [{{at: {minutes(40, c)}, to: [secondary]}}]}}"),
        "cis": listed("cis", *(lambda c, i=i: [f"id: db-{i}", "class: database", "criticality: mission_critical"]
                               for i in range(cis))),
        "rules": listed("rules", *rules),
    }


FILES = {"tocsin.yaml": ("http", "channels", "escalation", "default_group", "storm"),
         "conf.d/team.yaml": ("people", "groups"), "conf.d/what.yaml": ("cis", "rules")}


class Files:
    def __init__(self, folder, port, mailbox, chance):
        self.folder, self.port, self.mailbox, self.chance = folder, port, mailbox, chance
        self.cis, self.members = 20, "bob, ann"

    def write(self, mistake=None):
        """In words of its own each time. With a mistake: where the message has to be."""
        blocks, place = blocks_of(self.port, self.mailbox, self.cis, self.members), None
        for name, keys in FILES.items():
            lines = []
            for key in self.chance.sample(keys, len(keys)):
                lines += ["# " + "x" * self.chance.randrange(30)] * self.chance.randrange(3)
                lines += blocks[key](self.chance)
                if mistake and mistake[0] == key:
                    lines.append(mistake[1])
            if name == "tocsin.yaml":
                lines.append('include: ["conf.d/*.yaml"]')
                if mistake and not mistake[0]:
                    lines.insert(self.chance.choice([0, len(lines)]), mistake[1])
            for number, text in enumerate(lines):
                if "§" in text:
                    place = f"{os.path.join(self.folder, name)}:{number + 1}:{text.index('§') + 1}: "
                    lines[number] = text.replace("§", "")
            common.write_file(os.path.join(self.folder, name), "\n".join(lines) + "\n")
        return place


class Stream(threading.Thread):
    """Alerts in batches, one critical among eight; each is remembered when it was answered 200."""

    def __init__(self, daemon):
        super().__init__(daemon=True)
        self.daemon_, self.over, self.sent, self.worst_s, self.fault = daemon, False, 0, 0.0, None

    def run(self):
        try:
            while not self.over:
                first = self.sent
                batch = [{"labels": {"alertname": "Broken", "instance": f"db-{n // 8 % 20}" if n % 8 == 0
                                     else f"app-{n % 200}", "severity": "critical" if n % 8 == 0 else "error"}}
                         for n in range(first, first + 16)]
                begin = time.monotonic()
                self.daemon_.alerts(batch)
                self.worst_s = max(self.worst_s, time.monotonic() - begin)
                self.sent += len(batch)
                time.sleep(0.02)
        except Exception as error:  # told by the test
            self.fault = error


def is_known(daemon, ci):
    """What the inventory says of it makes it a P1."""
    daemon.alerts([{"labels": {"alertname": "Broken", "instance": ci, "severity": "critical"}}])
    found = wait_for(f"an incident about {ci}", lambda: daemon.get(f"/v1/incidents?ci={ci}")["incidents"])
    expect(found[0]["priority"] == "P1", f"{ci} is not known: {found[0]}")


def timers(daemon):
    return {i["number"]: i["escalation"].get("next_at") for i in daemon.incidents()}


def everything_is_there(daemon, sent):
    """Repeats are counted, and a count is written down every so often."""
    received = lambda m: common.total(m, "tocsin_events_received_total")
    became = lambda m: common.total(m, "tocsin_event_dispositions_total") + common.total(m, "tocsin_events_held")
    wait_for("all that was sent is received and has become something",
             lambda: (lambda m: received(m) == became(m) == sent)(daemon.metrics()), 90, 0.2)
    metrics = daemon.metrics()
    expect(metrics["tocsin_events_unaccounted"] == 0, "events are unaccounted for")
    expect(metrics["tocsin_laws_intact"] == 1, "a law is broken")


def check_refused(daemon, files, chance):
    """One of the mistakes, somewhere: one message, at its place."""
    mistake = chance.choice(MISTAKES)
    place = files.write(mistake)
    lines = [line for line in daemon.post("/-/reload", None, want=500).decode().splitlines() if ".yaml:" in line]
    expect(len(lines) == 1 and place in lines[0] and mistake[2] in lines[0],
           f"'{mistake[1]}' should be told at {place}, and it says:\n" + "\n".join(lines))


def test(options, folder):
    chance, mailbox = random.Random(11), os.path.join(folder, "mailbox")
    os.mkdir(os.path.join(folder, "conf.d"))
    port = common.free_port()
    files = Files(folder, port, mailbox, chance)
    files.write()
    daemon = common.Daemon(options.binary, os.path.join(folder, "tocsin.yaml"), os.path.join(folder, "data"), folder)
    policy = lambda: daemon.get("/v1/status")["config"]
    counts = {"broken": 0, "equivalent": 0, "real": 0}
    stream = None
    try:
        daemon.start()
        stream = Stream(daemon)
        stream.start()
        wait_for("the databases have paged", lambda: len(common.mails(mailbox, kind="page")) >= 20)
        first = timers(daemon)
        for n in range(options.reloads):
            expect(stream.fault is None, f"an alert was not taken: {stream.fault}")
            before = policy()
            if n % 2:
                check_refused(daemon, files, chance)
                what = "broken"
            else:
                what = "real" if n // 2 % REAL_EVERY == REAL_EVERY - 1 else "equivalent"
                files.cis += what == "real"
                files.write()
                daemon.post("/-/reload", None)
            expect((policy() != before) == (what == "real"), f"what is in force after a file that is {what}")
            if what == "real":
                is_known(daemon, f"db-{files.cis - 1}")
            counts[what] += 1
        stream.over = True
        stream.join(30)
        expect(stream.fault is None, f"an alert was not taken: {stream.fault}")
        now = timers(daemon)
        moved = {k: (at, now.get(k)) for k, at in first.items() if now.get(k) != at}
        expect(not moved, f"timers were moved: {dict(list(moved.items())[:5])}")
        everything_is_there(daemon, stream.sent + counts["real"])
        print(f"reloads: {counts}, {stream.sent} alerts meanwhile, the slowest batch {stream.worst_s:.3f} s, "
              f"{len(first)} timers as they were")
        expect(stream.worst_s < SLOW_S, f"a batch waited for {stream.worst_s:.2f} s")
    finally:
        if stream:
            stream.over = True
        daemon.ensure_gone()


if __name__ == "__main__":
    common.main(test, __doc__, lambda parser: parser.add_argument("--reloads", type=int, default=200))
