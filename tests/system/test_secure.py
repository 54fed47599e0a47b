#!/usr/bin/python3
"""The secure boot chain: what was changed on the disk is not run, and the other slot boots in its place."""

from harness import Skip, Suite, ensure
from harness.disk import flip
from harness.update import Updates

suite = Suite(__doc__)
state = {}
# Well inside fw.efi, which is the only large file of a slot.
INSIDE = 12 << 20


def needs_secure(box):
    """Not every board has the chain."""
    box.needs_power()
    if box.facts.get("boot_secure") != "true":
        raise Skip(f"{box.board} has no secure boot chain")


@suite.check("the signed image boots, with UEFI's secure boot on", must=True)
def boots(box):
    needs_secure(box)
    state["updates"] = Updates(box)
    box.up()
    box.wait_connects()
    ensure(box.slot() == "a", f"a new disk runs slot {box.slot()}")
    text = box.transcript.since_start()
    ensure("ecure" in text + box.cmd("show hardware"), "nothing says that secure boot is on")


@suite.check("a signed update to slot B", must=True)
def update(box):
    needs_secure(box)
    updates = state["updates"]
    updates.serve()
    updates.install(updates.url(updates.variant("next")))
    ensure(box.slot() == "b", f"it runs slot {box.slot()}")
    box.wait_connects()


@suite.check("slot B is tampered with: it is refused, slot A boots")
def tampered(box):
    needs_secure(box)
    box.power_cut()
    flip(box.disk, "slot_b", INSIDE)
    box.up()
    ensure(box.slot() == "a", f"it runs slot {box.slot()}")
    box.wait_connects()


@suite.check("both are tampered with: the recovery image boots")
def both(box):
    needs_secure(box)
    box.power_cut()
    flip(box.disk, "slot_a", INSIDE)
    box.up()
    ensure(box.slot() == "recovery", f"it runs slot {box.slot()}")


@suite.check("and from there an update brings the box back")
def back(box):
    needs_secure(box)
    updates = state["updates"]
    updates.serve()
    updates.install(updates.url(updates.variant("next")))
    ensure(box.slot() in ("a", "b"), f"it runs slot {box.slot()}")
    box.wait_connects()


suite.main(boot="secure")
