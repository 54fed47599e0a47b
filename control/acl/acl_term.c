#include "acl_term.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned read_node(struct acl_reader *r);

int acl_reader_init(struct acl_reader *r, const char *text, size_t text_bytes)
{
	*r = (struct acl_reader){
		.at = text, .end = text + text_bytes, .line_start = text, .line = 1};
	/* each string or atom takes one byte more than in the file, and at least one there */
	r->text = malloc(2 * text_bytes + 1);
	return r->text == NULL ? -ENOMEM : 0;
}

void acl_reader_fini(struct acl_reader *r)
{
	free(r->text);
	free(r->nodes);
}

static char peek(const struct acl_reader *r)
{
	return r->at < r->end ? *r->at : '\0';
}

static void take(struct acl_reader *r)
{
	if (*r->at++ == '\n') {
		r->line++;
		r->line_start = r->at;
	}
}

static void skip_space(struct acl_reader *r)
{
	while (r->at < r->end) {
		if (*r->at == '%') {
			while (r->at < r->end && *r->at != '\n')
				r->at++;
		} else if (isspace((unsigned char)*r->at)) {
			take(r);
		} else {
			return;
		}
	}
}

/* Remembers the first fault, at the character that comes next. */
static unsigned fail(struct acl_reader *r, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
static unsigned fail(struct acl_reader *r, const char *fmt, ...)
{
	va_list ap;

	if (r->fault[0] == '\0') {
		r->fault_line = r->line;
		r->fault_column = (unsigned)(r->at - r->line_start) + 1;
		va_start(ap, fmt);
		vsnprintf(r->fault, sizeof(r->fault), fmt, ap);
		va_end(ap);
	}
	return 0;
}

/* The next character, for a message. */
static unsigned unexpected(struct acl_reader *r, const char *expected)
{
	unsigned char c = (unsigned char)peek(r);

	if (r->at == r->end)
		return fail(r, "expected %s, found the end of the file", expected);
	if (c < 0x20 || c >= 0x7f)
		return fail(r, "expected %s, found the byte 0x%02x", expected, c);
	return fail(r, "expected %s, found '%c'", expected, c);
}

/* A new node at the next character; its position, or 0 without memory. */
static unsigned add_node(struct acl_reader *r, enum acl_kind kind)
{
	if (r->node_len + 1 >= r->node_room) {
		unsigned room = r->node_room ? r->node_room * 2 : 64;
		struct acl_node *nodes = realloc(r->nodes, room * sizeof(*nodes));

		if (nodes == NULL) {
			r->is_out_of_memory = true;
			return fail(r, "no memory");
		}
		r->nodes = nodes;
		r->node_room = room;
	}
	r->nodes[++r->node_len] = (struct acl_node){
		.kind = kind,
		.line = r->line,
		.column = (unsigned)(r->at - r->line_start) + 1,
	};
	return r->node_len;
}

/* Ends the text that was collected since `from`. */
static void set_text(struct acl_reader *r, unsigned node, size_t from)
{
	r->text[r->text_used] = '\0';
	r->nodes[node].text = r->text + from;
	r->nodes[node].text_bytes = r->text_used - from;
	r->text_used++;
}

/* "string" or 'atom'. */
static unsigned read_quoted(struct acl_reader *r, enum acl_kind kind)
{
	unsigned node = add_node(r, kind);
	char quote = *r->at;
	size_t from = r->text_used;

	if (node == 0)
		return 0;
	for (take(r); peek(r) != quote || r->at == r->end; take(r)) {
		char c = peek(r);

		if (r->at == r->end || c == '\n' || c == '\0')
			return fail(r, "expected a closing quote before the end of the line");
		if (c == '\\') {
			take(r);
			c = peek(r);
			if (c != '\\' && c != '"' && c != '\'')
				return fail(r, "expected \\\\, \\\" or \\' after the backslash");
		}
		r->text[r->text_used++] = c;
	}
	take(r);
	set_text(r, node, from);
	return node;
}

static unsigned read_atom(struct acl_reader *r)
{
	unsigned node = add_node(r, ACL_ATOM);
	size_t from = r->text_used;

	if (node == 0)
		return 0;
	while (isalnum((unsigned char)peek(r)) || peek(r) == '_' || peek(r) == '@')
		r->text[r->text_used++] = *r->at++;
	set_text(r, node, from);
	return node;
}

static unsigned read_integer(struct acl_reader *r)
{
	unsigned node = add_node(r, ACL_INTEGER);
	uint64_t number = 0;

	if (node == 0)
		return 0;
	for (; isdigit((unsigned char)peek(r)); r->at++) {
		if (number > UINT32_MAX)
			return fail(r, "the number is too large");
		number = number * 10 + (unsigned)(*r->at - '0');
	}
	r->nodes[node].number = number;
	return node;
}

/* Elements up to the closing bracket. */
static unsigned read_elements(struct acl_reader *r, enum acl_kind kind, char closing)
{
	const char expected[] = {'\'', ',', '\'', ' ', 'o', 'r', ' ', '\'', closing, '\'', '\0'};
	unsigned node = add_node(r, kind), last = 0, len = 0;

	if (node == 0)
		return 0;
	if (r->depth == ACL_DEPTH_MAX)
		return fail(r, "too many brackets in each other");
	r->depth++;
	take(r);
	skip_space(r);
	while (peek(r) != closing || r->at == r->end) {
		unsigned element = read_node(r);

		if (element == 0)
			return 0;
		if (last == 0)
			r->nodes[node].child = element;
		else
			r->nodes[last].next = element;
		last = element;
		len++;
		skip_space(r);
		if (peek(r) == closing)
			break;
		if (peek(r) != ',')
			return unexpected(r, expected);
		take(r);
		skip_space(r);
		if (peek(r) == closing)
			return unexpected(r, "an element after the comma");
	}
	take(r);
	r->depth--;
	r->nodes[node].len = len;
	return node;
}

static unsigned read_node(struct acl_reader *r)
{
	char c = peek(r);

	if (c == '{')
		return read_elements(r, ACL_TUPLE, '}');
	if (c == '[')
		return read_elements(r, ACL_LIST, ']');
	if (c == '"')
		return read_quoted(r, ACL_STRING);
	if (c == '\'')
		return read_quoted(r, ACL_ATOM);
	if (islower((unsigned char)c))
		return read_atom(r);
	if (isdigit((unsigned char)c))
		return read_integer(r);
	return unexpected(r, "'{', '[', a string, a word or a number");
}

/* Behind the next full stop that ends a line or stands before a blank, outside of strings and comments. */
static void skip_term(struct acl_reader *r)
{
	while (r->at < r->end) {
		char c = *r->at;

		if (c == '%') {
			skip_space(r);
			continue;
		}
		take(r);
		if (c == '.' && (r->at == r->end || isspace((unsigned char)*r->at)))
			return;
		if (c == '"' || c == '\'') {
			while (r->at < r->end && *r->at != c && *r->at != '\n') {
				if (*r->at == '\\' && r->at + 1 < r->end)
					r->at++;
				take(r);
			}
			if (peek(r) == c)
				take(r);
		}
	}
}

const struct acl_node *acl_term_read(struct acl_reader *r)
{
	unsigned node;

	r->node_len = 0;
	r->text_used = 0;
	r->depth = 0;
	r->fault[0] = '\0';
	skip_space(r);
	if (r->at == r->end)
		return NULL;
	node = read_node(r);
	if (node != 0) {
		skip_space(r);
		if (peek(r) == '.')
			r->at++;
		else
			node = unexpected(r, "'.' after the rule");
	}
	if (node == 0) {
		skip_term(r);
		return NULL;
	}
	return &r->nodes[node];
}

const struct acl_node *acl_node_first(const struct acl_reader *r, const struct acl_node *node)
{
	return node->child ? &r->nodes[node->child] : NULL;
}

const struct acl_node *acl_node_next(const struct acl_reader *r, const struct acl_node *node)
{
	return node->next ? &r->nodes[node->next] : NULL;
}

bool acl_node_is_atom(const struct acl_node *node, const char *name)
{
	return node->kind == ACL_ATOM && strcmp(node->text, name) == 0;
}

void acl_node_describe(const struct acl_node *node, char *out, size_t out_bytes)
{
	switch (node->kind) {
	case ACL_ATOM:
		snprintf(out, out_bytes, "%.60s", node->text);
		break;
	case ACL_STRING:
		snprintf(out, out_bytes, "\"%.60s\"", node->text);
		break;
	case ACL_INTEGER:
		snprintf(out, out_bytes, "%llu", (unsigned long long)node->number);
		break;
	case ACL_TUPLE:
		snprintf(out, out_bytes, "a tuple of %u", node->len);
		break;
	case ACL_LIST:
		snprintf(out, out_bytes, "a list of %u", node->len);
		break;
	}
}
