#!/usr/bin/env python3
"""Syslog from Debian's rsyslog and logger: TCP with counted octets and with line feeds, UDP, TLS.

A disk fails: one incident and one mail, however often and by whatever way it is said again. A datagram
may not end it, a connection may: recalled in the same thread. A new rule works without a restart, a
wrong length ends its connection and is counted, and every line has become exactly one thing. Sockets
that the service manager opened are used, with what had come before the daemon was there.
"""

import fcntl
import os
import socket
import ssl
import subprocess

import common
from common import expect, run, wait_for

CONFIG = """
http: {{listen: ["127.0.0.1:{port}"]}}
syslog:
  - {{udp: "127.0.0.1:{udp}"}}
  - {{tcp: "127.0.0.1:{tcp}"}}
  - {{tls: "127.0.0.1:{tls}", cert_file: server.pem, key_file: server.key}}
  - {{tls: "127.0.0.1:{mutual}", cert_file: server.pem, key_file: server.key, client_ca_file: client.pem}}
syslog_rules:
  - id: disk-unreadable
    program: smartd
    match: 'Device: (?P<disk>/dev/\\w+), (?P<sectors>\\d+) Currently unreadable'
    clear: 'Device: (?P<disk>/dev/\\w+), no more unreadable'
    notes: [sectors]
    set: {{severity: critical, summary: "a disk cannot be read"}}
{more}
channels:
  - {{name: box, kind: mailbox, directory: "{folder}/mailbox", from: tocsin@example.org, to: bob@example.org}}
people:
  - {{id: bob, email: bob@example.org, reach: {{page: [box]}}}}
groups: [{{id: dba, members: [bob]}}]
cis: [{{id: db-shop-01, class: database, criticality: mission_critical, group: dba}}]
verify: {{P1: 1s, P2: 1s}}
"""
MORE = """
  - id: link-down
    program: kernel
    match: '(?P<interface>\\w+): Link is Down'
    set: {severity: error}
"""
# One socket for each way out, so that logger chooses the way.
RSYSLOG = """
global(workDirectory="{folder}" localHostname="db-shop-01"
       DefaultNetstreamDriverCAFile="{folder}/server.pem")
module(load="imuxsock" SysSock.Use="off")
input(type="imuxsock" Socket="{folder}/counted" RateLimit.Interval="0" ruleset="counted")
input(type="imuxsock" Socket="{folder}/lines" RateLimit.Interval="0" ruleset="lines")
input(type="imuxsock" Socket="{folder}/udp" RateLimit.Interval="0" ruleset="udp")
input(type="imuxsock" Socket="{folder}/tls" RateLimit.Interval="0" ruleset="tls")
ruleset(name="counted") {{
  action(type="omfwd" target="127.0.0.1" port="{tcp}" protocol="tcp" TCP_Framing="octet-counted"
         template="RSYSLOG_SyslogProtocol23Format" action.resumeRetryCount="-1" action.resumeInterval="1")
}}
ruleset(name="lines") {{
  action(type="omfwd" target="127.0.0.1" port="{tcp}" protocol="tcp" template="RSYSLOG_ForwardFormat"
         action.resumeRetryCount="-1" action.resumeInterval="1")
}}
ruleset(name="tls") {{
  action(type="omfwd" target="127.0.0.1" port="{tls}" protocol="tcp" TCP_Framing="octet-counted"
         template="RSYSLOG_SyslogProtocol23Format" StreamDriver="gtls" StreamDriverMode="1"
         StreamDriverAuthMode="x509/name" StreamDriverPermittedPeers="localhost"
         action.resumeRetryCount="-1" action.resumeInterval="1")
}}
ruleset(name="udp") {{
  action(type="omfwd" target="127.0.0.1" port="{udp}" protocol="udp")
}}
"""
FAULT = "Device: {disk}, {sectors} Currently unreadable (pending) sectors"
HEALED = "Device: {disk}, no more unreadable sectors"


class World:
    def __init__(self, options, folder):
        self.folder = folder
        self.ports = {name: common.free_port() for name in ("port", "udp", "tcp", "tls", "mutual")}
        self.issue("server")
        self.issue("client")
        self.config = f"{folder}/tocsin.yaml"
        self.write("")
        self.daemon = common.Daemon(options.binary, self.config, f"{folder}/data", folder)
        self.rsyslog = None

    def issue(self, name):
        run([common.find_program("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt",
             "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
             "subjectAltName=IP:127.0.0.1", "-keyout", f"{self.folder}/{name}.key", "-out",
             f"{self.folder}/{name}.pem"])

    def write(self, more):
        common.write_file(self.config, CONFIG.format(folder=self.folder, more=more, **self.ports))

    def start_rsyslog(self):
        conf = common.write_file(f"{self.folder}/rsyslog.conf",
                                 RSYSLOG.format(folder=self.folder, **self.ports))
        program = common.find_program("rsyslogd")
        run([program, "-N1", "-f", conf])
        with open(f"{self.folder}/rsyslog.log", "ab") as log:
            self.rsyslog = subprocess.Popen([program, "-n", "-f", conf, "-i", f"{self.folder}/pid"],
                                            stdout=log, stderr=log)
        wait_for("rsyslog hears", lambda: all(
            os.path.exists(f"{self.folder}/{s}") for s in ("counted", "lines", "udp", "tls")), 20)

    def say(self, way, text, program="smartd"):
        run(["logger", "--socket-errors=on", "-u", f"{self.folder}/{way}", "-p", "daemon.crit", "-t",
             program, text])

    def say_by_tls(self, port, text, *arguments):
        """One counted line from openssl's own client."""
        line = f"<26>1 2026-03-01T09:05:00Z db-shop-01 smartd - - - {text}"
        run(["openssl", "s_client", "-quiet", "-no_ign_eof", "-verify_return_error", "-CAfile",
             f"{self.folder}/server.pem", "-connect", f"127.0.0.1:{self.ports[port]}", *arguments],
            text=f"{len(line)} {line}", want=None)

    def ended(self, transport, reason):
        return common.total(self.daemon.metrics(), "tocsin_syslog_connections_closed_total",
                            transport=transport, reason=reason)

    def lines(self, **labels):
        return common.total(self.daemon.metrics(), "tocsin_syslog_lines_total", **labels)

    def mails(self, **wanted):
        return common.mails(f"{self.folder}/mailbox", **wanted)

    def stop(self):
        if self.rsyslog:
            self.rsyslog.kill()
            self.rsyslog.wait()
        self.daemon.ensure_gone()


def one_incident_and_one_mail(world):
    daemon = world.daemon
    world.say("counted", FAULT.format(disk="/dev/sda", sectors=8))
    page = wait_for("bob is paged", lambda: world.mails(kind="page"), 20)[0]
    expect("db-shop-01" in page["Subject"], f"the subject is {page['Subject']}")
    incident = wait_for("one incident", daemon.incidents)[0]
    expect((incident["ci"], incident["priority"]) == ("db-shop-01", "P1"), f"it is {incident}")
    # The same disk by every way, with another count: repeats. Another disk: the same incident.
    world.say("lines", FAULT.format(disk="/dev/sda", sectors=16))
    world.say("udp", FAULT.format(disk="/dev/sda", sectors=24))
    world.say("udp", FAULT.format(disk="/dev/sdb", sectors=1))
    wait_for("all ways arrive", lambda: world.lines(transport="udp", fate="matched") == 2 and
             world.lines(transport="tcp", fate="matched") == 2, 20)
    wait_for("both disks are in it", lambda: [
        i["alerts"]["firing"] for i in daemon.incidents()] == [2])
    expect(len(world.mails(kind="page")) == 1, "a repeat has paged again")
    return page


def healed_by_a_connection(world, page):
    daemon = world.daemon
    world.say("udp", HEALED.format(disk="/dev/sda"))
    wait_for("the datagram is not believed",
             lambda: world.lines(transport="udp", fate="refused") == 1, 20)
    expect(daemon.incidents()[0]["alerts"]["firing"] == 2, "a datagram has ended an alert")
    world.say("lines", HEALED.format(disk="/dev/sda"))
    world.say("counted", HEALED.format(disk="/dev/sdb"))
    wait_for("it is resolved", lambda: daemon.incident(1)["state"] == "resolved", 20)
    recall = wait_for("bob hears that it is over", lambda: world.mails(kind="recall"))[0]
    expect(recall["References"] == page["References"], "the recall is in another thread")


def every_line_is_one_thing(world):
    daemon = world.daemon
    for way in ("counted", "lines", "udp"):
        world.say(way, "session opened for user root", "sshd")
    wait_for("nobody wants them", lambda: world.lines(fate="unmatched") >= 3, 20)

    def sums():
        metrics = daemon.metrics()
        return (common.total(metrics, "tocsin_syslog_lines_total"),
                common.total(metrics, "tocsin_events_received_total", source="syslog",
                             transport="syslog"),
                common.total(metrics, "tocsin_event_dispositions_total"))

    wait_for("lines, received and disposed of are equal", lambda: len(set(sums())) == 1, 20)
    expect(sums()[0] >= 10, f"lines are {sums()}")
    expect(common.total(daemon.metrics(), "tocsin_incidents_opened_by_origin_total", origin="syslog") == 1,
           "the incident is not of syslog's")


def by_hand(world):
    """logger by itself."""
    before = world.lines(transport="tcp")
    for framing in (["--octet-count"], []):
        run(["logger", "--tcp", *framing, "-n", "127.0.0.1", "-P", str(world.ports["tcp"]), "-t",
             "smartd", FAULT.format(disk="/dev/sdc", sectors=1)])
    run(["logger", "--udp", "-n", "127.0.0.1", "-P", str(world.ports["udp"]), "-t", "smartd",
         FAULT.format(disk="/dev/sdc", sectors=2)])
    wait_for("they come over TCP", lambda: world.lines(transport="tcp") == before + 2, 20)


def by_tls(world):
    """rsyslog's and openssl's clients; one that stalls, one without TLS, one without a certificate."""
    stalled = socket.create_connection(("127.0.0.1", world.ports["tls"]), 10)
    world.say("tls", FAULT.format(disk="/dev/sdd", sectors=2))
    wait_for("rsyslog speaks TLS", lambda: world.lines(transport="tls", fate="matched") == 1, 30)
    world.say_by_tls("tls", FAULT.format(disk="/dev/sdd", sectors=3))
    wait_for("it comes over TLS", lambda: world.lines(transport="tls", fate="matched") == 2, 20)
    with socket.create_connection(("127.0.0.1", world.ports["tls"]), 10) as s:
        s.sendall(b"<13>no TLS at all\n")
        s.recv(100)
    wait_for("who speaks no TLS is counted", lambda: world.ended("tls", "handshake_failed") >= 1)
    world.say_by_tls("mutual", FAULT.format(disk="/dev/sdd", sectors=4))
    wait_for("who has no certificate is counted", lambda: world.ended("tls", "handshake_failed") >= 2)
    world.say_by_tls("mutual", FAULT.format(disk="/dev/sdd", sectors=5), "-cert",
                     f"{world.folder}/client.pem", "-key", f"{world.folder}/client.key")
    wait_for("who has one is heard", lambda: world.lines(transport="tls", fate="matched") == 3, 20)
    wait_for("who stalls is not waited for", lambda: world.ended("tls", "handshake_failed") == 3, 10)
    expect(stalled.recv(1) == b"", "a stalled handshake goes on")
    stalled.close()

    world.issue("server")
    new = open(f"{world.folder}/server.pem").read()
    wait_for("the new certificate is shown", lambda: ssl.get_server_certificate(
        ("127.0.0.1", world.ports["tls"])).split() == new.split(), 10)


def broken_framing(world):
    with socket.create_connection(("127.0.0.1", world.ports["tcp"]), 10) as s:
        s.sendall(b"5 <13>x12x <13>y")
        expect(s.recv(1) == b"", "a broken connection goes on")
    wait_for("why it was closed is counted", lambda: world.ended("tcp", "bad_length") == 1)
    wait_for("why it was closed is said", lambda: "bad_length" in world.daemon.words())


def a_flood(world):
    """Of what is sent too fast nothing is unaccounted for: it was a line, or the kernel's loss is known."""
    accounted = lambda: world.lines(transport="udp") + common.total(
        world.daemon.metrics(), "tocsin_syslog_datagrams_dropped_total")
    before, sent = accounted(), 0
    with socket.socket(type=socket.SOCK_DGRAM) as s:
        s.connect(("127.0.0.1", world.ports["udp"]))
        for number in range(50_000):
            sent += s.send(b"<30>Mar  1 09:05:00 db-shop-01 cron[%d]: nothing of interest" % number) > 0

        def all_of_them():
            nonlocal sent
            sent += s.send(b"<30>cron: the kernel tells its losses beside the next datagram") > 0
            return accounted() == before + sent

        wait_for("every datagram is accounted for", all_of_them, 30, 0.2)
    lost = common.total(world.daemon.metrics(), "tocsin_syslog_datagrams_dropped_total")
    print(f"syslog: of {sent} datagrams at once {lost:.0f} were lost, and counted")


def a_new_rule(world):
    world.say("counted", "eth0: Link is Down", "kernel")
    world.write(MORE)
    common.request(world.daemon.port, "POST", "/-/reload")
    wait_for("the new rule is in force", lambda: "reloaded" in world.daemon.words())
    before = world.lines(transport="tcp", fate="matched")
    world.say("counted", "eth1: Link is Down", "kernel")
    wait_for("it is wanted now", lambda: world.lines(transport="tcp", fate="matched") == before + 1, 20)


def handed_over(world):
    """Sockets as of tocsin-syslog.socket, with a line that came before the daemon did."""
    world.daemon.stop()
    udp, tcp = socket.socket(type=socket.SOCK_DGRAM), socket.socket()
    udp.bind(("127.0.0.1", world.ports["udp"]))
    tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    tcp.bind(("127.0.0.1", world.ports["tcp"]))
    tcp.listen()
    with socket.socket(type=socket.SOCK_DGRAM) as s:
        s.sendto(b"<26>smartd: early " + FAULT.format(disk="/dev/sde", sectors=1).encode(),
                 ("127.0.0.1", world.ports["udp"]))

    def pass_on():
        high = [fcntl.fcntl(s.fileno(), fcntl.F_DUPFD, 50) for s in (tcp, udp)]
        for number, fd in enumerate(high, 3):
            os.dup2(fd, number)

    command = world.daemon.command
    world.daemon.command = ["sh", "-c", 'LISTEN_PID=$$ LISTEN_FDS=2 exec "$@"', "sh", *command]
    world.daemon.spawn(close_fds=False, preexec_fn=pass_on)
    world.daemon.command = command
    world.daemon.wait_ready()
    wait_for("the early line is heard", lambda: world.lines(transport="udp", fate="matched") == 1)
    before = world.lines(transport="tcp")
    world.say("lines", FAULT.format(disk="/dev/sdf", sectors=1))
    wait_for("rsyslog finds the way", lambda: world.lines(transport="tcp") > before, 30)
    udp.close()
    tcp.close()


def test(options, folder):
    world = World(options, folder)
    try:
        world.daemon.start()
        world.start_rsyslog()
        page = one_incident_and_one_mail(world)
        healed_by_a_connection(world, page)
        every_line_is_one_thing(world)
        by_hand(world)
        by_tls(world)
        broken_framing(world)
        a_flood(world)
        a_new_rule(world)
        handed_over(world)
    finally:
        world.stop()


if __name__ == "__main__":
    common.main(test, __doc__)
