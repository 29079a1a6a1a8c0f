/* The log's writer. Any thread: a line is composed on the stack and leaves in
 * one write(2), so lines of different threads never mix. */
#include "base/log.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"

enum { LINE_MAX_BYTES = 1024 };

static _Atomic int threshold = LOG_LEVEL_INFO;

static const struct {
	const char *name;
	int priority; /* syslog(3) */
} levels[] = {
	[LOG_LEVEL_ERROR] = {"error", 3},
	[LOG_LEVEL_WARNING] = {"warning", 4},
	[LOG_LEVEL_INFO] = {"info", 6},
	[LOG_LEVEL_DEBUG] = {"debug", 7},
};

void log_set_level(enum log_level level)
{
	atomic_store_explicit(&threshold, (int)level, memory_order_relaxed);
}

int log_level_parse(const char *name, enum log_level *level_r)
{
	for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++)
		if (strcmp(name, levels[i].name) == 0) {
			*level_r = (enum log_level)i;
			return 0;
		}
	return ERR_INVALID;
}

/* Peers choose parts of a line: control characters must not end it early or
 * drive a terminal. */
static void blunt_controls(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = '?';
}

void log_write(enum log_level level, const char *subject, const char *format, ...)
{
	if ((int)level > atomic_load_explicit(&threshold, memory_order_relaxed))
		return;
	char text[LINE_MAX_BYTES];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args); /* a longer line is cut on purpose */
	va_end(args);
	char who[128];
	snprintf(who, sizeof who, "%s", subject);
	blunt_controls(who);
	blunt_controls(text);

	char line[LINE_MAX_BYTES + 192];
	int len;
	if (getenv("JOURNAL_STREAM"))
		len = snprintf(line, sizeof line, "<%d>%s: %s\n", levels[level].priority, who, text);
	else
		len = snprintf(line, sizeof line, "%s: %s: %s\n", levels[level].name, who, text);
	if (len > (int)sizeof line - 1)
		len = (int)sizeof line - 1;
	ssize_t written = write(STDERR_FILENO, line, (size_t)len);
	(void)written; /* nobody is left to be told */
}
