/* tomtectl alerts. */
#include "base/clock.h"
#include "base/str.h"
#include "ctl/client.h"
#include "ctl/text.h"

int verb_alerts(const struct ctl *ctl, int count, char **args)
{
	(void)count;
	(void)args;
	static const char *const headings[] = {"OPENED", "CLOSED", "WHAT", NULL};
	json_t *answer, *alert, *rows;
	size_t i;
	int code = client_call(ctl, "GET", "/api/v1/alerts", NULL, &answer);
	if (code)
		return code;
	if (ctl->json)
		return client_print_json(ctl, answer);
	rows = json_array();
	json_array_foreach(json_object_get(answer, "alerts"), i, alert) {
		char opened[64], closed[64];
		int64_t now = clock_wall().ms, end = json_integer_value(json_object_get(alert, "closed"));
		text_ago(opened, sizeof opened, json_integer_value(json_object_get(alert, "opened")), now);
		text_ago(closed, sizeof closed, end, now);
		json_array_append_new(rows, json_pack("[s, s, O]", opened, end ? closed : "open", json_object_get(alert, "text")));
	}
	if (json_array_size(rows) == 0)
		fputs("No alerts.\n", ctl->out);
	else
		text_table(ctl->out, headings, json_incref(rows));
	json_decref(rows);
	json_decref(answer);
	return EXIT_FINE;
}
