#include "revision_candidate.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "revision_candidate_priv.h"
#include "revision_plan.h"

static void ignore(void *arg, const char *line)
{
	(void)arg;
	(void)line;
}

struct revision_candidate *revision_candidate_new(const struct revision_place *place, char *fault)
{
	struct revision_candidate *candidate = calloc(1, sizeof(*candidate));

	if (candidate == NULL) {
		revision_fault(
			fault, -ENOMEM, "cannot edit the configuration: %s", strerror(ENOMEM));
		return NULL;
	}
	candidate->place = *place;
	revision_state_read(place, &candidate->base, ignore, NULL);
	candidate->keys = candidate->base.keys;
	return candidate;
}

void revision_candidate_free(struct revision_candidate *candidate)
{
	free(candidate);
}

int revision_candidate_set(
	struct revision_candidate *candidate, const char *path, const char *text, char *fault)
{
	return revision_keys_set(&candidate->keys, path, text, fault);
}

int revision_candidate_delete(struct revision_candidate *candidate, const char *path, char *fault)
{
	return revision_keys_delete(&candidate->keys, path, fault);
}

bool revision_candidate_is_changed(const struct revision_candidate *candidate)
{
	return !revision_keys_are_equal(&candidate->base.keys, &candidate->keys);
}

int revision_candidate_discard(struct revision_candidate *candidate, char *fault)
{
	(void)fault;
	revision_state_read(&candidate->place, &candidate->base, ignore, NULL);
	candidate->keys = candidate->base.keys;
	return 0;
}

/* The first fault is what the user reads. */
struct first_line {
	char *fault;
	unsigned lines;
};

static void keep_first(void *arg, const char *line)
{
	struct first_line *first = arg;

	if (first->lines++ == 0)
		revision_fault(first->fault, 0, "%s", line);
}

int revision_candidate_load_file(
	struct revision_candidate *candidate, const char *path, char *fault)
{
	struct first_line first = {.fault = fault};
	struct revision_keys keys;
	int rc = revision_file_read(path, &keys, NULL, keep_first, &first);

	if (rc == 0)
		candidate->keys = keys;
	else if (first.lines > 1)
		snprintf(fault + strlen(fault), REVISION_FAULT_MAX - strlen(fault),
			" (and %u more)", first.lines - 1);
	return rc;
}

int revision_candidate_rollback(struct revision_candidate *candidate, unsigned back, char *fault)
{
	char path[REVISION_FILE_PATH_MAX];
	int rc = revision_find(&candidate->place, back, path, fault);

	return rc == 0 ? revision_candidate_load_file(candidate, path, fault) : rc;
}

/* The file of a saved copy. */
static int saved_path(const struct revision_candidate *candidate, const char *name,
	char path[REVISION_FILE_PATH_MAX], char *fault)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
	size_t bytes = strlen(name);

	if (bytes == 0 || bytes >= REVISION_NAME_MAX || name[0] == '.' ||
		strspn(name, allowed) != bytes)
		return revision_fault(fault, -EINVAL,
			"expected a name of 1 to %d letters, digits, '_', '-' or '.', found "
			"\"%.80s\"",
			REVISION_NAME_MAX - 1, name);
	snprintf(path, REVISION_FILE_PATH_MAX, "%s/" REVISION_SAVED "/%s" REVISION_SUFFIX,
		candidate->place.dir, name);
	return 0;
}

int revision_candidate_load(struct revision_candidate *candidate, const char *name, char *fault)
{
	char path[REVISION_FILE_PATH_MAX];
	int rc = saved_path(candidate, name, path, fault);

	return rc == 0 ? revision_candidate_load_file(candidate, path, fault) : rc;
}

int revision_candidate_save(struct revision_candidate *candidate, const char *name, char *fault)
{
	char path[REVISION_FILE_PATH_MAX], *text;
	struct revision_info info;
	int lock, rc = saved_path(candidate, name, path, fault);

	if (rc != 0)
		return rc;
	revision_info_init(&info, 0, "", name);
	text = revision_text_new(&candidate->keys, &info);
	if (text == NULL)
		return revision_fault(fault, -ENOMEM, "cannot save: %s", strerror(ENOMEM));
	lock = revision_disk_lock(candidate->place.dir, fault);
	rc = lock < 0 ? lock : revision_disk_write(path, text, fault);
	free(text);
	if (lock >= 0)
		revision_disk_unlock(lock);
	return rc;
}

const struct config *revision_candidate_config(const struct revision_candidate *candidate)
{
	return &candidate->keys.config;
}

struct search {
	const char *path;
	char *out;
	bool is_found, is_set;
};

static void find_path(void *arg, const struct revision_entry *entry)
{
	struct search *search = arg;

	if (strcmp(entry->path, search->path) != 0)
		return;
	search->is_found = true;
	search->is_set = entry->is_set;
	snprintf(search->out, CONFIG_VALUE_MAX, "%s", config_key_shown(entry->key, entry->text));
}

/* "unknown key; did you mean ...", as config says it. */
static int unknown(const char *path, char *fault)
{
	char what[CONFIG_FAULT_MAX];
	struct config scratch;

	config_init(&scratch);
	if (config_set(&scratch, path, "\x01", what) == 0 || strncmp(what, "unknown", 7) != 0)
		snprintf(what, sizeof(what), "there is no such listener");
	return revision_fault(fault, -ENOENT, "%s: %s", path, what);
}

int revision_candidate_get(const struct revision_candidate *candidate, const char *path, char *out,
	bool *is_set, char *fault)
{
	struct revision_keys keys = candidate->keys;
	struct search search = {.path = path, .out = out};
	void *base;
	const struct config_key *key = config_find(&keys.config, path, false, &base);

	if (key != NULL && base == &keys.config)
		search.path = key->path; /* not an alias */
	revision_keys_each(&keys, find_path, &search);
	*is_set = search.is_set;
	return search.is_found ? 0 : unknown(path, fault);
}

struct listing {
	const char *section;
	config_each_fn *each;
	void *arg;
	unsigned found;
};

static void list_entry(void *arg, const struct revision_entry *entry)
{
	struct listing *listing = arg;

	if (listing->section != NULL && !revision_is_in_section(entry->path, listing->section))
		return;
	listing->found++;
	if (entry->is_set && listing->each != NULL)
		listing->each(listing->arg, entry->path, config_key_shown(entry->key, entry->text),
			entry->key);
}

int revision_candidate_each(const struct revision_candidate *candidate, const char *section,
	config_each_fn *each, void *arg, char *fault)
{
	struct listing listing = {.section = section, .each = each, .arg = arg};

	revision_keys_each(&candidate->keys, list_entry, &listing);
	return listing.found > 0 ? 0 : unknown(section, fault);
}

int revision_candidate_show(const struct revision_candidate *candidate, const char *section,
	config_line_fn *line, void *arg, char *fault)
{
	int rc = revision_candidate_each(candidate, section, NULL, NULL, fault);

	if (rc == 0)
		revision_text_show(&candidate->keys, section, line, arg);
	return rc;
}

int revision_candidate_compare(const struct revision_candidate *candidate, unsigned back,
	config_line_fn *line, void *arg, char *fault)
{
	struct first_line first = {.fault = fault};
	struct revision_state old;
	int rc = 0;

	if (back == 0) {
		revision_state_read(&candidate->place, &old, ignore, NULL);
	} else {
		rc = revision_find(&candidate->place, back, old.path, fault);
		if (rc == 0)
			rc = revision_file_read(old.path, &old.keys, NULL, keep_first, &first);
	}
	return rc == 0 ? revision_compare(&old.keys, &candidate->keys, line, arg) : rc;
}
