#include "link.h"

#include <errno.h>
#include <string.h>

#include "base_assert.h"
#include "base_log.h"
#include "base_time.h"
#include "link_priv.h"

enum {
	CHECK_MS = 200, /* how often the kernel is asked which workers live */
	SETTLE_MS = 3000, /* how long CONNECTs wait for a worker's live connections */
	HANG_MS = 5000, /* without a heartbeat for so long, the log says so */
	PENDING_DEFAULT_BYTES = 8 << 20,
};

static void say_hello(struct link *link, uint32_t index, uint64_t peer_epoch)
{
	struct abi_hello *body = link_begin(link, index, ABI_C_HELLO, sizeof(*body));

	BASE_ASSERT(body != NULL);
	*body = (struct abi_hello){
		.epoch = abi_region_epoch(link->region),
		.peer_epoch = peer_epoch,
		.worker = index,
		.pid = link->pid,
	};
	link_end(link, index);
}

static int open_region(struct link *link, const struct link_config *config)
{
	struct abi_region_params params = {
		.workers = config->worker_len,
		.ring_bytes = config->ring_bytes,
	};
	int rc = abi_region_open(config->region_path, &params, ABI_CONTROL, &link->region);

	if (rc == -EBUSY)
		base_log(BASE_LOG_ERROR, "region %s: another sluice-control is running",
			config->region_path);
	else if (rc == -EPROTO)
		base_log(BASE_LOG_ERROR,
			"region %s: running workers use another version or other "
			"sizes of it; stop them first",
			config->region_path);
	else if (rc != 0)
		base_log(BASE_LOG_ERROR, "region %s: %s", config->region_path, strerror(-rc));
	return rc;
}

static void greet_workers(struct link *link)
{
	for (uint32_t i = 0; i < link->worker_len; i++) {
		struct link_worker *worker = &link->workers[i];

		worker->in = abi_region_to_control(link->region, i);
		worker->out = abi_region_to_worker(link->region, i);
		worker->last = &worker->first;
		worker->stash_last = &worker->stash;
		worker->is_alive = abi_region_is_alive(link->region, ABI_WORKER(i));
		worker->settle_by_ms = link->now_ms + SETTLE_MS;
		say_hello(link, i, 0);
	}
	link_flush(link);
}

int link_open(struct link **out, const struct link_config *config,
	const struct link_handler *handler, void *arg)
{
	struct link *link = kit_mem_alloc(KIT_MEM_LINK, sizeof(*link));
	int rc;

	if (link == NULL)
		return -ENOMEM;
	rc = open_region(link, config);
	if (rc != 0) {
		kit_mem_free(KIT_MEM_LINK, link, sizeof(*link));
		return rc;
	}
	link->handler = handler;
	link->arg = arg;
	link->pid = config->pid;
	link->worker_len = config->worker_len;
	link->pending_max = config->pending_bytes ? config->pending_bytes : PENDING_DEFAULT_BYTES;
	link->workers = kit_mem_alloc(KIT_MEM_LINK, link->worker_len * sizeof(*link->workers));
	if (link->workers == NULL) {
		abi_region_close(link->region);
		kit_mem_free(KIT_MEM_LINK, link, sizeof(*link));
		return -ENOMEM;
	}
	link->now_ms = config->now_ms;
	link_set_limits(link, config->limits);
	greet_workers(link);
	*out = link;
	return 0;
}

void link_close(struct link *link)
{
	if (link == NULL)
		return;
	for (uint32_t i = 0; i < link->worker_len; i++) {
		link_pending_clear(&link->workers[i]);
		link_stash_clear(&link->workers[i]);
	}
	abi_region_close(link->region);
	kit_mem_free(KIT_MEM_LINK, link->workers, link->worker_len * sizeof(*link->workers));
	kit_mem_free(KIT_MEM_LINK, link->filters, link->filter_room * sizeof(*link->filters));
	kit_mem_free(KIT_MEM_LINK, link->acl, link->acl_bytes);
	kit_mem_free(KIT_MEM_LINK, link, sizeof(*link));
}

static void worker_down(struct link *link, uint32_t index)
{
	struct link_worker *worker = &link->workers[index];

	if (worker->phase != LINK_UP)
		return;
	base_log(BASE_LOG_WARNING, "worker %u is gone (pid %u, epoch %llu)", index, worker->pid,
		(unsigned long long)worker->epoch);
	worker->phase = LINK_WAITING;
	worker->is_resyncing = false;
	worker->up_since_ms = 0;
	link_pending_clear(worker);
	link->handler->worker_lost(link->arg, index);
}

/* Everything that a worker must know before its listeners may open. */
static void worker_up(
	struct link *link, uint32_t index, const struct abi_hello *hello, bool outlived_control)
{
	struct link_worker *worker = &link->workers[index];
	struct abi_hello *ready;

	link_pending_clear(worker);
	worker->phase = LINK_UP;
	worker->epoch = hello->epoch;
	worker->pid = hello->pid;
	worker->up_since_ms = link->now_ms;
	worker->restarts += worker->was_up;
	worker->was_up = worker->is_alive = true;
	worker->records_at_up = worker->records_in;
	worker->is_resyncing = outlived_control;
	worker->settle_by_ms = link->now_ms + SETTLE_MS;
	base_log(BASE_LOG_INFO, "worker %u is up (pid %u, epoch %llu)%s", index, hello->pid,
		(unsigned long long)hello->epoch,
		outlived_control ? "; it tells its live connections" : "");
	if (!outlived_control)
		say_hello(link, index, hello->epoch);
	link_send_config(link, index);
	link_send_acl(link, index);
	link->handler->worker_up(link->arg, index);
	ready = link_begin(link, index, ABI_C_READY, sizeof(*ready));
	BASE_ASSERT(ready != NULL);
	*ready = (struct abi_hello){
		.epoch = abi_region_epoch(link->region),
		.peer_epoch = hello->epoch,
		.worker = index,
		.pid = link->pid,
	};
	link_end(link, index);
	if (!outlived_control)
		link_stash_replay(link, index);
}

/*
 * A HELLO that repeats our epoch is the answer of a worker that lived before us. Any other is the first word
 * of a new life: whatever we knew of the old one is void. When both begin at once, the first word and an answer may both
 * come: the second changes nothing.
 */
static void hello(struct link *link, uint32_t index, const struct abi_hello *hello)
{
	const struct link_worker *worker = &link->workers[index];
	bool is_answer = hello->peer_epoch == abi_region_epoch(link->region);

	if (is_answer && worker->phase == LINK_UP && worker->epoch == hello->epoch &&
		worker->records_in == worker->records_at_up)
		return;
	worker_down(link, index);
	worker_up(link, index, hello, is_answer);
}

static void handle(struct link *link, uint32_t index, const struct abi_ring_record *record)
{
	struct link_worker *worker = &link->workers[index];

	if (abi_record_check(record->kind, record->body, record->bytes) != 0) {
		base_log(BASE_LOG_ERROR,
			"worker %u: a record of kind %u with %u bytes is not whole", index,
			record->kind, record->bytes);
		return;
	}
	if (record->kind == ABI_W_HELLO) {
		hello(link, index, record->body);
	} else if (worker->phase == LINK_UP) {
		worker->records_in++;
		if (record->kind == ABI_W_RESYNC_END) {
			worker->is_resyncing = false;
			link->handler->resync_end(link->arg, index);
			link_stash_replay(link, index);
		} else {
			link_dispatch(link, index, record);
		}
	} else {
		link_stash_put(worker, record);
	}
}

static unsigned read_worker(struct link *link, uint32_t index, unsigned max)
{
	struct link_worker *worker = &link->workers[index];
	struct abi_ring_record record;
	unsigned n = 0;

	while (n < max && worker->pending_bytes <= link->pending_max) {
		int rc = abi_ring_peek(worker->in, &record);

		if (rc == 0)
			break;
		if (rc < 0) {
			base_log(BASE_LOG_ERROR,
				"worker %u: its ring is damaged; all that lies in "
				"it is discarded",
				index);
			abi_ring_discard(worker->in);
			break;
		}
		handle(link, index, &record);
		abi_ring_advance(worker->in);
		n++;
	}
	return n;
}

static void check_hanging(struct link *link, uint32_t index)
{
	struct link_worker *worker = &link->workers[index];
	uint64_t age_ms = abi_heartbeat_age_ms(link->region, ABI_WORKER(index), link->now_ms);
	bool hangs = worker->phase == LINK_UP && age_ms != UINT64_MAX && age_ms > HANG_MS;

	if (hangs && !worker->is_hanging)
		base_log(BASE_LOG_WARNING, "worker %u has not come round its loop for %llu ms",
			index, (unsigned long long)age_ms);
	worker->is_hanging = hangs;
}

/*
 * What a dead worker committed counts: its ring is read to the end first. Then nothing that it had
 * exists any more.
 */
static void check_lives(struct link *link)
{
	if (link->now_ms < link->check_ms)
		return;
	link->check_ms = link->now_ms + CHECK_MS;
	for (uint32_t i = 0; i < link->worker_len; i++) {
		struct link_worker *worker = &link->workers[i];

		worker->is_alive = abi_region_is_alive(link->region, ABI_WORKER(i));
		if (!worker->is_alive) {
			link_pending_clear(worker);
			if (abi_ring_is_empty(worker->in))
				worker_down(link, i);
		}
		check_hanging(link, i);
	}
}

unsigned link_turn(struct link *link, uint64_t now_ms, unsigned max)
{
	unsigned most = 0;

	link->now_ms = now_ms;
	abi_heartbeat_beat(link->region, now_ms);
	for (uint32_t i = 0; i < link->worker_len; i++) {
		unsigned n;

		link_pending_flush(&link->workers[i]);
		n = read_worker(link, i, max);
		if (n > most)
			most = n;
	}
	check_lives(link);
	link_flush(link);
	return most;
}

void link_flush(struct link *link)
{
	for (uint32_t i = 0; i < link->worker_len; i++) {
		if (!link->workers[i].is_rung)
			continue;
		link->workers[i].is_rung = false;
		abi_doorbell_ring(link->region, ABI_WORKER(i));
	}
}

int link_doorbell_fd(const struct link *link)
{
	return abi_doorbell_fd(link->region);
}

bool link_arm(struct link *link)
{
	link_flush(link);
	return abi_doorbell_arm(link->region);
}

void link_disarm(struct link *link)
{
	abi_doorbell_disarm(link->region);
}

bool link_is_up(struct link *link, uint32_t worker)
{
	return worker < link->worker_len && link->workers[worker].phase == LINK_UP;
}

bool link_has_room(struct link *link, uint32_t worker)
{
	if (!link_is_up(link, worker))
		return false;
	link_pending_flush(&link->workers[worker]);
	return link->workers[worker].first == NULL;
}

bool link_is_settled(struct link *link)
{
	for (uint32_t i = 0; i < link->worker_len; i++) {
		const struct link_worker *worker = &link->workers[i];
		bool expected = worker->phase == LINK_UP ? worker->is_resyncing : worker->is_alive;

		if (expected && link->now_ms < worker->settle_by_ms)
			return false;
	}
	return true;
}
