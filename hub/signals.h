/* Signals as events: blocked in every thread, taken by main alone. */
#ifndef HUB_SIGNALS_H
#define HUB_SIGNALS_H

#include <stdint.h>

enum signal_event {
	SIGNAL_NONE,   /* the time is over */
	SIGNAL_STOP,   /* SIGTERM, SIGINT */
	SIGNAL_RELOAD, /* SIGHUP */
};

/* Blocks the signals; before the first thread starts. SIGPIPE is ignored. */
void signals_block(void);

/* Waits for a signal, at most timeout_ms. Main thread. */
enum signal_event signals_wait(int64_t timeout_ms);

#endif
