/* A template and, behind the first NUL, the payload that it renders. Whatever they are: the compiler says what it does not
 * know, rendering ends, stays within its bounds, leaves the buffer alone when it fails, and does the same again. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/utf8.h"
#include "device/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool truth)
{
	if (!truth)
		abort();
}

static int render(const struct template *t, struct template_input *in, struct buf *out)
{
	struct template_outcome outcome;
	size_t before = out->len;
	int err = template_render(t, in, out, &outcome);
	check(err == 0 || err == ERR_NOT_FOUND || err == ERR_MALFORMED || err == ERR_TOO_LARGE);
	check((err == 0) == (outcome.failure == NULL));
	check(out->len >= before && out->len - before <= TEMPLATE_OUTPUT_MAX);
	check(err == 0 || out->len == before);
	check(utf8_text_valid(buf_span(out)));
	return err;
}

static void use(const struct template *t, struct span payload)
{
	const struct template_variable variables[] = {
		template_integer("position", 40), template_real("hue", 12.5), template_bool("on", true),
		template_string("entity_id", span_str("light.lamp"))};
	struct template_input in;
	struct buf first = {0}, second = {0};
	template_input_init(&in, payload);
	in.variables = variables;
	in.variable_count = 4;
	int err = render(t, &in, &first);
	check(render(t, &in, &second) == err && span_equal(buf_span(&first), buf_span(&second)));
	template_input_finish(&in);
	buf_finish(&first);
	buf_finish(&second);
	template_input_init_command(&in, variables, 4);
	render(t, &in, &first);
	template_input_finish(&in);
	buf_finish(&first);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size ? memchr(data, 0, size) : NULL;
	size_t len = end ? (size_t)(end - data) : size;
	struct template *t;
	char message[TEMPLATE_MESSAGE_SIZE];
	int err = template_compile(span_of(data, len), &t, message);
	check(err == 0 || err == ERR_UNSUPPORTED || err == ERR_MALFORMED || err == ERR_TOO_LARGE);
	check((err == 0) == (t != NULL) && (err == 0) == (message[0] == 0));
	check(utf8_valid(span_str(message)));
	if (t)
		use(t, end ? span_of(end + 1, size - len - 1) : span_of(NULL, 0));
	template_destroy(&t);
	return 0;
}
