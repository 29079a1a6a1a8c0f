/* Asking the hub over its Unix socket. */
#ifndef CTL_CLIENT_H
#define CTL_CLIENT_H

#include "base/span.h"
#include "ctl/ctl.h"

/* Performs a request; body may be NULL and is taken. On success (2xx) returns
 * EXIT_FINE and the answer, which the caller frees (NULL for an empty one). Otherwise says on ctl->err
 * what is wrong and what helps, and returns the exit code. */
int client_call(const struct ctl *ctl, const char *method, const char *path, json_t *body, json_t **answer_r);

/* Gets a list whole: page after page, all items in the array `name` of the first one's answer. Returns as client_call. */
int client_list(const struct ctl *ctl, const char *path, const char *name, json_t **answer_r);

/* Follows /api/v1/live from the cursor (NULL: from now) and calls on_event for
 * each event until it returns non-zero, the hub ends the stream, or timeout_s
 * have passed (noticed at the hub's next beat). data is NUL-terminated. Returns EXIT_FINE when on_event ended it; *timed_out_r says why not. */
int client_follow(const struct ctl *ctl, const char *cursor, int timeout_s,
		  int (*on_event)(void *ctx, const char *name, const char *data), void *ctx, bool *timed_out_r);

struct http_pieces;

/* Performs a request whose body or answer is handed over piece by piece (http/http.h); a body goes as application/octet-stream.
 * Returns as client_call; *answer_r, which may be NULL, is what was answered but not taken. When a piece broke off it has said why:
 * EXIT_REFUSED. */
int client_transfer(const struct ctl *ctl, const char *method, const char *path, const struct http_pieces *pieces,
		    json_t **answer_r);

/* Why the socket cannot be used, as two sentences: what is wrong and what helps.
 * Returns false when it can. */
bool client_explain(const char *path, char *problem, size_t problem_size, char *help, size_t help_size);

/* Prints an answer as JSON for --json, and frees it. Returns EXIT_FINE. */
int client_print_json(const struct ctl *ctl, json_t *answer);

#endif
