#include <stdio.h>
#include <string.h>

#include "cli_text_priv.h"

/* Ports, cores, health and what a reload changed, for people. */

static void print_packets(const struct cli_page *page, const char *name, const json_t *packets)
{
	cli_page_put(page, "  %-9s: %lld packets, %lld bytes, %lld errors, %lld dropped", name,
		cli_page_number(packets, "packets"), cli_page_number(packets, "bytes"),
		cli_page_number(packets, "errors"), cli_page_number(packets, "dropped"));
}

void cli_text_interface(const struct cli_page *page, const json_t *port)
{
	const json_t *addresses = json_object_get(port, "addresses");
	long long speed = cli_page_number(port, "speed_mbps");
	char rate[40] = "";

	if (speed != 0)
		snprintf(rate, sizeof(rate), ", %lld Mbit/s", speed);
	cli_page_put(page, "%s: link %s%s, %s by %s (%s)", cli_page_text(port, "name"),
		cli_page_text(port, "link"), rate, cli_page_text(port, "device"),
		cli_page_text(port, "driver"), cli_page_text(port, "owner"));
	cli_page_put(page, "  %-9s: %s, MTU %lld", "mac", cli_page_text(port, "mac"),
		cli_page_number(port, "mtu"));
	for (size_t i = 0; i < json_array_size(addresses); i++)
		cli_page_put(page, "  %-9s: %s", "address",
			json_string_value(json_array_get(addresses, i)));
	print_packets(page, "received", json_object_get(port, "received"));
	print_packets(page, "sent", json_object_get(port, "sent"));
}

void cli_text_core(const struct cli_page *page, const json_t *core)
{
	char cpu[16] = "?", busy[16] = "-";
	const json_t *share = json_object_get(core, "busy_percent");

	if (json_is_integer(json_object_get(core, "core")))
		snprintf(cpu, sizeof(cpu), "%lld", cli_page_number(core, "core"));
	if (share != NULL)
		snprintf(busy, sizeof(busy), "%.1f%%", json_real_value(share));
	cli_page_put(page, "%-10s %8lld %5s %7.1f%% %11.1f %10s", cli_page_text(core, "process"),
		cli_page_number(core, "pid"), cpu,
		json_real_value(json_object_get(core, "cpu_percent")),
		(double)cli_page_number(core, "cpu_ms") / 1000, busy);
}

void cli_text_cores(const struct cli_page *page, const json_t *result)
{
	cli_page_put(page, "%-10s %8s %5s %8s %11s %10s", "process", "pid", "core", "CPU",
		"CPU seconds", "busy polls");
	cli_page_each(page, result, cli_text_core);
}

void cli_text_health(const struct cli_page *page, const json_t *result)
{
	const json_t *faults = json_object_get(result, "faults");

	if (json_is_true(json_object_get(result, "ok"))) {
		cli_page_put(page, "healthy: every worker is up, its link is up, and a message "
				   "through it came back");
		return;
	}
	cli_page_put(page, "not healthy");
	for (size_t i = 0; i < json_array_size(faults); i++)
		cli_page_put(page, "  %s", json_string_value(json_array_get(faults, i)));
}

static void text_change(const struct cli_page *page, const json_t *change)
{
	bool waits = json_is_true(json_object_get(change, "waits"));

	cli_page_put(page, "%s: %s, was %s (%s%s)", cli_page_text(change, "key"),
		cli_page_text(change, "after"), cli_page_text(change, "before"),
		waits ? "waits for a " : "", cli_page_text(change, "needs"));
}

void cli_text_reload(const struct cli_page *page, const json_t *result)
{
	const json_t *changes = json_object_get(result, "changes");
	const json_t *warnings = json_object_get(result, "warnings");

	cli_page_each(page, changes, text_change);
	for (size_t i = 0; i < json_array_size(warnings); i++)
		cli_page_put(page, "%s", json_string_value(json_array_get(warnings, i)));
	cli_page_put(page,
		"configuration taken over: %zu keys changed, %lld of them wait for a restart",
		json_array_size(changes), cli_page_number(result, "waiting"));
}
