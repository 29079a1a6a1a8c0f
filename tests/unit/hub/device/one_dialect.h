/* A house that knows one dialect: test_dialect, called "test", which is defined before this. In the place of the dialects' own table. */
#ifndef TOMTE_TESTS_UNIT_HUB_DEVICE_ONE_DIALECT_H
#define TOMTE_TESTS_UNIT_HUB_DEVICE_ONE_DIALECT_H

const struct dialect *const dialects[] = {&test_dialect, NULL};

const struct dialect *dialect_find(const char *name)
{
	return strcmp(name, "test") == 0 ? &test_dialect : NULL;
}

void dialect_id(char id_r[33], const char *native)
{
	ck_assert_int_eq(str_copy(id_r, 33, native), 0);
}

#endif
