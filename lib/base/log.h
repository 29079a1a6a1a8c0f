/* The log: one line per event on standard error, with the systemd priority
 * prefix (`<4>`, sd-daemon(3)) when standard error is the journal.
 *
 * A line names its subject (client id, device, address) and what the reader
 * can do. Secrets never reach it. Bytes outside printable ASCII and UTF-8 that
 * a peer chose are escaped here, so that no peer can forge lines. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdarg.h>

enum log_level {
	LOG_LEVEL_ERROR,   /* something is broken and a person should act */
	LOG_LEVEL_WARNING, /* something is wrong, the hub goes on */
	LOG_LEVEL_INFO,    /* life events: start, stop, a device enrolled */
	LOG_LEVEL_DEBUG,   /* for developers */
};

/* Lines above this level are dropped. Set before threads start or on reload;
 * atomic. The default is LOG_LEVEL_INFO. */
void log_set_level(enum log_level level);

/* Parses "error", "warning", "info" or "debug". Returns 0 or ERR_INVALID. */
int log_level_parse(const char *name, enum log_level *level_r);

/* Writes one line: "<subject>: <text>". The subject is a room or a peer, as in
 * "broker" or "client lamp-7". Any thread; one write(2) a line. */
void log_write(enum log_level level, const char *subject, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#define log_error(subject, ...) log_write(LOG_LEVEL_ERROR, subject, __VA_ARGS__)
#define log_warning(subject, ...) log_write(LOG_LEVEL_WARNING, subject, __VA_ARGS__)
#define log_info(subject, ...) log_write(LOG_LEVEL_INFO, subject, __VA_ARGS__)
#define log_debug(subject, ...) log_write(LOG_LEVEL_DEBUG, subject, __VA_ARGS__)

#endif
