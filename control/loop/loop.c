#include "loop.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base_assert.h"
#include "base_log.h"
#include "base_time.h"

enum {
	TURN_RECORDS = 512, /* of each worker */
	SLEEP_MAX_MS = 100, /* heartbeat, and the check who lives */
	CONGESTED_MS = 2, /* a full ring: nobody rings when it has room */
	STOP_MS = 3000, /* for connections to close when we end */
};

static void tell_listeners(struct loop *loop)
{
	struct link_worker_info info = {0};
	bool is_up = link_worker_info(loop->link, 0, &info) && info.is_up;

	if (is_up == loop->listeners_told)
		return;
	loop->listeners_told = is_up;
	if (!is_up) {
		base_log(BASE_LOG_INFO, "waiting for worker 0");
		return;
	}
	for (unsigned i = 0; i < loop->config.listener_len; i++) {
		const struct config_listener *listener = &loop->config.listeners[i];

		if (listener->enable)
			base_log(BASE_LOG_INFO, "listener tcp:%s is open on %s port %u",
				listener->name, listener->address, listener->port);
	}
}

static uint64_t sleep_ms(const struct loop *loop, uint64_t now_ms)
{
	uint64_t next_ms = session_next_ms(loop->core);
	uint64_t longest = link_is_congested(loop->link) ? CONGESTED_MS : SLEEP_MAX_MS;

	if (sys_next_ms(loop->sys) < next_ms)
		next_ms = sys_next_ms(loop->sys);
	if (next_ms <= now_ms)
		return 1;
	return next_ms - now_ms < longest ? next_ms - now_ms : longest;
}

static void on_timer(uv_timer_t *timer)
{
	(void)timer; /* it ends the sleep; the turn is taken by on_check */
}

static void on_busy(uv_idle_t *idle)
{
	(void)idle; /* it keeps the loop from sleeping */
}

static void on_doorbell(uv_poll_t *poll, int status, int events)
{
	(void)poll;
	(void)status;
	(void)events; /* link_disarm takes the rings out */
}

static void close_handle(uv_handle_t *handle, void *arg)
{
	(void)arg;
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

static void finish(struct loop *loop)
{
	session_shutdown_end(loop->core);
	link_flush(loop->link);
	cli_close(loop->cli);
	loop->cli = NULL;
	uv_prepare_stop(&loop->prepare);
	uv_check_stop(&loop->check);
	uv_close((uv_handle_t *)&loop->timer, NULL);
	uv_close((uv_handle_t *)&loop->prepare, NULL);
	uv_close((uv_handle_t *)&loop->check, NULL);
	uv_close((uv_handle_t *)&loop->busy, NULL);
	uv_close((uv_handle_t *)&loop->doorbell, NULL);
	for (unsigned i = 0; i < 3; i++)
		uv_close((uv_handle_t *)&loop->signals[i], NULL);
}

static void turn(struct loop *loop)
{
	uint64_t now_ms = base_time_ms();
	bool is_busy;

	session_now(loop->core, now_ms);
	is_busy = link_turn(loop->link, now_ms, TURN_RECORDS) >= TURN_RECORDS;
	if (session_turn(loop->core))
		is_busy = true;
	sys_turn(loop->sys, now_ms);
	loop_cores_turn(loop, now_ms);
	cli_turn(loop->cli);
	tell_listeners(loop);
	link_flush(loop->link);
	if (loop->stop_by_ms != 0 &&
		(session_shutdown_is_done(loop->core) || now_ms >= loop->stop_by_ms)) {
		finish(loop);
		return;
	}
	if (is_busy)
		uv_idle_start(&loop->busy, on_busy);
	else
		uv_idle_stop(&loop->busy);
	uv_update_time(&loop->uv);
	uv_timer_start(&loop->timer, on_timer, sleep_ms(loop, now_ms), 0);
}

static void on_prepare(uv_prepare_t *prepare)
{
	struct loop *loop = prepare->data;

	if (!uv_is_active((uv_handle_t *)&loop->busy) && !link_arm(loop->link))
		uv_idle_start(&loop->busy, on_busy);
}

static void on_check(uv_check_t *check)
{
	struct loop *loop = check->data;

	link_disarm(loop->link);
	turn(loop);
}

static void on_signal(uv_signal_t *handle, int number)
{
	struct loop *loop = handle->data;

	if (number == SIGHUP) {
		base_log(BASE_LOG_INFO, "SIGHUP: reading the configuration again");
		(void)loop_reload(loop, NULL, NULL, NULL);
		return;
	}
	if (loop->stop_by_ms != 0) {
		base_log(BASE_LOG_INFO, "signal %d again: ending at once", number);
		loop->stop_by_ms = 1;
		return;
	}
	base_log(BASE_LOG_INFO, "signal %d: every client gets DISCONNECT; then wills go out",
		number);
	loop->stop_by_ms = base_time_ms() + STOP_MS;
	session_shutdown_begin(loop->core);
}

static void start_handles(struct loop *loop)
{
	static const int numbers[3] = {SIGTERM, SIGINT, SIGHUP};

	signal(SIGPIPE, SIG_IGN);
	uv_timer_init(&loop->uv, &loop->timer);
	uv_prepare_init(&loop->uv, &loop->prepare);
	uv_check_init(&loop->uv, &loop->check);
	uv_idle_init(&loop->uv, &loop->busy);
	uv_poll_init(&loop->uv, &loop->doorbell, link_doorbell_fd(loop->link));
	loop->prepare.data = loop->check.data = loop;
	uv_prepare_start(&loop->prepare, on_prepare);
	uv_check_start(&loop->check, on_check);
	uv_idle_start(&loop->busy, on_busy); /* the first turn follows at once */
	uv_poll_start(&loop->doorbell, UV_READABLE, on_doorbell);
	for (unsigned i = 0; i < 3; i++) {
		uv_signal_init(&loop->uv, &loop->signals[i]);
		loop->signals[i].data = loop;
		uv_signal_start(&loop->signals[i], on_signal, numbers[i]);
	}
}

static int open_link(struct loop *loop)
{
	struct link_limits limits;
	struct link_config config = {
		.region_path = loop->config.region.path,
		.worker_len = (unsigned)loop->config.dataplane.workers,
		.ring_bytes = (uint32_t)loop->config.region.ring_bytes,
		.pid = (uint32_t)getpid(),
		.now_ms = base_time_ms(),
		.limits = &limits,
	};
	int rc;

	loop_limits(&loop->config, &limits);
	rc = link_open(&loop->link, &config, &session_link_handler, loop->core);
	if (rc != 0)
		return rc;
	session_core_link(loop->core, loop->link);
	base_log(BASE_LOG_INFO, "region %s: %u worker%s, rings of %u KiB", config.region_path,
		config.worker_len, config.worker_len == 1 ? "" : "s", config.ring_bytes >> 10);
	return loop_load_acl(loop, &loop->config, loop_log_line, NULL);
}

static int open_parts(struct loop *loop)
{
	struct session_config session;
	struct retain_config retain;
	struct sys_config sys;
	struct cli_config cli = {
		.socket = loop->config.cli.socket,
		.config = &loop->config,
		.ops = &loop_cli_ops,
		.arg = loop,
	};
	int rc;

	loop_retain_config(&loop->config, &retain);
	loop->retain = retain_new(&retain);
	loop_session_config(&loop->config, &session);
	if (loop->retain != NULL)
		loop->core = session_core_new(&session, loop->retain, base_time_ms());
	if (loop->core == NULL)
		return -ENOMEM;
	rc = open_link(loop);
	if (rc != 0)
		return rc;
	loop_sys_config(&loop->config, &sys);
	loop->sys = sys_new(&sys, loop->core, loop->link, loop->retain, base_time_ms());
	if (loop->sys == NULL)
		return -ENOMEM;
	rc = cli_open(&loop->cli, &loop->uv, &cli);
	if (rc == 0)
		base_log(BASE_LOG_INFO, "commands: %s", cli.socket);
	return rc;
}

/* In the reverse order of open_parts; what was not opened is NULL. */
static void close_parts(struct loop *loop)
{
	if (loop->cli != NULL)
		cli_close(loop->cli);
	sys_free(loop->sys);
	session_core_free(loop->core);
	free(loop->rules);
	link_close(loop->link);
	uv_walk(&loop->uv, close_handle, NULL);
	uv_run(&loop->uv, UV_RUN_DEFAULT);
	retain_free(loop->retain);
	uv_loop_close(&loop->uv);
}

int loop_run(const char *config_path, const struct board *board, const struct config *config)
{
	static struct loop loop;
	int rc;

	loop.config = *config;
	loop.config_path = config_path;
	loop.board = board;
	base_log_init("control", (enum base_log_level)config->log.level);
	base_log(BASE_LOG_INFO, "Sluice %s begins, node %s, pid %d", SLUICE_VERSION,
		config->node.name, (int)getpid());
	base_log(BASE_LOG_INFO, "configuration: %s",
		config_path ? config_path : "defaults and environment");
	if (board != NULL)
		base_log(
			BASE_LOG_INFO, "board: %s, port %s", board->board.name, board->data.device);
	rc = uv_loop_init(&loop.uv);
	BASE_ASSERT(rc == 0);
	rc = open_parts(&loop);
	if (rc == 0) {
		base_log(BASE_LOG_INFO, "waiting for worker 0");
		start_handles(&loop);
		uv_run(&loop.uv, UV_RUN_DEFAULT);
	} else {
		base_log(BASE_LOG_ERROR, "cannot begin: %s", strerror(-rc));
	}
	close_parts(&loop);
	if (rc == 0)
		base_log(BASE_LOG_INFO, "ended");
	return rc == 0 ? 0 : 1;
}
