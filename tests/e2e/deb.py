#!/usr/bin/env python3
"""The Debian package: what is in it, and whether it is fit to be installed.

Every file has the owner and the permissions that it should have, and there are no others. The unit is
shut in well enough, starts the program that the package has, and the shipped configuration passes
`tocsin check` without a warning. The manual page and the completions know every verb of the program.
"""

import glob
import gzip
import os
import re

import common
from common import expect, run

FILES = {
    "etc/tocsin/tocsin.yaml": "-rw-r--r--",
    "usr/bin/tocsin": "-rwxr-xr-x",
    "usr/lib/systemd/system/tocsin-syslog.socket": "-rw-r--r--",
    "usr/lib/systemd/system/tocsin.service": "-rw-r--r--",
    "usr/lib/sysusers.d/tocsin.conf": "-rw-r--r--",
    "usr/lib/tmpfiles.d/tocsin.conf": "-rw-r--r--",
    "usr/share/bash-completion/completions/tocsin": "-rw-r--r--",
    "usr/share/doc/tocsin/changelog.Debian.gz": "-rw-r--r--",
    "usr/share/doc/tocsin/changelog.gz": "-rw-r--r--",
    "usr/share/doc/tocsin/copyright": "-rw-r--r--",
    "usr/share/doc/tocsin/examples/example.yaml": "-rw-r--r--",
    "usr/share/doc/tocsin/examples/minimal.yaml": "-rw-r--r--",
    "usr/share/fish/vendor_completions.d/tocsin.fish": "-rw-r--r--",
    "usr/share/lintian/overrides/tocsin": "-rw-r--r--",
    "usr/share/man/man1/tocsin.1.gz": "-rw-r--r--",
    "usr/share/man/man5/tocsin.yaml.5.gz": "-rw-r--r--",
    "usr/share/zsh/vendor-completions/_tocsin": "-rw-r--r--",
}


def read(path):
    with (gzip.open if path.endswith(".gz") else open)(path, "rt", encoding="utf-8") as handle:
        return handle.read()


def built(options, folder):
    """The package's file, made from the build folder of the binary."""
    build = os.path.dirname(options.binary)
    run(["cpack", "--config", f"{build}/CPackConfig.cmake", "-B", folder], cwd=folder, seconds=300)
    found = glob.glob(f"{folder}/*.deb")
    expect(len(found) == 1, f"not one package: {found}")
    return found[0]


def files_are_those(package):
    seen = {}
    for line in run(["dpkg-deb", "-c", package]).splitlines():
        mode, owner, _, _, _, name = line.split(None, 5)
        expect(owner == "root/root", f"{name} belongs to {owner}")
        if mode[0] == "d":
            expect(mode == "drwxr-xr-x", f"the folder {name} has {mode}")
        else:
            seen[name.removeprefix("./")] = mode
    expect(seen == FILES, f"not the files it should have: {sorted(set(seen.items()) ^ set(FILES.items()))}")


def control_is_whole(package, folder):
    run(["dpkg-deb", "-e", package, f"{folder}/control"])
    names = set(os.listdir(f"{folder}/control"))
    expect(names == {"control", "md5sums", "conffiles", "postinst", "prerm", "postrm"}, f"{names}")
    expect(read(f"{folder}/control/conffiles").split() == ["/etc/tocsin/tocsin.yaml"], "conffiles")
    for script in ("postinst", "prerm", "postrm"):
        expect(os.stat(f"{folder}/control/{script}").st_mode & 0o777 == 0o755, f"{script} cannot run")
        run(["sh", "-n", f"{folder}/control/{script}"])
    depends = re.search("^Depends: (.*)$", read(f"{folder}/control/control"), re.M).group(1)
    for library in ("libc6", "librocksdb", "libssl3", "libcurl4", "libjq1", "systemd"):
        expect(library in depends, f"{library} is not in {depends}")


def unit_is_shut_in(root):
    unit = f"{root}/usr/lib/systemd/system/tocsin.service"
    run(["systemd-analyze", "security", "--offline=yes", "--threshold=15", "--no-pager", unit])
    said = run(["systemd-analyze", "verify", "--man=no", f"--root={root}", "tocsin.service",
                "tocsin-syslog.socket"], want=None)
    # kill and the targets are the machine's, not the package's; bare_deb.sh sees them all
    wrong = [l for l in said.splitlines()
             if "tocsin" in l and "/usr/bin/kill" not in l and "not found" not in l]
    expect(not wrong, f"systemd-analyze verify: {wrong}")
    command = re.search(r"^ExecStart=(\S+) serve --config (\S+)", read(unit), re.M)
    expect(command, "no ExecStart that serves")
    for path in command.groups():
        expect(os.path.exists(root + path), f"the unit names {path}, which is not in the package")


def configuration_passes(binary, root):
    said = run([binary, "check", "--config", f"{root}/etc/tocsin/tocsin.yaml"])
    expect("warning" not in said, f"tocsin check:\n{said}")


def verbs_of(binary, *path):
    """Every verb of the program, as --help lists them: ["incident", "ack"], ..."""
    found = re.search(r"^VERBS\n(.*?)\n\n", run([binary, *path, "--help"]), re.M | re.S)
    for line in found.group(1).splitlines() if found else []:
        verb = [*path, line.split()[0]]
        yield verb
        yield from verbs_of(binary, *verb)


def papers_know_every_verb(binary, root):
    manual = read(f"{root}/usr/share/man/man1/tocsin.1.gz").replace("\\-", "-")
    fish = read(f"{root}/usr/share/fish/vendor_completions.d/tocsin.fish")
    bash = f"{root}/usr/share/bash-completion/completions/tocsin"
    verbs = list(verbs_of(binary))
    expect(["incident", "ack"] in verbs, f"--help lists {verbs}")
    for verb in verbs:
        expect(" ".join(["tocsin", *verb]) in manual, f"{verb} is not in tocsin(1)")
        expect(f"-a {verb[-1]} " in fish, f"{verb} is not in the completion of fish")
        words = " ".join(["tocsin", *verb[:-1]]) + " '" + verb[-1][:2] + "'"
        done = run(["bash", "-c", f"source {bash}; COMP_WORDS=({words}); "
                    f"COMP_CWORD={len(verb)}; _tocsin; echo ${{COMPREPLY[@]}}"])
        expect(verb[-1] in done.split(), f"bash does not complete {words}: {done}")
    for page in ("man1/tocsin.1.gz", "man5/tocsin.yaml.5.gz"):
        said = run(["man", "--warnings", "-l", "-Tutf8", f"{root}/usr/share/man/{page}"],
                   environment={"MANWIDTH": "120", "LC_ALL": "C.UTF-8"})
        wrong = re.findall(r"^.*:\d+: .*warning.*$", said, re.M)
        expect(not wrong, f"{page}: {wrong}")
    return len(verbs)


def test(options, folder):
    package, root = built(options, folder), os.path.join(folder, "root")
    run(["dpkg-deb", "-x", package, root])
    files_are_those(package)
    control_is_whole(package, folder)
    unit_is_shut_in(root)
    binary = f"{root}/usr/bin/tocsin"
    configuration_passes(binary, root)
    verbs = papers_know_every_verb(binary, root)
    print(f"deb: {len(FILES)} files as they should be, {verbs} verbs in every paper")


if __name__ == "__main__":
    common.main(test, __doc__)
