/* LEDs of the board: /sys/class/leds/<name>/{brightness,max_brightness,trigger}
 * (Linux Documentation/leds/leds-class.rst). A command takes the LED from its
 * trigger; the state is read back from the kernel. Main thread. */
#include <stdlib.h>
#include <string.h>

#include "actuator.h"
#include "base/err.h"
#include "base/list.h"
#include "base/log.h"
#include "base/str.h"

enum { MAX_LEDS = 32 };

static const struct entity_class class = {NULL, NULL, NULL, "mdi:led-on", -1, true};

struct led {
	struct actuator actuator;
	const struct kernel *kernel; /* borrowed */
	char name[KERNEL_NAME_SIZE];
	char on[24]; /* what to write to switch on: its greatest brightness */
};

static void make_path(char path[KERNEL_PATH_SIZE], const char *name, const char *file)
{
	str_format(path, KERNEL_PATH_SIZE, "/sys/class/leds/%s/%s", name, file); /* fits: the name is bounded */
}

static int command(struct actuator *actuator, struct span payload)
{
	struct led *led = container_of(actuator, struct led, actuator);
	char path[KERNEL_PATH_SIZE];
	bool on;
	int err = actuator_parse_switch(payload, &on);
	if (err)
		return err;
	/* not every LED has triggers; a write that fails shows in the next one */
	make_path(path, led->name, "trigger");
	(void)kernel_write(led->kernel, path, "none");
	make_path(path, led->name, "brightness");
	err = kernel_write(led->kernel, path, on ? led->on : "0");
	if (err == ERR_DENIED)
		log_warning("leds", "%s may not be written: give the agent's user write access to %s", led->name, path);
	return err;
}

static int report(struct actuator *actuator, struct buf *out)
{
	struct led *led = container_of(actuator, struct led, actuator);
	char path[KERNEL_PATH_SIZE];
	double brightness;
	make_path(path, led->name, "brightness");
	int err = kernel_read_number(led->kernel, path, &brightness);
	return err ? err : buf_append_str(out, brightness > 0 ? "ON" : "OFF");
}

static void destroy(struct actuator *actuator)
{
	free(container_of(actuator, struct led, actuator));
}

static const struct actuator_ops ops = {command, report, destroy};

static int add_led(struct actuator **head, struct entities *entities, const struct kernel *kernel, const char *name)
{
	char path[KERNEL_PATH_SIZE], key[80], title[96];
	double brightness, max;
	make_path(path, name, "brightness");
	if (kernel_read_number(kernel, path, &brightness))
		return 0;
	struct led *led = calloc(1, sizeof *led);
	if (!led)
		return ERR_NOMEM;
	str_copy(led->name, sizeof led->name, name);
	make_path(path, name, "max_brightness");
	bool known = kernel_read_number(kernel, path, &max) == 0 && max >= 1 && max <= 65535;
	str_format(led->on, sizeof led->on, "%u", known ? (unsigned)max : 1);
	led->kernel = kernel;
	led->actuator.ops = &ops;
	str_format(key, sizeof key, "led_%s", name);
	str_format(title, sizeof title, "LED %s", name);
	led->actuator.entity = entities_add(entities, ENTITY_SWITCH, key, title, &class);
	if (!led->actuator.entity) {
		free(led);
		return 0;
	}
	led->actuator.next = *head;
	*head = &led->actuator;
	return 0;
}

int actuator_led_add(struct actuator **head, struct entities *entities, const struct conf *conf,
		     const struct kernel *kernel)
{
	char names[MAX_LEDS][KERNEL_NAME_SIZE];
	if (!conf->leds)
		return 0;
	size_t count = kernel_list(kernel, "/sys/class/leds", "", names, MAX_LEDS);
	int err = 0;
	for (size_t i = 0; i < count && !err; i++)
		err = add_led(head, entities, kernel, names[i]);
	return err;
}
