# SPDX-License-Identifier: Apache-2.0
"""The few bpf(2) commands that the recording and checking scripts need, without a library.

bpftool loads and pins the objects; these calls fill pinned maps with sockets, which only the process
that owns the sockets can do, and attach pinned programs to the network namespace of the caller.
"""
import ctypes
import os
import platform
import struct

OBJ_GET, MAP_LOOKUP, MAP_UPDATE, LINK_CREATE = 7, 1, 2, 28
ATTACH_SK_LOOKUP = 36
NUMBER = {"x86_64": 321, "aarch64": 280}[platform.machine()]
LIBC = ctypes.CDLL(None, use_errno=True)


def _bpf(command, attributes):
    attr = ctypes.create_string_buffer(attributes, 128)
    result = LIBC.syscall(NUMBER, command, attr, 128)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def open_pinned(path):
    name = ctypes.create_string_buffer(path.encode())
    return _bpf(OBJ_GET, struct.pack("=QII", ctypes.addressof(name), 0, 0))


def update(map_fd, key, value):
    k, v = ctypes.create_string_buffer(key, len(key)), ctypes.create_string_buffer(value, len(value))
    _bpf(MAP_UPDATE, struct.pack("=IIQQQ", map_fd, 0, ctypes.addressof(k), ctypes.addressof(v), 0))


def put_socket(map_fd, key, sock):
    update(map_fd, key, struct.pack("=Q", sock.fileno()))


def attach(prog_fd):
    """Attaches to the caller's network namespace; the link lives as long as the process."""
    netns = os.open("/proc/self/ns/net", os.O_RDONLY)
    return _bpf(LINK_CREATE, struct.pack("=IIII", prog_fd, netns, ATTACH_SK_LOOKUP, 0))


def _possible_cpus():
    with open("/sys/devices/system/cpu/possible", encoding="ascii") as f:
        return int(f.read().strip().split(",")[-1].split("-")[-1]) + 1


def counters(map_fd, names=("miss", "steered", "noSocket", "refused", "dropped")):
    """The sums over the CPUs of a sample's per-CPU counters."""
    sums = {}
    for index, name in enumerate(names):
        key = ctypes.create_string_buffer(struct.pack("=I", index), 4)
        out = ctypes.create_string_buffer(8 * _possible_cpus())
        _bpf(MAP_LOOKUP, struct.pack("=IIQQQ", map_fd, 0, ctypes.addressof(key), ctypes.addressof(out), 0))
        sums[name] = sum(struct.unpack("=%dQ" % _possible_cpus(), out.raw))
    return sums
