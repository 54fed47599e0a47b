#!/usr/bin/python3
"""Firmware that is signed but does not work: after its tries, or at once, the box is back where it was, by itself."""

import time

from harness import Suite, ensure
from harness.update import Updates

suite = Suite(__doc__)
state = {}
# Three tries, each up to a watchdog's or the gate's time.
BACK_S = 900


def falls_back(box, name):
    """Installs it, and waits until the slot of before runs again and serves."""
    updates, before, began = state["updates"], box.slot(), time.monotonic()
    updates.serve()
    updates.begin(updates.url(updates.variant(name)))
    boots = box.console.boots_until(rf", slot {before}\b", BACK_S)
    box.peer.close()
    box.log_in()
    firmware = box.show("firmware")
    ensure(firmware["running"] == before, f"it runs {firmware['running']}: {firmware}")
    box.wait_connects()
    box.peer.exchange(box.host, 1)
    suite.figure(f"{name}: back in slot {before} after {time.monotonic() - began:.0f} s and {boots} boots")


@suite.check("the machine is up from its disk", must=True)
def up(box):
    box.needs_power()
    state["updates"] = Updates(box)
    box.up()
    box.wait_connects()


@suite.check("a kernel that panics")
def panics(box):
    falls_back(box, "panic")


@suite.check("a system that hangs: the watchdog ends it")
def hangs(box):
    falls_back(box, "hang")


@suite.check("a broker that does not work: the health gate fails")
def sick(box):
    falls_back(box, "sick")


@suite.check("a good update goes through after all that")
def good(box):
    before, updates = box.slot(), state["updates"]
    updates.serve()
    updates.install(updates.url(updates.variant("next")))
    ensure(box.slot() != before, f"it runs {box.slot()}")


suite.main(boot="disk")
