/* GPIO through libgpiod 1.6. Main thread. */
#include <errno.h>
#include <gpiod.h>
#include <stdlib.h>

#include "base/err.h"
#include "gpio_line.h"

struct gpio_line {
	struct gpiod_chip *chip;
	struct gpiod_line *line; /* the chip's */
};

int gpio_line_create(struct gpio_line **line_r, const char *chip, unsigned offset, bool active_low)
{
	struct gpio_line *l = calloc(1, sizeof *l);
	if (!l)
		return ERR_NOMEM;
	l->chip = gpiod_chip_open_lookup(chip);
	l->line = l->chip ? gpiod_chip_get_line(l->chip, offset) : NULL;
	int flags = active_low ? GPIOD_LINE_REQUEST_FLAG_ACTIVE_LOW : 0;
	if (!l->line || gpiod_line_request_output_flags(l->line, "tomte-agent", flags, 0) != 0) {
		int err = err_from_errno(errno);
		gpio_line_destroy(&l);
		return err;
	}
	*line_r = l;
	return 0;
}

int gpio_line_set(struct gpio_line *line, bool on)
{
	return gpiod_line_set_value(line->line, on) == 0 ? 0 : ERR_IO;
}

void gpio_line_destroy(struct gpio_line **line)
{
	if (!*line)
		return;
	if ((*line)->chip)
		gpiod_chip_close((*line)->chip); /* releases its lines */
	free(*line);
	*line = NULL;
}
