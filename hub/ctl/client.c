/* Requests to the hub over its Unix socket, and what to tell people when there
 * is no answer. */
#include "ctl/client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"
#include "ctl/sse.h"
#include "ctl/text.h"
#include "http/http.h"

enum { TIMEOUT_S = 30, ANSWER_MAX = 32 * 1024 * 1024, URL_SIZE = 512 };

bool client_explain(const char *path, char *problem, size_t problem_size, char *help, size_t help_size)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	int error = ENAMETOOLONG;
	if (str_copy(un.sun_path, sizeof un.sun_path, path) == 0) {
		int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		error = fd < 0 || connect(fd, (const struct sockaddr *)&un, sizeof un) ? errno : 0;
		if (fd >= 0)
			close(fd);
	}
	switch (error) {
	case 0:
		return false;
	case ENOENT:
	case ENOTDIR:
		str_format(problem, problem_size, "There is no hub at %s.", path);
		str_copy(help, help_size, "Start it with `sudo systemctl start tomte-hub`, or name its socket with --socket.");
		break;
	case EACCES:
	case EPERM:
		str_format(problem, problem_size, "You may not use %s.", path);
		str_copy(help, help_size, "Use sudo, or join the group: `sudo adduser $USER tomte`, then log in anew.");
		break;
	case ECONNREFUSED:
		str_format(problem, problem_size, "Nobody answers at %s: the hub has stopped.", path);
		str_copy(help, help_size, "See why with `sudo journalctl -u tomte-hub -n 20`, start it with "
					  "`sudo systemctl start tomte-hub`.");
		break;
	default:
		str_format(problem, problem_size, "Cannot connect to %s: %s.", path, strerror(error));
		str_copy(help, help_size, "See `sudo systemctl status tomte-hub`.");
		break;
	}
	return true;
}

static int unreachable(const struct ctl *ctl, const char *message)
{
	char problem[512], help[256];
	if (client_explain(ctl->socket, problem, sizeof problem, help, sizeof help))
		fprintf(ctl->err, "tomtectl: %s\n%s\n", problem, help);
	else
		fprintf(ctl->err, "tomtectl: the hub at %s does not answer: %s\n"
			"See `sudo systemctl status tomte-hub`.\n", ctl->socket, message);
	return EXIT_UNREACHABLE;
}

/* Where to look when the hub does not know what was named, or its state forbids it. */
static const char *way_out(int status, const char *path)
{
	if (status != 404 && status != 409)
		return NULL;
	if (strncmp(path, "/api/v1/keys/", 13) == 0)
		return "See `tomtectl key list`.";
	if (status == 404 && strncmp(path, "/api/v1/devices/", 16) == 0)
		return "`tomtectl devices` lists the devices, `tomtectl device ID` the entities of one.";
	return NULL;
}

static int refused(const struct ctl *ctl, int status, const char *path, const json_t *answer)
{
	const char *detail = json_string_value(json_object_get(answer, "detail"));
	fprintf(ctl->err, "tomtectl: ");
	if (status == 401 || status == 403)
		fprintf(ctl->err, "this needs root or membership in group tomte. ");
	if (detail)
		text_print(ctl->err, detail);
	else
		fprintf(ctl->err, "the hub answered with status %d. Its log says more: `sudo journalctl -u tomte-hub -n 20`.", status);
	fputc('\n', ctl->err);
	const char *help = way_out(status, path);
	if (help)
		fprintf(ctl->err, "%s\n", help);
	return EXIT_REFUSED;
}

int client_call(const struct ctl *ctl, const char *method, const char *path, json_t *body, json_t **answer_r)
{
	char url[URL_SIZE], message[256] = "";
	char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
	bool had_body = body != NULL;
	json_decref(body);
	*answer_r = NULL;
	if ((had_body && !text) || str_format(url, sizeof url, "http://localhost%s", path)) {
		free(text);
		fprintf(ctl->err, "tomtectl: the request is too large\n");
		return EXIT_USAGE;
	}
	struct http_request request = {.method = method, .url = url, .unix_socket = ctl->socket,
				       .content_type = text ? "application/json" : NULL, .body = span_str(text),
				       .timeout_s = TIMEOUT_S, .max_answer_bytes = ANSWER_MAX};
	struct http_answer answer = {0};
	int err = http_perform(&request, &answer, message);
	free(text);
	if (err) {
		buf_finish(&answer.body);
		return unreachable(ctl, message[0] ? message : err_text(err));
	}
	if (answer.body.len)
		*answer_r = json_loadb((const char *)answer.body.data, answer.body.len, JSON_DECODE_ANY, NULL);
	buf_finish(&answer.body);
	if (answer.status >= 200 && answer.status < 300)
		return EXIT_FINE;
	int code = refused(ctl, answer.status, path, *answer_r);
	json_decref(*answer_r);
	*answer_r = NULL;
	return code;
}

int client_list(const struct ctl *ctl, const char *path, const char *name, json_t **answer_r)
{
	json_t *page;
	const char *next;
	int code = client_call(ctl, "GET", path, NULL, answer_r);
	if (code)
		return code;
	while ((next = json_string_value(json_object_get(*answer_r, "next"))) != NULL) {
		char url[URL_SIZE];
		if (str_format(url, sizeof url, "%s?cursor=%s", path, next))
			break; /* no hub makes such a cursor */
		code = client_call(ctl, "GET", url, NULL, &page);
		if (code) {
			json_decref(*answer_r);
			*answer_r = NULL;
			return code;
		}
		json_array_extend(json_object_get(*answer_r, name), json_object_get(page, name));
		json_object_del(*answer_r, "next");
		json_object_set(*answer_r, "next", json_object_get(page, "next"));
		json_decref(page);
	}
	json_object_del(*answer_r, "next");
	return EXIT_FINE;
}

int client_transfer(const struct ctl *ctl, const char *method, const char *path, const struct http_pieces *pieces,
		    json_t **answer_r)
{
	char url[URL_SIZE], message[256] = "";
	json_t *json = NULL;
	if (str_format(url, sizeof url, "http://localhost%s", path)) {
		fprintf(ctl->err, "tomtectl: the request is too large\n");
		return EXIT_USAGE;
	}
	struct http_request request = {.method = method, .url = url, .unix_socket = ctl->socket, .timeout_s = TIMEOUT_S,
				       .content_type = pieces->give ? "application/octet-stream" : NULL,
				       .max_answer_bytes = ANSWER_MAX};
	struct http_answer answer = {0};
	int err = http_transfer(&request, pieces, &answer, message);
	if (err == ERR_CLOSED)
		return EXIT_REFUSED;
	if (answer.body.len)
		json = json_loadb((const char *)answer.body.data, answer.body.len, JSON_DECODE_ANY, NULL);
	buf_finish(&answer.body);
	if (err && answer.status) { /* it had begun to answer */
		fprintf(ctl->err, "tomtectl: the hub broke off: %s.\nIts log says why: `sudo journalctl -u tomte-hub -n 20`.\n",
			message[0] ? message : err_text(err));
		return EXIT_REFUSED;
	}
	int code = err ? unreachable(ctl, message[0] ? message : err_text(err))
		   : answer.status >= 300 ? refused(ctl, answer.status, path, json) : EXIT_FINE;
	if (answer_r && !code)
		*answer_r = json;
	else
		json_decref(json);
	return code;
}

struct follower {
	struct sse sse;
	struct mono_ms deadline; /* looked at when something comes: at least the hub's beats do */

	int (*on_event)(void *ctx, const char *name, const char *data);
	void *ctx;
	bool ended, late;
};

static int on_piece(void *ctx, struct span piece)
{
	struct follower *follower = ctx;
	follower->ended = sse_feed(&follower->sse, piece, follower->on_event, follower->ctx) != 0;
	follower->late = !follower->ended && mono_diff_ms(follower->deadline, clock_mono()) >= 0;
	return follower->ended || follower->late;
}

int client_follow(const struct ctl *ctl, const char *cursor, int timeout_s,
		  int (*on_event)(void *ctx, const char *name, const char *data), void *ctx, bool *timed_out_r)
{
	char url[URL_SIZE], message[256] = "";
	str_format(url, sizeof url, "http://localhost/api/v1/live%s%.64s", cursor ? "?cursor=" : "", cursor ? cursor : "");
	struct http_request request = {.method = "GET", .url = url, .unix_socket = ctl->socket, .timeout_s = TIMEOUT_S};
	struct follower follower = {.on_event = on_event, .ctx = ctx};
	follower.deadline = mono_add_ms(clock_mono(), timeout_s * 1000LL);
	int err = http_stream(&request, on_piece, &follower, message);
	sse_finish(&follower.sse);
	*timed_out_r = follower.late;
	if (follower.ended)
		return EXIT_FINE;
	if (err)
		return unreachable(ctl, message[0] ? message : err_text(err));
	return EXIT_REFUSED;
}

int client_print_json(const struct ctl *ctl, json_t *answer)
{
	json_dumpf(answer, ctl->out, JSON_INDENT(2) | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
	fputc('\n', ctl->out);
	json_decref(answer);
	return EXIT_FINE;
}
