#!/usr/bin/env python3
"""Clients of stack-echo, one check each. Usage: client.py HOST CHECK [ARGUMENT]. Exit status 0: as expected."""

import random
import select
import socket
import struct
import sys

PORT = 7
TCPI_OPT_SACK = 2  # of linux/tcp.h
PATIENCE_S = 120  # only so that a hang ends; nothing is measured by it


def connect(host, **options):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    client = socket.socket(family)
    client.settimeout(PATIENCE_S)
    for key, value in options.items():
        client.setsockopt(socket.SOL_SOCKET, getattr(socket, key), value)
    client.connect((host, PORT))
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return client


def pattern(size, seed):
    return random.Random(seed).randbytes(size)


def exchange(client, data):
    """Sends and reads at the same time: the echo stops reading when nobody reads from it."""
    client.setblocking(False)
    sent, got = 0, bytearray()
    while len(got) < len(data):
        readable, writable, _ = select.select(
            [client], [client] if sent < len(data) else [], [], PATIENCE_S)
        if not readable and not writable:
            raise SystemExit(f"stuck: {sent} bytes sent, {len(got)} of {len(data)} received")
        if readable:
            piece = client.recv(65536)
            if not piece:
                raise SystemExit(f"ended early: {len(got)} of {len(data)}")
            got += piece
        if writable:
            sent += client.send(data[sent:sent + 65536])
    client.setblocking(True)
    client.settimeout(PATIENCE_S)
    if bytes(got) != data:
        first = next(i for i in range(len(data)) if got[i] != data[i])
        raise SystemExit(f"wrong bytes from {first} of {len(data)}")


def check_sizes(host, _):
    for size in (1, 2, 3, 535, 536, 537, 1439, 1440, 1441, 1459, 1460, 1461, 2920, 4096, 32767, 32768,
                 32769, 65535, 65536, 200_000):
        with connect(host) as client:
            exchange(client, pattern(size, size))


def check_bulk(host, argument):
    with connect(host) as client:
        options = client.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 8)[5]
        assert options & TCPI_OPT_SACK, "no selective acknowledgements were agreed on"
        exchange(client, pattern(int(argument), 1))


def check_single_bytes(host, _):
    with connect(host) as client:
        data = pattern(600, 2)
        for i in range(len(data)):  # NODELAY: a segment each
            client.send(data[i:i + 1])
        got = b""
        while len(got) < len(data):
            got += client.recv(65536)
        assert got == data


def check_half_close(host, _):
    with connect(host) as client:
        data = pattern(20_000, 3)
        client.sendall(data)
        client.shutdown(socket.SHUT_WR)
        got = b""
        while piece := client.recv(65536):
            got += piece
        assert got == data, f"{len(got)} of {len(data)} bytes before the end"


def check_reset(host, _):
    client = connect(host)
    exchange(client, b"before the reset")
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


def check_zero_window(host, _):
    """Sends and never reads: the echo's user timeout ends it, and others are served meanwhile."""
    with connect(host, SO_RCVBUF=4096) as client, connect(host) as other:
        client.setblocking(False)
        while True:
            ready = select.select([], [client], [], 1)[1]
            if not ready and check_ended(client):
                break
            try:
                if ready:
                    client.send(bytes(65536))
            except ConnectionError:
                break
            exchange(other, b"still served")


def check_ended(client):
    return client.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) != 0


def check_slow_reader(host, _):
    """Reads after a pause longer than any buffer lasts: nothing may be lost by pausing."""
    with connect(host, SO_RCVBUF=4096, SO_SNDBUF=16384) as client:
        data = pattern(400_000, 4)
        client.setblocking(False)
        sent = 0
        while sent < len(data) and select.select([], [client], [], 0.5)[1]:
            sent += client.send(data[sent:])
        assert sent < len(data), "the window never shut"
        client.setblocking(True)
        client.settimeout(PATIENCE_S)
        got = bytearray(client.recv(1000))
        client.setblocking(False)
        while len(got) < len(data):
            readable, writable, _ = select.select([client], [client] if sent < len(data) else [], [], PATIENCE_S)
            assert readable or writable, f"stuck: {sent} sent, {len(got)} received"
            if readable:
                got += client.recv(65536)
            if writable:
                sent += client.send(data[sent:])
        assert bytes(got) == data


def check_many(host, argument):
    clients = [connect(host) for _ in range(int(argument))]
    for i, client in enumerate(clients):
        client.sendall(b"client %d" % i)
    for i, client in enumerate(clients):
        expected = b"client %d" % i
        got = b""
        while len(got) < len(expected):
            got += client.recv(100)
        assert got == expected
    for client in clients:
        client.close()


def check_refused(host, _):
    client = socket.socket()
    client.settimeout(PATIENCE_S)
    try:
        client.connect((host, PORT + 1))
    except ConnectionRefusedError:
        return
    raise SystemExit("a port without listener does not refuse")


def check_same_port(host, _):
    """A device with a fixed source port that crashes and comes back at once."""
    source = None
    for _ in range(3):
        with socket.socket() as client:
            client.settimeout(PATIENCE_S)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            client.bind(("", source or 0))
            client.connect((host, PORT))
            source = client.getsockname()[1]
            exchange(client, b"again")
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


globals()["check_" + sys.argv[2]](sys.argv[1], sys.argv[3] if len(sys.argv) > 3 else None)
