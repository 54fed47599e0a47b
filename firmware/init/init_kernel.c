#include "init_kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "init.h"

enum {
	RECORD_BYTES = 8192, /* the kernel's own bound; a shorter buffer gets an error */
	RECORDS_AT_ONCE = 100, /* before the loop looks at all else */
	LEVEL_MASK = 7, /* above it is who wrote the message */
};

void init_kernel_open(struct init_kernel *kernel, const char *root, uint64_t now_ms)
{
	char path[INIT_PATH_MAX];

	snprintf(path, sizeof(path), "%s/dev/kmsg", root);
	kernel->fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	init_lines_init(&kernel->lines, now_ms);
}

void init_kernel_close(struct init_kernel *kernel)
{
	if (kernel->fd >= 0)
		close(kernel->fd);
	kernel->fd = -1;
}

bool init_kernel_text(const char *record, size_t bytes, char *out, size_t out_bytes)
{
	const char *text = memchr(record, ';', bytes), *end;
	unsigned level = 0;

	if (text == NULL || record[0] < '0' || record[0] > '9')
		return false;
	for (const char *p = record; *p >= '0' && *p <= '9'; p++)
		level = level * 10 + (unsigned)(*p - '0');
	if ((level & LEVEL_MASK) > INIT_KERNEL_LEVEL)
		return false;
	text++;
	bytes -= (size_t)(text - record);
	end = memchr(text, '\n', bytes);
	if (end != NULL)
		bytes = (size_t)(end - text);
	snprintf(out, out_bytes, "%.*s", (int)bytes, text);
	return true;
}

void init_kernel_read(struct init_kernel *kernel, uint64_t now_ms, init_line_fn *line, void *arg)
{
	char record[RECORD_BYTES], text[INIT_LINE_BYTES];
	ssize_t n;

	for (unsigned i = 0; i < RECORDS_AT_ONCE && kernel->fd >= 0; i++) {
		n = read(kernel->fd, record, sizeof(record));
		/* EPIPE: messages were overwritten before they were read; the next read goes on behind them. */
		if (n < 0 && errno == EPIPE)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n <= 0) {
			init_kernel_close(kernel);
			return;
		}
		if (!init_kernel_text(record, (size_t)n, text, sizeof(text)))
			continue;
		init_lines_feed(&kernel->lines, text, strlen(text), now_ms, line, arg);
		init_lines_feed(&kernel->lines, "\n", 1, now_ms, line, arg);
	}
}
