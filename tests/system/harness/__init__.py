"""What the system tests share: the machine, its console, its peers, and how checks are counted."""

from .machine import Machine
from .report import Failure, Skip, ensure
from .suite import Suite

__all__ = ["Failure", "Machine", "Skip", "Suite", "ensure"]
