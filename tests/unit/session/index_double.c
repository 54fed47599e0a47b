#include <string.h>

#include "session_priv.h"
#include "wire_topic.h"

/* The topic index as a list: what the real one must agree with. */

enum { FILTERS_MAX = 256 };
static struct session_filter *indexed[FILTERS_MAX];
static unsigned len;

struct session_index *session_index_new(size_t bytes)
{
	static char some;

	(void)bytes;
	len = 0;
	return (struct session_index *)(void *)&some;
}

void session_index_free(struct session_index *index)
{
	(void)index;
}

int session_index_add(struct session_index *index, struct session_filter *filter)
{
	(void)index;
	indexed[len++] = filter;
	return 0;
}

void session_index_del(struct session_index *index, struct session_filter *filter)
{
	(void)index;
	for (unsigned i = 0; i < len; i++)
		if (indexed[i] == filter) {
			indexed[i] = indexed[--len];
			return;
		}
}

void session_index_match(struct session_index *index, const char *topic, uint16_t topic_bytes,
	void (*each)(void *arg, struct session_filter *filter), void *arg)
{
	(void)index;
	for (unsigned i = 0; i < len; i++)
		if (wire_topic_matches((struct wire_str){.data = (const uint8_t *)indexed[i]->text,
					       .bytes = indexed[i]->bytes},
			    (struct wire_str){
				    .data = (const uint8_t *)topic, .bytes = topic_bytes}))
			each(arg, indexed[i]);
}

size_t session_index_used(const struct session_index *index)
{
	(void)index;
	return 0;
}
