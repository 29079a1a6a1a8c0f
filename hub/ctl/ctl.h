/* What the verbs of tomtectl share. One thread; everything lives in main(). */
#ifndef CTL_CTL_H
#define CTL_CTL_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* Exit codes, documented in tomtectl(1). */
enum {
	EXIT_FINE = 0,
	EXIT_REFUSED = 1,     /* the hub said no, or doctor found something */
	EXIT_USAGE = 2,
	EXIT_UNREACHABLE = 3, /* no hub at the socket, or no right to use it */
};

struct ctl {
	const char *socket; /* path */
	bool json;          /* print the hub's JSON as it is */
	FILE *out, *err;
	bool terminal;      /* out is one: colours and QR codes */
};

struct verb {
	const char *name, *sub; /* sub: NULL, or the second word as in "key new" */
	const char *arguments, *text;
	int least, most; /* positional arguments */
	/* args: positional and options as given behind the verb. Returns an exit code. */
	int (*run)(const struct ctl *ctl, int count, char **args);
	const char *options; /* the options it knows, space-separated; a trailing '=' takes a value */
	const char *example; /* behind "tomtectl ", or NULL */
};

/* All verbs, in the order of the help. */
const struct verb *verbs_all(size_t *count_r);

/* Finds the verb that the words name. Returns it, or NULL; *words_r: how many words its name takes. */
const struct verb *verbs_find(int count, char **words, int *words_r);

/* Says on ctl->err what may stand in the place of a first word that names no verb, or lacks its second. */
void verbs_explain(const struct ctl *ctl, const char *word);

/* Prints how a verb is called and what it does. */
void verbs_usage(FILE *out, const struct verb *verb);

enum { CTL_ID_MAX = 32 };

/* Whether a word is the id of a device or entity; else says so on ctl->err. */
bool id_check(const struct ctl *ctl, const char *id);

/* The value of --name VALUE or --name=VALUE in args, "" for one without a
 * value, or NULL when it is absent. */
const char *option_value(int count, char **args, const char *name);

/* Checks options against the verb and moves positional arguments to the front of args.
 * Returns their number, or -1 with a message that ends in the verb's usage. */
int options_check(const struct ctl *ctl, const struct verb *verb, int count, char **args);

/* The handlers, one file per subject. */
int verb_setup_link(const struct ctl *ctl, int count, char **args);
int verb_fingerprint(const struct ctl *ctl, int count, char **args);
int verb_key_new(const struct ctl *ctl, int count, char **args);
int verb_key_list(const struct ctl *ctl, int count, char **args);
int verb_key_revoke(const struct ctl *ctl, int count, char **args);
int verb_key_approve(const struct ctl *ctl, int count, char **args);
int verb_devices(const struct ctl *ctl, int count, char **args);
int verb_device(const struct ctl *ctl, int count, char **args);
int verb_device_edit(const struct ctl *ctl, int count, char **args);
int verb_device_class(const struct ctl *ctl, int count, char **args);
int verb_device_remove(const struct ctl *ctl, int count, char **args);
int verb_device_replace(const struct ctl *ctl, int count, char **args);
int verb_device_renew(const struct ctl *ctl, int count, char **args);
int verb_device_revoke(const struct ctl *ctl, int count, char **args);
int verb_set(const struct ctl *ctl, int count, char **args);
int verb_command_list(const struct ctl *ctl, int count, char **args);
int verb_command_cancel(const struct ctl *ctl, int count, char **args);
int verb_room(const struct ctl *ctl, int count, char **args);
int verb_group_list(const struct ctl *ctl, int count, char **args);
int verb_group_add(const struct ctl *ctl, int count, char **args);
int verb_group_set(const struct ctl *ctl, int count, char **args);
int verb_group_rename(const struct ctl *ctl, int count, char **args);
int verb_group_remove(const struct ctl *ctl, int count, char **args);
int verb_scene_list(const struct ctl *ctl, int count, char **args);
int verb_scene_save(const struct ctl *ctl, int count, char **args);
int verb_scene_apply(const struct ctl *ctl, int count, char **args);
int verb_scene_rename(const struct ctl *ctl, int count, char **args);
int verb_scene_remove(const struct ctl *ctl, int count, char **args);
int verb_alerts(const struct ctl *ctl, int count, char **args);
int verb_users(const struct ctl *ctl, int count, char **args);
int verb_users_add(const struct ctl *ctl, int count, char **args);
int verb_users_role(const struct ctl *ctl, int count, char **args);
int verb_users_password(const struct ctl *ctl, int count, char **args);
int verb_users_remove(const struct ctl *ctl, int count, char **args);
int verb_client_add(const struct ctl *ctl, int count, char **args);
int verb_client_list(const struct ctl *ctl, int count, char **args);
int verb_client_password(const struct ctl *ctl, int count, char **args);
int verb_client_remove(const struct ctl *ctl, int count, char **args);
int verb_token_new(const struct ctl *ctl, int count, char **args);
int verb_token_list(const struct ctl *ctl, int count, char **args);
int verb_token_revoke(const struct ctl *ctl, int count, char **args);
int verb_passwd(const struct ctl *ctl, int count, char **args);
int verb_watch(const struct ctl *ctl, int count, char **args);
int verb_backup(const struct ctl *ctl, int count, char **args);
int verb_restore(const struct ctl *ctl, int count, char **args);
int verb_verify(const struct ctl *ctl, int count, char **args);
int verb_export(const struct ctl *ctl, int count, char **args);
int verb_import(const struct ctl *ctl, int count, char **args);
int verb_store_move(const struct ctl *ctl, int count, char **args);
int verb_doctor(const struct ctl *ctl, int count, char **args);

#endif
