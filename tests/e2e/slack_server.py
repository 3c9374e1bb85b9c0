"""Slack's incoming webhooks as strict as the real ones: what its documents do not allow is answered with
the error that they name, and noted. `answer(path, count)` may say something else instead: a status, a
body and headers, or None to say nothing at all."""

import http.server
import json
import re
import threading
import time

SECTION_MAX, BUTTON_TEXT_MAX, BUTTON_URL_MAX, TEXT_MAX, BLOCKS_MAX = 3000, 75, 3000, 40000, 50
FIELDS = {"section": {"type", "text"}, "context": {"type", "elements"}, "actions": {"type", "elements"}}


def check_text(text, kinds, longest):
    if set(text) - {"type", "text", "verbatim", "emoji"} or text.get("type") not in kinds:
        return "a text object of another form"
    if "verbatim" in text and text["type"] != "mrkdwn":
        return "verbatim belongs to mrkdwn"
    if not 1 <= len(text["text"]) <= longest:
        return f"a text of {len(text['text'])} characters"
    if text["type"] == "mrkdwn":
        return check_marks(text["text"])
    return None


def check_marks(text):
    """< and > only around links, & only as one of the three escapes."""
    rest = re.sub(r"<https?://[^<>|\s]+(\|[^<>|]+)?>", "", text)
    if re.search(r"[<>]|&(?!amp;|lt;|gt;)", rest):
        return f"marks that are not escaped: {text!r}"
    return None


def check_button(element):
    if set(element) - {"type", "text", "url", "action_id", "style", "value"} or element["type"] != "button":
        return "an element that is no button"
    if not element["url"].startswith(("https://", "http://")) or len(element["url"]) > BUTTON_URL_MAX:
        return "the url of a button"
    return check_text(element["text"], {"plain_text"}, BUTTON_TEXT_MAX)


def check_block(block):
    kind = block.get("type")
    if kind not in FIELDS or set(block) - FIELDS[kind] - {"block_id"}:
        return f"a block of another form: {kind}"
    if kind == "section":
        return check_text(block["text"], {"mrkdwn", "plain_text"}, SECTION_MAX)
    elements = block["elements"]
    if not 1 <= len(elements) <= (10 if kind == "context" else 25):
        return f"{len(elements)} elements"
    checks = [check_text(e, {"mrkdwn", "plain_text"}, SECTION_MAX) if kind == "context" else check_button(e)
              for e in elements]
    return next((c for c in checks if c), None)


def check_message(headers, body):
    if headers.get("Content-Type", "").split(";")[0] != "application/json":
        return "invalid_payload", "not application/json"
    try:
        message = json.loads(body.decode("utf-8"))
    except ValueError as error:
        return "invalid_payload", repr(error)
    if not isinstance(message, dict) or set(message) - {"text", "blocks", "thread_ts", "mrkdwn"}:
        return "invalid_payload", f"members {list(message)}"
    if not message.get("text") or len(message["text"]) > TEXT_MAX:
        return "no_text", "no text, or too much of it"
    wrong = check_marks(message["text"])
    if wrong or len(message["blocks"]) > BLOCKS_MAX:
        return "invalid_blocks", wrong or "too many blocks"
    for block in message["blocks"]:
        wrong = check_block(block)
        if wrong:
            return "invalid_blocks", wrong
    return None, message


class Message:
    def __init__(self, path, body):
        self.path, self.body, self.at = path, body, time.monotonic()
        self.text = body["text"]

    def section(self):
        return next(b for b in self.body["blocks"] if b["type"] == "section")["text"]["text"]


class Slack:
    def __init__(self, answer=lambda path, count: None):
        self.answer, self.messages, self.asked, self.wrong = answer, [], [], []
        slack = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *arguments):
                pass

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                error, message = check_message(self.headers, body)
                if error:
                    slack.wrong.append(message)
                    return self.say(400, error, {})
                slack.asked.append(Message(self.path, message))
                other = slack.answer(self.path, sum(m.path == self.path for m in slack.asked))
                if other == "silence":
                    time.sleep(60)
                    self.close_connection = True
                elif other:
                    self.say(*other)
                else:
                    slack.messages.append(slack.asked[-1])
                    self.say(200, "ok", {})

            def say(self, status, text, headers):
                try:
                    self.send_response(status)
                    self.send_header("Content-Type", "text/html" if text.startswith("<") else "text/plain")
                    self.send_header("Content-Length", str(len(text)))
                    for key, value in headers.items():
                        self.send_header(key, value)
                    self.end_headers()
                    self.wfile.write(text.encode())
                except OSError:
                    self.close_connection = True

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def seen(self, word):
        return [m for m in self.messages if word in m.text]

    def tried(self, path):
        return [m for m in self.asked if m.path == path]

    def close(self):
        self.server.shutdown()
        self.server.server_close()
