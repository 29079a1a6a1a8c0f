/* Token buckets of clients that describe devices, filled by time. The broker's workers look here before they hand on what describes. */
#include "device/flood.h"

#include <string.h>

#include "base/str.h"

void flood_init(struct flood *flood)
{
	*flood = (struct flood){0};
	lock_init(&flood->lock, "descriptions");
}

void flood_finish(struct flood *flood)
{
	lock_finish(&flood->lock);
}

static void refill(struct flood_client *c, struct mono_ms now)
{
	int64_t passed_ms = mono_diff_ms(c->at, now);
	if (passed_ms <= 0)
		return; /* another worker was faster */
	c->spent = passed_ms >= c->spent / FLOOD_REFILL ? 0 : c->spent - passed_ms * FLOOD_REFILL;
	c->at = now;
}

/* Its own, or that of whoever has been quiet longest. */
static struct flood_client *client_of(struct flood *flood, const char *name, struct mono_ms now)
{
	struct flood_client *idle = NULL;
	for (struct flood_client *c = flood->clients; c < flood->clients + FLOOD_CLIENTS; c++) {
		if (strcmp(c->name, name) == 0)
			return c;
		refill(c, now);
		if (!idle || c->spent < idle->spent)
			idle = c;
	}
	*idle = (struct flood_client){.at = now};
	(void)str_copy(idle->name, sizeof idle->name, name); /* cut by the caller */
	return idle;
}

static enum flood_verdict judge(struct flood_client *c, size_t bytes)
{
	int64_t cost = 1000 * (int64_t)(1 + bytes / FLOOD_TOKEN_BYTES), all = INT64_C(1000) * FLOOD_BURST;
	if (c->spent + cost > all) {
		bool begun = !c->over;
		c->over = true;
		return begun ? FLOOD_BEGUN : FLOOD_OVER;
	}
	if (c->spent < all / 2)
		c->over = false;
	c->spent += cost;
	return FLOOD_FINE;
}

enum flood_verdict flood_look(struct flood *flood, const char *client, size_t bytes, struct mono_ms now)
{
	char name[MODEL_ID_SIZE];
	int cut = str_copy(name, sizeof name, client);
	(void)cut; /* those of people may be longer, and have no right to describe anything */
	lock_take(&flood->lock);
	struct flood_client *c = client_of(flood, name, now);
	refill(c, now);
	enum flood_verdict verdict = judge(c, bytes);
	lock_release(&flood->lock);
	return verdict;
}
