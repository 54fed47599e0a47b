#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"

/*
 * The index against a plain model over very many random operations. The levels are few, so that filters collide, share
 * branches and match each other's topics; some filters are favoured, so that their lists become long.
 */

#if defined(__SANITIZE_ADDRESS__)
enum { OPERATIONS = 300 * 1000 };
#else
enum { OPERATIONS = 1000 * 1000 };
#endif

enum {
	FILTERS = 160,
	TOPICS = 120,
	GROUPS = 3, /* the first is no group */
	SUBSCRIBERS = 400,
	RESORT = SUBSCRIBERS - 1,
	TEXT_BYTES = 160,
	WAVE = 40000, /* operations in which insertions prevail, or removals */
	LOOK = 20000, /* operations between two looks at the whole */
};

static const char *const group_names[GROUPS] = {NULL, "g", "a-group"};
static const char *const level_texts[] = {
	"", "a", "b", "c", "$x", "a-level-beyond-fourteen-bytes", "+", "#"};

struct model {
	char filters[FILTERS][TEXT_BYTES];
	char topics[TOPICS][TEXT_BYTES];
	bool matches[FILTERS][TOPICS];
	uint8_t standing[FILTERS][GROUPS]
			[SUBSCRIBERS]; /* the entry's version; 0 = does not stand */
	uint32_t len[FILTERS][GROUPS];
	uint32_t entries, lists;
	uint32_t longest;
	uint64_t random;
	struct topic_index *index;
};

/* MQTT 4.7 in its plainest form. */
static bool plain_match(const char *filter, const char *topic)
{
	size_t want = strcspn(filter, "/"), have = strcspn(topic, "/");

	if (want == 1 && filter[0] == '#')
		return true;
	if (!(want == 1 && filter[0] == '+') && (want != have || strncmp(filter, topic, want) != 0))
		return false;
	if (topic[have] == '\0')
		return filter[want] == '\0' || strcmp(filter + want, "/#") == 0;
	return filter[want] == '/' && plain_match(filter + want + 1, topic + have + 1);
}

static bool model_match(const char *filter, const char *topic)
{
	bool is_hidden = topic[0] == '$' && (filter[0] == '+' || filter[0] == '#');

	return !is_hidden && plain_match(filter, topic);
}

static void draw_text(struct model *m, char *text, uint32_t level_kinds)
{
	uint32_t len = 1 + draw_below(&m->random, 5);
	size_t at = 0;

	for (uint32_t i = 0; i < len; i++) {
		const char *level = level_texts[draw_below(&m->random, level_kinds)];

		at += (size_t)snprintf(text + at, TEXT_BYTES - at, "%s%s", i > 0 ? "/" : "", level);
		if (level[0] == '#')
			break;
	}
	if (at == 0)
		snprintf(text, TEXT_BYTES, "a");
}

/* Texts that all differ, as the model goes by number. */
static void draw_texts(
	struct model *m, char texts[][TEXT_BYTES], uint32_t len, uint32_t level_kinds)
{
	for (uint32_t i = 0; i < len;) {
		bool is_new = true;

		draw_text(m, texts[i], level_kinds);
		for (uint32_t k = 0; k < i; k++)
			is_new = is_new && strcmp(texts[i], texts[k]) != 0;
		i += is_new;
	}
}

static struct model *model_new(struct fixture *f)
{
	struct model *m = calloc(1, sizeof(*m));

	assert_non_null(m);
	topic_index_free(f->index);
	f->index = topic_index_new(f->mem, MEM_CLASS, 0xfeed, RESORT);
	assert_non_null(f->index);
	m->index = f->index;
	m->random = 1;
	draw_texts(m, m->filters, FILTERS, 8);
	draw_texts(m, m->topics, TOPICS, 6);
	for (uint32_t i = 0; i < FILTERS; i++)
		for (uint32_t k = 0; k < TOPICS; k++)
			m->matches[i][k] = model_match(m->filters[i], m->topics[k]);
	return m;
}

/*
 * Tells what was entered: the identifier says the filter, the options the version. Some have no identifier, as a lone
 * subscriber without one is kept in another way.
 */
static bool has_identifier(uint32_t subscriber, uint8_t version)
{
	return subscriber % 4 != 0 || version % 2 == 0;
}

static struct topic_entry model_entry(uint32_t filter, uint32_t subscriber, uint8_t version)
{
	return (struct topic_entry){
		subscriber, has_identifier(subscriber, version) ? filter + 1 : 0, version};
}

static void insert_one(struct model *m, uint32_t filter, uint32_t group, uint32_t subscriber)
{
	uint8_t *standing = &m->standing[filter][group][subscriber];
	uint8_t version = (uint8_t)(1 + draw_below(&m->random, 255));
	struct topic_entry entry = model_entry(filter, subscriber, version);

	assert_int_equal(topic_index_insert(m->index, text_of(m->filters[filter]),
				 text_of(group_names[group]), &entry),
		*standing == 0);
	if (*standing == 0) {
		m->entries++;
		m->lists += m->len[filter][group]++ == 0;
		if (m->len[filter][group] > m->longest)
			m->longest = m->len[filter][group];
	}
	*standing = version;
}

static void remove_one(struct model *m, uint32_t filter, uint32_t group, uint32_t subscriber)
{
	uint8_t *standing = &m->standing[filter][group][subscriber];

	assert_int_equal(topic_index_remove(m->index, text_of(m->filters[filter]),
				 text_of(group_names[group]), subscriber),
		*standing != 0);
	if (*standing != 0) {
		m->entries--;
		m->lists -= --m->len[filter][group] == 0;
	}
	*standing = 0;
}

struct match {
	struct model *m;
	uint32_t topic;
	uint32_t plain_len;
	uint32_t offer_len[GROUPS];
	bool is_taking; /* the first that is offered takes */
	bool seen[FILTERS][GROUPS][SUBSCRIBERS];
};

static bool is_due(
	const struct match *match, uint32_t filter, uint32_t group, const struct topic_entry *entry)
{
	return match->m->matches[filter][match->topic] &&
	       !match->seen[filter][group][entry->subscriber] &&
	       match->m->standing[filter][group][entry->subscriber] == entry->options;
}

static void meet(
	struct match *match, const struct topic_entry *entry, uint32_t filter, uint32_t group)
{
	assert_true(filter < FILTERS && entry->subscriber < SUBSCRIBERS);
	assert_true(entry->options != 0 && is_due(match, filter, group, entry));
	assert_int_equal(entry->subscription_id,
		model_entry(filter, entry->subscriber, entry->options).subscription_id);
	match->seen[filter][group][entry->subscriber] = true;
}

/* Any filter of which the subscriber is due does for an entry that does not tell its own. */
static uint32_t filter_of_entry(const struct match *match, const struct topic_entry *entry)
{
	uint32_t filter = 0;

	if (entry->subscription_id != 0)
		return entry->subscription_id - 1;
	while (filter < FILTERS && !is_due(match, filter, 0, entry))
		filter++;
	return filter;
}

static uint32_t filter_of_text(const struct model *m, const char *text, int bytes)
{
	uint32_t filter = 0;

	assert_true(bytes > 0);
	while (filter < FILTERS && (strlen(m->filters[filter]) != (size_t)bytes ||
					   memcmp(m->filters[filter], text, (size_t)bytes) != 0))
		filter++;
	return filter;
}

static void on_entries(void *context, const struct topic_entry *entries, uint32_t len)
{
	struct match *match = context;

	for (uint32_t i = 0; i < len; i++)
		meet(match, &entries[i], filter_of_entry(match, &entries[i]), 0);
	match->plain_len += len;
}

static bool on_shared(
	void *context, const struct topic_entry *entry, const struct topic_group_ref *ref)
{
	struct match *match = context;
	uint32_t group = ref->name.bytes == 1 ? 1 : 2;
	char text[TEXT_BYTES];
	int bytes = topic_index_filter_text(match->m->index, ref->node, text, sizeof(text));
	uint32_t filter = filter_of_text(match->m, text, bytes);

	assert_int_equal(ref->name.bytes, strlen(group_names[group]));
	assert_memory_equal(ref->name.data, group_names[group], ref->name.bytes);
	meet(match, entry, filter, group);
	match->offer_len[group]++;
	/* The last resort comes when all others have been asked, or not at all. */
	for (uint32_t i = 0; i < RESORT && entry->subscriber == RESORT; i++)
		assert_int_equal(
			match->seen[filter][group][i], match->m->standing[filter][group][i] != 0);
	return match->is_taking;
}

static void match_one(struct model *m, uint32_t topic)
{
	static const struct topic_visitor visitor = {on_entries, on_shared};
	static struct match match;
	uint32_t plain = 0, offers[GROUPS] = {0};

	memset(&match, 0, sizeof(match));
	match.m = m;
	match.topic = topic;
	match.is_taking = draw_below(&m->random, 2) == 0;
	topic_index_match(m->index, text_of(m->topics[topic]), &visitor, &match);
	for (uint32_t i = 0; i < FILTERS; i++) {
		if (!m->matches[i][topic])
			continue;
		plain += m->len[i][0];
		for (uint32_t g = 1; g < GROUPS; g++)
			offers[g] += match.is_taking ? m->len[i][g] > 0 : m->len[i][g];
	}
	assert_int_equal(match.plain_len, plain);
	for (uint32_t g = 1; g < GROUPS; g++)
		assert_int_equal(match.offer_len[g], offers[g]);
}

/* The whole index, as text, and its figures. */
static void look(struct model *m)
{
	struct topic_figures figures;
	char *text = dump(m->index), *at = text;
	size_t lines = 0;

	topic_index_figures(m->index, &figures);
	assert_int_equal(figures.entries, m->entries);
	assert_int_equal(figures.filters, m->lists);
	for (; *at != '\0'; lines++)
		at = strchr(at, '\n') + 1;
	assert_int_equal(lines, m->lists);
	for (uint32_t i = 0; i < FILTERS; i++)
		for (uint32_t g = 0; g < GROUPS; g++) {
			char line[TEXT_BYTES * 2];

			snprintf(line, sizeof(line), "%s %s %u\n", m->filters[i],
				g == 0 ? "" : group_names[g], m->len[i][g]);
			at = strstr(text, line);
			while (at != NULL && at != text && at[-1] != '\n')
				at = strstr(at + 1, line);
			assert_int_equal(at != NULL, m->len[i][g] > 0);
		}
	free(text);
}

static void step(struct model *m, bool is_rising)
{
	/* A third of all operations is on eight filters, most of it without a group; half of the others have few. */
	bool is_favoured = draw_below(&m->random, 3) == 0;
	uint32_t filter = draw_below(&m->random, is_favoured ? 8 : FILTERS);
	uint32_t group =
		is_favoured ? draw_below(&m->random, 8) / 6 : draw_below(&m->random, GROUPS);
	uint32_t range = is_favoured ? SUBSCRIBERS : filter % 2 ? 40 : 6;
	uint32_t subscriber = draw_below(&m->random, range);
	uint32_t what = draw_below(&m->random, 100);

	if (draw_below(&m->random, 20) == 0)
		subscriber = RESORT;
	if (what < 3)
		match_one(m, draw_below(&m->random, TOPICS));
	else if (what < 10)
		assert_int_equal(topic_index_has(m->index, text_of(m->filters[filter]),
					 text_of(group_names[group]), subscriber),
			m->standing[filter][group][subscriber] != 0);
	else if (what < (is_rising ? 75 : 20))
		insert_one(m, filter, group, subscriber);
	else
		remove_one(m, filter, group, subscriber);
}

static void remove_all(struct model *m)
{
	for (uint32_t i = 0; i < FILTERS; i++)
		for (uint32_t g = 0; g < GROUPS; g++)
			for (uint32_t s = 0; s < SUBSCRIBERS; s++)
				if (m->standing[i][g][s] != 0)
					remove_one(m, i, g, s);
}

static void test_against_model(void **state)
{
	struct fixture *f = *state;
	struct model *m = model_new(f);
	struct topic_figures figures;
	size_t used;

	for (uint32_t i = 0; i < OPERATIONS; i++) {
		step(m, i / WAVE % 2 == 0);
		if (i % LOOK == 0)
			look(m);
	}
	look(m);
	assert_true(m->longest > 200);
	for (uint32_t i = 0; i < TOPICS; i++)
		match_one(m, i);
	remove_all(m);
	look(m);
	topic_index_figures(m->index, &figures);
	assert_int_equal(figures.nodes, 0);

	/* What stays is memory for nodes and edges, not for lists: a filter entered and removed changes nothing. */
	used = base_mem_used(f->mem, MEM_CLASS);
	for (uint32_t i = 0; i < SUBSCRIBERS; i++)
		insert_one(m, 0, 0, i);
	remove_all(m);
	assert_int_equal(base_mem_used(f->mem, MEM_CLASS), used);
	free(m);
}

/* Very many filters that come and go in waves: the table of edges grows while entries are removed and found. */
static void test_many_filters(void **state)
{
	enum { NUMBERS = 30000, STEPS = OPERATIONS / 2, TURN = 40000 };
	static bool standing[NUMBERS];
	struct fixture *f = *state;
	uint64_t random = 77;
	uint32_t len = 0;
	struct topic_figures figures;
	char filter[48];

	for (uint32_t i = 0; i < STEPS; i++) {
		/* What is drawn from widens, so that the table grows many times. */
		uint32_t limit = 8u << (i / (STEPS / 12 + 1));
		uint32_t n = draw_below(&random, limit < NUMBERS ? limit : NUMBERS);
		bool is_rising = draw_below(&random, 4) > 0;

		is_rising = i / TURN % 2 == 1 ? !is_rising : is_rising;
		snprintf(filter, sizeof(filter), n % 2 ? "plant/%u/+/t" : "plant/%u/state", n);
		assert_int_equal(stands(f, filter, NULL, n), standing[n]);
		if (is_rising)
			assert_int_equal(enter(f, filter, NULL, n), !standing[n]);
		else
			assert_int_equal(leave(f, filter, NULL, n), standing[n]);
		len = len + is_rising - standing[n];
		standing[n] = is_rising;
	}
	topic_index_figures(f->index, &figures);
	assert_int_equal(figures.filters, len);
	for (uint32_t n = 0; n < NUMBERS; n++) {
		char topic[48], want[16] = "";

		snprintf(filter, sizeof(filter), n % 2 ? "plant/%u/+/t" : "plant/%u/state", n);
		snprintf(topic, sizeof(topic), n % 2 ? "plant/%u/x/t" : "plant/%u/state", n);
		if (standing[n])
			snprintf(want, sizeof(want), "%u", n);
		assert_string_equal(match_text(f, topic), want);
		assert_int_equal(leave(f, filter, NULL, n), standing[n]);
		standing[n] = false;
	}
	topic_index_figures(f->index, &figures);
	assert_int_equal(figures.nodes, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_against_model, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_many_filters, fixture_setup, fixture_teardown),
	};

	return cmocka_run_group_tests_name("topic_random", tests, NULL, NULL);
}
