#!/usr/bin/python3
"""Firmware updates from A to B and back, over every way in; what must not be installed is refused."""

import subprocess
import time

from harness import Suite, ensure
from harness.disk import stick
from harness.update import HTTP_PORT, HTTPS_PORT, Updates

suite = Suite(__doc__)
state = {}


def other(slot):
    """The slot that does not run."""
    return {"a": "b", "b": "a"}[slot]


def updated(box, before, began):
    """The box runs the other slot, healthy, with its configuration."""
    now = box.slot()
    ensure(now == other(before), f"it runs slot {now}, as before")
    firmware = state["updates"].wait_good()
    ensure(firmware["order"][0] == now, f"the next boot would take {firmware['order']}")
    box.wait_connects()
    box.peer.exchange(box.host, 1)
    ensure(box.config_value("broker.sys_msg_interval") == "41s", "the update lost the configuration")
    suite.figure(f"{time.monotonic() - began:.0f} s from the command to the other slot, marked good")


@suite.check("the machine is up from its disk, slot A is good", must=True)
def up(box):
    box.needs_power()
    state["updates"] = Updates(box)
    box.usb = stick(box.work / "stick.img", state["updates"].variant("next"))
    box.up()
    box.wait_connects()
    ensure(box.slot() == "a", f"a new disk runs slot {box.slot()}")
    state["updates"].wait_good()
    for line in ("configure", "set broker.sys_msg_interval 41s", "commit", "exit discard"):
        box.raw(line)


@suite.check("A to B over HTTP")
def over_http(box):
    updates, before, began = state["updates"], box.slot(), time.monotonic()
    updates.serve()
    updates.install(updates.url(updates.variant("next")))
    updated(box, before, began)


@suite.check("back with firmware rollback")
def rollback(box):
    before = box.slot()
    box.console.confirm("firmware rollback")
    box.follow_boot()
    box.log_in()
    ensure(box.slot() == other(before), f"it runs slot {box.slot()}")
    box.wait_connects()


@suite.check("over HTTPS")
def over_https(box):
    updates, before, began = state["updates"], box.slot(), time.monotonic()
    certificate = box.work / "server.crt"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", f"/CN={box.mgmt_outside}",
                    "-addext", f"subjectAltName=IP:{box.mgmt_outside}", "-keyout", box.work / "server.key", "-out", certificate],
                   check=True, stderr=subprocess.DEVNULL)
    box.peer.serve(updates.folder, box.mgmt_outside, HTTPS_PORT, tls=(certificate, box.work / "server.key"))
    name = updates.offer(updates.variant("strict"))
    updates.install(f"https://{box.mgmt_outside}:{HTTPS_PORT}/{name}")
    updated(box, before, began)


@suite.check("no way back to what is below the minimum of a firmware that was marked good")
def rollback_below(box):
    before = box.show("firmware")
    ensure(before["slots"][other(before["running"])]["sequence"] < before["minimum"], f"the other slot is not below it: {before}")
    box.console.confirm("firmware rollback")
    text = box.console.answer()
    ensure(f"below the minimum {before['minimum']} " in text and "install a newer bundle" in text, f"no reason in {text!r}")
    after = box.show("firmware")
    ensure(after["running"] == before["running"] and after["order"] == before["order"], f"before {before}, after {after}")


@suite.check("over the serial line; what UEFI cannot start is passed by at once")
def over_serial(box):
    # A whole firmware would take half an hour at the line's speed: this one is signed, but no program.
    updates, before = state["updates"], box.slot()
    program = updates.folder / "tiny.efi"
    program.write_bytes(bytes(range(256)) * 64)
    updates.begin("serial")
    box.console.send_file(updates.make("tiny", firmware=program))
    updates.follow()
    box.log_in()
    ensure(f"slot {other(before)} does not start" in box.transcript.since_start(), "the boot loader did not try the new slot")
    ensure(box.slot() == before, f"it runs slot {box.slot()}")
    box.wait_connects()


@suite.check("from a USB stick")
def over_usb(box):
    updates, before, began = state["updates"], box.slot(), time.monotonic()
    updates.install("usb")
    updated(box, before, began)


@suite.check("a bundle of another key is refused")
def other_key(box):
    updates = state["updates"]
    subprocess.run([updates.tool, "bundle", "keygen", updates.folder / "other.key", updates.folder / "other.pub"], check=True,
                   stdout=subprocess.DEVNULL)
    updates.serve()
    updates.refused(updates.url(updates.make("other-key", key=updates.folder / "other.key")), "signature|signed")


@suite.check("a bundle of another board is refused")
def other_board(box):
    updates = state["updates"]
    updates.serve()
    updates.refused(updates.url(updates.make("other-board", board="somebody-elses")), "board")


@suite.check("a bundle below the minimum is refused")
def downgrade(box):
    updates = state["updates"]
    updates.serve()
    updates.refused(updates.url(updates.make("ancient", sequence=1)), "sequence|minimum|older|downgrade")


@suite.check("a bundle that ends too soon is refused")
def truncated(box):
    updates = state["updates"]
    path = updates.folder / "short.bundle"
    whole = updates.variant("next").read_bytes()
    path.write_bytes(whole[:len(whole) * 2 // 3])
    updates.serve()
    updates.refused(updates.url(path), "ends|short|truncated|too soon")


@suite.check("a connection that breaks off is told, and changes nothing")
def broken_off(box):
    updates = state["updates"]
    updates.serve(cut_after=1 << 20)
    updates.refused(updates.url(updates.variant("next")), "ends|closed|broke|connection|short")


@suite.check("a bundle with one changed byte is refused")
def flipped(box):
    updates = state["updates"]
    path = updates.folder / "flipped.bundle"
    data = bytearray(updates.variant("next").read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    updates.serve()
    updates.refused(updates.url(path), r"\S")


@suite.check("no server and no such file are told")
def nothing_there(box):
    updates = state["updates"]
    updates.refused(f"http://{box.mgmt_outside}:{HTTP_PORT + 1}/x.bundle", r"refused|connect")
    updates.serve()
    updates.refused(f"http://{box.mgmt_outside}:{HTTP_PORT}/no-such.bundle", "404|[Nn]ot [Ff]ound")


suite.main(boot="disk")
