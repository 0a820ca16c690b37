// SPDX-License-Identifier: Apache-2.0
/*
 * The program of a reuseport group: it says which worker takes a packet.
 *
 *   pick   sends each client port to the worker that has it in `ports`; the others are spread by the
 *          kernel's hash. Clients on port 0 are refused.
 *
 * Selecting fails without harm: the packet goes to a worker by the hash then, too. Only a return value
 * other than SK_PASS refuses it.
 */
#include "bpf4j.h"

static long (*const bpf_sk_select_reuseport)(struct sk_reuseport_md *md, void *map, void *key, __u64 flags) =
	(void *)BPF_FUNC_sk_select_reuseport;

struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_REUSEPORT_SOCKARRAY);
	MAP_NUMBER(max_entries, 16);
	MAP_TYPE(key, __u32);
	MAP_TYPE(value, __u64);
} workers SEC(".maps");

struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_HASH);
	MAP_NUMBER(max_entries, 256);
	MAP_TYPE(key, __u16); /* the client's port, host order */
	MAP_TYPE(value, __u32); /* index into workers */
} ports SEC(".maps");

/* TCP and UDP headers start with both ports. */
struct transport {
	__be16 source;
	__be16 dest;
};

SEC("sk_reuseport")
int pick(struct sk_reuseport_md *md)
{
	const struct transport *header = md->data;
	__u32 *worker;
	__u32 index;
	__u16 port;

	if ((const void *)(header + 1) > md->data_end)
		return SK_PASS;
	port = swap16(header->source);
	if (!port)
		return SK_DROP;
	worker = bpf_map_lookup_elem(&ports, &port);
	if (worker) {
		index = *worker;
		bpf_sk_select_reuseport(md, &workers, &index, 0);
	}
	return SK_PASS;
}

char LICENSE[] SEC("license") = "Apache-2.0";
