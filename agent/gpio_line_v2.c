/* GPIO through libgpiod 2.x, where lines are requested with a configuration object.
 * Main thread. */
#include <errno.h>
#include <gpiod.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/str.h"
#include "gpio_line.h"

struct gpio_line {
	struct gpiod_line_request *request;
	unsigned offset;
};

/* A name or a number, as version 1 took them, to a path. */
static int make_path(char path[128], const char *chip)
{
	if (chip[0] == '/')
		return str_copy(path, 128, chip);
	bool number = chip[0] >= '0' && chip[0] <= '9';
	return str_format(path, 128, "/dev/%s%s", number ? "gpiochip" : "", chip);
}

static struct gpiod_line_request *request_line(struct gpiod_chip *chip, unsigned offset, bool active_low)
{
	struct gpiod_line_request *request = NULL;
	struct gpiod_line_settings *settings = gpiod_line_settings_new();
	struct gpiod_line_config *lines = gpiod_line_config_new();
	struct gpiod_request_config *config = gpiod_request_config_new();
	if (settings && lines && config) {
		gpiod_line_settings_set_direction(settings, GPIOD_LINE_DIRECTION_OUTPUT);
		gpiod_line_settings_set_active_low(settings, active_low);
		gpiod_line_settings_set_output_value(settings, GPIOD_LINE_VALUE_INACTIVE);
		gpiod_request_config_set_consumer(config, "tomte-agent");
		if (gpiod_line_config_add_line_settings(lines, &offset, 1, settings) == 0)
			request = gpiod_chip_request_lines(chip, config, lines);
	}
	int saved = errno;
	gpiod_request_config_free(config);
	gpiod_line_config_free(lines);
	gpiod_line_settings_free(settings);
	errno = saved;
	return request;
}

int gpio_line_create(struct gpio_line **line_r, const char *chip, unsigned offset, bool active_low)
{
	char path[128];
	if (make_path(path, chip))
		return ERR_NOT_FOUND;
	struct gpio_line *l = calloc(1, sizeof *l);
	if (!l)
		return ERR_NOMEM;
	l->offset = offset;
	struct gpiod_chip *c = gpiod_chip_open(path);
	int err = 0;
	if (c)
		l->request = request_line(c, offset, active_low);
	if (!l->request)
		err = err_from_errno(errno);
	if (c)
		gpiod_chip_close(c); /* the request lives on without it */
	if (err) {
		gpio_line_destroy(&l);
		return err;
	}
	*line_r = l;
	return 0;
}

int gpio_line_set(struct gpio_line *line, bool on)
{
	enum gpiod_line_value value = on ? GPIOD_LINE_VALUE_ACTIVE : GPIOD_LINE_VALUE_INACTIVE;
	return gpiod_line_request_set_value(line->request, line->offset, value) == 0 ? 0 : ERR_IO;
}

void gpio_line_destroy(struct gpio_line **line)
{
	if (!*line)
		return;
	if ((*line)->request)
		gpiod_line_request_release((*line)->request);
	free(*line);
	*line = NULL;
}
