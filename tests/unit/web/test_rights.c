/* Roles, scopes, and who may use which kind of route. */
#include "web/rights.h"

#include <check.h>
#include <string.h>

#include "base/err.h"
#include "support/suite.h"
#include "web/routes.h"

START_TEST(names_lead_there_and_back)
{
	static const enum role roles[] = {ROLE_VIEWER, ROLE_GUEST, ROLE_ADULT, ROLE_OWNER};
	static const enum token_scope scopes[] = {TOKEN_READ, TOKEN_CONTROL, TOKEN_ADMIN};
	for (size_t i = 0; i < 4; i++) {
		enum role role;
		ck_assert_int_eq(role_find(role_name(roles[i]), &role), 0);
		ck_assert_int_eq(role, roles[i]);
	}
	for (size_t i = 0; i < 3; i++) {
		enum token_scope scope;
		ck_assert_int_eq(scope_find(scope_name(scopes[i]), &scope), 0);
		ck_assert_int_eq(scope, scopes[i]);
	}
	enum role role;
	enum token_scope scope;
	ck_assert_int_eq(role_find("Owner", &role), ERR_NOT_FOUND);
	ck_assert_int_eq(role_find(NULL, &role), ERR_NOT_FOUND);
	ck_assert_int_eq(scope_find("", &scope), ERR_NOT_FOUND);
	ck_assert_int_eq(scope_find(NULL, &scope), ERR_NOT_FOUND);
}
END_TEST

START_TEST(each_role_has_its_rights)
{
	ck_assert_uint_eq(rights_of_role(ROLE_VIEWER), RIGHT_READ);
	ck_assert_uint_eq(rights_of_role(ROLE_GUEST), RIGHT_READ | RIGHT_CONTROL);
	ck_assert_uint_eq(rights_of_role(ROLE_ADULT), RIGHT_READ | RIGHT_CONTROL);
	ck_assert_uint_eq(rights_of_role(ROLE_OWNER), RIGHT_READ | RIGHT_CONTROL | RIGHT_ADMIN);
	ck_assert_uint_eq(rights_of_scope(TOKEN_READ), RIGHT_READ);
	ck_assert_uint_eq(rights_of_scope(TOKEN_CONTROL), RIGHT_READ | RIGHT_CONTROL);
	ck_assert_uint_eq(rights_of_scope(TOKEN_ADMIN), RIGHT_READ | RIGHT_CONTROL | RIGHT_ADMIN);
}
END_TEST

/* access, flags, who asks → status and a part of what is said. */
static void expect(const struct route *route, const struct request *rq, int status, const char *said)
{
	const struct refusal *refusal = route_authorize(route, rq);
	ck_assert_int_eq(refusal ? refusal->status : 0, status);
	if (said)
		ck_assert_ptr_nonnull(strstr(refusal->detail, said));
}

START_TEST(a_route_asks_for_a_right)
{
	const struct route read = {.access = ACCESS_VIEWER}, control = {.access = ACCESS_ADULT}, admin = {.access = ACCESS_OWNER};
	const struct route local = {.access = ACCESS_LOCAL}, metrics = {.access = ACCESS_METRICS}, open = {.access = ACCESS_ANYONE};
	struct request nobody = {0}, viewer = {.identity = {.known = true, .rights = RIGHT_READ}};
	struct request owner = {.identity = {.known = true, .rights = RIGHT_READ | RIGHT_CONTROL | RIGHT_ADMIN}};
	expect(&open, &nobody, 0, NULL);
	expect(&read, &nobody, 401, "Log in");
	expect(&read, &viewer, 0, NULL);
	expect(&control, &viewer, 403, "Ask the owner");
	expect(&admin, &owner, 0, NULL);
	expect(&local, &owner, 403, "Ask the owner");
	expect(&metrics, &viewer, 403, "Ask the owner");
	nobody.reads_metrics = true;
	expect(&metrics, &nobody, 0, NULL);
	expect(&read, &nobody, 401, "Log in");
	owner.peer.admin = true;
	expect(&local, &owner, 0, NULL);
	const struct route resident = {.access = ACCESS_RESIDENT};
	struct request guest = {.identity = {.known = true, .rights = RIGHT_READ | RIGHT_CONTROL}}, adult = guest;
	adult.identity.rooms.all = true;
	expect(&control, &guest, 0, NULL);
	expect(&resident, &guest, 403, "Ask the owner");
	expect(&resident, &adult, 0, NULL);
	expect(&resident, &viewer, 403, "Ask the owner");
	viewer.identity.token = 7;
	expect(&control, &viewer, 403, "This token");
}
END_TEST

START_TEST(flags_keep_tokens_and_borrowed_passwords_out)
{
	const struct route person = {.access = ACCESS_VIEWER, .flags = ROUTE_PERSON};
	const struct route always = {.access = ACCESS_VIEWER, .flags = ROUTE_PERSON | ROUTE_ALWAYS};
	struct request who = {.identity = {.known = true, .rights = RIGHT_READ}};
	expect(&person, &who, 0, NULL);
	who.identity.must_change = true;
	expect(&person, &who, 403, "password of your own");
	expect(&always, &who, 0, NULL);
	who.identity.token = 7;
	expect(&always, &who, 403, "with a token");
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {names_lead_there_and_back, each_role_has_its_rights, a_route_asks_for_a_right,
				      flags_keep_tokens_and_borrowed_passwords_out};
	return suite_run("web/rights", tests, sizeof tests / sizeof tests[0]);
}
