// SPDX-License-Identifier: Apache-2.0
/*
 * All ports of an address lead to one listener, the set-up of an L7 proxy: the proxy listens once, and
 * whichever of the 65,535 ports a client asks for, its connection arrives there (getsockname() tells
 * the proxy the port). Ports kept for the machine itself, ssh say, are left to the regular lookup.
 *
 * A SOCKHASH holds the sockets under the address itself, so there is no index to keep in step.
 */
#include "bpf4j.h"

struct front {
	struct address address; /* IPv4 as ::ffff:a.b.c.d */
	__u32 protocol;
};

struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_SOCKHASH);
	MAP_NUMBER(max_entries, 4096);
	MAP_TYPE(key, struct front);
	MAP_TYPE(value, __u64);
} proxies SEC(".maps");

/* One bit a port: set for a port that is never steered. Word n holds the ports from 64 n on. */
struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_ARRAY);
	MAP_NUMBER(max_entries, 65536 / 64);
	MAP_TYPE(key, __u32);
	MAP_TYPE(value, __u64);
} reserved_ports SEC(".maps");

struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	MAP_NUMBER(max_entries, OUTCOMES);
	MAP_TYPE(key, __u32);
	MAP_TYPE(value, __u64);
} counters SEC(".maps");

INLINE int reserved(__u32 port)
{
	__u32 word = port / 64;
	const __u64 *bits = bpf_map_lookup_elem(&reserved_ports, &word);

	return bits && (*bits >> (port % 64) & 1);
}

SEC("sk_lookup")
int allports(struct bpf_sk_lookup *ctx)
{
	struct front front = {
		.address = local_address(ctx),
		.protocol = ctx->protocol,
	};
	enum outcome outcome = OUTCOME_MISS;

	if (!reserved(ctx->local_port)) {
		outcome = select(ctx, &proxies, &front, 0);
		/* No socket here means no proxy for this address, which is the common case. */
		if (outcome == OUTCOME_NO_SOCK)
			outcome = OUTCOME_MISS;
	}
	count(&counters, outcome);
	return SK_PASS;
}

char LICENSE[] SEC("license") = "Apache-2.0";
