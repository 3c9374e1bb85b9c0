"""What the tests with real processes share: a daemon to start and stop, a webhook receiver that
believes nothing, a mailbox to read, and waiting that ends with the condition and never just sleeps.

A test is a script with --binary. Each makes a folder of its own, which is kept when it fails.
"""

import argparse
import base64
import email
import email.policy
import hashlib
import hmac
import http.client
import http.server
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback

SECRET = "whsec_" + base64.b64encode(b"a secret for tests, 32 bytes long").decode()
TOKEN = "a-token-for-tests"
# How many seconds a second is: ctest says so where a sanitizer makes everything slow.
PATIENCE = float(os.environ.get("TOCSIN_PATIENCE", "1"))


class Failed(Exception):
    """What a test expects did not hold."""


def expect(condition, message):
    if not condition:
        raise Failed(message)


def wait_for(what, probe, seconds=10.0, every=0.02):
    """The first true value of probe(); Failed when there is none in time."""
    seconds *= PATIENCE
    end = time.monotonic() + seconds
    while True:
        value = probe()
        if value:
            return value
        if time.monotonic() >= end:
            raise Failed(f"not within {seconds:g} s: {what}")
        time.sleep(every)


def holds_for(what, probe, seconds, every=0.1):
    """Failed as soon as probe() is not true; returns when it was true for so long."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        expect(probe(), f"did not last {seconds:g} s: {what}")
        time.sleep(every)


def free_port():
    """Below those that connections going out are given: a daemon that is down for a moment keeps its own."""
    while True:
        port = random.randrange(10_240, 32_768)
        try:
            with socket.socket() as s:
                s.bind(("127.0.0.1", port))
                return port
        except OSError:
            pass  # somebody listens there


def rfc3339(seconds):
    whole, ms = divmod(round(seconds * 1000), 1000)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(whole)) + f".{ms:03d}Z"


def request(port, method, path, body=None, token=None, timeout=10.0, headers=None):
    """One request on a connection of its own: (status, headers, bytes)."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout * PATIENCE)
    try:
        head = dict(headers or {})
        if token:
            head["Authorization"] = "Bearer " + token
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
            head.setdefault("Content-Type", "application/json")
        connection.request(method, path, body, head)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def parse_metrics(text):
    """{'name{labels}': value} of a page in Prometheus' text format."""
    out = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            key, value = line.rsplit(" ", 1)
            out[key] = float(value)
    return out


def total(metrics, name, **labels):
    """The sum of all samples of a name whose labels are these."""
    wanted = [f'{k}="{v}"' for k, v in labels.items()]
    return sum(value for key, value in metrics.items()
               if key.split("{")[0] == name and all(w in key for w in wanted))


def is_sanitized(pid):
    """Whether a sanitizer is built into a process: it maps terabytes for what it knows of each byte, and
    neither what is resident nor a limit of address space then says anything."""
    with open(f"/proc/{pid}/status", encoding="utf-8") as status:
        return int(re.search(r"VmSize:\s+(\d+) kB", status.read()).group(1)) > 1 << 30


class Daemon:
    """`tocsin serve` as a child. Its words go to a file."""

    def __init__(self, binary, config, data, folder, environment=None, arguments=()):
        self.command = [binary, "serve", "--config", config, "--data", data, *arguments]
        self.folder, self.environment = folder, environment or {}
        self.port = int(re.search(r"listen: \[\"127\.0\.0\.1:(\d+)\"\]", open(config).read()).group(1))
        self.log_path = os.path.join(folder, "daemon.log")
        self.process, self.log_from = None, 0

    def spawn(self, before=(), **more):
        """`before`: a program that runs the daemon, with its arguments."""
        with open(self.log_path, "ab") as log:
            self.log_from = log.tell()
            self.process = subprocess.Popen([*before, *self.command], stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, cwd=self.folder,
                                            env={**os.environ, **self.environment}, **more)
        return self

    def start(self, seconds=30.0):
        self.spawn()
        self.wait_ready(seconds)
        return self

    def wait_ready(self, seconds=30.0):
        wait_for("the daemon is ready", self.is_ready, seconds, 0.005)

    def is_ready(self):
        expect(self.process.poll() is None,
               f"the daemon ended with {self.process.poll()}:\n{self.words()[-2000:]}")
        try:
            return request(self.port, "GET", "/-/ready", timeout=2.0)[0] == 200
        except OSError:
            return False

    def words(self):
        """What it has said since it was last started."""
        with open(self.log_path, "rb") as log:
            log.seek(self.log_from)
            return log.read().decode("utf-8", "replace")

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self, seconds=30.0):
        seconds *= PATIENCE
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Failed(f"still running {seconds:g} s after SIGTERM") from None
        expect(code == 0, f"a clean stop ended with {code}:\n{self.words()[-2000:]}")

    def ensure_gone(self):
        if self.process and self.process.poll() is None:
            self.kill()

    def get(self, path, token=None):
        status, _, body = request(self.port, "GET", path, token=token)
        expect(status == 200, f"GET {path}: {status} {body[:300]!r}")
        return json.loads(body)

    def post(self, path, body, token=None, want=200):
        status, _, answer = request(self.port, "POST", path, body, token)
        expect(status == want, f"POST {path}: {status} {answer[:300]!r}")
        return answer

    def alerts(self, alerts, want=200):
        return self.post("/api/v2/alerts", alerts, want=want)

    def metrics(self):
        status, _, body = request(self.port, "GET", "/metrics")
        expect(status == 200, f"GET /metrics: {status}")
        return parse_metrics(body.decode())

    def seq(self):
        return int(self.metrics()["tocsin_log_durable_sequence"])

    def incidents(self, state="all"):
        """All of them, oldest first."""
        out, cursor = [], ""
        while True:
            page = self.get(f"/v1/incidents?state={state}&limit=1000{cursor}")
            out += page["incidents"]
            if page["next_cursor"] is None:
                return out[::-1]
            cursor = "&cursor=" + page["next_cursor"]

    def incident(self, number):
        return self.get(f"/v1/incidents/{number}")["incident"]

    def timeline(self, number):
        out, cursor = [], ""
        while True:
            page = self.get(f"/v1/incidents/{number}/timeline?limit=1000{cursor}")
            out += page["entries"]
            if page["next_cursor"] is None:
                return out
            cursor = "&cursor=" + page["next_cursor"]


class Received:
    """One message of ours, by webhook or mail, in the words of the webhook."""

    def __init__(self, way, key, kind, incident, epoch, page, attempt, body):
        self.way, self.key, self.kind, self.incident = way, key, kind, incident
        self.epoch, self.page, self.attempt, self.body = epoch, page, attempt, body
        self.at = time.monotonic()
        self.answer = None


class Sink:
    """A webhook receiver that checks every promise of Standard Webhooks.

    `answer` decides what is said to a message: a status, or None to say nothing at all. `wrong`
    collects what a strict receiver would have refused.
    """

    def __init__(self, answer=lambda message: 200):
        self.answer, self.messages, self.wrong = answer, [], []
        self.by_ci = {}  # what is asked for most, also while thousands of pages are timed
        self.lock = threading.Lock()
        sink = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def log_message(self, *arguments):
                pass

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                message = sink.check(self.headers, body)
                status = sink.answer(message) if message else 400
                if status is None:
                    self.close_connection = True
                    return
                try:
                    self.send_response(status)
                    self.send_header("Content-Length", "0")
                    if status == 503:
                        self.send_header("Retry-After", "1")
                    self.end_headers()
                    if message:
                        message.answer = status
                except OSError:
                    self.close_connection = True

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, *arguments):
                pass  # the other side was killed

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        self.url = f"http://127.0.0.1:{self.port}/pages"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def check(self, headers, body):
        identity, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
        key = base64.b64decode(SECRET.removeprefix("whsec_"))
        digest = hmac.new(key, f"{identity}.{stamp}.".encode() + body, hashlib.sha256).digest()
        signature = "v1," + base64.b64encode(digest).decode()
        faults = []
        if signature not in headers.get("webhook-signature", "").split(" "):
            faults.append("the signature does not fit")
        if not stamp.isdigit() or abs(int(stamp) - time.time()) > 300:
            faults.append(f"the time stamp '{stamp}' is not of now")
        if headers.get("Idempotency-Key") != identity:
            faults.append("Idempotency-Key and webhook-id differ")
        try:
            said = json.loads(body)
            if said["key"] != identity:
                faults.append("the key in the body is not the webhook-id")
            message = Received("webhook", identity, said["kind"], said["incident"], said["epoch"],
                               said["page"], said["attempt"], said)
        except (ValueError, KeyError) as error:
            faults.append(f"the body is not what the documents say: {error!r}")
            message = None
        with self.lock:
            self.wrong += faults
            if message:
                self.messages.append(message)
                self.by_ci.setdefault(said.get("ci"), []).append(message)
        return message

    def seen(self, **wanted):
        """Messages with these members, oldest first."""
        with self.lock:
            among = self.by_ci.get(wanted["ci"], []) if "ci" in wanted else self.messages
            return [m for m in among if all(m.body.get(k) == v for k, v in wanted.items())]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def read_mailbox(folder):
    """Every mail of a folder, oldest first, as [(file name, email.message.EmailMessage)]."""
    if not os.path.isdir(folder):
        return []
    out = []
    for name in sorted(n for n in os.listdir(folder) if n.endswith(".eml") and n[0] != "."):
        with open(os.path.join(folder, name), "rb") as handle:
            out.append((name, email.message_from_binary_file(handle, policy=email.policy.default)))
    return out


def mails(folder, **wanted):
    """Mails whose X-Tocsin headers are these, e.g. kind="page"."""
    return [m for _, m in read_mailbox(folder)
            if all(m[f"X-Tocsin-{k.capitalize()}"] == v for k, v in wanted.items())]


def run(command, want=0, environment=None, cwd=None, seconds=60.0, text=None):
    """Runs a program to its end; its standard output and error together."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=cwd, input=text,
                          env={**os.environ, **(environment or {})}, timeout=seconds * PATIENCE, text=True)
    expect(want is None or done.returncode == want,
           f"{' '.join(command)}: ended with {done.returncode}, not {want}:\n{done.stdout[-2000:]}")
    return done.stdout


def write_file(path, text):
    with open(path, "w", encoding="utf-8") as handle:
        handle.write(text)
    return path


def find_program(name):
    found = shutil.which(name)
    expect(found, f"{name} is not installed: ./dev setup test")
    return found


def main(test, description, arguments=None):
    """Runs test(options, folder) and ends the script: 0 passed, 1 failed."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--binary", required=True, help="the tocsin to test")
    if arguments:
        arguments(parser)
    options = parser.parse_args()
    options.binary = os.path.abspath(options.binary)
    folder = tempfile.mkdtemp(prefix="tocsin-")
    try:
        test(options, folder)
    except (Failed, OSError, subprocess.SubprocessError) as error:
        if not isinstance(error, Failed):
            traceback.print_exc()
        print(f"FAILED: {error}\nwhat is left of it: {folder}", file=sys.stderr)
        sys.exit(1)
    shutil.rmtree(folder)
    print("passed")
