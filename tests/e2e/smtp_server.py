"""A mail server that does what a test tells it to, on Debian's aiosmtpd: STARTTLS, a login, answers by
script, and the faults that real ones have. It wants what the standards want and notes what is wrong."""

import email
import email.policy
import logging
import re
import socket
import ssl
import subprocess
import threading
import time

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

import common

logging.getLogger("mail").setLevel(logging.CRITICAL)  # handshakes are meant to fail here

USER, PASSWORD = b"tocsin", b"a password: with blanks"


def make_certificate(folder, name="mail"):
    """A certificate for 127.0.0.1 that signs itself: (certificate, key), both PEM files."""
    certificate, key = f"{folder}/{name}.pem", f"{folder}/{name}.key"
    common.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                "-nodes", "-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=127.0.0.1",
                "-addext", "subjectAltName=IP:127.0.0.1"])
    return certificate, key


class Mail:
    def __init__(self, envelope, session, answer):
        self.at, self.answer, self.to = time.monotonic(), answer, envelope.rcpt_tos
        self.sender, self.tls = envelope.mail_from, session.ssl is not None
        self.login, self.raw = session.authenticated, envelope.original_content
        self.message = email.message_from_bytes(self.raw, policy=email.policy.default)

    def __getitem__(self, header):
        return self.message[header]

    def text(self):
        return self.message.get_body(("plain",)).get_content().replace("\r\n", "\n")

    def html(self):
        return self.message.get_body(("html",)).get_content()


class MailServer:
    """`answer(mail)` decides the last word on a message: a reply line, "drop" to break off without one,
    or a number of seconds to wait in silence before that."""

    def __init__(self, certificate=None, starttls=True, login=True, answer=lambda mail: "250 queued"):
        self.answer, self.mails, self.wrong = answer, [], []
        context = None
        if certificate and starttls:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(*certificate)
        server = self

        class Handler:
            async def handle_DATA(self, smtp, session, envelope):
                mail = Mail(envelope, session, None)
                server.check(mail)
                mail.answer = server.answer(mail)
                server.mails.append(mail)
                if mail.answer == "drop":
                    smtp.transport.abort()
                    return "451 never seen"
                return mail.answer

        def authenticate(smtp, session, envelope, mechanism, data):
            good = (data.login, data.password) == (USER, PASSWORD)
            return AuthResult(success=good, handled=good)

        class Server(Controller):
            def factory(self):
                return SMTP(self.handler, hostname="mail.example.org", tls_context=context,
                            require_starttls=context is not None, authenticator=authenticate,
                            auth_required=login, auth_require_tls=True, timeout=60)

        self.controller = Server(Handler(), hostname="127.0.0.1", port=common.free_port())
        self.controller.start()
        self.port = self.controller.port

    def check(self, mail):
        head = mail.raw.split(b"\r\n\r\n", 1)[0]
        if len(mail.to) != 1:
            self.wrong.append(f"{len(mail.to)} recipients in one message")
        if mail.raw.replace(b"\r\n", b"").count(b"\n") + mail.raw.replace(b"\r\n", b"").count(b"\r"):
            self.wrong.append("a line end that is not CR LF")
        if max(len(line) for line in mail.raw.split(b"\r\n")) > 998:
            self.wrong.append("a line of more than 998 bytes")
        for name in ("Message-ID", "Date", "From", "To", "Subject", "References", "MIME-Version"):
            if len(re.findall(rb"(?mi)^" + name.encode() + b":", head)) != 1:
                self.wrong.append(f"not exactly one {name}")
        if any(byte > 0x7E for byte in head):
            self.wrong.append("a header that is not ASCII")
        for name in ("Bcc", "Cc", "Reply-To"):
            if mail.message[name]:
                self.wrong.append(f"a header {name} that nobody asked for")
        defects = list(mail.message.defects)
        for part in mail.message.walk():
            defects += part.defects
        self.wrong += [f"the message is malformed: {d!r}" for d in defects]
        if [p.get_content_type() for p in mail.message.iter_parts()] != ["text/plain", "text/html"]:
            self.wrong.append("not text and HTML, in this order")

    def stop(self):
        self.controller.stop()


class BlackHole:
    """Takes connections and never says a word, nor reads one."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self.listener.getsockname()[1]
        self.taken = []
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                self.taken.append(self.listener.accept()[0])
            except OSError:
                return

    def stop(self):
        self.listener.close()
        for connection in self.taken:
            connection.close()
