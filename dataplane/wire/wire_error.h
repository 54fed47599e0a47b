#ifndef WIRE_ERROR_H
#define WIRE_ERROR_H

#include <stdint.h>

/*
 * What can be wrong with MQTT bytes. Functions of this library return -WIRE_E_<NAME>.
 *
 * Layer:  wire (C library only)
 * Thread: any; no state
 */

enum wire_error {
	WIRE_E_NONE,
#define WIRE_ERROR(name, reason, text) WIRE_E_##name,
#include "wire_error.def"
#undef WIRE_ERROR
	WIRE_ERRORS
};

/*
 * Both take an error as the functions return it (negative) or as the enum names it. The reason is
 * the MQTT 5 code for DISCONNECT, CONNACK or an acknowledgement; the text is for a log line
 * ("packet identifier is zero"). For what is no error of this library: 0x80, "unknown error".
 */
uint8_t wire_error_reason(int error);
const char *wire_error_text(int error);
const char *wire_error_name(int error); /* "PACKET_ID" */

#endif
