#!/bin/bash
# Records traffic.pcap: two network namespaces on a veth pair, the steering program attached on the
# server's side, real clients on the other. Needs root, bpftool, tcpdump, curl, dig, iperf3, python3.
#   samples/quickstart/record.sh [OUTPUT]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
output=${1:-$here/traffic.pcap}
server=bpf4j-server-$$ client=bpf4j-client-$$
pins=/sys/fs/bpf/bpf4j-$$
work=$(mktemp -d)
on_server() { nsenter --net=/run/netns/$server "$@"; }
on_client() { nsenter --net=/run/netns/$client "$@"; }
children=()
cleanup() {
  for child in "${children[@]}"; do kill "$child" 2>/dev/null || true; done
  ip netns del $server 2>/dev/null || true
  ip netns del $client 2>/dev/null || true
  rm -rf "$pins" "$work"
}
trap cleanup EXIT

ip netns add $server
ip netns add $client
ip link add edge netns $server type veth peer name uplink netns $client
for netns in $server $client; do nsenter --net=/run/netns/$netns ip link set lo up; done
on_server ip link set edge address 02:00:00:00:00:02 up
on_client ip link set uplink address 02:00:00:00:00:01 up
on_server ip addr add 192.0.2.2/24 dev edge
on_server ip addr add 2001:db8:0:1::2/64 dev edge nodad
on_client ip addr add 192.0.2.1/24 dev uplink
on_client ip addr add 2001:db8:0:1::1/64 dev uplink nodad
for i in 1 2 3 4 5; do
  on_client ip addr add 203.0.113.$i/32 dev uplink
  on_client ip addr add 2001:db8:c::$i/128 dev uplink nodad
done
# The addresses that are served: every one of two ranges, without an interface that has them.
on_server ip route add local 198.51.100.0/24 dev lo
on_server ip -6 route add local 2001:db8:100::/64 dev lo
on_server ip route add default via 192.0.2.1
on_server ip -6 route add default via 2001:db8:0:1::1
on_client ip route add default via 192.0.2.2
on_client ip -6 route add default via 2001:db8:0:1::2
sleep 2 # link-local addresses and router solicitations

mkdir "$pins"
bpftool prog loadall "$here/steer.bpf.o" "$pins" type sk_lookup pinmaps "$pins"
mkfifo "$work/stdin"
on_server python3 "$here/server.py" "$pins" <"$work/stdin" >"$work/server.out" &
children+=($!)
serving=$!
exec 9>"$work/stdin"
on_server iperf3 -s -B 192.0.2.2 -p 5201 >/dev/null 2>&1 9>&- &
children+=($!)
until grep -q ready "$work/server.out"; do sleep 0.1; done
on_server tcpdump -i edge -s 128 -U -Z root -w "$work/traffic.pcap" 2>"$work/tcpdump.err" 9>&- &
children+=($!)
capture=$!
until grep -q listening "$work/tcpdump.err"; do sleep 0.1; done

get() { on_client curl -s -m 5 --interface "$1" "$2" >/dev/null; }
for i in $(seq 1 20); do get 203.0.113.$((i % 5 + 1)) "http://198.51.100.$i/"; done
for i in $(seq 1 12); do get 2001:db8:c::$((i % 5 + 1)) "http://[2001:db8:100::$i]/"; done
for i in $(seq 1 6); do get 203.0.113.$((i % 5 + 1)) "http://198.51.100.200:8000/"; done
for i in $(seq 1 4); do get 2001:db8:c::$((i % 5 + 1)) "http://[2001:db8:100::c8]:8000/"; done
# Two at a time on one listener.
get 203.0.113.1 http://198.51.100.80/ &
first=$!
get 203.0.113.2 http://198.51.100.80/
wait $first
ask() { on_client dig -b "$1" @"$2" "$3" A +tries=1 +time=3 +short >/dev/null; }
for i in $(seq 1 15); do ask 203.0.113.$((i % 5 + 1)) 198.51.100.53 host$i.example; done
for i in $(seq 1 10); do ask 2001:db8:c::$((i % 5 + 1)) 2001:db8:100::35 host$i.example; done
# Ordinary listeners, which the program leaves to the regular lookup.
for i in $(seq 1 4); do get 203.0.113.$i http://198.51.100.90:9000/; done
for i in $(seq 1 3); do get 2001:db8:c::$i "http://[2001:db8:100::5a]:9000/"; done
on_client iperf3 -c 192.0.2.2 -p 5201 -n 4M >/dev/null
on_client iperf3 -c 192.0.2.2 -p 5201 -n 2M -R >/dev/null
echo_udp() {
  on_client python3 -c '
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind((sys.argv[1], 0)); s.settimeout(3)
s.sendto(b"x" * int(sys.argv[3]), (sys.argv[2], 7777)); s.recv(65536)' "$@"
}
for i in 1 2 3 4; do echo_udp 203.0.113.$i 198.51.100.7 64; done
echo_udp 203.0.113.5 198.51.100.7 4000 # in three fragments, and so is the answer
# Ports where nobody listens: TCP answers with RST, UDP with an ICMP error.
for i in $(seq 1 5); do get 203.0.113.$i http://198.51.100.81:81/ || true; done
for i in $(seq 1 3); do get 2001:db8:c::$i "http://[2001:db8:100::51]:81/" || true; done
for i in 1 2 3; do
  on_client dig -b 203.0.113.$i @198.51.100.99 -p 9999 nobody.example +tries=1 +time=1 >/dev/null || true
done
ping() {
  on_client python3 -c '
import socket, struct, sys
address, n = sys.argv[1], int(sys.argv[2])
def checksum(b):
    s = sum(struct.unpack("!%dH" % (len(b) // 2), b))
    s = (s >> 16) + (s & 0xffff)
    return ~(s + (s >> 16)) & 0xffff
v6 = ":" in address
family, proto, kind = (socket.AF_INET6, 58, 128) if v6 else (socket.AF_INET, 1, 8)
s = socket.socket(family, socket.SOCK_RAW, proto)
for i in range(n):
    packet = struct.pack("!BBHHH", kind, 0, 0, 4711, i) + bytes(32)
    if not v6:
        packet = packet[:2] + struct.pack("!H", checksum(packet)) + packet[4:]
    s.sendto(packet, (address, 0))' "$@"
}
ping 198.51.100.1 3
ping 2001:db8:100::1 3

sleep 1.5 # the last FINs, and what tcpdump still holds
kill $capture
wait $capture || true
exec 9>&-
wait $serving || true
mv "$work/traffic.pcap" "$output"
echo "$output: $(stat -c %s "$output") bytes; the program counted: $(tail -1 "$work/server.out")"
