// SPDX-License-Identifier: Apache-2.0
/*
 * Two programs on one network namespace, attached in this order:
 *
 *   route   selects the production socket of a port
 *   policy  sees that selection in ctx->sk; sends sources on trial to a canary socket instead, and
 *           refuses what nobody selected on ports that are closed
 *
 * The kernel runs both for every lookup. A selection of `route` is replaced only with
 * BPF_SK_LOOKUP_F_REPLACE, and a SK_DROP of `policy` counts only where nobody selected a socket: a
 * later program can redirect an earlier choice, it cannot take it back.
 */
#include "bpf4j.h"

struct service {
	__u16 protocol;
	__u16 port; /* host order */
};

/* A service as seen from a range of sources: /24 of IPv4 is 32 + 96 + 24 bits, /48 of IPv6 32 + 48. */
struct trial {
	__u32 bits;
	struct service service;
	struct address source; /* IPv4 as ::ffff:a.b.c.d */
};

struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_HASH);
	MAP_NUMBER(max_entries, 256);
	MAP_TYPE(key, struct service);
	MAP_TYPE(value, __u32); /* index into sockets */
} routes SEC(".maps");

struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_LPM_TRIE);
	MAP_NUMBER(max_entries, 4096);
	MAP_NUMBER(map_flags, BPF_F_NO_PREALLOC);
	MAP_TYPE(key, struct trial);
	MAP_TYPE(value, __u32); /* index into sockets */
} canaries SEC(".maps");

struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_HASH);
	MAP_NUMBER(max_entries, 256);
	MAP_TYPE(key, struct service);
	MAP_TYPE(value, __u32); /* 1 */
} closed SEC(".maps");

struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_SOCKMAP);
	MAP_NUMBER(max_entries, 64);
	MAP_TYPE(key, __u32);
	MAP_TYPE(value, __u64);
} sockets SEC(".maps");

struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	MAP_NUMBER(max_entries, OUTCOMES);
	MAP_TYPE(key, __u32);
	MAP_TYPE(value, __u64);
} route_counts SEC(".maps"), policy_counts SEC(".maps");

INLINE struct service service_of(const struct bpf_sk_lookup *ctx)
{
	struct service service = {
		.protocol = ctx->protocol,
		.port = ctx->local_port,
	};

	return service;
}

SEC("sk_lookup")
int route(struct bpf_sk_lookup *ctx)
{
	struct service service = service_of(ctx);
	enum outcome outcome = OUTCOME_MISS;
	const __u32 *index = bpf_map_lookup_elem(&routes, &service);

	if (index)
		outcome = select(ctx, &sockets, index, 0);
	count(&route_counts, outcome);
	return SK_PASS;
}

/* Without REPLACE bpf_sk_assign answers EEXIST, as `route` has selected already. */
INLINE enum outcome try_canary(struct bpf_sk_lookup *ctx)
{
	struct trial trial = {
		.bits = 32 + 128,
		.service = service_of(ctx),
		.source = remote_address(ctx),
	};
	const __u32 *index = bpf_map_lookup_elem(&canaries, &trial);

	return index ? select(ctx, &sockets, index, BPF_SK_LOOKUP_F_REPLACE) : OUTCOME_MISS;
}

SEC("sk_lookup")
int policy(struct bpf_sk_lookup *ctx)
{
	enum outcome outcome = OUTCOME_MISS;
	int verdict = SK_PASS;

	if (ctx->sk) {
		outcome = try_canary(ctx);
	} else {
		struct service service = service_of(ctx);

		if (bpf_map_lookup_elem(&closed, &service)) {
			outcome = OUTCOME_DROPPED;
			verdict = SK_DROP;
		}
	}
	count(&policy_counts, outcome);
	return verdict;
}

char LICENSE[] SEC("license") = "Apache-2.0";
