"""A test file's frame: its checks are functions that take the machine, run in the order in which they stand."""

import argparse
import os
import signal
import sys
import tempfile
from pathlib import Path

from .machine import TOP, Machine
from .report import Report


class Suite:
    """
    suite = Suite(__doc__); functions marked with @suite.check("title"); at the end suite.main(boot=...).

    All checks share one machine. A check that `must` hold ends the file when it does not: what follows needs it.
    """

    def __init__(self, purpose):
        self.purpose = purpose
        self.checks = []
        self.report = Report()

    def check(self, title, must=False):
        """Marks a function as a check."""

        def mark(function):
            self.checks.append((title, function, must))
            return function

        return mark

    def figure(self, text):
        """A number that was seen."""
        self.report.figure(text)

    def arguments(self):
        """What every test file takes."""
        parser = argparse.ArgumentParser(description=self.purpose)
        parser.add_argument("--board", default="qemu-arm64", help="folder below board/ (qemu-arm64)")
        parser.add_argument("--serial", help="a real board at this serial port, in place of QEMU")
        parser.add_argument("--only", help="only checks whose title contains this, and those that must hold")
        return parser.parse_args()

    def main(self, **options):
        """Runs the checks on one machine and exits."""
        args = self.arguments()
        # Whoever ends the test ends its machine.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        name = Path(sys.argv[0]).stem.removeprefix("test_")
        logs = TOP / "build/system" / args.board
        logs.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="sluice-system-", dir=os.environ.get("TMPDIR", "/var/tmp")) as work:
            machine = Machine(args.board, work, serial=args.serial, log=logs / f"{name}.log", **options)
            self.report.on_failure = lambda: self.last_lines(machine)
            with machine:
                self.run(machine, args.only)
        sys.exit(self.report.conclude())

    def main_without_machine(self):
        """Runs the checks on what was built, without a machine."""
        for title, function, _ in self.checks:
            self.report.run(title, function, None)
        sys.exit(self.report.conclude())

    def run(self, machine, only=None):
        """All checks, in order."""
        for title, function, must in self.checks:
            if only and not must and only not in title:
                continue
            machine.transcript.note(title)
            if self.report.run(title, function, machine):
                continue
            if must:
                print("the other checks need this one: left out", flush=True)
                return
            machine.settle()

    @staticmethod
    def last_lines(machine):
        """What the console said before a failure."""
        for line in machine.transcript.text().splitlines()[-15:]:
            print(f"    | {line}", flush=True)
        print(f"    | (all of it: {machine.transcript.path})", flush=True)
