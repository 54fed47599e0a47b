#!/usr/bin/python3
"""The power fails at random moments: the box always boots something good, with the last committed configuration whole."""

import random
import threading
import time

from harness import Failure, Suite, ensure
from harness.update import Updates

suite = Suite(__doc__)
SEED = 3
moments = random.Random(SEED)
# Two keys that every commit changes together: one alone would be half a commit.
FIRST, SECOND = "retainer.max_retained_messages", "mqtt.max_subscriptions"
BASE = 1000000
state = {"committed": 0, "tried": 0, "updates": None}


def commit(box):
    """Commits the next number."""
    state["tried"] = state["committed"] + 1
    for line in ("configure", f"set {FIRST} {BASE + state['tried']}", f"set {SECOND} {BASE + state['tried']}", "commit"):
        box.raw(line)
    state["committed"] = state["tried"]
    box.raw("exit discard")


def commits(box, end):
    """Commits one number after another until the power is gone."""
    while not end.is_set():
        commit(box)


def load(box, end):
    """Clients publish as fast as they can, retained too, while the log and the store are written."""
    command = "seq 1000000 | mosquitto_pub -h {host} -l -t power/{qos} -q {qos} {retain}"
    writers = [box.peer.start("sh", "-c", command.format(host=box.host, qos=qos, retain="-r" if qos else "")) for qos in range(3)]
    while not end.wait(0.2):
        ensure(any(w.process.poll() is None for w in writers), "nobody publishes any more")


def update(box, end):
    """An update is installed."""
    updates = state["updates"]
    updates.serve()
    updates.begin(updates.url(updates.variant("next")))
    while not end.is_set():
        box.console.quiet(0.2)


def good(box):
    """The machine that came up: whole configuration, MQTT served, a slot that is one of the two."""
    config = [box.config_value(key) for key in (FIRST, SECOND)]
    ensure(config[0] == config[1], f"half a commit: {config}")
    number = int(config[0]) - BASE
    if state["tried"]:
        ensure(number in (state["committed"], state["tried"]),
               f"the configuration is number {number}, committed was {state['committed']}, tried {state['tried']}")
        state["committed"] = state["tried"] = number
    box.wait_connects()
    box.peer.exchange(box.host, 1)
    ensure(box.slot() in ("a", "b"), f"it booted {box.slot()}")


def cut_during(box, what):
    """Starts it, cuts the power at a random moment, and looks at what comes up."""
    if what is update:
        # A box in a trial takes no other firmware: the cut would fall into nothing.
        state["updates"].wait_good()
    end = threading.Event()
    delay_s = moments.uniform(0.2, 25 if what is update else 6)
    timer = threading.Timer(delay_s, lambda: (box.kill(), end.set()))
    timer.start()
    try:
        what(box, end)
    except Failure:
        ensure(end.wait(30), f"it failed before the power was cut at {delay_s:.1f} s")
    timer.join()
    box.ended()
    box.transcript.note(f"the power was cut {delay_s:.1f} s into {what.__name__}")
    box.up()
    good(box)


@suite.check("the machine is up, with a first commit", must=True)
def up(box):
    box.needs_power()
    state["updates"] = Updates(box)
    box.up()
    box.wait_connects()
    commit(box)
    good(box)


for index, work in enumerate((update, commits, load, update, commits, update, load, commits, update, load), 1):

    @suite.check(f"cut {index} of 10, during {work.__name__}")
    def cut(box, work=work):
        cut_during(box, work)


@suite.check("an update goes through after all that")
def finally_updates(box):
    before = box.slot()
    updates = state["updates"]
    # The last cut may have been in a trial; meanwhile the box takes no other firmware.
    updates.wait_good()
    updates.serve()
    updates.install(updates.url(updates.variant("next")))
    ensure(box.slot() != before, f"still in slot {before}")
    good(box)


suite.main(boot="disk")
