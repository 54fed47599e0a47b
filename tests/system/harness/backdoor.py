"""
A way into the machine that the image itself does not have: a shell behind its management port, for one direct boot.

It comes with an archive of further files, whose /test-init starts the shell's server and then becomes the image's own
/init. Files below /test/over take the place of the image's.
"""

import shutil
import socket
import subprocess
import time
from pathlib import Path

from .peer import enter_namespace, run_thread
from .report import Failure, ensure

PORT = 2323
KERNEL_WORDS = "rdinit=/test-init"
INIT = """#!/bin/busybox sh
/bin/busybox cp -a /test/over/. /
/bin/busybox mknod /dev/null c 1 3
/bin/busybox nc -ll -p %d -e /test/shell &
exec /init
""" % PORT
SHELL = """#!/bin/busybox sh
export PATH=/usr/bin:/usr/sbin
exec /bin/busybox sh
"""


def make_archive(path, files=None):
    """Writes the archive; `files` are texts by their paths, for /test/over."""
    folder = Path(f"{path}.d")
    shutil.rmtree(folder, ignore_errors=True)
    over = folder / "test/over"
    over.mkdir(parents=True)
    for name, text, mode in ((folder / "test-init", INIT, 0o755), (folder / "test/shell", SHELL, 0o755)):
        name.write_text(text, encoding="utf-8")
        name.chmod(mode)
    for name, text in (files or {}).items():
        to = over / name.lstrip("/")
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_text(text, encoding="utf-8")
    for each in [folder, *folder.rglob("*")]:
        each.chmod(0o755 if each.is_dir() else each.stat().st_mode & 0o777)
    subprocess.run(f"cd '{folder}' && find . | cpio --quiet --create --format=newc --owner=+0:+0 >'{path}'",
                   shell=True, check=True)


class Backdoor:
    """The shell, asked command by command."""

    def __init__(self, netns, address):
        self.netns = netns
        self.address = address

    def connect(self, limit_s):
        """A connection, as soon as the management port is up."""
        deadline = time.monotonic() + limit_s
        made = []

        def inside():
            enter_namespace(self.netns)
            made.append(socket.create_connection((self.address, PORT), 5))

        while not made:
            try:
                run_thread(inside)
            except OSError as error:
                if time.monotonic() > deadline:
                    raise Failure(f"no way in at {self.address}, port {PORT}: {error}") from error
                time.sleep(0.3)
        return made[0]

    def ask(self, command, limit_s=60):
        """Runs a command in the machine. Returns its status and its output."""
        with self.connect(limit_s) as link:
            link.settimeout(limit_s)
            link.sendall(f"( {command} ) 2>&1; s=$?; echo; echo status=$s; exit\n".encode())
            text = b""
            while b"\nstatus=" not in text or not text.endswith(b"\n"):
                try:
                    data = link.recv(65536)
                except TimeoutError as error:
                    raise Failure(f"'{command}' took longer than {limit_s} s in the machine") from error
                if not data:
                    break
                text += data
        body, found, status = text.decode(errors="replace").rpartition("\nstatus=")
        ensure(found, f"'{command}' gave no status in the machine: {text[-300:]!r}")
        return int(status), body.strip("\n")

    def run(self, command, limit_s=60):
        """The same; a status other than 0 is a failure."""
        status, text = self.ask(command, limit_s)
        ensure(status == 0, f"'{command}' in the machine: status {status}, {text[-300:]}")
        return text
