#!/usr/bin/python3
"""U-Boot as the UEFI firmware, as on the smaller boards of arm64: the same disk, the same choice of slots."""

from harness import Skip, Suite, ensure
from harness.update import Updates

suite = Suite(__doc__)


def needs_uboot(box):
    """QEMU has one for arm64."""
    box.needs_power()
    if box.facts["arch"] != "arm64":
        raise Skip("U-Boot is for boards of arm64")


@suite.check("it boots slot A, and a client connects", must=True)
def boots(box):
    needs_uboot(box)
    box.up()
    ensure("U-Boot" in box.transcript.since_start(), "that was not U-Boot")
    box.wait_connects()
    suite.figure(f"first CONNECT {box.seconds():.1f} s after the start of QEMU, through U-Boot and GRUB")
    ensure(box.slot() == "a", f"a new disk runs slot {box.slot()}")


@suite.check("an update boots slot B on trial, and is marked good", must=True)
def update(box):
    needs_uboot(box)
    updates = Updates(box)
    updates.serve()
    updates.install(updates.url(updates.release()))
    ensure(box.slot() == "b", f"it runs slot {box.slot()}")
    updates.wait_good()


@suite.check("after a power cut it boots slot B again")
def power(box):
    needs_uboot(box)
    box.power_cut()
    box.up()
    ensure(box.slot() == "b", f"it runs slot {box.slot()}")
    box.wait_connects()


suite.main(boot="uboot")
