/* tomte-hub: the command line, the settings, the signals; hub.c puts the rooms
 * together. Main thread. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>

#include "base/err.h"
#include "base/log.h"
#include "base/notify.h"
#include "conf/conf.h"
#include "main/broker_only.h"
#include "main/hub.h"
#include "main/options.h"
#include "main/signals.h"

enum { TICK_MS = 1000, SHORTEST_TICK_MS = 50 };

static void reload(struct hub *hub, const struct options *options, struct conf **conf)
{
	char state[64];
	snprintf(state, sizeof state, "RELOADING=1\nMONOTONIC_USEC=%lld", (long long)clock_mono().ms * 1000);
	notify_systemd(state);
	struct conf *fresh = NULL;
	if (load_conf(options, &fresh)) {
		log_error("hub", "the settings were not reloaded; the ones before stay in force");
	} else {
		hub_reload(hub, fresh);
		conf_destroy(conf);
		*conf = fresh;
		log_info("hub", "settings and certificate reloaded");
	}
	notify_systemd("READY=1");
}

/* Serves until a signal says stop, telling the watchdog as long as every thread turns. */
static void serve(struct hub *hub, const struct options *options, struct conf **conf)
{
	int64_t watchdog_ms = notify_watchdog_us() / 1000;
	int64_t tick_ms = watchdog_ms && watchdog_ms / 2 < TICK_MS ? watchdog_ms / 2 : TICK_MS;
	if (tick_ms < SHORTEST_TICK_MS)
		tick_ms = SHORTEST_TICK_MS;
	for (;;) {
		enum signal_event event = signals_wait(tick_ms);
		if (event == SIGNAL_STOP)
			return;
		if (event == SIGNAL_RELOAD)
			reload(hub, options, conf);
		hub_tick(hub);
		if (watchdog_ms && hub_alive(hub))
			notify_systemd("WATCHDOG=1");
	}
}
