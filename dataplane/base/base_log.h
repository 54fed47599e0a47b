#ifndef BASE_LOG_H
#define BASE_LOG_H

/*
 * Log lines for people: "2026-01-02T03:04:05.678Z warning worker 0: text", one write(2) each, to
 * standard error.
 *
 * Layer:  base (C library only)
 * Thread: any; never on the packet path (a worker's packet path counts, and reports through its
 *         ring)
 */

enum base_log_level {
	BASE_LOG_ERROR,
	BASE_LOG_WARNING,
	BASE_LOG_INFO,
	BASE_LOG_DEBUG,
};

/*
 * The name that stands on every line ("control", "worker 0") and the least urgent level that is
 * written.
 */
void base_log_init(const char *process, enum base_log_level level);

/* Another level, from now on. */
void base_log_set_level(enum base_log_level level);

/* "error", "warning", "info" or "debug" to the level; -EINVAL for anything else. */
int base_log_level_parse(const char *name) __attribute__((warn_unused_result));

/* Lines over 1,000 bytes are cut; control characters in the text are written as \xNN. */
void base_log(enum base_log_level level, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
