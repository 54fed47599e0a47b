#ifndef UPDATE_URL_H
#define UPDATE_URL_H

#include <stdbool.h>

/*
 * Addresses of bundles: http://HOST[:PORT][/PATH] and https://..., HOST a name, an IPv4 address or [an IPv6 address].
 *
 * Layer:  update
 * Thread: any; pure
 */

enum { UPDATE_URL_MAX = 1024, UPDATE_HOST_MAX = 256, UPDATE_PORT_MAX = 6 };

struct update_url {
	bool is_tls;
	char host[UPDATE_HOST_MAX]; /* without brackets */
	char port[UPDATE_PORT_MAX];
	char authority[UPDATE_HOST_MAX + UPDATE_PORT_MAX + 2]; /* as written, for the Host line */
	char path[UPDATE_URL_MAX]; /* from its / on, with the query */
};

/* False when the text is no such address, too long, or holds a user name or anything that is not printable ASCII. */
bool update_url_parse(struct update_url *out, const char *text);

/*
 * Goes where a server sends: a whole address, or one on the same host ("/path", "path"). False when that is none, or
 * when it leads from TLS to none.
 */
bool update_url_redirect(struct update_url *url, const char *location);

#endif
