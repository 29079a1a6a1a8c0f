/* tomte-agent: makes this machine a device of the house. Reads the command line
 * and the settings, and calls the verb. */
#include <getopt.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "conf.h"
#include "credentials.h"
#include "describe.h"
#include "device.h"
#include "join.h"
#include "run.h"

static const char usage[] =
	"Usage: tomte-agent [OPTION...] [VERB]\n"
	"\n"
	"Makes this machine a device of a tomte hub: publishes its sensors, obeys commands.\n"
	"\n"
	"Verbs:\n"
	"  run                publish and obey until stopped (the default)\n"
	"  join CODE [HUB]    enrol with the code (or QR text) that the dashboard shows under\n"
	"                     \"Add device\". HUB is HOST or HOST:PORT, by default the QR text's, else\n"
	"                     localhost; port 8080. Replaces an earlier enrolment: the machine becomes\n"
	"                     a new device, for it makes a new identity, or the one for whose place the\n"
	"                     code was made. Only a join that was interrupted is continued with the\n"
	"                     identity it had.\n"
	"  sensors            show the readings once, as a table\n"
	"  describe           show the description that is published (JSON)\n"
	"  settings           explain all settings\n"
	"\n"
	"Options:\n"
	"  -c, --config FILE      settings (default: /etc/tomte/agent.conf, may be missing)\n"
	"  -s, --state-dir DIR    credentials (default: $STATE_DIRECTORY, else /var/lib/tomte-agent)\n"
	"      --sysfs-root DIR   read the kernel's files from DIR/sys and DIR/proc (for tests)\n"
	"  -V, --version          show the version\n"
	"  -h, --help             show this\n"
	"\n"
	"Exit status: 0 success, 1 failure, 64 wrong usage, 78 wrong settings.\n";

static int verb_run(const struct run_options *options, struct conf *conf, char **args)
{
	(void)args;
	return run_agent(options, conf) ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int verb_join(const struct run_options *options, struct conf *conf, char **args)
{
	return join_run(args[0], args[1], options->state_dir, conf, options->kernel) ? EXIT_FAILURE : EXIT_SUCCESS;
}

static void print_reading(struct device *device, const struct entity *e)
{
	struct buf value = {0};
	const char *text = device_value(device, e, &value) ? "-" : buf_cstr(&value);
	const char *unit = e->class && e->class->unit ? e->class->unit : "";
	char number[64];
	if (e->kind == ENTITY_SENSOR && e->known && e->class && e->class->precision >= 0) {
		snprintf(number, sizeof number, "%.*f", e->class->precision, e->value); /* cut for people's eyes only */
		text = number;
	}
	printf("%-32s  %-36s  %14s %s\n", e->id, e->name, text ? text : "-", unit);
	buf_finish(&value);
}

static int verb_sensors(const struct run_options *options, struct conf *conf, char **args)
{
	struct device *device;
	(void)args;
	if (device_create(&device, conf, options->kernel))
		return EXIT_FAILURE;
	device_read(device, clock_mono());
	sleep(1); /* some readings are differences */
	device_read(device, clock_mono());
	const struct entities *all = device_entities(device);
	for (size_t i = 0; i < all->count; i++)
		print_reading(device, &all->items[i]);
	device_destroy(&device);
	return EXIT_SUCCESS;
}

static int verb_describe(const struct run_options *options, struct conf *conf, char **args)
{
	struct device *device;
	struct identity identity;
	struct credentials credentials = {0};
	(void)args;
	if (device_create(&device, conf, options->kernel))
		return EXIT_FAILURE;
	identity_read(&identity, conf, options->kernel);
	bool joined = credentials_load(options->state_dir, &credentials) == 0;
	const char *id = joined ? credentials.device_id : "not-joined";
	char *text = describe_device(&identity, device_entities(device), id, conf->interval_s);
	if (text)
		puts(text);
	credentials_finish(&credentials);
	device_destroy(&device);
	int status = text ? EXIT_SUCCESS : EXIT_FAILURE;
	free(text);
	return status;
}

static int verb_settings(const struct run_options *options, struct conf *conf, char **args)
{
	struct buf text = {0};
	(void)options;
	(void)conf;
	(void)args;
	const char *content = conf_describe(&text) ? NULL : buf_cstr(&text);
	if (content)
		fputs(content, stdout);
	buf_finish(&text);
	return content ? EXIT_SUCCESS : EXIT_FAILURE;
}

static const struct verb {
	const char *name;
	int least, most; /* arguments */
	int (*run)(const struct run_options *options, struct conf *conf, char **args); /* args: two, NULL when absent */
} verbs[] = {
	{"run", 0, 0, verb_run},
	{"join", 1, 2, verb_join},
	{"sensors", 0, 0, verb_sensors},
	{"describe", 0, 0, verb_describe},
	{"settings", 0, 0, verb_settings},
};

static const struct verb *find_verb(const char *name, int arguments)
{
	for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
		if (strcmp(name, verbs[i].name) == 0) {
			if (arguments >= verbs[i].least && arguments <= verbs[i].most)
				return &verbs[i];
			fprintf(stderr, "tomte-agent: %s takes %d to %d arguments\n", name, verbs[i].least, verbs[i].most);
			return NULL;
		}
	fprintf(stderr, "tomte-agent: no verb \"%s\"\n", name);
	return NULL;
}

/* Returns -1 to go on, else the exit status. */
static int read_options(int argc, char **argv, struct run_options *options, struct kernel *kernel)
{
	enum { SYSFS_ROOT = 256 };
	static const struct option long_options[] = {
		{"config", required_argument, NULL, 'c'},
		{"state-dir", required_argument, NULL, 's'},
		{"sysfs-root", required_argument, NULL, SYSFS_ROOT},
		{"version", no_argument, NULL, 'V'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	int c;
	while ((c = getopt_long(argc, argv, "c:s:Vh", long_options, NULL)) != -1) {
		switch (c) {
		case 'c':
			options->config_path = optarg;
			options->config_required = true;
			break;
		case 's': options->state_dir = optarg; break;
		case SYSFS_ROOT: kernel->root = optarg; break;
		case 'V': puts("tomte-agent " PACKAGE_VERSION); return EXIT_SUCCESS;
		case 'h': fputs(usage, stdout); return EXIT_SUCCESS;
		default: fputs("Try: tomte-agent --help\n", stderr); return EX_USAGE;
		}
	}
	return -1;
}

int main(int argc, char **argv)
{
	struct kernel kernel = {.root = ""};
	struct run_options options = {
		.config_path = "/etc/tomte/agent.conf",
		.state_dir = getenv("STATE_DIRECTORY"),
		.kernel = &kernel,
	};
	int status = read_options(argc, argv, &options, &kernel);
	if (status >= 0)
		return status;
	if (!options.state_dir || !options.state_dir[0])
		options.state_dir = "/var/lib/tomte-agent";
	int arguments = argc - optind - 1;
	const struct verb *verb = arguments < 0 ? &verbs[0] : find_verb(argv[optind], arguments);
	if (!verb) {
		fputs("Try: tomte-agent --help\n", stderr);
		return EX_USAGE;
	}
	if (sodium_init() < 0)
		return EXIT_FAILURE;
	struct conf *conf = malloc(sizeof *conf);
	if (!conf)
		return EXIT_FAILURE;
	char *args[2] = {arguments > 0 ? argv[optind + 1] : NULL, arguments > 1 ? argv[optind + 2] : NULL};
	if (run_read_conf(&options, conf)) {
		status = EX_CONFIG;
	} else {
		log_set_level(conf->log_level);
		status = verb->run(&options, conf, args);
	}
	free(conf);
	return status;
}
