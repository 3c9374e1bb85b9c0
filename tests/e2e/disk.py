#!/usr/bin/env python3
"""The disk of the store is full, or fails: what is promised goes on, the rest is refused, and it is back by itself.

A file system of 512 MiB is filled to the floor, to the last reserve, and emptied again under a running daemon; then
it is full when the daemon starts, with and without a ballast to give up. Then every sync fails, once and until it
does not. Needs a mount of its own (root, or a user namespace) and strace that may trace.
"""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "crash"))

import common
from common import expect, wait_for

MIB = 1 << 20
DISK, FLOOR, LAST, BALLAST = 512 * MIB, 128 * MIB, 24 * MIB, 64 * MIB
SKIPPED = 77

CONFIG = """
http: {{listen: ["127.0.0.1:{port}"]}}
tokens: [{{name: bob, person: bob, roles: [engineer, administrator], token: {token}}}]
people:
  - {{id: ann, email: ann@example.org, reach: {{page: [admins]}}}}
  - {{id: bob, email: bob@example.org, reach: {{page: [pager], inform: [pager]}}}}
groups: [{{id: shop, members: [bob]}}]
default_group: shop
roles: {{administrator: [ann]}}
channels:
  - {{name: admins, kind: webhook, url: "http://127.0.0.1:{admins}/", secret: "{secret}"}}
  - {{name: pager, kind: webhook, url: "http://127.0.0.1:{pager}/", secret: "{secret}"}}
catch_all: {{people: [bob], channel: pager}}
"""


class Disk:
    """A small file system, and a file that takes what is to be missing."""

    def __init__(self, folder):
        self.path = os.path.join(folder, "disk")
        self.filler = os.path.join(self.path, "filler")
        os.mkdir(self.path)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", self.path], check=True)

    def free(self):
        disk = os.statvfs(self.path)
        return disk.f_bavail * disk.f_frsize

    def leave(self, free):
        """Fills up, or frees, so that so many bytes are left."""
        size = os.path.getsize(self.filler) if os.path.exists(self.filler) else 0
        wanted = size + self.free() - free
        if wanted <= 0:
            self.empty()
            return
        with open(self.filler, "ab") as file:
            file.truncate(min(size, wanted))
            os.posix_fallocate(file.fileno(), 0, wanted)

    def empty(self):
        if os.path.exists(self.filler):
            os.unlink(self.filler)

    def close(self):
        subprocess.run(["umount", "-l", self.path], check=False)


class World:
    def __init__(self, options, folder):
        self.folder = folder
        self.admins, self.pager = common.Sink(), common.Sink()
        self.disk = Disk(folder)
        self.data = os.path.join(self.disk.path, "data")
        config = common.write_file(os.path.join(folder, "tocsin.yaml"), CONFIG.format(
            port=common.free_port(), token=common.TOKEN, admins=self.admins.port, pager=self.pager.port,
            secret=common.SECRET))
        runtime = os.path.join(folder, "run")
        os.mkdir(runtime)
        self.daemon = common.Daemon(options.binary, config, self.data, folder, {"RUNTIME_DIRECTORY": runtime})

    def fire(self, name):
        return common.request(self.daemon.port, "POST", "/api/v2/alerts", [
            {"labels": {"alertname": "Down", "ci": name, "severity": "critical"}}])

    def opened(self, name):
        """Its incident, when it was taken and has paged."""
        status = self.fire(name)[0]
        expect(status == 200, f"{name} was answered {status}")
        return wait_for(f"{name} pages", lambda: self.pager.seen(kind="page", ci=name), 10)[0].incident

    def ack(self, incident, timeout=5.0):
        return common.request(self.daemon.port, "POST", f"/v1/incidents/{incident}/ack", {}, common.TOKEN, timeout)[0]

    def give(self, name):
        """An inventory of one CI, imported."""
        return common.request(self.daemon.port, "PUT", "/v1/cis", f"id,class\n{name},host\n", common.TOKEN, 20,
                              {"Content-Type": "text/csv"})[:2]

    def imported(self):
        return [ci["id"] for ci in self.daemon.get("/v1/cis?origin=imported", common.TOKEN)["cis"]]

    def refuses(self, name):
        status, headers, _ = self.fire(name)
        return status == 503 and headers["Retry-After"]

    def drill(self):
        """A page is asked for, sent and settled: facts of paging are written."""
        before = len(self.pager.seen(drill=True))
        self.daemon.post("/v1/drills", {"target": "bob"}, common.TOKEN)
        wait_for("a test page arrives", lambda: len(self.pager.seen(drill=True)) > before, 10)

    def told(self):
        return [m for m in self.admins.seen(kind="page") if m.incident == ""]

    def takes_alerts(self, name, seconds=10):
        began = time.monotonic()
        wait_for("alerts are taken again", lambda: self.fire(name)[0] == 200, seconds, 0.2)
        return time.monotonic() - began

    def forget_being_told(self):
        """The next process pages administrators at once, as after five minutes."""
        os.unlink(os.path.join(self.folder, "run", "black_box"))
        self.admins.messages.clear()

    def close(self):
        self.daemon.ensure_gone()
        self.disk.close()
        self.admins.close()
        self.pager.close()


def fills_up(w):
    w.daemon.start()
    expect(os.path.getsize(os.path.join(w.data, "ballast")) == BALLAST, "there is no ballast")
    first, second = w.opened("db-1"), w.opened("db-2")

    w.disk.leave(FLOOR - 30 * MIB)
    wait_for("alerts are refused at the floor", lambda: w.refuses("db-3"), 10)
    expect(not os.path.exists(os.path.join(w.data, "ballast")), "the ballast is still there")
    expect(w.ack(first) == 200, "an acknowledgement is not taken at the floor")
    status, headers = w.give("imported-1")
    expect(status == 503 and headers["Retry-After"], f"an import at the floor was answered {status}")
    expect(not w.imported(), "an import is in force that was refused")
    w.drill()
    wait_for("somebody is paged about the disk", lambda: [
        m for m in w.pager.seen(kind="page") if "nearly full" in m.body["title"]], 10)
    expect(not w.told(), "the administrators were told while pages go their way")

    w.disk.leave(LAST // 2)
    time.sleep(1.5)  # the disk is asked once a second
    answer = []
    waiting = threading.Thread(target=lambda: answer.append(w.ack(second, 60)))
    waiting.start()
    wait_for("the administrators are told that nothing can be written", w.told, 30)
    expect(not answer, "an acknowledgement was answered that cannot be on disk")

    w.disk.empty()
    recovered = w.takes_alerts("db-4")
    expect(not w.imported(), "what was refused came into force later")
    expect(w.give("imported-2")[0] == 200 and w.imported() == ["imported-2"], "an import is not taken again")
    waiting.join(10)
    expect(answer == [200], f"the acknowledgement was answered {answer}")
    wait_for("the ballast is made again", lambda: os.path.exists(os.path.join(w.data, "ballast")), 10)
    expect(w.daemon.process.poll() is None, "the daemon ended")
    w.opened("db-5")
    w.daemon.stop()
    return recovered


def starts_on_a_full_disk(w):
    """With a ballast it starts and pages; without one it waits for space, and says so."""
    w.disk.leave(10 * MIB)
    w.daemon.spawn()
    wait_for("it starts on the ballast", lambda: "event=started" in w.daemon.words(), 20)
    expect(w.refuses("db-6"), "alerts are taken at the floor")
    w.drill()
    w.disk.empty()
    recovered = w.takes_alerts("db-6")
    w.daemon.stop()

    w.forget_being_told()
    os.unlink(os.path.join(w.data, "ballast"))
    w.disk.leave(LAST // 2)
    w.daemon.spawn()
    wait_for("the administrators are told", w.told, 30)
    expect("no room for the first frame" in w.daemon.words(), "it has room")
    w.disk.empty()
    wait_for("it opens its store by itself", w.daemon.is_ready, 20)
    w.opened("db-7")
    w.daemon.stop()
    return recovered


def tracer_of(process):
    with open(f"/proc/{process.pid}/status", encoding="utf-8") as status:
        return int(next(line for line in status if line.startswith("TracerPid")).split()[1])


def fails(w):
    """EIO of every sync: the process gives up, the next one does not open, and the one after the fault does."""
    w.forget_being_told()
    strace = ["strace", "-f", "-D", "-I", "1", "-q", "-o", os.devnull, "-e", "trace=fdatasync,fsync", "-e", "signal=none", "-e",
              "inject=fdatasync,fsync:error=EIO"]
    w.daemon.start()
    helper = subprocess.Popen([word for word in strace if word != "-D"] + ["-p", str(w.daemon.process.pid)],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for("it is traced", lambda: tracer_of(w.daemon.process), 10)
    try:
        status = w.fire("db-8")[0]
    except OSError:
        status = None
    expect(status != 200, "an alert was acknowledged that could not be synced")
    code = w.daemon.process.wait(20)
    helper.wait(10)
    expect(code == 75, f"it ended with {code}:\n{w.daemon.words()[-1000:]}")

    w.daemon.spawn(strace)
    began = time.monotonic()
    wait_for("the administrators are told", w.told, 30)
    told = time.monotonic() - began
    expect(w.refuses("db-8"), "alerts are taken without a store")
    os.kill(tracer_of(w.daemon.process), signal.SIGTERM)  # strace leaves, and with it the fault
    wait_for("it opens its store by itself", w.daemon.is_ready, 40)
    w.opened("db-9")
    titles = [i["title"] for i in w.daemon.incidents()]
    expect(any("a write to the store failed" in title for title in titles), f"no incident says why: {titles}")
    expect(len(w.told()) == 1, "they were told more than once")
    w.daemon.stop()
    common.run([w.daemon.command[0], "journal", "verify", "--data", w.data])
    return told


def test(options, folder):
    import injection

    injection.refuse_without_ptrace()
    w = World(options, folder)
    try:
        running = fills_up(w)
        starting = starts_on_a_full_disk(w)
        told = fails(w)
        expect(not w.admins.wrong and not w.pager.wrong, f"{w.admins.wrong} {w.pager.wrong}")
        print(f"alerts are taken {running:.1f} s and {starting:.1f} s after there was space; administrators were told "
              f"{told:.1f} s after a start on a disk that fails")
    finally:
        w.close()


def in_a_namespace_of_its_own():
    """Mounts of ours are nobody else's, and are gone with us."""
    if os.environ.get("TOCSIN_DISK_TEST"):
        return
    os.environ["TOCSIN_DISK_TEST"] = "1"
    unshare = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--mount", "--map-root-user"]
    if not shutil.which("unshare") or subprocess.run([*unshare, "mount", "-t", "tmpfs", "tmpfs", "/mnt"],
                                                     stderr=subprocess.DEVNULL, check=False).returncode != 0:
        print("skipped: no file system can be mounted here")
        sys.exit(SKIPPED)
    os.execvp(unshare[0], [*unshare, sys.executable, *sys.argv])


in_a_namespace_of_its_own()
common.main(test, __doc__)
