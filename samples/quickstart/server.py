# SPDX-License-Identifier: Apache-2.0
"""The server side of record.sh: sockets, the steering program on them, and what answers.

    server.py PINS        PINS: the directory where bpftool pinned the program and its maps

Prints "ready" once everything listens, serves until its standard input ends, and then prints what the
program counted.
"""
import http.server
import os
import socket
import struct
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tools"))
import bpf  # noqa: E402

IP_RECVORIGDSTADDR, IPV6_RECVORIGDSTADDR, IPV6_FREEBIND = 20, 74, 78
INET, INET6, TCP, UDP = 2, 10, 6, 17


class Hello(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = ("hello from %s port %d\n" % self.connection.getsockname()[:2]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def web(family, address, port):
    class Server(http.server.ThreadingHTTPServer):
        address_family = family
        request_queue_size = 128

        def server_bind(self):
            if family == socket.AF_INET6 and address != "::":
                self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            elif family == socket.AF_INET6:
                self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.socket.bind((address, port))
            self.server_address = self.socket.getsockname()
            self.server_name, self.server_port = address, port

    server = Server((address, port), Hello)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.socket


def answer(query):
    """An A record 198.51.100.80 for whatever was asked."""
    end = query.index(b"\0", 12) + 5
    header = query[:2] + struct.pack("!HHHHH", 0x8580, 1, 1, 0, 0)
    record = struct.pack("!HHHIH4B", 0xC00C, 1, 1, 60, 4, 198, 51, 100, 80)
    return header + query[12:end] + record


def serve_datagrams(sock, reply):
    """Answers from the address and port that the datagram was sent to, which is not the one the socket
    is bound to: a steered datagram needs a second socket for its answer."""
    v6 = sock.family == socket.AF_INET6
    level, option = (socket.IPPROTO_IPV6, IPV6_RECVORIGDSTADDR) if v6 else (socket.IPPROTO_IP, IP_RECVORIGDSTADDR)
    sock.setsockopt(level, option, 1)

    def loop():
        while True:
            data, ancillary, _, peer = sock.recvmsg(65536, 256)
            asked = next(d for lv, kind, d in ancillary if (lv, kind) == (level, option))
            port = struct.unpack_from("!H", asked, 2)[0]
            address = socket.inet_ntop(sock.family, asked[8:24] if v6 else asked[4:8])
            with socket.socket(sock.family, socket.SOCK_DGRAM) as out:
                out.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if v6:  # a local route is enough to bind for IPv4 only
                    out.setsockopt(socket.IPPROTO_IPV6, IPV6_FREEBIND, 1)
                out.bind((address, port))
                out.sendto(reply(data), peer)

    threading.Thread(target=loop, daemon=True).start()


def datagrams(family, address, port, reply):
    sock = socket.socket(family, socket.SOCK_DGRAM)
    if family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((address, port))
    serve_datagrams(sock, reply)
    return sock


def main():
    pins = sys.argv[1]
    steered = [
        web(socket.AF_INET, "127.0.0.1", 8080),
        web(socket.AF_INET6, "::1", 8080),
        datagrams(socket.AF_INET, "127.0.0.1", 5353, answer),
        datagrams(socket.AF_INET6, "::1", 5353, answer),
    ]
    ordinary = [
        web(socket.AF_INET6, "::", 9000),
        datagrams(socket.AF_INET, "0.0.0.0", 7777, lambda data: data),
    ]
    sockets, services = (bpf.open_pinned(f"{pins}/{name}") for name in ("sockets", "services"))
    for index, sock in enumerate(steered):
        bpf.put_socket(sockets, struct.pack("=I", index), sock)
    for family, protocol, port, index in (
        (INET, TCP, 80, 0),
        (INET, TCP, 8000, 0),
        (INET6, TCP, 80, 1),
        (INET6, TCP, 8000, 1),
        (INET, UDP, 53, 2),
        (INET6, UDP, 53, 3),
    ):
        bpf.update(services, struct.pack("=BBH", family, protocol, port), struct.pack("=I", index))
    link = bpf.attach(bpf.open_pinned(f"{pins}/steer"))
    print("ready", flush=True)
    sys.stdin.read()
    counted = bpf.counters(bpf.open_pinned(f"{pins}/counters"))
    print(" ".join(f"{name}={count}" for name, count in counted.items()), flush=True)
    os.close(link)
    del ordinary


if __name__ == "__main__":
    main()
