#!/usr/bin/env python3
"""Whoever can reach the ports and means harm: what they send is answered, and costs nobody else anything.

A thousand connections that trickle or stall, bodies of 200 MB, nested, compressed, cut in two ways, headers
and lines without an end, text that is none, labels that would forge a line of the log, wrong octet counts.
Meanwhile another process sends a hundred good alerts a second: every one is taken within a second, memory
grows by 8 MiB at most (while a body of the largest size is in hand, by no more than a good one of that
size makes it), no secret is told, and in the end every event is accounted for. What waits a
long time waits while the rest happens.
"""

import contextlib
import gzip
import hashlib
import re
import selectors
import socket
import time

import common
from common import expect, wait_for
from hostile_peers import Good, HEAD, Memory, Slow

CANARY = "canary-of-a-token-that-nobody-may-read"
CONFIG = """
http: {{listen: ["127.0.0.1:{port}"]}}
syslog: [{{tcp: "127.0.0.1:{tcp}"}}]
integrations:
  - {{name: prometheus, source: alertmanager_v2}}
  - {{name: generic, source: generic}}
  - {{name: guarded, source: generic, token_file: token}}
tokens: [{{name: bob-cli, person: bob, roles: [engineer], token: "sha256:{digest}"}}]
people:
  - {{id: bob, email: bob@example.org, reach: {{page: [terminal]}}}}
groups: [{{id: dba, members: [bob]}}]
hold_down: {{critical: 0s, error: 0s, warning: 0s, info: 0s}}
cis: [{{id: db-7, class: database, criticality: mission_critical, group: dba}}]
"""
LATE_S = 1.0 * common.PATIENCE


class World:
    def __init__(self, options, folder):
        self.folder = folder
        self.tcp = common.free_port()
        common.write_file(f"{folder}/token", CANARY + "\n")
        config = common.write_file(f"{folder}/tocsin.yaml",
                                   CONFIG.format(port=common.free_port(), tcp=self.tcp, digest=
                                                 hashlib.sha256(common.TOKEN.encode()).hexdigest()))
        self.daemon = common.Daemon(options.binary, config, f"{folder}/data", folder)
        self.said = bytearray()  # every answer, to be searched for what may not be in it

    def raw(self, pieces, seconds=20.0):
        """Sends until all is sent or an answer comes; all that comes back until the end, and how much left."""
        pieces, got, sent = iter(pieces), bytearray(), 0
        end = time.monotonic() + seconds * common.PATIENCE
        with socket.create_connection(("127.0.0.1", self.daemon.port), 10) as s:
            s.setblocking(False)
            selector = selectors.DefaultSelector()
            selector.register(s, selectors.EVENT_READ | selectors.EVENT_WRITE)
            piece = next(pieces, None)
            while True:
                expect(time.monotonic() < end, f"no end of the connection; so far: {bytes(got[:300])!r}")
                for _, events in selector.select(0.5):
                    try:
                        if events & selectors.EVENT_READ:
                            more = s.recv(65536)
                            if not more:
                                self.said += got
                                return bytes(got), sent
                            got += more
                        if events & selectors.EVENT_WRITE and piece is not None:
                            n = s.send(piece)
                            sent, piece = sent + n, piece[n:] or next(pieces, None)
                            if piece is None:
                                selector.modify(s, selectors.EVENT_READ)
                    except OSError:  # it was closed while we were still sending
                        self.said += got
                        return bytes(got), sent

    def refused(self, what, status, *pieces):
        """One answer with this status, and the end of the connection."""
        got, sent = self.raw([p.encode("latin-1") if isinstance(p, str) else p for p in pieces])
        expect(got.startswith(b"HTTP/1.1 %d " % status), f"{what}: wants {status}, got {got[:200]!r}")
        expect(len(re.findall(rb"HTTP/1.1 \d", got)) == 1, f"{what}: more than one answer: {got[:500]!r}")
        expect(b"onnection: close" in got, f"{what}: does not say that it closes")
        return sent

    def answered(self, what, status, path, body, **headers):
        """A request that is HTTP, on a connection that goes on."""
        headers = {"Content-Type": "application/json",
                   **{name.replace("_", "-"): value for name, value in headers.items()}}
        got, head, text = common.request(self.daemon.port, "POST", path, body, headers=headers)
        self.said += str(head).encode() + text
        expect(got == status, f"{what}, {path}: wants {status}, got {got} {text[:300]!r}")
        return text


def post(path, *lines):
    return HEAD.format(path=path) + "".join(line + "\r\n" for line in lines) + "\r\n"


def bodies_without_end(world):
    """200 MB, declared and in pieces: refused long before they are read."""
    block = b"x" * 65536
    whole = 200 << 20
    for path in ("/api/v2/alerts", "/hooks/generic", "/v1/incidents/1/note"):
        head = post(path, f"Content-Length: {whole}").encode()
        sent = world.refused("200 MB, declared", 413, head, *[block] * (whole // len(block)))
        expect(sent < 64 << 20, f"{sent >> 20} MB of a refused body were read")
    chunk = b"10000\r\n" + block + b"\r\n"
    head = post("/api/v2/alerts", "Transfer-Encoding: chunked").encode()
    sent = world.refused("200 MB in chunks", 413, head, *[chunk] * (whole // len(block)))
    expect(sent < 64 << 20, f"{sent >> 20} MB of chunks were read")
    world.refused("200 MB that asks before", 413,
                  post("/api/v2/alerts", f"Content-Length: {whole}", "Expect: 100-continue"))
    one_byte = b"1\r\nx\r\n" * 10_000
    world.refused("a chunk for each byte", 413, head, *[one_byte] * 900)


def compressed(world):
    bomb = gzip.compress(bytes(64 << 20))
    for coding in ("gzip", "deflate", "br", "zstd", "gzip, gzip"):
        world.refused(f"a bomb in {coding}", 415,
                      post("/api/v2/alerts", f"Content-Encoding: {coding}",
                           f"Content-Length: {len(bomb)}").encode() + bomb)
    world.answered("gzip that does not say so", 400, "/api/v2/alerts", bomb)


def two_lengths(world):
    """What a proxy could read in another way than we do: refused, and nothing behind it is a request."""
    behind = "GET /-/ready HTTP/1.1\r\nHost: smuggled\r\n\r\n"
    length, chunked = "Content-Length: ", "Transfer-Encoding: chunked"
    shapes = {
        "two lengths": (400, [length + "5", length + "6"], "[]   "),
        "two lengths in one": (400, [length + "5, 6"], "[]   "),
        "length and chunks": (400, [length + "5", chunked], "0\r\n\r\n"),
        "chunks and length": (400, [chunked, length + "5"], "0\r\n\r\n"),
        "chunks twice": (400, [chunked, chunked], "0\r\n\r\n"),
        "chunks that are none": (501, ["Transfer-Encoding: xchunked"], "0\r\n\r\n"),
        "chunks within gzip": (501, ["Transfer-Encoding: gzip, chunked"], "0\r\n\r\n"),
        "a length with a sign": (400, [length + "+5"], "[]   "),
        "a negative length": (400, [length + "-1"], ""),
        "a length in hex": (400, [length + "0x5"], "[]   "),
        "a length beyond 64 bit": (400, [length + "9" * 30], ""),
        "a blank before the colon": (400, ["Content-Length : 5"], "[]   "),
        "no such chunk size": (400, [chunked], "zz\r\n[]\r\n0\r\n\r\n"),
        "a negative chunk": (400, [chunked], "-1\r\n[]\r\n0\r\n\r\n"),
        "a chunk in 0x": (400, [chunked], "0x2\r\n[]\r\n0\r\n\r\n"),
        "a chunk beyond 64 bit": (400, [chunked], "F" * 17 + "\r\n[]\r\n0\r\n\r\n"),
        "a chunk of all 64 bit": (413, [chunked], "F" * 16 + "\r\n[]\r\n0\r\n\r\n"),
        "a chunk longer than it says": (400, [chunked], "2\r\n[]   \r\n0\r\n\r\n"),
        "a chunk's extension without end": (400, [chunked], "2;" + "e" * 40_000),
        "no host": (400, [], ""),
    }
    before = world.daemon.metrics()["tocsin_http_requests_total"]
    for what, (status, lines, body) in shapes.items():
        head = post("/api/v2/alerts", *lines)
        world.refused(what, status, (head if lines else head.replace("Host: tocsin\r\n", "")) + body + behind)
    after = world.daemon.metrics()["tocsin_http_requests_total"]
    return after - before


def headers_without_end(world):
    get = "GET / HTTP/1.1\r\nHost: tocsin\r\n"
    world.refused("10,000 headers", 431, get, *(["X: y\r\n"] * 10_000))
    world.refused("101 headers", 431, get, "X: y\r\n" * 101, "\r\n")
    world.refused("a header of 20 KB", 431, get + "X: " + "y" * 20_000 + "\r\n\r\n")
    world.refused("a header of 50 MB", 431, get + "X: ", *["y" * 65536] * 800)
    world.refused("a path of 64 KB", 431, "GET /" + "a" * 65536 + " HTTP/1.1\r\nHost: tocsin\r\n\r\n")
    world.refused("a line of 50 MB", 431, *["G" * 65536] * 800)
    world.refused("a trailer of 1 MB", 400, post("/api/v2/alerts", "Transfer-Encoding: chunked"),
                  "0\r\nX: ", *["y" * 65536] * 16)


def no_http_at_all(world):
    host = "\r\nHost: tocsin\r\n\r\n"
    for what, text in {
            "NUL in the path": "GET /a\0b HTTP/1.1" + host, "NUL in a header":
            "GET / HTTP/1.1\r\nHost: tocsin\r\nX: a\0b\r\n\r\n", "a bare CR in a header":
            "GET / HTTP/1.1\r\nHost: tocsin\r\nX: a\rb\r\n\r\n", "an escape in the path":
            "GET /\x1b[31m HTTP/1.1" + host, "TLS": "\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03" + "\0" * 500,
            "HTTP/2": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "NULs": "\0" * 100,
            "no version": "GET /\r\n\r\n", "a method with a blank": "GE T / HTTP/1.1" + host}.items():
        world.refused(what, 400, text)


def documents_of_malice(world):
    """Too deep, too many, twice, not text: refused, in fewer bytes than were sent."""
    deep = "[" * 100_000
    objects = '{"a":' * 100_000
    pair = '{"labels": {"alertname": "A", "alertname": "B"}}'
    many = {f"l{i}": "v" for i in range(10_000)}
    for what, status, am, hook in [
            ("100,000 levels", (400, 400), '[{"labels":{"alertname":"A"},"x":%s' % deep, '{"x":' + deep),
            ("100,000 levels that end", (400, 400),
             '[{"labels":{"alertname":"A"},"x":%s}]' % (deep + "]" * 100_000),
             '{"key":"a","x":%s}' % (deep + "]" * 100_000)),
            ("100,000 objects", (400, 400), '[{"labels":{"alertname":"A"},"x":%s' % objects, objects),
            ("a label twice", (400, 400), f"[{pair}]", pair),
            ("10,000 labels", (400, 422), [{"labels": {"alertname": "A", **many}}],
             {"key": "a", "labels": many}),
            ("400,000 labels", (413, 413), [{"labels": {f"l{i}": "" for i in range(400_000)}}],
             {"key": "a", "labels": {f"l{i}": "" for i in range(400_000)}}),
            ("2,700,000 alerts", (422, 413), "[" + "{}," * 2_700_000 + "{}]", "[" + "{}," * 2_700_000 + "{}]"),
            ("90,000 bad alerts", (400, 422), [{"labels": {}}] * 90_000, [{}] * 90_000),
            ("a label name of 1 MB", (400, 422), [{"labels": {"alertname": "A", "n" * 10**6: "v"}}],
             {"key": "a", "labels": {"n" * 10**6: "v"}}),
            ("a label of 1 MB", (400, 422), [{"labels": {"alertname": "n" * 10**6}}],
             {"key": "n" * 10**6}),
            ("bytes that are no UTF-8", (400, 400), b'[{"labels":{"alertname":"\xff\xfe"}}]',
             b'{"key":"\xc0\xaf"}'),
            ("a raw NUL", (400, 400), b'[{"labels":{"alertname":"a\0b"}}]', b'{"key":"a\0b"}'),
            ("half a surrogate", (400, 400), '[{"labels":{"alertname":"\\ud800"}}]',
             '{"key":"\\ud800"}'),
            ("a number beyond all, which is kept as text", (200, 200), '[{"labels":{"alertname":"A"},"annotations":{"n":1e9999}}]',
             '{"key":"a","annotations":{"n":1e9999}}'),
            ("NaN", (400, 400), '[{"labels":{"alertname":NaN}}]', '{"key":NaN}'),
            ("text behind the end", (400, 400), "[] []", "{} {}"),
            ("nothing", (400, 400), "", ""),
            ("another shape", (422, 422), '{"a":1}', "[1]")]:
        for code, path, body in ((status[0], "/api/v2/alerts", am), (status[1], "/hooks/generic", hook)):
            said = world.answered(what, code, path, body)
            expect(len(said) < 20_000, f"{what}, {path}: an answer of {len(said)} bytes")
    for what, body in [("100,000 levels", deep), ("100,000 objects", objects),
                       ("no UTF-8", b'{"text":"\xff"}'), ("a raw NUL", b'{"text":"a\0b"}'),
                       ("half a surrogate", b'{"text":"\\ud800"}')]:
        for path in ("/v1/incidents/1/note", "/v1/silences"):
            world.answered(what, 400, path, body, Authorization="Bearer " + common.TOKEN)
    world.answered("XML", 415, "/hooks/generic", "<a/>", Content_Type="application/xml")


def forged_lines(world):
    """Line feeds and escapes in labels, paths and host names: an event stays one line, whatever it says."""
    evil = "x\ntime=2026-01-01T00:00:00.000Z level=error event=forged\r\n\x1b[31mred\x07\u009b2J\u202e"
    world.answered("an evil alert", 200, "/hooks/generic",
                   {"key": "evil" + evil, "ci": "db-7", "severity": "critical", "summary": evil,
                    "labels": {"note": evil}, "annotations": {"more": evil}})
    wait_for("bob is paged on the terminal", lambda: "evil" in world.daemon.words(), 15)
    for path, status in (("/%0a%1b[31mforged", 404), ("/hooks/%0d%0aSet-Cookie:forged", 404),
                         ("/v1/incidents/%00%1b", 405)):
        world.answered("an evil path", status, path, "{}")
    expect(b"\r\nSet-Cookie" not in world.said, "a path has become a header")
    with open(world.daemon.log_path, "rb") as log:
        text = log.read()
    raw = re.findall(rb"[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]", text)
    expect(not raw, f"control characters are in the log: {set(raw)}")
    forged = [line for line in text.split(b"\n") if line.startswith(b"time=2026-01-01") or
              line.startswith(b"red")]
    expect(not forged, f"a line of the log is forged: {forged}")


def secrets_stay(world):
    for token in ("Bearer wrong", "Bearer " + CANARY[:-1], "Basic " + "A" * 4000, "Bearer \xff", "Nonsense"):
        world.answered("a wrong token", 401, "/hooks/guarded", {"key": "a"}, Authorization=token)
    world.answered("the token", 200, "/hooks/guarded", {"key": "a", "severity": "info"},
                   Authorization="Bearer " + CANARY)
    world.answered("a token in the address", 401, f"/hooks/guarded?token={CANARY}", {"key": "a"})
    for path in ("/metrics", "/v1/status", "/v1/alerts", "/v1/incidents", "/api/v2/status", "/"):
        world.said += common.request(world.daemon.port, "GET", path)[2]
    expect(CANARY.encode() not in world.said, "a secret is in an answer")
    expect(CANARY not in world.daemon.words(), "a secret is in the log")
    with open(f"/proc/{world.daemon.process.pid}/cmdline") as command:
        expect(CANARY not in command.read(), "a secret is among the arguments")


def octets_miscounted(world):
    """A stream of syslog that breaks its framing ends, by name; what came before is good, others go on."""
    ended = lambda: {reason: common.total(world.daemon.metrics(), "tocsin_syslog_connections_closed_total",
                                          transport="tcp", reason=reason)
                     for reason in ("bad_length", "too_long", "cut_off")}
    lines = lambda: common.total(world.daemon.metrics(), "tocsin_syslog_lines_total", transport="tcp",
                                 fate="unmatched")
    good = b"16 <13>good: a line"
    before, lines_before = ended(), lines()
    other = socket.create_connection(("127.0.0.1", world.tcp), 10)
    other.sendall(good)
    shapes = {"bad_length": [b"5 <13>x12x <13>y", b"0 <13>x", b"007 <13>x:", b"5x<13>x", b"1\n<13>x"],
              "too_long": [b"99999999999999999999 <13>x", b"70000 <13>x", b"1" * 5000],
              "cut_off": [good + b"50 <13>x"]}
    for reason, streams in shapes.items():
        for stream in streams:
            with socket.create_connection(("127.0.0.1", world.tcp), 10) as s:
                s.sendall(stream)
                if reason == "cut_off":
                    s.shutdown(socket.SHUT_WR)
                with contextlib.suppress(ConnectionResetError):  # what it did not read any more
                    expect(s.recv(1) == b"", f"{stream[:30]!r} was answered")
    wait_for(f"each is counted: {ended()} after {before}", lambda: ended() == {
        reason: before[reason] + len(streams) for reason, streams in shapes.items()}, 5)
    other.sendall(good)
    other.close()
    # The good ones, and the "<13>x" before the wrong length.
    wait_for("good lines are heard", lambda: lines() == lines_before + 4, 5)


def all_is_accounted_for(world):
    def sums():
        metrics = world.daemon.metrics()
        return (common.total(metrics, "tocsin_events_received_total"),
                common.total(metrics, "tocsin_event_dispositions_total"))

    with contextlib.suppress(common.Failed):  # said below, with the sums
        wait_for("what was received has become something", lambda: len(set(sums())) == 1, 15, 0.2)
    expect(len(set(sums())) == 1, f"received and disposed of are {sums()}")
    metrics = world.daemon.metrics()
    expect(metrics["tocsin_events_unaccounted"] == 0, "events are unaccounted for")
    expect(metrics["tocsin_laws_intact"] == 1, "a law is broken")
    expect(common.total(metrics, "tocsin_http_replies_lost_total") == 0, "an answer was lost")
    return sums()[0]


def slow_ones_are_told(slow):
    wait_for("all slow connections have ended", lambda: slow.open == 0, 40, 0.1)
    for kind, answers in slow.answers.items():
        expect(set(answers) == {"HTTP/1.1 408"}, f"slow {kind}: {set(answers)}")


def percentile(values, part):
    return 1000 * sorted(values)[int(part * (len(values) - 1))]


def judge(notes, calm_until, attack_until):
    faults = [fault for _, _, fault in notes if fault]
    expect(not faults, f"{len(faults)} of {len(notes)} good requests failed, e.g. {faults[:3]}")
    worst = max(seconds for _, seconds, _ in notes)
    expect(worst < LATE_S, f"a good request took {worst:.2f} s")
    for name, values in (("alone", [s for at, s, _ in notes if at < calm_until]),
                         ("under attack", [s for at, s, _ in notes if calm_until <= at < attack_until])):
        print(f"hostile: {len(values)} good requests {name}: p50 {percentile(values, 0.5):.2f} ms, "
              f"p99 {percentile(values, 0.99):.2f} ms, worst {percentile(values, 1):.2f} ms")


def warm_up(world):
    """The largest bodies there may be, by length and in chunks, wide and dense: then nothing is new."""
    wide = b"[" + b" " * ((8 << 20) - 2) + b"]"
    dense = b'[{"labels":{"alertname":"Good","instance":"good-0"},"x":[%s1]}]'
    dense %= b"1," * (((8 << 20) - len(dense)) // 2)
    for _ in range(4):  # for each I/O thread
        for body in (wide, dense):
            world.answered("the largest body", 200, "/api/v2/alerts", body)
            got, _ = world.raw([post("/api/v2/alerts", "Connection: close", "Transfer-Encoding: chunked").
                                encode(), b"%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n"])
            expect(got.startswith(b"HTTP/1.1 200 "), f"the largest body, in chunks: {got[:300]!r}")


def attack(world, memory):
    slow = Slow(world.daemon.port)
    slow.start()
    expect(slow.started.wait(20), "the slow ones do not come in")
    print(f"hostile: {slow.open} slow connections, {memory.grown()} KiB more")
    memory.check("by slow connections")
    for story in (bodies_without_end, compressed, two_lengths, headers_without_end, no_http_at_all,
                  documents_of_malice, forged_lines, secrets_stay, octets_miscounted):
        begin = time.monotonic()
        story(world)
        print(f"hostile: {story.__name__} {time.monotonic() - begin:.1f} s, {memory.grown()} KiB more")
        memory.check(f"behind {story.__name__}")
    slow_ones_are_told(slow)
    memory.check("in the end")


def test(options, folder):
    world = World(options, folder)
    try:
        world.daemon.start()
        memory = Memory(world.daemon.process.pid)
        memory.start()
        warm_up(world)
        memory.remember()
        good = Good(world.daemon.port)
        good.start()
        time.sleep(4)  # the calm that the attack is compared with
        calm_until = time.monotonic()
        attack(world, memory)
        attack_until = time.monotonic()
        judge(good.stop(), calm_until, attack_until)
        memory.check_peak()
        print(f"hostile: {all_is_accounted_for(world):.0f} events, all accounted for")
        world.daemon.stop()
    finally:
        world.daemon.ensure_gone()


if __name__ == "__main__":
    common.main(test, __doc__)
