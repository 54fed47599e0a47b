#!/usr/bin/python3
"""A factory reset: configuration, users and data are as new; serial number and node id stay; the host key is another."""

import re

from harness import Suite, ensure

suite = Suite(__doc__)
KEPT = ("/cfg/factory/serial", "/cfg/factory/node_id")
RENEWED = ("/cfg/keys/host.key",)
before = {}


def sums(box, paths):
    """What is in the files."""
    return {path: box.inside(f"sha256sum < {path}") for path in paths}


@suite.check("the machine has an identity at its first boot", must=True)
def identity(box):
    box.up()
    box.wait_connects()
    for path in KEPT + RENEWED:
        box.inside(f"test -s {path}")
    before.update(sums(box, KEPT + RENEWED))
    before["serial"] = box.inside("cat /cfg/factory/serial")


@suite.check("a reboot keeps all of it")
def kept(box):
    box.reboot()
    ensure(sums(box, KEPT + RENEWED) == {path: before[path] for path in KEPT + RENEWED}, "it changed")


@suite.check("the box is used: a commit, data, a password")
def use(box):
    for line in ("configure", "set broker.sys_msg_interval 33s", "commit", "exit"):
        box.raw(line)
    ensure(box.config_value("broker.sys_msg_interval") == "33s", "the commit is not in force")
    box.inside("echo mine > /data/upload/mine")


@suite.check("factory-reset asks for its word, and resets", must=True)
def reset(box):
    box.console.confirm("factory-reset")
    box.follow_boot()
    box.password = box.console.password = None
    box.log_in(first=True)


@suite.check("configuration, users and data are new")
def new(box):
    ensure(box.config_value("broker.sys_msg_interval") != "33s", "the configuration is still there")
    ensure(box.way_in.ask("test -e /data/upload/mine")[0] != 0, "the data are still there")
    box.wait_connects()
    box.peer.exchange(box.host, 1)


@suite.check("serial number and node id are the same")
def same(box):
    ensure(sums(box, KEPT) == {path: before[path] for path in KEPT}, "they changed")
    ensure(before["serial"] in box.cmd("show hardware") + box.cmd("show version"), "the console does not show the serial number")


@suite.check("the host key is another")
def other_key(box):
    ensure(sums(box, RENEWED) != {path: before[path] for path in RENEWED}, "it is the old one")


@suite.check("no part of the identity is an address of the network")
def no_address(box):
    text = box.inside("cat /cfg/factory/node_id /cfg/factory/serial")
    ensure(not re.search(r"\d+\.\d+\.\d+\.\d+", text) and box.host not in text, f"{text!r}")


suite.main(boot="direct", way_in=True)
