#!/usr/bin/env python3
"""One fixed script, and a fault at every system call that matters, one after the other.

The script has two lives: on an empty store alerts, repeats, a page, an acknowledgement, a resolve, and
a kill; then a start on what is left, more of the same, and a clean stop with its checkpoint. A cell of
the matrix is a life, a thread, a fault, a system call and N: at the N-th such call of that thread the
process is killed, or is told EIO, ENOSPC or EMFILE. N counts up to the calls of an undisturbed script, and
on until the script passes without a hit.

After each fault the daemon is started again and judged as after every crash (world.py): everything
answered 200 is there, numbers have no gap, keys stand for what they stood for, totals are the recount,
the store verifies, and a new critical alert pages.

After an error the process may answer no 200 for what is not on disk, which EIO_lost shows by taking
the unsynced end of the write-ahead log away. It may end with 75, refuse to start, open the store some seconds
later, or carry on.

  kill_matrix.py --binary tocsin [--share 40 --seed 1] [--fault EIO] [--only LIFE:THREAD:FAULT:SYSCALL:N]
"""

import collections
import concurrent.futures
import http.client
import os
import random
import shutil
import signal
import subprocess
import time

from world import World, common
from common import expect, wait_for
from injection import FAULTS, MAIN, Place, Tracer, refuse_without_ptrace
from oracle import Alerts, now_ms

LIVES = (1, 2)
FIRST, SECOND, THIRD, AFTERWARDS = 0, 10, 20, 30  # critical; all others are not
# Debian's RocksDB is built with assertions. These fail on a write-ahead log that cannot be written, and
# when a new database cannot be made; the process ends in both cases, and the next start is as any.
ASSERTIONS = ("sync_without_flush_called_", "ColumnFamilySet(): Assertion `last_ref' failed")
MAILBOX = "tocsin-mailbox"  # the thread that writes mails
LOADER_FAILED = 127  # the program's libraries could not be opened


class Refused(common.Failed):
    """A 503: nothing was promised."""


class Cell(World):
    """One run of the script. Without a place nothing is injected, and the calls are counted."""

    def __init__(self, options, folder, place, life):
        super().__init__(options, folder, [Alerts(range(AFTERWARDS + 1), random.Random(1))])
        self.place, self.life = place, life
        self.tracer = Tracer(folder, place)
        self.outcome = "passed"
        self.at = ""     # the call that was hit
        self.calls = {}  # without a place: see Tracer.counts()

    def receiver_says(self):
        return 200

    def mails_are_accepted(self):
        # A folder that could not be synced: the mail is there, and may be there again.
        return not (self.place and self.place.thread == MAILBOX and self.place.fault != "kill")

    def run(self):
        if self.life == 2:
            self.start()
            self.first_life()
            self.daemon.kill()
        self.under_fire()
        if self.place and self.place.fault == "EIO_lost":
            self.lose_unsynced()
        self.start()
        self.judge()
        self.fire([AFTERWARDS])
        self.await_page(AFTERWARDS)
        wait_for("every incident that must page has paged", self.all_paged, 15, 0.1)
        expect(not self.wrong, "\n".join(self.wrong[:20]))
        self.daemon.stop()
        self.verify()

    # ---- the script ------------------------------------------------------------------------------

    def first_life(self):
        self.fire([FIRST, 1, 2])
        number, cycle = self.await_page(FIRST)
        self.repeat()
        self.acknowledge(number, cycle)
        self.fire([SECOND])
        self.await_page(SECOND)
        self.resolve([FIRST])

    def second_life(self):
        self.fire([THIRD, 3])
        self.await_page(THIRD)
        self.repeat()
        self.resolve([SECOND])
        self.await_message(SECOND, kind="recall")

    def send(self, wanted):
        """[(number of an alert, its state)], as one request."""
        alerts = self.alerts[0]
        status, _, said = common.request(self.daemon.port, "POST", "/api/v2/alerts",
                                         [alerts.ask(alerts.all[n], state) for n, state in wanted])
        alerts.answered(status == 200)
        if status == 503:
            raise Refused(f"503: {said[:200]!r}")
        expect(status == 200, f"POST /api/v2/alerts: {status} {said[:200]!r}")

    def fire(self, numbers):
        self.send([(n, (True, now_ms(), 0)) for n in numbers])

    def repeat(self):
        self.send([(a.number, a.state) for a in self.alerts[0].all if a.state and a.state[0]])

    def resolve(self, numbers):
        self.send([(n, (False, self.alerts[0].all[n].state[1], now_ms())) for n in numbers])

    def acknowledge(self, number, cycle):
        status, _, said = common.request(self.daemon.port, "POST", f"/v1/incidents/{number}/ack", {},
                                         common.TOKEN)
        if status == 503:
            raise Refused(f"503: {said[:200]!r}")
        expect(status == 200, f"ack of {number}: {status} {said[:200]!r}")
        self.owned[number] = cycle
        self.pages.owned(number, cycle)

    def await_page(self, number):
        message = self.await_message(number, kind="page")
        return message.incident, message.body["cycle"]

    def await_message(self, number, **wanted):
        def seen():
            found = self.sink.seen(ci=f"core-{number}", **wanted)
            expect(found or self.daemon.process.poll() is None, "the daemon has ended")
            return found

        return wait_for(f"core-{number} pages: {wanted}", seen, 15)[0]

    def all_paged(self):
        self.judge_incidents()
        return all("page_cancelled" in [e["kind"] for e in self.daemon.timeline(n)] for n in self.unpaged)

    # ---- the fault -------------------------------------------------------------------------------

    def under_fire(self):
        daemon, trouble = self.daemon, None
        try:
            self.tracer.spawn(daemon)
            daemon.wait_ready()
            self.tracer.attach(daemon)
            self.first_life() if self.life == 1 else self.second_life()
        except (common.Failed, OSError, http.client.HTTPException) as error:
            trouble = error
        code = self.end(trouble)
        self.tracer.finish()
        if self.place is None:
            expect(trouble is None, f"the script fails without a fault: {trouble}")
            self.calls = self.tracer.counts()
        elif self.place.fault == "kill":
            self.judge_kill(code, trouble)
        else:
            self.judge_error(code, trouble)

    def end(self, trouble):
        """How the process ended by itself; None: the first life's kill was ours."""
        process = self.daemon.process
        try:
            if trouble is not None and self.place and not isinstance(trouble, Refused):
                process.wait(5)
            elif self.life == 2 or trouble is not None:
                process.terminate()
                process.wait(30)
            else:
                time.sleep(0.05)
                if self.place and self.place.fault != "kill" and self.tracer.hit() and self.tracer.hit_log():
                    process.wait(5)  # the fault came with the last call: it is about to end
        except subprocess.TimeoutExpired:
            pass  # judged by those who called
        code = process.poll()
        self.daemon.kill()
        return code

    def judge_kill(self, code, trouble):
        if code == -signal.SIGKILL:
            self.outcome, self.at = "killed", self.tracer.last_call()
        elif trouble is not None or code not in (None, 0):
            raise common.Failed(f"nothing was injected, the process ended with {code}: {trouble}")

    def judge_error(self, code, trouble):
        self.at = self.tracer.hit()
        if self.at is None:
            expect(trouble is None and code in (None, 0), f"nothing was injected, ended with {code}: {trouble}")
            return
        words = self.daemon.words()
        if code in (None, 0) and (trouble is None or isinstance(trouble, Refused)):
            self.outcome = "refused" if trouble else "carried on"
            if "event=store_found" in words:  # an open that failed is tried again
                self.outcome = "opened its store later"
            elif self.tracer.hit_log():
                self.wrong.append(f"carried on after an error of the write-ahead log: {self.at}")
        elif code == 75:
            self.outcome = "ended with 75"
        elif code in (1, LOADER_FAILED) and "event=started" not in words:
            self.outcome = "did not start"
        elif code == -signal.SIGABRT and any(a in words for a in ASSERTIONS):
            self.outcome = "aborted in RocksDB"
        else:
            self.wrong.append(f"ended with {code}: {trouble}\n{words[-1500:]}")

    def lose_unsynced(self):
        for path, count in self.tracer.unsynced().items():
            if os.path.exists(path):
                os.truncate(path, max(0, os.path.getsize(path) - count))
                self.outcome += ", unsynced bytes lost"


# ---- the matrix ------------------------------------------------------------------------------------


class Matrix:
    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        self.outcomes = collections.Counter()
        self.findings = []

    def columns(self):
        """{first cell: calls that an undisturbed script made}."""
        out = {}
        for life in LIVES:
            cell = self.cell(None, life)
            for (thread, syscall), count in sorted(cell.calls.items()):
                for fault in [self.options.fault] if self.options.fault else FAULTS:
                    # Whose writes are unsynced is known of a thread that was followed from the start on.
                    if syscall in FAULTS[fault][0] and not (fault == "EIO_lost" and thread == MAIN):
                        out[Place(life, thread, fault, syscall, 1)] = count
        return out

    def cell(self, place, life):
        folder = os.path.join(self.folder, str(place or f"undisturbed-{life}").replace(":", "-"))
        os.mkdir(folder)
        cell = Cell(self.options, folder, place, life)
        try:
            cell.run()
        except (common.Failed, OSError, http.client.HTTPException) as error:
            raise common.Failed(f"--only {place} ({cell.outcome} at {cell.at}): {error!r}\n"
                                f"what is left of it: {folder}") from None
        finally:
            cell.daemon.ensure_gone()
            cell.sink.close()
        shutil.rmtree(folder)
        return cell

    def try_cell(self, place):
        """Whether the fault was met."""
        try:
            cell = self.cell(place, place.life)
        except common.Failed as error:
            self.findings.append(str(error))
            print(f"FINDING {error}", flush=True)
            return True
        self.outcomes[place.fault, cell.outcome] += 1
        if self.options.verbose:
            print(f"{place} {cell.outcome} {cell.at or ''}"[:220], flush=True)
        return cell.outcome != "passed"

    def whole_column(self, place, count):
        limit = place.n + 10_000
        # Threads share work as it comes, so a script that passes at N may be hit at N + 1.
        while self.try_cell(place) or place.n < count:
            place = place.after()
            expect(place.n < limit, f"{place}: no end of it")

    def run(self):
        options = self.options
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            if options.only:
                list(pool.map(self.try_cell, [Place.of(options.only)]))
            elif options.share:
                list(pool.map(self.try_cell, self.shared(self.columns())))
            else:
                columns = self.columns()
                list(pool.map(self.whole_column, columns.keys(), columns.values()))

    def shared(self, columns):
        """So many cells, spread over all columns."""
        chance = random.Random(self.options.seed)
        order = list(columns)
        expect(order, "the undisturbed script made no call")
        chance.shuffle(order)
        out = []
        while len(out) < self.options.share:
            for first in order:
                out.append(Place(first.life, first.thread, first.fault, first.syscall,
                                 chance.randint(1, columns[first])))
        return list(dict.fromkeys(out))[:self.options.share]


def test(options, folder):
    refuse_without_ptrace()
    begin = time.monotonic()
    matrix = Matrix(options, folder)
    matrix.run()
    told = "; ".join(f"{fault}: {count} {outcome}" for (fault, outcome), count
                     in sorted(matrix.outcomes.items()))
    print(f"kill matrix: {sum(matrix.outcomes.values()) + len(matrix.findings)} cells in "
          f"{time.monotonic() - begin:.0f} s: {told}; {len(matrix.findings)} findings")
    hit = [o for (_, o) in matrix.outcomes if o != "passed"]
    expect(hit or options.only, "nothing was hit")
    expect(not matrix.findings, "\n\n".join(matrix.findings))


def arguments(parser):
    parser.add_argument("--share", type=int, default=0, help="so many cells; 0: all")
    parser.add_argument("--seed", type=int, default=1, help="which cells the share is")
    parser.add_argument("--fault", choices=FAULTS, help="this fault alone")
    parser.add_argument("--jobs", type=int, default=4, help="cells at a time")
    parser.add_argument("--only", metavar="LIFE:THREAD:FAULT:SYSCALL:N", help="one cell")
    parser.add_argument("--verbose", action="store_true", help="a line for each cell")


if __name__ == "__main__":
    common.main(test, __doc__, arguments)
