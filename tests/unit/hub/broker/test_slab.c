/* The slab: slots keep what is in them and their numbers, and chunks go back when they are empty. */
#include "broker/slab.h"

#include <check.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "support/suite.h"

enum { SLOTS = 2000, ROUNDS = 20000 };

static struct {
	uint8_t *slot; /* NULL: none */
	size_t size;
	uint32_t number;
	uint8_t fill;
} kept[SLOTS];

/* Mostly small, now and then one that has a chunk of its own. */
static size_t any_size(void)
{
	switch (rand() % 50) {
	case 0: return 1 + (size_t)rand() % 70000;
	case 1: return 1024 + (size_t)rand() % 2;
	default: return 1 + (size_t)rand() % 200;
	}
}

static void verify(const struct slab *slab, int i)
{
	ck_assert_ptr_eq(slab_at(slab, kept[i].number), kept[i].slot);
	bool same = true;
	for (size_t k = 0; k < kept[i].size; k++)
		same &= kept[i].slot[k] == kept[i].fill;
	ck_assert(same);
}

START_TEST(slots_keep_their_bytes_and_numbers)
{
	struct slab slab = {0};
	srand(3);
	for (int round = 0; round < ROUNDS; round++) {
		int i = rand() % SLOTS;
		if (kept[i].slot) {
			verify(&slab, i);
			slab_free(&slab, kept[i].slot);
			kept[i].slot = NULL;
			continue;
		}
		kept[i].size = any_size();
		kept[i].slot = slab_alloc(&slab, kept[i].size);
		ck_assert_ptr_nonnull(kept[i].slot);
		ck_assert_uint_eq((uintptr_t)kept[i].slot % 16, 0);
		kept[i].number = slab_number(kept[i].slot);
		ck_assert_uint_ne(kept[i].number, 0);
		kept[i].fill = (uint8_t)rand();
		memset(kept[i].slot, kept[i].fill, kept[i].size);
	}
	for (int i = 0; i < SLOTS; i++)
		if (kept[i].slot) {
			verify(&slab, i);
			slab_free(&slab, kept[i].slot);
		}
	ck_assert_uint_le(slab_bytes(&slab), SLAB_CLASSES * SLAB_CHUNK_BYTES); /* one of each size may stay */
	slab_finish(&slab);
}
END_TEST

START_TEST(what_was_freed_is_used_again)
{
	enum { COUNT = 20000 };
	static void *slots[COUNT];
	struct slab slab = {0};
	size_t first = 0;
	for (int round = 0; round < 5; round++) {
		for (int i = 0; i < COUNT; i++)
			slots[i] = slab_alloc(&slab, 48);
		size_t bytes = slab_bytes(&slab);
		ck_assert_uint_le(bytes, COUNT * 48 + 16 * SLAB_CHUNK_BYTES);
		if (round)
			ck_assert_uint_eq(bytes, first);
		first = bytes;
		for (int i = 0; i < COUNT; i++) /* in another order than they came */
			slab_free(&slab, slots[i % 2 ? COUNT - i : i]);
		ck_assert_uint_eq(slab_bytes(&slab), SLAB_CHUNK_BYTES);
	}
	slab_finish(&slab);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		slots_keep_their_bytes_and_numbers,
		what_was_freed_is_used_again,
	};
	return suite_run("slab", tests, sizeof tests / sizeof *tests);
}
