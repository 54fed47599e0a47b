#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base_hash.h"

enum { ARENA = 256 << 20, PAGE = 64 << 10, HITS_MAX = 512, TEXT_BYTES = 8192, STEP = 7 };

int fixture_setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	uintptr_t aligned;

	assert_non_null(f);
	f->map = mmap(NULL, ARENA + PAGE, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	assert_ptr_not_equal(f->map, MAP_FAILED);
	aligned = ((uintptr_t)f->map + PAGE - 1) / PAGE * PAGE;
	f->mem = base_mem_init((char *)f->map + (aligned - (uintptr_t)f->map), ARENA);
	assert_non_null(f->mem);
	f->index = topic_index_new(f->mem, MEM_CLASS, 0x5eed, LAST_RESORT);
	assert_non_null(f->index);
	*state = f;
	return 0;
}

int fixture_teardown(void **state)
{
	struct fixture *f = *state;

	topic_index_free(f->index);
	assert_int_equal(base_mem_used(f->mem, MEM_CLASS), 0);
	assert_int_equal(base_mem_objects(f->mem, MEM_CLASS), 0);
	base_mem_fini(f->mem);
	munmap(f->map, ARENA + PAGE);
	free(f);
	return 0;
}

struct topic_text text_of(const char *text)
{
	return (struct topic_text){text, text == NULL ? 0 : strlen(text)};
}

struct topic_entry entry_of(uint32_t subscriber)
{
	return (struct topic_entry){.subscriber = subscriber,
		.subscription_id = subscriber * 3,
		.options = (uint8_t)subscriber};
}

int enter(struct fixture *f, const char *filter, const char *group, uint32_t subscriber)
{
	struct topic_entry entry = entry_of(subscriber);

	return topic_index_insert(f->index, text_of(filter), text_of(group), &entry);
}

bool leave(struct fixture *f, const char *filter, const char *group, uint32_t subscriber)
{
	return topic_index_remove(f->index, text_of(filter), text_of(group), subscriber);
}

bool stands(struct fixture *f, const char *filter, const char *group, uint32_t subscriber)
{
	return topic_index_has(f->index, text_of(filter), text_of(group), subscriber);
}

struct hit {
	uint32_t subscriber;
	char group[32]; /* empty: plain */
};

struct hits {
	struct hit hit[HITS_MAX];
	size_t len;
};

static struct hit *hit_add(struct hits *hits, const struct topic_entry *entry)
{
	struct hit *hit = &hits->hit[hits->len++];

	assert_true(hits->len <= HITS_MAX);
	assert_int_equal(entry->subscription_id, entry->subscriber * 3);
	assert_int_equal(entry->options, (uint8_t)entry->subscriber);
	*hit = (struct hit){.subscriber = entry->subscriber};
	return hit;
}

static void on_entries(void *context, const struct topic_entry *entries, uint32_t len)
{
	assert_true(len > 0);
	for (uint32_t i = 0; i < len; i++)
		hit_add(context, &entries[i]);
}

static bool on_shared(
	void *context, const struct topic_entry *entry, const struct topic_group_ref *group)
{
	struct hit *hit = hit_add(context, entry);

	assert_true(group->name.bytes > 0 && group->name.bytes < sizeof(hit->group));
	memcpy(hit->group, group->name.data, group->name.bytes);
	return true;
}

static int compare_hits(const void *a, const void *b)
{
	const struct hit *x = a, *y = b;
	int order = strcmp(x->group, y->group);

	return order != 0 ? order
			  : (x->subscriber > y->subscriber) - (x->subscriber < y->subscriber);
}

const char *match_text(struct fixture *f, const char *topic)
{
	static const struct topic_visitor visitor = {on_entries, on_shared};
	static char text[TEXT_BYTES];
	static struct hits hits;
	size_t at = 0;

	hits.len = 0;
	text[0] = '\0';
	topic_index_prefetch(f->index, text_of(topic));
	topic_index_match(f->index, text_of(topic), &visitor, &hits);
	qsort(hits.hit, hits.len, sizeof(hits.hit[0]), compare_hits);
	for (size_t i = 0; i < hits.len; i++) {
		const struct hit *hit = &hits.hit[i];

		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%s%s%u", i > 0 ? " " : "",
			hit->group, hit->group[0] != '\0' ? "=" : "", hit->subscriber);
		assert_true(at < sizeof(text));
	}
	return text;
}

struct lines {
	char **line;
	size_t len, cap;
};

static void on_filter(
	void *context, struct topic_text filter, struct topic_text group, uint32_t entries)
{
	struct lines *lines = context;

	if (lines->len == lines->cap) {
		lines->cap = lines->cap * 2 + 64;
		lines->line = realloc(lines->line, lines->cap * sizeof(char *));
		assert_non_null(lines->line);
	}
	assert_true(
		asprintf(&lines->line[lines->len], "%.*s %.*s %u\n", (int)filter.bytes, filter.data,
			(int)group.bytes, group.data == NULL ? "" : group.data, entries) > 0);
	lines->len++;
}

static int compare_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

char *dump(const struct topic_index *index)
{
	struct lines lines = {0};
	size_t bytes = 1;
	uint32_t cursor = 0;
	char *text, *at;

	do
		cursor = topic_index_walk(index, cursor, STEP, on_filter, &lines);
	while (cursor != 0);
	if (lines.len > 0)
		qsort(lines.line, lines.len, sizeof(char *), compare_lines);
	for (size_t i = 0; i < lines.len; i++)
		bytes += strlen(lines.line[i]);
	text = malloc(bytes);
	assert_non_null(text);
	at = text;
	for (size_t i = 0; i < lines.len; i++) {
		at = stpcpy(at, lines.line[i]);
		free(lines.line[i]);
	}
	*at = '\0';
	free(lines.line);
	return text;
}

uint32_t draw_below(uint64_t *state, uint32_t limit)
{
	return (uint32_t)(base_hash_u64((*state)++, 0x5eed) % limit);
}
