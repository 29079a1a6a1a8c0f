/* Random topics and filters from a small alphabet, so that they often match. */
#ifndef TESTS_SUPPORT_TOPIC_GEN_H
#define TESTS_SUPPORT_TOPIC_GEN_H

#include <stdlib.h>
#include <string.h>

static inline void topic_gen_levels(char text[64], const char *const *labels, int count)
{
	text[0] = 0;
	int levels = 1 + rand() % 4;
	for (int i = 0; i < levels; i++) {
		if (i)
			strncat(text, "/", 2);
		strncat(text, labels[rand() % count], 8);
	}
}

/* A topic name; now and then one that begins with '$' or has empty levels. */
static inline void topic_gen_name(char text[64])
{
	static const char *const labels[] = {"a", "b", "cc", "", "$x"};
	do
		topic_gen_levels(text, labels, 5);
	while (!text[0]);
}

/* A valid filter. */
static inline void topic_gen_filter(char text[64])
{
	static const char *const labels[] = {"a", "b", "cc", "+", "+", "", "$x"};
	topic_gen_levels(text, labels, 7);
	if (rand() % 3 == 0)
		strncat(text, "/#", 3);
	if (!text[0])
		strncat(text, "#", 2);
}

#endif
