/* One GPIO output line. libgpiod's two interfaces stand behind it: gpio_line_v1.c
 * for 1.6 (Debian 12), gpio_line_v2.c for 2.x (Debian 13). Main thread. */
#ifndef AGENT_GPIO_LINE_H
#define AGENT_GPIO_LINE_H

#include <stdbool.h>

struct gpio_line;

/* Requests the line as an output, switched off. chip is a name (gpiochip0), a
 * number or a path. Returns 0, ERR_NOT_FOUND, ERR_DENIED, ERR_BUSY, ERR_NOMEM or ERR_IO. */
int gpio_line_create(struct gpio_line **line_r, const char *chip, unsigned offset, bool active_low);

/* Returns 0 or ERR_IO. */
int gpio_line_set(struct gpio_line *line, bool on);

/* Gives the line back; the kernel may let it float then. Clears *line. */
void gpio_line_destroy(struct gpio_line **line);

#endif
