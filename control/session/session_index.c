#include <errno.h>
#include <string.h>

#include "base_assert.h"
#include "session_priv.h"
#include "wire_topic.h"

/*
 * Which interned filters match a topic. Filters without wildcard are found by the topic's own text. The others are
 * grouped by shape: the number of levels, which of them are '+', and whether '#' follows. For each shape in use
 * the one filter that could match is written down from the topic and looked up. A match costs one look-up a
 * shape, however many filters there are.
 *
 * Filters with wildcards and more than SHAPE_LEVELS levels have no shape: they are compared one by one.
 */

enum { SHAPE_LEVELS = 128, SHAPE_WORDS = SHAPE_LEVELS / 64, TOPIC_MAX = 65535 };

struct shape {
	uint64_t plus[SHAPE_WORDS];
	uint32_t levels; /* without '#' */
	bool has_hash;
	uint32_t filters; /* indexed ones of this shape */
};

struct session_index {
	struct session_core *core;
	struct shape *shapes;
	size_t shape_len, shape_room;
	struct base_list deep; /* filters that have no shape */
	uint32_t level_start[SHAPE_LEVELS + 1]; /* of the topic at hand */
	char candidate[TOPIC_MAX + 2 * SHAPE_LEVELS];
};

struct session_index *session_index_new(struct session_core *core)
{
	struct session_index *index = kit_mem_alloc(KIT_MEM_SUBSCRIPTIONS, sizeof(*index));

	if (index == NULL)
		return NULL;
	index->core = core;
	base_list_init(&index->deep);
	return index;
}

void session_index_free(struct session_index *index)
{
	if (index == NULL)
		return;
	kit_mem_free(
		KIT_MEM_SUBSCRIPTIONS, index->shapes, index->shape_room * sizeof(*index->shapes));
	kit_mem_free(KIT_MEM_SUBSCRIPTIONS, index, sizeof(*index));
}

enum shape_result { SHAPE_EXACT, SHAPE_WILD, SHAPE_DEEP };

static enum shape_result shape_of(const struct session_filter *filter, struct shape *shape)
{
	bool has_plus = false;
	uint32_t at = 0;

	*shape = (struct shape){0};
	while (at <= filter->bytes && !shape->has_hash) {
		const char *slash = memchr(filter->text + at, '/', filter->bytes - at);
		uint32_t end = slash ? (uint32_t)(slash - filter->text) : filter->bytes;
		char only = end - at == 1 ? filter->text[at] : '\0';

		shape->has_hash = only == '#';
		has_plus |= only == '+';
		if (only == '+' && shape->levels < SHAPE_LEVELS)
			shape->plus[shape->levels / 64] |= 1ull << (shape->levels % 64);
		shape->levels += only != '#';
		at = end + 1;
	}
	if (!shape->has_hash && !has_plus)
		return SHAPE_EXACT;
	return shape->levels > SHAPE_LEVELS ? SHAPE_DEEP : SHAPE_WILD;
}

static bool is_plus(const struct shape *shape, uint32_t level)
{
	return shape->plus[level / 64] >> (level % 64) & 1;
}

static struct shape *find_shape(struct session_index *index, const struct shape *shape)
{
	for (size_t i = 0; i < index->shape_len; i++) {
		struct shape *s = &index->shapes[i];

		if (s->levels == shape->levels && s->has_hash == shape->has_hash &&
			memcmp(s->plus, shape->plus, sizeof(s->plus)) == 0)
			return s;
	}
	return NULL;
}

static struct shape *new_shape(struct session_index *index, const struct shape *shape)
{
	if (index->shape_len == index->shape_room) {
		size_t room = index->shape_room ? index->shape_room * 2 : 16;
		struct shape *shapes = kit_mem_alloc(KIT_MEM_SUBSCRIPTIONS, room * sizeof(*shapes));

		if (shapes == NULL)
			return NULL;
		if (index->shape_len > 0)
			memcpy(shapes, index->shapes, index->shape_len * sizeof(*shapes));
		kit_mem_free(
			KIT_MEM_SUBSCRIPTIONS, index->shapes, index->shape_room * sizeof(*shapes));
		index->shapes = shapes;
		index->shape_room = room;
	}
	index->shapes[index->shape_len] = *shape;
	return &index->shapes[index->shape_len++];
}

int session_index_add(struct session_index *index, struct session_filter *filter)
{
	struct shape shape, *known;
	enum shape_result result = shape_of(filter, &shape);

	if (result == SHAPE_DEEP)
		base_list_push_back(&index->deep, &filter->deep);
	if (result != SHAPE_WILD)
		return 0;
	known = find_shape(index, &shape);
	if (known == NULL)
		known = new_shape(index, &shape);
	if (known == NULL)
		return -ENOMEM;
	known->filters++;
	return 0;
}

void session_index_del(struct session_index *index, struct session_filter *filter)
{
	struct shape shape, *known;
	enum shape_result result = shape_of(filter, &shape);

	if (result == SHAPE_DEEP)
		base_list_remove(&filter->deep);
	if (result != SHAPE_WILD)
		return;
	known = find_shape(index, &shape);
	BASE_ASSERT(known != NULL && known->filters > 0);
	if (--known->filters == 0)
		*known = index->shapes[--index->shape_len];
}

/* Notes where the topic's levels begin, as far as shapes tell them apart. Returns the number of all levels. */
static uint32_t split(struct session_index *index, const char *topic, uint16_t bytes)
{
	uint32_t levels = 1;

	index->level_start[0] = 0;
	for (uint32_t i = 0; i < bytes; i++) {
		if (topic[i] != '/')
			continue;
		if (levels <= SHAPE_LEVELS)
			index->level_start[levels] = i + 1;
		levels++;
	}
	return levels;
}

static uint32_t level_end(
	const struct session_index *index, uint32_t level, uint32_t levels, uint16_t bytes)
{
	return level + 1 < levels ? index->level_start[level + 1] - 1 : bytes;
}

/*
 * Writes the filter of this shape that would match, with level texts copied where they are not '+'. Returns its
 * length, or 0 when none would.
 */
static uint32_t write_candidate(struct session_index *index, const struct shape *shape,
	const char *topic, uint16_t bytes, uint32_t levels)
{
	uint32_t used = 0;

	if (shape->has_hash ? levels < shape->levels : levels != shape->levels)
		return 0;
	/* Wildcards at the beginning don't match topics that begin with '$' (4.7.2). */
	if (bytes > 0 && topic[0] == '$' && (shape->levels == 0 || is_plus(shape, 0)))
		return 0;
	for (uint32_t level = 0; level < shape->levels; level++) {
		uint32_t start, end;

		if (level > 0)
			index->candidate[used++] = '/';
		if (is_plus(shape, level)) {
			index->candidate[used++] = '+';
			continue;
		}
		start = index->level_start[level];
		end = level_end(index, level, levels, bytes);
		memcpy(index->candidate + used, topic + start, end - start);
		used += end - start;
	}
	if (shape->has_hash) {
		if (shape->levels > 0)
			index->candidate[used++] = '/';
		index->candidate[used++] = '#';
	}
	return used;
}

static void look_up(struct session_index *index, struct link_text text,
	void (*each)(void *arg, struct session_filter *filter), void *arg)
{
	struct session_filter *filter = session_filter_find(index->core, text);

	if (filter != NULL && filter->is_indexed)
		each(arg, filter);
}

static struct wire_str str(const char *text, uint32_t bytes)
{
	return (struct wire_str){.data = (const uint8_t *)text, .bytes = bytes};
}

void session_index_match(struct session_index *index, const char *topic, uint16_t topic_bytes,
	void (*each)(void *arg, struct session_filter *filter), void *arg)
{
	uint32_t levels = split(index, topic, topic_bytes);
	struct base_list *node;

	look_up(index, (struct link_text){topic, topic_bytes}, each, arg);
	for (size_t i = 0; i < index->shape_len; i++) {
		uint32_t bytes =
			write_candidate(index, &index->shapes[i], topic, topic_bytes, levels);

		if (bytes > 0)
			look_up(index, (struct link_text){index->candidate, bytes}, each, arg);
	}
	BASE_LIST_FOREACH (node, &index->deep) {
		struct session_filter *filter =
			BASE_CONTAINER_OF(node, struct session_filter, deep);

		if (wire_topic_matches(str(filter->text, filter->bytes), str(topic, topic_bytes)))
			each(arg, filter);
	}
}

size_t session_index_used(const struct session_index *index)
{
	return sizeof(*index) + index->shape_room * sizeof(*index->shapes);
}
