#!/usr/bin/python3
"""The image boots to its console and serves MQTT through its data port; what is killed inside comes back."""

import re
import time

from harness import Suite, ensure

suite = Suite(__doc__)
times = {}


@suite.check("init speaks on the console", must=True)
def boots(box):
    box.start()
    box.console.wait_boot()
    times["init"] = box.seconds()


@suite.check("a client connects from outside", must=True)
def first_connect(box):
    box.wait_connects()
    times["first CONNECT"] = box.seconds()


@suite.check("the console asks for a login", must=True)
def login_prompt(box):
    box.log_in()
    times["shell, logged in"] = box.seconds()
    told = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in times.items())
    suite.figure(f"{told} after the start of QEMU ({box.boot})")


@suite.check("DPDK drives the port through vfio, behind the IOMMU")
def port(box):
    facts = box.facts
    ensure(facts["port_data_pmd"] in box.cmd("show interfaces"), f"show interfaces does not tell of {facts['port_data_pmd']}")
    driver = box.inside(f"basename $(readlink /sys/bus/pci/devices/{facts['port_data_device']}/driver)")
    ensure(driver == facts["port_data_bind"], f"its kernel driver is {driver}")
    box.inside(f"test -e /sys/bus/pci/devices/{facts['port_data_device']}/iommu_group/type")


for family in ("IPv4", "IPv6"):
    for qos in (0, 1, 2):

        @suite.check(f"QoS {qos} over {family}")
        def message(box, qos=qos, family=family):
            box.peer.exchange(box.host if family == "IPv4" else box.host6, qos)


@suite.check("nothing failed until then")
def no_failures(box):
    box.console.quiet(0.2)
    bad = [line for line in box.transcript.text().splitlines() if re.search(r"FAILED|starts again", line)]
    ensure(not bad, "; ".join(bad))


def comes_back(box, service, program):
    """Killed, it is said on the console, started again, and clients are served."""
    before = box.inside(f"pidof {program}")
    box.inside(f"kill -9 {before}")
    deadline = time.monotonic() + 60
    while True:
        status, now = box.way_in.ask(f"pidof {program}")
        if status == 0 and now != before:
            break
        ensure(time.monotonic() < deadline, f"{program} did not come back")
        time.sleep(0.2)
    box.wait_connects()
    box.peer.exchange(box.host, 1)
    text = box.cmd("show log")
    ensure(re.search(rf"{service} was killed by signal 9", text), f"the log does not tell of it: {text[-300:]!r}")


@suite.check("a killed worker comes back")
def kill_worker(box):
    comes_back(box, "worker", "sluice-dataplane")


@suite.check("a killed control process comes back")
def kill_control(box):
    comes_back(box, "control", "sluice-control")


@suite.check("QoS 2 over IPv4 after that")
def again(box):
    box.peer.exchange(box.host, 2)


@suite.check("sizes")
def sizes(box):
    names = ("kernel", "initramfs.zst", "fw.efi", "disk.img.zst", "sluice.bundle")
    found = [f"{path.name} {path.stat().st_size}" for path in sorted(box.image.iterdir()) if path.name in names]
    suite.figure("bytes: " + ", ".join(found))


@suite.check("the namespace is gone with the machine")
def gone(box):
    box.needs_power()
    netns = box.peer.netns
    box.stop()
    status, _ = type(box.peer)(netns).run("true")
    ensure(status != 0, f"{netns} is there still")


suite.main(boot="direct", way_in=True)
