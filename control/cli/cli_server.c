#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <uv.h>

#include "base_list.h"
#include "base_log.h"
#include "cli_priv.h"

/*
 * The socket. A connection is either read from or written to, never both: while an answer has not left, no further
 * request is taken from it.
 */

enum { CONNECTIONS_MAX = 16, BACKLOG = 16 };

struct cli {
	struct cli_config config;
	uv_pipe_t listener;
	struct base_list connections;
	unsigned connection_len;
	bool is_closed; /* the listener is; connections may still be */
	char path[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
};

struct connection {
	struct base_list node;
	struct cli *cli;
	uv_pipe_t pipe;
	uv_write_t write;
	char *answer; /* being written, or NULL */
	size_t used; /* bytes of request that have come */
	bool is_last; /* close when the answer has left */
	bool is_waiting; /* its first request is whole, and the answer not known yet */
	uint64_t probe; /* of that request */
	char request[CLI_REQUEST_MAX];
};

static const char too_many[] =
	"{\"ok\":false,\"code\":\"busy\",\"error\":\"too many command connections\"}";
static const char too_long[] =
	"{\"ok\":false,\"code\":\"bad_request\",\"error\":\"the request is too long\"}";

static void read_some(struct connection *connection);

static void free_if_done(struct cli *cli)
{
	if (cli->is_closed && cli->connection_len == 0)
		free(cli);
}

static void on_closed(uv_handle_t *handle)
{
	struct connection *connection = handle->data;
	struct cli *cli = connection->cli;

	base_list_remove(&connection->node);
	cli->connection_len--;
	free(connection->answer);
	free(connection);
	free_if_done(cli);
}

static void end(struct connection *connection)
{
	if (!uv_is_closing((uv_handle_t *)&connection->pipe))
		uv_close((uv_handle_t *)&connection->pipe, on_closed);
}

static void on_written(uv_write_t *write, int status)
{
	struct connection *connection = write->data;

	free(connection->answer);
	connection->answer = NULL;
	if (status < 0 || connection->is_last)
		end(connection);
	else
		read_some(connection);
}

/* Takes `answer` over and sends it with a newline in the place of its NUL. */
static void answer_with(struct connection *connection, char *answer)
{
	uv_buf_t buf;

	if (answer == NULL) {
		end(connection);
		return;
	}
	buf = uv_buf_init(answer, (unsigned)strlen(answer) + 1);
	answer[buf.len - 1] = '\n';
	connection->answer = answer;
	connection->write.data = connection;
	if (uv_write(&connection->write, (uv_stream_t *)&connection->pipe, &buf, 1, on_written) < 0)
		end(connection);
}

/* Answers the first request that is whole, or lets it wait; false when more must come first. */
static bool take_request(struct connection *connection)
{
	char *newline = memchr(connection->request, '\n', connection->used);
	size_t bytes;
	char *answer;

	if (newline == NULL) {
		if (connection->used < CLI_REQUEST_MAX)
			return false;
		connection->is_last = true;
		answer_with(connection, strdup(too_long));
		return true;
	}
	bytes = (size_t)(newline - connection->request);
	answer = cli_answer_some(&connection->cli->config, connection->request, bytes,
		&connection->probe, &connection->is_waiting);
	if (connection->is_waiting)
		return true;
	connection->probe = 0;
	connection->used -= bytes + 1;
	memmove(connection->request, newline + 1, connection->used);
	answer_with(connection, answer);
	return true;
}

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct connection *connection = handle->data;

	(void)suggested;
	*buf = uv_buf_init(connection->request + connection->used,
		(unsigned)(CLI_REQUEST_MAX - connection->used));
}

static void on_read(uv_stream_t *stream, ssize_t bytes, const uv_buf_t *buf)
{
	struct connection *connection = stream->data;

	(void)buf;
	if (bytes < 0) {
		end(connection);
		return;
	}
	connection->used += (size_t)bytes;
	if (bytes > 0 && take_request(connection))
		uv_read_stop(stream);
}

/* The next request, which may have come already. */
static void read_some(struct connection *connection)
{
	if (uv_is_closing((uv_handle_t *)&connection->pipe) || take_request(connection))
		return;
	if (uv_read_start((uv_stream_t *)&connection->pipe, on_room, on_read) < 0)
		end(connection);
}

static void on_connection(uv_stream_t *stream, int status)
{
	struct cli *cli = stream->data;
	struct connection *connection;

	if (status < 0)
		return;
	connection = calloc(1, sizeof(*connection));
	if (connection == NULL || uv_pipe_init(stream->loop, &connection->pipe, 0) < 0) {
		free(connection);
		return;
	}
	connection->cli = cli;
	connection->pipe.data = connection;
	base_list_push_back(&cli->connections, &connection->node);
	cli->connection_len++;
	if (uv_accept(stream, (uv_stream_t *)&connection->pipe) < 0) {
		end(connection);
	} else if (cli->connection_len > CONNECTIONS_MAX) {
		connection->is_last = true;
		answer_with(connection, strdup(too_many));
	} else {
		read_some(connection);
	}
}

/*
 * Whether a path may be bound: 0 when nothing is there (a socket that nobody listens on is removed), -EADDRINUSE
 * when somebody listens, -EEXIST when it is something else.
 */
static int make_free(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct stat st;
	int fd, rc;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	memcpy(address.sun_path, path, strlen(path) + 1);
	rc = connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
	close(fd);
	if (rc == 0 || rc == -EAGAIN) /* EAGAIN: its backlog is full */
		return -EADDRINUSE;
	if (rc != -ECONNREFUSED)
		return rc;
	return unlink(path) < 0 ? -errno : 0;
}

/* The folder of the socket, as /run is empty after a start of the machine. */
static void make_folder(const char *path)
{
	char folder[sizeof(((struct cli *)NULL)->path)];
	const char *slash = strrchr(path, '/');

	if (slash != NULL && slash != path) {
		memcpy(folder, path, (size_t)(slash - path));
		folder[slash - path] = '\0';
		(void)mkdir(folder, 0755);
	}
}

static void on_listener_closed(uv_handle_t *handle)
{
	struct cli *cli = handle->data;

	cli->is_closed = true;
	free_if_done(cli);
}

static int listen_at(struct cli *cli)
{
	int rc;

	make_folder(cli->path);
	rc = make_free(cli->path);
	if (rc < 0)
		return rc;
	rc = uv_pipe_bind(&cli->listener, cli->path);
	if (rc < 0)
		return rc;
	/* nobody can connect before uv_listen, so there is no moment at which the mode is open */
	if (chmod(cli->path, 0600) < 0)
		return -errno;
	return uv_listen((uv_stream_t *)&cli->listener, BACKLOG, on_connection);
}

int cli_open(struct cli **out, uv_loop_t *loop, const struct cli_config *config)
{
	struct cli *cli;
	int rc;

	if (strlen(config->socket) >= sizeof(cli->path)) {
		base_log(BASE_LOG_ERROR, "cli.socket: %s: longer than %zu bytes", config->socket,
			sizeof(cli->path) - 1);
		return -ENAMETOOLONG;
	}
	cli = calloc(1, sizeof(*cli));
	if (cli == NULL)
		return -ENOMEM;
	cli->config = *config;
	base_list_init(&cli->connections);
	memcpy(cli->path, config->socket, strlen(config->socket) + 1);
	rc = uv_pipe_init(loop, &cli->listener, 0);
	if (rc < 0) {
		free(cli);
		return rc;
	}
	cli->listener.data = cli;
	rc = listen_at(cli);
	if (rc < 0) {
		base_log(BASE_LOG_ERROR, "cli.socket: cannot listen on %s: %s", cli->path,
			rc == -EADDRINUSE ? "another process does" : strerror(-rc));
		uv_close((uv_handle_t *)&cli->listener, on_listener_closed);
		return rc;
	}
	*out = cli;
	return 0;
}

void cli_close(struct cli *cli)
{
	struct base_list *it;

	(void)unlink(cli->path);
	BASE_LIST_FOREACH (it, &cli->connections)
		end(BASE_CONTAINER_OF(it, struct connection, node));
	uv_close((uv_handle_t *)&cli->listener, on_listener_closed);
}

void cli_turn(struct cli *cli)
{
	struct base_list *it;

	BASE_LIST_FOREACH (it, &cli->connections) {
		struct connection *connection = BASE_CONTAINER_OF(it, struct connection, node);

		if (connection->is_waiting && !uv_is_closing((uv_handle_t *)&connection->pipe))
			take_request(connection);
	}
}

void cli_configure(struct cli *cli, const struct config *config)
{
	cli->config.config = config;
}
