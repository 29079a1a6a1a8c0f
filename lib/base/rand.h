/* Random bytes and names from libsodium's generator. Any thread once
 * sodium_init() has returned, which main() calls first. */
#ifndef BASE_RAND_H
#define BASE_RAND_H

#include <stddef.h>
#include <stdint.h>

/* Fills data with len unpredictable bytes. */
void rand_bytes(void *data, size_t len);

/* A uniform number below bound (bound > 0). */
uint32_t rand_below(uint32_t bound);

/* Writes `chars` lower-case Crockford base-32 characters (5 bits each) and a
 * terminator into text, which must hold chars + 1 bytes. */
void rand_name(char *text, size_t chars);

#endif
