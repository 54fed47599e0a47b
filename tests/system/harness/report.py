"""What a test file prints: one line a check, figures, and last "N passed, N failed"."""

import sys
import traceback


class Failure(Exception):
    """A check does not hold; the text says what was seen instead."""


class Skip(Exception):
    """The machine under test cannot do this (a board without a secure boot chain, or whose power nobody switches)."""


class Report:
    """Counts checks."""

    def __init__(self):
        self.passed = self.failed = self.skipped = 0
        self.fatal = False
        self.on_failure = lambda: None

    def run(self, title, function, *args):
        """Runs one check: good unless it raises. Returns whether it was good."""
        try:
            function(*args)
        except Skip as reason:
            self.skipped += 1
            print(f"skip {title}: {reason}", flush=True)
            return True
        except Exception as error:  # a fault of the test is a failure too
            self.failed += 1
            print(f"FAIL {title}: {error or type(error).__name__}", flush=True)
            if not isinstance(error, (Failure, TimeoutError)):
                traceback.print_exc(file=sys.stdout)
            self.on_failure()
            return False
        self.passed += 1
        print(f"ok   {title}", flush=True)
        return True

    @staticmethod
    def figure(text):
        """A number that was seen; no check depends on it."""
        print(f"figure: {text}", flush=True)

    def conclude(self):
        """The closing line. Returns the exit status."""
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        print(f"{self.passed} passed, {self.failed} failed{skipped}", flush=True)
        return 0 if self.failed == 0 and self.passed + self.skipped > 0 else 1


def ensure(holds, text):
    """Raises Failure with the text when something does not hold."""
    if not holds:
        raise Failure(text)
