/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a BPF program in C needs and <linux/bpf.h> does not hold: section names, map definitions in
 * BTF, the helpers that the samples call, and byte order. BPF objects here are little-endian.
 */
#ifndef BPF4J_H
#define BPF4J_H

/*
 * Context fields keep their offset in every load and store. Otherwise the compiler joins the loads of
 * two branches into one from a computed offset, and the verifier refuses a context pointer that was
 * added to. Needs clang 17.
 */
#pragma clang attribute push(__attribute__((preserve_static_offset)), apply_to = record)
#include <linux/bpf.h>
#pragma clang attribute pop

#define SEC(name) __attribute__((section(name), used))
#define INLINE static inline __attribute__((always_inline))

/*
 * A map is a variable in section ".maps" whose type carries the definition: the loader reads numbers
 * from array lengths and types from pointees, all out of BTF.
 */
#define MAP_NUMBER(attribute, number) int(*attribute)[number]
#define MAP_TYPE(attribute, type) typeof(type) *attribute

/* uapi numbers of the address families, which <linux/socket.h> does not export */
#define FAMILY_INET 2
#define FAMILY_INET6 10

static void *(*const bpf_map_lookup_elem)(void *map, const void *key) = (void *)BPF_FUNC_map_lookup_elem;
static long (*const bpf_sk_assign)(struct bpf_sk_lookup *ctx, void *sk, __u64 flags) = (void *)BPF_FUNC_sk_assign;
static long (*const bpf_sk_release)(void *sk) = (void *)BPF_FUNC_sk_release;

/* Host (little-endian) to network order and back. */
INLINE __u16 swap16(__u16 value) { return __builtin_bswap16(value); }
INLINE __u32 swap32(__u32 value) { return __builtin_bswap32(value); }

/*
 * An address as 16 bytes in network order; IPv4 in its mapped form ::ffff:a.b.c.d, so that one map can
 * hold both families.
 */
struct address {
	__u32 word[4];
};

INLINE struct address local_address(const struct bpf_sk_lookup *ctx)
{
	struct address a = {};

	if (ctx->family == FAMILY_INET) {
		a.word[2] = swap32(0xffff);
		a.word[3] = ctx->local_ip4;
	} else {
		a.word[0] = ctx->local_ip6[0];
		a.word[1] = ctx->local_ip6[1];
		a.word[2] = ctx->local_ip6[2];
		a.word[3] = ctx->local_ip6[3];
	}
	return a;
}

INLINE struct address remote_address(const struct bpf_sk_lookup *ctx)
{
	struct address a = {};

	if (ctx->family == FAMILY_INET) {
		a.word[2] = swap32(0xffff);
		a.word[3] = ctx->remote_ip4;
	} else {
		a.word[0] = ctx->remote_ip6[0];
		a.word[1] = ctx->remote_ip6[1];
		a.word[2] = ctx->remote_ip6[2];
		a.word[3] = ctx->remote_ip6[3];
	}
	return a;
}

/* What became of a lookup; an index into a per-CPU array of counters. */
enum outcome {
	OUTCOME_MISS,    /* no rule: the regular lookup goes on */
	OUTCOME_STEERED, /* a socket was selected */
	OUTCOME_NO_SOCK, /* a rule, but its socket is gone */
	OUTCOME_REFUSED, /* bpf_sk_assign did not take the socket */
	OUTCOME_DROPPED, /* refused on purpose */
	OUTCOMES,
};

/* Per-CPU counters need no atomics: a program is not interrupted by another run on its CPU. */
INLINE void count(void *counters, __u32 outcome)
{
	__u64 *counter = bpf_map_lookup_elem(counters, &outcome);

	if (counter)
		(*counter)++;
}

/*
 * Selects the socket that a socket map holds under the key. The lookup takes a reference, so every
 * way out releases it.
 */
INLINE enum outcome select(struct bpf_sk_lookup *ctx, void *sockets, const void *key, __u64 flags)
{
	void *sk = bpf_map_lookup_elem(sockets, key);
	long error;

	if (!sk)
		return OUTCOME_NO_SOCK;
	error = bpf_sk_assign(ctx, sk, flags);
	bpf_sk_release(sk);
	return error ? OUTCOME_REFUSED : OUTCOME_STEERED;
}

#endif
