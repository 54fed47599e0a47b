#include <string.h>

#include "conn_priv.h"

/*
 * Lines about clients that do what they may not, for people. Rate limited, as whoever does it may
 * do it often; formatted here without printf, which this library does without.
 */

enum {
	LINE_BYTES = 320,
	ID_BYTES = 64, /* of a client id; the rest is cut */
	WINDOW_MS = 1000,
	WINDOW_LINES = 10,
};

struct line {
	size_t bytes;
	char text[LINE_BYTES];
};

static void add_bytes(struct line *line, const void *data, size_t bytes)
{
	size_t room = sizeof(line->text) - line->bytes;

	if (bytes > room)
		bytes = room;
	memcpy(line->text + line->bytes, data, bytes);
	line->bytes += bytes;
}

static void add(struct line *line, const char *text)
{
	add_bytes(line, text, strlen(text));
}

static void add_number(struct line *line, unsigned value, unsigned base)
{
	static const char digits[] = "0123456789abcdef";
	char text[16];
	size_t at = sizeof(text);

	do {
		text[--at] = digits[value % base];
		value /= base;
	} while (value > 0);
	add_bytes(line, text + at, sizeof(text) - at);
}

static void add_address(struct line *line, const struct conn *conn)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	const uint8_t *addr = conn->peer_addr;

	if (memcmp(addr, mapped, sizeof(mapped)) == 0) {
		for (unsigned i = 12; i < 16; i++) {
			add(line, i == 12 ? "" : ".");
			add_number(line, addr[i], 10);
		}
	} else {
		add(line, "[");
		for (unsigned i = 0; i < 16; i += 2) {
			add(line, i == 0 ? "" : ":");
			add_number(line, (unsigned)addr[i] << 8 | addr[i + 1], 16);
		}
		add(line, "]");
	}
	add(line, ":");
	add_number(line, conn->peer_port, 10);
}

static bool is_due(struct conn_hub *hub)
{
	if (hub->now_ms - hub->log_from_ms >= WINDOW_MS) {
		hub->log_from_ms = hub->now_ms;
		hub->log_lines = 0;
	}
	if (hub->log_lines < WINDOW_LINES) {
		hub->log_lines++;
		return true;
	}
	hub->log_suppressed++;
	return false;
}

void conn_log(struct conn *conn, int level, const char *what, const char *why)
{
	struct conn_hub *hub = conn->hub;
	struct line line = {.bytes = 0};

	if (!is_due(hub))
		return;
	add(&line, "client ");
	if (conn->identity != NULL) {
		size_t bytes = conn->identity->client_id_bytes;

		add_bytes(&line, conn->identity->bytes, bytes < ID_BYTES ? bytes : ID_BYTES);
		add(&line, " ");
	}
	add(&line, "at ");
	add_address(&line, conn);
	add(&line, " ");
	add(&line, what);
	add(&line, ": ");
	add(&line, why);
	if (hub->log_suppressed > 0) {
		add(&line, " (and ");
		add_number(&line, hub->log_suppressed, 10);
		add(&line, " lines like this left out)");
		hub->log_suppressed = 0;
	}
	conn_ops(hub)->log(hub->params.control_context, level, line.text, line.bytes);
}
