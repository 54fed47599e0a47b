#include "update_net.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "update_net_priv.h"
#include "update_tls.h"

struct update_net {
	int fd;
	struct update_tls *tls; /* NULL: without */
	char host[UPDATE_HOST_MAX];
};

/* 0, or an errno. */
static int wait_connected(int fd)
{
	struct pollfd wait = {.fd = fd, .events = POLLOUT};
	socklen_t bytes = sizeof(int);
	int ready, error = 0;

	do
		ready = poll(&wait, 1, UPDATE_CONNECT_SECONDS * 1000);
	while (ready < 0 && errno == EINTR);
	if (ready < 0)
		return errno;
	if (ready == 0)
		return ETIMEDOUT;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &bytes) != 0)
		return errno;
	return error;
}

/* A connected socket that blocks, up to its time limit; or the negative of an errno. */
static int dial_one(const struct addrinfo *address)
{
	const struct timeval patience = {.tv_sec = UPDATE_SILENCE_SECONDS};
	int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), error;

	if (fd < 0)
		return -errno;
	error = connect(fd, address->ai_addr, address->ai_addrlen) == 0 ? 0 : errno;
	if (error == EINPROGRESS)
		error = wait_connected(fd);
	if (error == 0 &&
		(fcntl(fd, F_SETFL, 0) != 0 ||
			setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) != 0 ||
			setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) != 0))
		error = errno;
	if (error == 0)
		return fd;
	close(fd);
	return -error;
}

/* Tries the name's addresses, one after the other. */
static int dial(const struct update_url *url, struct update_fault *fault)
{
	const struct addrinfo wish = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *addresses;
	int error = getaddrinfo(url->host, url->port, &wish, &addresses), fd = -EHOSTUNREACH;

	if (error != 0)
		return update_fail(fault, -EHOSTUNREACH,
			"cannot find the address of %s: %s; check mgmt.dns and the management "
			"port's cable",
			url->host, gai_strerror(error));
	for (struct addrinfo *at = addresses; at != NULL && fd < 0; at = at->ai_next)
		fd = dial_one(at);
	freeaddrinfo(addresses);
	if (fd < 0)
		return update_fail(fault, fd,
			"cannot connect to %s port %s: %s; check the server and the addresses of "
			"the management port",
			url->host, url->port, strerror(-fd));
	return fd;
}

int update_net_open(struct update_net **out, const struct update_url *url, const char *ca_path,
	struct update_fault *fault)
{
	struct update_net *net = calloc(1, sizeof(*net));
	int error = 0;

	if (net == NULL)
		return update_fail(fault, -ENOMEM, "no memory left to connect to %s", url->host);
	memcpy(net->host, url->host, sizeof(net->host));
	net->fd = dial(url, fault);
	if (net->fd < 0)
		error = net->fd;
	else if (url->is_tls)
		error = update_tls_open(&net->tls, net->fd, url->host, ca_path, fault);
	if (error != 0)
		update_net_close(net);
	else
		*out = net;
	return error;
}

ssize_t update_net_receive(int fd, void *out, size_t room)
{
	ssize_t got;

	do
		got = recv(fd, out, room, 0);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return errno == EAGAIN || errno == EWOULDBLOCK ? -ETIMEDOUT : -errno;
	return got;
}

ssize_t update_net_send(int fd, const void *data, size_t bytes)
{
	ssize_t put;

	do
		put = send(fd, data, bytes, MSG_NOSIGNAL);
	while (put < 0 && errno == EINTR);
	if (put < 0)
		return errno == EAGAIN || errno == EWOULDBLOCK ? -ETIMEDOUT : -errno;
	return put;
}

static int lost(const struct update_net *net, int error, struct update_fault *fault)
{
	return update_fail(fault, error, "the connection to %s was lost: %s; try again", net->host,
		strerror(-error));
}

ssize_t update_net_read(struct update_net *net, void *out, size_t room, struct update_fault *fault)
{
	ssize_t got = net->tls ? update_tls_read(net->tls, out, room)
			       : update_net_receive(net->fd, out, room);

	return got < 0 ? lost(net, (int)got, fault) : got;
}

int update_net_write(
	struct update_net *net, const void *data, size_t bytes, struct update_fault *fault)
{
	const char *at = data;

	while (bytes > 0) {
		ssize_t put = net->tls ? update_tls_write(net->tls, at, bytes)
				       : update_net_send(net->fd, at, bytes);

		if (put < 0)
			return lost(net, (int)put, fault);
		at += put;
		bytes -= (size_t)put;
	}
	return 0;
}

void update_net_close(struct update_net *net)
{
	update_tls_close(net->tls);
	if (net->fd >= 0)
		close(net->fd);
	free(net);
}
