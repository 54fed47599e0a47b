#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shell_priv.h"

/* Tab and '?'. */

static struct shell_offer *fill(
	struct shell_reader *reader, enum shell_verdict *verdict, size_t *at)
{
	struct shell_offer *offer = calloc(1, sizeof(*offer));

	if (offer != NULL)
		*verdict = shell_offer_fill(
			offer, reader->arg, reader->edit.text, reader->edit.at, at);
	return offer;
}

static void list(struct shell *shell, const struct shell_offer *offer)
{
	static const struct shell_command listing = {.pattern = "help"};
	struct shell_call *call = malloc(sizeof(*call));

	if (call == NULL)
		return;
	shell_call_init(call, shell, &listing, NULL, 0);
	for (size_t i = 0; i < offer->len; i++)
		if (!shell_print(
			    call, "  %-20s %s", offer->offered[i].word, offer->offered[i].help))
			break;
	if (offer->is_cut)
		shell_print(call, "  ... and more; type the first letters");
	if (offer->len == 0)
		shell_print(call, "  nothing may stand here");
	free(call);
}

/* Bytes that all words have in common. */
static size_t common(const struct shell_offered *words, size_t len)
{
	size_t bytes = strlen(words[0].word);

	for (size_t i = 1; i < len; i++) {
		size_t same = 0;

		while (same < bytes && words[0].word[same] == words[i].word[same])
			same++;
		bytes = same;
	}
	while (bytes > 0 && ((unsigned char)words[0].word[bytes] & 0xc0) == 0x80)
		bytes--;
	return bytes;
}

/* The word at the cursor becomes `word`. */
static void replace(struct shell_reader *reader, size_t begin, const char *word, bool is_whole)
{
	char text[2 * SHELL_OFFER_WORD_MAX + 4];
	int len = shell_quote(text, sizeof(text) - 1, word);

	/* The quote of a beginning stays open. */
	if (!is_whole && text[0] == '"')
		text[--len] = '\0';
	if (is_whole)
		text[len++] = ' ';
	shell_edit_remove(&reader->edit, reader->edit.at - begin);
	shell_edit_insert(&reader->edit, text, (size_t)len);
}

/* Whether the line became longer by what all words share. */
static bool extend(struct shell_reader *reader, const struct shell_offer *offer)
{
	const struct shell_offered *words = offer->offered;
	char shared[SHELL_OFFER_WORD_MAX];
	size_t len = offer->len, bytes;

	while (len > 0 && words->is_hint) {
		words++;
		len--;
	}
	if (len == 0)
		return false;
	bytes = common(words, len);
	snprintf(shared, sizeof(shared), "%.*s", (int)bytes, words[0].word);
	if (len > 1 && bytes <= strlen(offer->prefix))
		return false;
	replace(reader, offer->begin, shared, len == 1);
	return true;
}

void shell_complete_tab(struct shell_reader *reader, bool again)
{
	enum shell_verdict verdict = SHELL_MATCHED;
	size_t at;
	struct shell_offer *offer = fill(reader, &verdict, &at);

	if (offer == NULL)
		return;
	if (verdict != SHELL_MATCHED) {
		shell_reader_leave_row(reader);
		shell_say_verdict(reader->arg, reader->edit.text, at, verdict);
	} else if (!extend(reader, offer) && again) {
		shell_reader_leave_row(reader);
		list(reader->arg, offer);
	}
	shell_offer_fini(offer);
	free(offer);
}

void shell_complete_help(struct shell_reader *reader)
{
	enum shell_verdict verdict = SHELL_MATCHED;
	size_t at;
	struct shell_offer *offer = fill(reader, &verdict, &at);

	if (offer == NULL)
		return;
	if (offer->words.fault == SHELL_WORDS_OPEN_QUOTE) {
		shell_edit_insert(&reader->edit, "?", 1);
	} else {
		shell_reader_leave_row(reader);
		if (verdict != SHELL_MATCHED)
			shell_say_verdict(reader->arg, reader->edit.text, at, verdict);
		else
			list(reader->arg, offer);
	}
	shell_offer_fini(offer);
	free(offer);
}
