#!/usr/bin/env python3
"""The same inputs give the same bytes on every compiler (law 8).

Builds the simulator and what it simulates once more, with clang, and compares the hash of all frames of
the same worlds with that of the build at hand. `./dev test` installs clang; without it this fails.

  same_bytes.py --source DIR --build DIR --simulate BINARY [--seeds N]
"""

import argparse
import os
import shutil
import subprocess
import sys


def run(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        sys.exit("%s failed:\n%s" % (" ".join(command), done.stdout[-4000:]))
    return done.stdout


def hash_of(simulate, seeds):
    out = run(simulate, "--seeds", str(seeds), "--jobs", "2", "--hash")
    return out.split("hash ")[1].split()[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--source", required=True)
    parser.add_argument("--build", required=True, help="where the other compiler builds")
    parser.add_argument("--simulate", required=True)
    parser.add_argument("--seeds", type=int, default=400)
    options = parser.parse_args()
    if not shutil.which("clang++"):
        sys.exit("clang++ is not installed: ./dev setup test")
    run("cmake", "-G", "Ninja", "-S", options.source, "-B", options.build, "-DCMAKE_BUILD_TYPE=Release",
        "-DCMAKE_CXX_COMPILER=clang++", "-DCMAKE_CXX_FLAGS_RELEASE=-O1")  # it compiles longer than it runs
    run("ninja", "-C", options.build, "simulate")
    other = os.path.join(options.build, "tests", "simulation", "simulate")
    ours, theirs = hash_of(options.simulate, options.seeds), hash_of(other, options.seeds)
    print("%d seeds: %s here, %s with clang" % (options.seeds, ours, theirs))
    return 0 if ours == theirs else 1


if __name__ == "__main__":
    sys.exit(main())
