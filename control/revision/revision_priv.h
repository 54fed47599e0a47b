#ifndef REVISION_PRIV_H
#define REVISION_PRIV_H

#include <sys/types.h>

#include "config_file.h"
#include "revision.h"

/*
 * What the files of revision share.
 *
 * Layer:  revision
 * Thread: any; no state
 */

enum {
	REVISION_KEYS_MAX = 128, /* config_keys */
	REVISION_LISTENER_KEYS_MAX = 8, /* config_listener_keys */
	REVISION_PATH_MAX = 256, /* of a key, with the NUL */
	REVISION_TEXT_MAX = 1 << 20, /* bytes of a file */
	REVISION_NUMBER_MAX = 999999,
};

/* Says into `fault` what went wrong, and returns `error`. */
int revision_fault(char *fault, int error, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* One line to `report`. */
void revision_tell(config_line_fn *report, void *arg, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* ---- revision_keys.c: a configuration, and which of its keys were set ---- */

struct revision_keys {
	struct config config; /* a key that was not set has its default here */
	bool is_set[REVISION_KEYS_MAX]; /* by position in config_keys */
	bool is_listener_set[CONFIG_LISTENERS_MAX][REVISION_LISTENER_KEYS_MAX];
};

void revision_keys_init(struct revision_keys *keys);
int revision_keys_set(struct revision_keys *keys, const char *path, const char *text, char *fault)
	__attribute__((warn_unused_result));
int revision_keys_delete(struct revision_keys *keys, const char *path, char *fault)
	__attribute__((warn_unused_result));
/* Takes all entries of a file's text. */
void revision_keys_parse(struct revision_keys *keys, const char *name, const char *text,
	size_t text_bytes, struct config_report *report);

/* One key of one configuration, or of two side by side. */
struct revision_entry {
	const struct config_key *key;
	const char *path;
	const char *text, *other; /* "" = there is no such listener */
	bool is_set, is_other_set;
};
typedef void revision_entry_fn(void *arg, const struct revision_entry *entry);

/* Calls `each` with every key, in the file's order. */
void revision_keys_each(const struct revision_keys *keys, revision_entry_fn *each, void *arg);
/* Calls `each` with every key of either; `other` is b's. */
void revision_keys_pair(const struct revision_keys *a, const struct revision_keys *b,
	revision_entry_fn *each, void *arg);
/* The same keys are set, to the same. */
bool revision_keys_are_equal(const struct revision_keys *a, const struct revision_keys *b);
/* Whether `path` is in `section` (or is it). */
bool revision_is_in_section(const char *path, const char *section);

/* ---- revision_text.c: a revision as a file's text ---- */

/* The file; the caller frees it. NULL without memory. */
char *revision_text_new(const struct revision_keys *keys, const struct revision_info *info);
/* The keys of `section` (NULL = all) as the file has them, line by line; secrets are masked. */
void revision_text_show(
	const struct revision_keys *keys, const char *section, config_line_fn *line, void *arg);
/* A head's lines; all empty for a file without a head. */
void revision_text_head(const char *text, struct revision_info *info);
/* False when there is a checksum, and it is not that of the text. */
bool revision_text_is_whole(const char *text, size_t text_bytes);
/* Fills what of it comes from the caller and the clock. */
void revision_info_init(
	struct revision_info *info, unsigned number, const char *who, const char *why);

/* ---- revision_disk.c: files that a power cut leaves old or new ---- */

/* The whole file, ended by a NUL; the caller frees it. NULL with errno set. */
char *revision_disk_read(const char *path, size_t *bytes) __attribute__((warn_unused_result));
/* Replaces the file at `path`. */
int revision_disk_write(const char *path, const char *text, char *fault)
	__attribute__((warn_unused_result));
/* Replaces the file at `path` by a link to `target`, symbolic or to the file itself. */
int revision_disk_symlink(const char *path, const char *target, char *fault)
	__attribute__((warn_unused_result));
int revision_disk_link(const char *path, const char *target, char *fault)
	__attribute__((warn_unused_result));
/* 0 also when there is no such file. */
int revision_disk_remove(const char *path, char *fault) __attribute__((warn_unused_result));
/* Takes the lock of DIR, after making its folders; a descriptor for revision_disk_unlock. */
int revision_disk_lock(const char *dir, char *fault) __attribute__((warn_unused_result));
void revision_disk_unlock(int lock);
/* Removes what a write that was cut off has left in the folder. */
void revision_disk_clean(const char *folder);

/* ---- revision_file.c: the files of a place ---- */

#define REVISION_STARTUP "startup.conf"
#define REVISION_RUNNING "running.conf"
#define REVISION_PENDING "pending"
#define REVISION_HISTORY "history"
#define REVISION_SAVED "saved"
#define REVISION_SUFFIX ".conf"

/* DIR/NAME, or DIR/history/NUMBER.conf. */
void revision_path(
	const struct revision_place *place, const char *name, char path[REVISION_FILE_PATH_MAX]);
void revision_path_history(
	const struct revision_place *place, unsigned number, char path[REVISION_FILE_PATH_MAX]);
/* Reads a file; `keys` or `info` may be NULL. -ENOENT, -EBADMSG (damaged), -EINVAL (faults): all reported. */
int revision_file_read(const char *path, struct revision_keys *keys, struct revision_info *info,
	config_line_fn *report, void *arg) __attribute__((warn_unused_result));
/* Whether control would start with it, were it in DIR. */
bool revision_file_loads(
	const struct revision_place *place, const char *path, config_line_fn *report, void *arg);
/* The access rules that `config` names. 0 or an error, reported. */
int revision_file_check_rules(const struct revision_place *place, const struct config *config,
	config_line_fn *report, void *arg) __attribute__((warn_unused_result));
/* The numbers in the history, the highest first; at most `max` of them. Their number. */
unsigned revision_numbers(const struct revision_place *place, unsigned *numbers, unsigned max);
/* The file of `back` commits ago. */
int revision_find(const struct revision_place *place, unsigned back,
	char path[REVISION_FILE_PATH_MAX], char *fault) __attribute__((warn_unused_result));

/* What runs: its file, its head, and its keys (`keys` may be NULL). Never fails: at worst it is the defaults. */
struct revision_state {
	char path[REVISION_FILE_PATH_MAX];
	struct revision_info info;
	struct revision_keys keys;
};
void revision_state_read(const struct revision_place *place, struct revision_state *state,
	config_line_fn *report, void *arg);

/* ---- revision_write.c: a new revision on the disk; the caller holds the lock ---- */

/* Puts away what earlier commits that were cut off have left. */
void revision_recover(const struct revision_place *place);
/* A commit of `keys` over `running`; the number of the new revision. A fault that is told beside a number is a warning. */
int revision_write(const struct revision_place *place, const struct revision_state *running,
	const struct revision_keys *keys, struct revision_info *info, unsigned confirm_minutes,
	char *fault) __attribute__((warn_unused_result));

/* ---- revision_pending.c ---- */

struct revision_wait {
	unsigned number, previous;
	char boot[48];
	uint64_t deadline_ms; /* CLOCK_BOOTTIME of that boot */
	char who[REVISION_WHO_MAX];
};

/* 1 = a commit waits, 0 = none. A file that tells of another commit than startup.conf's is none. */
int revision_wait_read(const struct revision_place *place, struct revision_wait *wait)
	__attribute__((warn_unused_result));
int revision_wait_write(const struct revision_place *place, unsigned number, unsigned previous,
	unsigned minutes, const char *who, char *fault) __attribute__((warn_unused_result));
/* Its time is over, or it is another boot's. */
bool revision_wait_is_over(const struct revision_wait *wait);
/* The answer to who would confirm it then: -ETIME. */
int revision_wait_too_late(const struct revision_wait *wait, char *fault);
/* Commits the previous revision anew; the caller holds the lock. */
int revision_wait_revert(const struct revision_place *place, const struct revision_wait *wait,
	config_line_fn *report, void *arg, char *fault) __attribute__((warn_unused_result));

/* ---- revision_apply.c ---- */

/* place->socket, or what revision_socket says of `config`, which runs. Borrowed. */
const char *revision_socket_of(const struct revision_place *place, const struct config *config);

/* Tells the processes what changed from `before` to `after`. */
void revision_apply(const struct revision_place *place, const struct revision_keys *before,
	const struct revision_keys *after, bool no_restart, config_line_fn *report, void *arg);

/* Runs place->mgmt, which sets the management port up; what it says, and that it failed, is told. */
void revision_set_up_mgmt(const struct revision_place *place, config_line_fn *report, void *arg);

#endif
