/* Sensors, actuators and the description over a fake kernel: good, missing,
 * nonsensical and hostile files. */
#include "agent/device.h"

#include <jansson.h>
#include <math.h>

#include "agent/describe.h"
#include "base/err.h"
#include "base/str.h"
#include "fake_tree.h"
#include "support/suite.h"

static struct fake_tree tree;
static struct kernel kernel;
static struct conf conf;
static struct device *device;

static void set_up(void)
{
	fake_tree_create(&tree);
	kernel.root = tree.root;
	conf_init(&conf);
	conf.sensors[CONF_DISK] = false;
}

static void make_device(void)
{
	ck_assert_int_eq(device_create(&device, &conf, &kernel), 0);
	device_read(device, (struct mono_ms){0});
}

static void tear_down(void)
{
	device_destroy(&device);
	ck_assert_ptr_null(device);
	device_destroy(&device);
	fake_tree_destroy(&tree);
}

static const struct entity *find(const char *id)
{
	return entities_find((struct entities *)device_entities(device), span_str(id));
}

static void expect_value(const char *id, const char *value)
{
	struct buf text = {0};
	const struct entity *e = find(id);
	ck_assert_msg(e != NULL, "no %s", id);
	int err = device_value(device, e, &text);
	if (!value)
		ck_assert_msg(err == ERR_NOT_FOUND, "%s = %s", id, buf_cstr(&text));
	else
		ck_assert_msg(err == 0 && span_is(buf_span(&text), value), "%s = %s, not %s", id, buf_cstr(&text), value);
	buf_finish(&text);
}

static int command(const char *id, const char *payload)
{
	return device_command(device, span_str(id), span_str(payload));
}

START_TEST(empty_kernel)
{
	set_up();
	make_device();
	ck_assert_uint_eq(device_entities(device)->count, 0);
	tear_down();
}
END_TEST

START_TEST(thermal)
{
	set_up();
	fake_tree_put(&tree, "sys/class/thermal/thermal_zone0/type", "cpu-thermal\n");
	fake_tree_put(&tree, "sys/class/thermal/thermal_zone0/temp", "48312\n");
	fake_tree_put(&tree, "sys/class/thermal/thermal_zone1/type", "attic\n");
	fake_tree_put(&tree, "sys/class/thermal/thermal_zone1/temp", "-12500\n");
	fake_tree_put(&tree, "sys/class/thermal/thermal_zone2/temp", "21000"); /* no type */
	fake_tree_put(&tree, "sys/class/thermal/thermal_zone3/type", "attic\n");
	fake_tree_put(&tree, "sys/class/thermal/thermal_zone3/temp", "999999999999999999999999\n");
	fake_tree_put(&tree, "sys/class/thermal/thermal_zone4/type", "x\n"); /* no temp */
	fake_tree_put(&tree, "sys/class/thermal/thermal_zone10/type", "\xff\x01\n");
	fake_tree_put(&tree, "sys/class/thermal/thermal_zone10/temp", "warm\n");
	make_device();
	ck_assert_uint_eq(device_entities(device)->count, 5);
	expect_value("thermal_cpu_thermal", "48.312");
	ck_assert_str_eq(find("thermal_cpu_thermal")->name, "CPU temperature");
	expect_value("thermal_attic", "-12.5");
	expect_value("thermal_zone", "21");
	expect_value("thermal_attic_2", NULL);
	expect_value("thermal", NULL);
	ck_assert(str_utf8_valid(span_str(find("thermal")->name)));
	/* files that change and go between readings */
	fake_tree_put(&tree, "sys/class/thermal/thermal_zone0/temp", "nan\n");
	fake_tree_put(&tree, "sys/class/thermal/thermal_zone3/temp", "1000\n");
	fake_tree_put(&tree, "sys/class/thermal/thermal_zone1/temp", "");
	device_read(device, (struct mono_ms){1});
	expect_value("thermal_cpu_thermal", NULL);
	expect_value("thermal_attic", NULL);
	expect_value("thermal_attic_2", "1");
	tear_down();
}
END_TEST

START_TEST(hwmon)
{
	set_up();
	fake_tree_put(&tree, "sys/class/hwmon/hwmon0/name", "k10temp\n");
	fake_tree_put(&tree, "sys/class/hwmon/hwmon0/temp1_input", "40125\n");
	fake_tree_put(&tree, "sys/class/hwmon/hwmon0/temp1_label", "Tctl\n");
	fake_tree_put(&tree, "sys/class/hwmon/hwmon0/fan1_input", "1200\n");
	fake_tree_put(&tree, "sys/class/hwmon/hwmon0/in0_input", "3300\n");
	fake_tree_put(&tree, "sys/class/hwmon/hwmon0/power1_input", "15000000\n");
	fake_tree_put(&tree, "sys/class/hwmon/hwmon0/temp1_crit", "90000\n");
	fake_tree_put(&tree, "sys/class/hwmon/hwmon0/intrusion0_alarm", "0\n");
	fake_tree_put(&tree, "sys/class/hwmon/hwmon1/name", "cpu_thermal\n"); /* the zone's mirror */
	fake_tree_put(&tree, "sys/class/hwmon/hwmon1/temp1_input", "40125\n");
	fake_tree_put(&tree, "sys/class/hwmon/hwmon1/device/temp", "40125\n");
	make_device();
	ck_assert_uint_eq(device_entities(device)->count, 4);
	expect_value("k10temp_temp1", "40.125");
	ck_assert_str_eq(find("k10temp_temp1")->name, "k10temp Tctl temperature");
	expect_value("k10temp_fan1", "1200");
	expect_value("k10temp_in0", "3.3");
	expect_value("k10temp_power1", "15");
	tear_down();
}
END_TEST

START_TEST(load_and_memory)
{
	set_up();
	fake_tree_put(&tree, "proc/loadavg", "0.52 1.5 2 1/123 4567\n");
	fake_tree_put(&tree, "proc/stat", "cpu  100 0 100 700 100 0 0 0 0 0\ncpu0 1 2\n");
	fake_tree_put(&tree, "proc/meminfo", "MemTotal:        1000000 kB\nMemFree: 1 kB\nMemAvailable:     250000 kB\n"
					     "SwapTotal:             0 kB\nSwapFree: 0 kB\n");
	fake_tree_put(&tree, "proc/uptime", "12345.67 999.9\n");
	make_device();
	expect_value("load_1m", "0.52");
	expect_value("load_15m", "2");
	expect_value("cpu_usage", "20");
	expect_value("memory_used", "75");
	expect_value("memory_available", "256");
	expect_value("uptime", "12345");
	ck_assert_ptr_null(find("swap_used"));
	fake_tree_put(&tree, "proc/stat", "cpu  150 0 150 750 150 0 0 0 0 0\n");
	fake_tree_put(&tree, "proc/loadavg", "0.52");
	fake_tree_put(&tree, "proc/meminfo", "MemTotal: 0 kB\nMemAvailable: x kB\n");
	fake_tree_put(&tree, "proc/uptime", "-5 1\n");
	device_read(device, (struct mono_ms){1000});
	expect_value("cpu_usage", "50");
	expect_value("load_1m", "0.52");
	expect_value("load_5m", NULL);
	expect_value("memory_used", NULL);
	expect_value("uptime", NULL);
	fake_tree_put(&tree, "proc/stat", "intr 5\n");
	device_read(device, (struct mono_ms){2000});
	expect_value("cpu_usage", NULL);
	tear_down();
}
END_TEST

START_TEST(network)
{
	set_up();
	fake_tree_put(&tree, "sys/class/net/eth0/statistics/rx_bytes", "1844674407370\n");
	fake_tree_put(&tree, "sys/class/net/eth0/statistics/tx_bytes", "7\n");
	fake_tree_put(&tree, "sys/class/net/lo/statistics/rx_bytes", "1\n");
	fake_tree_put(&tree, "sys/class/net/veth123/statistics/rx_bytes", "1\n");
	fake_tree_put(&tree, "sys/class/net/wlan0/statistics/rx_bytes", "-1\n");
	fake_tree_put(&tree, "sys/class/net/bonding_masters", "\n");
	make_device();
	ck_assert_uint_eq(device_entities(device)->count, 3);
	expect_value("net_eth0_rx", "1844674407370");
	expect_value("net_eth0_tx", "7");
	expect_value("net_wlan0_rx", NULL);
	tear_down();
}
END_TEST

START_TEST(iio_and_w1)
{
	set_up();
	fake_tree_put(&tree, "sys/bus/iio/devices/iio:device0/name", "bme280\n");
	fake_tree_put(&tree, "sys/bus/iio/devices/iio:device0/in_temp_input", "21340\n");
	fake_tree_put(&tree, "sys/bus/iio/devices/iio:device0/in_pressure_input", "101.325\n");
	fake_tree_put(&tree, "sys/bus/iio/devices/iio:device0/in_humidityrelative_input", "45500\n");
	fake_tree_put(&tree, "sys/bus/iio/devices/iio:device1/name", "mcp3008\n");
	fake_tree_put(&tree, "sys/bus/iio/devices/iio:device1/in_voltage0_raw", "512\n");
	fake_tree_put(&tree, "sys/bus/iio/devices/iio:device1/in_voltage1_raw", "0\n");
	fake_tree_put(&tree, "sys/bus/iio/devices/iio:device1/in_voltage1_offset", "1000\n");
	fake_tree_put(&tree, "sys/bus/iio/devices/iio:device1/in_voltage_scale", "3.5\n");
	fake_tree_put(&tree, "sys/bus/iio/devices/iio:device1/in_accel_x_raw", "5\n");
	fake_tree_put(&tree, "sys/bus/w1/devices/28-000005e2fdc3/temperature", "23125\n");
	fake_tree_put(&tree, "sys/bus/w1/devices/28-000005e2fdc4/temperature", "85000\n");
	fake_tree_put(&tree, "sys/bus/w1/devices/10-0008/w1_slave",
		      "2d 00 4b 46 ff ff 02 10 19 : crc=19 YES\n2d 00 4b 46 ff ff 02 10 19 t=-22500\n");
	fake_tree_put(&tree, "sys/bus/w1/devices/10-0009/w1_slave", "2d : crc=19 NO\n2d t=22500\n");
	fake_tree_put(&tree, "sys/bus/w1/devices/w1_bus_master1/temperature", "1\n");
	make_device();
	expect_value("bme280_temp", "21.34");
	expect_value("bme280_pressure", "1013.25");
	expect_value("bme280_humidityrelative", "45.5");
	expect_value("mcp3008_voltage0", "1.792");
	expect_value("mcp3008_voltage1", "3.5");
	ck_assert_ptr_null(find("mcp3008_accel_x"));
	expect_value("w1_28_000005e2fdc3", "23.125");
	expect_value("w1_28_000005e2fdc4", NULL);
	expect_value("w1_10_0008", "-22.5");
	expect_value("w1_10_0009", NULL);
	ck_assert_uint_eq(device_entities(device)->count, 9);
	tear_down();
}
END_TEST

START_TEST(switches_leave_drivers_out)
{
	set_up();
	fake_tree_put(&tree, "proc/uptime", "1 1\n");
	conf.sensors[CONF_UPTIME] = false;
	make_device();
	ck_assert_uint_eq(device_entities(device)->count, 0);
	tear_down();
}
END_TEST

START_TEST(disks)
{
	set_up();
	conf.sensors[CONF_DISK] = true;
	conf.disks.count = 2;
	snprintf(conf.disks.items[0], SETTINGS_ITEM_SIZE, "/");
	snprintf(conf.disks.items[1], SETTINGS_ITEM_SIZE, "/nonexistent/place");
	make_device();
	ck_assert(find("disk_root_used")->known && find("disk_root_used")->value <= 100);
	ck_assert(find("disk_root_free")->known);
	expect_value("disk_nonexistent_place_used", NULL);
	tear_down();
}
END_TEST

START_TEST(table_of_entities_is_bounded)
{
	set_up();
	for (int i = 0; i < 200; i++) {
		char path[128];
		snprintf(path, sizeof path, "sys/class/hwmon/hwmon%d/temp%d_input", i % 20, i);
		fake_tree_put(&tree, path, "1000\n");
	}
	make_device();
	ck_assert_uint_eq(device_entities(device)->count, ENTITIES_MAX);
	for (size_t i = 0; i < ENTITIES_MAX; i++)
		for (size_t j = 0; j < i; j++)
			ck_assert_str_ne(device_entities(device)->items[i].id, device_entities(device)->items[j].id);
	tear_down();
}
END_TEST

START_TEST(simulated)
{
	double first[200];
	set_up();
	conf.thermometers.count = conf.doors.count = conf.powers.count = 1;
	snprintf(conf.thermometers.items[0], SETTINGS_ITEM_SIZE, "Kitchen");
	snprintf(conf.doors.items[0], SETTINGS_ITEM_SIZE, "Front door");
	snprintf(conf.powers.items[0], SETTINGS_ITEM_SIZE, "Mains");
	for (int run = 0; run < 2; run++) {
		int opened = 0;
		double energy = 0;
		make_device();
		for (int i = 0; i < 200; i++) {
			device_read(device, (struct mono_ms){i * 10000});
			double degrees = find("kitchen")->value;
			ck_assert(degrees > 17 && degrees < 25);
			if (run)
				ck_assert(first[i] == degrees);
			else if (i)
				ck_assert(fabs(first[i - 1] - degrees) < 0.7);
			first[i] = degrees;
			opened += find("front_door")->value > 0;
			ck_assert(find("mains")->value > 50 && find("mains")->value < 2500);
			ck_assert(find("mains_energy")->value >= energy);
			energy = find("mains_energy")->value;
		}
		ck_assert(opened > 0 && opened < 150 && energy > 0.02);
		expect_value("front_door", find("front_door")->value > 0 ? "ON" : "OFF");
		device_destroy(&device);
	}
	tear_down();
}
END_TEST

START_TEST(lamp)
{
	static const char *const bad[] = {
		"", "ON", "{", "[]", "{}", "null", "{\"state\":1}", "{\"state\":\"on\"}", "{\"state\":\"ON\",\"brightness\":256}",
		"{\"state\":\"ON\",\"brightness\":-1}", "{\"state\":\"ON\",\"brightness\":1.5}",
		"{\"state\":\"ON\",\"brightness\":\"9\"}", "{\"state\":\"ON\",\"color\":5}",
		"{\"state\":\"ON\",\"color\":{\"r\":1,\"g\":2}}", "{\"state\":\"ON\",\"color\":{\"r\":1,\"g\":2,\"b\":300}}",
		"{\"state\":\"ON\",\"state\":\"OFF\"}", "{\"transition\":2}", "{\"state\":\"ON\"} x",
	};
	set_up();
	conf.lamps.count = 1;
	snprintf(conf.lamps.items[0], SETTINGS_ITEM_SIZE, "Kitchen lamp");
	make_device();
	const char *off = "{\"state\":\"OFF\",\"brightness\":200,\"color_mode\":\"rgb\",\"color\":{\"r\":255,\"g\":180,\"b\":107}}";
	expect_value("kitchen_lamp", off);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		ck_assert_msg(command("kitchen_lamp", bad[i]) == ERR_MALFORMED, "%s", bad[i]);
		expect_value("kitchen_lamp", off);
	}
	ck_assert_int_eq(command("kitchen_lamp", "{\"state\":\"ON\",\"transition\":2}"), 0);
	ck_assert_int_eq(command("kitchen_lamp", "{\"brightness\":5,\"color\":{\"r\":1,\"g\":2,\"b\":3}}"), 0);
	expect_value("kitchen_lamp",
		     "{\"state\":\"ON\",\"brightness\":5,\"color_mode\":\"rgb\",\"color\":{\"r\":1,\"g\":2,\"b\":3}}");
	ck_assert_int_eq(command("kitchen_lamp", "{\"brightness\":0}"), 0);
	expect_value("kitchen_lamp",
		     "{\"state\":\"OFF\",\"brightness\":5,\"color_mode\":\"rgb\",\"color\":{\"r\":1,\"g\":2,\"b\":3}}");
	ck_assert_int_eq(command("kitchen_lamp", "{\"state\":\"ON\"}"), 0);
	ck_assert_int_eq(command("other", "{\"state\":\"ON\"}"), ERR_NOT_FOUND);
	tear_down();
}
END_TEST

START_TEST(leds)
{
	char text[16];
	set_up();
	fake_tree_put(&tree, "sys/class/leds/ACT/brightness", "0\n");
	fake_tree_put(&tree, "sys/class/leds/ACT/max_brightness", "255\n");
	fake_tree_put(&tree, "sys/class/leds/ACT/trigger", "[mmc0] none\n");
	fake_tree_put(&tree, "sys/class/leds/broken/max_brightness", "255\n");
	make_device();
	ck_assert_uint_eq(device_entities(device)->count, 0); /* off by default */
	device_destroy(&device);
	conf.leds = true;
	make_device();
	ck_assert_uint_eq(device_entities(device)->count, 1);
	expect_value("led_act", "OFF");
	ck_assert_int_eq(command("led_act", "ON"), 0);
	expect_value("led_act", "ON");
	fake_tree_get(&tree, "sys/class/leds/ACT/brightness", text, sizeof text);
	ck_assert_str_eq(text, "255");
	fake_tree_get(&tree, "sys/class/leds/ACT/trigger", text, sizeof text);
	ck_assert_str_eq(text, "none");
	ck_assert_int_eq(command("led_act", "on"), ERR_MALFORMED);
	ck_assert_int_eq(command("led_act", ""), ERR_MALFORMED);
	expect_value("led_act", "ON");
	ck_assert_int_eq(command("led_act", "OFF"), 0);
	expect_value("led_act", "OFF");
	tear_down();
}
END_TEST

START_TEST(gpio_that_cannot_be_had_is_left_out)
{
	set_up();
	conf.gpio_count = 1;
	conf.gpios[0] = (struct conf_gpio){.name = "Fan", .chip = "gpiochip-none", .line = 1};
	make_device();
	ck_assert_uint_eq(device_entities(device)->count, 0);
	tear_down();
}
END_TEST

static const char *string_at(const json_t *object, const char *key)
{
	const char *s = json_string_value(json_object_get(object, key));
	return s ? s : "";
}

START_TEST(description)
{
	struct identity identity;
	set_up();
	fake_tree_put_bytes(&tree, "proc/device-tree/model", "Raspberry Pi 4 Model B Rev 1.4", 31);
	fake_tree_put(&tree, "sys/class/net/eth0/address", "dc:a6:32:01:02:03\n");
	fake_tree_put(&tree, "sys/class/net/eth0/device/x", "");
	fake_tree_put(&tree, "sys/class/thermal/thermal_zone0/type", "cpu-thermal\n");
	fake_tree_put(&tree, "sys/class/thermal/thermal_zone0/temp", "48312\n");
	conf.lamps.count = conf.doors.count = 1;
	snprintf(conf.lamps.items[0], SETTINGS_ITEM_SIZE, "Lamp \"x\"");
	snprintf(conf.doors.items[0], SETTINGS_ITEM_SIZE, "Door");
	snprintf(conf.name, sizeof conf.name, "Kök");
	snprintf(conf.area, sizeof conf.area, "Kitchen");
	make_device();
	identity_read(&identity, &conf, &kernel);
	char *text = describe_device(&identity, device_entities(device), "dev-1", 5);
	json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	ck_assert_ptr_nonnull(root);
	const json_t *dev = json_object_get(root, "dev"), *all = json_object_get(root, "cmps");
	ck_assert_str_eq(string_at(dev, "name"), "Kök");
	ck_assert_str_eq(string_at(dev, "mdl"), "Raspberry Pi 4 Model B Rev 1.4");
	ck_assert_str_eq(string_at(dev, "mf"), "Raspberry Pi");
	ck_assert_str_eq(string_at(dev, "sa"), "Kitchen");
	ck_assert_str_eq(json_string_value(json_array_get(json_object_get(dev, "ids"), 0)), "dev-1");
	ck_assert_str_eq(string_at(json_object_get(root, "o"), "name"), "tomte-agent");
	ck_assert_str_eq(string_at(root, "availability_topic"), "tomte/dev-1/status");
	ck_assert_uint_eq(json_object_size(all), 3);
	const json_t *c = json_object_get(all, "thermal_cpu_thermal");
	ck_assert_str_eq(string_at(c, "p"), "sensor");
	ck_assert_str_eq(string_at(c, "device_class"), "temperature");
	ck_assert_str_eq(string_at(c, "unit_of_measurement"), "°C");
	ck_assert_str_eq(string_at(c, "state_topic"), "tomte/dev-1/tele/thermal_cpu_thermal");
	ck_assert_str_eq(string_at(c, "unique_id"), "dev-1_thermal_cpu_thermal");
	c = json_object_get(all, "lamp_x");
	ck_assert_str_eq(string_at(c, "p"), "light");
	ck_assert_str_eq(string_at(c, "name"), "Lamp \"x\"");
	ck_assert_str_eq(string_at(c, "schema"), "json");
	ck_assert_str_eq(string_at(c, "command_topic"), "tomte/dev-1/set/lamp_x");
	ck_assert_str_eq(string_at(c, "state_topic"), "tomte/dev-1/state/lamp_x");
	c = json_object_get(all, "door");
	ck_assert_str_eq(string_at(c, "p"), "binary_sensor");
	ck_assert_ptr_null(json_object_get(c, "command_topic"));
	json_decref(root);
	free(text);
	text = describe_meta(&identity);
	root = json_loads(text, 0, NULL);
	ck_assert_str_eq(string_at(root, "mac"), "dc:a6:32:01:02:03");
	ck_assert_str_eq(string_at(root, "model"), "Raspberry Pi 4 Model B Rev 1.4");
	json_decref(root);
	free(text);
	tear_down();
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		empty_kernel, thermal, hwmon, load_and_memory, network, iio_and_w1, switches_leave_drivers_out, disks,
		table_of_entities_is_bounded, simulated, lamp, leds, gpio_that_cannot_be_had_is_left_out, description,
	};
	return suite_run("agent/device", tests, sizeof tests / sizeof tests[0]);
}
