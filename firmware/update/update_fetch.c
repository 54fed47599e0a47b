#include "update_fetch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "update_net.h"

enum { BUFFER_BYTES = UPDATE_ANSWER_HEAD_MAX };

struct fetch {
	struct update_net *net;
	struct update_url url;
	struct update_answer answer;
	uint64_t left; /* of the body or the chunk */
	bool is_in_chunks, is_ended;
	size_t start, end; /* what is unread in the buffer */
	char buffer[BUFFER_BYTES + 1];
};

static int strange(const struct fetch *fetch, struct update_fault *fault)
{
	return update_fail(fault, -EBADMSG, "%s port %s does not answer as HTTP says",
		fetch->url.host, fetch->url.port);
}

/* Reads more into the buffer. 0 also at the end: then *got is 0. */
static int fill(struct fetch *fetch, size_t *got, struct update_fault *fault)
{
	ssize_t bytes;

	if (fetch->start > 0) {
		memmove(fetch->buffer, fetch->buffer + fetch->start, fetch->end - fetch->start);
		fetch->end -= fetch->start;
		fetch->start = 0;
	}
	if (fetch->end == BUFFER_BYTES)
		return strange(fetch, fault);
	bytes = update_net_read(
		fetch->net, fetch->buffer + fetch->end, BUFFER_BYTES - fetch->end, fault);
	if (bytes < 0)
		return (int)bytes;
	*got = (size_t)bytes;
	fetch->end += (size_t)bytes;
	return 0;
}

/* The text up to `mark`, taken out of the buffer: *text is in it, NUL-terminated. `max` bounds the text. */
static int take_until(
	struct fetch *fetch, const char *mark, size_t max, char **text, struct update_fault *fault)
{
	size_t got = 1;

	for (;;) {
		char *begin = fetch->buffer + fetch->start;
		char *found = memmem(begin, fetch->end - fetch->start, mark, strlen(mark));
		int error;

		if (found != NULL && (size_t)(found - begin) < max) {
			*found = '\0';
			fetch->start = (size_t)(found - fetch->buffer) + strlen(mark);
			*text = begin;
			return memchr(begin, '\0', (size_t)(found - begin)) == NULL
				       ? 0
				       : strange(fetch, fault);
		}
		if (got == 0 || found != NULL || fetch->end - fetch->start >= max + strlen(mark))
			return strange(fetch, fault);
		error = fill(fetch, &got, fault);
		if (error != 0)
			return error;
	}
}

/* Sends the request and reads the answer's head. */
static int ask(struct fetch *fetch, const char *ca_path, struct update_fault *fault)
{
	char request[UPDATE_URL_MAX + UPDATE_HOST_MAX + 160], *head = NULL;
	int error, len;

	fetch->start = fetch->end = 0;
	error = update_net_open(&fetch->net, &fetch->url, ca_path, fault);
	if (error != 0)
		return error;
	len = snprintf(request, sizeof(request),
		"GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: sluice-firmware\r\nAccept: */*\r\n"
		"Accept-Encoding: identity\r\nConnection: close\r\n\r\n",
		fetch->url.path, fetch->url.authority);
	error = update_net_write(fetch->net, request, (size_t)len, fault);
	if (error == 0)
		error = take_until(fetch, "\r\n\r\n", UPDATE_ANSWER_HEAD_MAX, &head, fault);
	if (error == 0 && update_answer_parse(&fetch->answer, head) != 0)
		error = strange(fetch, fault);
	return error;
}

static bool is_redirect(unsigned status)
{
	return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/* Asks until an answer is no redirect. */
static int follow(struct fetch *fetch, const char *ca_path, struct update_fault *fault)
{
	for (unsigned hops = 0; hops <= UPDATE_REDIRECTS_MAX; hops++) {
		int error = ask(fetch, ca_path, fault);

		if (error != 0)
			return error;
		if (fetch->answer.status == 200)
			return 0;
		if (!is_redirect(fetch->answer.status))
			return update_fail(fault,
				fetch->answer.status == 404 ? -ENOENT : -EREMOTEIO,
				"%s answers %u to %s: check the address", fetch->url.host,
				fetch->answer.status, fetch->url.path);
		update_net_close(fetch->net);
		fetch->net = NULL;
		if (!update_url_redirect(&fetch->url, fetch->answer.location))
			return update_fail(fault, -EREMOTEIO,
				"%s sends on to where this box does not go: '%.200s'",
				fetch->url.host, fetch->answer.location);
	}
	return update_fail(fault, -ELOOP, "%s sends on more than %d times", fetch->url.host,
		UPDATE_REDIRECTS_MAX);
}

/* The next chunk's size. What may follow the last one, of size 0, is of no interest. */
static int next_chunk(struct fetch *fetch, struct update_fault *fault)
{
	char *line;
	int error = 0;

	if (fetch->is_in_chunks)
		error = take_until(fetch, "\r\n", 1, &line, fault);
	if (error == 0)
		error = take_until(fetch, "\r\n", UPDATE_CHUNK_LINE_MAX, &line, fault);
	if (error == 0 && update_chunk_parse(line, &fetch->left) != 0)
		error = strange(fetch, fault);
	fetch->is_in_chunks = true;
	fetch->is_ended = fetch->left == 0;
	return error;
}

static ssize_t fetch_read(void *state, void *out, size_t room, struct update_fault *fault)
{
	struct fetch *fetch = state;
	size_t bytes, got = 1;
	int error = 0;

	if (fetch->answer.is_chunked && fetch->left == 0 && !fetch->is_ended)
		error = next_chunk(fetch, fault);
	if (error != 0)
		return error;
	if (fetch->left == 0 || fetch->is_ended)
		return 0;
	if (fetch->start == fetch->end)
		error = fill(fetch, &got, fault);
	if (error != 0)
		return error;
	if (got == 0) {
		/* Without a length the end of the connection is the end of the body. */
		if (fetch->left == UPDATE_BYTES_UNKNOWN)
			return 0;
		return update_fail(fault, -ENODATA,
			"the server %s ended the connection before it had sent all: try again",
			fetch->url.host);
	}
	bytes = fetch->end - fetch->start;
	bytes = bytes < room ? bytes : room;
	bytes = bytes < fetch->left ? bytes : (size_t)fetch->left;
	memcpy(out, fetch->buffer + fetch->start, bytes);
	fetch->start += bytes;
	if (fetch->left != UPDATE_BYTES_UNKNOWN)
		fetch->left -= bytes;
	return (ssize_t)bytes;
}

static void fetch_close(void *state)
{
	struct fetch *fetch = state;

	if (fetch->net != NULL)
		update_net_close(fetch->net);
	free(fetch);
}

int update_source_http(struct update_source *out, const char *address, const char *ca_path,
	struct update_fault *fault)
{
	struct fetch *fetch = calloc(1, sizeof(*fetch));
	int error;

	if (fetch == NULL)
		return update_fail(fault, -ENOMEM, "no memory left to fetch %s", address);
	if (!update_url_parse(&fetch->url, address))
		error = update_fail(fault, -EINVAL,
			"'%.200s' is no address: expected http://HOST[:PORT]/PATH or https://...",
			address);
	else
		error = follow(fetch, ca_path, fault);
	if (error != 0) {
		fetch_close(fetch);
		return error;
	}
	fetch->left = fetch->answer.is_chunked ? 0 : fetch->answer.bytes;
	*out = (struct update_source){
		.read = fetch_read,
		.close = fetch_close,
		.state = fetch,
		.bytes = fetch->answer.bytes,
	};
	return 0;
}
