#include "abi_counter.h"

#include "base_assert.h"

static const struct abi_counter_info counter_infos[ABI_COUNTER_COUNT] = {
#define ABI_COUNTER(name, metric, kind, help)                                                      \
	[ABI_COUNTER_##name] = {metric, help, ABI_COUNTER_KIND_##kind},
#include "abi_counter.def"
#undef ABI_COUNTER
};

static const struct abi_shutdown_info shutdown_infos[ABI_SHUTDOWN_COUNT] = {
#define ABI_SHUTDOWN(name, text, v5, help) [ABI_SHUTDOWN_##name] = {text, v5, help},
#include "abi_shutdown.def"
#undef ABI_SHUTDOWN
};

_Static_assert(ABI_COUNTER_PACKETS_AUTH_RECEIVED - ABI_COUNTER_PACKETS_CONNECT_RECEIVED == 14,
	"packet types 1 to 15 are counted side by side");
_Static_assert(ABI_COUNTER_PACKETS_AUTH_SENT - ABI_COUNTER_PACKETS_CONNECT_SENT == 14,
	"packet types 1 to 15 are counted side by side");

const struct abi_counter_info *abi_counter_info(enum abi_counter counter)
{
	BASE_ASSERT(counter < ABI_COUNTER_COUNT);
	return &counter_infos[counter];
}

const struct abi_shutdown_info *abi_shutdown_info(unsigned reason)
{
	return &shutdown_infos[reason < ABI_SHUTDOWN_COUNT ? reason : ABI_SHUTDOWN_INTERNAL];
}
