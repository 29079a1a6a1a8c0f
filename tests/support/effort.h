/* How often a test of chance tries. */
#ifndef TOMTE_TESTS_SUPPORT_EFFORT_H
#define TOMTE_TESTS_SUPPORT_EFFORT_H

#include <stdlib.h>
#include <string.h>

/**
 * Rounds of this run: `most` in the long form (tests/run --long, TEST_LONG=yes), else `usual`. Sanitizers make each take some
 * times as long: their builds do a part of them, the plain one does them all.
 */
static inline int effort_rounds(int usual, int most)
{
#if defined __SANITIZE_THREAD__
	enum { PART = 16 };
#elif defined __SANITIZE_ADDRESS__
	enum { PART = 6 };
#else
	enum { PART = 1 };
#endif
	const char *longer = getenv("TEST_LONG");
	return (longer && strcmp(longer, "yes") == 0 ? most : usual) / PART;
}

#endif
