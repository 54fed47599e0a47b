#!/usr/bin/python3
"""What is left when something breaks: disks without room, a broker that does not start, a line that nobody reads."""

import time

from harness import Skip, Suite, ensure

suite = Suite(__doc__)
KEY = "broker.sys_msg_interval"
# Longer than the watchdog waits for a first process that is stuck.
UNREAD_S = 45
# More than the kernel keeps of what is to be written to a line: the rest waited for its reader.
UNREAD_BYTES = 8192
WORKS = "^worker 0 +: ready"


def set_and_commit(box, value):
    """What the console says to a commit of another value."""
    box.raw("configure")
    try:
        box.raw(f"set {KEY} {value}")
        return box.raw("commit")
    finally:
        box.raw("exit discard")


def comes_in_anew(box):
    """The technician leaves and logs in."""
    box.console.logout()
    box.console.login()


@suite.check("the machine is up, a client is connected", must=True)
def boots(box):
    box.up()
    box.wait_connects()


@suite.check("without room on /data the console opens, and messages pass")
def full_data(box):
    box.inside("dd if=/dev/zero of=/data/filler bs=64k 2>/dev/null; sync; df /data | grep -q '100%'")
    comes_in_anew(box)
    box.says("show status", WORKS)
    box.says("show log", "init|control|worker")
    box.peer.exchange(box.host, 1)
    box.inside("rm /data/filler")


@suite.check("without room on /cfg a commit says so and changes nothing; with room it takes hold")
def full_cfg(box):
    before = box.config_value(KEY)
    box.inside("dd if=/dev/zero of=/cfg/filler bs=4k 2>/dev/null; sync; df /cfg | grep -q '100%'")
    comes_in_anew(box)
    text = set_and_commit(box, "41s")
    ensure("o space left" in text, f"a commit without room says {text[-300:]!r}")
    ensure(box.config_value(KEY) == before, f"it is {box.config_value(KEY)} now, and was {before}")
    box.inside("rm /cfg/filler")
    set_and_commit(box, "43s")
    ensure(box.config_value(KEY) == "43s", f"with room again it is {box.config_value(KEY)}")


@suite.check("without a broker the console opens and tells; the broker comes back when it can")
def no_broker(box):
    # No applet has that name, so that it ends at once.
    box.inside("mount --bind /usr/bin/busybox /etc/sluice/run-control && kill -9 $(pidof sluice-control)")
    comes_in_anew(box)
    box.says("show status", "cannot reach|is not|does not answer")
    box.says("show version", "^")
    box.says("show log", "control ended with status")
    box.inside("umount /etc/sluice/run-control")
    box.wait_connects(180)
    box.says("show status", WORKS)


@suite.check("a line that nobody reads stops neither messages nor init; the session on it ends")
def unread(box):
    if box.facts["arch"] == "arm64":
        raise Skip("QEMU's PL011 waits for whoever reads it, and the whole machine with it")
    uptime = float(box.inside("cat /proc/uptime").split()[0])
    box.console.forget()
    for _ in range(30):
        box.console.send("show log | no-more\r")
    until = time.monotonic() + UNREAD_S
    box.inside("kill -9 $(pidof sluice-dataplane)")
    box.wait_connects()
    while time.monotonic() < until:
        box.peer.exchange(box.host, 1)
        time.sleep(1)
    ensure(float(box.inside("cat /proc/uptime").split()[0]) > uptime + UNREAD_S - 5, "the machine booted meanwhile")
    text = box.console.quiet(2)
    ensure(len(text) > UNREAD_BYTES, f"the line was not full: {len(text)} bytes came")
    box.console.send("\x15\r")
    ensure(box.console.expect(["login: ", r"> "]) == 0, "the session goes on")
    box.console.login()
    box.says("show status", WORKS)


suite.main(boot="direct", way_in=True)
