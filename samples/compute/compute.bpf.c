// SPDX-License-Identifier: Apache-2.0
/*
 * What programs compute between two map accesses, for benchmarks: nothing at all, a hash of the
 * connection that picks one of many backends, and a sum over a packet's worth of bytes. Results go to
 * global variables, where tools can compare them between engines.
 */
#include "bpf4j.h"

#define BACKENDS 61
#define PACKET_BYTES 1500

__u8 packet[PACKET_BYTES];
__u32 picked;
__u32 sum;

/* The fixed cost of a run. */
SEC("sk_lookup")
int empty(struct bpf_sk_lookup *ctx __attribute__((unused)))
{
	return SK_PASS;
}

INLINE __u32 rotate(__u32 value, __u32 bits)
{
	return value << bits | value >> (32 - bits);
}

/* Mixes three words into each other: additions, xors and rotations, as hash tables of kernels do. */
#define MIX(a, b, c)                                    \
	do {                                            \
		a -= c, a ^= rotate(c, 4), c += b;      \
		b -= a, b ^= rotate(a, 6), a += c;      \
		c -= b, c ^= rotate(b, 8), b += a;      \
		a -= c, a ^= rotate(c, 16), c += b;     \
		b -= a, b ^= rotate(a, 19), a += c;     \
		c -= b, c ^= rotate(b, 4), b += a;      \
	} while (0)

/* Hashes source, destination and ports to a backend. */
SEC("sk_lookup")
int pick(struct bpf_sk_lookup *ctx)
{
	struct address to = local_address(ctx), from = remote_address(ctx);
	__u32 a = 0x9e3779b9 + ctx->protocol, b = a, c = ctx->local_port << 16 | ctx->remote_port;

	a += from.word[0], b += from.word[1], c += from.word[2];
	MIX(a, b, c);
	a += from.word[3], b += to.word[0], c += to.word[1];
	MIX(a, b, c);
	a += to.word[2], b += to.word[3];
	MIX(a, b, c);
	picked = c % BACKENDS;
	return SK_PASS;
}

/* The Internet checksum (RFC 1071) of the bytes in `packet`. */
SEC("sk_lookup")
int checksum(struct bpf_sk_lookup *ctx)
{
	const __u16 *word = (const __u16 *)packet;
	__u64 total = ctx->local_port;

	for (int i = 0; i < PACKET_BYTES / 2; i++)
		total += word[i];
	total = (total & 0xffff) + (total >> 16);
	total = (total & 0xffff) + (total >> 16);
	sum = (__u16)~total;
	return SK_PASS;
}

char LICENSE[] SEC("license") = "Apache-2.0";
