"""Firmware updates: bundles to install, good and bad, and how an install is watched."""

import json
import re
import subprocess
import time
from pathlib import Path

from . import console as consoles
from .machine import TOP
from .report import ensure

HTTP_PORT = 8000
HTTPS_PORT = 8443
# From the command to the prompt or the boot that follows.
INSTALL_S = 300
INSTALLED = "is started next"

# The firmwares beside that of the image: what firmware/variant is told, and files in place of the image's.
# next: works; nothing older than the image may follow it. strict: works; nor may the image itself. panic: there is no
# first process. hang: the first process stops, and the watchdog with it. sick: control never starts, so the health gate
# fails.
VARIANTS = {
    "next": ([], {}),
    "strict": ([], {}),
    "panic": (["--append", "rdinit=/none"], {}),
    "hang": ([], {"etc/sluice/setup": """#!/bin/sh
export PATH=/usr/bin
mount -t cgroup2 cgroup2 /mnt
mkdir /mnt/first
echo "the first process is frozen now" > /dev/console
echo 1 > /mnt/first/cgroup.procs
echo 1 > /mnt/first/cgroup.freeze
"""}),
    "sick": ([], {"etc/sluice/run-control": """#!/bin/sh
exit 1
"""}),
}
# Those that have a minimum, beyond the image's sequence; they themselves are one newer than the image.
MINIMUM = {"next": 0, "strict": 1}


class Updates:
    """The bundles of a board. Those that the build does not make are made here, from the image's own firmware."""

    def __init__(self, box):
        self.box = box
        self.folder = Path(box.work) / "bundles"
        self.folder.mkdir(exist_ok=True)
        self.server = None
        self.tool = sluice_firmware()
        self.key = TOP / "build/keys/release.key"

    def variant(self, name):
        """A bundle of another firmware (see VARIANTS), made out of the image when it is first asked for."""
        folder = self.folder / name
        path = folder / f"{name}.bundle"
        if path.exists():
            return path
        words, files = VARIANTS[name]
        overlay = folder / "files"
        for file, text in files.items():
            to = overlay / file
            to.parent.mkdir(parents=True, exist_ok=True)
            to.write_text(text, encoding="utf-8")
            to.chmod(0o755)
        command = [TOP / "firmware/variant", self.box.board, "--version", name, "--out", folder, *words]
        if name in MINIMUM:
            command += ["--sequence", self.sequence() + 1, "--min-sequence", self.sequence() + MINIMUM[name]]
        command += ["--overlay", overlay] if files else []
        command += ["--secure"] if self.box.boot == "secure" else []
        done = subprocess.run([str(word) for word in command], cwd=TOP, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              check=False)
        ensure(done.returncode == 0, f"firmware/variant: {done.stdout.decode()}")
        return path

    def release(self):
        """The bundle of the image itself."""
        secure = f"{self.box.release}-secure-"
        found = [path for path in self.box.image.parent.glob(f"{self.box.release}-*.bundle") if not path.name.startswith(secure)]
        ensure(len(found) == 1, f"build/images has {len(found)} bundles of {self.box.release}, not one: run 'make image'")
        return found[0]

    def make(self, name, *, board=None, sequence=None, key=None, firmware=None):
        """A bundle of the image's firmware that claims something else."""
        path = self.folder / f"{name}.bundle"
        words = [self.tool, "bundle", "create", "--key", key or self.key, "--board", board or self.box.board,
                 "--version", name, "--sequence", sequence or self.sequence() + 1, "--level", 1, "--out", path]
        signature = self.box.out / "fw.efi.sig"
        words += [firmware or self.box.out / "fw.efi"] + ([signature] if signature.exists() else [])
        done = subprocess.run([str(word) for word in words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        ensure(done.returncode == 0, f"bundle create: {done.stdout.decode()}")
        return path

    def sequence(self):
        """The sequence number of the image."""
        return json.loads(self.release().with_suffix(".manifest").read_text())["sequence"]

    def wait_good(self, limit_s=180):
        """Until the health gate has ended the trial of the slot that runs. Returns the status."""
        deadline = time.monotonic() + limit_s
        while True:
            firmware = self.box.show("firmware")
            slot = firmware["slots"][firmware["running"]]
            if slot["good"] and not slot["trial"]:
                return firmware
            ensure(time.monotonic() < deadline, f"the slot is not marked good: {firmware}")
            time.sleep(1)

    def offer(self, path, name=None):
        """Puts a bundle where the web server gives it away. Returns its name there."""
        name = name or f"{path.stem}.bundle"
        link = self.folder / name
        if link != path:
            link.unlink(missing_ok=True)
            link.symlink_to(path)
        return name

    def serve(self, **options):
        """Starts the web server, in place of the one before; a restart of the machine ends it."""
        if self.server:
            self.box.peer.end_server(self.server)
        self.server = self.box.peer.serve(self.folder, self.box.mgmt_outside, HTTP_PORT, **options)

    def url(self, path):
        """Where the bundle can be fetched."""
        return f"http://{self.box.mgmt_outside}:{HTTP_PORT}/{self.offer(path)}"

    def begin(self, source):
        """Types the command and its confirmation."""
        self.box.console.confirm(f"firmware install {source}")

    def install(self, source, log_in=True):
        """Installs, and follows the reboot into the new slot."""
        self.begin(source)
        self.follow()
        if log_in:
            self.box.log_in()

    def follow(self):
        """Until the box boots. The console may prompt once more before; without the word that all is done, it refused."""
        console = self.box.console
        if console.expect([consoles.BOOT, consoles.PROMPT], INSTALL_S, boots=True) == 1:
            ensure(INSTALLED in console.child.before, f"it was not installed: {console.child.before[-600:]!r}")
            console.expect(consoles.BOOT, INSTALL_S, boots=True)
        self.box.peer.close()

    def refused(self, source, pattern):
        """Installs what must not go in: the words, and nothing changed."""
        before = self.box.show("firmware")
        self.begin(source)
        text = self.box.console.answer(INSTALL_S)
        ensure(re.search(pattern, text), f"install {source}: no /{pattern}/ in {text!r}")
        after = self.box.show("firmware")
        ensure(after["running"] == before["running"] and after["order"] == before["order"],
               f"before {before}, after {after}")
        return text


def sluice_firmware():
    """The builder's tool for this machine."""
    arch = subprocess.run(["dpkg", "--print-architecture"], stdout=subprocess.PIPE, check=True).stdout.decode().strip()
    path = TOP / f"build/{arch}/release/bin/sluice-firmware"
    ensure(path.exists(), f"{path} is missing: run 'make'")
    return path
