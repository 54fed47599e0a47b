#include "base_log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 1000, PROCESS_MAX_BYTES = 32 };

static const char *const level_names[] = {
	[BASE_LOG_ERROR] = "error",
	[BASE_LOG_WARNING] = "warning",
	[BASE_LOG_INFO] = "info",
	[BASE_LOG_DEBUG] = "debug",
};

/* Written once by base_log_init before other threads start, then only read; the level may change. */
static char log_process[PROCESS_MAX_BYTES] = "sluice";
static _Atomic(enum base_log_level) log_level = BASE_LOG_INFO;

void base_log_init(const char *process, enum base_log_level level)
{
	(void)snprintf(log_process, sizeof(log_process), "%s", process);
	base_log_set_level(level);
}

void base_log_set_level(enum base_log_level level)
{
	atomic_store_explicit(&log_level, level, memory_order_relaxed);
}

int base_log_level_parse(const char *name)
{
	for (size_t i = 0; i < sizeof(level_names) / sizeof(level_names[0]); i++) {
		if (strcmp(name, level_names[i]) == 0)
			return (int)i;
	}
	return -EINVAL;
}

static size_t put_head(char *line, size_t room, enum base_log_level level)
{
	struct timespec ts;
	struct tm tm;
	int len;

	(void)clock_gettime(CLOCK_REALTIME, &ts);
	if (gmtime_r(&ts.tv_sec, &tm) == NULL)
		memset(&tm, 0, sizeof(tm));
	len = snprintf(line, room,
		"%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ %s %s: ", tm.tm_year + 1900, tm.tm_mon + 1,
		tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, ts.tv_nsec / 1000000,
		level_names[level], log_process);
	return len > 0 ? (size_t)len : 0;
}

/*
 * Copies `text` up to `room` bytes; whatever could move a terminal's cursor or fake a second line
 * becomes \xNN, C1 controls too (U+0080 to U+009F: C2 80 to C2 9F). Other bytes from 0x80 up pass, as they are UTF-8.
 */
static size_t put_text(char *to, size_t room, const char *text)
{
	static const char hex[] = "0123456789abcdef";
	size_t used = 0;

	for (const char *p = text; *p != '\0'; p++) {
		unsigned char c = (unsigned char)*p, next = (unsigned char)p[1];
		bool is_c1 = c == 0xc2 && next >= 0x80 && next < 0xa0;

		if (is_c1) {
			c = next;
			p++;
		}
		if (c >= 0x20 && c != 0x7f && !is_c1) {
			if (used + 1 > room)
				break;
			to[used++] = *p;
		} else {
			if (used + 4 > room)
				break;
			to[used++] = '\\';
			to[used++] = 'x';
			to[used++] = hex[c >> 4];
			to[used++] = hex[c & 15];
		}
	}
	return used;
}

void base_log(enum base_log_level level, const char *fmt, ...)
{
	char text[LINE_MAX_BYTES];
	char line[LINE_MAX_BYTES];
	size_t used;
	va_list args;
	int len;

	if (level > log_level)
		return;
	va_start(args, fmt);
	len = vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (len < 0)
		text[0] = '\0';
	used = put_head(line, sizeof(line), level);
	used += put_text(line + used, sizeof(line) - 1 - used, text);
	line[used++] = '\n';
	/* A log that cannot be written has nobody to be reported to. */
	if (write(STDERR_FILENO, line, used) < 0)
		return;
}
