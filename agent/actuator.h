/* The interface of actuators: things that obey commands on set/<entity> and tell
 * their state on state/<entity>. One file a driver. Main thread. */
#ifndef AGENT_ACTUATOR_H
#define AGENT_ACTUATOR_H

#include "base/buf.h"
#include "conf.h"
#include "entity.h"
#include "kernel.h"

struct actuator;

struct actuator_ops {
	/* Obeys a command, at most as long as the kernel takes. Returns 0, ERR_MALFORMED (not a command of
	 * this kind; nothing has changed) or the error of the thing commanded. */
	int (*command)(struct actuator *actuator, struct span payload);
	/* Appends the state as it is published. Returns 0, ERR_NOMEM or the error of reading it. */
	int (*report)(struct actuator *actuator, struct buf *out);
	/* Frees the actuator; not NULL. */
	void (*destroy)(struct actuator *actuator);
};

/* The head of each driver's struct. */
struct actuator {
	const struct actuator_ops *ops;
	struct entity *entity; /* borrowed */
	struct actuator *next; /* the device's */
};

/* Each of these makes the actuators of its kind that there are or that the settings
 * name, and puts them in front of *head. Returns 0 (also for none) or ERR_NOMEM; what cannot be opened is
 * logged and left out. */
int actuator_lamp_add(struct actuator **head, struct entities *entities, const struct conf *conf);
int actuator_led_add(struct actuator **head, struct entities *entities, const struct conf *conf,
		     const struct kernel *kernel);
int actuator_gpio_add(struct actuator **head, struct entities *entities, const struct conf *conf);

/* Parses "ON" or "OFF", the payloads of switches. Returns 0 or ERR_MALFORMED. */
int actuator_parse_switch(struct span payload, bool *on_r);

#endif
