#include "init_line.h"

#include <stdio.h>
#include <string.h>

enum { CREDIT_LINE = 1000, NOTE_MS = 1000 };

#define CUT_NOTE " [cut]"

void init_lines_init(struct init_lines *lines, uint64_t now_ms)
{
	memset(lines, 0, sizeof(*lines));
	lines->credit = (uint64_t)INIT_LINE_BURST * CREDIT_LINE;
	lines->credited_ms = now_ms;
}

/* Whether one more line may pass. A millisecond earns a thousandth of the lines of a second. */
static bool take_credit(struct init_lines *lines, uint64_t now_ms)
{
	const uint64_t most = (uint64_t)INIT_LINE_BURST * CREDIT_LINE;

	lines->credit += (now_ms - lines->credited_ms) * INIT_LINE_RATE;
	lines->credited_ms = now_ms;
	if (lines->credit > most)
		lines->credit = most;
	if (lines->credit < CREDIT_LINE)
		return false;
	lines->credit -= CREDIT_LINE;
	return true;
}

static void end_line(struct init_lines *lines, init_line_fn *line, void *arg)
{
	if (lines->is_cut) {
		memcpy(lines->text + lines->used, CUT_NOTE, sizeof(CUT_NOTE));
		lines->used += sizeof(CUT_NOTE) - 1;
	}
	lines->text[lines->used] = '\0';
	line(arg, lines->text);
	lines->used = 0;
	lines->is_cut = false;
}

static void put_byte(struct init_lines *lines, char byte)
{
	static const char hex[] = "0123456789abcdef";
	unsigned char c = (unsigned char)byte;
	bool is_plain = (c >= 0x20 && c != 0x7f) || c == '\t';

	if (lines->is_cut || lines->used + (is_plain ? 1 : 4) > INIT_LINE_BYTES) {
		lines->is_cut = true;
		return;
	}
	if (is_plain) {
		lines->text[lines->used++] = byte;
		return;
	}
	lines->text[lines->used++] = '\\';
	lines->text[lines->used++] = 'x';
	lines->text[lines->used++] = hex[c >> 4];
	lines->text[lines->used++] = hex[c & 15];
}

void init_lines_feed(struct init_lines *lines, const char *data, size_t bytes, uint64_t now_ms,
	init_line_fn *line, void *arg)
{
	for (size_t i = 0; i < bytes; i++) {
		if (data[i] == '\r' && i + 1 < bytes && data[i + 1] == '\n')
			continue;
		if (data[i] != '\n') {
			put_byte(lines, data[i]);
			continue;
		}
		if (take_credit(lines, now_ms)) {
			end_line(lines, line, arg);
			continue;
		}
		lines->used = 0;
		lines->is_cut = false;
		lines->untold++;
		lines->dropped++;
	}
}

void init_lines_end(struct init_lines *lines, init_line_fn *line, void *arg)
{
	if (lines->used > 0)
		end_line(lines, line, arg);
	init_lines_tell(lines, UINT64_MAX, line, arg);
}

uint64_t init_lines_tell(struct init_lines *lines, uint64_t now_ms, init_line_fn *line, void *arg)
{
	char text[128];

	if (lines->untold == 0)
		return UINT64_MAX;
	if (now_ms < lines->told_ms + NOTE_MS)
		return lines->told_ms + NOTE_MS;
	snprintf(text, sizeof(text), "%llu lines were left out: it prints more than %d a second",
		(unsigned long long)lines->untold, INIT_LINE_RATE);
	line(arg, text);
	lines->untold = 0;
	lines->told_ms = now_ms;
	return UINT64_MAX;
}
