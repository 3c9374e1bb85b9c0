"""What tidy.py --selftest plants: for each law, trees that break it and trees that keep it."""


def cpp(path, *lines):
    return {path: "\n".join(lines) + "\n"}


def include(path, name):
    return cpp(path, f"#include {name}")


def decide(line):
    return cpp("rules/decide.cpp", line)


BREAKS = {
    "law_arrows": [
        include("rules/model/x.hpp", '"rules/decide.hpp"'),
        include("rules/intake/x.cpp", '"rules/oncall/y.hpp"'),
        include("rules/intake/deep/x.cpp", '"rules/oncall/y.hpp"'),
        include("rules/decide.cpp", '"daemon/engine/engine.hpp"'),
        include("connectors/in/zabbix/x.cpp", '"rules/prepare.hpp"'),
        include("connectors/registry.cpp", '"config/load.hpp"'),
        include("config/load.cpp", '"daemon/net/server.hpp"'),
        include("daemon/journal/x.cpp", '"rules/decide.hpp"'),
        include("daemon/engine/x.cpp", '"daemon/net/server.hpp"'),
        include("daemon/engine/x.cpp", '"connectors/registry.hpp"'),
        include("daemon/net/x.cpp", '"daemon/api/api.hpp"'),
        include("daemon/net/x.cpp", '"config/load.hpp"'),
        include("daemon/api/x.cpp", '"daemon/cli/serve.hpp"'),
        include("daemon/api/x.cpp", '"tests/support/fake.hpp"'),
        include("daemon/api/x.cpp", '"sibling.hpp"'),
        include("tests/unit/rules/x.cpp", '"helper.hpp"'),
    ],
    "law_rules_are_pure": [
        decide("auto t = std::chrono::steady_clock::now();"),
        decide("auto t = time(nullptr);"),
        decide("auto t = std::time(nullptr);"),
        decide("std::thread t;"),
        decide("std::shared_mutex m;"),
        decide("std::random_device seed;"),
        decide("std::uniform_int_distribution<int> d;"),
        decide('auto home = getenv("HOME");'),
        decide("std::unordered_map<int, int> m;"),
        decide('spdlog::info("x");'),
        decide("if (bad) throw Error{};"),
        decide("} catch (const E&) {"),
        decide("try {"),
        decide("double mean = 0;"),
        include("rules/kpi/x.cpp", "<boost/json.hpp>"),
        include("rules/kpi/x.cpp", "<rocksdb/db.h>"),
        include("rules/kpi/x.cpp", "<absl/time/clock.h>"),
        include("rules/kpi/x.cpp", "<iostream>"),
        include("rules/kpi/x.cpp", "<unistd.h>"),
        include("rules/kpi/x.cpp", "<mutex>"),
    ],
    "law_libraries_stay_home": [
        include("daemon/engine/x.cpp", "<rocksdb/db.h>"),
        include("tests/unit/engine/x.cpp", "<rocksdb/db.h>"),
        include("daemon/api/x.cpp", "<boost/beast/http.hpp>"),
        include("connectors/out/x.cpp", "<curl/curl.h>"),
        include("daemon/cli/x.cpp", "<yaml-cpp/yaml.h>"),
    ],
    "law_everywhere_bans": [
        cpp("daemon/api/x.cpp", "for (int i : std::views::iota(0, 3)) {}"),
        cpp("daemon/api/x.cpp", "for (const auto& [a, b] : gate_.rules()->headers) set(a, b);"),
        cpp("daemon/api/x.cpp", "for (int i : std::ranges::views::iota(0, 3)) {}"),
        cpp("daemon/api/x.cpp", 'auto s = std::format("{}", 1);'),
    ],
    "law_top_level": [{"notes.txt": ""}, {"src/x.cpp": ""}, {".github/x.yml": ""}],
    "law_file_length": [
        {"rules/decide.cpp": "x\n" * 501},
        {"dev": "x\n" * 501},
        {"rules/decide.cpp": "x\n" * 20 + "// Why this file is long: too late\n" + "x\n" * 500},
    ],
    "law_columns": [cpp("config/x.cpp", "x" * 101), cpp("tests/x.hpp", "ü" * 101)],
    "law_no_tabs": [cpp("config/x.cpp", "\tint x;"), {"docs/x.md": "a\tb\n"}, {"dev": "\tx\n"}],
    "law_no_markers": [
        cpp("config/x.cpp", "// TO" "DO: later"),
        {"docs/x.md": "FIX" "ME\n"},
        {"config/demo.yaml": "# X" "XX\n"},
        {"dev": "# HA" "CK\n"},
    ],
    "law_no_machine_paths": [
        {"docs/x.md": "see /wo" "rk/main\n"},
        {"config/demo.yaml": "path: /ro" "ot/x\n"},
        {"dev": "cd /tmp/bui" "ld-me\n"},
    ],
    "law_no_hidden_tests": [
        cpp("tests/unit/rules/x.cpp", 'TEST_CASE("slow", "[.]") {}'),
        cpp("tests/unit/rules/x.cpp", 'TEST_CASE("slow",', '          "[perf][.slow]") {}'),
        cpp("tests/unit/rules/x.cpp", 'TEST_CASE("slow", "[!hide]") {}'),
    ],
    "law_headers_explain": [
        cpp("rules/x.hpp", "#pragma once", "#include <map>", "// late"),
        cpp("rules/x.hpp", "// A header.", "namespace tocsin {}"),
        cpp("daemon/net/x.hpp", "#pragma once", "", "struct X;"),
    ],
    "law_links_resolve": [
        {"README.md": "[a](docs/gone.md)\n"},
        {"README.md": "# Top\n[a](#bottom)\n"},
        {"docs/a.md": "[b](b.md#there)\n", "docs/b.md": "# Here\n"},
        {"docs/a.md": "[b]: ../gone.md\n"},
    ],
}

KEEPS = {
    "law_arrows": [
        include("rules/intake/deep/x.cpp", '"rules/model/alert.hpp"'),
        include("rules/intake/deep/x.cpp", '"rules/intake/y.hpp"'),
        include("rules/decide.cpp", '"rules/intake/y.hpp"'),
        include("config/load.cpp", '"connectors/registry.hpp"'),
        include("daemon/journal/x.cpp", '"rules/model/state.hpp"'),
        include("daemon/engine/x.cpp", '"rules/decide.hpp"'),
        include("daemon/net/x.cpp", '"daemon/engine/held.hpp"'),
        include("daemon/main.cpp", '"daemon/cli/cli.hpp"'),
        include("tests/unit/net/x.cpp", '"daemon/net/server.hpp"'),
        include("tests/unit/net/x.cpp", '"tests/support/fake.hpp"'),
        cpp("rules/model/x.hpp", '// as #include "daemon/net/server.hpp" would'),
    ],
    "law_rules_are_pure": [
        decide("// a clock such as steady_clock::now() or time(0) may throw; try double"),
        decide('const char* text = "try to catch (double) time(0)";'),
        decide('auto raw = R"(throw "double")"; auto n = 1\'000\'000;'),
        decide("auto t = row.time(); auto w = wall_time(at); retry(); entry->time();"),
        include("rules/kpi/x.cpp", "<cstdint>"),
        include("rules/kpi/x.cpp", "<re2/re2.h>"),
        include("rules/kpi/x.cpp", "<xxhash.h>"),
        include("rules/kpi/x.cpp", "<absl/container/flat_hash_map.h>"),
        cpp("daemon/engine/clock.cpp", "auto t = std::chrono::steady_clock::now();"),
    ],
    "law_libraries_stay_home": [
        include("daemon/journal/x.cpp", "<rocksdb/db.h>"),
        include("tests/unit/journal/x.cpp", "<rocksdb/db.h>"),
        include("daemon/cli/x.cpp", "<curl/curl.h>"),
        include("daemon/api/x.cpp", "<boost/json.hpp>"),
    ],
    "law_everywhere_bans": [
        cpp("daemon/api/x.cpp", "std::string_view views; // std::format"),
        cpp("daemon/api/x.cpp", "for (const auto& x : held->headers(1)) get()->set(x);"),
    ],
    "law_top_level": [{"README.md": "", "rules/x.cpp": "", ".ci/run": "", "dev": ""}],
    "law_file_length": [
        {"rules/decide.cpp": "x\n" * 500},
        {"rules/decide.cpp": "// Why this file is long: one story\n" + "x\n" * 500},
        {"docs/x.md": "x\n" * 900},
    ],
    "law_columns": [cpp("config/x.cpp", "ü" * 100), {"docs/x.md": "x" * 200}],
    "law_no_tabs": [cpp("config/x.cpp", 'auto tab = "\\t";')],
    "law_no_markers": [cpp("config/x.cpp", "// Mailbox, XXXL, todo list, hacked")],
    "law_no_machine_paths": [{"docs/x.md": "/var/lib/tocsin, work/, /tmp/x\n"}],
    "law_no_hidden_tests": [
        cpp("tests/unit/rules/x.cpp", 'TEST_CASE("a [tag]", "[rules]") { match("[.]x"); }'),
    ],
    "law_headers_explain": [
        cpp("rules/x.hpp", "#pragma once", "// What it is.", "#include <map>"),
        cpp("rules/x.hpp", "// What it is.", "#pragma once"),
        cpp("tests/support/x.hpp", "#pragma once", "struct X;"),
    ],
    "law_links_resolve": [
        {"README.md": "# Top of it\n[a](docs/a.md) [d](docs/) [t](#top-of-it)\n", "docs/a.md": ""},
        {"README.md": "[a](https://example.org/x) `[b](gone.md)`\n```\n[c](gone.md)\n```\n"},
        {"docs/a.md": '[r](../README.md "title") [up](..)\n', "README.md": ""},
    ],
}
