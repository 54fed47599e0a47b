"""A machine under test: a board's twin in QEMU with a disk of its own, or a real board at a serial port."""

import os
import re
import shlex
import shutil
import signal
import subprocess
import termios
import time
from pathlib import Path

import pexpect

from . import backdoor
from . import console as consoles
from .peer import Peer
from .report import Failure, Skip, ensure

TOP = Path(__file__).resolve().parents[3]
# Whatever a test does, the machine ends then.
LONGEST_RUN_S = 3000
# firmware/qemu's end of the management cable.
MGMT_OUTSIDE = "198.51.100.1"


def facts_of(board):
    """board.conf as a dictionary: facts["port_data_pmd"]."""
    done = subprocess.run([TOP / "firmware/board", board], stdout=subprocess.PIPE, check=True, cwd=TOP)
    pairs = (word.split("=", 1) for word in shlex.split(done.stdout.decode()))
    return {name.removeprefix("board_"): value for name, value in pairs}


class Transcript:
    """Everything that the console says, in a file, each line with the seconds since the machine's start."""

    def __init__(self, path):
        self.file = open(path, "w", encoding="utf-8")
        self.path = path
        self.begin()

    def begin(self):
        """The machine starts now."""
        self.start = time.monotonic()
        self.file.flush()
        self.start_at = self.file.tell()
        self.fresh = True

    def since_start(self):
        """What it has said since its last start."""
        self.file.flush()
        with open(self.path, encoding="utf-8") as file:
            file.seek(self.start_at)
            return file.read()

    def write(self, text):
        """Called with every piece that is read."""
        for piece in text.replace("\r", "").splitlines(keepends=True):
            if self.fresh:
                self.file.write(f"{time.monotonic() - self.start:8.2f} ")
            self.file.write(piece)
            self.fresh = piece.endswith("\n")

    def note(self, text):
        """A line of the test's own."""
        self.file.write(f"{'' if self.fresh else chr(10)}-- {text}\n")
        self.fresh = True

    def flush(self):
        """Called after every piece."""
        self.file.flush()

    def text(self):
        """All of it."""
        self.file.flush()
        return Path(self.path).read_text(encoding="utf-8")


class Machine:
    """
    One machine. `boot` says how QEMU starts it: "direct" (the kernel, without boot loader; the disk is there all
    the same), "disk" (the whole chain), "uboot", "secure". The disk is a copy, kept over restarts.
    """

    def __init__(self, board, work, *, boot="direct", append="", files=None, way_in=False, usb=None, disk=True,
                 serial=None, log=None):
        self.board = board
        self.boot = boot
        self.append = append
        self.overlay = None
        self.usb = usb
        self.serial = serial
        self.work = Path(work)
        self.facts = facts_of(board)
        self.image = TOP / "build/images" / board
        # What the secure boot chain has differently is in a folder of its own.
        self.out = self.image / "secure" if boot == "secure" else self.image
        self.release = f"sluice-{board}-secure" if boot == "secure" else f"sluice-{board}"
        self.name = f"test-{os.getpid()}"
        self.peer = Peer(None if serial else f"sluice-vm-{self.name}")
        self.host = self.facts["factory_ipv4"].split("/")[0]
        self.host6 = self.facts["factory_ipv6"].split("/")[0]
        self.outside = self.facts["factory_gateway4"]
        self.mgmt = self.facts["factory_mgmt_ipv4"].split("/")[0]
        self.mgmt_outside = MGMT_OUTSIDE
        self.transcript = Transcript(log or self.work / "console.log")
        self.child = self.console = None
        self.password = None
        self.started = 0.0
        self.way_in = None
        if (way_in or files) and not serial:
            self.change(files, append)
        # Made at the first start.
        self.disk = self.work / "disk.img" if disk and not serial else None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def change(self, files=None, append=""):
        """From the next start on: the way in, these files in place of the image's, and these words for the kernel."""
        self.overlay = self.work / "overlay.cpio"
        backdoor.make_archive(self.overlay, files)
        self.append = f"{append} {backdoor.KERNEL_WORDS}".strip()
        self.way_in = backdoor.Backdoor(self.peer.netns, self.mgmt)

    # ---- power ----

    def command(self):
        """How QEMU is started."""
        words = [str(TOP / "firmware/qemu"), "--name", self.name, "--seconds", str(LONGEST_RUN_S)]
        words += ["--boot", self.boot]
        for option, value in (("--disk", self.disk), ("--overlay", self.overlay), ("--append", self.append), ("--usb", self.usb)):
            if value:
                words += [option, str(value)]
        return words + [self.board]

    def start(self):
        """Switches the power on."""
        if self.disk and not self.disk.exists():
            copy_sparse(self.out / "disk.img", self.disk)
        self.started = time.monotonic()
        self.transcript.begin()
        if self.serial:
            self.child = consoles.open_serial(self.serial, int(self.facts["console_baud"]))
        else:
            words = self.command()
            spawn = consoles.readable(pexpect.spawn)
            self.child = spawn(words[0], words[1:], encoding="utf-8", codec_errors="replace", timeout=60, cwd=str(TOP),
                               maxread=65536, preexec_fn=as_a_line)
        self.console = consoles.Console(self.child, self.transcript, not self.serial, self.password)
        return self.console

    def up(self):
        """Switches the power on, and waits for the shell's prompt."""
        self.start()
        self.console.wait_boot()
        self.log_in()

    def log_in(self, first=False):
        """Waits for the login prompt and logs in; the first time with the password that the console prints."""
        self.console.wait_login()
        ensure(not first or self.console.password, "the console printed no first password")
        self.console.login()
        self.password = self.console.password

    def reboot(self, limit_s=180):
        """By the console's own command; waits for the shell again."""
        self.console.confirm("reboot")
        self.follow_boot(limit_s)
        self.log_in()

    def follow_boot(self, limit_s=180):
        """The boot that was asked for. Booted directly, QEMU ends instead, and is started again."""
        self.peer.close()
        if self.console.expect([consoles.BOOT, pexpect.EOF], limit_s, boots=True) == 1:
            self.ended()
            self.start()
            self.console.wait_boot(limit_s)

    def seconds(self):
        """Since the power came on."""
        return time.monotonic() - self.started

    def pid(self):
        """QEMU's own, or None."""
        if self.child is None:
            return None
        waiting = [self.child.pid]
        while waiting:
            pid = waiting.pop()
            try:
                name = Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip()
                waiting += [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()]
            except OSError:
                continue
            if name.startswith("qemu-system"):
                return pid
        return None

    def power_cut(self):
        """The power fails: what QEMU has not given to the disk is lost."""
        self.needs_power()
        self.transcript.note("power cut")
        self.kill()
        self.ended()

    def kill(self):
        """Ends QEMU at once."""
        pid = self.pid()
        ensure(pid, "the machine runs no more")
        os.kill(pid, signal.SIGKILL)

    def ended(self, limit_s=60):
        """Waits until QEMU and what firmware/qemu made for it are gone."""
        self.peer.close()
        deadline = time.monotonic() + limit_s
        while self.child.isalive():
            ensure(time.monotonic() < deadline, f"QEMU did not end within {limit_s} s")
            try:
                self.child.read_nonblocking(65536, 0.2)
            except pexpect.TIMEOUT:
                pass
            except pexpect.EOF:
                time.sleep(0.05)
        self.child.close()
        self.child = None

    def stop(self):
        """Switches the power off."""
        self.peer.close()
        if self.serial:
            if self.child:
                self.child.close()
                self.child = None
            return
        if self.child and self.child.isalive():
            self.child.kill(signal.SIGTERM)
            self.ended()

    def needs_power(self):
        """Leaves out a test that must switch the power."""
        if self.serial:
            raise Skip("nothing switches the power of the board at the serial port")

    def settle(self):
        """After a failed check: back to a prompt, by a new start if need be, so that the next one is not the same failure."""
        if self.child is None or self.console is None:
            return
        try:
            if self.child.isalive() and self.console.recover():
                return
        except (Failure, OSError):
            pass
        if not self.serial:
            self.stop()
            try:
                self.up()
            except Failure as reason:
                self.transcript.note(f"it does not come up again: {reason}")

    # ---- shortcuts ----

    def inside(self, command, limit_s=60):
        """Runs a command in the machine, past its console. Returns its output."""
        if self.way_in is None:
            raise Skip("there is no way in but the console")
        return self.way_in.run(command, limit_s)

    def wait_connects(self, limit_s=90):
        """Until a client outside can connect."""
        self.peer.wait_connects(self.host, limit_s)

    def cmd(self, line, limit_s=60):
        """One command on the console."""
        return self.console.cmd(line, limit_s)

    def raw(self, line, limit_s=60):
        """One command on the console, as it is."""
        return self.console.raw(line, limit_s)

    def show(self, what, limit_s=60):
        """`show WHAT` as a value."""
        return self.console.json(f"show {what}", limit_s)

    def config_value(self, key):
        """A key of the configuration in force."""
        value = self.show(f"config {key}").get(key)
        ensure(value is not None, f"show config {key} does not tell it")
        return value

    def slot(self):
        """The slot that runs."""
        return self.show("firmware")["running"]

    def says(self, line, pattern, limit_s=60):
        """Fails unless the command's output has the pattern. Returns the output."""
        text = self.console.cmd(line, limit_s)
        ensure(re.search(pattern, text, re.MULTILINE), f"{line}: no /{pattern}/ in {text[-600:]!r}")
        return text


def as_a_line():
    """Nothing of the terminal that QEMU sits at changes bytes."""
    attributes = termios.tcgetattr(0)
    attributes[1] &= ~termios.ONLCR
    attributes[3] &= ~termios.ECHO
    termios.tcsetattr(0, termios.TCSANOW, attributes)


def copy_sparse(source, target):
    """A copy that takes no room for what is empty."""
    if not Path(source).exists():
        raise Failure(f"{source} is missing: run 'make image'")
    subprocess.run(["cp", "--reflink=auto", "--sparse=always", source, target], check=True)


def free_folder(path):
    """An empty folder."""
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    return path
