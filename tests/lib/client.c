#include "client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PACKET_SIZE = 512 };

static int fail(const char *what)
{
	fprintf(stderr, "client: %s\n", what);
	return -1;
}

static struct wire_rules rules_of(const struct client *c)
{
	return (struct wire_rules){.version = c->version, .from = WIRE_FROM_SERVER};
}

static struct wire_str text_of(const char *text)
{
	return (struct wire_str){(const uint8_t *)text, (uint32_t)strlen(text)};
}

static int connect_to(const struct sockaddr *addr, socklen_t bytes)
{
	int one = 1, fd = socket(addr->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct timeval wait = {.tv_sec = CLIENT_WAIT_MS / 1000};

	if (fd < 0)
		return -1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
	if (connect(fd, addr, bytes) != 0) {
		perror("client: connect");
		close(fd);
		return -1;
	}
	return fd;
}

int client_open(struct client *c, const char *host, uint16_t port)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};

	memset(c, 0, sizeof(*c));
	c->next_id = 1;
	c->version = WIRE_V5;
	if (inet_pton(AF_INET, host, &v4.sin_addr) == 1)
		c->fd = connect_to((const struct sockaddr *)&v4, sizeof(v4));
	else if (inet_pton(AF_INET6, host, &v6.sin6_addr) == 1)
		c->fd = connect_to((const struct sockaddr *)&v6, sizeof(v6));
	else
		return fail("the host is not a numeric address");
	return c->fd < 0 ? -1 : 0;
}

int client_send(struct client *c, const void *data, size_t bytes)
{
	const uint8_t *at = data;

	while (bytes > 0) {
		ssize_t n = send(c->fd, at, bytes, MSG_NOSIGNAL);

		if (n <= 0)
			return -1;
		at += n;
		bytes -= (size_t)n;
	}
	return 0;
}

/* Reads what is there, waiting for at most `wait_ms`. Returns bytes, 0 at the end, -1. */
static int fill(struct client *c, int wait_ms)
{
	struct pollfd p = {.fd = c->fd, .events = POLLIN};
	ssize_t n;
	int ready;

	if (c->size - c->have < 65536) {
		c->size = c->size * 2 + 131072;
		c->buffer = realloc(c->buffer, c->size);
		if (c->buffer == NULL)
			abort();
	}
	do {
		ready = poll(&p, 1, wait_ms);
	} while (ready < 0 && errno == EINTR);
	if (ready != 1) {
		errno = EAGAIN;
		return -1;
	}
	n = recv(c->fd, c->buffer + c->have, c->size - c->have, 0);
	if (n > 0)
		c->have += (size_t)n;
	if (n < 0 && errno == EAGAIN)
		errno = EIO;
	return (int)n;
}

int client_next(struct client *c, const uint8_t **packet, int wait_ms)
{
	struct wire_frame frame;

	c->have -= c->used;
	if (c->used > 0)
		memmove(c->buffer, c->buffer + c->used, c->have);
	c->used = 0;
	for (;;) {
		int bytes = wire_frame_peek(c->buffer, c->have, &frame), got;

		if (bytes < 0)
			return fail(wire_error_text(bytes));
		if (bytes > 0 && (size_t)bytes <= c->have) {
			c->used = (size_t)bytes;
			*packet = c->buffer;
			return bytes;
		}
		got = fill(c, wait_ms);
		if (got <= 0)
			return got;
	}
}

int client_expect(struct client *c, enum wire_type type, const uint8_t **packet)
{
	int bytes = client_next(c, packet, CLIENT_WAIT_MS);

	if (bytes <= 0) {
		fprintf(stderr, "client: waited for %s, got %s\n", wire_type_name(type),
			bytes == 0 ? "the end" : strerror(errno));
		return -1;
	}
	if ((*packet)[0] >> 4 != type) {
		fprintf(stderr, "client: waited for %s, got %s\n", wire_type_name(type),
			wire_type_name((*packet)[0] >> 4));
		return -1;
	}
	return bytes;
}

int client_connect(struct client *c, const struct wire_connect *connect, bool *session_present)
{
	uint8_t buf[PACKET_SIZE * 8];
	const uint8_t *packet;
	struct wire_connack connack;
	int bytes = wire_connect_encode(buf, sizeof(buf), connect);

	c->version = connect->version;
	if (bytes < 0 || client_send(c, buf, (size_t)bytes) < 0)
		return fail("cannot send CONNECT");
	bytes = client_expect(c, WIRE_CONNACK, &packet);
	if (bytes < 0 || wire_connack_decode(&connack, rules_of(c), packet, (size_t)bytes) < 0)
		return fail("no CONNACK");
	if (session_present != NULL)
		*session_present = connack.session_present;
	return connack.reason;
}

int client_start(struct client *c, uint8_t version, const char *client_id, bool clean_start,
	uint32_t session_expiry_s)
{
	const char *host = getenv("SLUICE_HOST");
	struct wire_connect connect = {
		.version = version,
		.clean_start = clean_start,
		.keepalive_s = 60,
		.client_id = text_of(client_id),
	};

	if (version == WIRE_V5 && session_expiry_s > 0) {
		connect.props.session_expiry_s = session_expiry_s;
		wire_props_mark(&connect.props, WIRE_PROP_SESSION_EXPIRY);
	}
	if (client_open(c, host != NULL ? host : "198.18.0.2", 1883) < 0)
		return -1;
	return client_connect(c, &connect, NULL);
}

int client_subscribe(struct client *c, const char *filter, uint8_t qos)
{
	uint8_t buf[PACKET_SIZE];
	struct wire_subscription s = {.filter = text_of(filter), .qos = qos};
	struct wire_suback suback;
	const uint8_t *packet;
	int bytes = wire_subscribe_encode(buf, sizeof(buf), c->version, c->next_id++, NULL, &s, 1);

	if (bytes < 0 || client_send(c, buf, (size_t)bytes) < 0)
		return fail("cannot send SUBSCRIBE");
	bytes = client_expect(c, WIRE_SUBACK, &packet);
	if (bytes < 0 || wire_suback_decode(&suback, rules_of(c), packet, (size_t)bytes) < 0 ||
		suback.codes.bytes != 1)
		return fail("no SUBACK with one code");
	return suback.codes.data[0];
}

static int send_ack(struct client *c, enum wire_type type, uint16_t packet_id)
{
	uint8_t buf[PACKET_SIZE];
	struct wire_ack ack = {.type = (uint8_t)type, .packet_id = packet_id};
	int bytes = wire_ack_encode(buf, sizeof(buf), c->version, &ack, 0);

	return bytes < 0 ? -1 : client_send(c, buf, (size_t)bytes);
}

/* The acknowledgement of `packet_id` of this type. Returns its reason or -1. */
static int expect_ack(struct client *c, enum wire_type type, uint16_t packet_id)
{
	struct wire_ack ack;
	const uint8_t *packet;
	int bytes = client_expect(c, type, &packet);

	if (bytes < 0 || wire_ack_decode(&ack, rules_of(c), packet, (size_t)bytes) < 0)
		return fail("no acknowledgement");
	if (ack.packet_id != packet_id)
		return fail("acknowledgement of another packet identifier");
	return ack.reason;
}

int client_publish(struct client *c, const char *topic, const void *payload, size_t bytes,
	uint8_t qos, bool retain)
{
	uint8_t buf[PACKET_SIZE];
	struct wire_publish_out out = {
		.version = c->version,
		.qos = qos,
		.retain = retain,
		.packet_id = qos > 0 ? c->next_id++ : 0,
		.topic = text_of(topic),
		.payload_bytes = (uint32_t)bytes,
	};
	int header = wire_publish_header_encode(buf, sizeof(buf), &out), reason;

	if (header < 0 || client_send(c, buf, (size_t)header) < 0 ||
		client_send(c, payload, bytes) < 0)
		return fail("cannot send PUBLISH");
	if (qos == 0)
		return 0;
	if (qos == 1)
		return expect_ack(c, WIRE_PUBACK, out.packet_id);
	reason = expect_ack(c, WIRE_PUBREC, out.packet_id);
	if (reason < 0 || reason >= 0x80)
		return reason;
	if (send_ack(c, WIRE_PUBREL, out.packet_id) < 0)
		return -1;
	return expect_ack(c, WIRE_PUBCOMP, out.packet_id);
}

int client_receive(struct client *c, struct wire_publish *publish)
{
	const uint8_t *packet;
	int bytes = client_expect(c, WIRE_PUBLISH, &packet);

	if (bytes < 0 || wire_publish_decode(publish, rules_of(c), packet, (size_t)bytes) < 0)
		return fail("no PUBLISH");
	if (publish->qos == 1 && send_ack(c, WIRE_PUBACK, publish->packet_id) < 0)
		return fail("cannot send PUBACK");
	if (publish->qos == 2 && send_ack(c, WIRE_PUBREC, publish->packet_id) < 0)
		return fail("cannot send PUBREC");
	return bytes;
}

bool client_is_closed_by_peer(struct client *c)
{
	for (;;) {
		const uint8_t *packet;
		int bytes = client_next(c, &packet, CLIENT_WAIT_MS);

		if (bytes == 0 || (bytes < 0 && errno != EAGAIN))
			return true;
		if (bytes < 0)
			return false;
	}
}

void client_stop(struct client *c)
{
	uint8_t buf[PACKET_SIZE];
	struct wire_disconnect disconnect = {0};
	int bytes = wire_disconnect_encode(buf, sizeof(buf), c->version, &disconnect, 0);

	if (bytes > 0 && client_send(c, buf, (size_t)bytes) < 0)
		fail("cannot send DISCONNECT");
	client_abort(c, false);
}

void client_abort(struct client *c, bool reset)
{
	struct linger linger = {.l_onoff = 1};

	if (reset)
		setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	close(c->fd);
	free(c->buffer);
	c->buffer = NULL;
	c->fd = -1;
}
