"""The serial console, driven as a person would: QEMU's standard input and output, or a real serial port."""

import json
import os
import re
import select
import subprocess
import termios
import time

import pexpect
import pexpect.fdpexpect

from .report import Failure, ensure

# What the box says; everything that tests wait for is here and in the tests themselves.
BOOT = r"init: Sluice \S+ on "
PANIC = r"Kernel panic - not syncing"
LOGIN = r"\n\S+ login: "
PASSWORD = r"\nPassword: "
PROMPT = r"(?:\n|q: end\)\r)[A-Za-z0-9._@-]+([>#]) "
FIRST_PASSWORD = r"First password for \S+: (\S+)\s"
NEW_PASSWORD = r"\nNew password: "
REPEAT_PASSWORD = r"\nNew password again: "
LOGIN_REFUSED = r"\nLogin incorrect\.|is locked for (\d+) s"
CONFIRM = r"Type '([^']+)' to go on: "
# Lines of other processes may come between those of a command. sluice-firmware and sluice-config are commands themselves.
LOG_LINE = re.compile(r"^(init|setup|control|worker \d+|gate|guard|mgmt|sluice-(?!firmware|config)\w+): .*$")
ESCAPES = re.compile(r"\x1b(\[[0-9;?]*[ -/]*[@-~]|\][^\x07]*\x07|[()][A-Z0-9]|[=>78cDEHM])")
ESCAPE_BEGUN = re.compile(r"\x1b(\[[0-9;?]*[ -/]*|\][^\x07]*|[()])?$")
# QEMU takes the byte after this one as a command to itself, unless it is the same again.
QEMU_ESCAPE = b"\x01"


class Rebooted(Failure):
    """The machine has begun anew although nobody asked for it."""


def readable(base):
    """A pexpect class whose text comes without escape sequences."""

    class Readable(base):
        rest = ""

        def read_nonblocking(self, size=1, timeout=-1):
            text = self.rest + super().read_nonblocking(size, timeout)
            begun = ESCAPE_BEGUN.search(text)
            cut = begun.start() if begun else len(text)
            self.rest, text = text[cut:], text[:cut]
            return ESCAPES.sub("", text).replace("\0", "")

    return Readable


def open_serial(device, baud=115200):
    """A real serial port, raw, 8N1, without flow control."""
    fd = os.open(device, os.O_RDWR | os.O_NOCTTY)
    speed = getattr(termios, f"B{baud}")
    flags = termios.CS8 | termios.CREAD | termios.CLOCAL
    _, _, _, _, _, _, control = termios.tcgetattr(fd)
    termios.tcsetattr(fd, termios.TCSAFLUSH, [0, 0, flags, 0, speed, speed, control])
    return readable(pexpect.fdpexpect.fdspawn)(fd, timeout=60, encoding="utf-8", codec_errors="replace")


class Console:
    """One line of the machine. `password` is the one in force; None before the first login."""

    NEW_PASSWORD = "Correct-Horse-7"

    def __init__(self, child, transcript, in_qemu, password=None):
        self.child = child
        self.in_qemu = in_qemu
        self.password = password
        self.boots_expected = 0
        self.user = "admin"
        child.linesep = "\r"
        child.delaybeforesend = None
        child.delayafterread = None
        child.logfile_read = transcript
        child.searchwindowsize = None

    # ---- bytes and patterns ----

    def send(self, text):
        """Sends keys as they are."""
        data = text.encode() if isinstance(text, str) else text
        if self.in_qemu:
            data = data.replace(QEMU_ESCAPE, QEMU_ESCAPE * 2)
        while data:
            # A tty takes a few KB at once; what the machine says meanwhile is kept by the reader.
            part, data = data[:256], data[256:]
            os.write(self.child.fileno(), part)

    def pour(self, data, limit_s=300):
        """
        Sends a lot, and reads meanwhile what comes back: a machine whose answers nobody takes, takes nothing either.
        The limit is for a line that stands still.
        """
        if self.in_qemu:
            data = data.replace(QEMU_ESCAPE, QEMU_ESCAPE * 2)
        line = self.child.fileno()
        os.set_blocking(line, False)
        try:
            while data:
                can_read, can_write, _ = select.select([line], [line], [], limit_s)
                ensure(can_read or can_write, f"the line stands still, {len(data)} bytes before the end")
                if can_read:
                    self.child.read_nonblocking(65536, 0)
                if can_write:
                    data = data[os.write(line, data[:4096]):]
        finally:
            os.set_blocking(line, True)

    def expect(self, patterns, limit_s=60, boots=False):
        """
        Waits for one of the patterns, or for pexpect.EOF among them; returns its number. A boot that nobody expects is
        a failure.
        """
        patterns = [patterns] if isinstance(patterns, str) else list(patterns)
        watched = [pattern for pattern in patterns if isinstance(pattern, str)]
        watched += [PANIC, pexpect.TIMEOUT, pexpect.EOF] + ([] if boots else [BOOT])
        number = self.child.expect(watched, timeout=limit_s)
        found = watched[number]
        if found in patterns:
            return patterns.index(found)
        seen = self.tail()
        wanted = " or ".join(f"/{p}/" if isinstance(p, str) else "its end" for p in patterns)
        if found == PANIC:
            raise Rebooted(f"the kernel panicked while {wanted} was waited for")
        if found is pexpect.TIMEOUT:
            raise Failure(f"{wanted} did not come within {limit_s} s; last: {seen!r}")
        if found is pexpect.EOF:
            raise Failure(f"the console ended while {wanted} was waited for; last: {seen!r}")
        raise Rebooted(f"the machine booted again while {wanted} was waited for")

    def tail(self, size=500):
        """The last that the console said."""
        return (self.child.before if isinstance(self.child.before, str) else "")[-size:]

    def forget(self):
        """Throws away what has come and nobody has waited for, so that an answer is that to the next command."""
        text = self.quiet(0)
        if re.search(BOOT, text):
            raise Rebooted("the machine booted again while nobody looked")
        self.child.before = ""

    def quiet(self, seconds=0.5):
        """Reads until nothing has come for so long. Returns what came, and what came before."""
        # Whatever has been read: setting child.buffer would leave it to the next search all the same.
        self.child.expect(r"[\s\S]*", timeout=0)
        got = self.child.after
        while True:
            try:
                got += self.child.read_nonblocking(65536, seconds)
            except pexpect.TIMEOUT:
                return got
            except pexpect.EOF as error:
                raise Failure("the console ended") from error

    def send_file(self, path, limit_s=900):
        """Sends a file by ZMODEM, as the terminal program of a person would."""
        sender = subprocess.Popen(["sz", "--binary", "--quiet", path], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE)
        deadline = time.monotonic() + limit_s
        line, out = self.child.fileno(), sender.stdout.fileno()
        try:
            while sender.poll() is None:
                ensure(time.monotonic() < deadline, f"the file was not sent within {limit_s} s")
                ready, _, _ = select.select([line, out], [], [], 1)
                if line in ready and sender.poll() is None:  # it may have ended while we waited
                    os.write(sender.stdin.fileno(), os.read(line, 4096))
                if out in ready:
                    self.send(os.read(out, 4096))
        finally:
            if sender.poll() is None:
                sender.kill()
            sender.wait()
        ensure(sender.returncode == 0, f"sz ended with status {sender.returncode}: {sender.stderr.read()[-300:]!r}")

    def monitor(self, command):
        """A command to QEMU itself. Returns its answer."""
        ensure(self.in_qemu, "only QEMU has a monitor")
        self.quiet(0.2)
        os.write(self.child.fileno(), QEMU_ESCAPE + b"c\r")
        self.child.expect(r"\(qemu\) ", timeout=10)
        os.write(self.child.fileno(), command.encode() + b"\r")
        self.child.expect(r"\n\(qemu\) ", timeout=30)
        answer = self.child.before.partition("\n")[2]
        os.write(self.child.fileno(), QEMU_ESCAPE + b"c")
        return answer.strip()

    # ---- boot and login ----

    def boots_until(self, pattern, limit_s):
        """Follows boots, and kernels that panic, until the console says that. Returns how many boots there were."""
        boots = 0
        deadline = time.monotonic() + limit_s
        while True:
            left_s = deadline - time.monotonic()
            ensure(left_s > 0, f"/{pattern}/ did not come within {limit_s} s, in {boots} boots")
            if self.expect([pattern, BOOT, PANIC], left_s, boots=True) == 0:
                return boots
            boots += self.child.after is not None and re.search(BOOT, self.child.after) is not None

    def wait_boot(self, limit_s=120):
        """Until init speaks: the one boot that is expected."""
        self.expect(BOOT, limit_s, boots=True)

    def wait_login(self, limit_s=120):
        """Until the console asks who is there; at the first boot, with the password that it prints once."""
        number = self.expect([LOGIN, FIRST_PASSWORD], limit_s)
        if number == 1:
            self.password = self.child.match.group(1)
            self.first = True
            self.expect(LOGIN, limit_s)

    def login(self, limit_s=60):
        """From the login prompt (or an idle line) to the shell's; changes the password when asked to."""
        ensure(self.password, "no password is known: the console did not print one")
        self.send("\r")
        number = self.expect([LOGIN, PROMPT], limit_s)
        if number == 1:
            return
        self.send(self.user + "\r")
        self.expect(PASSWORD, limit_s)
        self.send(self.password + "\r")
        if self.expect([PROMPT, NEW_PASSWORD, LOGIN_REFUSED], limit_s) == 0:
            return
        ensure(self.child.after and re.search(NEW_PASSWORD, self.child.after), f"login was refused: {self.child.after}")
        self.choose_password(self.NEW_PASSWORD)

    def login_when_open(self, limit_s=1200):
        """Logs in as soon as wrong passwords do not keep the console locked any more."""
        deadline = time.monotonic() + limit_s
        while True:
            self.send("\r")
            self.expect(LOGIN)
            self.send(self.user + "\r")
            self.expect(PASSWORD)
            self.send(self.password + "\r")
            if self.expect([PROMPT, LOGIN_REFUSED]) == 0:
                return
            wait_s = self.child.match.group(1)
            ensure(wait_s, "the right password was refused")
            ensure(time.monotonic() + int(wait_s) < deadline, f"the console stays locked for {wait_s} s")
            time.sleep(int(wait_s))

    def choose_password(self, password):
        """Answers the two questions for a new password."""
        self.send(password + "\r")
        self.expect(REPEAT_PASSWORD)
        self.send(password + "\r")
        self.expect(PROMPT)
        self.password = password

    def confirm(self, line, limit_s=60):
        """Runs a command that asks, and types the word that it wants. What it says to that is not waited for."""
        self.send(line + "\r")
        self.expect(CONFIRM, limit_s)
        asked = self.child.before
        self.send(self.child.match.group(1) + "\r")
        return asked

    def logout(self):
        """Back to the login prompt."""
        self.send("exit\r")
        self.expect(LOGIN)

    # ---- commands ----

    def cmd(self, line, limit_s=60):
        """Runs one command; returns its output without the echo, without pager."""
        return self.raw(line + " | no-more", limit_s)

    def raw(self, line, limit_s=60):
        """The same for commands that stream or ask, whose line is sent as it is."""
        self.forget()
        self.send(line + "\r")
        return self.answer(limit_s)

    def answer(self, limit_s=60):
        """What comes before the next prompt, without the echoed line."""
        self.expect(PROMPT, limit_s)
        lines = self.child.before.replace("\r", "").split("\n")[1:]
        return "\n".join(line for line in lines if not LOG_LINE.match(line)).strip("\n")

    def json(self, line, limit_s=60):
        """The answer of a command as a value."""
        text = self.cmd(line + " | json", limit_s)
        try:
            return json.loads(text)
        except json.JSONDecodeError as error:
            raise Failure(f"{line} | json is no JSON ({error}): {text[:400]!r}") from error

    def at_prompt(self, limit_s=60):
        """
        Drops the line that is being typed, and waits for the answer to a word that nothing knows: whatever was asked before is
        answered then, however slow the machine is.
        """
        word = f"word-{time.monotonic_ns()}"
        self.send(f"\x15{word}\r")
        self.expect(f"unknown word '{word}'", limit_s)
        self.expect(PROMPT, limit_s)

    def recover(self):
        """Back to an operational prompt, whatever went before. False when there is none."""
        for keys in ("\x03\x03", "q", "\x03", "\x15\r"):
            try:
                self.send(keys)
                self.quiet(1)
                self.forget()
                self.send("\x15\r")
                if self.expect([PROMPT, LOGIN], 15) == 1:
                    self.login(20)
                elif self.child.match.group(1) == "#":
                    self.raw("exit discard")
                self.at_prompt(15)
                return True
            except Failure:
                continue
        return False
