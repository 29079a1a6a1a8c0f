/* Rates of events, in all and per address. Any thread, one at a time: no locks,
 * no allocation. It knows nothing of enrolment. */
#include "enrolment/limits.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <string.h>

bool meter_admit(struct meter *m, struct rate rate, struct mono_ms now)
{
	struct mono_ms due = m->due.ms > now.ms ? m->due : now;
	if (mono_diff_ms(now, due) > (rate.burst - 1) * rate.interval_ms)
		return false;
	m->due = mono_add_ms(due, rate.interval_ms);
	return true;
}

/* One network is one address: whoever has an IPv6 network has 2^64 of them. */
static void parse_address(const char *text, uint8_t address_r[16])
{
	struct in_addr v4;
	memset(address_r, 0, 16);
	if (inet_pton(AF_INET, text, &v4) == 1) {
		memset(address_r + 10, 0xff, 2);
		memcpy(address_r + 12, &v4, 4);
	} else if (inet_pton(AF_INET6, text, address_r) == 1) {
		static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
		if (memcmp(address_r, mapped, sizeof mapped) != 0)
			memset(address_r + 8, 0, 8);
	}
}

bool address_meters_admit(struct address_meters *meters, const char *address, struct rate rate, struct mono_ms now)
{
	uint8_t wanted[16];
	parse_address(address, wanted);
	size_t oldest = 0;
	for (size_t i = 0; i < LIMITS_ADDRESSES; i++) {
		struct meter *m = &meters->entries[i].meter;
		if (m->due.ms && memcmp(meters->entries[i].address, wanted, sizeof wanted) == 0)
			return meter_admit(m, rate, now);
		if (m->due.ms < meters->entries[oldest].meter.due.ms)
			oldest = i;
	}
	memcpy(meters->entries[oldest].address, wanted, sizeof wanted);
	meters->entries[oldest].meter = (struct meter){0};
	return meter_admit(&meters->entries[oldest].meter, rate, now);
}
