/* tomte-hub: the command line, the settings, the signals; hub.c puts the rooms
 * together. Main thread. */
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/notify.h"
#include "conf/conf.h"
#include "main/broker_only.h"
#include "main/hub.h"
#include "main/move_history.h"
#include "main/options.h"
#include "main/restoring.h"
#include "main/signals.h"

enum { TICK_MS = 1000, SHORTEST_TICK_MS = 50 };

/* Says every mistake of the settings on standard error: also --check-config's answer. */
static int load_conf(const struct options *options, struct conf **conf_r)
{
	struct buf complaints = {0};
	int err = conf_read(options->config, conf_r, &complaints);
	if (err && !complaints.len)
		buf_printf(&complaints, "the settings cannot be read: %s\n", err_text(err));
	if (err)
		fputs(buf_cstr(&complaints) ? buf_cstr(&complaints) : "out of memory\n", stderr);
	buf_finish(&complaints);
	return err;
}

static int help_config(const struct options *options)
{
	struct buf text = {0};
	const char *form = options->help_config_form;
	int err = ERR_INVALID;
	if (!form)
		err = conf_describe(&text);
	else if (strcmp(form, "man") == 0)
		err = conf_describe_man(&text);
	else if (strcmp(form, "example") == 0)
		err = conf_describe_example(&text);
	if (!err)
		fwrite(text.data, 1, text.len, stdout);
	else
		fprintf(stderr, "tomte-hub: --help-config takes =man or =example, or nothing\n");
	buf_finish(&text);
	return err ? EXIT_USAGE_ERROR : EXIT_OK;
}

static void reload(struct hub *hub, const struct options *options, struct conf **conf)
{
	char state[64];
	snprintf(state, sizeof state, "RELOADING=1\nMONOTONIC_USEC=%lld", (long long)clock_mono().ms * 1000);
	notify_systemd(state);
	struct conf *fresh = NULL;
	if (load_conf(options, &fresh)) {
		log_error("hub", "the settings were not reloaded; the ones before stay in force");
	} else {
		int err = hub_reload(hub, fresh);
		conf_destroy(conf);
		*conf = fresh;
		if (err)
			log_error("hub", "the settings were reloaded, but not all that they name was taken: see above");
		else
			log_info("hub", "settings and certificate reloaded");
	}
	notify_systemd("READY=1");
}

/* Serves until a signal says stop, telling the watchdog as long as every thread turns. */
static void serve(struct hub *hub, const struct options *options, struct conf **conf)
{
	int64_t watchdog_ms = notify_watchdog_us() / 1000;
	int64_t tick_ms = watchdog_ms && watchdog_ms / 2 < TICK_MS ? watchdog_ms / 2 : TICK_MS;
	if (tick_ms < SHORTEST_TICK_MS)
		tick_ms = SHORTEST_TICK_MS;
	for (;;) {
		enum signal_event event = signals_wait(tick_ms);
		if (event == SIGNAL_STOP)
			return;
		if (event == SIGNAL_RELOAD)
			reload(hub, options, conf);
		hub_tick(hub);
		if (watchdog_ms && hub_alive(hub))
			notify_systemd("WATCHDOG=1");
	}
}

/* What the hub must not open: secrets to the disk through a core dump or a loose umask. */
static void harden(void)
{
	prctl(PR_SET_DUMPABLE, 0);
	umask(0077);
}

static int run_hub(const struct options *options, struct conf **conf)
{
	struct hub *hub = NULL;
	int err = hub_start(*conf, options->state_dir, &hub);
	if (err)
		return err == ERR_NEWER ? EXIT_CONFIG_ERROR : EXIT_FAILED;
	notify_systemd("READY=1");
	log_info("hub", "ready");
	serve(hub, options, conf);
	notify_systemd("STOPPING=1");
	log_info("hub", "stopping");
	hub_stop(&hub);
	return EXIT_OK;
}

int main(int argc, char **argv)
{
	struct options options;
	int status = options_parse(argc, argv, &options);
	if (status != -1)
		return status;
	if (options.help_config)
		return help_config(&options);
	if (sodium_init() < 0) {
		fputs("tomte-hub: libsodium does not work on this machine\n", stderr);
		return EXIT_FAILED;
	}
	harden();
	signals_block();
	if (options.restore || options.verify)
		return restoring_run(&options);
	if (options.broker_only)
		return broker_only_run(&options);

	struct conf *conf = NULL;
	if (load_conf(&options, &conf))
		return EXIT_CONFIG_ERROR;
	log_set_level(conf->hub.log_level);
	if (options.check_config) {
		status = EXIT_OK;
		puts("the settings are good");
	} else if (options.move_to) {
		const char *here = conf->store.database[0] ? conf->store.database : "local";
		status = move_history(options.state_dir, options.move_from ? options.move_from : here, options.move_to);
	} else {
		status = run_hub(&options, &conf);
	}
	conf_destroy(&conf);
	return status;
}
