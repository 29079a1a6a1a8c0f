/* Runs a fuzz target without libFuzzer, so that gcc builds and checks it too:
 * fuzz_x FILE...                  runs each file
 * fuzz_x --random N SEED FILE...  runs them, then N mutants of them
 * The mutants depend on N, SEED and the files' order alone. A crash leaves the
 * input in ./crash-input. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_INPUT = 8192, MAX_SEEDS = 1024 };

struct input {
	uint8_t data[MAX_INPUT];
	size_t size;
};

/* xorshift64*: repeatable on every machine */
static uint64_t next_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * UINT64_C(2685821657736338717);
}

static size_t below(uint64_t *state, size_t bound)
{
	return bound ? (size_t)((next_random(state) >> 16) % bound) : 0;
}

static int read_file(const char *path, struct input *in)
{
	FILE *file = fopen(path, "rb");
	if (!file) {
		perror(path);
		return -1;
	}
	in->size = fread(in->data, 1, sizeof in->data, file);
	fclose(file);
	return 0;
}

/* Writes the input where a crash leaves it: the file is replaced only while
 * the process lives to run it. */
static void keep(const struct input *in, int fd)
{
	if (pwrite(fd, in->data, in->size, 0) != (ssize_t)in->size || ftruncate(fd, (off_t)in->size))
		perror("crash-input");
}

/* Runs a copy of exactly the input's size, so that ASan sees over-reads. */
static void run(const struct input *in)
{
	uint8_t *exact = malloc(in->size ? in->size : 1);
	if (!exact)
		abort();
	memcpy(exact, in->data, in->size);
	LLVMFuzzerTestOneInput(exact, in->size);
	free(exact);
}

static void insert(struct input *in, size_t at, const uint8_t *data, size_t size)
{
	if (size > MAX_INPUT - in->size)
		size = MAX_INPUT - in->size;
	memmove(in->data + at + size, in->data + at, in->size - at);
	memcpy(in->data + at, data, size);
	in->size += size;
}

static void mutate(struct input *in, const struct input *other, uint64_t *state)
{
	static const uint8_t edges[] = {0, 1, 2, 3, 0x7f, 0x80, 0xff, 0x26, '/', '+', '#', '$', '\n'};
	size_t at = below(state, in->size), size = below(state, 8) + 1;
	uint8_t byte = edges[below(state, sizeof edges)];
	switch (below(state, 6)) {
	case 0:
		if (in->size)
			in->data[at] ^= (uint8_t)(1 << below(state, 8));
		break;
	case 1:
		if (in->size)
			in->data[at] = byte;
		break;
	case 2:
		insert(in, at, &byte, 1);
		break;
	case 3: /* cut a few bytes out */
		if (size > in->size - at)
			size = in->size - at;
		memmove(in->data + at, in->data + at + size, in->size - at - size);
		in->size -= size;
		break;
	case 4: { /* a piece of another seed */
		size_t from = below(state, other->size);
		size = below(state, other->size - from + 1);
		insert(in, at, other->data + from, size);
		break;
	}
	default:
		if (in->size)
			in->data[at] = (uint8_t)(in->data[at] + (size & 1 ? 1 : -1));
		break;
	}
}

static void run_mutants(const struct input *seeds, size_t count, unsigned long runs, uint64_t state)
{
	static struct input mutant;
	int fd = open("crash-input", O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0) {
		perror("crash-input");
		exit(EXIT_FAILURE);
	}
	for (unsigned long i = 0; i < runs; i++) {
		mutant = seeds[below(&state, count)];
		for (size_t changes = below(&state, 5) + 1; changes > 0; changes--)
			mutate(&mutant, &seeds[below(&state, count)], &state);
		keep(&mutant, fd);
		run(&mutant);
	}
	close(fd);
	unlink("crash-input");
}

int main(int argc, char **argv)
{
	unsigned long runs = 0, seed = 1;
	int first = 1;
	if (argc >= 4 && strcmp(argv[1], "--random") == 0) {
		runs = strtoul(argv[2], NULL, 10);
		seed = strtoul(argv[3], NULL, 10);
		first = 4;
	}
	struct input *seeds = calloc(MAX_SEEDS, sizeof *seeds);
	if (!seeds)
		return EXIT_FAILURE;
	size_t count = 0;
	for (int i = first; i < argc && count < MAX_SEEDS; i++) {
		if (read_file(argv[i], &seeds[count]))
			return EXIT_FAILURE;
		run(&seeds[count++]);
	}
	if (count == 0)
		count = 1; /* the empty input */
	run_mutants(seeds, count, runs, seed * UINT64_C(0x9e3779b97f4a7c15) | 1);
	printf("%s: %d files and %lu mutants\n", argv[0], argc - first, runs);
	free(seeds);
	return EXIT_SUCCESS;
}
