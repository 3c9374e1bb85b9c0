#!/usr/bin/env python3
"""The listener by a web configuration as Prometheus' own servers have it; promtool agrees with the file.

Over TLS with curl and our command line: a user with a password reads, a wrong one gets 401, a token of
ours is taken instead. A changed certificate is served without a restart; half of a changed pair leaves
the old one in place, is counted, and the second half brings the new one. Without a certificate of the
CA nobody comes in once the file asks for one. A broken file is reported at its place and changes nothing.
"""

import os
import re
import ssl
import socket

import common
from common import expect, wait_for

CONFIG = """
http: {{listen: ["127.0.0.1:{port}"], web_config: web.yml}}
people: [{{id: bob}}]
tokens: [{{name: bob, person: bob, roles: [engineer], token: {token}}}]
integrations: [{{name: generic, source: generic}}, {{name: closed, source: generic, token: hook-secret}}]
"""
# The password of prom is s3cret.
WEB = """
tls_server_config:
  cert_file: server.pem
  key_file: server.key
  min_version: TLS12
  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256]
  curve_preferences: [X25519, CurveP256]
http_server_config:
  headers: {Strict-Transport-Security: max-age=31536000}
basic_auth_users:
  prom: HASH
"""
HASH = "$2y$06$f3HGDN9weUR.XLXBKHsR0e0rWnDLbbGEPTmXLnuLrLbHVvgvszxqW"
MUTUAL = """  client_auth_type: RequireAndVerifyClientCert
  client_ca_file: ca.pem
"""


class Pki:
    def __init__(self, folder):
        self.folder = folder
        common.run([common.find_program("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=test CA",
                    "-keyout", self.path("ca.key"), "-out", self.path("ca.pem")])

    def path(self, name):
        return os.path.join(self.folder, name)

    def issue(self, name, subject):
        ext = common.write_file(self.path(name + ".ext"), "subjectAltName=IP:127.0.0.1\n")
        common.run(["openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-subj", f"/CN={subject}", "-keyout", self.path(name + ".key"),
                    "-out", self.path(name + ".csr")])
        common.run(["openssl", "x509", "-req", "-in", self.path(name + ".csr"), "-CA",
                    self.path("ca.pem"), "-CAkey", self.path("ca.key"), "-days", "2", "-extfile", ext,
                    "-out", self.path(name + ".pem")])


def test(options, folder):
    port = common.free_port()
    pki = Pki(folder)
    pki.issue("server", "first")
    pki.issue("next", "second")
    pki.issue("client", "a client")
    config = common.write_file(pki.path("tocsin.yaml"), CONFIG.format(port=port, token=common.TOKEN))
    web = common.write_file(pki.path("web.yml"), WEB.replace("HASH", HASH))
    base = f"https://127.0.0.1:{port}"

    def curl(path, *arguments, want=0):
        """(status, body) over TLS; status 0 when there is no answer."""
        out = common.run([common.find_program("curl"), "-sS", "--cacert", pki.path("ca.pem"), "-m", "10",
                          "-w", "\n%{http_code}", base + path, *arguments], want=None)
        body, _, status = out.rpartition("\n")
        return int(status), body

    user, bearer = ("-u", "prom:s3cret"), ("-H", "Authorization: Bearer " + common.TOKEN)

    def subject():
        context = ssl.create_default_context(cafile=pki.path("ca.pem"))
        with socket.create_connection(("127.0.0.1", port), 5) as raw:
            with context.wrap_socket(raw, server_hostname="127.0.0.1") as tls:
                return dict(pair for part in tls.getpeercert()["subject"] for pair in part)["commonName"]

    def metric(name):
        status, body = curl("/metrics", *user)
        return common.parse_metrics(body)[name] if status == 200 else None

    said = common.run([common.find_program("promtool"), "check", "web-config", web])
    expect("SUCCESS" in said, f"promtool does not take the file: {said}")
    expect("good" in common.run([options.binary, "check", "--config", config]), "check does not")

    daemon = common.Daemon(options.binary, config, pki.path("data"), folder).spawn()
    try:
        def up():
            expect(daemon.process.poll() is None, daemon.words()[-2000:])
            return curl("/-/ready", *user)[0] == 200
        wait_for("the daemon is ready", up, 30, 0.2)

        # Who comes in, and how far.
        expect(curl("/v1/incidents")[0] == 401, "nobody in particular comes in")
        expect(curl("/-/healthy")[0] == 401, "not everything is behind the password")
        expect(curl("/v1/incidents", "-u", "prom:wrong")[0] == 401, "a wrong password comes in")
        expect(curl("/v1/incidents", "-u", "nobody:s3cret")[0] == 401, "an unknown user comes in")
        expect(curl("/v1/incidents", *user)[0] == 200, "a user does not come in")
        expect(curl("/v1/incidents", *bearer)[0] == 200, "a token does not come in")
        expect(curl("/v1/incidents", "-H", "Authorization: Bearer no")[0] == 401, "any token comes in")
        alert = ("-d", '{"key": "k", "ci": "db-1", "severity": "critical"}')
        expect(curl("/hooks/generic", *alert)[0] == 401, "an open hook is open to all")
        expect(curl("/hooks/generic", *alert, *user)[0] == 200, "a user may not send")
        expect(curl("/hooks/closed", *alert, *user)[0] == 401, "a password is taken for a token")
        expect(curl("/hooks/closed", *alert, "-H", "Authorization: Bearer hook-secret")[0] == 200,
               "the hook's token does not come in")
        expect(curl("/v1/incidents/1/ack", "-X", "POST", *user)[0] == 403, "a password may act")
        headers = common.run(["curl", "-sSi", "--cacert", pki.path("ca.pem"), *user, base + "/metrics"])
        expect(re.search(r"(?i)^strict-transport-security: max-age=31536000\r?$", headers, re.M),
               "a header of the file is missing")
        try:
            expect(common.request(port, "GET", "/-/healthy")[0] != 200, "plain HTTP is answered")
        except OSError:
            pass

        # Our own command line.
        environment = {"TOCSIN_URL": base, "TOCSIN_TOKEN": common.TOKEN,
                       "TOCSIN_CA_FILE": pki.path("ca.pem")}
        expect("INC0000001" in common.run([options.binary, "incident", "list"], environment=environment),
               "the command line sees no incident")
        common.run([options.binary, "incident", "list"], want=69,
                   environment={**environment, "TOCSIN_CA_FILE": ""})

        # Another certificate, first half of it only.
        expect(subject() == "first", f"the certificate is of '{subject()}'")
        os.replace(pki.path("next.pem"), pki.path("server.pem"))
        failures = "tocsin_web_config_failures_total"
        wait_for("half of a pair is counted", lambda: metric(failures) == 1)
        expect(subject() == "first", "half of a pair took the old one away")
        os.replace(pki.path("next.key"), pki.path("server.key"))
        wait_for("the new certificate is served", lambda: subject() == "second")

        # A broken file: at its place, and nothing changes.
        common.write_file(web, WEB.replace("HASH", "no-hash"))
        said = common.run([options.binary, "check", "--config", config], want=1)
        expect(re.search(re.escape(web) + r":11:\d+: the password of 'prom'", said), said)
        wait_for("that is counted", lambda: metric(failures) == 2)
        status, said = curl("/-/reload", "-X", "POST", *bearer)
        expect(status in (403, 500) and curl("/v1/incidents", *user)[0] == 200,
               f"a broken file is taken: {status} {said}")

        # From now on with certificates only.
        common.write_file(web, WEB.replace("HASH", HASH).replace("  min_version", MUTUAL + "  min_version"))
        wait_for("a client without a certificate is refused", lambda: curl("/-/ready", *user)[0] == 0)
        own = ("--cert", pki.path("client.pem"), "--key", pki.path("client.key"))
        expect(curl("/-/ready", *user, *own)[0] == 200, "a client with a certificate is refused")
        common.run([options.binary, "incident", "list"], environment={
            **environment, "TOCSIN_CERT_FILE": pki.path("client.pem"),
            "TOCSIN_KEY_FILE": pki.path("client.key")})
        daemon.stop()

        # Whoever asked for TLS gets no door without it.
        os.remove(pki.path("server.key"))
        daemon.spawn()
        expect(daemon.process.wait(20) == 1, "it starts without its key")
        print("tls: passwords, tokens and certificates; a new certificate without a restart")
    finally:
        daemon.ensure_gone()


if __name__ == "__main__":
    common.main(test, __doc__)
