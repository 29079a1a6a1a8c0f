/* GPIO lines of the [gpio] section as switches. A line starts switched off; what
 * was last asked for is its state. Main thread. */
#include <stdlib.h>

#include "actuator.h"
#include "base/err.h"
#include "base/list.h"
#include "base/log.h"
#include "base/str.h"
#include "gpio_line.h"

static const struct entity_class class = {NULL, NULL, NULL, NULL, -1, false};

struct gpio {
	struct actuator actuator;
	struct gpio_line *line; /* owned */
	bool on;
};

static int command(struct actuator *actuator, struct span payload)
{
	struct gpio *gpio = container_of(actuator, struct gpio, actuator);
	bool on;
	int err = actuator_parse_switch(payload, &on);
	if (!err)
		err = gpio_line_set(gpio->line, on);
	if (!err)
		gpio->on = on;
	return err;
}

static int report(struct actuator *actuator, struct buf *out)
{
	return buf_append_str(out, container_of(actuator, struct gpio, actuator)->on ? "ON" : "OFF");
}

static void destroy(struct actuator *actuator)
{
	struct gpio *gpio = container_of(actuator, struct gpio, actuator);
	gpio_line_destroy(&gpio->line);
	free(gpio);
}

static const struct actuator_ops ops = {command, report, destroy};

static int add_line(struct actuator **head, struct entities *entities, const struct conf_gpio *c)
{
	char key[MODEL_NAME_SIZE + 8];
	struct gpio *gpio = calloc(1, sizeof *gpio);
	if (!gpio)
		return ERR_NOMEM;
	int err = gpio_line_create(&gpio->line, c->chip, c->line, c->active_low);
	if (err) {
		log_warning("gpio", "%s: line %u of %s cannot be had (%s): is the chip right, the line free, "
			    "and the agent's user in group gpio?", c->name, c->line, c->chip, err_text(err));
		free(gpio);
		return err == ERR_NOMEM ? err : 0;
	}
	str_format(key, sizeof key, "gpio_%s", c->name);
	gpio->actuator.ops = &ops;
	gpio->actuator.entity = entities_add(entities, ENTITY_SWITCH, key, c->name, &class);
	if (!gpio->actuator.entity) {
		destroy(&gpio->actuator);
		return 0;
	}
	gpio->actuator.next = *head;
	*head = &gpio->actuator;
	return 0;
}

int actuator_gpio_add(struct actuator **head, struct entities *entities, const struct conf *conf)
{
	int err = 0;
	for (size_t i = 0; i < conf->gpio_count && !err; i++)
		err = add_line(head, entities, &conf->gpios[i]);
	return err;
}
