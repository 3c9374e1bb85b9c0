"""Faults at one system call, by strace.

strace counts the calls of each thread for itself, so a place is a thread, a system call and a number.
The main thread is followed from its first instruction, every other one as soon as the daemon is ready.
"""

import collections
import dataclasses
import os
import re
import select
import signal
import subprocess
import sys

import common
from common import expect, wait_for

MAIN = "main"
LOG = r"([^>]+/\d{6}\.log)>"  # a write-ahead log, as strace shows it
KILLED_AT = ("write", "pwrite64", "fdatasync", "fsync", "sync_file_range", "openat", "rename", "renameat", "link",
             "unlink", "mkdir", "rmdir", "ftruncate", "fallocate", "connect", "sendto", "sendmsg", "writev",
             "accept", "accept4")
# What is injected, by name: the calls it makes sense for, and strace's word for it.
FAULTS = {
    "kill": (KILLED_AT, "signal=SIGKILL"),
    # No sync_file_range: here it only probes, with no flags, and the kernel has nothing to fail then.
    "EIO": (("fdatasync", "fsync"), "error=EIO"),
    # The disk keeps its word: what was not synced is gone afterwards.
    "EIO_lost": (("fdatasync",), "error=EIO"),
    "EMFILE": (("accept", "accept4", "socket", "openat"), "error=EMFILE"),
    "ENOSPC": (("write", "pwrite64", "fallocate", "mkdir", "rename", "renameat", "link"), "error=ENOSPC"),
}


@dataclasses.dataclass(frozen=True)
class Place:
    """One cell of the matrix, as text LIFE:THREAD:FAULT:SYSCALL:N."""

    life: int
    thread: str
    fault: str
    syscall: str
    n: int

    def __str__(self):
        return f"{self.life}:{self.thread}:{self.fault}:{self.syscall}:{self.n}"

    @staticmethod
    def of(text):
        life, thread, fault, syscall, n = text.split(":")
        return Place(int(life), thread, fault, syscall, int(n))

    def after(self):
        return dataclasses.replace(self, n=self.n + 1)


def threads(process):
    """{thread id: name}, without the main one. The second of a name, by age, is NAME#2."""
    out, seen = {}, collections.Counter()
    for tid in sorted(map(int, os.listdir(f"/proc/{process.pid}/task"))):
        if tid == process.pid:
            continue
        with open(f"/proc/{process.pid}/task/{tid}/comm", encoding="utf-8") as comm:
            name = comm.read().strip()
        seen[name] += 1
        out[tid] = name if seen[name] == 1 else f"{name}#{seen[name]}"
    return out


class Tracer:
    """One strace of one life. Without a place it only counts, and looks at every thread."""

    def __init__(self, folder, place=None):
        self.place = place
        self.main_trace, self.trace = (os.path.join(folder, n) for n in ("main.trace", "threads.trace"))
        self.said = os.path.join(folder, "strace.said")
        self.process, self.names = None, {}
        self.alive = None  # a pipe's end that is at its end when the daemon and strace are gone

    def options(self, trace):
        out = ["strace", "-y", "-o", trace, "-e", "signal=none", "-e"]
        if self.place is None:
            calls = {*KILLED_AT, *(call for calls, _ in FAULTS.values() for call in calls)}
            return [*out, "trace=" + ",".join(sorted(calls))]
        what = FAULTS[self.place.fault][1]
        # The others tell what had been written to a file and not been synced.
        return [*out, f"trace={self.place.syscall},write,fdatasync", "-e",
                f"inject={self.place.syscall}:{what}:when={self.place.n}"]

    def spawn(self, daemon):
        if self.place and self.place.thread != MAIN:
            daemon.spawn()
            return
        self.alive, theirs = os.pipe()
        daemon.spawn([*self.options(self.main_trace), "-q", "-D"], pass_fds=(theirs,))
        os.close(theirs)

    def attach(self, daemon):
        if self.place and self.place.thread == MAIN:
            return
        # A thread is named by its maker, a moment after it has begun.
        self.names = wait_for(f"a thread {self.place and self.place.thread}", lambda: self.find(daemon), 5)
        targets = [word for tid in self.names for word in ("-p", str(tid))]
        with open(self.said, "wb") as said:
            self.process = subprocess.Popen([*self.options(self.trace), *targets], stdin=subprocess.DEVNULL,
                                            stdout=said, stderr=said)
        wait_for("strace has attached to the threads", lambda: self.attached(daemon), 20)

    def find(self, daemon):
        return {tid: name for tid, name in threads(daemon.process).items()
                if not self.place or name == self.place.thread}

    def attached(self, daemon):
        words = read(self.said)
        if words.count(" attached") >= len(self.names):
            return True
        expect(self.process.poll() is None or daemon.process.poll() is not None,
               f"strace does not attach:\n{words}")
        return daemon.process.poll() is not None

    def finish(self):
        """The daemon is dead: strace writes its last line and ends."""
        if self.process:
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                raise common.Failed("strace outlives the daemon by 10 s") from None
        if self.alive:
            ended, _, _ = select.select([self.alive], [], [], 10)
            os.close(self.alive)
            expect(ended, "strace outlives the daemon by 10 s")

    def lines(self):
        return read(self.main_trace).splitlines() + read(self.trace).splitlines()

    def hit(self):
        """The line of the call that was tampered with, when it is an error; a kill is known by the end."""
        return next((line for line in self.lines() if "(INJECTED)" in line), None)

    def hit_log(self):
        """Whether frames were written to what was hit, or were to be synced."""
        return re.search(r"(write|fdatasync)\(\d+<" + LOG, self.hit()) is not None

    def last_call(self):
        return next((line for line in reversed(self.lines()) if "(" in line and "+++" not in line), "")

    def unsynced(self):
        """{file: bytes at its end that no fdatasync has confirmed}; of write-ahead logs only."""
        out = collections.Counter()
        for line in self.lines():
            call = re.search(r"(write|fdatasync)\(\d+<" + LOG + r".*= (\d+)$", line)
            if call and call[1] == "write":
                out[call[2]] += int(call[3])
            elif call:
                out[call[2]] = 0
        return {path: count for path, count in out.items() if count}

    def counts(self):
        """{(thread, syscall): most calls of one such thread}."""
        calls = collections.Counter()
        for trace, owner in ((self.main_trace, MAIN), (self.trace, None)):
            for line in read(trace).splitlines():
                call = re.match(r"(?:(\d+) +)?(\w+)\(", line)
                if call:
                    only = next(iter(self.names))
                    calls[owner or int(call[1] or only), call[2]] += 1
        out = {}
        for (owner, syscall), count in calls.items():
            key = (self.names.get(owner, MAIN), syscall)
            out[key] = max(out.get(key, 0), count)
        return out


def read(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as handle:
            return handle.read()
    except FileNotFoundError:
        return ""


def refuse_without_ptrace():
    """A matrix that cannot inject proves nothing, and says so."""
    common.find_program("strace")
    kill = ["strace", "-D", "-qq", "-o", os.devnull, "-e", "trace=write", "-e",
            "inject=write:signal=SIGKILL:when=1", "echo", "not killed"]
    done = subprocess.run(kill, capture_output=True, text=True, timeout=20)
    sleeper = subprocess.Popen(["sleep", "20"])
    try:
        seen = subprocess.run(["timeout", "1", "strace", "-o", os.devnull, "-p", str(sleeper.pid)],
                              capture_output=True, text=True, timeout=20)
    finally:
        sleeper.kill()
        sleeper.wait()
    if done.returncode != -signal.SIGKILL or "attached" not in seen.stderr:
        print("!" * 80 + "\nPTRACE IS REFUSED HERE: strace can neither kill nor fail system calls, so nothing\n"
              "of the kill matrix was tested. In a container: --cap-add SYS_PTRACE. On a machine:\n"
              "root, or sysctl kernel.yama.ptrace_scope=0.\n" + "!" * 80, file=sys.stderr)
        raise common.Failed(f"ptrace is refused: {done.returncode} {done.stderr.strip()} {seen.stderr.strip()}")
