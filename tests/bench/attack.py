#!/usr/bin/env python3
"""What attacks cost the others: 500 good requests a second, alone and during each attack.

One attack after the other, each for as long as the good requests are measured (10 s): 1,000 connections
that trickle or stall, from ten addresses; bodies of 200 MB, declared and in chunks; documents nested
100,000 deep; gzip bombs; streams of syslog with wrong octet counts. Each attacker goes on as soon as it
was answered, and every answer must be the right one. Attackers are nice: their CPU would be elsewhere.

Judged: the 99th percentile of the good requests moves by less than 10 ms, and resident memory grows by
8 MiB at most, against what it was after good bodies of the largest size.

  attack.py --binary tocsin [--load tocsin_load] [--json FILE] [--seconds 10]
"""

import contextlib
import gzip
import json
import multiprocessing
import os
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))

import common
import hostile
from common import expect, wait_for
from hostile import post
from hostile_peers import GROWTH_KIB, Memory, Slow

RATE, CONNECTIONS = 500, 16
MOVES_MS = 10.0
BLOCK = b"x" * 65536


# ---- one round of each attack; the answer must be the right one --------------------------------------

def bodies(world):
    whole = 200 << 20
    world.refused("200 MB, declared", 413, post("/api/v2/alerts", f"Content-Length: {whole}"),
                  *[BLOCK] * (whole // len(BLOCK)))
    chunk = b"10000\r\n" + BLOCK + b"\r\n"
    world.refused("200 MB in chunks", 413, post("/api/v2/alerts", "Transfer-Encoding: chunked"),
                  *[chunk] * (whole // len(BLOCK)))


DEEP = '[{"labels":{"alertname":"A"},"x":' + "[" * 100_000


def depth(world):
    world.answered("100,000 levels", 400, "/api/v2/alerts", DEEP)


BOMB = gzip.compress(bytes(64 << 20))


def bombs(world):
    world.refused("a gzip bomb", 415, post("/api/v2/alerts", "Content-Encoding: gzip",
                                           f"Content-Length: {len(BOMB)}").encode() + BOMB)


def octets(world):
    for stream in (b"5 <13>x12x <13>y", b"007 <13>x:", b"99999999999999999999 <13>x", b"1" * 5000):
        with socket.create_connection(("127.0.0.1", world.tcp), 10) as s:
            s.sendall(stream)
            with contextlib.suppress(ConnectionResetError):  # what it did not read any more
                expect(s.recv(1) == b"", f"{stream[:30]!r} was answered")


class Attacker(multiprocessing.Process):
    """Round after round until told to stop; counts them, and says what went wrong."""

    def __init__(self, world, round_of):
        super().__init__(daemon=True)
        self.world, self.round_of = world, round_of
        self.over = multiprocessing.Event()
        self.here, self.there = multiprocessing.Pipe(False)

    def run(self):
        os.nice(10)
        rounds, wrong = 0, ""
        try:
            while not self.over.is_set():
                self.round_of(self.world)
                rounds += 1
        except (OSError, common.Failed) as error:
            wrong = repr(error)
        self.there.send((rounds, wrong))

    def stop(self):
        self.over.set()
        rounds, wrong = self.here.recv() if self.here.poll(30) else (0, "it does not end")
        expect(not wrong, f"{self.round_of.__name__}: {wrong}")
        return rounds


class SlowOnes(multiprocessing.Process):
    """1,000 connections, opened anew when they were told that they are too slow."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.port, self.over = port, multiprocessing.Event()
        self.here, self.there = multiprocessing.Pipe(False)

    def run(self):
        os.nice(10)
        rounds, told = 0, set()
        while not self.over.is_set():
            slow = Slow(self.port)
            slow.start()
            slow.join(60)
            told |= {answer for kind in slow.answers.values() for answer in kind}
            rounds += 1
        self.there.send((rounds, told))

    def stop(self):
        self.over.set()
        rounds, told = self.here.recv() if self.here.poll(90) else (0, {"nothing"})
        expect(told == {"HTTP/1.1 408"}, f"slow connections were told {told}")
        return 1000 * rounds


class Attacks:
    def __init__(self, options, folder):
        self.options = options
        self.world = hostile.World(options, folder)
        self.alerts = RATE * options.seconds
        self.starts_at, self.turn = int(time.time()) - 60, 0
        self.figures, self.missed = [], []

    def figure(self, name, unit, value, most=None):
        good = most is None or value <= most
        self.figures.append({"name": name, "unit": unit, "ours": value, "peer": None, "ratio": None})
        print(f"attack: {name:38} {value:10,.2f} {unit:8}{'' if good else '  MISSED'}", flush=True)
        if not good:
            self.missed.append(f"{name} is {value:,.2f} {unit}")

    def good_ones(self):
        """500 requests a second, one alert each; every answer is 200."""
        phase = "repeat" if self.turn else "new"
        done = subprocess.run(
            [self.options.load, "--port", str(self.world.daemon.port), "--phase", phase,
             "--alerts", str(self.alerts), "--batch", "1", "--connections", str(CONNECTIONS),
             "--rate", str(RATE), "--starts-at", str(self.starts_at), "--turn", str(self.turn)],
            stdout=subprocess.PIPE, text=True)
        self.turn += 1
        expect(done.returncode == 0, f"not every good request was answered 200: {done.stdout}")
        return json.loads(done.stdout)

    def measure(self, name, attackers, calm):
        for attacker in attackers:
            attacker.start()
        out = self.good_ones()
        rounds = sum(attacker.stop() for attacker in attackers)
        self.figure(f"{name}: answered", "times", rounds)
        self.figure(f"{name}: p50", "ms", out["p50_ms"])
        self.figure(f"{name}: p99", "ms", out["p99_ms"])
        self.figure(f"{name}: p99 moves by", "ms", out["p99_ms"] - calm, MOVES_MS)
        self.figure(f"{name}: memory more", "MiB", self.memory.grown() / 1024, GROWTH_KIB / 1024)

    def run(self):
        daemon = self.world.daemon.start()
        self.memory = Memory(daemon.process.pid)
        self.memory.start()
        hostile.warm_up(self.world)
        self.good_ones()  # from here on they are repeats
        calm = self.good_ones()
        self.memory.remember()
        self.figure("alone: p50", "ms", calm["p50_ms"])
        self.figure("alone: p99", "ms", calm["p99_ms"])
        port = daemon.port
        for name, attackers in (("slow connections", [SlowOnes(port)]),
                                ("bodies of 200 MB", [Attacker(self.world, bodies)]),
                                ("depth bombs", [Attacker(self.world, depth)]),
                                ("gzip bombs", [Attacker(self.world, bombs)]),
                                ("wrong octet counts", [Attacker(self.world, octets)])):
            self.measure(name, attackers, calm["p99_ms"])
        again = self.good_ones()
        self.figure("alone again: p99", "ms", again["p99_ms"])
        peak = max(0, self.memory.peak - self.memory.first_peak)
        self.figure("memory more at its peak", "MiB", peak / 1024, GROWTH_KIB / 1024)
        wait_for("all connections have ended", lambda: daemon.metrics()["tocsin_http_connections_open"] <= 1, 30)
        print(f"attack: {hostile.all_is_accounted_for(self.world):,.0f} events, all accounted for")


def test(options, folder):
    beside = os.path.join(os.path.dirname(options.binary), "tests", "bench", "tocsin_load")
    options.load = os.path.abspath(options.load or beside)
    attacks = Attacks(options, folder)
    try:
        attacks.run()
    finally:
        attacks.world.daemon.ensure_gone()
    if options.json:
        common.write_file(options.json, json.dumps({"figures": attacks.figures}, indent=1) + "\n")
    expect(not attacks.missed, "; ".join(attacks.missed))


def arguments(parser):
    parser.add_argument("--load", help="the generator; beside the binary unless said")
    parser.add_argument("--json", metavar="FILE", help="write the figures there")
    parser.add_argument("--seconds", type=int, default=10, help="of each attack")


if __name__ == "__main__":
    common.main(test, __doc__, arguments)
