#ifndef UPDATE_FETCH_H
#define UPDATE_FETCH_H

#include <stdbool.h>
#include <stdint.h>

#include "update_fault.h"
#include "update_source.h"

/*
 * Bundles from a server: GET of HTTP/1.1, over TCP or TLS.
 *
 * Layer:     update
 * Thread:    one; blocks
 * Ownership: see update_source.h
 */

enum {
	UPDATE_REDIRECTS_MAX = 5,
	UPDATE_ANSWER_HEAD_MAX = 16 * 1024, /* bytes of status and header lines */
	UPDATE_CHUNK_LINE_MAX = 64,
};

/*
 * Asks for the address. `ca_path` as for update_net_open. -EINVAL for what is no address; -ENOENT and the like with
 * the server's answer in the fault's text.
 */
int update_source_http(struct update_source *out, const char *address, const char *ca_path,
	struct update_fault *fault) __attribute__((warn_unused_result));

/* The head of an answer. */
struct update_answer {
	unsigned status; /* 200 */
	bool is_chunked;
	uint64_t bytes; /* UPDATE_BYTES_UNKNOWN when it does not say */
	char location[1024]; /* "" = none */
};

/* Reads a head without its empty line, NUL behind it; changes the text. -EBADMSG. */
int update_answer_parse(struct update_answer *out, char *text) __attribute__((warn_unused_result));

/* The line before a chunk, without its end: hexadecimal, perhaps with an extension. -EBADMSG. */
int update_chunk_parse(const char *line, uint64_t *bytes) __attribute__((warn_unused_result));

#endif
