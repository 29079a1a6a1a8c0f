/* tomtectl's verbs against the real web server over its Unix socket. */
#include <check.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "../../web/harness.h"
#include "base/err.h"
#include "ctl/ctl.h"
#include "support/memory_history.h"

struct session {
	struct harness h;
	struct ctl ctl;
	char *text;
	size_t size;
};

static void session_start(struct session *s, bool accounts)
{
	harness_start(&s->h, accounts);
	s->text = NULL;
	s->size = 0;
	FILE *paper = open_memstream(&s->text, &s->size);
	s->ctl = (struct ctl){.socket = s->h.socket, .out = paper, .err = paper};
}

static void session_stop(struct session *s)
{
	fclose(s->ctl.out);
	free(s->text);
	harness_stop(&s->h);
}

/* Runs a command line (words parted by spaces) and expects its exit code and a part of what it says. */
static void expect(struct session *s, const char *line, int code, const char *part)
{
	char copy[256], *words[16], *rest = copy;
	int count = 0, named;
	snprintf(copy, sizeof copy, "%s", line);
	for (char *word = strsep(&rest, " "); word; word = strsep(&rest, " "))
		words[count++] = word;
	const struct verb *verb = verbs_find(count, words, &named);
	ck_assert_ptr_nonnull(verb);
	rewind(s->ctl.out); /* each command on a fresh page */
	ck_assert_int_ge(options_check(&s->ctl, verb, count - named, words + named), 0);
	/* the number of positional arguments is what the verb sees first */
	int got = verb->run(&s->ctl, count - named, words + named);
	fputc(0, s->ctl.out);
	fflush(s->ctl.out);
	ck_assert_msg(got == code, "%s: %d: %s", line, got, s->text);
	ck_assert_msg(strstr(s->text, part) != NULL, "%s: %s", line, s->text);
}

START_TEST(lists_are_read_to_their_end)
{
	struct session s;
	session_start(&s, true);
	s.h.more_devices = 1200;
	expect(&s, "devices", 0, "d0000");
	expect(&s, "devices", 0, "d0500");
	expect(&s, "devices", 0, "d1199");
	expect(&s, "devices", 0, "lamp");
	session_stop(&s);
}
END_TEST

START_TEST(shows_and_changes)
{
	struct session s;
	session_start(&s, true);
	expect(&s, "devices", EXIT_FINE, "lamp  Lamp");
	expect(&s, "device lamp", EXIT_FINE, "Name      Lamp");
	expect(&s, "device nothing", EXIT_REFUSED, "There is no such device.\n`tomtectl devices` lists");
	expect(&s, "device a.b", EXIT_USAGE, "is no id");
	expect(&s, "users", EXIT_FINE, "vera  viewer");
	expect(&s, "alerts", EXIT_FINE, "No alerts.");
	expect(&s, "setup-link", EXIT_REFUSED, "set up already");
	expect(&s, "key list", EXIT_FINE, "No codes.");
	expect(&s, "key new --name shed --host hub.lan", EXIT_FINE, "sudo tomte-agent join AAAAA hub.lan:8080\n");
	expect(&s, "key new --code-only", EXIT_FINE, "AAAAA\n");
	expect(&s, "key new --ttl 10s", EXIT_USAGE, "--ttl takes");
	expect(&s, "key revoke 0123456789abcdef", EXIT_FINE, "worthless");
	expect(&s, "key revoke 0000000000000000", EXIT_REFUSED, "There is no such key.\nSee `tomtectl key list`.");
	expect(&s, "key approve x", EXIT_USAGE, "16 hexadecimal digits");
	expect(&s, "doctor", EXIT_REFUSED, "1 of 1 device is offline: Lamp.");
	s.ctl.json = true;
	expect(&s, "users", EXIT_FINE, "\"role\": \"adult\"");
	session_stop(&s);
}
END_TEST

static void fill_history(struct session *s)
{
	struct history_series series = {.device = "lamp", .entity = "power", .unit = "W"};
	int64_t id = memory_add_series(s->h.history, &series);
	size_t count;
	for (int i = 0; i < 5000; i++)
		memory_add_sample(s->h.history, id, 1714564800000 + i * 1000LL, i);
	memory_samples(s->h.history, id, &count);
}

START_TEST(exports_history)
{
	struct session s;
	char file[128], line[300];
	session_start(&s, true);
	fill_history(&s);
	expect(&s, "export", EXIT_FINE, "time,series,unit,value\r\n2024-05-01T12:00:00.000Z,lamp/power,W,0\r\n");
	ck_assert_ptr_nonnull(strstr(s.text, "4999\r\n"));
	expect(&s, "export --series 1 --format influx -", EXIT_FINE, "tomte,series=lamp/power,device=lamp,entity=power,unit=W value=0 ");
	expect(&s, "export --series 1 --from 2024-05-01T13:00:00Z", EXIT_FINE, "unit,value\r\n2024-05-01T13:00:00.000Z,");
	expect(&s, "export --to 2020-01-01 --from 2019-12-31T23:00", EXIT_FINE, "time,series,unit,value\r\n");
	expect(&s, "export --series 9", EXIT_REFUSED, "There is no such series.");
	expect(&s, "export --series lamp/none", EXIT_REFUSED, "there is no series lamp/none\nName it by");
	expect(&s, "export --device shed", EXIT_REFUSED, "There is no such device with samples.");
	expect(&s, "export --series 1 --device lamp", EXIT_USAGE, "not both");
	expect(&s, "export --from soon", EXIT_USAGE, "--from takes a time");
	expect(&s, "export --format x&device=y", EXIT_REFUSED, "format is csv, jsonl or influx");
	snprintf(file, sizeof file, "%s/out.csv", s.h.dir);
	snprintf(line, sizeof line, "export --device lamp %s", file);
	expect(&s, line, EXIT_FINE, "");
	struct buf whole = {0};
	ck_assert_int_eq(buf_read_file(&whole, file, 1 << 24), 0);
	ck_assert_ptr_nonnull(strstr(buf_cstr(&whole), "lamp/power,W,4999\r\n"));
	buf_finish(&whole);
	/* what breaks off leaves the old file, and no new one */
	s.h.history->scans = 0;
	s.h.history->scan_fails_after = 3;
	expect(&s, line, EXIT_REFUSED, "the hub broke off");
	ck_assert_int_eq(buf_read_file(&whole, file, 1 << 24), 0);
	ck_assert_ptr_nonnull(strstr(buf_cstr(&whole), "lamp/power,W,4999\r\n"));
	buf_finish(&whole);
	snprintf(file, sizeof file, "%s/out.csv.part", s.h.dir);
	ck_assert_int_ne(access(file, F_OK), 0);
	expect(&s, "export /nowhere/at/all.csv", EXIT_USAGE, "cannot write to /nowhere/at/all.csv.part");
	session_stop(&s);
}
END_TEST

START_TEST(imports_files)
{
	struct session s;
	char line[300];
	session_start(&s, true);
	expect(&s, "import", EXIT_FINE, "Nothing has been imported");
	expect(&s, "import --stop", EXIT_REFUSED, "There is no such import running.");
	expect(&s, "import /nowhere.csv", EXIT_USAGE, "cannot read /nowhere.csv");
	snprintf(line, sizeof line, "import %s", s.h.dir);
	expect(&s, line, EXIT_USAGE, "is no file");
	snprintf(line, sizeof line, "%s/in.csv", s.h.dir);
	FILE *f = fopen(line, "w");
	for (int i = 0; i < 300000; i++)
		fputs("1714564800,1\n", f);
	fclose(f);
	snprintf(line, sizeof line, "import --series lamp/power %s/in.csv", s.h.dir);
	expect(&s, line, EXIT_FINE, "3 samples of 1 series were imported; 0 values said nothing, 1 rows were skipped.\n"
				    "  Line 7: a quote is left open.\n");
	ck_assert_int_eq(s.h.import_bytes, 300000L * 13);
	ck_assert_str_eq(s.h.import_said, "csv lamp/power by tomtectl");
	expect(&s, "import", EXIT_FINE, "3 samples");
	expect(&s, "import --stop", EXIT_FINE, "what it has brought stays");
	s.h.import_err = ERR_BUSY;
	expect(&s, line, EXIT_REFUSED, "Another import is running.");
	/* Home Assistant's database is known by its first bytes */
	s.h.import_err = 0;
	snprintf(line, sizeof line, "%s/ha.db", s.h.dir);
	f = fopen(line, "w");
	fwrite("SQLite format 3\0and so on", 1, 25, f);
	fclose(f);
	snprintf(line, sizeof line, "%s/ha.db-wal", s.h.dir);
	f = fopen(line, "w");
	fputs("log", f);
	fclose(f);
	snprintf(line, sizeof line, "import %s/ha.db", s.h.dir);
	expect(&s, line, EXIT_FINE, "the newest hours may be missing");
	ck_assert_str_eq(s.h.import_said, "homeassistant  by tomtectl");
	session_stop(&s);
}
END_TEST

START_TEST(before_set_up)
{
	struct session s;
	session_start(&s, false);
	expect(&s, "setup-link", EXIT_FINE, s.h.token);
	/* what a browser shows in its warning: 32 pairs in two lines */
	expect(&s, "setup-link", EXIT_FINE, "SHA-256 fingerprint");
	const char *print = strstr(s.text, "\n\n  ");
	while (print && strstr(print + 1, "\n\n  "))
		print = strstr(print + 1, "\n\n  ");
	ck_assert_ptr_nonnull(print);
	char wanted[120];
	snprintf(wanted, sizeof wanted, "%s", print);
	ck_assert_uint_eq(strspn(wanted, "0123456789ABCDEF: \n"), strlen(wanted));
	ck_assert_uint_eq(strlen(wanted), strlen("\n\n  ") + 48 + strlen("\n  ") + 47 + 1);
	expect(&s, "fingerprint", EXIT_FINE, wanted);
	expect(&s, "doctor", EXIT_REFUSED, "tomtectl setup-link");
	expect(&s, "users", EXIT_FINE, "No accounts yet.");
	session_stop(&s);
}
END_TEST

/* What the next question reads. */
static void type(const char *text)
{
	int ends[2];
	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(write(ends[1], text, strlen(text)), (ssize_t)strlen(text));
	close(ends[1]);
	ck_assert_int_ge(dup2(ends[0], STDIN_FILENO), 0);
	close(ends[0]);
	clearerr(stdin);
}

START_TEST(people_come_change_and_go)
{
	struct session s;
	struct account a;
	session_start(&s, true);
	type("secret of mia\n");
	expect(&s, "users add mia --role guest --rooms Hall,Attic", EXIT_FINE, "mia may log in now.");
	ck_assert_int_eq(store_account_by_name(s.h.store, "mia", &a), 0);
	ck_assert_str_eq(a.password, "hash of secret of mia");
	ck_assert(a.must_change && a.role == ROLE_GUEST);
	ck_assert_str_eq(a.rooms.names, "Attic\nHall\n");
	expect(&s, "users", EXIT_FINE, "mia   guest   now    Attic, Hall");
	expect(&s, "users list", EXIT_FINE, "mia   guest");
	expect(&s, "users add mia2", EXIT_USAGE, "--role says what mia2 may do");
	type("secret of mia\n");
	expect(&s, "users add mia --role adult", EXIT_REFUSED, "Somebody has this name already.");
	expect(&s, "users role MIA adult", EXIT_FINE, "The role of mia is changed.");
	ck_assert_int_eq(store_account_by_name(s.h.store, "mia", &a), 0);
	ck_assert(a.role == ROLE_ADULT && a.rooms.names[0] == 0);
	type("mias own one\n");
	expect(&s, "users password mia --keep", EXIT_FINE, "open sessions have ended.");
	ck_assert_int_eq(store_account_by_name(s.h.store, "mia", &a), 0);
	ck_assert(!a.must_change);
	type("lent to mia\n");
	expect(&s, "users password mia", EXIT_FINE, "asks for another one");
	ck_assert_int_eq(store_account_by_name(s.h.store, "mia", &a), 0);
	ck_assert(a.must_change);
	expect(&s, "users role olga viewer", EXIT_REFUSED, "only owner");
	expect(&s, "users remove olga", EXIT_REFUSED, "only owner");
	expect(&s, "users remove mia", EXIT_FINE, "mia is removed");
	expect(&s, "users remove mia", EXIT_REFUSED, "no such account");
	session_stop(&s);
}
END_TEST

START_TEST(tokens_are_made_listed_and_revoked)
{
	struct session s;
	session_start(&s, true);
	expect(&s, "token list", EXIT_FINE, "No tokens.");
	expect(&s, "token new adam --name panel --scope control --ttl 30d", EXIT_FINE, "tomte_");
	expect(&s, "token new adam --name panel --scope admin", EXIT_REFUSED, "cannot do more than its account");
	expect(&s, "token new adam", EXIT_USAGE, "--name says what the token is for");
	expect(&s, "token new adam --name x --ttl 90m", EXIT_USAGE, "whole days");
	expect(&s, "token new nobody --name x", EXIT_REFUSED, "no such account");
	expect(&s, "token list", EXIT_FINE, "1   panel  adam  control  never  in 30 days");
	expect(&s, "token revoke x", EXIT_USAGE, "an ID is a number");
	expect(&s, "token revoke 1", EXIT_FINE, "opens nothing any more");
	expect(&s, "token revoke 1", EXIT_REFUSED, "no such token");
	session_stop(&s);
}
END_TEST

START_TEST(clients_of_mqtt_are_made_and_end)
{
	struct session s;
	session_start(&s, true);
	expect(&s, "client list", EXIT_FINE, "plug");
	expect(&s, "client add Plug --kind tasmota", EXIT_FINE, "secret");
	expect(&s, "client password plug", EXIT_FINE, "plug");
	expect(&s, "client password other", EXIT_REFUSED, "no such client");
	expect(&s, "client remove a/b", EXIT_USAGE, "no user name");
	expect(&s, "client remove plug", EXIT_FINE, "history stays");
	expect(&s, "client remove other", EXIT_REFUSED, "no such client");
	session_stop(&s);
}
END_TEST

START_TEST(sets_a_password_from_standard_input)
{
	struct session s;
	session_start(&s, true);
	type("brand new one\n");
	expect(&s, "passwd nobody", EXIT_REFUSED, "no such account");
	expect(&s, "passwd Vera", EXIT_FINE, "The password of vera is set");
	struct account account;
	ck_assert_int_eq(store_account_by_name(s.h.store, "vera", &account), 0);
	ck_assert_str_eq(account.password, "hash of brand new one");
	ck_assert(!account.must_change);
	session_stop(&s);
}
END_TEST

/* Sends Ctrl-C to a thread while the terminal does not echo: again and again, for
 * the first may come before the read. */
struct impatience {
	pthread_t thread;
	int terminal;
};

static void *interrupt(void *arg)
{
	const struct impatience *who = arg;
	struct termios now;
	do
		usleep(1000);
	while (tcgetattr(who->terminal, &now) == 0 && now.c_lflag & ECHO);
	while (tcgetattr(who->terminal, &now) == 0 && !(now.c_lflag & ECHO)) {
		pthread_kill(who->thread, SIGINT);
		usleep(1000);
	}
	return NULL;
}

START_TEST(gives_the_terminal_back_when_interrupted)
{
	struct session s;
	struct termios after;
	pthread_t thread;
	session_start(&s, true);
	signal(SIGINT, SIG_IGN); /* what it is before and after the question */
	int master = posix_openpt(O_RDWR | O_NOCTTY);
	ck_assert_int_ge(master, 0);
	ck_assert_int_eq(grantpt(master), 0);
	ck_assert_int_eq(unlockpt(master), 0);
	int terminal = open(ptsname(master), O_RDWR | O_NOCTTY);
	ck_assert_int_ge(dup2(terminal, STDIN_FILENO), 0);
	struct impatience impatience = {pthread_self(), terminal};
	pthread_create(&thread, NULL, interrupt, &impatience);
	expect(&s, "passwd vera", EXIT_REFUSED, "no password was given; nothing is changed");
	pthread_join(thread, NULL);
	ck_assert_int_eq(tcgetattr(terminal, &after), 0);
	ck_assert(after.c_lflag & ECHO);
	close(terminal);
	close(master);
	session_stop(&s);
}
END_TEST

struct device {
	struct harness *h;
	const char *state;
};

/* Plays the house: as soon as the command came, tells others' and its fate. */
static void *act(void *arg)
{
	struct device *device = arg;
	while (device->h->commands == 0)
		usleep(1000);
	char *other = strdup("{\"id\":\"c0\",\"state\":\"failed\"}"), *ours = malloc(200);
	snprintf(ours, 200, "{\"id\":\"c1\",\"device\":\"lamp\",\"entity\":\"light\",\"value\":\"ON\",\"state\":\"%s\","
			    "\"took_ms\":12,\"reason\":null}", device->state);
	device->h->live.post(device->h->live.ctx, "command", "lamp", other);
	device->h->live.post(device->h->live.ctx, "command", "lamp", ours);
	return NULL;
}

START_TEST(set_waits_for_the_fate)
{
	const char *states[] = {"confirmed", "expired"};
	for (size_t i = 0; i < 2; i++) {
		struct session s;
		session_start(&s, true);
		struct device device = {&s.h, states[i]};
		pthread_t thread;
		pthread_create(&thread, NULL, act, &device);
		char part[64];
		snprintf(part, sizeof part, "lamp/light ON: %s after 12 ms", states[i]);
		expect(&s, "set lamp light on", i == 0 ? EXIT_FINE : EXIT_REFUSED, part);
		pthread_join(thread, NULL);
		ck_assert_str_eq(s.h.last_command, "lamp/light \"ON\" by tomtectl");
		expect(&s, "set nothing light on", EXIT_REFUSED, "There is no such device or entity.");
		session_stop(&s);
	}
}
END_TEST

START_TEST(what_is_commanded_as_one)
{
	struct session s;
	session_start(&s, true);
	expect(&s, "room Hall off", EXIT_REFUSED, "There is nothing that could take it."); /* the house of pretence commands nothing */
	ck_assert_str_eq(s.h.last_command, "Hall 10 \"OFF\" by tomtectl wait 0");
	expect(&s, "room all {\"brightness\":40} --kind light,switch --wait 5m", EXIT_REFUSED, "nothing");
	ck_assert_str_eq(s.h.last_command, "all 18 {\"brightness\":40} by tomtectl wait 300");
	expect(&s, "room Cellar off", EXIT_REFUSED, "There is no such room.");
	expect(&s, "room Hall off --kind lamp", EXIT_REFUSED, "Say of what kind");
	expect(&s, "room Hall off --wait never", EXIT_USAGE, "--wait takes");
	expect(&s, "command cancel 5", EXIT_FINE, " is not asked any more.");
	ck_assert_str_eq(s.h.last_command, "cancel 5 by tomtectl");
	expect(&s, "command cancel 6", EXIT_REFUSED, "It has been sent, and cannot be taken back.");
	expect(&s, "command cancel 8", EXIT_REFUSED, "There is no such command.");
	expect(&s, "command cancel lamp", EXIT_USAGE, "\"lamp\" is no command;");
	expect(&s, "command list", EXIT_FINE, "");
	expect(&s, "command list no.id", EXIT_USAGE, "\"no.id\" is no id;");
	expect(&s, "group list", EXIT_FINE, "Lamps");
	expect(&s, "group set lamps on", EXIT_REFUSED, "nothing");
	ck_assert_str_eq(s.h.last_command, "group \"ON\" by tomtectl wait 0");
	expect(&s, "group set Lights on", EXIT_REFUSED, "there is no such group; see tomtectl group list");
	expect(&s, "group add More lamp/light", EXIT_FINE, "The group More is made.");
	expect(&s, "group add More lamp", EXIT_USAGE, "lamp is not DEVICE/ENTITY;");
	expect(&s, "group add More lamp/light=on", EXIT_USAGE, "is not DEVICE/ENTITY;");
	expect(&s, "group add More lamp/lights-that-have-a-name-too-long-for-ids", EXIT_USAGE, "is not DEVICE/ENTITY");
	expect(&s, "group rename Lamps many", EXIT_REFUSED, "as many as there may be");
	expect(&s, "group remove Lamps", EXIT_FINE, "The group Lamps is removed.");
	expect(&s, "scene list", EXIT_FINE, "Evening  Hall");
	expect(&s, "scene apply evening --timeout 2m", EXIT_REFUSED, "nothing");
	ck_assert_str_eq(s.h.last_command, "scene - by tomtectl wait 0");
	expect(&s, "scene save Evening lamp/light=on", EXIT_FINE, "The scene Evening is changed.");
	expect(&s, "scene save Morning lamp/light", EXIT_FINE, "The scene Morning is kept.");
	expect(&s, "scene save Morning --room Hall", EXIT_USAGE, "name entities as DEVICE/ENTITY");
	expect(&s, "scene rename Evening odd", EXIT_REFUSED, "It needs members.");
	expect(&s, "scene rename Evening twin", EXIT_REFUSED, "Another one has this name.");
	expect(&s, "scene remove Night", EXIT_REFUSED, "there is no such scene");
	session_stop(&s);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ctl/hub");
	TCase *tcase = tcase_create("ctl");
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, lists_are_read_to_their_end);
	tcase_add_test(tcase, shows_and_changes);
	tcase_add_test(tcase, exports_history);
	tcase_add_test(tcase, imports_files);
	tcase_add_test(tcase, before_set_up);
	tcase_add_test(tcase, people_come_change_and_go);
	tcase_add_test(tcase, tokens_are_made_listed_and_revoked);
	tcase_add_test(tcase, clients_of_mqtt_are_made_and_end);
	tcase_add_test(tcase, sets_a_password_from_standard_input);
	tcase_add_test(tcase, gives_the_terminal_back_when_interrupted);
	tcase_add_test(tcase, set_waits_for_the_fate);
	tcase_add_test(tcase, what_is_commanded_as_one);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
