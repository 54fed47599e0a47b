#ifndef ACL_TERM_H
#define ACL_TERM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Erlang terms, as far as rules need them: atoms, strings, integers, tuples and lists.
 *
 * Layer:     acl
 * Thread:    any; no state
 * Ownership: a reader owns its nodes until acl_reader_fini; they are valid until the next term is read
 */

enum acl_kind { ACL_ATOM, ACL_STRING, ACL_INTEGER, ACL_TUPLE, ACL_LIST };

struct acl_node {
	enum acl_kind kind;
	unsigned line, column; /* from 1; a column is a byte */
	const char *text; /* atoms and strings, NUL-terminated; escapes are resolved */
	size_t text_bytes;
	uint64_t number;
	unsigned len; /* tuples and lists */
	unsigned child, next; /* positions in the reader's nodes; 0 = none */
};

enum { ACL_DEPTH_MAX = 16, ACL_FAULT_MAX = 256 };

struct acl_reader {
	const char *at, *end, *line_start;
	unsigned line, depth;
	struct acl_node *nodes; /* 0 is not used */
	unsigned node_len, node_room;
	char *text; /* of strings and atoms of one term: never longer than the file */
	size_t text_used;
	bool is_out_of_memory;
	unsigned fault_line, fault_column; /* where the fault is, after acl_term_read said so */
	char fault[ACL_FAULT_MAX];
};

int acl_reader_init(struct acl_reader *reader, const char *text, size_t text_bytes)
	__attribute__((warn_unused_result));
void acl_reader_fini(struct acl_reader *reader);

/*
 * Reads the next term and its full stop. Returns its node; NULL at the end of the text, with `fault` empty, or after a
 * fault, in which case the reader stands behind the next full stop.
 */
const struct acl_node *acl_term_read(struct acl_reader *reader) __attribute__((warn_unused_result));

/* The first element of a tuple or list, and the one after `node`; NULL at the end. */
const struct acl_node *acl_node_first(const struct acl_reader *reader, const struct acl_node *node);
const struct acl_node *acl_node_next(const struct acl_reader *reader, const struct acl_node *node);

bool acl_node_is_atom(const struct acl_node *node, const char *name);

/* The node for a message: an atom as it is, a string in quotes, "a list", ...; cut to fit. */
void acl_node_describe(const struct acl_node *node, char *out, size_t out_bytes);

#endif
