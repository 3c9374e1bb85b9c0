"""Lines of syslog: how many a second with 1,000 rules, of which one line in twenty matches one; the same of
rsyslog with 100 expressions; and whether datagrams at 200,000 a second all arrive. Part of limits.py."""

import json
import os
import re
import socket
import subprocess
import time

import bench
from bench import common, expect, wait_for

RULES, THEIR_RULES = 1000, 100

RSYSLOG = """
module(load="imtcp")
input(type="imtcp" port="{port}" address="127.0.0.1")
main_queue(queue.type="LinkedList" queue.size="500000" queue.discardMark="500000")
template(name="alert" type="string" string="%msg%\\n")
{rules}
"""


# Of the kinds that people write; {i} is the service. Both sides have the same ones.
PATTERNS = ["unit (?P<unit>[0-9]+) of svc-{i} failed with code (?P<code>[0-9]+)",
            "unit (?P<unit>[0-9]+) of svc-{i} (failed|stopped|was killed) .*code (?P<code>[0-9]+)",
            "(unit|task) (?P<unit>[0-9]+) of svc-{i} .*(fail|error|panic).* code (?P<code>[0-9]+)",
            "[a-z]+ (?P<unit>[0-9]+) of svc-{i} +failed.*code (?P<code>[0-9]+)$",
            "(?P<unit>[0-9]+) of svc-{i} (failed|refused|timed out)( with)? code (?P<code>[0-9]+)"]


def pattern(i):
    return PATTERNS[i % len(PATTERNS)].replace("{i}", str(i))


def our_rules():
    out = "syslog_rules:\n"
    for i in range(RULES):
        out += (f"  - {{id: a{i:04d}, alertname: UnitFailed, notes: [code], set: {{severity: warning}}, "
                f"match: '{pattern(i)}'}}\n")
    return out


class SyslogTocsin(bench.Tocsin):
    def __init__(self, limits):
        self.lines_port = common.free_port()
        super().__init__(limits, f'syslog: [{{tcp: "127.0.0.1:{self.lines_port}"}}, '
                                 f'{{udp: "127.0.0.1:{self.lines_port}"}}]\n' + our_rules())

    def heard(self, transport):
        m = self.metrics()
        return common.total(m, "tocsin_syslog_lines_total", transport=transport)


def send(limits, transport, port, lines, rate=0, rules=RULES, core=None):
    command = [limits.beside("tocsin_syslog_load"), f"--{transport}", str(port), "--lines", str(lines),
               "--rules", str(rules), "--matching", "5"]
    if rate:
        command += ["--rate", str(rate)]
    if core is not None:
        command = ["taskset", "-c", str(core), *command]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    expect(done.returncode == 0, f"lines were not taken: {done.stdout}")
    return json.loads(done.stdout)


def ours_over_tcp(limits, lines):
    """On one core, from the first byte that is sent to the last line that is counted."""
    peer = SyslogTocsin(limits)
    peer.command = lambda inner=peer.command: ["taskset", "-c", "1", *inner()]
    peer.start()
    cpu, begin = peer.cpu(), time.monotonic()
    send(limits, "tcp", peer.lines_port, lines, core=0)
    wait_for("all lines are heard", lambda: peer.heard("tcp") == lines, 120, 0.05)
    taken = time.monotonic() - begin
    limits.note("syslog_rules_rate", "lines/s", "ours", lines / taken)
    limits.note("syslog_rules_cpu", "us", "ours", (peer.cpu() - cpu) * 1e6 / lines)
    m = peer.metrics()
    matched = common.total(m, "tocsin_syslog_lines_total", fate="matched")
    unmatched = common.total(m, "tocsin_syslog_lines_total", fate="unmatched")
    expect(0.04 < matched / lines < 0.06 and matched + unmatched == lines,
           f"of {lines} lines {matched:.0f} matched and {unmatched:.0f} did not")
    expect(not m["tocsin_syslog_rules_out_of_memory_total"], "the expressions had too little memory")
    peer.end()


def ours_over_udp(limits, lines):
    """As fast as 200,000 a second; what the kernel dropped is what we say it dropped."""
    peer = SyslogTocsin(limits)
    peer.start()
    out = send(limits, "udp", peer.lines_port, lines, rate=200_000)
    def settled():
        heard = peer.heard("udp")
        time.sleep(0.3)
        return peer.heard("udp") == heard
    wait_for("no more lines come", settled, 30, 0.1)
    m = peer.metrics()
    dropped = m["tocsin_syslog_datagrams_dropped_total"]
    expect(peer.heard("udp") + dropped == lines,
           f"sent {lines}, heard {peer.heard('udp'):.0f}, dropped {dropped:.0f}")
    limits.note("syslog_udp_offered", "lines/s", "ours", lines / out["seconds"])
    limits.note("syslog_udp_loss", "%", "ours", 100 * dropped / lines)
    peer.end()


def theirs(limits, lines):
    folder = os.path.join(limits.folder, "rsyslog")
    os.makedirs(folder)
    port, out = common.free_port(), os.path.join(folder, "alerts")
    posix = lambda text: re.sub(r"\?P<\w+>", "", text).replace("$", "\\$")
    rules = "".join(f'if re_match($msg, "{posix(pattern(i))}") then '
                    f'{{ action(type="omfile" file="{out}" template="alert") stop }}\n'
                    for i in range(THEIR_RULES))
    # The last line tells that all before it are done.
    rules += f'if $msg contains "the end" then action(type="omfile" file="{out}.end")\n'
    config = common.write_file(os.path.join(folder, "rsyslog.conf"),
                               RSYSLOG.format(port=port, rules=rules))
    process = subprocess.Popen([common.find_program("rsyslogd"), "-n", "-f", config, "-i",
                                os.path.join(folder, "pid")], stderr=subprocess.DEVNULL)
    peer = bench.Peer.__new__(bench.Peer)
    peer.process = process
    wait_for("rsyslog listens", lambda: listens(port), 10)
    expect(process.poll() is None, "rsyslog ended")
    cpu, begin = peer.cpu(), time.monotonic()
    send(limits, "tcp", port, lines, rules=THEIR_RULES)
    subprocess.run(["logger", "-T", "-n", "127.0.0.1", "-P", str(port), "the end"], check=True)
    wait_for("rsyslog is done", lambda: os.path.exists(out + ".end"), 120, 0.05)
    limits.note("syslog_rules_rate", "lines/s", "peer", lines / (time.monotonic() - begin))
    limits.note("syslog_rules_cpu", "us", "peer", (peer.cpu() - cpu) * 1e6 / lines)
    process.kill()
    process.wait()


def listens(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


def measure_syslog(limits):
    theirs(limits, 200_000 // limits.scale)
    ours_over_tcp(limits, 3_000_000 // limits.scale)
    ours_over_udp(limits, 2_000_000 // limits.scale)
