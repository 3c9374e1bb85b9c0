"""Who is there while hostile.py attacks: a good sender, slow connections, and who watches the memory."""

import contextlib
import http.client
import json
import multiprocessing
import re
import selectors
import socket
import threading
import time

import common
from common import expect

HEAD = "POST {path} HTTP/1.1\r\nHost: tocsin\r\n"
GROWTH_KIB = 8 * 1024
TRICKLING = STALLING = 500
GOOD_PER_S = 100
GOOD_ALERTS = 50  # so many in turn, so that most are repeats and the state does not grow


class Good(multiprocessing.Process):
    """Sends good alerts at an even pace, most over one connection, each tenth over one of its own.

    A process, so that the attackers' Python does not stand in its way. Notes (when, seconds, fault).
    """

    def __init__(self, port):
        super().__init__(daemon=True)
        self.port = port
        self.over = multiprocessing.Event()
        self.here, self.there = multiprocessing.Pipe(False)

    def run(self):
        kept, notes, begin = None, [], time.monotonic()
        for number in range(10**9):
            time.sleep(max(0.0, begin + number / GOOD_PER_S - time.monotonic()))
            if self.over.is_set():
                break
            fresh = number % 10 == 9
            at, fault = time.monotonic(), ""
            try:
                connection = self.connect() if fresh or not kept else kept
                kept = kept if fresh else connection
                fault = self.send(connection, number)
                if fresh:
                    connection.close()
            except (OSError, http.client.HTTPException) as error:
                fault, kept = repr(error), None
            notes.append((at, time.monotonic() - at, fault))
        self.there.send(notes)

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)

    @staticmethod
    def send(connection, number):
        alert = {"labels": {"alertname": "Good", "instance": f"good-{number % GOOD_ALERTS}"}}
        connection.request("POST", "/api/v2/alerts", json.dumps([alert]),
                           {"Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        return "" if answer.status == 200 else f"answered {answer.status}"

    def stop(self):
        self.over.set()
        expect(self.here.poll(20), "the good sender does not end")
        return self.here.recv()


class Memory(threading.Thread):
    """The resident size of a process in KiB, looked at 50 times a second, against what it was at first."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.peak, self.first, self.first_peak = pid, 0, 0, 0
        self.sanitized = common.is_sanitized(pid)

    def now(self):
        with open(f"/proc/{self.pid}/status") as status:
            return int(re.search(r"VmRSS:\s+(\d+) kB", status.read()).group(1))

    def run(self):
        with contextlib.suppress(OSError, AttributeError):  # the process has ended
            while True:
                self.peak = max(self.peak, self.now())
                time.sleep(0.02)

    def remember(self):
        self.first, self.first_peak, self.peak = self.now(), self.peak, 0
        print(f"hostile: {self.first} KiB are resident, {self.first_peak} KiB at most were before")

    def grown(self):
        return self.now() - self.first

    def check(self, when):
        grown = self.grown()
        expect(self.sanitized or grown <= GROWTH_KIB, f"memory has grown by {grown} KiB {when}")

    def check_peak(self):
        print(f"hostile: {self.grown()} KiB more in the end; {self.peak} KiB were resident at most")
        expect(self.sanitized or self.peak <= self.first_peak + GROWTH_KIB,
               f"{self.peak} KiB were resident, and {self.first_peak} KiB with good bodies")


class Slow(threading.Thread):
    """Connections that send a byte a second (of a header) or stop in the middle (of a body)."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.port, self.answers, self.open = port, {"header": [], "body": []}, 0
        self.started = threading.Event()

    def run(self):
        selector = selectors.DefaultSelector()
        trickle = (HEAD.format(path="/api/v2/alerts") + "X-Slow: " + "z" * 100).encode()
        stall = (HEAD.format(path="/api/v2/alerts") + "Content-Length: 1000000\r\n\r\n[{").encode()
        trickling = []
        for number in range(TRICKLING + STALLING):
            # From ten addresses: of one, half of all connections may be.
            s = socket.create_connection(("127.0.0.1", self.port), 10, (f"127.0.0.{10 + number % 10}", 0))
            s.setblocking(False)
            body = number >= TRICKLING
            s.send(stall if body else trickle[:1])
            if not body:
                trickling.append(s)
            selector.register(s, selectors.EVENT_READ, ("body" if body else "header", bytearray()))
            self.open += 1
        self.started.set()
        sent, next_byte = 1, time.monotonic() + 1
        while self.open:
            for key, _ in selector.select(max(0.0, next_byte - time.monotonic())):
                self.read(selector, key)
            if time.monotonic() >= next_byte:
                for s in trickling:
                    with contextlib.suppress(OSError):
                        s.send(trickle[sent:sent + 1])
                sent, next_byte = sent + 1, next_byte + 1

    def read(self, selector, key):
        kind, text = key.data
        try:
            piece = key.fileobj.recv(4096)
        except OSError:
            piece = b""
        text += piece
        if not piece:
            selector.unregister(key.fileobj)
            key.fileobj.close()
            self.answers[kind].append(bytes(text[:12]).decode("latin-1"))
            self.open -= 1
