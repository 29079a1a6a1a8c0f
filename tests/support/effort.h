/* How often a test of chance tries. */
#ifndef TOMTE_TESTS_SUPPORT_EFFORT_H
#define TOMTE_TESTS_SUPPORT_EFFORT_H

#include <stdlib.h>
#include <string.h>

/** Sanitizers make each try take some times as long, and look at how it is done: their builds do a part of what the plain one does. */
#if defined __SANITIZE_THREAD__
enum { EFFORT_SANITIZED = 1, EFFORT_PART = 24 };
#elif defined __SANITIZE_ADDRESS__
enum { EFFORT_SANITIZED = 1, EFFORT_PART = 12 };
#else
enum { EFFORT_SANITIZED = 0, EFFORT_PART = 1 };
#endif

/** Rounds of this run: `most` in the long form (tests/run --long, TEST_LONG=yes), else `usual`; of that this build's part. */
static inline int effort_rounds(int usual, int most)
{
	const char *longer = getenv("TEST_LONG");
	int rounds = (longer && strcmp(longer, "yes") == 0 ? most : usual) / EFFORT_PART;
	return rounds ? rounds : 1;
}

#endif
