#!/usr/bin/env python3
"""Alerts of injected faults, recorded elsewhere, through the correlation: how many incidents they become,
and how well these are the faults (adjusted Rand index: 1 the same division, 0 as by chance).

  replay.py --scenarios build/.../scenarios --samples FOLDER [--faults N]

FOLDER has PREFIX_alerts.jsonl, PREFIX_graph.json in the form of `fault-alerts` of boerste/rca-llm-reasoning.
Without the folder there is nothing to do, which is said. An alert ends a minute after the last one of its
fault. One that fires again once its incident was reopened counts as another incident.
"""

import argparse
import collections
import glob
import json
import os
import re
import subprocess
import sys
import tempfile
import time

HOUR_MS = 3_600_000
COMMON = """config:
| severities: {default: error}
"""


def when(ms):
    day, rest = divmod(ms, 24 * HOUR_MS)
    return (f"at day {day + 1} {rest // HOUR_MS:02}:{rest // 60000 % 60:02}:"
            f"{rest // 1000 % 60:02}.{rest % 1000:03}")


def word(text):
    return re.sub(r"[^\w./-]+", "_", text)


def read_alerts(path, faults):
    """[(ms, fault, name, entity)] in order of time."""
    out = []
    for line in open(path, encoding="utf-8"):
        a = json.loads(line)
        if a["fault_id"] >= faults:
            continue
        if a["kind"] == "trace":
            name, entity = f"{a['operation']}_{a['problem']}_{a['to']}", a["from"]
        else:
            entity = a["entity"]
            name = f"log_{a['template']}" if a["kind"] == "log" else f"{a['name']}_{a['direction']}"
        stamp = a.get("time_ms")
        if stamp is None:  # written in the local time of those who recorded it, eight hours ahead
            whole, part = a["time"].split(".")
            stamp = (int(time.mktime(time.strptime(whole + " UTC", "%Y-%m-%d %H:%M:%S %Z"))) -
                     time.timezone - 8 * 3600) * 1000 + int(part)
        out.append((stamp, a["fault_id"], word(name), word(entity)))
    return sorted(out)


def inventory(path):
    """The topology as CIs: who runs where, who is an instance of what, who calls whom."""
    graph = json.load(open(path, encoding="utf-8"))
    service, node = {}, {}
    calls, instances = collections.defaultdict(list), collections.defaultdict(list)
    for e in graph["edges"]:
        if e["label"] == "instance_of":
            service[e["source"]] = e["target"]
            instances[e["target"]].append(e["source"])
        elif e["label"] == "hosted_on":
            node[e["source"]] = e["target"]
        elif e["label"] in ("control_flow", "data_flow"):
            calls[e["source"]].append(e["target"])
    lines = ["cis:"]
    for n in graph["nodes"]:
        name = n["id"]
        if name in node:
            needs = [node[name]] + calls[service.get(name, "")]
            lines.append(f"  - {{id: {name}, class: vm, pool: pool-{service[name]}, "
                         f"depends_on: [{', '.join(needs)}]}}")
        elif name in instances:
            needs = calls[name] + instances[name]
            lines.append(f"  - {{id: {name}, class: app, depends_on: [{', '.join(needs)}]}}")
        else:
            lines.append(f"  - {{id: {name}, class: host}}")
    lines.append("pools:")
    lines += [f"  - {{id: pool-{s}, min_members: 1}}" for s in sorted(instances)]
    return "".join(f"| {line}\n" for line in lines)


def scenario(alerts, config):
    begin = alerts[0][0] - HOUR_MS * 10
    last = {}
    for ms, fault, _, _ in alerts:
        last[fault] = ms
    # (ms, order, text, index of the alert)
    events, firing = [], {}
    for i, (ms, fault, name, entity) in enumerate(alerts):
        events.append((ms - begin, 1, f"alert {name} ci={entity} ends=+24h", i))
        firing[name, entity, fault] = last[fault] + 60_000 - begin
    for (name, entity, _), ms in firing.items():
        events.append((ms, 0, f"resolved {name} ci={entity}", None))
    events.sort(key=lambda e: e[:2])
    commands = [(i, f"{when(ms)} {text}") for ms, _, text, i in events]
    commands.append((None, f"{when(events[-1][0] + HOUR_MS)} wait"))
    return COMMON + config + "\n" + "\n".join(text for _, text in commands) + "\n", commands


def clusters(lines, alerts):
    """The incident of each alert: number and how often it had been reopened; None: it opened nothing."""
    current, reopened, out = {}, collections.Counter(), {}
    pending = collections.defaultdict(list)  # alerts that were heard and are in no incident yet
    index = iter(range(len(alerts)))
    names = ("", "")
    for line in lines:
        if line.startswith("at "):
            match = re.match(r"at day \d+ \S+ (alert|resolved|wait) ?(\S*)(?: ci=(\S+))?", line)
            names = match.group(2), match.group(3)
            if match.group(1) == "alert":
                i = next(index)
                key = alerts[i][2], alerts[i][3]
                if key in current:
                    out[i] = current[key]  # it fires already
                else:
                    pending[key].append(i)
            elif match.group(1) == "resolved":
                pending.pop(names, None)
                current.pop(names, None)
        elif " IncidentReopened " in line:
            reopened[re.search(r"incident=(\w+)", line).group(1)] += 1
        elif " AlertLinked " in line or " AlertRelinked " in line:
            number = re.search(r"incident=(\w+)", line).group(1)
            name = re.search(r" name=(\S+)", line).group(1)
            ci = re.search(r" ci=(\S+)", line)
            key = (name, ci.group(1)) if ci else names
            current[key] = number, reopened[number]
            for i in pending.pop(key, []):
                out[i] = current[key]
    return out


def families(lines):
    """The incident that speaks for each one that ever had a parent."""
    parents = {}
    for line in lines:
        if " IncidentRelated " in line:
            child, parent = re.search(r"incident=(\w+) parent=(\w+)", line).groups()
            parents.setdefault(child, parent)

    def speaker(number):
        return speaker(parents[number]) if number in parents else number
    return speaker


def rand_index(pairs):
    """Adjusted, of [(a, b)] as a division by a against one by b."""
    def together(counts):
        return sum(n * (n - 1) / 2 for n in counts.values())
    both = together(collections.Counter(pairs))
    a = together(collections.Counter(p for p, _ in pairs))
    b = together(collections.Counter(q for _, q in pairs))
    every = len(pairs) * (len(pairs) - 1) / 2
    expected = a * b / every
    return 1.0 if (a + b) / 2 == expected else (both - expected) / ((a + b) / 2 - expected)


def replay(binary, alerts, config, title):
    text, _ = scenario(alerts, config)
    with tempfile.TemporaryDirectory() as folder:
        fixture = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "scenarios", "fixture.yaml")
        with open(fixture) as source, open(f"{folder}/fixture.yaml", "w") as copy:
            copy.write(source.read())
        path = f"{folder}/samples.txt"
        with open(path, "w") as out:
            out.write(text)
        done = subprocess.run([binary, "--rewrite", path], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True)
        lines = open(path).read().splitlines()
    broken = [line for line in lines if "BROKEN" in line]
    if broken or done.returncode != 0:
        sys.exit(f"the scenario failed: {broken[:3]} {done.stdout[-500:]}")
    found = clusters(lines, alerts)
    incidents = len(set(found.values()))
    pairs = [(alerts[i][1], found[i]) for i in found]
    paged = sum(" PageRequested " in line and " kind=page" in line for line in lines)
    told = sum(" EscalationStepped " in line and " cycle=" not in line and "step=" in line for line in lines)
    print(f"{title:12} {len(alerts):6} alerts {len(set(p for p, _ in pairs)):4} faults {incidents:5} incidents "
          f"{incidents / len(alerts):7.4f} per alert  {len(alerts) - len(found):5} opened nothing  "
          f"ARI {rand_index(pairs):6.3f}  {paged} pages, {told} steps")
    speaker = families(lines)
    spoken = [(fault, (speaker(number), times)) for fault, (number, times) in pairs]
    told_as_one = len(set(group for _, group in spoken))
    print(f"{'':12} with what has a parent told by it: {told_as_one:5} groups {told_as_one / len(alerts):7.4f} per "
          f"alert  ARI {rand_index(spoken):6.3f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenarios", required=True)
    parser.add_argument("--samples", required=True)
    parser.add_argument("--faults", type=int, default=1000, help="the first N")
    options = parser.parse_args()
    paths = sorted(glob.glob(f"{options.samples}/*_alerts.jsonl"))
    if not paths:
        print(f"{options.samples} has no samples: nothing to do")
        return
    for path in paths:
        alerts = read_alerts(path, options.faults)
        replay(os.path.abspath(options.scenarios), alerts, "", "without CIs")
        replay(os.path.abspath(options.scenarios), alerts,
               inventory(path.replace("_alerts.jsonl", "_graph.json")), "with CIs")


if __name__ == "__main__":
    main()
