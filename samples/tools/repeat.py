#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Repeats a pcap with changed client addresses: repeat.py IN.pcap PACKETS OUT.pcap

Each round moves the clients (203.0.113.0/24 and 2001:db8:c::/48) to other addresses, so that its
connections are new, and the time stamps forward. Checksums are left as they are.
"""
import struct
import sys


def rounds(data, count, out):
    out.write(data[:24])
    frames = []
    at = 24
    while at + 16 <= len(data):
        sec, usec, length, original = struct.unpack_from("<IIII", data, at)
        frames.append((sec, usec, original, bytearray(data[at + 16 : at + 16 + length])))
        at += 16 + length
    span = frames[-1][0] - frames[0][0] + 1
    written = 0
    number = 0
    while written < count:
        chunk = bytearray()
        for sec, usec, original, frame in frames:
            for client in (b"\xcb\x00\x71", b"\x20\x01\x0d\xb8\x00\x0c"):
                # the addresses: bytes 26 to 33 of an IPv4 frame, 22 to 53 of an IPv6 one
                found = frame.find(client, 22, 54)
                if found >= 0:
                    frame = bytearray(frame)
                    if len(client) == 3:
                        frame[found : found + 3] = struct.pack(">I", 0x0B0000 + number)[1:]
                    else:
                        frame[found + 6 : found + 10] = struct.pack(">I", number)
            chunk += struct.pack("<IIII", sec + number * span, usec, len(frame), original) + frame
            written += 1
            if written == count:
                break
        out.write(chunk)
        number += 1


if __name__ == "__main__":
    with open(sys.argv[1], "rb") as source, open(sys.argv[3], "wb") as target:
        rounds(source.read(), int(sys.argv[2]), target)
