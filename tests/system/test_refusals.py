#!/usr/bin/python3
"""A board that is not what its board.conf says: the console tells why, the worker does not start, everything else lives."""

import re

from harness import Suite, ensure
from harness.machine import TOP

suite = Suite(__doc__)
ABSENT = "0000:00:1e.0"
# What leaves a machine without its IOMMU.
NO_IOMMU = {"arm64": "initcall_blacklist=arm_smmu_driver_init", "amd64": "intel_iommu=off"}


def board_conf(box, **changes):
    """The board's facts with some of them changed: section__key=value, _ for the dots."""
    text = (TOP / "board" / box.board / "board.conf").read_text()
    for name, value in changes.items():
        section, key = name.split("__")
        head = rf"({re.escape(section.replace('_', '.'))} \{{[^}}]*?\n\s*{key} = )[^\n]*"
        text, count = re.subn(head, rf"\g<1>{value}", text, count=1)
        ensure(count == 1, f"board.conf has no {name}")
    return {"/etc/sluice/board.conf": text}


def refuses(box, pattern, files=None, append=""):
    """Boots with that, and looks for the words on the console."""
    box.stop()
    box.change(files=files, append=append)
    box.up()
    said = box.transcript.since_start()
    ensure(re.search(pattern, said), f"the console does not say /{pattern}/")
    status = box.cmd("show status")
    ensure(re.search(r"^worker +: held", status, re.MULTILINE), f"show status: {status!r}")
    ensure(re.search(r"^control +: running", status, re.MULTILINE), f"show status: {status!r}")
    ensure(not box.peer.connects(box.host), "a client could connect")


@suite.check("no such PCI device")
def no_device(box):
    refuses(box, re.escape(ABSENT), board_conf(box, port_data__device=f'"{ABSENT}"'))


@suite.check("no IOMMU")
def no_iommu(box):
    refuses(box, r"IOMMU", {}, NO_IOMMU[box.facts["arch"]])


@suite.check("more hugepages than memory")
def hugepages(box):
    # The description agrees with itself: only the machine has less.
    refuses(box, r"hugepages\.count: wanted 1000 pages",
            board_conf(box, hugepages__count=1000, memory__minimum_mb=4000, qemu__memory_mb=4000))


@suite.check("another machine than board.conf says")
def compatible(box):
    refuses(box, r"compatible", board_conf(box, board__compatible='"somebody,elses-board"'))


suite.main(boot="direct", way_in=True)
