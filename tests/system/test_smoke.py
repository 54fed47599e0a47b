#!/usr/bin/python3
"""The short form, for `make test`: boot from the disk, publish and subscribe, commit and roll back, one update."""

from harness import Suite, ensure
from harness.update import Updates

suite = Suite(__doc__)
KEY = "broker.sys_msg_interval"


@suite.check("it boots from its disk to the console", must=True)
def boots(box):
    box.up()
    suite.figure(f"{box.seconds():.1f} s from the start of QEMU to the shell's prompt, through UEFI and GRUB")


@suite.check("a client connects", must=True)
def connects(box):
    box.wait_connects()


for qos in (0, 1, 2):

    @suite.check(f"QoS {qos} over IPv4 and IPv6")
    def message(box, qos=qos):
        box.peer.exchange(box.host, qos)
        box.peer.exchange(box.host6, qos)


@suite.check("a commit takes hold, and rollback takes it back; the client stays")
def commit(box):
    with box.peer.subscribe(box.host, "smoke", 1, "-i", "smoke") as reader:
        before = box.config_value(KEY)
        for line, value in (("set broker.sys_msg_interval 37s", "37s"), ("rollback 1", before)):
            for each in ("configure", line, "commit", "exit discard"):
                box.raw(each)
            ensure(box.config_value(KEY) == value, f"after '{line}' it is {box.config_value(KEY)}")
        box.peer.publish(box.host, "smoke", "still here", 1)
        reader.wait_line("^smoke still here", 30)
        ensure(reader.count("sending CONNECT") == 1, "the client had to connect again")


@suite.check("an update goes to the other slot, and is marked good")
def update(box):
    updates = Updates(box)
    updates.serve()
    updates.install(updates.url(updates.release()))
    ensure(box.slot() == "b", f"it runs slot {box.slot()}")
    updates.wait_good()
    box.wait_connects()
    box.peer.exchange(box.host, 1)


suite.main(boot="disk")
