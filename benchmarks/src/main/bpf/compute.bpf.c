// SPDX-License-Identifier: Apache-2.0
/*
 * Programs that only compute, to compare engines by: hashes, a loop, a checksum, a cipher's core and
 * lists of rules. Each leaves what it computed in `result`, so that a comparison can be one of answers,
 * too. Inputs are the connection of the context and `packet`.
 *
 * Built beside the samples: see samples/build.sh.
 */
#include "bpf4j.h"

#define PACKET_BYTES 1500

__u8 packet[PACKET_BYTES];
__u64 result;


/* The fixed cost of a run. */
SEC("sk_lookup")
int empty(struct bpf_sk_lookup *ctx __attribute__((unused)))
{
	return SK_PASS;
}

INLINE __u32 rotl32(__u32 value, __u32 bits)
{
	return value << bits | value >> (32 - bits);
}

INLINE __u64 rotl64(__u64 value, __u32 bits)
{
	return value << bits | value >> (64 - bits);
}

/* Bob Jenkins' lookup3 over the connection, and a backend by its remainder. */
#define MIX(a, b, c)                                    \
	do {                                            \
		a -= c, a ^= rotl32(c, 4), c += b;      \
		b -= a, b ^= rotl32(a, 6), a += c;      \
		c -= b, c ^= rotl32(b, 8), b += a;      \
		a -= c, a ^= rotl32(c, 16), c += b;     \
		b -= a, b ^= rotl32(a, 19), a += c;     \
		c -= b, c ^= rotl32(b, 4), b += a;      \
	} while (0)

#define FINAL(a, b, c)                       \
	do {                                 \
		c ^= b, c -= rotl32(b, 14);  \
		a ^= c, a -= rotl32(c, 11);  \
		b ^= a, b -= rotl32(a, 25);  \
		c ^= b, c -= rotl32(b, 16);  \
		a ^= c, a -= rotl32(c, 4);   \
		b ^= a, b -= rotl32(a, 14);  \
		c ^= b, c -= rotl32(b, 24);  \
	} while (0)

SEC("sk_lookup")
int jhash(struct bpf_sk_lookup *ctx)
{
	__u32 a = 0xdeadbeef + 16, b = a, c = a;

	a += ctx->remote_ip4, b += ctx->local_ip4, c += ctx->remote_port;
	MIX(a, b, c);
	a += ctx->local_port;
	FINAL(a, b, c);
	result = c % 61;
	return SK_PASS;
}

/* SipHash-2-4 (Aumasson, Bernstein) over both IPv6 addresses and the ports. */
#define SIPROUND                                                             \
	do {                                                                 \
		v0 += v1, v1 = rotl64(v1, 13), v1 ^= v0, v0 = rotl64(v0, 32); \
		v2 += v3, v3 = rotl64(v3, 16), v3 ^= v2;                      \
		v0 += v3, v3 = rotl64(v3, 21), v3 ^= v0;                      \
		v2 += v1, v1 = rotl64(v1, 17), v1 ^= v2, v2 = rotl64(v2, 32); \
	} while (0)

#define ABSORB(m)                         \
	do {                              \
		__u64 word = (m);         \
		v3 ^= word;               \
		SIPROUND;                 \
		SIPROUND;                 \
		v0 ^= word;               \
	} while (0)

SEC("sk_lookup")
int siphash(struct bpf_sk_lookup *ctx)
{
	__u64 k0 = 0x0706050403020100ULL, k1 = 0x0f0e0d0c0b0a0908ULL;
	__u64 v0 = k0 ^ 0x736f6d6570736575ULL, v1 = k1 ^ 0x646f72616e646f6dULL;
	__u64 v2 = k0 ^ 0x6c7967656e657261ULL, v3 = k1 ^ 0x7465646279746573ULL;

	ABSORB((__u64)ctx->remote_ip6[1] << 32 | ctx->remote_ip6[0]);
	ABSORB((__u64)ctx->remote_ip6[3] << 32 | ctx->remote_ip6[2]);
	ABSORB((__u64)ctx->local_ip6[1] << 32 | ctx->local_ip6[0]);
	ABSORB((__u64)ctx->local_ip6[3] << 32 | ctx->local_ip6[2]);
	ABSORB((__u64)ctx->local_port << 32 | ctx->remote_port);
	ABSORB((__u64)40 << 56);
	v2 ^= 0xff;
	SIPROUND;
	SIPROUND;
	SIPROUND;
	SIPROUND;
	result = v0 ^ v1 ^ v2 ^ v3;
	return SK_PASS;
}

/* A thousand rounds of a generator, with a branch that no predictor can learn. */
SEC("sk_lookup")
int loop1000(struct bpf_sk_lookup *ctx)
{
	__u64 x = (__u64)ctx->remote_ip4 << 32 | ctx->remote_port | 1, sum = 0;

#pragma clang loop unroll(disable)
	for (int i = 0; i < 1000; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		if (x & 0x100)
			sum += x;
		else
			sum ^= x >> 3;
	}
	result = sum;
	return SK_PASS;
}

/* The Internet checksum (RFC 1071) of `packet`, word by word. */
SEC("sk_lookup")
int checksum(struct bpf_sk_lookup *ctx)
{
	const __u32 *word = (const __u32 *)packet;
	__u64 total = ctx->local_port;

#pragma clang loop unroll(disable)
	for (int i = 0; i < PACKET_BYTES / 4; i++)
		total += word[i];
	total = (total & 0xffff) + (total >> 16);
	total = (total & 0xffff) + (total >> 16);
	total = (total & 0xffff) + (total >> 16);
	result = (__u16)~total;
	return SK_PASS;
}

/* The ChaCha20 block function (RFC 8439), keyed with the connection. */
#define QUARTER(a, b, c, d)                       \
	do {                                      \
		a += b, d ^= a, d = rotl32(d, 16); \
		c += d, b ^= c, b = rotl32(b, 12); \
		a += b, d ^= a, d = rotl32(d, 8);  \
		c += d, b ^= c, b = rotl32(b, 7);  \
	} while (0)

#define DOUBLE_ROUND(x)                               \
	do {                                          \
		QUARTER(x##0, x##4, x##8, x##12);     \
		QUARTER(x##1, x##5, x##9, x##13);     \
		QUARTER(x##2, x##6, x##10, x##14);    \
		QUARTER(x##3, x##7, x##11, x##15);    \
		QUARTER(x##0, x##5, x##10, x##15);    \
		QUARTER(x##1, x##6, x##11, x##12);    \
		QUARTER(x##2, x##7, x##8, x##13);     \
		QUARTER(x##3, x##4, x##9, x##14);     \
	} while (0)

#define CHACHA_STATE(ctx)                                                                  \
	__u32 x0 = 0x61707865, x1 = 0x3320646e, x2 = 0x79622d32, x3 = 0x6b206574;          \
	__u32 x4 = ctx->remote_ip6[0], x5 = ctx->remote_ip6[1], x6 = ctx->remote_ip6[2];   \
	__u32 x7 = ctx->remote_ip6[3], x8 = ctx->local_ip6[0], x9 = ctx->local_ip6[1];     \
	__u32 x10 = ctx->local_ip6[2], x11 = ctx->local_ip6[3], x12 = 1;                   \
	__u32 x13 = ctx->remote_port, x14 = ctx->local_port, x15 = ctx->remote_ip4

#define CHACHA_RESULT                                                                   \
	((__u64)(x0 ^ x1 ^ x2 ^ x3 ^ x4 ^ x5 ^ x6 ^ x7) << 32 |                         \
	 (x8 ^ x9 ^ x10 ^ x11 ^ x12 ^ x13 ^ x14 ^ x15))

SEC("sk_lookup")
int chacha(struct bpf_sk_lookup *ctx)
{
	CHACHA_STATE(ctx);

#pragma clang loop unroll(disable)
	for (int i = 0; i < 10; i++)
		DOUBLE_ROUND(x);
	result = CHACHA_RESULT;
	return SK_PASS;
}

SEC("sk_lookup")
int chacha_flat(struct bpf_sk_lookup *ctx)
{
	CHACHA_STATE(ctx);

	DOUBLE_ROUND(x);
	DOUBLE_ROUND(x);
	DOUBLE_ROUND(x);
	DOUBLE_ROUND(x);
	DOUBLE_ROUND(x);
	DOUBLE_ROUND(x);
	DOUBLE_ROUND(x);
	DOUBLE_ROUND(x);
	DOUBLE_ROUND(x);
	DOUBLE_ROUND(x);
	result = CHACHA_RESULT;
	return SK_PASS;
}

/*
 * A firewall's list: the first rule whose network, port and protocol fit decides. Networks are wide, so
 * that packets get past the first comparison. Rules test for equality: with ranges of ports a verifier
 * walks the list once for every range that a port may still be in.
 */
#define RULE(n)                                                                                   \
	if ((address & (0xffffffffu << (29 + (n) % 3))) ==                                        \
	        (((n) * 0x21000001u) & (0xffffffffu << (29 + (n) % 3))) &&                        \
	    port == 1000 + (n) * 7 && protocol == ((n) % 2 ? 6 : 17)) {                           \
		result = (n);                                                                     \
		return (n) % 3 ? SK_PASS : SK_DROP;                                               \
	}

#define RULES8(n)  RULE(n) RULE(n + 1) RULE(n + 2) RULE(n + 3) RULE(n + 4) RULE(n + 5) RULE(n + 6) RULE(n + 7)
#define RULES32(n) RULES8(n) RULES8(n + 8) RULES8(n + 16) RULES8(n + 24)

SEC("sk_lookup")
int rules32(struct bpf_sk_lookup *ctx)
{
	__u32 address = swap32(ctx->remote_ip4), port = ctx->local_port, protocol = ctx->protocol;

	RULES32(0)
	result = 1000;
	return SK_PASS;
}

SEC("sk_lookup")
int rules128(struct bpf_sk_lookup *ctx)
{
	__u32 address = swap32(ctx->remote_ip4), port = ctx->local_port, protocol = ctx->protocol;

	RULES32(0)
	RULES32(32)
	RULES32(64)
	RULES32(96)
	result = 1000;
	return SK_PASS;
}

char LICENSE[] SEC("license") = "Apache-2.0";
