/* Clocks, quantiles and sizes; see measure.h. Knows nothing of what is measured. */
#include "measure.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

static double clock_s(clockid_t clock)
{
	struct timespec t;
	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

double measure_now_s(void)
{
	return clock_s(CLOCK_MONOTONIC);
}

double measure_process_cpu_s(void)
{
	return clock_s(CLOCK_PROCESS_CPUTIME_ID);
}

double measure_thread_cpu_s(void)
{
	return clock_s(CLOCK_THREAD_CPUTIME_ID);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

struct quantiles measure_quantiles(double *values, size_t count)
{
	qsort(values, count, sizeof *values, compare);
	return (struct quantiles){values[count / 2], values[count * 99 / 100], values[count - 1]};
}

struct disk_use measure_disk_use(const char *dir, const char *prefix)
{
	struct disk_use use = {0};
	DIR *d = opendir(dir);
	struct stat st;
	for (struct dirent *e; d && (e = readdir(d));) {
		if (strncmp(e->d_name, prefix, strlen(prefix)) != 0 || fstatat(dirfd(d), e->d_name, &st, 0) || !S_ISREG(st.st_mode))
			continue;
		use.file_bytes += st.st_size;
		use.block_bytes += st.st_blocks * 512;
	}
	if (d)
		closedir(d);
	return use;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void measure_remove_dir(const char *dir)
{
	nftw(dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}
