#!/usr/bin/python3
"""What the image is made of: hardened programs, no symbols but beside it, a bundle of its size, the same bytes again."""

import fcntl
import hashlib
import os
import re
import subprocess
import tempfile
import time

from harness import Skip, Suite, ensure
from harness.machine import TOP, facts_of

suite = Suite(__doc__)
BUNDLE_BYTES_MAX = 24 * 1000 * 1000
board = suite.arguments().board
facts = facts_of(board)
image = TOP / "build/images" / board
programs = sorted(path for path in (image / "rootfs/usr/bin").glob("sluice*") if path.is_file() and not path.is_symlink())


def read(tool, *words):
    """A binutils program's output."""
    prefix = {"arm64": "aarch64-linux-gnu-", "amd64": "x86_64-linux-gnu-"}[facts["arch"]]
    return subprocess.run([prefix + tool, *map(str, words)], stdout=subprocess.PIPE, check=True).stdout.decode()


def each_has(pattern, tool, *words, but=()):
    """Every program's listing has the pattern."""
    without = [path.name for path in programs
               if path.name not in but and not re.search(pattern, read(tool, *words, path), re.MULTILINE)]
    ensure(programs and not without, f"not so: {without or 'there are no programs'}")


@suite.check("every program is position independent")
def pie(_):
    each_has(r"Type:\s+DYN", "readelf", "-h")
    each_has(r"Flags:.*PIE", "readelf", "-d")


@suite.check("relocations are read-only, and done at the start")
def relro(_):
    each_has(r"GNU_RELRO", "readelf", "-lW")
    each_has(r"BIND_NOW|Flags:.*NOW", "readelf", "-dW")


@suite.check("no stack can be run, and no segment is both written and run")
def no_exec(_):
    each_has(r"GNU_STACK.*\sRW\s", "readelf", "-lW")
    bad = [path.name for path in programs if re.search(r"LOAD.*RWE", read("readelf", "-lW", path))]
    ensure(not bad, f"{bad}")


@suite.check("stacks are protected")
def canary(_):
    each_has(r"__stack_chk_fail", "readelf", "-W", "--dyn-syms")


@suite.check("what writes to buffers of known size checks it")
def fortify(_):
    each_has(r"__\w+_chk@", "readelf", "-W", "--dyn-syms")


@suite.check("returns are signed (arm64), and branches land where they may")
def branches(_):
    if facts["arch"] == "arm64":
        each_has(r"\bpaciasp\b", "objdump", "-d")
        each_has(r"\bbti\s+j?c\b|\bpaciasp\b", "objdump", "-d")
    else:
        each_has(r"\bendbr64\b", "objdump", "-d")


@suite.check("DPDK is in the worker, with the board's driver and no other")
def one_driver(_):
    worker = image / "rootfs/usr/bin/sluice-dataplane"
    ensure("librte_" not in read("readelf", "-dW", worker), "it needs DPDK's libraries")
    has_driver(worker, facts["port_data_pmd"])


def has_driver(worker, name):
    """This one, and no other."""
    drivers = set(re.findall(rb"\0(net_\w+)\0", worker.read_bytes()))
    ensure(name.encode() in drivers and all(other.startswith(name.encode()) for other in drivers), f"it has {drivers}")


@suite.check("a worker with another driver is linked beside it")
def other_driver(_):
    folder = TOP / "build" / facts["arch"] / "image/bin"
    ours, other = folder / facts["port_data_pmd"] / "sluice-dataplane", folder / "net_null/sluice-dataplane"
    before = ours.stat().st_mtime_ns
    other.unlink(missing_ok=True)
    subprocess.run(["make", "--no-print-directory", f"ARCH={facts['arch']}", "VARIANT=image", "BOARD_PMD=net_null",
                    other.relative_to(TOP)], cwd=TOP, check=True, stdout=subprocess.DEVNULL)
    has_driver(other, "net_null")
    ensure(ours.stat().st_mtime_ns == before, "ours was linked again")


@suite.check("symbols are beside the image, and belong to its programs")
def symbols(_):
    for path in programs:
        ensure(".symtab" not in read("readelf", "-SW", path), f"{path.name} has a symbol table")
        debug = image / "debug" / f"{path.name}.debug"
        ensure(debug.exists(), f"{debug} is missing")
        ids = [re.search(r"Build ID: (\w+)", read("readelf", "-n", file)) for file in (path, debug)]
        ensure(ids[0] and ids[1] and ids[0].group(1) == ids[1].group(1), f"{debug.name} is of another build")


def outputs(secure=False):
    """The files of the image that are given away."""
    found = sorted(path for pattern in ("*.img.zst", "*.bundle") for path in image.parent.glob(f"sluice-{board}-{pattern}")
                   if path.name.startswith(f"sluice-{board}-secure-") == secure)
    ensure(len(found) >= 2, f"build/images holds {[p.name for p in found]}, not a disk and a bundle of {board}: run "
                            f"'make image BOARD={board}{' SECURE=1' if secure else ''}'")
    return found


@suite.check("the bundle is at most 24 MB")
def bundle_size(_):
    for path in outputs():
        suite.figure(f"{path.name}: {path.stat().st_size} bytes")
        if path.suffix == ".bundle":
            ensure(path.stat().st_size <= BUNDLE_BYTES_MAX, f"{path.name} has {path.stat().st_size} bytes")


@suite.check("the checksums beside the image are right")
def checksums(_):
    lists = [path for path in image.parent.glob("*.sha256") if board in path.name]
    ensure(lists, "there is no .sha256")
    for path in lists:
        subprocess.run(["sha256sum", "--check", "--quiet", path.name], cwd=path.parent, check=True)


@suite.check("built again from the same tree, it is the same to the byte")
def reproducible(_, secure=False):
    before = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in outputs(secure)}
    subprocess.run(["make", "--no-print-directory", "image-again", f"BOARD={board}", f"SECURE={int(secure)}"], cwd=TOP,
                   check=True, stdout=subprocess.DEVNULL)
    after = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in outputs(secure)}
    ensure(before == after, f"before {before}, after {after}")


@suite.check("and so is the signed one, with the same keys")
def reproducible_secure(_):
    if facts["boot_secure"] != "true":
        raise Skip(f"{board} has no secure boot chain")
    reproducible(_, secure=True)


def someone_waits_for(file):
    """Whether a process waits for the lock of this open file."""
    inode = os.fstat(file.fileno()).st_ino
    with open("/proc/locks", encoding="ascii") as locks:
        return any("-> FLOCK" in line and f":{inode} " in line for line in locks)


@suite.check("while another image is built, 'make image' says so and waits")
def one_at_a_time(_):
    with tempfile.TemporaryFile() as output:
        with open(TOP / "build/.image.lock", "w", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            make = subprocess.Popen(["make", "--dry-run", "image", f"BOARD={board}"], cwd=TOP, stdout=output)
            while not someone_waits_for(lock):
                ensure(make.poll() is None, "it did not wait")
                time.sleep(0.05)
        make.wait()
        output.seek(0)
        ensure(b"waiting for another 'make image'" in output.read() and make.returncode == 0, f"exit {make.returncode}")


suite.main_without_machine()
