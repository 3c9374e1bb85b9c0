#!/usr/bin/env python3
"""CIs by the API, on the command line, with the daemon restarted in between.

A dry run changes nothing. An import is in force at once and still after a kill, a restart and a reload, with
the same policy hash. An import with a mistake is told with its file, line and column, and changes nothing. A
reload that brings an imported CI is refused at its line; a start with such a file runs on the configuration
of the store, and so keeps what was imported. What alerts name and nobody listed is listed apart.
"""

import os

import common
from common import expect, run, wait_for

CONFIG = """http: {{listen: ["127.0.0.1:{port}"]}}
tokens: [{{name: ann, person: ann, roles: [administrator], token: {token}}}]
people: [{{id: ann, email: ann@example.org}}]
channels: [{{name: mail, kind: mailbox, directory: {mailbox}}}]
groups: [{{id: shop, members: [ann]}}]
cis:
  - {{id: svc-1, class: service, criticality: mission_critical}}
"""
TABLE = """id,class,criticality,users,depends_on,supports
db-1,database,mission_critical,900,sw-1,svc-1
sw-1,network_switch,,,,
"""


def test(options, folder):
    port, mailbox = common.free_port(), os.path.join(folder, "mailbox")
    config = os.path.join(folder, "tocsin.yaml")
    text = CONFIG.format(port=port, mailbox=mailbox, token=common.TOKEN)
    common.write_file(config, text)
    environment = {"TOCSIN_URL": f"http://127.0.0.1:{port}", "TOCSIN_TOKEN": common.TOKEN, "XDG_RUNTIME_DIR": folder}

    def cli(*arguments, want=0):
        return run([options.binary, *arguments], want, environment, folder)

    def give(table, *arguments, want=0):
        common.write_file(os.path.join(folder, "cis.csv"), table)
        return cli("ci", "import", "cis.csv", *arguments, want=want)

    daemon = common.Daemon(options.binary, config, os.path.join(folder, "data"), folder)
    policy = lambda: daemon.get("/v1/status", common.TOKEN)["config"]
    imported = lambda: [ci["id"] for ci in daemon.get("/v1/cis?origin=imported", common.TOKEN)["cis"]]

    def is_same_after(what, hash_before):
        expect(imported() == ["db-1", "sw-1"], f"after {what}, these were imported: {imported()}")
        expect(policy() == hash_before, f"after {what}, another policy is in force")

    try:
        daemon.start()
        daemon.alerts([{"labels": {"alertname": "Down", "instance": name, "severity": "critical"}}
                       for name in ("db-1", "ghost-1")])
        wait_for("what nobody listed is listed", lambda: "db-1" in cli("ci", "list", "--origin", "discovered"))
        files_alone = policy()

        said = give(TABLE, "--dry-run")
        expect("+ db-1\n+ sw-1\n0 unchanged; nothing was changed" in said, f"a dry run says:\n{said}")
        expect(policy() == files_alone, "a dry run changed what is in force")
        said = give(TABLE)
        expect(said == "+ db-1\n+ sw-1\n0 unchanged\n", f"an import says:\n{said}")
        with_imports = policy()
        expect(with_imports != files_alone, "an import changed nothing")
        found = cli("ci", "list", "--origin", "discovered")
        expect("ghost-1" in found and "db-1" not in found, f"discovered are:\n{found}")
        wait_for("what is open is measured anew: a P1", lambda: daemon.get(
            "/v1/incidents?ci=db-1", common.TOKEN)["incidents"][0]["priority"] == "P1")
        expect(give(TABLE) == "2 unchanged\n", "the same import again changes something")
        is_same_after("the same import", with_imports)

        said = give(TABLE + "svc-1,,,,,\nx,,,many,,\n", want=1)
        expect("cis.csv:4:1: CI 'svc-1' stands twice, first in " + config + ":7 (cis.svc-1)" in said and
               "cis.csv:5:5: users is a whole number" in said, f"of two mistakes is said:\n{said}")
        is_same_after("a broken import", with_imports)

        daemon.kill()
        daemon.start()
        is_same_after("a kill", with_imports)
        daemon.stop()
        daemon.start()
        is_same_after("a restart", with_imports)
        common.write_file(config, "# equivalent\n" + text)
        daemon.post("/-/reload", None)
        is_same_after("a reload", with_imports)

        common.write_file(config, text + "  - {id: db-1}\n")
        said = daemon.post("/-/reload", None, want=500).decode()
        expect(f"{config}:8:10: CI 'db-1' stands twice, first in imported inventory (db-1)" in said,
               f"a reload that brings an imported CI says:\n{said}")
        is_same_after("a refused reload", with_imports)
        daemon.stop()
        daemon.start()
        expect(f"{config}:8:10: CI 'db-1' stands twice" in daemon.words() and "stored_config" in daemon.words(),
               f"the start says:\n{daemon.words()}")
        is_same_after("a start with such a file", with_imports)

        said = give("id,class\n")
        expect(said == "- db-1\n- sw-1\n0 unchanged\n", f"the end of it says:\n{said}")
        common.write_file(config, text)
        daemon.post("/-/reload", None)
        expect(policy() == files_alone, "without imported CIs it is not what it was")
        expect(daemon.metrics()["tocsin_laws_intact"] == 1, "a law is broken")
        daemon.stop()
    finally:
        daemon.ensure_gone()


if __name__ == "__main__":
    common.main(test, __doc__)
