#!/usr/bin/python3
"""The serial console as a person uses it: login, help, completion, abbreviations, filters, every show command."""

import json
import re

from harness import Suite, ensure
from harness.console import CONFIRM, LOGIN, LOGIN_REFUSED, PASSWORD, PROMPT

suite = Suite(__doc__)
SHOWS = ("version", "status", "interfaces", "cores", "memory", "listeners", "clients", "sessions", "topics", "log", "config",
         "firmware", "hardware", "date")
TEXT_ONLY = ("log",)
WRONG_BEFORE_LOCK = 5


def refuse(box, password):
    """One login with a wrong password. Returns what the console says."""
    console = box.console
    console.send("\r")
    console.expect(LOGIN)
    console.send("admin\r")
    console.expect(PASSWORD)
    console.send(password + "\r")
    console.expect(LOGIN_REFUSED)
    return console.child.after


@suite.check("the first boot prints a password; it opens the console and must be changed at once", must=True)
def first_login(box):
    box.start()
    box.console.wait_boot()
    box.console.wait_login()
    first = box.console.password
    ensure(first, "no password was printed")
    ensure(len(first) >= 8, f"a first password of {len(first)} characters")
    box.console.login()
    box.password = box.console.password
    ensure(box.password != first, "nobody asked for a new password")


@suite.check("the first password is no more; the new one opens")
def only_new(box):
    box.console.logout()
    refuse(box, "not-the-password")
    box.console.login()


@suite.check("nothing of a password is shown or kept in the log")
def hidden(box):
    ensure(box.console.NEW_PASSWORD not in box.transcript.text(), "the console echoes passwords")
    ensure("not-the-password" not in box.cmd("show log"), "a wrong password is in the log")


for what in SHOWS:

    @suite.check(f"show {what}, as text and as JSON")
    def show(box, what=what):
        text = box.cmd(f"show {what}")
        # Without clients there is no topic.
        ensure(text.strip() or what == "topics", f"show {what} says nothing")
        ensure(not re.search(r"unknown word|expected:|does not answer|refused", text[:200]), f"show {what}: {text[:300]!r}")
        if what not in TEXT_ONLY:
            box.show(what)


@suite.check("show version names the version of the image")
def version(box):
    told = (box.image / "rootfs/etc/sluice/version").read_text().strip()
    ensure(told in json.dumps(box.show("version")), f"{told} is not in {box.show('version')}")


@suite.check("a client shows in show clients")
def clients(box):
    box.wait_connects()
    with box.peer.subscribe(box.host, "console/#", 1, "-i", "console-client"):
        ensure("console-client" in box.cmd("show clients"), box.cmd("show clients"))
        ensure("console-client" in json.dumps(box.show("clients")), "it is not in the JSON")
        ensure("console/#" in box.cmd("show topics"), box.cmd("show topics"))


@suite.check("words may be abbreviated; what fits two commands is refused")
def abbreviated(box):
    ensure(box.cmd("sh ver") == box.cmd("show version"), box.cmd("sh ver"))
    ensure("ambiguous" in box.raw("show c"), box.raw("show c"))


@suite.check("Tab completes, and lists what may follow")
def completes(box):
    console = box.console
    console.send("sho\tver\t\r")
    text = console.answer()
    ensure(text.strip() == box.cmd("show version").strip(), f"sho<Tab>ver<Tab>: {text!r}")
    console.send("show \t\t")
    console.expect(r"interfaces")
    console.at_prompt()


@suite.check("? lists what may follow, with its help")
def helps(box):
    console = box.console
    console.send("show ?")
    console.expect(r"\n\r\S+> show ")
    text = console.child.before
    console.at_prompt()
    missing = [what for what in SHOWS if not re.search(rf"^\s*{what}\s+\w+", text, re.MULTILINE)]
    ensure(not missing, f"no help for {missing} in {text!r}")


@suite.check("line editing and history")
def edits(box):
    console = box.console
    version_text = box.cmd("show version")
    # Ctrl-A, Ctrl-E, Ctrl-W, Ctrl-U, Backspace, Up
    console.send("versionx\x01show \x05\x7f\r")
    ensure(console.answer() == version_text, "Ctrl-A, Ctrl-E and Backspace do not edit")
    console.send("garbage\x15show nonsense\x17version\r")
    ensure(console.answer() == version_text, "Ctrl-U and Ctrl-W do not edit")
    console.send("\x1b[A\r")
    ensure(console.answer() == version_text, "Up does not bring the last line")


@suite.check("filters: match, except, count")
def filters(box):
    whole = box.cmd("show config").splitlines()
    with_mqtt = [line for line in whole if re.search("mqtt", line)]
    ensure(with_mqtt, "show config says nothing of mqtt")
    ensure(box.cmd("show config | match mqtt").splitlines() == with_mqtt, "match")
    rest = [line for line in whole if not re.search("mqtt", line)]
    ensure(box.cmd("show config | except mqtt").splitlines() == rest, "except")
    ensure(str(len(with_mqtt)) in box.cmd("show config | match mqtt | count"), box.cmd("show config | match mqtt | count"))


@suite.check("long output is paged, and q ends it")
def pages(box):
    console = box.console
    whole = len(box.cmd("show config").splitlines())
    ensure(whole > 40, f"show config has {whole} lines only: nothing to page")
    console.send("show config\r")
    console.expect(r"-- more --")
    console.send("q")
    console.expect(PROMPT)
    ensure(console.child.before.count("\n") < whole, "q did not end it")
    console.send("show config\r")
    console.expect(r"-- more --")
    console.send(" ")
    console.expect([r"-- more --", PROMPT])
    console.send("q")
    console.at_prompt()


@suite.check("a wrong command says what is wrong and what to do")
def wrong(box):
    text = box.raw("shwo version")
    ensure("unknown word 'shwo'; expected:" in text and "show" in text, f"{text!r}")


@suite.check("ping answers, and Ctrl-C ends it")
def ping(box):
    console = box.console
    console.send(f"ping {box.mgmt_outside}\r")
    console.expect(r"bytes from|ttl=")
    console.send("\x03")
    console.expect(PROMPT)


@suite.check("tech-support makes an archive; no secret is in it")
def support(box):
    text = box.raw("tech-support", 180)
    ensure(re.search(r"/data/\S+|\.tar", text), f"{text!r}")


@suite.check("factory-reset and reboot ask; no answer changes nothing")
def asks(box):
    for line, question in (("factory-reset", CONFIRM), ("reboot", CONFIRM), ("poweroff", CONFIRM)):
        box.console.send(line + "\r")
        box.console.expect(question)
        box.console.send("no\r")
        box.console.expect(PROMPT)


@suite.check("the clock can be set; the broker goes on")
def date(box):
    box.says("date set 2031-05-06 07:08", "2031-05-06 07:08:00 now")
    box.says("show date", r"^2031-05-06 07:\d\d:\d\d UTC$")
    box.says("show status", "^worker 0 +: ready")
    box.peer.exchange(box.host, 1)


@suite.check("wrong passwords lock the console for a while; the right one opens it afterwards")
def locks(box):
    box.console.logout()
    said = ""
    for _ in range(WRONG_BEFORE_LOCK + 1):
        said = refuse(box, "wrong-again")
    ensure(re.search("[Ll]ock", said + box.console.quiet()), f"after {WRONG_BEFORE_LOCK + 1} wrong passwords: {said!r}")
    box.console.login_when_open()


suite.main(boot="direct")
