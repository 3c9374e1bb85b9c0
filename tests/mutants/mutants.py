#!/usr/bin/env python3
"""Takes each remedy of mutants.txt out, one after the other, and says which test fails.

A test that no missing remedy fails proves nothing. The planted build has all of them under one switch,
$TOCSIN_PLANT; in every other build the question is a constant no.

  mutants.py --build DIR [--only NAME...] [--share N]   exit 1 when one survives
  mutants.py --check                                    the list against the code
"""

import argparse
import os
import re
import shlex
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
PLANTED = re.compile(r'planted\("(\w+)"\)')
SEEDS = 15_000     # the rarest bug shows once in some three thousand worlds
PATIENCE_S = 900   # a remedy against waiting for ever is missed when its test does
PATIENCE_OF_UNITS_S = 240
RULE = re.compile(r"^-{60,}$")


def mutants():
    out = []
    with open(os.path.join(HERE, "mutants.txt"), encoding="utf-8") as file:
        for line in file:
            if line.strip() and not line.startswith("#"):
                out.append([column.strip() for column in line.split("|")])
    return out


def in_code():
    names = set()
    for room in ("rules", "daemon", "connectors", "config"):
        for folder, _, files in os.walk(os.path.join(ROOT, room)):
            for name in files:
                if name.endswith((".cpp", ".hpp")):
                    with open(os.path.join(folder, name), encoding="utf-8") as file:
                        names.update(PLANTED.findall(file.read()))
    return names


def in_worlds():
    """Those that the simulated disk has."""
    names = set()
    for name in os.listdir(os.path.join(ROOT, "tests/simulation")):
        with open(os.path.join(ROOT, "tests/simulation", name), encoding="utf-8") as file:
            names.update(re.findall(r'planted(?:_bug ==|\()\s*"(\w+)"', file.read()))
    return names


def check():
    listed = [name for name, _, _ in mutants()]
    code = in_code()
    wrong = [f"{name} is listed twice" for name in sorted(set(listed)) if listed.count(name) > 1]
    wrong += [f"{name} can be planted and is not in mutants.txt" for name in sorted(code - set(listed))]
    wrong += [f"{name} is in mutants.txt and cannot be planted"
              for name in sorted(set(listed) - code - in_worlds())]
    print("\n".join(wrong) or f"{len(listed)} remedies, each in the code and in the list")
    return not wrong


def find(build, program):
    for folder, _, files in os.walk(os.path.join(build, "tests")):
        if program in files:
            return os.path.join(folder, program)
    sys.exit(f"mutants: {program} is not built in {build}")


def failing(output):
    """The first test case that failed, or the line that says what did."""
    lines = output.splitlines()
    for i in range(len(lines) - 2):
        if RULE.match(lines[i]) and lines[i + 1].strip() and not RULE.match(lines[i + 1]):
            return lines[i + 1].strip()
    for line in lines:
        if "FINDING" in line or "breaks law" in line:
            return re.sub(r"\S*/", "", line.strip())
    return "no word of it"


class Trial:
    def __init__(self, build):
        self.build = build
        self.green = {}  # test: whether it passes with all remedies in place

    def run(self, test, plant):
        words = shlex.split(test)
        command = [find(self.build, words[0]), *words[1:]]
        if words[0] == "simulate":
            command += ["--prove", str(SEEDS)] if plant else ["--seeds", "500"]
        environment = dict(os.environ, TOCSIN_PLANT=plant)
        patience = PATIENCE_OF_UNITS_S if words[0].startswith("unit_") else PATIENCE_S
        try:
            done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, timeout=patience,
                                  stderr=subprocess.STDOUT, text=True, errors="replace", check=False)
        except subprocess.TimeoutExpired:
            return False, f"no end within {patience} s"
        if words[0] == "simulate" and plant:  # --prove fails when the bug is not found
            return done.returncode != 0, failing(done.stdout)
        return done.returncode == 0, failing(done.stdout)

    def is_green(self, test):
        if test not in self.green:
            self.green[test], said = self.run(test, "")
            if not self.green[test]:
                print(f"{test} fails with all remedies in place: {said}", flush=True)
        return self.green[test]


def prove(options):
    trial, survived, broken = Trial(options.build), [], []
    wanted = [m for m in mutants() if not options.only or m[0] in options.only]
    if options.share:
        wanted = wanted[::max(1, len(wanted) // options.share)][:options.share]
    begin = time.monotonic()
    for name, what, test in wanted:
        if not trial.is_green(test):
            broken.append(name)
            continue
        passes, said = trial.run(test, name)
        if passes:
            survived.append(name)
        print(f"{name:30} {'SURVIVED, ' + what if passes else test.split()[0] + ': ' + said}", flush=True)
    print(f"mutants: {len(wanted)} remedies taken out in {time.monotonic() - begin:.0f} s, "
          f"{len(wanted) - len(survived) - len(broken)} noticed, {len(survived)} survived, "
          f"{len(broken)} not tried")
    return not survived and not broken


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--build", help="a build with TOCSIN_PLANTS=ON")
    parser.add_argument("--only", nargs="+", metavar="NAME")
    parser.add_argument("--share", type=int, default=0, help="so many, spread over the list")
    options = parser.parse_args()
    sys.exit(0 if (check() if options.check else prove(options)) else 1)


if __name__ == "__main__":
    main()
