#include <errno.h>
#include <string.h>

#include "config_priv.h"

/* A record's head and fixed fields lie in the ring with the packet, or the rules, that it carries. */
enum { RECORD_ROOM = 4096 };

size_t config_rules_most(const struct config *config)
{
	return (size_t)config->region.ring_bytes / 2 - RECORD_ROOM;
}

void config_check_keys(const struct config *config, const char *name, struct config_report *report)
{
	unsigned enabled = 0;

	if (config->mqtt.max_packet_bytes + RECORD_ROOM > config->region.ring_bytes / 2)
		config_fault(report,
			"%s: mqtt.max_packet_size: expected at most half of region.ring_bytes less "
			"4KB; raise region.ring_bytes or lower mqtt.max_packet_size",
			name);
	for (unsigned i = 0; i < config->listener_len; i++) {
		const struct config_listener *a = &config->listeners[i];

		enabled += a->enable;
		for (unsigned j = 0; j < i; j++) {
			const struct config_listener *b = &config->listeners[j];

			if (a->enable && b->enable && a->port == b->port &&
				strcmp(a->address, b->address) == 0)
				config_fault(report,
					"%s: listeners.tcp.%s.bind: listeners.tcp.%s has the same "
					"address and port",
					name, a->name, b->name);
		}
	}
	if (enabled == 0)
		config_fault(report, "%s: listeners: expected at least one that is enabled", name);
	if (config->net.gateway4[0] != '\0' && config->net.ipv4[0] == '\0')
		config_fault(report, "%s: net.gateway4: expected net.ipv4 beside it", name);
	if (config->net.gateway6[0] != '\0' && config->net.ipv6[0] == '\0')
		config_fault(report, "%s: net.gateway6: expected net.ipv6 beside it", name);
	if (config->mgmt.gateway4[0] != '\0' && config->mgmt.ipv4[0] == '\0')
		config_fault(report, "%s: mgmt.gateway4: expected mgmt.ipv4 beside it", name);
}

int config_check(const struct config *config, const char *name, config_line_fn *report, void *arg)
{
	struct config_report faults = {.line = report, .arg = arg};

	config_check_keys(config, name, &faults);
	return faults.faults == 0 ? 0 : -EINVAL;
}
