/* tomte-hub --restore and --verify: what db/restore.h does, told to people. Main thread; no hub runs. */
#include "main/restoring.h"

#include <stdio.h>
#include <time.h>

#include "base/err.h"
#include "db/restore.h"

static void print_backup(const struct restore_report *report)
{
	char date[40] = "";
	time_t at = (time_t)(report->created_ms / 1000);
	struct tm tm;
	if (localtime_r(&at, &tm))
		(void)strftime(date, sizeof date, "%Y-%m-%d %H:%M", &tm);
	printf("Backup of hub %s, made %s by tomte %s: %.1f MB.\n", report->hub, date, report->version, (double)report->bytes / 1e6);
	if (report->elsewhere)
		puts("Its history lies on a database server and is not in it: see [store] database in hub.conf(5).");
}

static int verify(const struct options *options, char message[RESTORE_MESSAGE_SIZE])
{
	struct restore_report report;
	int err = restore_verify(options->verify, &report, message);
	if (err)
		return err;
	print_backup(&report);
	puts("Every byte of it is as it was saved.");
	return 0;
}

static int restore(const struct options *options, char message[RESTORE_MESSAGE_SIZE])
{
	struct restore_report report;
	const struct restore_options wanted = {options->restore, options->state_dir, options->force};
	int err = restore_run(&wanted, &report, message);
	if (err)
		return err;
	print_backup(&report);
	printf("It is restored into %s.\n", options->state_dir);
	if (report.aside[0])
		printf("What was there is kept in %s: remove that when you do not need it any more.\n", report.aside);
	puts("Start the hub with `systemctl start tomte-hub`.");
	return 0;
}

int restoring_run(const struct options *options)
{
	char message[RESTORE_MESSAGE_SIZE] = "";
	int err = options->verify ? verify(options, message) : restore(options, message);
	if (err)
		fprintf(stderr, "tomte-hub: %s\n", message[0] ? message : err_text(err));
	return err == ERR_NEWER ? EXIT_CONFIG_ERROR : err ? EXIT_FAILED : EXIT_OK;
}
