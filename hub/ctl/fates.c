/* The fate of commands, one or many. A cursor is taken before they are sent, so that no change of theirs is missed. */
#include "ctl/fates.h"

#include <string.h>

#include "base/str.h"
#include "ctl/client.h"
#include "ctl/text.h"

enum { TIMEOUT_STANDARD_S = 60, TIMEOUT_MAX_S = 3600, WAIT_MAX_S = 7 * 24 * 3600 };

bool patience_read(const struct ctl *ctl, int count, char **args, struct patience *patience_r)
{
	const char *timeout = option_value(count, args, "timeout"), *wait = option_value(count, args, "wait");
	int64_t timeout_s = TIMEOUT_STANDARD_S;
	*patience_r = (struct patience){0};
	if (wait && (text_duration(wait, &patience_r->wait_s) || patience_r->wait_s < 1 || patience_r->wait_s > WAIT_MAX_S)) {
		fprintf(ctl->err, "tomtectl: --wait takes one second to seven days, as in 5m or 2h\n");
		return false;
	}
	if (timeout && (text_duration(timeout, &timeout_s) || timeout_s < 1 || timeout_s > TIMEOUT_MAX_S)) {
		fprintf(ctl->err, "tomtectl: --timeout takes one second to one hour, as in 30s or 5m\n");
		return false;
	}
	patience_r->timeout_s = (int)timeout_s;
	return true;
}

/* ---- following ----------------------------------------------------------------- */

struct fates {
	json_t *commands; /* an array of their newest states; borrowed */
	bool may_wait;    /* those that are queued are as far as they go now */
};

static bool is_state(const json_t *command, const char *state)
{
	return strcmp(text_of(command, "state"), state) == 0;
}

static bool is_over(const struct fates *fates, const json_t *command)
{
	return is_state(command, "confirmed") || is_state(command, "failed") || is_state(command, "expired") || is_state(command, "cancelled") ||
	       (fates->may_wait && is_state(command, "queued"));
}

static bool all_over(const struct fates *fates)
{
	size_t i;
	const json_t *command;
	json_array_foreach(fates->commands, i, command)
		if (!is_over(fates, command))
			return false;
	return true;
}

static int on_event(void *ctx, const char *name, const char *data)
{
	struct fates *fates = ctx;
	if (strcmp(name, "command") != 0)
		return 0;
	json_t *news = json_loads(data, 0, NULL);
	const json_t *command;
	size_t i;
	json_array_foreach(fates->commands, i, command)
		if (json_equal(json_object_get(command, "id"), json_object_get(news, "id"))) {
			json_array_set(fates->commands, i, news);
			break;
		}
	json_decref(news);
	return all_over(fates);
}

/* ---- printing ------------------------------------------------------------------- */

static void print_fate(const struct ctl *ctl, const json_t *command)
{
	char value[128];
	json_int_t took_ms = json_integer_value(json_object_get(command, "took_ms"));
	text_value(value, sizeof value, json_object_get(command, "value"));
	fprintf(ctl->out, "%s/%s ", text_of(command, "device"), text_of(command, "entity"));
	text_print(ctl->out, value);
	fprintf(ctl->out, ": %s", text_of(command, "state"));
	if (took_ms)
		fprintf(ctl->out, " after %lld ms", (long long)took_ms);
	if (*text_of(command, "reason")) {
		fputs(" (", ctl->out);
		text_print(ctl->out, text_of(command, "reason"));
		fputc(')', ctl->out);
	}
	fputc('\n', ctl->out);
}

static void print_refusal(const struct ctl *ctl, const json_t *refusal)
{
	fprintf(ctl->out, "%s/%s: not sent (", text_of(refusal, "device"), text_of(refusal, "entity"));
	text_print(ctl->out, text_of(refusal, "reason"));
	fputs(")\n", ctl->out);
}

/* Prints the answer, and judges: whether all went well. */
static int print_fates(const struct ctl *ctl, json_t *answer, const struct fates *fates)
{
	const json_t *refused = json_object_get(answer, "refused"), *one;
	bool fine = json_array_size(refused) == 0 && json_array_size(fates->commands) > 0;
	size_t i;
	json_array_foreach(fates->commands, i, one) {
		fine = fine && (is_state(one, "confirmed") || (fates->may_wait && is_state(one, "queued")));
		if (!ctl->json)
			print_fate(ctl, one);
	}
	if (ctl->json) {
		bool single = !json_object_get(answer, "commands");
		client_print_json(ctl, json_incref(single ? json_array_get(fates->commands, 0) : answer));
		return fine ? EXIT_FINE : EXIT_REFUSED;
	}
	json_array_foreach((json_t *)(uintptr_t)refused, i, one)
		print_refusal(ctl, one);
	if (json_array_size(refused) + json_array_size(fates->commands) == 0)
		fputs("There is nothing that could take it.\n", ctl->out);
	return fine ? EXIT_FINE : EXIT_REFUSED;
}

/* ---- all of it -------------------------------------------------------------------- */

static void say_unconfirmed(const struct ctl *ctl, const struct fates *fates)
{
	size_t i;
	const json_t *command;
	json_array_foreach(fates->commands, i, command)
		if (!is_over(fates, command))
			fprintf(ctl->err, "tomtectl: the device has not confirmed it yet (%s). `tomtectl device %s` shows what it reports.\n",
				text_of(command, "state"), text_of(command, "device"));
}

static int follow(const struct ctl *ctl, const char *cursor, json_t *answer, const struct patience *patience)
{
	json_t *many = json_object_get(answer, "commands");
	struct fates fates = {many ? json_incref(many) : json_pack("[O]", answer), patience->wait_s > 0};
	bool late = false;
	int code = all_over(&fates) ? EXIT_FINE : client_follow(ctl, cursor, patience->timeout_s, on_event, &fates, &late);
	if (code == EXIT_FINE)
		code = print_fates(ctl, answer, &fates);
	else if (code == EXIT_REFUSED)
		say_unconfirmed(ctl, &fates);
	json_decref(fates.commands);
	return code;
}

int fates_ask(const struct ctl *ctl, const char *path, json_t *body, const struct patience *patience)
{
	json_t *before, *answer = NULL;
	int code = client_call(ctl, "GET", "/api/v1/alerts?limit=1", NULL, &before); /* for the cursor */
	json_object_set_new(body, "wait_s", json_integer(patience->wait_s));
	if (code)
		json_decref(body);
	else
		code = client_call(ctl, "POST", path, body, &answer);
	if (!code)
		code = follow(ctl, text_of(before, "cursor"), answer, patience);
	json_decref(answer);
	json_decref(before);
	return code;
}
