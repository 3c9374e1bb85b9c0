#!/usr/bin/env python3
"""Which lines no test reached, from what gcov counted in a build of the preset `cover`.

coverage.py --build DIR [--rooms ROOM,...] [--list]   one row per room; --list says the lines as well

A line counts as reached when any object file that holds it reached it. Branches that cannot be taken
by anybody's hand (a failed allocation, a check of what we wrote ourselves) stay in the list: it is
there to be read, not to be empty.
"""

import argparse
import concurrent.futures
import glob
import json
import os
import subprocess
import sys

SOURCE = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
ROOMS = ["rules/model", "rules/intake", "rules/correlate", "rules/classify", "rules/process",
         "rules/oncall", "rules/kpi", "rules", "connectors", "config", "daemon/journal",
         "daemon/engine", "daemon/net", "daemon/helper", "daemon/api", "daemon/cli"]


def counted(note):
    """{(file, line): count} of one object file."""
    made = subprocess.run(["gcov", "--json-format", "--stdout", os.path.basename(note)],
                          cwd=os.path.dirname(note), stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, check=True).stdout
    out = {}
    for document in made.splitlines():
        if not document.strip():
            continue
        found = json.loads(document)
        for entry in found["files"]:
            path = os.path.join(found["current_working_directory"], entry["file"])
            path = os.path.relpath(os.path.normpath(path), SOURCE)
            if path.startswith(("..", "tests/", "build/")):
                continue
            for line in entry["lines"]:
                key = path, line["line_number"]
                out[key] = out.get(key, 0) + line["count"]
    return out


def room_of(path):
    return max((room for room in ROOMS if path.startswith(room + "/")), key=len, default=None)


def ranges(lines):
    """[3, 4, 5, 9] as "3-5, 9"."""
    out = []
    for line in sorted(lines):
        if out and line == out[-1][1] + 1:
            out[-1][1] = line
        else:
            out.append([line, line])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in out)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--rooms", default=",".join(ROOMS))
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args()
    rooms = options.rooms.split(",")
    # What stands in headers is compiled into the tests; the planted bugs are not what is asked about.
    notes = [n for n in glob.glob(os.path.join(options.build, "**/*.gcno"), recursive=True)
             if "planted" not in n]
    if not notes:
        print(f"nothing was counted in {options.build}", file=sys.stderr)
        return 2
    counts = {}
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for part in pool.map(counted, [os.path.abspath(n) for n in notes]):
            for key, count in part.items():
                counts[key] = counts.get(key, 0) + count

    missed, totals = {}, {room: [0, 0] for room in rooms}
    for (path, line), count in counts.items():
        room = room_of(path)
        if room not in totals:
            continue
        totals[room][0] += 1
        totals[room][1] += count > 0
        if count == 0:
            missed.setdefault(path, []).append(line)
    if options.list:
        for path in sorted(missed):
            print(f"{path}: {ranges(missed[path])}")
    for room, (lines, reached) in totals.items():
        if lines:
            print(f"{room:16} {lines:6} lines {lines - reached:6} not reached "
                  f"{100 * reached / lines:6.1f} % reached")
    lines, reached = (sum(t[i] for t in totals.values()) for i in (0, 1))
    print(f"{'all':16} {lines:6} lines {lines - reached:6} not reached "
          f"{100 * reached / max(lines, 1):6.1f} % reached")
    return 0


if __name__ == "__main__":
    sys.exit(main())
