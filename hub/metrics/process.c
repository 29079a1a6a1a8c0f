/* The process as the kernel sees it, from /proc/self (proc(5)). Any thread. */
#include "metrics/process.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { STATUS_MAX = 16384 };

/* A line such as "VmRSS:	    1234 kB". */
static void take_kib(const char *status, const char *name, uint64_t *bytes)
{
	const char *line = strstr(status, name);
	if (line)
		*bytes = strtoull(line + strlen(name), NULL, 10) * 1024;
}

static void take_memory(struct metrics_process *p)
{
	struct buf status = {0};
	const char *text = buf_read_file(&status, "/proc/self/status", STATUS_MAX) ? NULL : buf_cstr(&status);
	if (text) {
		take_kib(text, "\nVmRSS:", &p->resident_bytes);
		take_kib(text, "\nVmHWM:", &p->resident_max_bytes);
	}
	buf_finish(&status);
}

static void count_descriptors(struct metrics_process *p)
{
	DIR *dir = opendir("/proc/self/fd");
	if (!dir)
		return;
	uint64_t count = 0;
	for (struct dirent *entry; (entry = readdir(dir));)
		count += entry->d_name[0] != '.';
	closedir(dir);
	p->open_fds = count - 1; /* the folder's own */
}

void process_measure(struct metrics_process *p, bool descriptors)
{
	struct timespec cpu;
	struct rlimit limit;
	if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu) == 0)
		p->cpu_ms = (uint64_t)cpu.tv_sec * 1000 + (uint64_t)cpu.tv_nsec / 1000000;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
		p->max_fds = limit.rlim_cur;
	take_memory(p);
	if (descriptors)
		count_descriptors(p);
}
