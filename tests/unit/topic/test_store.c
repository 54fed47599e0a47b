#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "topic_store.h"

/*
 * The name store: which names a filter selects, what a walk shows while names come and go, memory
 * that runs out, and all of it against a plain model.
 */

#if defined(__SANITIZE_ADDRESS__)
enum { OPERATIONS = 40 * 1000 };
#else
enum { OPERATIONS = 400 * 1000 };
#endif

enum { NAMES = 200, FILTERS = 80, TEXT_BYTES = 160, WALKS = 4 };

struct store_fixture {
	struct fixture *base;
	struct topic_store *store;
};

static int setup(void **state)
{
	struct store_fixture *s = calloc(1, sizeof(*s));
	void *base = NULL;

	assert_non_null(s);
	fixture_setup(&base);
	s->base = base;
	s->store = topic_store_new(s->base->mem, MEM_CLASS, 0x5eed);
	assert_non_null(s->store);
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	struct store_fixture *s = *state;
	void *base = s->base;

	topic_store_free(s->store);
	fixture_teardown(&base);
	free(s);
	return 0;
}

/* Texts are their own values in these cases: what is shown is what was set. */
static int set(struct topic_store *store, char *name)
{
	return topic_store_set(store, text_of(name), name, NULL);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

struct shown {
	char *names[64];
	size_t len;
};

static bool keep(void *context, void *value)
{
	struct shown *shown = context;

	assert_true(shown->len < 64);
	shown->names[shown->len++] = value;
	return true;
}

static void append(char *text, size_t size, const char *between, const char *more)
{
	size_t used = strlen(text);

	assert_in_range(
		snprintf(text + used, size - used, "%s%s", between, more), 0, size - used - 1);
}

/* The names that are selected, sorted, with a blank between. */
static const char *selected(struct topic_store *store, const char *filter)
{
	static char text[4096];
	struct shown shown = {.len = 0};

	assert_int_equal(topic_store_match(store, text_of(filter), keep, &shown), 0);
	qsort(shown.names, shown.len, sizeof(shown.names[0]), by_text);
	text[0] = '\0';
	for (size_t i = 0; i < shown.len; i++)
		append(text, sizeof(text), i > 0 ? " " : "", shown.names[i]);
	return text;
}

static void test_rules(void **state)
{
	static char names[][24] = {"a", "a/b", "a/b/c", "a/x/c", "a/", "/a", "/", "b", "b/b",
		"$SYS/a", "$SYS/a/b", "a/$x", "long-level-text/b"};
	static const struct {
		const char *filter, *want;
	} cases[] = {
		{"a", "a"},
		{"a/b", "a/b"},
		{"a/b/c/d", ""},
		{"c", ""},
		{"a/#", "a a/ a/$x a/b a/b/c a/x/c"},
		{"a/+", "a/ a/$x a/b"},
		{"a/+/c", "a/b/c a/x/c"},
		{"+/b", "a/b b/b long-level-text/b"},
		{"+", "a b"},
		{"+/+", "/ /a a/ a/$x a/b b/b long-level-text/b"},
		{"#", "/ /a a a/ a/$x a/b a/b/c a/x/c b b/b long-level-text/b"},
		{"+/#", "/ /a a a/ a/$x a/b a/b/c a/x/c b b/b long-level-text/b"},
		{"/+", "/ /a"},
		{"/#", "/ /a"},
		{"a/", "a/"},
		{"$SYS/#", "$SYS/a $SYS/a/b"},
		{"$SYS/+", "$SYS/a"},
		{"+/a", "/a"},
		{"+/a/#", "/a"},
		{"b/b/#", "b/b"},
		{"long-level-text/#", "long-level-text/b"},
		{"long-level-texT/#", ""},
	};
	struct store_fixture *s = *state;

	assert_string_equal(selected(s->store, "#"), "");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_int_equal(set(s->store, names[i]), 1);
	assert_int_equal(topic_store_len(s->store), sizeof(names) / sizeof(names[0]));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(selected(s->store, cases[i].filter), cases[i].want);
}

static void test_set_get_remove(void **state)
{
	struct store_fixture *s = *state;
	int one, two;
	void *old = NULL;

	assert_null(topic_store_get(s->store, text_of("a/b")));
	assert_null(topic_store_remove(s->store, text_of("a/b")));
	assert_int_equal(topic_store_set(s->store, text_of("a/b"), &one, &old), 1);
	assert_null(old);
	assert_ptr_equal(topic_store_get(s->store, text_of("a/b")), &one);
	assert_null(topic_store_get(s->store, text_of("a")));
	assert_null(topic_store_remove(s->store, text_of("a")));
	assert_int_equal(topic_store_set(s->store, text_of("a/b"), &two, &old), 0);
	assert_ptr_equal(old, &one);
	assert_int_equal(topic_store_len(s->store), 1);
	assert_int_equal(topic_store_set(s->store, text_of("a"), &one, NULL), 1);
	assert_ptr_equal(topic_store_remove(s->store, text_of("a")), &one);
	assert_ptr_equal(topic_store_get(s->store, text_of("a/b")), &two);
	assert_ptr_equal(topic_store_remove(s->store, text_of("a/b")), &two);
	assert_null(topic_store_get(s->store, text_of("a/b")));
	assert_int_equal(topic_store_len(s->store), 0);
}

static void test_limits(void **state)
{
	struct store_fixture *s = *state;
	struct topic_store_cursor cursor;
	char levels[TOPIC_LEVELS_MAX + 1], *text = malloc(UINT16_MAX + 1);
	struct topic_text name = {levels, TOPIC_LEVELS_MAX - 1}; /* so many '/' */
	struct topic_text large = {text, UINT16_MAX};

	assert_non_null(text);
	memset(levels, '/', sizeof(levels));
	memset(text, 'x', UINT16_MAX + 1);
	assert_int_equal(topic_store_set(s->store, name, levels, NULL), 1);
	assert_ptr_equal(topic_store_get(s->store, name), levels);
	assert_int_equal(topic_store_open(s->store, &cursor, name), 0);
	topic_store_close(&cursor);
	assert_ptr_equal(topic_store_remove(s->store, name), levels);
	name.bytes++;
	assert_int_equal(topic_store_set(s->store, name, levels, NULL), -EINVAL);
	assert_int_equal(topic_store_open(s->store, &cursor, name), -EINVAL);
	assert_int_equal(topic_store_match(s->store, name, keep, NULL), -EINVAL);
	assert_int_equal(topic_store_set(s->store, large, text, NULL), 1);
	assert_ptr_equal(topic_store_get(s->store, large), text);
	large.bytes++;
	assert_int_equal(topic_store_set(s->store, large, text, NULL), -EINVAL);
	assert_int_equal(topic_store_len(s->store), 1);
	free(text);
}

struct stopping {
	unsigned shown, until;
	void *last;
};

static bool stop_at(void *context, void *value)
{
	struct stopping *stopping = context;

	stopping->last = value;
	if (stopping->shown == stopping->until)
		return false;
	stopping->shown++;
	return true;
}

/* A visit that answers false meets the same name next time; a step ends after so many nodes. */
static void test_steps(void **state)
{
	struct store_fixture *s = *state;
	struct topic_store_cursor cursor;
	struct stopping stopping = {0};
	char names[40][16];
	void *refused;

	for (unsigned i = 0; i < 40; i++) {
		snprintf(names[i], sizeof(names[i]), "n/%u/t", i);
		assert_int_equal(set(s->store, names[i]), 1);
	}
	assert_int_equal(topic_store_open(s->store, &cursor, text_of("n/+/t")), 0);
	stopping.until = 5;
	assert_false(topic_store_step(&cursor, 1000, stop_at, &stopping));
	assert_int_equal(stopping.shown, 5);
	refused = stopping.last;
	stopping.until = 6;
	assert_false(topic_store_step(&cursor, 1, stop_at, &stopping));
	assert_ptr_equal(stopping.last, refused);
	stopping.until = 100;
	for (unsigned i = 0; i < 34; i++) {
		assert_int_equal(stopping.shown, 6 + i);
		assert_int_equal(topic_store_step(&cursor, 2, stop_at, &stopping), i == 33);
	}
	assert_int_equal(stopping.shown, 40);
	topic_store_close(&cursor);

	/* Names that the filter does not reach are not looked at. */
	assert_int_equal(topic_store_open(s->store, &cursor, text_of("n/7/#")), 0);
	stopping = (struct stopping){.until = 100};
	assert_true(topic_store_step(&cursor, 3, stop_at, &stopping));
	assert_int_equal(stopping.shown, 1);
	topic_store_close(&cursor);
}

static bool remove_shown(void *context, void *value)
{
	struct topic_store *store = context;

	assert_ptr_equal(topic_store_remove(store, text_of(value)), value);
	return true;
}

/* What a walk shows may be removed at once, also by two walks in turn. */
static void test_remove_what_is_shown(void **state)
{
	struct store_fixture *s = *state;
	char names[60][16];
	struct topic_store_cursor first, second;

	for (unsigned i = 0; i < 60; i++) {
		static const char *const tails[] = {"", "/t", "/u"};

		snprintf(names[i], sizeof(names[i]), "n/%u%s", i / 3, tails[i % 3]);
		assert_int_equal(set(s->store, names[i]), 1);
	}
	assert_int_equal(topic_store_open(s->store, &first, text_of("#")), 0);
	assert_int_equal(topic_store_open(s->store, &second, text_of("n/+/#")), 0);
	for (bool is_first_done = false, is_second_done = false;
		!is_first_done || !is_second_done;) {
		is_first_done = topic_store_step(&first, 1, remove_shown, s->store);
		is_second_done = topic_store_step(&second, 2, remove_shown, s->store);
	}
	topic_store_close(&first);
	topic_store_close(&second);
	assert_int_equal(topic_store_len(s->store), 0);
	assert_string_equal(selected(s->store, "#"), "");
}

/* At every place where memory can fail, the store stays as it was. */
static void test_no_memory(void **state)
{
	static char there[] = "plant/line/3", wanted[] = "plant/a-long-level/another-long-level/x";
	struct store_fixture *s = *state;
	struct base_mem *mem = s->base->mem;
	unsigned failures = 0;
	size_t room = 0;

	assert_int_equal(set(s->store, there), 1);
	for (int rc = -ENOMEM; rc < 0; room += 16) {
		size_t used = base_mem_used(mem, MEM_CLASS);

		base_mem_limit(mem, MEM_CLASS, used + room);
		rc = set(s->store, wanted);
		base_mem_limit(mem, MEM_CLASS, 0);
		if (rc == 1)
			break;
		failures++;
		assert_int_equal(rc, -ENOMEM);
		assert_int_equal(topic_store_len(s->store), 1);
		assert_string_equal(selected(s->store, "#"), there);
	}
	assert_true(failures > 1);
	assert_ptr_equal(topic_store_get(s->store, text_of(wanted)), wanted);
	base_mem_limit(mem, MEM_CLASS, 1);
	assert_null(topic_store_new(mem, MEM_CLASS, 1));
	base_mem_limit(mem, MEM_CLASS, 0);
	for (room = 0;; room += 64) {
		struct topic_store *other;

		base_mem_limit(mem, MEM_CLASS, base_mem_used(mem, MEM_CLASS) + room);
		other = topic_store_new(mem, MEM_CLASS, 1);
		topic_store_free(other);
		if (other != NULL)
			break;
	}
	base_mem_limit(mem, MEM_CLASS, 0);
}

/* One walk of the model: names that were there all the time must be shown, and each but once. */
struct walk {
	struct topic_store_cursor cursor;
	struct model *m;
	unsigned filter;
	bool is_running;
	uint8_t seen[NAMES];
	bool stayed[NAMES]; /* since the walk began */
};

struct model {
	struct topic_store *store;
	char names[NAMES][TEXT_BYTES];
	char filters[FILTERS][TEXT_BYTES];
	bool matches[FILTERS][NAMES];
	bool there[NAMES];
	uint32_t len;
	uint64_t random;
	struct walk walks[WALKS];
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

static void draw_texts(struct model *m, char texts[][TEXT_BYTES], unsigned len, uint32_t kinds)
{
	static const char *const levels[] = {
		"", "a", "b", "c", "$x", "a-level-beyond-eight-bytes", "+", "#"};

	for (unsigned i = 0; i < len;) {
		uint32_t level_len = 1 + draw_below(&m->random, 4);
		const char *level = "";
		bool is_new = true;

		texts[i][0] = '\0';
		for (uint32_t k = 0; k < level_len && level[0] != '#'; k++) {
			level = levels[draw_below(&m->random, kinds)];
			append(texts[i], TEXT_BYTES, k > 0 ? "/" : "", level);
		}
		for (unsigned k = 0; k < i; k++)
			is_new = is_new && strcmp(texts[i], texts[k]) != 0;
		i += is_new && texts[i][0] != '\0';
	}
}

static bool on_walk(void *context, void *value)
{
	struct walk *w = context;
	size_t name = (size_t)((char(*)[TEXT_BYTES])value - w->m->names);

	assert_true(name < NAMES && w->m->there[name] && w->m->matches[w->filter][name]);
	if (draw_below(&w->m->random, 8) == 0)
		return false;
	/* A name that went and came again may be shown again. */
	assert_true(w->seen[name] == 0 || !w->stayed[name]);
	w->seen[name] = 1;
	return true;
}

static void walk_step(struct model *m, struct walk *w)
{
	if (!w->is_running) {
		w->m = m;
		w->filter = draw_below(&m->random, FILTERS);
		memset(w->seen, 0, sizeof(w->seen));
		memcpy(w->stayed, m->there, sizeof(w->stayed));
		assert_int_equal(
			topic_store_open(m->store, &w->cursor, text_of(m->filters[w->filter])), 0);
		w->is_running = true;
		return;
	}
	if (!topic_store_step(&w->cursor, draw_below(&m->random, 12), on_walk, w))
		return;
	topic_store_close(&w->cursor);
	w->is_running = false;
	for (unsigned i = 0; i < NAMES; i++)
		if (m->matches[w->filter][i] && w->stayed[i])
			assert_int_equal(w->seen[i], 1);
}

static void change_one(struct model *m, bool is_rising)
{
	unsigned i = draw_below(&m->random, NAMES);
	struct topic_text name = text_of(m->names[i]);
	void *old = NULL;

	if (draw_below(&m->random, 100) < (is_rising ? 75u : 30u)) {
		assert_int_equal(topic_store_set(m->store, name, m->names[i], &old), !m->there[i]);
		assert_ptr_equal(old, m->there[i] ? m->names[i] : NULL);
		m->len += !m->there[i];
		m->there[i] = true;
		return;
	}
	assert_ptr_equal(topic_store_remove(m->store, name), m->there[i] ? m->names[i] : NULL);
	m->len -= m->there[i];
	m->there[i] = false;
	for (unsigned w = 0; w < WALKS; w++)
		m->walks[w].stayed[i] = false;
}

static void test_against_model(void **state)
{
	struct store_fixture *s = *state;
	struct model *m = calloc(1, sizeof(*m));

	assert_non_null(m);
	m->store = s->store;
	m->random = 3;
	draw_texts(m, m->names, NAMES, 6);
	draw_texts(m, m->filters, FILTERS, 8);
	for (unsigned i = 0; i < FILTERS; i++)
		for (unsigned k = 0; k < NAMES; k++)
			m->matches[i][k] = model_match(m->filters[i], m->names[k]);
	for (unsigned i = 0; i < OPERATIONS; i++) {
		unsigned k = draw_below(&m->random, NAMES);

		change_one(m, i / 3000 % 2 == 0);
		assert_ptr_equal(topic_store_get(s->store, text_of(m->names[k])),
			m->there[k] ? m->names[k] : NULL);
		assert_int_equal(topic_store_len(s->store), m->len);
		walk_step(m, &m->walks[draw_below(&m->random, WALKS)]);
	}
	for (unsigned i = 0; i < NAMES; i++)
		if (m->there[i])
			assert_ptr_equal(
				topic_store_remove(s->store, text_of(m->names[i])), m->names[i]);
	for (unsigned w = 0; w < WALKS; w++)
		if (m->walks[w].is_running) {
			assert_true(topic_store_step(&m->walks[w].cursor, 1, on_walk, NULL));
			topic_store_close(&m->walks[w].cursor);
		}
	assert_string_equal(selected(s->store, "#"), "");
	free(m);
}

/* A branch that is empty again is gone: the same names take the same memory the next time. */
static void test_memory_is_used_again(void **state)
{
	struct store_fixture *s = *state;
	static char names[3000][32];
	size_t used = 0;

	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < 3000; i++) {
			snprintf(names[i], sizeof(names[i]), "site/%u/sensor-number-%u", i % 70, i);
			assert_int_equal(set(s->store, names[i]), 1);
		}
		/* Chance decides how many buckets of the table have others behind them. */
		if (round > 0)
			assert_in_range(base_mem_used(s->base->mem, MEM_CLASS), used - used / 32,
				used + used / 32);
		used = base_mem_used(s->base->mem, MEM_CLASS);
		for (unsigned i = 0; i < 3000; i++)
			assert_ptr_equal(topic_store_remove(s->store, text_of(names[i])), names[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_rules, setup, teardown),
		cmocka_unit_test_setup_teardown(test_set_get_remove, setup, teardown),
		cmocka_unit_test_setup_teardown(test_limits, setup, teardown),
		cmocka_unit_test_setup_teardown(test_steps, setup, teardown),
		cmocka_unit_test_setup_teardown(test_remove_what_is_shown, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_memory, setup, teardown),
		cmocka_unit_test_setup_teardown(test_against_model, setup, teardown),
		cmocka_unit_test_setup_teardown(test_memory_is_used_again, setup, teardown),
	};

	return cmocka_run_group_tests_name("topic_store", tests, NULL, NULL);
}
