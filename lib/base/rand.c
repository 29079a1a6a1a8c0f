/* Random bytes and names. Any thread. */
#include "base/rand.h"

#include <sodium.h>

void rand_bytes(void *data, size_t len)
{
	randombytes_buf(data, len);
}

uint32_t rand_below(uint32_t bound)
{
	return randombytes_uniform(bound);
}

void rand_name(char *text, size_t chars)
{
	static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";
	randombytes_buf(text, chars);
	for (size_t i = 0; i < chars; i++)
		text[i] = alphabet[(unsigned char)text[i] & 31];
	text[chars] = 0;
}
