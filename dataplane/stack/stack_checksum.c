#include "stack_checksum.h"

#include <string.h>

enum { LANES = 8, BLOCK_BYTES = LANES * 4 };

/* Whole blocks: eight independent sums of 32-bit words. 64 bits hold more of them than an IP packet has. */
static uint64_t sum_blocks(const uint8_t *data, size_t blocks)
{
	uint64_t lane[LANES] = {0};
	uint64_t sum = 0;

	for (size_t i = 0; i < blocks; i++) {
		uint32_t word[LANES];

		memcpy(word, data + i * BLOCK_BYTES, BLOCK_BYTES);
		for (int j = 0; j < LANES; j++)
			lane[j] += word[j];
	}
	for (int j = 0; j < LANES; j++)
		sum += lane[j];
	return sum;
}

static uint64_t fold32(uint64_t sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	return (sum & 0xffffffff) + (sum >> 32);
}

static uint16_t fold16(uint64_t sum)
{
	sum = fold32(sum);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

static uint64_t sum_piece(const uint8_t *data, size_t bytes)
{
	size_t blocks = bytes / BLOCK_BYTES;
	uint64_t sum = fold32(sum_blocks(data, blocks));
	uint16_t word;

	data += blocks * BLOCK_BYTES;
	bytes -= blocks * BLOCK_BYTES;
	for (; bytes >= 2; bytes -= 2, data += 2) {
		memcpy(&word, data, 2);
		sum += word;
	}
	if (bytes == 1) {
		word = 0;
		memcpy(&word, data, 1); /* the missing byte counts as zero, after it */
		sum += word;
	}
	return sum;
}

void stack_checksum_add(struct stack_checksum *checksum, const void *data, size_t bytes)
{
	uint16_t part = fold16(sum_piece(data, bytes));

	/* After an odd number of bytes every byte has the other place in its word. */
	if (checksum->odd)
		part = __builtin_bswap16(part);
	checksum->sum += part;
	checksum->odd ^= (bytes & 1) != 0;
}

void stack_checksum_add_u16(struct stack_checksum *checksum, uint16_t value)
{
	uint8_t wire[2] = {(uint8_t)(value >> 8), (uint8_t)value};

	stack_checksum_add(checksum, wire, sizeof(wire));
}

uint16_t stack_checksum_fold(const struct stack_checksum *checksum)
{
	return fold16(checksum->sum);
}

uint16_t stack_checksum_finish(const struct stack_checksum *checksum)
{
	return (uint16_t)~fold16(checksum->sum);
}
