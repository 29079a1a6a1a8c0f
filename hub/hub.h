/* The hub put together: every room created, connected through its ports, started
 * and stopped in the right order. */
#ifndef HUB_HUB_H
#define HUB_HUB_H

#include "conf/conf.h"

struct hub;

/* Creates and starts everything; says what is wrong in the log. state_dir: absolute or relative path, made when
 * missing. conf is borrowed until hub_stop. Returns 0, ERR_NEWER, or whatever kept a room from
 * starting, everything already started being stopped again. */
int hub_start(const struct conf *conf, const char *state_dir, struct hub **hub_r);

/* Main thread, about once a second: expired keys, certificate renewal. */
void hub_tick(struct hub *hub);

/* Main thread: takes what new settings change without a restart (log level, TLS clients of the broker), and the files of
 * the certificate and of those clients. conf replaces the one before in any case and is borrowed. Returns 0, or
 * an error of reading those files with what was not taken in the log: what was there before serves on. */
int hub_reload(struct hub *hub, const struct conf *conf);

/* Whether all threads that must turn have turned since the last call: the watchdog's question. */
bool hub_alive(struct hub *hub);

/* Stops in reverse order. Clients are told, what was acknowledged is on the disk. */
void hub_stop(struct hub **hub);

#endif
