#ifndef DOUBLES_H
#define DOUBLES_H

#include "session.h"
#include "session_query.h"

/* What sys asks and tells others, recorded: sys stands alone. */

enum { PUBLISHED_MAX = 512 };

struct published {
	char topic[128], payload[512];
	bool retain;
};

extern struct published published[PUBLISHED_MAX];
extern unsigned published_len;
extern const struct session_observer *observed;
extern void *observed_arg;
extern const char *watched;
extern session_watch_fn *watcher;
extern void *watch_arg;
extern unsigned workers; /* there are */
extern bool is_worker_up[4];

/* The payload published last on a topic, or NULL. */
const struct published *published_on(const char *topic);

#endif
