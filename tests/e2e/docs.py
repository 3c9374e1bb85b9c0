#!/usr/bin/env python3
"""What the documents show works when it is pasted.

Every fenced block of README.md and docs/*.md is tried, page by page:
  yaml    of ours: `tocsin check`, completed by the other blocks of its page and by BASE; scenarios:
          `tocsin test` with BASE; of Prometheus and Alertmanager: promtool and amtool. Files that it
          names are made first.
  sh      all of a page in one shell, in order, in an empty folder, against a daemon of its own
  json    parses; after the line <!-- POST /path --> it is sent there and must be taken
  python  compiles
  rsyslog passes its own check
<!-- not run: why --> on the line before a block leaves it out; there must be a reason. Links within the
repository lead to a file and a heading that exist.
"""

import glob
import json
import os
import re
import subprocess

import common
from common import expect, run

REPO = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
BASE = """
http: {listen: ["127.0.0.1:9966"], loopback_may_act: true}
include: ["etc/tocsin/conf.d/*.yaml"]
store: {path: ./store}
tokens:
  - {name: bob-cli, person: bob, roles: [engineer, incident_manager, administrator, event_source],
     token: the-secret-of-bob}
integrations:
  - {name: alertmanager, source: alertmanager_v2}
  - {name: generic, source: generic}
  - {name: grafana, source: grafana}
people:
  - {id: alice, email: alice@example.org, reach: {page: [archive]}}
  - {id: bob, email: bob@example.org, reach: {page: [archive]}}
  - {id: pat, email: pat@example.org, reach: {page: [archive]}}
channels:
  - {name: pager, kind: webhook, url: "http://127.0.0.1:9/"}
  - {name: chat, kind: webhook, url: "http://127.0.0.1:9/"}
  - {name: archive, kind: mailbox, directory: ./mailbox, from: tocsin@example.org, to: ops@example.org}
groups:
  - {id: team-pay, members: [bob, alice], lead: pat}
default_group: team-pay
heartbeats:
  - {name: nightly-backup, every: 24h, grace: 2h}
"""
FIRST = [{"labels": {"alertname": "DiskFull", "instance": "db-7", "severity": "critical"},
          "annotations": {"summary": "Disk is full"}}]  # INC0000001 of every page but README's
CONTENT = {"url": "https://hooks.example.org/pages", "secret": common.SECRET, "token": "f" * 64,
           "program": "."}
SKIP = re.compile(r"<!-- not run: .{5,}-->")
POST = re.compile(r"<!-- POST (/\S+) -->")


class Block:
    def __init__(self, page, line, language, text, before):
        self.page, self.line, self.language, self.text, self.before = page, line, language, text, before
        self.place = f"{page}:{line}"


def blocks_of(page):
    lines = open(os.path.join(REPO, page), encoding="utf-8").read().splitlines()
    out, start, before = [], None, ""
    for number, line in enumerate(lines, 1):
        fence = re.match(r"\s*```(\w*)\s*$", line)
        if fence and start is None:
            start, language = number, fence.group(1)
        elif fence:
            indent = len(lines[start - 1]) - len(lines[start - 1].lstrip())
            text = "\n".join(l[indent:] for l in lines[start:number - 1]) + "\n"
            out.append(Block(page, start, language, text, before))
            start, before = None, ""
        elif start is None and line.strip():
            before = line.strip()
    expect(start is None, f"{page}:{start}: a block without an end")
    return out


def sections(text):
    """{top-level key: its lines} of a YAML text."""
    out, key = {}, None
    for line in text.splitlines(True):
        found = re.match(r"([\w]+):", line)
        key = found.group(1) if found else key
        if key:
            out[key] = out.get(key, "") + line
    return out


def filled(own, base):
    """Sections with those of the base; lists of named things get those of the base as well."""
    out = {**base, **own}
    for key in ("people", "channels", "groups", "integrations"):
        if key in own and "[" not in own[key].splitlines()[0]:
            out[key] += "".join(line for line in re.findall(r"^  - .*\n", base[key], re.M)
                                if not re.search(r"(id|name): " + re.search(
                                    r"(?:id|name): ([\w-]+)", line).group(1) + r"\b", own[key]))
    return out


class Bench:
    """An empty folder in which a page is tried."""

    def __init__(self, options, folder, page):
        self.binary, self.page = options.binary, page
        self.folder = os.path.join(folder, page.replace("/", "_"))
        os.mkdir(self.folder)

    def put(self, name, text):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return common.write_file(path, text)

    def certificate(self):
        key, crt = os.path.join(self.folder, "some.key"), os.path.join(self.folder, "some.crt")
        if not os.path.exists(crt):
            run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost",
                 "-days", "2", "-keyout", key, "-out", crt])
        return open(key).read(), open(crt).read()

    def with_files(self, text):
        """The text with paths below our folder, after what they name was made."""
        def local(match):
            return f"{match.group(1)}{self.folder}{match.group(2)}"
        text = re.sub(r"([\s\"'{\[,:])(/(?:etc|var|run|usr/local)/)", local, text)
        for program in re.findall(r"\bcommand: (\S+)", text):
            os.chmod(self.put(program.rstrip(",}"), "#!/bin/sh\n"), 0o755)
        for key, value in re.findall(r"(\w*_file|\bcert|\bkey|\bcertificate|\bprogram):\s*\"?([^\s\",}]+)", text):
            value = os.path.join(self.folder, value)
            if not value.startswith(self.folder) or os.path.exists(value) or "." not in value + key:
                continue
            content = CONTENT.get(key.removesuffix("_file"), "some-secret-of-32-characters-long")
            if re.search(r"\.(key|crt|pem)$", value):
                content = self.certificate()[0 if value.endswith(".key") else 1]
            if key.endswith("_file") or re.search(r"\.(key|crt|pem|jq)$", value):
                self.put(value, content)
                os.chmod(value, 0o600)
        return text

    def check(self, block, others):
        own = sections(block.text)
        if "scrape_configs" in own or "alerting" in own or "rule_files" in own:
            path = self.put("prometheus.yml", self.with_files(block.text))
            return run(["promtool", "check", "config", "--syntax-only", path])
        if "tests" in own:
            return run([self.binary, "test", self.put("scenarios.yaml", block.text), "--config",
                        self.put("tocsin.yaml", self.with_files(BASE))])
        if "expr:" in block.text:
            return run(["promtool", "check", "rules", self.put("rules.yml", block.text)])
        if "receivers" in own or "route" in own:
            path = self.put("alertmanager.yml", self.with_files(block.text))
            return run(["amtool", "check-config", path])
        page = {}
        for other in others:
            page.update(sections(other.text))
        base = sections(BASE)
        # The least that makes it whole: nothing, what a daemon needs, the page, or both.
        whole = {**page, **own}
        for company in (own, {**base, **own}, whole, filled(own, base), filled(whole, base)):
            text = self.with_files("".join(company.values()))
            path = self.put("tocsin.yaml", text)
            done = subprocess.run([self.binary, "check", "--config", path], timeout=30, text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            if done.returncode == 0:
                return
        raise common.Failed(f"tocsin check, completed as {path}:\n{done.stdout}")


def is_ours(block):
    own = sections(block.text)
    foreign = {"scrape_configs", "alerting", "rule_files", "receivers", "route", "global", "apiVersion",
               "tests"}
    return block.language == "yaml" and not foreign & set(own) and "expr:" not in block.text


def shell(bench, daemon, blocks):
    """Runs them in one bash; which one was the last to begin is told by a line of its own."""
    bin_ = os.path.join(bench.folder, "bin")
    bench.put("bin/curl", '#!/bin/sh\nexec /usr/bin/curl --fail-with-body "$@"\n')
    os.chmod(f"{bin_}/curl", 0o755)
    if not os.path.exists(f"{bin_}/tocsin"):
        os.symlink(bench.binary, f"{bin_}/tocsin")
    bench.put("etc/tocsin/tocsin.yaml", open(os.path.join(REPO, "config", "installed.yaml")).read())
    script = "set -e -o pipefail\n"
    for block in blocks:
        text = block.text.replace("127.0.0.1:9966", f"127.0.0.1:{daemon.port}")
        text = text.replace("/etc/tocsin/", f"{bench.folder}/etc/tocsin/")
        script += f"echo '@@ {block.place}'\n{text}\n"
    environment = {"HOME": bench.folder, "XDG_RUNTIME_DIR": bench.folder, "TOCSIN_TOKEN": "the-secret-of-bob" if bench.page != "README.md" else "",
                   "TOCSIN_URL": f"http://127.0.0.1:{daemon.port}", "PATH": f"{bin_}:{os.environ['PATH']}"}
    done = subprocess.run(["bash", "-c", script], cwd=bench.folder, env={**os.environ, **environment},
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=120, text=True)
    last = re.findall(r"^@@ (\S+)$", done.stdout, re.M)[-1]
    said = done.stdout.rsplit("@@ ", 1)[1][-1500:]
    expect(done.returncode == 0, f"{last}: ended with {done.returncode}:\n{said}")


def daemon_for(bench):
    port = common.free_port()
    text = BASE
    if bench.page == "README.md":  # it says so: ./dev run
        text = open(os.path.join(REPO, "config", "demo.yaml"), encoding="utf-8").read()
    config = bench.put("running.yaml", text.replace("127.0.0.1:9966", f"127.0.0.1:{port}"))
    return common.Daemon(bench.binary, config, "./data", bench.folder)


def talk(bench, blocks):
    """The blocks that need a daemon."""
    sh = [b for b in blocks if b.language == "sh"]
    posts = [(POST.match(b.before).group(1), b) for b in blocks if POST.match(b.before)]
    if not sh and not posts:
        return
    daemon = daemon_for(bench)
    try:
        daemon.start()
        if bench.page != "README.md":
            daemon.alerts(FIRST)
        for path, block in posts:
            status, _, body = common.request(daemon.port, "POST", path, json.loads(block.text))
            expect(status == 200, f"{block.place}: POST {path}: {status} {body[:500]!r}")
        if sh:
            shell(bench, daemon, sh)
    finally:
        daemon.ensure_gone()


def try_page(bench, faults):
    blocks = blocks_of(bench.page)
    tried = [b for b in blocks if not SKIP.match(b.before)]
    ours = [b for b in tried if is_ours(b)]
    for block in tried:
        try:
            if block.language == "yaml":
                bench.check(block, [b for b in ours if b is not block])
            elif block.language == "json":
                json.loads(block.text)
            elif block.language == "python":
                compile(block.text, block.place, "exec")
            elif block.language == "rsyslog":
                work = f'global(workDirectory="{bench.folder}")\n'
                run(["rsyslogd", "-N1", "-f", bench.put("rsyslog.conf", work + block.text)])
        except (common.Failed, ValueError, SyntaxError) as fault:
            faults.append(f"{block.place}: {fault}")
    try:
        talk(bench, tried)
    except (common.Failed, subprocess.SubprocessError) as fault:
        faults.append(str(fault))
    return len(tried), len(blocks)


def slug(heading):
    text = re.sub(r"[`*]|\]\([^)]*\)|\[", "", heading.strip().lower())
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")


def links_lead_somewhere(page, faults):
    text = re.sub(r"```.*?```", "", open(os.path.join(REPO, page), encoding="utf-8").read(), flags=re.S)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"\w+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page
        if not os.path.exists(os.path.join(REPO, file)):
            faults.append(f"{page}: {target}: no such file")
        elif anchor:
            there = open(os.path.join(REPO, file), encoding="utf-8").read()
            if anchor not in {slug(h) for h in re.findall(r"^#+ (.*)$", there, re.M)}:
                faults.append(f"{page}: {target}: no such heading")


def test(options, folder):
    pages = ["README.md"] + sorted(os.path.relpath(p, REPO) for p in glob.glob(f"{REPO}/docs/*.md"))
    if options.only:
        pages = [p for p in pages if options.only in p]
    faults, tried, all_ = [], 0, 0
    for page in pages:
        links_lead_somewhere(page, faults)
        done = try_page(Bench(options, folder, page), faults)
        tried, all_ = tried + done[0], all_ + done[1]
    expect(not faults, f"{len(faults)} faults in the documents\n" + "\n\n".join(faults))
    print(f"docs: {tried} of {all_} blocks of {len(pages)} pages work as pasted, the others say why not")


if __name__ == "__main__":
    common.main(test, __doc__, lambda p: p.add_argument("--only", help="pages whose name has this"))
