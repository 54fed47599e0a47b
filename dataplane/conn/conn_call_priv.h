#ifndef CONN_CALL_PRIV_H
#define CONN_CALL_PRIV_H

/*
 * What the files of conn call of each other, by file. Included by conn_priv.h, which has the
 * structs.
 *
 * Layer:  conn (base, wire, topic, rule)
 * Thread: single
 *
 * Every function that writes to a transport may end the connection: then conn_is_gone() holds
 * after. Its memory stays until conn_hub_flush.
 */

/* Counters have one writer: load and store, without a locked instruction. */
static inline uint64_t conn_value(const _Atomic uint64_t *value)
{
	return atomic_load_explicit(value, memory_order_relaxed);
}

static inline void conn_value_add(_Atomic uint64_t *value, uint64_t n)
{
	atomic_store_explicit(value, conn_value(value) + n, memory_order_relaxed);
}

static inline void conn_value_max(_Atomic uint64_t *value, uint64_t at_least)
{
	if (conn_value(value) < at_least)
		atomic_store_explicit(value, at_least, memory_order_relaxed);
}

static inline void conn_count_add(struct conn_hub *hub, enum conn_counter counter, uint64_t n)
{
	conn_value_add(hub->counters.values[counter], n);
}

static inline void conn_count(struct conn_hub *hub, enum conn_counter counter)
{
	conn_count_add(hub, counter, 1);
}

static inline void conn_gauge(struct conn_hub *hub, enum conn_counter counter, uint64_t to)
{
	atomic_store_explicit(hub->counters.values[counter], to, memory_order_relaxed);
}

/* The heap: a failure is counted. */
void *conn_alloc(struct conn_hub *hub, unsigned mem_class, size_t bytes)
	__attribute__((warn_unused_result));

static inline void conn_free(struct conn_hub *hub, unsigned mem_class, void *ptr)
{
	base_mem_free(hub->params.mem, mem_class, ptr);
}

static inline struct wire_str conn_str(const void *data, size_t bytes)
{
	return (struct wire_str){.data = data, .bytes = (uint32_t)bytes};
}

static inline bool conn_is_gone(const struct conn *conn)
{
	return conn->io == NULL;
}

/* conn_hub.c */
struct conn *conn_by_slot(const struct conn_hub *hub, uint32_t slot);
struct conn *conn_by_id(const struct conn_hub *hub, uint64_t id);
struct conn *conn_slot_take(struct conn_hub *hub);
void conn_slot_give(struct conn *conn); /* freed in the next conn_hub_flush */
static inline uint32_t conn_slot(const struct conn *conn)
{
	return (uint32_t)conn->id;
}
/*
 * Whether control may be told now; if not, the connection is put on the blocked list (conn may be
 * NULL).
 */
bool conn_room(struct conn_hub *hub, struct conn *conn, unsigned records, size_t bytes)
	__attribute__((warn_unused_result));
/* Its turn comes with conn_hub_unblock, when there is room for `bytes` (of records with heads). */
void conn_block(struct conn *conn, size_t bytes);
static inline const struct conn_control *conn_ops(const struct conn_hub *hub)
{
	return hub->params.control;
}

/*
 * What control says with an event: `grant` with GRANT and GRANT_RESTORE, the rest with REFUSE and
 * DISCONNECT.
 */
struct conn_order {
	const struct conn_grant *grant;
	struct wire_str text;
	enum conn_shutdown shutdown;
	uint8_t reason;
};

/* conn_life.c: the one place where states change. */
void conn_event(struct conn *conn, enum conn_event event, const struct conn_order *order);
void conn_unblocked(struct conn *conn);
/* Our end of the network connection: DISCONNECT when that is possible at once, and close. */
void conn_stop(struct conn *conn, uint8_t reason, enum conn_shutdown shutdown);
void conn_stop_text(
	struct conn *conn, uint8_t reason, enum conn_shutdown shutdown, struct wire_str text);
/* Bytes that cannot be: a log line, and conn_stop with what wire says of `error`. */
void conn_fault(struct conn *conn, int error);
/* The end of the network connection, without a DISCONNECT. */
void conn_net_end(struct conn *conn, enum conn_shutdown shutdown, bool has_transport);
void conn_discard(struct conn *conn); /* all of it, without a word to anyone */
enum conn_shutdown conn_shutdown_of(int error);

/* conn_leave.c */
void conn_leave(struct conn *conn);
void conn_leave_again(struct conn *conn);
void conn_leave_step(struct conn *conn); /* goes on as far as there is room */
bool conn_is_kept(const struct conn *conn);

/* conn_timer.c */
void conn_clock(struct conn *conn); /* looks at all deadlines anew */

/* conn_input.c: what became of a packet. */
enum conn_taken {
	CONN_TAKEN,
	CONN_WAIT, /* it stays in front, until conn_resume */
};
void conn_resume(struct conn *conn); /* goes on reading, if nothing stands against it */
void conn_answered(struct conn *conn); /* the packet that waited for control is done */
void conn_buffer_drop(struct conn *conn);

/* conn_connect.c */
enum conn_taken conn_on_connect(struct conn *conn, const uint8_t *packet, size_t bytes);
void conn_connack(struct conn *conn, const struct conn_grant *grant);
/* CONNACK with a failure, and close. */
void conn_reject(
	struct conn *conn, uint8_t reason, enum conn_shutdown shutdown, struct wire_str text);
void conn_connect_fill(const struct conn *conn, struct conn_connect *out);
size_t conn_connect_bytes(const struct conn *conn);
void conn_identity_drop(struct conn *conn);
void conn_password_drop(struct conn *conn);

/* conn_publish.c, conn_ack.c, conn_subscribe.c */
enum conn_taken conn_on_publish(struct conn *conn, const uint8_t *packet, size_t bytes);
void conn_on_ack(struct conn *conn, const uint8_t *packet, size_t bytes);
enum conn_taken conn_on_subscribe(
	struct conn *conn, uint8_t type, const uint8_t *packet, size_t bytes);

/* conn_alias.c: the topic of an alias, absent when it is unknown. 0, or a negative wire error. */
int conn_alias_set(struct conn *conn, uint16_t number, struct wire_str topic)
	__attribute__((warn_unused_result));
struct wire_str conn_alias_get(const struct conn *conn, uint16_t number);
void conn_alias_drop(struct conn *conn);

/* conn_acl.c */
bool conn_acl_publish(struct conn *conn, struct wire_str topic, uint8_t qos, bool retain);
bool conn_acl_subscribe(struct conn *conn, struct wire_str filter, uint8_t qos);
void conn_acl_drop(struct conn *conn);
void conn_rules_free(struct conn_hub *hub);

/* conn_subs.c: what the connection has subscribed to, here and in the index. */
int conn_sub_set(struct conn *conn, struct wire_str text, uint8_t options, uint32_t id)
	__attribute__((warn_unused_result)); /* 0 or -ENOMEM, -EINVAL */
bool conn_sub_del(struct conn *conn, struct wire_str text);
void conn_subs_drop(struct conn *conn);
/* After `sub`, or the first for NULL; NULL at the end. */
const struct conn_sub *conn_sub_next(const struct conn *conn, const struct conn_sub *sub);
/* Filter and group of "$share/group/filter" or a plain filter; false for what is no filter. */
bool conn_filter_split(struct wire_str text, struct topic_text *filter, struct topic_text *group);

/* conn_ids.c: false or -ENOMEM only for lack of memory. */
int conn_ids_put(struct conn *conn, struct conn_ids *ids, bool has_values, uint16_t id, void *value)
	__attribute__((warn_unused_result));
bool conn_ids_has(const struct conn_ids *ids, uint16_t id);
void *conn_ids_get(const struct conn_ids *ids, uint16_t id);
bool conn_ids_del(struct conn_ids *ids, uint16_t id);
void conn_ids_drop(struct conn *conn, struct conn_ids *ids);

/* conn_msg.c */
struct conn_msg *conn_msg_new(struct conn_hub *hub, const struct conn_message *message)
	__attribute__((warn_unused_result)); /* with one reference; NULL without memory */
static inline struct conn_msg *conn_msg_get(struct conn_msg *msg)
{
	msg->refs++;
	return msg;
}
void conn_msg_put(struct conn_hub *hub, struct conn_msg *msg);
void conn_msg_view(const struct conn_msg *msg, struct conn_message *out);
static inline size_t conn_message_bytes(const struct conn_message *message)
{
	return (size_t)message->topic.bytes + message->props.bytes + message->payload.bytes;
}
/* What is left of the Message Expiry Interval in `left_s`; false when it has passed. */
bool conn_message_lives(uint64_t born_ms, uint32_t expiry_s, uint64_t now_ms, uint32_t *left_s);

/* conn_route.c: what became of a message. */
enum conn_routed {
	CONN_ROUTED,
	CONN_ROUTED_NOBODY, /* nobody wants it */
	CONN_ROUTED_TOO_LARGE, /* control wants it, and no record can be so large */
	CONN_ROUTED_BLOCKED, /* the ring has no room: nothing was done */
};
enum conn_routed conn_route(
	struct conn_hub *hub, struct conn *publisher, const struct conn_message *message);
void conn_match_drop(struct conn_hub *hub); /* what the last match has left */

/* conn_queue.c: parcels. */
struct conn_how { /* one receiver gets a message */
	const uint32_t *ids;
	uint8_t ids_len;
	uint8_t qos;
	bool retain;
	bool is_held; /* behind what control still sends */
};
/*
 * `*made` is the message itself as soon as one receiver needs it; the caller puts it back at the
 * end.
 */
void conn_queue_put(struct conn *conn, const struct conn_message *message, struct conn_msg **made,
	const struct conn_how *how);
struct conn_out *conn_out_need(struct conn *conn); /* NULL without memory */
struct conn_parcel *conn_parcel_new(struct conn *conn, struct conn_msg *msg,
	const struct conn_how *how) __attribute__((warn_unused_result));
void conn_parcel_free(struct conn *conn, struct conn_parcel *parcel); /* linked or not */
void conn_release_parcel(struct conn *conn, struct conn_parcel *parcel); /* PUBREC has come */
void conn_window_del(struct conn *conn, struct conn_parcel *parcel); /* acknowledged: gone */
/* Drops one that was not sent yet. */
void conn_queue_drop(struct conn *conn, struct conn_parcel *parcel, enum conn_counter why);
void conn_held_flow(struct conn *conn);
void conn_out_drop(struct conn *conn); /* all of it */
bool conn_queue_is_empty(const struct conn *conn); /* nothing to send */
/*
 * Takes the next parcel that may be sent: one with QoS 1 or 2 is in the window after, one with QoS
 * 0 is the caller's. NULL when there is none.
 */
struct conn_parcel *conn_queue_next(struct conn *conn);
void conn_drop_count(struct conn_hub *hub, enum conn_counter why);

/* conn_out.c: bytes. The connection may be gone after each of these. */
void conn_send(struct conn *conn, enum wire_type type, const uint8_t *packet, size_t bytes);
void conn_ack(struct conn *conn, enum wire_type type, uint16_t packet_id, uint8_t reason);
/* A whole PUBLISH with QoS 0, if nothing is before it and there is space for all of it. */
bool conn_send_try(struct conn *conn, const uint8_t *packet, size_t bytes);
void conn_pump(struct conn *conn); /* sends what may be sent */
void conn_pump_acks(struct conn *conn); /* the same, but begins no PUBLISH */
bool conn_is_congested(const struct conn *conn); /* bytes wait for space */
bool conn_acks_are_full(const struct conn *conn);
void conn_bytes_drop(struct conn *conn); /* what a dead network connection leaves */
/* The PUBLISH for a parcel as it would be sent now; `ids` are the parcel's. */
void conn_publish_fill(const struct conn *conn, const struct conn_message *message,
	const struct conn_how *how, struct wire_publish_out *publish);

/* conn_log.c */
void conn_log(struct conn *conn, int level, const char *what, const char *why);

#endif
