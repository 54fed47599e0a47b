#!/usr/bin/python3
"""Configuration on the console: edited, compared, committed without dropping clients, undone, kept over a reboot."""

import re
import time

from harness import Suite, ensure

suite = Suite(__doc__)
LIVE = "broker.sys_msg_interval"
NEXT = "mqtt.max_inflight"
RESTART = "tcp.user_timeout"
watch = {}


def configure(box, *lines):
    """Enters configure mode, runs the lines, and leaves it. Returns their outputs."""
    box.raw("configure")
    outputs = [box.raw(line, 120) for line in lines]
    box.raw("exit discard")
    return outputs


def stays(box):
    """The client that was connected at first has never lost its connection."""
    reader = watch["client"]
    text = f"at {time.monotonic_ns()}"
    box.peer.publish(box.host, "config/alive", text, 1)
    reader.wait_line(rf"^config/alive {text}$", 30)
    ensure(reader.count(r"sending CONNECT") == 1, "the connected client had to connect again")


@suite.check("the machine is up, a client is connected", must=True)
def up(box):
    box.up()
    box.wait_connects()
    watch["client"] = box.peer.subscribe(box.host, "config/#", 1, "-i", "config-watch", "-k", 10)


@suite.check("set, compare, commit of a key that is applied live; the client stays")
def commit_live(box):
    before = box.config_value(LIVE)
    _, compared, foretold, committed = configure(box, f"set {LIVE} 7s", "compare", "commit check", "commit")
    ensure(re.search(rf"^\+ *{re.escape(LIVE)} = 7s", compared, re.MULTILINE), f"compare: {compared!r}")
    ensure("no client is disconnected" in foretold, f"commit check: {foretold!r}")
    ensure("Committed as revision" in committed, f"commit: {committed!r}")
    ensure(box.config_value(LIVE) == "7s" != before, f"in force: {box.config_value(LIVE)}")
    stays(box)


@suite.check("what is set but not committed is discarded")
def discard(box):
    _, compared, _, nothing = configure(box, f"set {LIVE} 9s", "compare", "discard", "compare")
    ensure("9s" in compared and "9s" not in nothing, f"compare: {compared!r}, after discard {nothing!r}")
    configure(box, f"set {LIVE} 9s")
    ensure(box.config_value(LIVE) == "7s", f"in force: {box.config_value(LIVE)}")


@suite.check("what the board has built in, and memory that it has not, cannot be committed")
def built_in(box):
    for line, wanted in (("set dataplane.core 0", "as the board has"), ("set dataplane.memory 4GB", "of hugepages")):
        _, refused, _ = configure(box, line, "commit", "discard")
        ensure(wanted in refused and "Committed" not in refused, f"{line}: {refused!r}")


@suite.check("a wrong key and a wrong value are refused, with what is expected")
def wrong(box):
    key, number = configure(box, "set mqtt.no_such_key 1", f"set {NEXT} many")
    ensure("no_such_key" in key, f"wrong key: {key!r}")
    ensure("expected an integer" in number, f"wrong value: {number!r}")


@suite.check("a configuration that is wrong as a whole is refused, and all stays as it was")
def refused(box):
    *_, answer = configure(box, "set mqtt.max_packet_size 200MB", "commit")
    ensure("max_packet_size" in answer and "not committed" in answer, f"commit: {answer!r}")
    ensure(box.config_value("mqtt.max_packet_size") == "1MB", "a refused value is in force")
    stays(box)


@suite.check("rollback 1 takes the one before")
def rollback(box):
    configure(box, f"set {LIVE} 8s", "commit")
    ensure(box.config_value(LIVE) == "8s", f"in force: {box.config_value(LIVE)}")
    answers = configure(box, "rollback 1", "commit")
    ensure(box.config_value(LIVE) == "7s", f"in force after rollback 1: {box.config_value(LIVE)}; {answers!r}")
    stays(box)


@suite.check("the history tells of all of them")
def history(box):
    text = box.cmd("show config history")
    ensure(len(re.findall(r"admin", text)) >= 3, f"{text!r}")


@suite.check("a key of new connections: the client stays, the next one has the new value")
def next_connections(box):
    configure(box, f"set {NEXT} 17", "commit")
    ensure(box.config_value(NEXT) == "17", f"in force: {box.config_value(NEXT)}")
    stays(box)


@suite.check("a commit that nobody confirms reverts by itself")
def reverts(box):
    _, answer = configure(box, f"set {LIVE} 11s", "commit-confirm 1")
    ensure(box.config_value(LIVE) == "11s", f"in force: {box.config_value(LIVE)}; {answer!r}")
    deadline = time.monotonic() + 180
    while box.config_value(LIVE) != "7s":
        ensure(time.monotonic() < deadline, f"3 minutes later it is still {box.config_value(LIVE)}")
        time.sleep(2)
    stays(box)


@suite.check("one that is confirmed stays")
def confirmed(box):
    *_, answer = configure(box, f"set {LIVE} 12s", "commit-confirm 1", "confirm")
    ensure("stays" in answer, f"confirm: {answer!r}")
    time.sleep(75)
    ensure(box.config_value(LIVE) == "12s", f"in force: {box.config_value(LIVE)}")


@suite.check("a key that needs a restart says so before, and clients are served again afterwards")
def restart(box):
    box.raw("configure")
    box.raw(f"set {RESTART} 45s")
    asked = box.console.confirm("commit")
    answer = box.console.answer(120)
    box.raw("exit discard")
    ensure("clients are disconnected" in asked, f"commit asks: {asked!r}")
    ensure("Committed as revision" in answer, f"commit: {answer!r}")
    watch["client"].close()
    box.wait_connects()
    ensure(box.config_value(RESTART) == "45s", f"in force: {box.config_value(RESTART)}")


@suite.check("a reboot keeps what was committed")
def kept(box):
    wanted = {key: box.config_value(key) for key in (LIVE, NEXT, RESTART)}
    box.reboot()
    box.wait_connects()
    now = {key: box.config_value(key) for key in wanted}
    ensure(now == wanted == {LIVE: "12s", NEXT: "17", RESTART: "45s"}, f"before {wanted}, after {now}")


@suite.check("and a power cut right after a commit does too")
def cut(box):
    box.needs_power()
    configure(box, f"set {LIVE} 13s", "commit")
    box.power_cut()
    box.up()
    ensure(box.config_value(LIVE) == "13s", f"in force: {box.config_value(LIVE)}")


suite.main(boot="direct")
