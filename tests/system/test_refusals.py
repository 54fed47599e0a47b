#!/usr/bin/env python3
"""A board that is not what its board.conf says: the console tells why, the worker does not start, everything else lives."""

import re

from harness import Suite, ensure
from harness.machine import TOP

suite = Suite(__doc__)
ABSENT = "0000:00:1e.0"
# What leaves a machine without its IOMMU.
NO_IOMMU = {"arm64": "initcall_blacklist=arm_smmu_driver_init", "amd64": "intel_iommu=off"}


def board_conf(box, section, key, value):
    """The board's facts with one of them changed."""
    text = (TOP / "board" / box.board / "board.conf").read_text()
    changed, count = re.subn(rf"({re.escape(section)} \{{[^}}]*?\n\s*{key} = )[^\n]*", rf"\g<1>{value}", text, count=1)
    ensure(count == 1, f"board.conf has no {section}.{key}")
    return {"/etc/sluice/board.conf": changed}


def refuses(box, pattern, files=None, append=""):
    """Boots with that, and looks for the words on the console."""
    box.stop()
    box.change(files=files, append=append)
    box.up()
    said = box.transcript.since_start()
    ensure(re.search(pattern, said), f"the console does not say /{pattern}/")
    status = box.show("status")
    status_text = box.cmd("show status")
    ensure("worker" in status_text, f"show status: {status_text!r}")
    ensure(box.way_in.ask("pidof sluice-dataplane")[0] != 0, f"the worker runs: {status}")
    ensure(box.way_in.ask("pidof sluice-control")[0] == 0, f"control does not run: {status}")
    ensure(not box.peer.connects(box.host), "a client could connect")


@suite.check("no such PCI device")
def no_device(box):
    refuses(box, re.escape(ABSENT), board_conf(box, "port.data", "device", f'"{ABSENT}"'))


@suite.check("no IOMMU")
def no_iommu(box):
    refuses(box, r"IOMMU", {}, NO_IOMMU[box.facts["arch"]])


@suite.check("more hugepages than memory")
def hugepages(box):
    refuses(box, r"[Hh]ugepages", board_conf(box, "hugepages", "count", "4096"))


@suite.check("another machine than board.conf says")
def compatible(box):
    refuses(box, r"compatible", board_conf(box, "board", "compatible", '"somebody,elses-board"'))


suite.main(boot="direct", way_in=True)
