#ifndef WIRE_REASON_H
#define WIRE_REASON_H

#include <stdbool.h>
#include <stdint.h>

#include "wire_frame.h"

/*
 * Reason codes of MQTT 5 (2.4), and what becomes of them on 3.1 and 3.1.1.
 *
 * Layer:  wire (C library only)
 * Thread: any; no state
 */

enum wire_reason {
#define WIRE_REASON(code, name, text, packets) WIRE_REASON_##name = (code),
#include "wire_reason.def"
#undef WIRE_REASON
};

/* "session taken over" for 0x8E; "unknown reason" for what the standard does not list. */
const char *wire_reason_name(uint8_t reason);

/* Whether MQTT 5 allows `reason` in this packet type when this side sends it. */
bool wire_reason_is_allowed(enum wire_type type, enum wire_from from, uint8_t reason);

/* The CONNACK return code (0 to 5) of 3.1 and 3.1.1 that comes closest to `reason`. 0 to 5 stay. */
uint8_t wire_connack_code_v3(uint8_t reason);
const char *wire_connack_name_v3(uint8_t code); /* "identifier rejected" for 2 */

#endif
