#include "shell_key.h"

enum { ESC = 0x1b, DEL = 0x7f, NUMBER_LIMIT = 1000 };

static enum shell_key control_key(unsigned char byte)
{
	static const enum shell_key keys[32] = {
		['A' & 31] = SHELL_KEY_HOME,
		['B' & 31] = SHELL_KEY_LEFT,
		['C' & 31] = SHELL_KEY_CANCEL,
		['D' & 31] = SHELL_KEY_END_OF_INPUT,
		['E' & 31] = SHELL_KEY_END,
		['F' & 31] = SHELL_KEY_RIGHT,
		['H' & 31] = SHELL_KEY_BACKSPACE,
		['I' & 31] = SHELL_KEY_TAB,
		['J' & 31] = SHELL_KEY_ENTER,
		['K' & 31] = SHELL_KEY_KILL_END,
		['L' & 31] = SHELL_KEY_CLEAR,
		['M' & 31] = SHELL_KEY_ENTER,
		['N' & 31] = SHELL_KEY_DOWN,
		['P' & 31] = SHELL_KEY_UP,
		['U' & 31] = SHELL_KEY_KILL_START,
		['V' & 31] = SHELL_KEY_LITERAL,
		['W' & 31] = SHELL_KEY_KILL_WORD,
		['Y' & 31] = SHELL_KEY_YANK,
	};

	return keys[byte & 31];
}

static enum shell_key letter_key(unsigned char byte, unsigned modifier)
{
	switch (byte) {
	case 'A':
		return SHELL_KEY_UP;
	case 'B':
		return SHELL_KEY_DOWN;
	case 'C':
		return modifier > 1 ? SHELL_KEY_WORD_RIGHT : SHELL_KEY_RIGHT;
	case 'D':
		return modifier > 1 ? SHELL_KEY_WORD_LEFT : SHELL_KEY_LEFT;
	case 'H':
		return SHELL_KEY_HOME;
	case 'F':
		return SHELL_KEY_END;
	default:
		return SHELL_KEY_NONE;
	}
}

/* ESC [ NUMBER ~ */
static enum shell_key number_key(unsigned number)
{
	switch (number) {
	case 1:
	case 7:
		return SHELL_KEY_HOME;
	case 3:
		return SHELL_KEY_DELETE;
	case 4:
	case 8:
		return SHELL_KEY_END;
	default:
		return SHELL_KEY_NONE;
	}
}

static enum shell_key feed_sequence(struct shell_decoder *decoder, unsigned char byte)
{
	unsigned *number = decoder->numbers == 0 ? &decoder->parameter : &decoder->modifier;

	if (byte >= '0' && byte <= '9') {
		if (*number < NUMBER_LIMIT)
			*number = *number * 10 + (byte - '0');
		return SHELL_KEY_NONE;
	}
	if (byte == ';') {
		decoder->numbers = 1;
		return SHELL_KEY_NONE;
	}
	if (byte < 0x40)
		return SHELL_KEY_NONE;
	decoder->state = SHELL_AT_TEXT;
	if (byte == '~')
		return number_key(decoder->parameter);
	return letter_key(byte, decoder->modifier);
}

static enum shell_key feed_escape(struct shell_decoder *decoder, unsigned char byte)
{
	decoder->state = SHELL_AT_TEXT;
	decoder->parameter = decoder->modifier = decoder->numbers = 0;
	switch (byte) {
	case '[':
		decoder->state = SHELL_AT_CSI;
		return SHELL_KEY_NONE;
	case 'O':
		decoder->state = SHELL_AT_SS3;
		return SHELL_KEY_NONE;
	case 'b':
		return SHELL_KEY_WORD_LEFT;
	case 'f':
		return SHELL_KEY_WORD_RIGHT;
	case DEL:
		return SHELL_KEY_KILL_WORD;
	default:
		return SHELL_KEY_NONE;
	}
}

static enum shell_key end_text(struct shell_decoder *decoder)
{
	decoder->text[decoder->text_bytes] = '\0';
	decoder->state = SHELL_AT_TEXT;
	return SHELL_KEY_TEXT;
}

/* The first byte of a character. C1 controls and overlong forms begin with C0 to C2 or are found by the second byte. */
static enum shell_key begin_text(struct shell_decoder *decoder, unsigned char byte)
{
	decoder->text[0] = (char)byte;
	decoder->text_bytes = 1;
	if (byte < 0x80)
		return end_text(decoder);
	if (byte < 0xc2 || byte > 0xf4)
		return SHELL_KEY_NONE;
	decoder->text_left = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
	decoder->state = SHELL_AT_UTF8;
	return SHELL_KEY_NONE;
}

/* Whether the second byte makes a character that there is: no overlong form, surrogate, or C1 control. */
static bool is_second(unsigned char first, unsigned char second)
{
	switch (first) {
	case 0xc2:
	case 0xe0:
		return second >= 0xa0;
	case 0xed:
		return second < 0xa0;
	case 0xf0:
		return second >= 0x90;
	case 0xf4:
		return second < 0x90;
	default:
		return true;
	}
}

static enum shell_key feed_text(struct shell_decoder *decoder, unsigned char byte)
{
	if (decoder->text_bytes == 1 && !is_second((unsigned char)decoder->text[0], byte)) {
		decoder->state = SHELL_AT_TEXT;
		return SHELL_KEY_NONE;
	}
	decoder->text[decoder->text_bytes++] = (char)byte;
	return --decoder->text_left == 0 ? end_text(decoder) : SHELL_KEY_NONE;
}

enum shell_key shell_key_feed(struct shell_decoder *decoder, unsigned char byte)
{
	bool after_cr = decoder->after_cr;

	decoder->after_cr = byte == '\r';
	if (byte == '\n' && after_cr)
		return SHELL_KEY_NONE;
	if (byte == ESC) {
		decoder->state = SHELL_AT_ESCAPE;
		return SHELL_KEY_NONE;
	}
	if (byte < 0x20) {
		decoder->state = SHELL_AT_TEXT;
		return control_key(byte);
	}
	switch (decoder->state) {
	case SHELL_AT_ESCAPE:
		return feed_escape(decoder, byte);
	case SHELL_AT_CSI:
	case SHELL_AT_SS3:
		return feed_sequence(decoder, byte);
	case SHELL_AT_UTF8:
		if ((byte & 0xc0) == 0x80)
			return feed_text(decoder, byte);
		decoder->state = SHELL_AT_TEXT;
		break;
	case SHELL_AT_TEXT:
		break;
	}
	return byte == DEL ? SHELL_KEY_BACKSPACE : begin_text(decoder, byte);
}
