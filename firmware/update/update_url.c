#include "update_url.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static bool is_clean(const char *text)
{
	for (; *text != '\0'; text++)
		if (*text <= ' ' || *text >= 0x7f)
			return false;
	return true;
}

static bool copy(char *out, size_t room, const char *text, size_t len)
{
	if (len >= room)
		return false;
	memcpy(out, text, len);
	out[len] = '\0';
	return true;
}

static bool is_port(const char *text, size_t len)
{
	unsigned value = 0;

	if (len == 0 || len >= UPDATE_PORT_MAX)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		value = value * 10 + (unsigned)(text[i] - '0');
	}
	return value > 0 && value <= 65535;
}

/* HOST[:PORT] */
static bool read_authority(struct update_url *out, const char *text, size_t len)
{
	const char *host = text, *end = text + len, *colon;
	size_t host_len;

	if (len == 0 || memchr(text, '@', len) != NULL)
		return false;
	if (text[0] == '[') {
		const char *bracket = memchr(text, ']', len);

		if (bracket == NULL)
			return false;
		host = text + 1;
		host_len = (size_t)(bracket - host);
		colon = bracket + 1 < end ? bracket + 1 : NULL;
	} else {
		colon = memchr(text, ':', len);
		host_len = colon ? (size_t)(colon - text) : len;
	}
	if (host_len == 0 || !copy(out->host, sizeof(out->host), host, host_len) ||
		!copy(out->authority, sizeof(out->authority), text, len))
		return false;
	if (colon == NULL)
		return copy(out->port, sizeof(out->port), out->is_tls ? "443" : "80",
			out->is_tls ? 3 : 2);
	return *colon == ':' && is_port(colon + 1, (size_t)(end - colon - 1)) &&
	       copy(out->port, sizeof(out->port), colon + 1, (size_t)(end - colon - 1));
}

bool update_url_parse(struct update_url *out, const char *text)
{
	size_t len;

	*out = (struct update_url){0};
	if (strlen(text) >= UPDATE_URL_MAX || !is_clean(text))
		return false;
	if (strncasecmp(text, "https://", 8) == 0)
		out->is_tls = true;
	else if (strncasecmp(text, "http://", 7) != 0)
		return false;
	text += out->is_tls ? 8 : 7;
	len = strcspn(text, "/?#");
	if (!read_authority(out, text, len))
		return false;
	text += len;
	/* What follows # is for readers, not for servers. */
	snprintf(out->path, sizeof(out->path), "%s%.*s", *text == '/' ? "" : "/",
		(int)strcspn(text, "#"), text);
	return true;
}

bool update_url_redirect(struct update_url *url, const char *location)
{
	char path[UPDATE_URL_MAX];
	struct update_url next;
	int len;

	if (strncasecmp(location, "http", 4) == 0 && strstr(location, "://") != NULL) {
		if (!update_url_parse(&next, location) || (url->is_tls && !next.is_tls))
			return false;
		*url = next;
		return true;
	}
	if (location[0] == '\0' || !is_clean(location) || strncmp(location, "//", 2) == 0)
		return false;
	if (location[0] == '/') {
		len = snprintf(path, sizeof(path), "%s", location);
	} else {
		/* Beside what was asked for. */
		size_t query = strcspn(url->path, "?");

		while (query > 0 && url->path[query - 1] != '/')
			query--;
		len = snprintf(path, sizeof(path), "%.*s%s", (int)query, url->path, location);
	}
	if (len >= UPDATE_URL_MAX)
		return false;
	memcpy(url->path, path, sizeof(path));
	return true;
}
