"""The machine's disk from outside, while the machine is off."""

import json
import subprocess

from .report import ensure

SECTOR_BYTES = 512


def partition(disk, name):
    """First byte and number of bytes of the partition with that name."""
    done = subprocess.run(["sfdisk", "--json", str(disk)], stdout=subprocess.PIPE, check=True)
    for each in json.loads(done.stdout)["partitiontable"]["partitions"]:
        if each["name"] == name:
            return each["start"] * SECTOR_BYTES, each["size"] * SECTOR_BYTES
    ensure(False, f"{disk} has no partition {name}")
    return None


def flip(disk, name, offset):
    """Changes one bit of a partition."""
    start, size = partition(disk, name)
    ensure(offset < size, f"{name} is smaller than {offset} bytes")
    with open(disk, "r+b") as file:
        file.seek(start + offset)
        old = file.read(1)
        file.seek(start + offset)
        file.write(bytes([old[0] ^ 1]))


def stick(path, *files):
    """A USB stick, FAT without a partition table, with these files."""
    bytes_needed = sum(file.stat().st_size for file in files) + (8 << 20)
    with open(path, "wb") as image:
        image.truncate((bytes_needed + (1 << 20) - 1) >> 20 << 20)
    subprocess.run(["mkfs.vfat", "-n", "STICK", str(path)], stdout=subprocess.DEVNULL, check=True)
    for file in files:
        subprocess.run(["mcopy", "-i", str(path), str(file), f"::{file.name}"], check=True)
    return path
