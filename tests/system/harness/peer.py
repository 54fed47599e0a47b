"""What sits at the other end of the machine's cables: MQTT clients, and web servers, in its network namespace."""

import ctypes
import functools
import http.server
import os
import re
import select
import ssl
import subprocess
import threading
import time

from .report import Failure, ensure

CLONE_NEWNET = 0x40000000


class Peer:
    """Runs programs where the machine can be reached: in a namespace, or (netns None) right here."""

    def __init__(self, netns):
        self.netns = netns
        self.servers = []
        self.children = []

    def words(self, *argv):
        """The command as it is run inside."""
        return (["ip", "netns", "exec", self.netns] if self.netns else []) + [str(a) for a in argv]

    def run(self, *argv, limit_s=60, data=None):
        """Runs a program to its end. Returns (exit status, output); 124 when it took too long."""
        try:
            done = subprocess.run(self.words(*argv), input=data, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  timeout=limit_s, check=False)
        except subprocess.TimeoutExpired as late:
            return 124, (late.output or b"").decode(errors="replace")
        return done.returncode, done.stdout.decode(errors="replace")

    def start(self, *argv):
        """Starts a program whose output is read line by line."""
        child = Child(self.words(*argv))
        self.children.append(child)
        return child

    def publish(self, host, topic, message, qos=0, *more, limit_s=30):
        """Publishes one message, and fails when it does not go."""
        status, text = self.run("mosquitto_pub", "-h", host, "-t", topic, "-m", message, "-q", qos, *more, limit_s=limit_s)
        ensure(status == 0, f"mosquitto_pub -h {host} -t {topic} -q {qos}: status {status}, {text.strip()}")

    def subscribe(self, host, topic, qos=0, *more):
        """A subscriber, as soon as the broker has said yes."""
        child = self.start("stdbuf", "-oL", "mosquitto_sub", "-d", "-v", "-h", host, "-t", topic, "-q", qos, *more)
        child.wait_line(r"^Subscribed", 30)
        return child

    def exchange(self, host, qos, topic="system/exchange"):
        """One message from one client to another, at that QoS on both ways."""
        topic = f"{topic}/{qos}"
        message = f"by {host}, QoS {qos}, {time.monotonic_ns()}"
        with self.subscribe(host, topic, qos) as reader:
            self.publish(host, topic, message, qos)
            reader.wait_line(re.escape(f"{topic} {message}"), 30)
            ensure(reader.saw(rf"received PUBLISH \(d0, q{qos},"), f"it did not come with QoS {qos}")

    def connects(self, host, limit_s=2):
        """Whether the broker takes a message now."""
        status, _ = self.run("mosquitto_pub", "-h", host, "-t", "system/first", "-m", "hello", "-q", 1, limit_s=limit_s)
        return status == 0

    def wait_connects(self, host, limit_s=90):
        """Until the broker takes a message."""
        deadline = time.monotonic() + limit_s
        while not self.connects(host):
            ensure(time.monotonic() < deadline, f"no client could connect to {host} within {limit_s} s")
            time.sleep(0.05)

    def serve(self, folder, address, port, tls=None, cut_after=None):
        """
        Serves the files of a folder over HTTP, or HTTPS with tls = (certificate, key). With cut_after, every
        connection ends after so many bytes of a file. Returns the server; its `requests` are the paths asked for.
        """
        made = []

        def inside():
            if self.netns:
                enter_namespace(self.netns)
            made.append(FileServer(folder, (address, port), cut_after))

        # A thread of its own enters the namespace: the socket stays there, this process does not.
        run_thread(inside)
        server = made[0]
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
        self.servers.append(server)
        return server

    def end_server(self, server):
        """Ends a server, if it runs still."""
        if server in self.servers:
            server.shutdown()
            server.server_close()
            self.servers.remove(server)

    def close(self):
        """Ends everything that was started here."""
        for server in list(self.servers):
            self.end_server(server)
        for child in self.children:
            child.close()
        self.children = []


class FileServer(http.server.ThreadingHTTPServer):
    """Files of one folder."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, folder, address, cut_after):
        self.requests = []
        self.cut_after = cut_after
        super().__init__(address, functools.partial(FileRequest, directory=str(folder)))

    def handle_error(self, request, client_address):
        """A client that hangs up (a power cut) is nothing to talk about."""


class FileRequest(http.server.SimpleHTTPRequestHandler):
    """One request; quiet."""

    def log_message(self, *args):
        self.server.requests.append(self.path)

    def copyfile(self, source, outputfile):
        if self.server.cut_after is None:
            super().copyfile(source, outputfile)
        else:
            outputfile.write(source.read(self.server.cut_after))


class Child:
    """A program whose output is collected as it comes."""

    def __init__(self, argv):
        self.argv = argv
        self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.text = ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def poll(self, limit_s=0):
        """Reads what there is, waiting for it up to the limit. False at the end of the output."""
        ready, _, _ = select.select([self.process.stdout], [], [], limit_s)
        if not ready:
            return True
        data = os.read(self.process.stdout.fileno(), 65536)
        self.text += data.decode(errors="replace")
        return bool(data)

    def saw(self, pattern):
        """Whether the output so far has it."""
        while self.poll() and select.select([self.process.stdout], [], [], 0)[0]:
            pass
        return re.search(pattern, self.text, re.MULTILINE) is not None

    def count(self, pattern):
        """How often the output so far has it."""
        self.saw(pattern)
        return len(re.findall(pattern, self.text, re.MULTILINE))

    def wait_line(self, pattern, limit_s):
        """Until the output has it."""
        deadline = time.monotonic() + limit_s
        while not re.search(pattern, self.text, re.MULTILINE):
            left_s = deadline - time.monotonic()
            if left_s <= 0 or not self.poll(left_s):
                raise Failure(f"{' '.join(self.argv)}: no /{pattern}/ in: {self.text[-600:]}")

    def close(self):
        """Ends the program if it runs still."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process.stdout.close()


def run_thread(function):
    """Runs a function in a thread of its own; what it raises is raised here."""
    errors = []

    def guarded():
        try:
            function()
        except Exception as error:
            errors.append(error)

    thread = threading.Thread(target=guarded)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]


def enter_namespace(name):
    """Moves the calling thread into a network namespace."""
    with open(f"/run/netns/{name}", "rb") as file:
        if ctypes.CDLL(None, use_errno=True).setns(file.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"cannot enter the network namespace {name}")
