#ifndef CLI_PEER_H
#define CLI_PEER_H

#include <jansson.h>

/*
 * The other end of the socket: what sluicectl asks with.
 *
 * Layer:     cli (jansson)
 * Thread:    any; blocks
 * Ownership: cli_peer_open allocates, cli_peer_close frees; an answer is the caller's (json_decref)
 */

struct cli_peer;

/* NULL with errno set. */
struct cli_peer *cli_peer_open(const char *path) __attribute__((warn_unused_result));
void cli_peer_close(struct cli_peer *peer);

/* How long an answer may take from now on; 30 s at the start. */
void cli_peer_patience(struct cli_peer *peer, unsigned seconds);

/*
 * Sends one request, whose reference it takes over, and waits for the answer. NULL with errno set:
 * ECONNRESET when the server went away, EPROTO when the answer is not one, ETIMEDOUT.
 */
json_t *cli_peer_ask(struct cli_peer *peer, json_t *request) __attribute__((warn_unused_result));

#endif
