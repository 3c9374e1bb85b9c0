#!/usr/bin/env python3
"""Runs targets of libFuzzer one after the other and says of each, in a line, what came of it.

fuzz.py --build DIR [--seconds N] [TARGET...]   exit 1 when a target found something

Starts from the corpus of the repository, what earlier runs found worth keeping (DIR/corpus) and, for
decoders, the recorded bodies beside them. A finding is a file in DIR/findings; what it breaks, once
it is mended, goes into tests/fuzz/corpus under a name that says it, and every run of the unit tests
asks it again.
"""

import argparse
import glob
import os
import re
import subprocess
import sys

SOURCE = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
MEMORY_MB = 1024
INPUT_SECONDS = 10  # more for one input is a finding: all of them are short
DICTIONARIES = {
    "alertmanager_v2": "json", "alertmanager_webhook": "json", "generic_json": "json",
    "grafana": "json", "jq": "json", "api_body": "json", "big_integers": "json",
    "http_request": "http", "api": "http", "query": "matcher", "matchers": "matcher",
    "config": "yaml", "web_config": "yaml", "syslog_message": "syslog", "syslog_framing": "syslog",
    "manifest": "manifest",
}


def run(name, build, seconds):
    """(executions, edges, seeds, findings) of one target."""
    kept = os.path.join(build, "corpus", name)
    findings = os.path.join(build, "findings", name + "-")
    seeds = [kept, os.path.join(SOURCE, "tests/fuzz/corpus", name),
             os.path.join(SOURCE, "connectors/in", name, "golden")]
    for folder in (kept, os.path.dirname(findings), os.path.join(build, "logs")):
        os.makedirs(folder, exist_ok=True)
    command = [os.path.join(build, "tests/fuzz/fuzz_" + name), f"-max_total_time={seconds}",
               f"-timeout={INPUT_SECONDS}", f"-rss_limit_mb={MEMORY_MB}", "-print_final_stats=1",
               f"-artifact_prefix={findings}"]
    if name in DICTIONARIES:
        command.append(f"-dict={SOURCE}/tests/fuzz/dictionaries/{DICTIONARIES[name]}.dict")
    before = set(glob.glob(findings + "*"))
    path = os.path.join(build, "logs", name + ".log")
    with open(path, "wb") as log:
        status = subprocess.run(command + [s for s in seeds if os.path.isdir(s)], stdout=log,
                                stderr=log, stdin=subprocess.DEVNULL).returncode
    with open(path, errors="replace") as log:
        text = log.read()
    executed = re.search(r"stat::number_of_executed_units:\s*(\d+)", text)
    edges = re.findall(r"cov: (\d+)", text)
    found = sorted(set(glob.glob(findings + "*")) - before)
    if status != 0 and not found:
        found = [path]
    return (int(executed.group(1)) if executed else 0, int(edges[-1]) if edges else 0,
            len(os.listdir(kept)), found)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("targets", nargs="*")
    options = parser.parse_args()
    built = sorted(os.path.basename(p)[len("fuzz_"):]
                   for p in glob.glob(os.path.join(options.build, "tests/fuzz/fuzz_*"))
                   if os.path.isfile(p) and os.access(p, os.X_OK))
    unknown = [t for t in options.targets if t not in built]
    if unknown or not built:
        print(f"no such target: {' '.join(unknown)}; there are: {' '.join(built)}", file=sys.stderr)
        return 2
    failed = 0
    for name in options.targets or built:
        executed, edges, kept, found = run(name, options.build, options.seconds)
        failed += bool(found)
        print(f"{name:22} {options.seconds:6} s {executed:12,} runs {executed // options.seconds:8,}/s "
              f"{edges:6} edges {kept:6} kept  " + ("nothing found" if not found
                                                   else "FOUND " + " ".join(found)), flush=True)
    print(f"fuzz: {len(options.targets or built)} targets, {failed} with findings")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
