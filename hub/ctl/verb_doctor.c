/* tomtectl doctor: looks at the hub from outside, says what is wrong and how
 * to mend it. Each check is a function that adds findings. */
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "ctl/client.h"
#include "ctl/doctor.h"
#include "ctl/text.h"

static const int64_t day_ms = 24LL * 60 * 60 * 1000;
enum { CERTIFICATE_DAYS = 14, NAMES_MAX = 5 };
static const int64_t mib = 1024 * 1024;

static void add(json_t *findings, const char *check, const char *state, const char *text, const char *help)
{
	json_array_append_new(findings, json_pack("{s:s, s:s, s:s, s:s}", "check", check, "state", state, "text", text,
						  "help", help));
}

static int64_t number(const json_t *object, const char *member)
{
	return json_integer_value(json_object_get(object, member));
}

void doctor_check_setup(json_t *findings, const json_t *health)
{
	if (json_is_true(json_object_get(health, "set_up")))
		add(findings, "set-up", "fine", "The first account is made.", "");
	else
		add(findings, "set-up", "wrong", "Nobody has an account yet.", "Run `sudo tomtectl setup-link` and open the link.");
}

void doctor_check_certificate(json_t *findings, const json_t *health)
{
	int64_t expires = number(health, "certificate_expires"), now = number(health, "now");
	char text[128];
	if (!expires) {
		add(findings, "certificate", "unknown", "The hub does not say how long its certificate is good.", "");
		return;
	}
	str_format(text, sizeof text, expires > now ? "The certificate is good for %lld days." : "The certificate has been over for %lld days.",
		   (long long)((expires > now ? expires - now : now - expires) / day_ms));
	if (expires - now > CERTIFICATE_DAYS * day_ms)
		add(findings, "certificate", "fine", text, "");
	else
		add(findings, "certificate", "wrong", text,
		    "The hub renews it by itself 30 days before: restart it, `sudo systemctl restart tomte-hub`, and check the clock.");
}

void doctor_check_disk(json_t *findings, const json_t *health)
{
	const json_t *disk = json_object_get(health, "disk"), *store = json_object_get(health, "store");
	int64_t free_mib = number(disk, "free_bytes") / mib, total_mib = number(disk, "total_bytes") / mib;
	char text[128];
	str_format(text, sizeof text, "%lld MiB of %lld MiB are free.", (long long)free_mib, (long long)total_mib);
	if (number(store, "disk_full"))
		add(findings, "disk", "wrong", "The disk is full: nothing is recorded.", "Make room; the hub goes on by itself.");
	else if (total_mib == 0)
		add(findings, "disk", "unknown", "The hub does not say how much room its disk has.", "");
	else if (free_mib < 200 || free_mib < total_mib / 50)
		add(findings, "disk", "wrong", text, "Make room on the disk that holds /var/lib/tomte.");
	else
		add(findings, "disk", "fine", text, "");
	if (number(store, "errors"))
		add(findings, "store", "wrong", "The store has had errors since the hub started.",
		    "See `sudo journalctl -u tomte-hub -p warning`.");
}

void doctor_check_devices(json_t *findings, const json_t *devices)
{
	json_t *device;
	size_t i, offline = 0, total = json_array_size(devices);
	char text[256] = "", names[160] = "";
	json_array_foreach(devices, i, device) {
		if (json_is_true(json_object_get(device, "online")))
			continue;
		const char *name = json_string_value(json_object_get(device, "name"));
		size_t used = strlen(names);
		if (offline++ < NAMES_MAX) /* cut when they are long */
			str_format(names + used, sizeof names - used, "%s%s", used ? ", " : "", name ? name : "?");
	}
	if (total == 0) {
		add(findings, "devices", "wrong", "No device has joined yet.", "Let one join: `sudo tomtectl key new`.");
	} else if (offline) {
		str_format(text, sizeof text, "%zu of %zu %s offline: %s%s.", offline, total,
			   total == 1 ? "device is" : offline == 1 ? "devices is" : "devices are", names,
			   offline > NAMES_MAX ? "…" : "");
		add(findings, "devices", "wrong", text, "Check their power and network; `tomtectl devices` says when each was seen last.");
	} else {
		if (total == 1)
			str_copy(text, sizeof text, "The only device is online.");
		else
			str_format(text, sizeof text, "All %zu devices are online.", total);
		add(findings, "devices", "fine", text, "");
	}
}

int doctor_print(const struct ctl *ctl, const json_t *findings)
{
	json_t *finding;
	size_t i, wrong = 0;
	json_array_foreach(findings, i, finding) {
		const char *state = json_string_value(json_object_get(finding, "state"));
		const char *help = json_string_value(json_object_get(finding, "help"));
		bool bad = state && strcmp(state, "wrong") == 0;
		wrong += bad;
		if (ctl->json)
			continue;
		const char *colour = !ctl->terminal ? "" : bad ? "\033[31m" : "\033[32m";
		fprintf(ctl->out, "%s%-8s%s ", colour, bad ? "WRONG" : state, ctl->terminal ? "\033[0m" : "");
		text_print(ctl->out, json_string_value(json_object_get(finding, "text")));
		fputc('\n', ctl->out);
		if (help && *help) {
			fputs("         ", ctl->out);
			text_print(ctl->out, help);
			fputc('\n', ctl->out);
		}
	}
	if (ctl->json)
		client_print_json(ctl, json_incref((json_t *)(uintptr_t)findings));
	return wrong ? EXIT_REFUSED : EXIT_FINE;
}

/* What the hub itself tells. */
static int examine(const struct ctl *ctl, json_t *findings)
{
	json_t *health, *devices = NULL;
	int code = client_call(ctl, "GET", "/api/v1/health", NULL, &health);
	if (code)
		return code;
	char text[128];
	str_format(text, sizeof text, "The hub answers at %.64s, version %.32s.", ctl->socket,
		   json_is_string(json_object_get(health, "version")) ? json_string_value(json_object_get(health, "version")) : "?");
	add(findings, "hub", "fine", text, "");
	doctor_check_setup(findings, health);
	doctor_check_certificate(findings, health);
	doctor_check_disk(findings, health);
	code = client_list(ctl, "/api/v1/devices", "devices", &devices);
	if (!code)
		doctor_check_devices(findings, json_object_get(devices, "devices"));
	json_decref(devices);
	json_decref(health);
	return code;
}

int verb_doctor(const struct ctl *ctl, int count, char **args)
{
	(void)count;
	(void)args;
	char problem[512], help[256];
	json_t *findings = json_array();
	int code = EXIT_FINE;
	if (client_explain(ctl->socket, problem, sizeof problem, help, sizeof help)) {
		add(findings, "hub", "wrong", problem, help);
		code = EXIT_UNREACHABLE;
	} else {
		code = examine(ctl, findings);
	}
	int found = doctor_print(ctl, findings);
	json_decref(findings);
	return code ? code : found;
}
