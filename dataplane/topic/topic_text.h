#ifndef TOPIC_TEXT_H
#define TOPIC_TEXT_H

#include <stddef.h>

/*
 * A topic name, a topic filter, or a level of one: bytes of the caller, not terminated.
 *
 * Layer:  topic (base only; pure)
 * Thread: any
 */

enum { TOPIC_LEVELS_MAX = 256 };

struct topic_text {
	const char *data;
	size_t bytes;
};

#endif
