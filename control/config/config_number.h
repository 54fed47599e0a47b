#ifndef CONFIG_NUMBER_H
#define CONFIG_NUMBER_H

#include "config_key.h"

/*
 * Numbers of all kinds (integers, sizes, durations, decimals) from and to text.
 *
 * Layer:  config
 * Thread: any; no state
 * Units:  as the key stores them
 */

/* 0, or -EINVAL for what is not such a number or outside of the key's range; *out may be changed then. */
int config_number_parse(const struct config_key *key, const char *text, uint64_t *out)
	__attribute__((warn_unused_result));

/* The shortest text that means exactly this number: "16MB", "15s", "1.5", "infinity". */
void config_number_print(
	const struct config_key *key, uint64_t number, char *out, size_t out_bytes);

#endif
