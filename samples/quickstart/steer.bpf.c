// SPDX-License-Identifier: Apache-2.0
/*
 * Steers new connections and datagrams by family, protocol and destination port, whatever the
 * destination address is: a table of services leads to a socket, everything else is left to the
 * regular lookup.
 */
#include "bpf4j.h"

struct service {
	__u8 family;   /* 2 IPv4, 10 IPv6 */
	__u8 protocol; /* 6 TCP, 17 UDP */
	__u16 port;    /* host order */
};

struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_HASH);
	MAP_NUMBER(max_entries, 1024);
	MAP_TYPE(key, struct service);
	MAP_TYPE(value, __u32); /* index into sockets */
} services SEC(".maps");

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
} counters SEC(".maps");

SEC("sk_lookup")
int steer(struct bpf_sk_lookup *ctx)
{
	struct service service = {
		.family = ctx->family,
		.protocol = ctx->protocol,
		.port = ctx->local_port,
	};
	enum outcome outcome = OUTCOME_MISS;
	const __u32 *index = bpf_map_lookup_elem(&services, &service);

	if (index)
		outcome = select(ctx, &sockets, index, 0);
	count(&counters, outcome);
	/* A service without a usable socket falls through: its ordinary listener, if any, still answers. */
	return SK_PASS;
}

char LICENSE[] SEC("license") = "Apache-2.0";
