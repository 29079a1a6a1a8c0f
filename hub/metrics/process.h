/* What the kernel knows of this process: memory, descriptors, CPU. */
#ifndef METRICS_PROCESS_H
#define METRICS_PROCESS_H

#include <stdbool.h>

#include "metrics/metrics.h"

/* Fills in what the kernel tells, but for start_time_s; what it does not tell stays as it was. descriptors: count the
 * open ones too, which takes a millisecond for some thousands of them. Any thread, no disk. */
void process_measure(struct metrics_process *process, bool descriptors);

#endif
