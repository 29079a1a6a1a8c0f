/* The command line of tomte-hub. Main thread, before anything else runs. */
#include "main/options.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

static const char usage[] =
	"usage: tomte-hub [--config FILE] [--state-dir DIR]\n"
	"       tomte-hub --restore FILE [--force] [--state-dir DIR]\n"
	"       tomte-hub --verify FILE\n"
	"       tomte-hub --broker-only --listen ADDRESS:PORT --allow-anonymous [--durable --state-dir DIR]\n"
	"\n"
	"The tomte hub: MQTT broker, telemetry store and dashboard of the house.\n"
	"\n"
	"  --config FILE       settings (default " DEFAULT_CONFIG ")\n"
	"  --state-dir DIR     databases, keys, certificates (default " DEFAULT_STATE_DIR ")\n"
	"  --check-config      check the settings, start nothing; exit 78 when they are bad\n"
	"  --help-config       list every setting with its range and default; =example prints\n"
	"                      a settings file, =man the settings part of hub.conf(5)\n"
	"  --restore FILE      restore a backup into the state directory while no hub uses it; FILE may\n"
	"                      be - for standard input. What was there is kept aside\n"
	"  --force             restore also over the state of another hub\n"
	"  --verify FILE       check every byte of a backup\n"
	"  --version           print the version\n"
	"  --help              this text\n"
	"\n"
	"With the hub stopped (tomtectl store move runs this):\n"
	"  --move-history TO   copy all history to another place: local, or the connection string of a\n"
	"                      PostgreSQL server; --from FROM says where it is, by default as in the settings\n"
	"\n"
	"For benchmarks and protocol suites, a bare broker on loopback without TLS,\n"
	"dashboard and telemetry:\n"
	"  --broker-only       serve MQTT only\n"
	"  --listen A:P        loopback address and port to listen on\n"
	"  --allow-anonymous   let everyone in; required, so that it is said out loud\n"
	"  --durable           keep retained messages and sessions in --state-dir, which must be given\n"
	"\n"
	"Signals: SIGTERM stops cleanly, SIGHUP reads settings and certificate again.\n"
	"See tomte-hub(8), hub.conf(5), tomtectl(1).\n";

enum { OPT_CONFIG = 256, OPT_STATE, OPT_CHECK, OPT_HELP_CONFIG, OPT_RESTORE, OPT_FORCE, OPT_VERIFY, OPT_BROKER, OPT_LISTEN, OPT_ANON, OPT_VERSION, OPT_HELP, OPT_MOVE, OPT_FROM, OPT_DURABLE };

static const struct option long_options[] = {
	{"config", required_argument, NULL, OPT_CONFIG},
	{"state-dir", required_argument, NULL, OPT_STATE},
	{"check-config", no_argument, NULL, OPT_CHECK},
	{"help-config", optional_argument, NULL, OPT_HELP_CONFIG},
	{"restore", required_argument, NULL, OPT_RESTORE},
	{"force", no_argument, NULL, OPT_FORCE},
	{"verify", required_argument, NULL, OPT_VERIFY},
	{"broker-only", no_argument, NULL, OPT_BROKER},
	{"listen", required_argument, NULL, OPT_LISTEN},
	{"allow-anonymous", no_argument, NULL, OPT_ANON},
	{"durable", no_argument, NULL, OPT_DURABLE},
	{"move-history", required_argument, NULL, OPT_MOVE},
	{"from", required_argument, NULL, OPT_FROM},
	{"version", no_argument, NULL, OPT_VERSION},
	{"help", no_argument, NULL, OPT_HELP},
	{NULL, 0, NULL, 0},
};

static int misused(const char *text)
{
	fprintf(stderr, "tomte-hub: %s\nTry tomte-hub --help.\n", text);
	return EXIT_USAGE_ERROR;
}

/* "127.0.0.1:1883" or "[::1]:1883": loopback only, so that an open broker never
 * meets a network. */
static int parse_listen(const char *text, struct options *o)
{
	const char *colon = strrchr(text, ':');
	int64_t port;
	if (!colon || str_to_int(colon + 1, 1, 65535, &port))
		return misused("--listen takes ADDRESS:PORT, e.g. 127.0.0.1:1883");
	size_t len = (size_t)(colon - text);
	if (len >= 2 && text[0] == '[' && text[len - 1] == ']') {
		text++;
		len -= 2;
	}
	if (str_copy_span(o->listen_address, sizeof o->listen_address, span_of(text, len)))
		return misused("--listen takes ADDRESS:PORT, e.g. 127.0.0.1:1883");
	bool loopback = strncmp(o->listen_address, "127.", 4) == 0 || strcmp(o->listen_address, "::1") == 0;
	if (!loopback)
		return misused("--broker-only has no authentication: it listens on loopback addresses "
			       "(127.0.0.1, ::1) only");
	o->listen_port = (uint16_t)port;
	return -1;
}

static int check_together(const struct options *o)
{
	if (!o->broker_only && (o->listen_port || o->allow_anonymous || o->durable))
		return misused("--listen, --allow-anonymous and --durable belong to --broker-only");
	if (o->broker_only && (!o->listen_port || !o->allow_anonymous))
		return misused("--broker-only needs --listen ADDRESS:PORT and --allow-anonymous");
	if (o->durable && !o->state_dir) /* never by chance in that of the house's hub */
		return misused("--durable needs --state-dir DIR");
	if (o->force && !o->restore)
		return misused("--force belongs to --restore");
	if (o->move_from && !o->move_to)
		return misused("--from belongs to --move-history");
	if ((o->restore != NULL) + (o->verify != NULL) + (o->move_to != NULL) + o->broker_only > 1)
		return misused("--restore, --verify, --move-history and --broker-only are different things to do");
	return -1;
}

int options_parse(int argc, char **argv, struct options *o)
{
	*o = (struct options){0};
	for (int c; (c = getopt_long(argc, argv, "", long_options, NULL)) != -1;) {
		int status = -1;
		switch (c) {
		case OPT_CONFIG: o->config = optarg; break;
		case OPT_STATE: o->state_dir = optarg; break;
		case OPT_CHECK: o->check_config = true; break;
		case OPT_HELP_CONFIG:
			o->help_config = true;
			o->help_config_form = optarg;
			break;
		case OPT_RESTORE: o->restore = optarg; break;
		case OPT_FORCE: o->force = true; break;
		case OPT_VERIFY: o->verify = optarg; break;
		case OPT_BROKER: o->broker_only = true; break;
		case OPT_ANON: o->allow_anonymous = true; break;
		case OPT_DURABLE: o->durable = true; break;
		case OPT_LISTEN: status = parse_listen(optarg, o); break;
		case OPT_MOVE: o->move_to = optarg; break;
		case OPT_FROM: o->move_from = optarg; break;
		case OPT_VERSION: puts("tomte-hub " PACKAGE_VERSION); return EXIT_OK;
		case OPT_HELP: fputs(usage, stdout); return EXIT_OK;
		default: return misused("see above");
		}
		if (status != -1)
			return status;
	}
	if (optind < argc)
		return misused("takes options only");
	int status = check_together(o);
	if (!o->state_dir)
		o->state_dir = DEFAULT_STATE_DIR;
	return status;
}
