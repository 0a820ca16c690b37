// SPDX-License-Identifier: Apache-2.0
/*
 * Binds ranges of addresses to sockets: the longest prefix that holds the destination address decides,
 * for one port or for all ports of a protocol. One listener serves 198.51.100.0/24 port 80, another
 * 198.51.100.128/25 port 80, without a bind() for any of the addresses.
 *
 * The key holds protocol and port before the address, and a rule's prefix length covers them whole:
 *
 *    bit 0      8         16           32                          32 + 32 or 32 + 128
 *      | zero   | protocol | port       | address ...............  |
 *
 * so 198.51.100.0/24 tcp/80 is an entry of 32 + 24 = 56 bits. Port 0 stands for all ports; a rule for
 * the very port wins over it, however long its prefix.
 */
#include "bpf4j.h"

struct rule4 {
	__u32 bits;
	__u8 zero;
	__u8 protocol;
	__u16 port; /* network order, as the trie compares from the first byte on */
	__u32 address;
};

struct rule6 {
	__u32 bits;
	__u8 zero;
	__u8 protocol;
	__u16 port;
	__u32 address[4];
};

struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_LPM_TRIE);
	MAP_NUMBER(max_entries, 65536);
	MAP_NUMBER(map_flags, BPF_F_NO_PREALLOC);
	MAP_TYPE(key, struct rule4);
	MAP_TYPE(value, __u32); /* index into sockets */
} prefixes4 SEC(".maps");

struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_LPM_TRIE);
	MAP_NUMBER(max_entries, 65536);
	MAP_NUMBER(map_flags, BPF_F_NO_PREALLOC);
	MAP_TYPE(key, struct rule6);
	MAP_TYPE(value, __u32);
} prefixes6 SEC(".maps");

struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_SOCKMAP);
	MAP_NUMBER(max_entries, 1024);
	MAP_TYPE(key, __u32);
	MAP_TYPE(value, __u64);
} sockets SEC(".maps");

struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	MAP_NUMBER(max_entries, OUTCOMES);
	MAP_TYPE(key, __u32);
	MAP_TYPE(value, __u64);
} counters SEC(".maps");

INLINE const __u32 *find4(const struct bpf_sk_lookup *ctx)
{
	struct rule4 key = {
		.bits = 32 + 32,
		.protocol = ctx->protocol,
		.port = swap16(ctx->local_port),
		.address = ctx->local_ip4,
	};
	const __u32 *index = bpf_map_lookup_elem(&prefixes4, &key);

	if (index)
		return index;
	key.port = 0;
	return bpf_map_lookup_elem(&prefixes4, &key);
}

INLINE const __u32 *find6(const struct bpf_sk_lookup *ctx)
{
	struct rule6 key = {
		.bits = 32 + 128,
		.protocol = ctx->protocol,
		.port = swap16(ctx->local_port),
		.address = { ctx->local_ip6[0], ctx->local_ip6[1], ctx->local_ip6[2], ctx->local_ip6[3] },
	};
	const __u32 *index = bpf_map_lookup_elem(&prefixes6, &key);

	if (index)
		return index;
	key.port = 0;
	return bpf_map_lookup_elem(&prefixes6, &key);
}

SEC("sk_lookup")
int prefix(struct bpf_sk_lookup *ctx)
{
	enum outcome outcome = OUTCOME_MISS;
	const __u32 *index = ctx->family == FAMILY_INET ? find4(ctx) : find6(ctx);

	if (index)
		outcome = select(ctx, &sockets, index, 0);
	count(&counters, outcome);
	return SK_PASS;
}

char LICENSE[] SEC("license") = "Apache-2.0";
