/* Settings: defaults, values, and complaints that say file, line, fault and remedy. */
#include "agent/conf.h"

#include "base/err.h"
#include "fake_tree.h"
#include "support/suite.h"

static struct conf conf;

/* Reads text as a settings file; what is complained of goes to complaints_r. */
static int read_text(const char *text, char complaints_r[2048])
{
	struct fake_tree tree;
	struct buf complaints = {0};
	char path[128];
	fake_tree_create(&tree);
	fake_tree_put(&tree, "agent.conf", text);
	snprintf(path, sizeof path, "%s/agent.conf", tree.root);
	conf_init(&conf);
	int err = conf_read(&conf, path, &complaints);
	snprintf(complaints_r, 2048, "%s", buf_cstr(&complaints));
	buf_finish(&complaints);
	fake_tree_destroy(&tree);
	return err;
}

static void expect_complaint(const char *text, const char *part1, const char *part2)
{
	char complaints[2048];
	ck_assert_int_eq(read_text(text, complaints), ERR_CONFIG);
	ck_assert_msg(strstr(complaints, part1) && strstr(complaints, part2), "%s -> %s", text, complaints);
}

START_TEST(defaults)
{
	struct buf complaints = {0};
	conf_init(&conf);
	ck_assert_int_eq(conf_read(&conf, "/nonexistent/agent.conf", &complaints), ERR_NOT_FOUND);
	ck_assert_uint_eq(complaints.len, 0);
	ck_assert_int_eq(conf.interval_s, 5);
	ck_assert_int_eq(conf.log_level, LOG_LEVEL_INFO);
	for (int i = 0; i < CONF_SENSORS; i++)
		ck_assert(conf.sensors[i]);
	ck_assert(!conf.leds);
	ck_assert_uint_eq(conf.disks.count, 1);
	ck_assert_str_eq(conf.disks.items[0], "/");
	ck_assert_uint_eq(conf.lamps.count + conf.gpio_count, 0);
}
END_TEST

START_TEST(values)
{
	char complaints[2048];
	int err = read_text("# comment\n[agent]\nname = Köket Pi\narea=Kitchen\ninterval_s = 3600\nlog_level = debug\n"
			    "hub = [fd00::1]:8883\n[sensors]\nthermal = no\ndisk_paths = / , /srv/data\n[leds]\nenable=yes\n"
			    "[gpio]\nFan = gpiochip0 17\nPump = /dev/gpiochip1   0 active_low\n"
			    "[simulate]\nlamp = Kitchen lamp, Hall\ndoor =\n",
			    complaints);
	ck_assert_msg(err == 0, "%s", complaints);
	ck_assert_str_eq(conf.name, "Köket Pi");
	ck_assert_str_eq(conf.area, "Kitchen");
	ck_assert_int_eq(conf.interval_s, 3600);
	ck_assert_int_eq(conf.log_level, LOG_LEVEL_DEBUG);
	ck_assert_str_eq(conf.hub, "[fd00::1]:8883");
	ck_assert(!conf.sensors[CONF_THERMAL] && conf.sensors[CONF_HWMON] && conf.leds);
	ck_assert_uint_eq(conf.disks.count, 2);
	ck_assert_str_eq(conf.disks.items[1], "/srv/data");
	ck_assert_uint_eq(conf.gpio_count, 2);
	ck_assert_str_eq(conf.gpios[0].name, "Fan");
	ck_assert_uint_eq(conf.gpios[0].line, 17);
	ck_assert(!conf.gpios[0].active_low && conf.gpios[1].active_low);
	ck_assert_str_eq(conf.gpios[1].chip, "/dev/gpiochip1");
	ck_assert_uint_eq(conf.lamps.count, 2);
	ck_assert_str_eq(conf.lamps.items[0], "Kitchen lamp");
	ck_assert_uint_eq(conf.doors.count, 0);
}
END_TEST

START_TEST(complaints_name_line_and_remedy)
{
	expect_complaint("[agent]\ninterval_s = 0\n", "agent.conf:2: ", "1 to 3600");
	expect_complaint("[agent]\n\n\ninterval_s = 5s\n", "agent.conf:4: ", "1 to 3600");
	expect_complaint("[agent]\nlog_level = loud\n", ":2: ", "error, warning, info or debug");
	expect_complaint("[sensors]\nthermal = perhaps\n", ":2: ", "yes or no");
	expect_complaint("[sensors]\ntermal = no\n", ":2: no setting termal", "thermal, hwmon");
	expect_complaint("[sensor]\nthermal = no\n", ":2: no setting", "[agent], [sensors]");
	expect_complaint("[agent]\nname = a\nname = b\n", ":3: ", "line 2");
	expect_complaint("[agent]\nname\n", ":2: ", "name = value");
	expect_complaint("[agent]\nhub = a/b\n", ":2: ", "HOST:PORT");
	expect_complaint("[sensors]\ndisk_paths = srv\n", ":2: ", "absolute paths");
	expect_complaint("[simulate]\nlamp = 1,2,3,4,5,6,7,8,9\n", ":2: ", "up to 8");
	expect_complaint("[simulate]\nlamp = a,,b\n", ":2: ", "parted by commas");
	expect_complaint("[gpio]\nFan = gpiochip0\n", ":2: ", "CHIP LINE");
	expect_complaint("[gpio]\nFan = gpiochip0 -1\n", ":2: ", "CHIP LINE");
	expect_complaint("[gpio]\nFan = gpiochip0 1 low\n", ":2: ", "CHIP LINE");
	expect_complaint("[gpio]\nFan = gpiochip0 1 active_low 5\n", ":2: ", "CHIP LINE");
	expect_complaint("[gpio]\nFan = a 1\nFan = a 2\n", ":3: ", "twice");
	expect_complaint("[agent]\nname = \xff\n", ":2: ", "UTF-8");
}
END_TEST

START_TEST(all_mistakes_at_once)
{
	char complaints[2048];
	ck_assert_int_eq(read_text("[agent]\ninterval_s = x\nlog_level = y\n", complaints), ERR_CONFIG);
	ck_assert_ptr_nonnull(strstr(complaints, ":2: "));
	ck_assert_ptr_nonnull(strstr(complaints, ":3: "));
}
END_TEST

START_TEST(long_lines)
{
	char text[2000] = "[agent]\nname = ", complaints[2048];
	memset(text + strlen(text), 'x', 500);
	strncat(text, "\ninterval_s = 0\n", 100);
	ck_assert_int_eq(read_text(text, complaints), ERR_CONFIG);
	ck_assert_ptr_nonnull(strstr(complaints, ":2: the line is too long"));
	ck_assert_ptr_nonnull(strstr(complaints, ":3: interval_s"));
}
END_TEST

/* What people read must not drift from the table. */
START_TEST(manual_and_example_name_every_setting)
{
	static const char *const files[] = {TEST_SRCDIR "/agent/agent.conf", TEST_SRCDIR "/packaging/man/tomte-agent.8"};
	struct buf table = {0};
	ck_assert_int_eq(conf_describe(&table), 0);
	for (size_t i = 0; i < 2; i++) {
		struct buf text = {0};
		ck_assert_int_eq(buf_read_file(&text, files[i], 100000), 0);
		const char *haystack = buf_cstr(&text);
		for (const char *line = buf_cstr(&table); line; line = strchr(line, '\n')) {
			char name[32], needle[40];
			line += *line == '\n';
			if (strncmp(line, "  ", 2) != 0 || sscanf(line, "  %31[a-z_0-9] ", name) != 1 || line[2] == ' ')
				continue;
			snprintf(needle, sizeof needle, "%s%s%s", i ? "" : "#", name, i ? "" : " =");
			ck_assert_msg(strstr(haystack, needle) != NULL, "%s lacks %s", files[i], name);
		}
		buf_finish(&text);
	}
	buf_finish(&table);
	/* and the example is readable as it stands */
	struct buf complaints = {0};
	conf_init(&conf);
	ck_assert_int_eq(conf_read(&conf, files[0], &complaints), 0);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {defaults, values, complaints_name_line_and_remedy, all_mistakes_at_once, long_lines,
				      manual_and_example_name_every_setting};
	return suite_run("agent/conf", tests, sizeof tests / sizeof tests[0]);
}
