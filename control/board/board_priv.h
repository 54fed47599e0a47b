#ifndef BOARD_PRIV_H
#define BOARD_PRIV_H

#include "board.h"
#include "config_file.h"
#include "config_key.h"

/*
 * What the files of board share.
 *
 * Layer:  board
 * Thread: any; no state
 */

/* What a text must look like beyond being a text. No form allows a quote: values go into shell scripts. */
enum board_form {
	BOARD_FORM_NONE, /* the type says all */
	BOARD_FORM_ID,
	BOARD_FORM_TEXT,
	BOARD_FORM_MODULES,
	BOARD_FORM_CPUS,
	BOARD_FORM_TTY,
	BOARD_FORM_PMD,
	BOARD_FORM_DEVICE,
};

enum { BOARD_KEYS_MAX = 80 };

/*
 * A key: type, range and member as of a configuration's key. One with a preset may be left out of the file;
 * one without is wanted wherever its section is.
 */
struct board_key {
	struct config_key key;
	enum board_form form;
};

extern const struct board_key board_keys[];
extern const size_t board_key_len;

bool board_form_fits(enum board_form form, const char *text);
const char *board_form_expect(enum board_form form);

/* A load that is going on: where each key was set, by its position in the table; 0 = it was not. */
struct board_load {
	struct board *board;
	const char *name;
	struct config_report report;
	unsigned lines[BOARD_KEYS_MAX];
};

size_t board_key_find(const char *path); /* position, or board_key_len */

/* A fault of a key, with the line that it was set in. */
void board_fault(struct board_load *load, const char *path, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Hugepages that the board reserves, and those that a worker with such a heap and so many packet buffers takes. */
uint64_t board_pages_mb(const struct board *board);
uint64_t board_worker_mb(uint64_t heap_mb, uint64_t mbufs);

/* What must hold between keys, each of which is fine. */
void board_check(struct board_load *load);

#endif
