#!/usr/bin/env python3
"""The laws of the repository that a search can hold.

tidy.py            checks the tree; every violation as file:line: message, exit 1 if there is one
tidy.py --selftest proves that each law can fail: plants.py breaks each one, and this must notice

A law is a function of a Tree that yields (path, line, message). It is listed in LAWS.
"""

import os
import re
import sys

TOP_LEVEL = {
    "CMakeLists.txt", "CMakePresets.json", "README.md", "CHANGELOG.md", "LICENSE", "dev",
    "daemon", "rules", "connectors", "config", "systemd", "tests", "docs",
    ".ci", ".clang-format", ".clang-tidy", ".gitignore",
}
NOT_OURS = {".git", "build", "var"}  # at the top of the tree, never looked at

# What each room may include besides itself: docs/architecture.md draws the same arrows.
RULES = ["rules/model", "rules/intake", "rules/correlate", "rules/classify", "rules/process",
         "rules/oncall", "rules/kpi", "rules"]
CORE = RULES + ["daemon/journal", "daemon/engine"]
ROOMS = {
    "rules/model": [],
    "rules/intake": ["rules/model"],
    "rules/correlate": ["rules/model"],
    "rules/classify": ["rules/model"],
    "rules/process": ["rules/model"],
    "rules/oncall": ["rules/model"],
    "rules/kpi": ["rules/model"],
    "rules": RULES,
    "connectors": ["rules/model"],
    "config": RULES + ["connectors"],
    "daemon/journal": ["rules/model"],
    "daemon/engine": RULES + ["daemon/journal"],
    "daemon/rehearsal": CORE,
    "daemon/replay": CORE + ["daemon/rehearsal"],
    "daemon/net": CORE + ["connectors"],
    "daemon/helper": ["daemon/net"],
    "daemon/api": CORE + ["connectors", "config", "daemon/net", "daemon/rehearsal"],
    "daemon/cli": CORE + ["connectors", "config", "daemon/net", "daemon/api",
                          "daemon/helper", "daemon/rehearsal",
                          "daemon/replay"],
    "daemon": CORE + ["connectors", "config", "daemon/net", "daemon/api", "daemon/cli"],
}

# Inside rules/: the same arguments give the same bytes on every machine.
RULES_BANS = [
    (r"_clock\s*::\s*now", "a clock; time is an argument"),
    (r"(?<![\w.>])(?:std::|::)?time\s*\(", "time(); time is an argument"),
    (r"std::(?:j?thread|async|\w*mutex|condition_variable\w*)\b", "threads; what decides has none"),
    (r"\brandom_device\b|\b\w+_distribution\b", "chance; jitter comes from a hash of ids"),
    (r"\bgetenv\b", "the environment; settings are an argument"),
    (r"std::unordered_\w+", "a hash table whose order differs between libraries"),
    (r"\bspdlog\b|std::(?:cout|cerr|clog)\b", "logging; reasons are facts"),
    (r"\bthrow\b|\btry\b|\bcatch\s*\(", "exceptions; failures here are values"),
    (r"\b(?:float|double)\b", "floating point; integers only"),
]
RULES_HEADERS = re.compile(r"re2/\w+\.h|xxhash\.h|absl/container/\w+\.h|[a-z_]+")
RULES_HEADERS_BANNED = {
    "iostream", "fstream", "ostream", "istream", "sstream", "filesystem", "thread", "mutex", "future",
    "shared_mutex", "condition_variable", "random", "unordered_map", "unordered_set", "ctime",
}

# Headers of a library belong to the rooms that hide it, and to the tests of those rooms.
LIBRARIES = [
    ("rocksdb/", ["daemon/journal/", "tests/unit/journal/"]),
    ("boost/beast", ["daemon/net/", "tests/unit/net/"]),
    ("curl/", ["daemon/net/", "daemon/cli/", "tests/unit/net/"]),
    ("yaml-cpp/", ["config/", "tests/unit/config/"]),
    ("date/", ["config/"]),
    ("jq.h", ["daemon/helper/"]),
    ("jv.h", ["daemon/helper/"]),
]

EVERYWHERE_BANS = [
    (r"std::(?:ranges::)?views\b|\branges::views\b", "std::views does not compile with clang 14"),
    (r"std::format\b|<format>", "std::format is not in g++ 12"),
    (r"\bfor\s*\((?:[^();]|\([^()]*\))*?\s:\s(?:[^();]|\([^()]*\))*?\([^()]*\)\s*->",
     "a loop over what a pointer holds that nobody holds: it may be gone before the first turn"),
]

# Written in two halves, so that this file keeps its own laws.
MARKERS = re.compile(r"\b(?:" + "|".join(["TO" "DO", "FIX" "ME", "X" "XX", "HA" "CK"]) + r")\b")
MACHINE_PATHS = re.compile("|".join(["/wo" "rk/", "/ro" "ot/", "/tmp/bui" "ld"]))

MAX_LINES = 500
MAX_COLUMNS = 100
LONG_REASON = "Why this file is long:"


class Tree:
    """The files of the repository: path -> text, or None for what is not text."""

    def __init__(self, files):
        self.files = files
        self.folders = {os.path.dirname(p) for p in files} | {""}
        for folder in list(self.folders):
            while folder:
                folder = os.path.dirname(folder)
                self.folders.add(folder)
        self.stripped = {}

    @staticmethod
    def read(root):
        files = {}
        for folder, names, leaves in os.walk(root):
            relative = os.path.relpath(folder, root)
            if relative == ".":
                relative = ""
                names[:] = [n for n in names if n not in NOT_OURS]
            names[:] = sorted(n for n in names if n != "__pycache__")
            for leaf in sorted(leaves):
                # In a second worktree of git .git is a file.
                if leaf.endswith(".swp") or (not relative and leaf in NOT_OURS):
                    continue
                with open(os.path.join(folder, leaf), "rb") as handle:
                    data = handle.read()
                try:
                    text = None if b"\0" in data else data.decode("utf-8")
                except UnicodeDecodeError:
                    text = None
                files[os.path.join(relative, leaf)] = text
        return Tree(files)

    def texts(self, *suffixes):
        """(path, lines) of the text files whose name ends so; all of them without suffixes."""
        for path, text in sorted(self.files.items()):
            if text is not None and (not suffixes or path.endswith(suffixes)):
                yield path, text.splitlines()

    def cpp(self):
        return self.texts(".cpp", ".hpp")

    def code(self, path):
        """The lines of a C++ file with comments and the insides of literals blanked out."""
        if path not in self.stripped:
            self.stripped[path] = strip(self.files[path]).splitlines()
        return self.stripped[path]


TOKEN = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<tag>[^()\\\s]*)\(.*?\)(?P=tag)"|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])*'", re.S)
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')


def strip(text):
    def blank(match):
        return re.sub(r"[^\n]", " ", match.group(0))
    lines = text.split("\n")  # the quotes of an include are no literal
    kept = {i: line for i, line in enumerate(lines) if INCLUDE.match(line)}
    lines = TOKEN.sub(blank, "\n".join("" if i in kept else line
                                       for i, line in enumerate(lines))).split("\n")
    return "\n".join(kept.get(i, line) for i, line in enumerate(lines))


def room_of(path):
    """The room of a file: the longest folder in ROOMS that holds it."""
    folder = os.path.dirname(path)
    while folder:
        if folder in ROOMS:
            return folder
        folder = os.path.dirname(folder)
    return None


def includes(tree, path):
    """(line, name, quoted) of every include."""
    for number, line in enumerate(tree.code(path), 1):
        match = INCLUDE.match(line)
        if match:
            yield number, match.group(1) or match.group(2), match.group(1) is not None


def law_arrows(tree):
    for path, _ in tree.cpp():
        room = room_of(path)
        for number, name, quoted in includes(tree, path):
            if not quoted:
                continue
            target = room_of(name)
            if target is None and not (path.startswith("tests/") and name.startswith("tests/")):
                yield path, number, f'"{name}" is not a path from the root into a room'
            elif room is not None and target != room and target not in ROOMS[room]:
                allowed = ", ".join(ROOMS[room]) or "no other room"
                yield path, number, f"{room} may not include {target}; it sees {allowed}"


def law_rules_are_pure(tree):
    for path, _ in tree.cpp():
        if not path.startswith("rules/"):
            continue
        for number, line in enumerate(tree.code(path), 1):
            if INCLUDE.match(line):
                continue
            for pattern, why in RULES_BANS:
                if re.search(pattern, line):
                    yield path, number, f"not in rules/: {why}"
        for number, name, quoted in includes(tree, path):
            if quoted:
                continue
            if not RULES_HEADERS.fullmatch(name) or name in RULES_HEADERS_BANNED:
                yield path, number, f"not in rules/: <{name}>; standard library, RE2, xxHash and " \
                                    "Abseil containers only, nothing with a clock, file or thread"


def law_libraries_stay_home(tree):
    for path, _ in tree.cpp():
        for number, name, _ in includes(tree, path):
            for library, homes in LIBRARIES:
                if name.startswith(library) and not path.startswith(tuple(homes)):
                    yield path, number, f"{library} only in {', '.join(homes)}"


def law_everywhere_bans(tree):
    for path, _ in tree.cpp():
        for number, line in enumerate(tree.code(path), 1):
            for pattern, why in EVERYWHERE_BANS:
                if re.search(pattern, line):
                    yield path, number, why


def law_top_level(tree):
    for entry in sorted({p.split("/")[0] for p in tree.files} - TOP_LEVEL):
        yield entry, 1, "nothing of that name belongs at the top of the tree"


def is_code(path):
    return path.endswith((".cpp", ".hpp", ".py", ".sh", ".cmake", "CMakeLists.txt")) or \
        path in ("dev", ".ci/run")


def law_file_length(tree):
    for path, lines in tree.texts():
        if is_code(path) and len(lines) > MAX_LINES and \
                not any(LONG_REASON in line for line in lines[:15]):
            yield path, MAX_LINES + 1, f'{len(lines)} lines; over {MAX_LINES} the head of the ' \
                                       f'file says "{LONG_REASON} ..."'


def law_columns(tree):
    for path, lines in tree.cpp():
        for number, line in enumerate(lines, 1):
            if len(line) > MAX_COLUMNS:
                yield path, number, f"{len(line)} columns, {MAX_COLUMNS} are allowed"


def law_no_tabs(tree):
    for path, lines in tree.texts():
        if is_code(path) or path.endswith((".md", ".yaml", ".yml", ".json", ".service")):
            for number, line in enumerate(lines, 1):
                if "\t" in line:
                    yield path, number, "a tab"


def law_no_markers(tree):
    for path, lines in tree.texts():
        if path.startswith("tests/fuzz/corpus/"):
            continue
        for number, line in enumerate(lines, 1):
            match = MARKERS.search(line)
            if match:
                yield path, number, f"{match.group(0)}: do it, or file an issue"


def law_no_machine_paths(tree):
    for path, lines in tree.texts():
        for number, line in enumerate(lines, 1):
            match = MACHINE_PATHS.search(line)
            if match:
                yield path, number, f"{match.group(0)} is a path of somebody's machine"


def law_no_hidden_tests(tree):
    hidden = re.compile(r"\b(?:TEST_CASE|SCENARIO|TEST_CASE_METHOD|TEMPLATE_TEST_CASE)\s*\("
                        r"[^;{]*?\[(?:\.|!hide)")
    for path, _ in tree.cpp():
        text = tree.files[path]
        if path.startswith("tests/"):
            for match in hidden.finditer(text):
                yield path, text.count("\n", 0, match.end()) + 1, "a hidden test never runs"


def law_headers_explain(tree):
    for path, lines in tree.texts(".hpp"):
        if room_of(path) is None:
            continue
        first = next((line for line in lines if line.strip() and line.strip() != "#pragma once"), "")
        if not first.startswith(("//", "/*")):
            yield path, 1, "a header begins with a comment: what, whose, which thread, units, errors"
        if "#pragma once" not in lines:
            yield path, 1, "no #pragma once"


def slug(heading):
    heading = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading.strip().lower())
    return re.sub(r"[^\w\- ]", "", heading).replace(" ", "-")


def law_links_resolve(tree):
    link = re.compile(r"\[[^\]]*\]\(<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\)|^\[[^\]]+\]:\s+(\S+)")
    for path, lines in tree.texts(".md"):
        fenced = False
        for number, line in enumerate(lines, 1):
            if line.lstrip().startswith("```"):
                fenced = not fenced
            if fenced:
                continue
            for match in link.finditer(re.sub(r"`[^`]*`", "", line)):
                target = match.group(1) or match.group(2)
                if re.match(r"[a-z][a-z0-9+.-]*:", target):
                    continue
                name, _, anchor = target.partition("#")
                full = os.path.normpath(os.path.join(os.path.dirname(path), name)) if name else path
                if full not in tree.files and full not in tree.folders and full != ".":
                    yield path, number, f"{target} leads nowhere"
                elif anchor and full.endswith(".md"):
                    heads = {slug(h.lstrip("#")) for h in tree.files[full].splitlines()
                             if h.startswith("#")}
                    if anchor not in heads:
                        yield path, number, f"{target}: no such heading"


LAWS = [
    law_arrows, law_rules_are_pure, law_libraries_stay_home, law_everywhere_bans, law_top_level,
    law_file_length, law_columns, law_no_tabs, law_no_markers, law_no_machine_paths,
    law_no_hidden_tests, law_headers_explain, law_links_resolve,
]


def check(root):
    tree = Tree.read(root)
    found = 0
    for law in LAWS:
        for path, number, message in law(tree):
            print(f"{path}:{number}: {message}")
            found += 1
    print(f"tidy: {len(LAWS)} laws, {len(tree.files)} files, {found} violations")
    return 1 if found else 0


def selftest():
    import plants
    wrong = 0
    for law in LAWS:
        name = law.__name__
        if not plants.BREAKS.get(name) or not plants.KEEPS.get(name):
            print(f"{name}: needs a plant that breaks it and one that keeps it")
            wrong += 1
        for files in plants.BREAKS.get(name, []):
            if not list(law(Tree(files))):
                print(f"{name}: did not notice {files}")
                wrong += 1
        for files in plants.KEEPS.get(name, []):
            for path, number, message in law(Tree(files)):
                print(f"{name}: false alarm {path}:{number}: {message}")
                wrong += 1
    for name in sorted((plants.BREAKS.keys() | plants.KEEPS.keys()) - {l.__name__ for l in LAWS}):
        print(f"{name}: plants for a law that is not listed")
        wrong += 1
    planted = sum(len(v) for v in plants.BREAKS.values())
    print(f"tidy: {len(LAWS)} laws, {planted} planted violations, {wrong} wrong")
    return 1 if wrong else 0


def main():
    if sys.argv[1:] == ["--selftest"]:
        return selftest()
    if sys.argv[1:]:
        print(__doc__)
        return 2
    return check(os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")))


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    sys.exit(main())
