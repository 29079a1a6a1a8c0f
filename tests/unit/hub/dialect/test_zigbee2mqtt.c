#include <stdio.h>
#include <string.h>
#include "dialect/dialect_private.h"
#include "support/dialect_ear.h"
#include "support/suite.h"
START_TEST(dump)
{
	ear_open(&dialect_zigbee2mqtt);
	ck_assert_int_eq(ear_hear_file("zigbee2mqtt/bridge/devices", "zigbee2mqtt/devices.json"), 0);
	char *all = strdup(ear_devices());
	for (char *n = strtok(all, ","); n; n = strtok(NULL, ",")) {
		const struct description *d = ear_describe(n);
		if (!d) { printf("%s AGAIN\n", n); continue; }
		printf("## %s | %s | %s | %s | note: %s\n", n, d->name, d->manufacturer, d->model, d->note);
		for (size_t i = 0; i < d->entity_count; i++) {
			const struct entity *e = &d->entities[i];
			printf("   %-14s %-32s %-30s [%s] %s %s %s r%zu c%zu modes%x opts%zu %g..%g/%g\n", e->platform, e->id, e->name, e->unit, e->device_class, e->state_class, e->category, e->report_count, e->control_count, e->color_modes, e->options.count, e->min, e->max, e->step);
		}
		for (size_t i = 0; i < d->ask_count; i++) printf("   ask %s %s\n", d->asks[i].topic, d->asks[i].payload);
	}
	free(all);
	ear_close();
}
END_TEST
int main(void)
{
	const TTest *const tests[] = {dump};
	return suite_run("zigbee2mqtt", tests, 1);
}
