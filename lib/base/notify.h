/* Tells systemd how the service is doing (sd_notify(3), without its library). */
#ifndef BASE_NOTIFY_H
#define BASE_NOTIFY_H

#include <stdint.h>

/* Sends state, such as "READY=1", "STOPPING=1" or "WATCHDOG=1", to the socket that
 * NOTIFY_SOCKET names. Does not block for long (a local datagram). Returns 0, also
 * when nobody asked to be told; ERR_INVALID for an address that is none, or the
 * error of the socket. Any thread, as long as nobody changes the environment. */
int notify_systemd(const char *state);

/* How often the service manager expects "WATCHDOG=1" from this process, in
 * microseconds; 0 when it does not. Notify at half of it. */
int64_t notify_watchdog_us(void);

#endif
