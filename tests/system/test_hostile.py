#!/usr/bin/python3
"""Whatever comes in at the serial port, the box serves MQTT and somebody who knows the password gets in."""

import random
import re
import time

from harness import Failure, Suite, ensure
from harness.console import LOGIN, LOGIN_REFUSED, PASSWORD, PROMPT

suite = Suite(__doc__)
SEED = 20261124
WRONG_PASSWORDS = 1000
LONG_LINE_BYTES = 1 << 20
noise = random.Random(SEED)
watch = {}


def serves(box):
    """MQTT goes on: the client of the beginning is connected still, and new ones come."""
    reader = watch["client"]
    text = f"after {time.monotonic_ns()}"
    box.peer.publish(box.host, "hostile/watch", text, 1)
    reader.wait_line(re.escape(f"hostile/watch {text}"), 60)
    ensure(reader.count("sending CONNECT") == 1, "the connected client had to connect again")


def calm(box, limit_s=120):
    """Until the console says nothing more."""
    deadline = time.monotonic() + limit_s
    while box.console.quiet(1.0):
        ensure(time.monotonic() < deadline, "the console does not come to rest")


def back_at_login(box):
    """The console asks for a login again, whatever was typed."""
    calm(box)
    for keys in ("\x03", "\r", "\x03\r"):
        box.console.send(keys)
        try:
            if box.console.expect([LOGIN, PROMPT], 70) == 1:
                box.console.logout()
            calm(box)
            return
        except Failure:
            continue
    raise Failure(f"no login prompt: {box.console.tail()!r}")


def bytes_of_noise(count, values):
    """Noise that repeats with the seed."""
    return bytes(noise.choice(values) for _ in range(count))


@suite.check("the machine is up, a client is connected", must=True)
def up(box):
    box.up()
    box.wait_connects()
    watch["client"] = box.peer.subscribe(box.host, "hostile/watch", 1, "-i", "hostile-watch", "-k", 30)


@suite.check("binary noise in the shell")
def noise_in_shell(box):
    # No CR and LF: nothing that the noise happens to spell is run.
    values = [value for value in range(256) if value not in (0x0A, 0x0D)]
    for _ in range(8):
        box.console.send(bytes_of_noise(512, values))
        box.console.quiet(0.2)
        box.console.send("\x03")
    calm(box)
    ensure(box.console.recover(), "no prompt after the noise")
    box.says("show version", r"\S")
    serves(box)


@suite.check("control characters and broken escape sequences in the shell")
def control_characters(box):
    for value in list(range(0x01, 0x0A)) + [0x0B, 0x0C] + list(range(0x0E, 0x20)) + [0x7F, 0x80, 0x9B, 0xFF]:
        box.console.send(bytes([value]) * 20)
        box.console.quiet(0.05)
        # Ctrl-D may have ended the session.
    for sequence in (b"\x1b[", b"\x1b[999999999;99999C", b"\x1b]0;title", b"\x1bO", b"\x1b[200~", b"\xc3", b"\xf0\x9f\x92"):
        box.console.send(sequence * 10)
        box.console.quiet(0.05)
    calm(box)
    ensure(box.console.recover(), "no prompt after the control characters")
    serves(box)


@suite.check("a line of 1 MB in the shell")
def long_line(box):
    line = b"show " + b"x" * LONG_LINE_BYTES
    box.console.pour(line)
    box.console.send("\r")
    calm(box)
    ensure(box.console.recover(), "no prompt after the long line")
    box.says("show version", r"\S")
    serves(box)


@suite.check("noise and a line of 1 MB at the login prompt")
def noise_at_login(box):
    box.console.logout()
    box.console.send(bytes_of_noise(4096, range(256)))
    box.console.quiet(0.2)
    back_at_login(box)
    box.console.pour(b"a" * LONG_LINE_BYTES)
    box.console.send("\r")
    back_at_login(box)
    serves(box)


@suite.check(f"{WRONG_PASSWORDS} wrong passwords: none opens, the console is locked meanwhile")
def wrong_passwords(box):
    console = box.console
    told = locked = 0
    for number in range(WRONG_PASSWORDS):
        console.send("\r")
        console.expect(LOGIN)
        console.send("admin\r")
        console.expect(PASSWORD)
        console.send(f"wrong-{number}\r")
        if console.expect([LOGIN_REFUSED, PROMPT]) == 1:
            raise Failure(f"wrong password {number} opened the console")
        told += 1
        locked += "locked" in console.child.after
    ensure(told == WRONG_PASSWORDS and locked > WRONG_PASSWORDS / 2, f"{told} refused, {locked} of them by the lock")
    serves(box)


@suite.check("the right password opens it once the lock is over")
def right_password(box):
    box.console.login_when_open()
    box.says("show log", "wrong password|refused")
    serves(box)


suite.main(boot="direct")
