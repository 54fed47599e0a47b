#ifndef SHELL_KEY_H
#define SHELL_KEY_H

#include <stdbool.h>

/*
 * Keys out of bytes.
 *
 * Layer:  shell
 * Thread: any; no state but the decoder's
 *
 * Takes any byte at any time: what is no key and no text (NULs, unknown control characters, broken UTF-8, unknown
 * escape sequences) gives SHELL_KEY_NONE and leaves nothing behind. CR, LF and CR LF are one Enter each.
 */

enum shell_key {
	SHELL_KEY_NONE,
	SHELL_KEY_TEXT, /* one character, in the decoder's text */
	SHELL_KEY_ENTER,
	SHELL_KEY_TAB,
	SHELL_KEY_LEFT,
	SHELL_KEY_RIGHT,
	SHELL_KEY_UP,
	SHELL_KEY_DOWN,
	SHELL_KEY_HOME,
	SHELL_KEY_END,
	SHELL_KEY_WORD_LEFT,
	SHELL_KEY_WORD_RIGHT,
	SHELL_KEY_BACKSPACE,
	SHELL_KEY_DELETE,
	SHELL_KEY_KILL_START, /* Ctrl-U: from the start of the line to here */
	SHELL_KEY_KILL_END, /* Ctrl-K */
	SHELL_KEY_KILL_WORD, /* Ctrl-W */
	SHELL_KEY_YANK, /* Ctrl-Y: what was killed last */
	SHELL_KEY_CLEAR, /* Ctrl-L */
	SHELL_KEY_CANCEL, /* Ctrl-C */
	SHELL_KEY_END_OF_INPUT, /* Ctrl-D: Delete when there is text */
	SHELL_KEY_LITERAL, /* Ctrl-V: the next character is text */
};

enum shell_key_state { SHELL_AT_TEXT, SHELL_AT_UTF8, SHELL_AT_ESCAPE, SHELL_AT_CSI, SHELL_AT_SS3 };

/* All zero at the start. */
struct shell_decoder {
	enum shell_key_state state;
	char text[5]; /* the character, with a NUL */
	unsigned text_bytes;
	unsigned text_left; /* bytes of the character that are to come */
	unsigned parameter; /* the first number of a sequence */
	unsigned modifier; /* the second */
	unsigned numbers; /* how many began */
	bool after_cr;
};

enum shell_key shell_key_feed(struct shell_decoder *decoder, unsigned char byte);

#endif
