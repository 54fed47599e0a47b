#ifndef CLI_H
#define CLI_H

#include <stddef.h>

#include "cli_ops.h"

/*
 * The command server: requests of sluicectl over a Unix socket.
 *
 * Layer:     cli (base, config; libuv, jansson)
 * Thread:    control's loop
 * Ownership: cli_open allocates, cli_close frees once libuv has closed the handles; configuration and ops
 *            outlive it
 * Limits:    16 connections at once, requests of 64 KiB, pages of 500 entries. A client that does
 *            not read is not read from either.
 *
 * A request is one line of JSON, {"cmd": ["clients", "list"], "cursor": "0", "limit": 100}; an answer is one
 * line, {"ok": true, "result": ...} with "next" (a cursor) when a list goes on, or {"ok": false, "code":
 * "not_found", "error": "text"}. The commands are listed in cli_command.c.
 *
 * An answer that is not known yet (health) is given by cli_turn; until then its connection is not read from.
 */

struct uv_loop_s;
struct config;
struct cli;

struct cli_config {
	const char *socket; /* cli.socket */
	const struct config *config; /* what `config show` shows */
	const struct cli_ops *ops;
	void *arg; /* of ops */
};

/*
 * Listens; the socket's mode is 0600, and a socket that nobody listens on is replaced. On success *out is set.
 * Errors, each logged with the path: -EADDRINUSE when another process listens there, or what the system said.
 */
int cli_open(struct cli **out, struct uv_loop_s *loop, const struct cli_config *config)
	__attribute__((warn_unused_result));

/* Removes the socket and ends all connections; the loop must run on until its handles are closed. */
void cli_close(struct cli *cli);

/* Gives the answers that have become known. To be called in every turn of the loop. */
void cli_turn(struct cli *cli);

/* Another configuration is shown from now on. */
void cli_configure(struct cli *cli, const struct config *config);

/*
 * Answers one request at once, without socket or loop: `request` is one line without newline. The result is a line without
 * newline, from malloc; NULL when there is no memory. What is not known yet is refused with the code "pending".
 */
char *cli_answer(const struct cli_config *config, const char *request, size_t request_bytes)
	__attribute__((warn_unused_result));

#endif
