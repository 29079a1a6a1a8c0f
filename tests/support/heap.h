/* Bytes that the process has allocated and not freed: to see that something holds no memory. */
#ifndef TESTS_SUPPORT_HEAP_H
#define TESTS_SUPPORT_HEAP_H

#include <malloc.h>
#include <stddef.h>

/* There in sanitizer builds only. */
size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));

static inline size_t heap_bytes(void)
{
	if (__sanitizer_get_current_allocated_bytes)
		return __sanitizer_get_current_allocated_bytes();
	struct mallinfo2 info = mallinfo2(); /* of all arenas, its manual's word notwithstanding */
	return info.uordblks + info.hblkhd;
}

/* By how much more is allocated than before; 0 when it is less. */
static inline size_t heap_growth(size_t before)
{
	size_t now = heap_bytes();
	return now > before ? now - before : 0;
}

#endif
