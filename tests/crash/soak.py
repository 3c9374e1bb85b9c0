#!/usr/bin/env python3
"""Hours in minutes: a load that goes on, a fault every minute, and nothing that grows.

Three senders, a person who acknowledges, two receivers of pages. At first and at the end of it the daemon
dies and comes back; in the middle one process lives through everything else. Each minute ends with the
judgement of the kill loop: every alert is as it was answered, the totals equal the recount, no incident
number is missing, whoever must be paged was. Then memory, threads and descriptors are noted; over the
middle they must be flat. Of memory that is what the store's caches do not hold: those fill for the first
ten minutes, up to their limits, and say how far. The store lies on a disk of its own where one can be
mounted, and that is full for a while. The clock is never moved: that is the simulator's.

  soak.py --binary tocsin [--minutes 30] [--minute SECONDS] [--seed N]
"""

import contextlib
import http.client
import os
import re
import resource
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time

from crash_loop import Loader, Loop, Person
from world import common
from common import expect, wait_for
from hostile_peers import Slow

MEMORY_MIB = 8       # of growth from the first half of the middle to the second
DESCRIPTORS = 4
WARM_S = 30          # of shorter minutes the first ones are all there is: nothing is flat yet
OVER_LIMIT = 1.25    # a cache also holds what is in use just now, whatever its limit
STORE_MIB = 512      # of the disk of its own
STOP_S = 10 * common.PATIENCE


class Soak(Loop):
    def __init__(self, options, folder):
        self.own_disk = os.path.join(folder, "disk")
        os.mkdir(self.own_disk)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={STORE_MIB}m", "tocsin-soak",
                                  self.own_disk], capture_output=True).returncode == 0
        super().__init__(options, folder)
        if mounted:
            self.data = os.path.join(self.own_disk, "data")
            self.daemon.command[self.daemon.command.index("--data") + 1] = self.data
        else:
            print("soak: no disk can be mounted here, so none will be full", flush=True)
        self.mounted = mounted
        self.says = None  # what the receiver says to everything: a status, or "nothing"
        self.samples, self.lived = [], []  # of the middle; (fault, what it did)
        self.config = self.daemon.command[self.daemon.command.index("--config") + 1]
        self.length = options.minute / 4  # of a fault that lasts

    def receiver_says(self):
        if self.says == "nothing":
            self.said_nothing.wait(self.length + 5)
            return None
        return self.says or super().receiver_says()

    # ---- the faults ------------------------------------------------------------------------------

    def kill(self):
        self.die()
        self.start()
        return f"ready after {self.slowest_start:.2f} s at most"

    def stop_under_load(self):
        begin = time.monotonic()
        self.daemon.stop(60)
        took = time.monotonic() - begin
        self.died.set()
        self.died = threading.Event()
        if took > STOP_S:
            self.wrong.append(f"a stop under load took {took:.1f} s")
        self.start()
        return f"stopped within {took:.2f} s"

    def no_descriptors(self):
        """No more than it has: connections and files of checkpoints fail; it may end with 75."""
        pid = self.daemon.process.pid
        before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (len(os.listdir(f"/proc/{pid}/fd")), before[1]))
        end = time.monotonic() + self.length
        while time.monotonic() < end and self.daemon.process.poll() is None:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self.daemon.port), 1).close()
            time.sleep(0.05)
        if self.daemon.process.poll() is None:
            resource.prlimit(pid, resource.RLIMIT_NOFILE, before)
            return "lived"
        expect(self.daemon.process.returncode == 75,
               f"out of descriptors it ended with {self.daemon.process.returncode}")
        self.died.set()
        self.died = threading.Event()
        self.start()
        return "ended with 75, came back"

    def channel_refuses(self):
        self.says = 500
        time.sleep(self.length)
        self.says = None

    def channel_hangs(self):
        self.said_nothing = threading.Event()
        self.says = "nothing"
        time.sleep(self.length)
        self.says = None
        self.said_nothing.set()

    def slow_connections(self):
        slow = Slow(self.daemon.port)
        slow.start()
        slow.join(60)
        told = {answer for kind in slow.answers.values() for answer in kind}
        expect(told == {"HTTP/1.1 408"}, f"slow connections were told {told}")
        return "1,000 were told 408"

    def reload(self):
        """A good file, one that is none, and the first one again."""
        with open(self.config, encoding="utf-8") as handle:
            text = handle.read()
        ok = lambda: self.daemon.metrics()["alertmanager_config_last_reload_successful"]
        for new, status, good in ((text + "instance: {name: other}\n", 200, 1), ("people: nobody\n", 500, 0),
                                  (text, 200, 1)):
            common.write_file(self.config, new)
            got, _, said = common.request(self.daemon.port, "POST", "/-/reload")
            expect(got == status and ok() == good, f"POST /-/reload: {got} {said[:300]!r}")

    def disk_full(self):
        filler = os.path.join(self.own_disk, "filler")
        free = lambda: os.statvfs(self.own_disk).f_bavail * os.statvfs(self.own_disk).f_frsize >> 20
        refused = lambda: not self.daemon_accepts()
        with open(filler, "wb") as handle:
            while free() > 100:
                handle.write(bytes(1 << 20))
                handle.flush()
        wait_for("alerts are refused", refused, 10, 0.1)
        time.sleep(self.length / 2)
        os.unlink(filler)
        begin = time.monotonic()
        wait_for("alerts are taken again", self.daemon_accepts, 10, 0.05)
        return f"taken again after {time.monotonic() - begin:.1f} s"

    def daemon_accepts(self):
        return common.request(self.daemon.port, "GET", "/-/ready")[0] == 200

    def paused(self):
        self.daemon.process.send_signal(signal.SIGSTOP)
        time.sleep(self.length)
        self.daemon.process.send_signal(signal.SIGCONT)

    # ---- minutes ----------------------------------------------------------------------------------

    def schedule(self):
        """(fault, is it the middle?) for each minute."""
        middle = [self.channel_refuses, self.slow_connections, self.reload, self.paused, self.channel_hangs]
        if self.mounted:
            middle.insert(3, self.disk_full)
        before, after = [self.kill, self.no_descriptors, self.stop_under_load], [self.kill, self.stop_under_load]
        length = max(len(middle), self.options.minutes - len(before) - len(after))
        return ([(f, False) for f in before] + [(middle[i % len(middle)], True) for i in range(length)] +
                [(f, False) for f in after])

    def minute(self, fault):
        stop = threading.Event()
        begin = time.monotonic()
        threads = self.load(stop)
        time.sleep(self.options.minute / 4)
        did = fault() or "lived through"
        if not all(t.is_alive() for t in threads):  # a sender ends with the daemon
            stop.set()
            for t in threads:
                t.join(30)
            stop = threading.Event()
            self.judge()
            threads = self.load(stop)
        time.sleep(max(0.0, begin + self.options.minute - time.monotonic()))
        stop.set()
        for t in threads:
            t.join(30)
            expect(not t.is_alive(), "a request is neither answered nor broken after 30 s")
        self.counts["shed"] += sum(t.shed for t in threads if isinstance(t, Loader))
        self.read_mails()
        self.judge()
        return did

    def load(self, stop):
        threads = [Loader(self, a, stop) for a in self.alerts] + [Person(self, stop)]
        for t in threads:
            t.start()
        return threads

    def sample(self):
        """Of memory, in MiB, and what of it are caches of the store; threads; descriptors but those of the
        store, which opens files as it needs them."""
        pid = self.daemon.process.pid
        metrics = self.daemon.metrics()
        cached = 0
        for part in ("cache", "buffers"):
            kept, limit = (common.total(metrics, f"tocsin_store_memory_{what}", part=part)
                           for what in ("bytes", "limit_bytes"))
            if not 0 < kept <= limit * OVER_LIMIT:
                self.wrong.append(f"the {part} of the store hold {kept:.0f} bytes of {limit:.0f}")
            cached += kept
        with open(f"/proc/{pid}/status") as status:
            text = status.read()
        links = []
        for fd in os.listdir(f"/proc/{pid}/fd"):
            with contextlib.suppress(OSError):
                links.append(os.readlink(f"/proc/{pid}/fd/{fd}"))
        return (int(re.search(r"VmRSS:\s+(\d+)", text).group(1)) / 1024, cached / (1 << 20),
                int(re.search(r"Threads:\s+(\d+)", text).group(1)),
                sum(not link.startswith(self.data) for link in links))

    def judge_flat(self):
        memory, cached, threads, descriptors = zip(*self.samples)
        own = [whole - part for whole, part in zip(memory, cached)]
        half = len(memory) // 2
        grown = lambda values: statistics.median(values[half:]) - statistics.median(values[:half])
        print(f"soak: over {len(memory)} minutes of one process: memory {min(memory):.1f} to "
              f"{max(memory):.1f} MiB, of it caches of the store {min(cached):.1f} to {max(cached):.1f}; from the "
              f"first half to the second {grown(memory):+.1f} MiB, caches {grown(cached):+.1f}, the rest "
              f"{grown(own):+.1f}; threads {min(threads)} to {max(threads)}; descriptors {min(descriptors)} to "
              f"{max(descriptors)}")
        if grown(own) > MEMORY_MIB and self.options.minute >= WARM_S:
            self.wrong.append(f"memory beside the store's caches has grown by {grown(own):.1f} MiB: "
                              f"{[round(m, 1) for m in own]}")
        if len(set(threads)) > 1:
            self.wrong.append(f"threads are not flat: {threads}")
        if max(descriptors) - min(descriptors) > DESCRIPTORS:
            self.wrong.append(f"descriptors are not flat: {descriptors}")

    def run(self):
        begin = time.monotonic()
        self.start()
        schedule = self.schedule()
        for number, (fault, middle) in enumerate(schedule, 1):
            gasps = self.counts["gasps"]
            did = self.minute(fault)
            now = self.sample()
            if middle:
                self.samples.append(now)
                expect(self.counts["gasps"] == gasps, f"{fault.__name__}: the store was said to be lost")
            print(f"soak: minute {number:2} of {len(schedule)}: {fault.__name__:17} {did}; "
                  f"{now[0]:.1f} MiB, caches {now[1]:.1f}, {now[2]} threads, {now[3]} descriptors", flush=True)
        self.judge_flat()
        self.die()
        incidents, cancelled = self.finish()
        answered = sum(a.acknowledged for a in self.alerts)
        print(f"soak: seed {self.options.seed}, {len(schedule)} faults in {time.monotonic() - begin:.0f} s, "
              f"{self.counts['starts']} starts; {answered:,} alerts answered, all there; {incidents:,} "
              f"incidents, no gap; {self.pages.count:,} messages, {self.pages.doubles} doubles; {cancelled} "
              f"over before anybody was reached; {len(self.owned):,} acknowledgements; "
              f"{self.counts['shed']} requests refused")


def test(options, folder):
    options.during_checkpoints = False
    soak = Soak(options, folder)
    try:
        soak.run()
    except common.Failed as error:
        raise common.Failed(f"seed {options.seed}: {error}") from None
    finally:
        soak.daemon.ensure_gone()
        if soak.mounted:
            subprocess.run(["umount", soak.own_disk], check=False)


def arguments(parser):
    parser.add_argument("--minutes", type=int, default=30, help="11 at least, so that each fault comes")
    parser.add_argument("--minute", type=float, default=60, metavar="SECONDS", help="how long one is")
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(3), "big"))


if __name__ == "__main__":
    common.main(test, __doc__, arguments)
