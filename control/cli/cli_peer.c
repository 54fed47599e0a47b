#include "cli_peer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum { ANSWER_SECONDS = 30 };

struct cli_peer {
	int fd;
	FILE *in;
	char *line;
	size_t line_room;
};

static int dial(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const struct timeval patience = {.tv_sec = ANSWER_SECONDS};
	int fd, error;

	if (strlen(path) >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(address.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) == 0 &&
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) == 0 &&
		connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

/*
 * A read with a timeout is interrupted when the process is stopped and goes on (Ctrl-Z and fg, a debugger), and the
 * kernel does not take it up again as others.
 */
static ssize_t read_socket(void *cookie, char *out, size_t room)
{
	struct cli_peer *peer = cookie;
	ssize_t n;

	do
		n = read(peer->fd, out, room);
	while (n < 0 && errno == EINTR);
	return n;
}

struct cli_peer *cli_peer_open(const char *path)
{
	struct cli_peer *peer = calloc(1, sizeof(*peer));

	if (peer == NULL)
		return NULL;
	peer->fd = dial(path);
	if (peer->fd >= 0)
		peer->in = fopencookie(peer, "r", (cookie_io_functions_t){.read = read_socket});
	if (peer->in == NULL) {
		int error = errno;

		cli_peer_close(peer);
		errno = error;
		return NULL;
	}
	return peer;
}

void cli_peer_close(struct cli_peer *peer)
{
	if (peer->in != NULL)
		fclose(peer->in);
	if (peer->fd >= 0)
		close(peer->fd);
	free(peer->line);
	free(peer);
}

void cli_peer_patience(struct cli_peer *peer, unsigned seconds)
{
	const struct timeval patience = {.tv_sec = seconds};

	(void)setsockopt(peer->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	(void)setsockopt(peer->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
}

static int send_all(int fd, const char *bytes, size_t left)
{
	while (left > 0) {
		ssize_t n = send(fd, bytes, left, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		bytes += n;
		left -= (size_t)n;
	}
	return 0;
}

static int send_request(struct cli_peer *peer, json_t *request)
{
	char *line = json_dumps(request, JSON_COMPACT);
	int rc;

	json_decref(request);
	if (line == NULL) {
		errno = EINVAL; /* an argument that is not UTF-8 */
		return -1;
	}
	rc = send_all(peer->fd, line, strlen(line));
	if (rc == 0)
		rc = send_all(peer->fd, "\n", 1);
	free(line);
	return rc;
}

json_t *cli_peer_ask(struct cli_peer *peer, json_t *request)
{
	ssize_t bytes;
	json_t *answer;

	if (send_request(peer, request) < 0)
		return NULL;
	errno = 0;
	bytes = getline(&peer->line, &peer->line_room, peer->in);
	if (bytes <= 0) {
		if (errno == EAGAIN)
			errno = ETIMEDOUT;
		else if (errno == 0)
			errno = ECONNRESET;
		return NULL;
	}
	answer = json_loadb(peer->line, (size_t)bytes, 0, NULL);
	if (!json_is_object(answer)) {
		json_decref(answer);
		errno = EPROTO;
		return NULL;
	}
	return answer;
}
