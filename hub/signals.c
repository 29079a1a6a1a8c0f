/* Signals as events, by sigtimedwait(2): no handler ever interrupts anything. */
#include "main/signals.h"

#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <time.h>

static sigset_t awaited(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	return set;
}

void signals_block(void)
{
	sigset_t set = awaited();
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
}

enum signal_event signals_wait(int64_t timeout_ms)
{
	sigset_t set = awaited();
	struct timespec time = {.tv_sec = timeout_ms / 1000, .tv_nsec = timeout_ms % 1000 * 1000000};
	switch (sigtimedwait(&set, NULL, &time)) {
	case SIGTERM:
	case SIGINT: return SIGNAL_STOP;
	case SIGHUP: return SIGNAL_RELOAD;
	default: return SIGNAL_NONE;
	}
}
