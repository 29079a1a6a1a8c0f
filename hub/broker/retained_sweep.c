/* The sweep of the retained store, in steps that leave time for clients between them. On the thread of its worker. */
#include "broker/retained_sweep.h"

#include "broker/persistence.h"
#include "broker/retained.h"
#include "broker/worker.h"

static void on_sweep(struct loop_timer *timer)
{
	struct worker *w = container_of(timer, struct worker, sweep.timer);
	struct retained *retained = w->broker->retained;
	struct retained_matches expired = {0};
	w->sweep.place = retained_expire(retained, loop_now(w->loop), w->sweep.place, &expired);
	for (uint32_t i = 0; i < expired.count; i++)
		persistence_retained_expired(w, expired.items[i]);
	retained_matches_finish(&expired);
	if (!w->sweep.place)
		retained_give_back(retained);
	loop_timer_arm(w->loop, timer, w->sweep.place ? 1 : w->broker->config.sweep_ms);
}

void retained_sweep_start(struct worker *w)
{
	w->sweep.timer.fire = on_sweep;
	loop_timer_arm(w->loop, &w->sweep.timer, w->broker->config.sweep_ms);
}
