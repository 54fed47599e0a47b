#include "base_assert.h"
#include "conn_priv.h"

/* Acknowledgements from a client, of both directions (MQTT 5, 3.4 to 3.7 and 4.3). */

enum { REASON_FAILURE = 0x80, REASON_ID_NOT_FOUND = 0x92 };

static struct conn_parcel *find(struct conn *conn, uint16_t packet_id, enum conn_counter missed)
{
	struct conn_parcel *parcel = conn->out ? conn_ids_get(&conn->out->by_id, packet_id) : NULL;

	if (parcel == NULL)
		conn_count(conn->hub, missed);
	return parcel;
}

static void on_puback(struct conn *conn, const struct wire_ack *ack)
{
	struct conn_parcel *parcel = find(conn, ack->packet_id, CONN_COUNTER_PACKETS_PUBACK_MISSED);

	if (parcel == NULL)
		return;
	if (parcel->qos != 1) {
		conn_count(conn->hub, CONN_COUNTER_PACKETS_PUBACK_INUSE);
		return;
	}
	conn_count(conn->hub, CONN_COUNTER_MESSAGES_ACKED);
	conn_window_del(conn, parcel);
	conn_pump(conn);
}

static void on_pubrec(struct conn *conn, const struct wire_ack *ack)
{
	struct conn_parcel *parcel = find(conn, ack->packet_id, CONN_COUNTER_PACKETS_PUBREC_MISSED);

	if (parcel == NULL) {
		if (ack->reason < REASON_FAILURE)
			conn_ack(conn, WIRE_PUBREL, ack->packet_id, REASON_ID_NOT_FOUND);
		return;
	}
	if (parcel->qos != 2) {
		conn_count(conn->hub, CONN_COUNTER_PACKETS_PUBREC_INUSE);
		return;
	}
	if (parcel->state == CONN_DELIVERY_PUBLISHED)
		conn_count(conn->hub, CONN_COUNTER_MESSAGES_ACKED);
	if (ack->reason >= REASON_FAILURE) {
		conn_window_del(conn, parcel);
		conn_pump(conn);
		return;
	}
	conn_release_parcel(conn, parcel);
	conn_ack(conn, WIRE_PUBREL, ack->packet_id, 0);
}

static void on_pubcomp(struct conn *conn, const struct wire_ack *ack)
{
	struct conn_parcel *parcel =
		find(conn, ack->packet_id, CONN_COUNTER_PACKETS_PUBCOMP_MISSED);

	if (parcel == NULL)
		return;
	if (parcel->state != CONN_DELIVERY_RELEASED) {
		conn_count(conn->hub, CONN_COUNTER_PACKETS_PUBCOMP_INUSE);
		return;
	}
	conn_window_del(conn, parcel);
	conn_pump(conn);
}

static void on_pubrel(struct conn *conn, const struct wire_ack *ack)
{
	if (conn_ids_del(&conn->received, ack->packet_id)) {
		if (conn->received.len == 0)
			conn_ids_drop(conn, &conn->received);
		conn_ack(conn, WIRE_PUBCOMP, ack->packet_id, 0);
		return;
	}
	conn_count(conn->hub, CONN_COUNTER_PACKETS_PUBREL_MISSED);
	conn_ack(conn, WIRE_PUBCOMP, ack->packet_id, REASON_ID_NOT_FOUND);
}

void conn_on_ack(struct conn *conn, const uint8_t *packet, size_t bytes)
{
	struct wire_rules rules = {
		.version = conn->version, .from = WIRE_FROM_CLIENT, .lenient = WIRE_LENIENT_TEXT};
	struct wire_ack ack;
	int used = wire_ack_decode(&ack, rules, packet, bytes);

	BASE_ASSERT(used != 0);
	if (used < 0) {
		conn_fault(conn, used);
		return;
	}
	switch (ack.type) {
	case WIRE_PUBACK:
		on_puback(conn, &ack);
		break;
	case WIRE_PUBREC:
		on_pubrec(conn, &ack);
		break;
	case WIRE_PUBCOMP:
		on_pubcomp(conn, &ack);
		break;
	default:
		on_pubrel(conn, &ack);
	}
}
