/* The words of a template's tags, by the rules of Jinja2's own lexer: names, numbers, strings, operators. Pure; it
 * knows nothing of what they mean together. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/str.h"
#include "device/template_private.h"

enum { NAME_MAX_SHOWN = 60 }; /* bytes */

static const struct {
	char text[3];
	enum token_kind kind;
} operators[] = {
	/* the longer ones first */
	{"==", TOKEN_EQUAL}, {"!=", TOKEN_NOT_EQUAL}, {"<=", TOKEN_LESS_EQUAL}, {">=", TOKEN_GREATER_EQUAL},
	{"//", TOKEN_FLOOR_DIVIDE}, {"**", TOKEN_POWER}, {"<", TOKEN_LESS}, {">", TOKEN_GREATER}, {"+", TOKEN_ADD},
	{"-", TOKEN_SUBTRACT}, {"*", TOKEN_MULTIPLY}, {"/", TOKEN_DIVIDE}, {"%", TOKEN_MODULO}, {"~", TOKEN_TILDE},
	{"=", TOKEN_ASSIGN}, {".", TOKEN_DOT}, {":", TOKEN_COLON}, {"|", TOKEN_PIPE}, {",", TOKEN_COMMA},
	{";", TOKEN_SEMICOLON}, {"(", TOKEN_OPEN}, {")", TOKEN_CLOSE}, {"[", TOKEN_OPEN_LIST},
	{"]", TOKEN_CLOSE_LIST}, {"{", TOKEN_OPEN_DICT}, {"}", TOKEN_CLOSE_DICT},
};

void template_complain(struct parse *p, int err, const char *before, struct span name, const char *after)
{
	if (p->err != 0)
		return;
	p->err = err;
	p->token.kind = TOKEN_END;
	size_t line = 1, column = 1, len = name.len < NAME_MAX_SHOWN ? name.len : NAME_MAX_SHOWN;
	for (size_t i = 0; i < p->token_at; i++) {
		column = p->source.data[i] == '\n' ? 1 : column + ((p->source.data[i] & 0xc0) != 0x80);
		line += p->source.data[i] == '\n';
	}
	while (len > 0 && len < name.len && (name.data[len] & 0xc0) == 0x80)
		len--; /* no half of a character */
	const char *quote = name.len ? "'" : "";
	int cut = str_format(p->message, TEMPLATE_MESSAGE_SIZE, "%s%s%.*s%s%s%s (line %zu, character %zu)", before, quote,
			     (int)len, (const char *)name.data, len < name.len ? "…" : "", quote, after, line, column);
	(void)cut; /* what is longest has room */
}

static uint8_t byte_at(const struct parse *p, size_t at)
{
	return at < p->source.len ? p->source.data[at] : 0;
}

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool is_name_byte(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' || c >= 0x80;
}

/* Ends the tag when its end stands here. */
static bool read_end(struct parse *p)
{
	size_t at = p->at;
	uint8_t sign = byte_at(p, at);
	bool trim = sign == '-';
	if (trim || (sign == '+' && p->closing == '%'))
		at++;
	if (byte_at(p, at) != (uint8_t)p->closing || byte_at(p, at + 1) != '}')
		return false;
	at += 2;
	if (trim)
		at = p->source.len -
		     template_strip(span_of(p->source.data + at, p->source.len - at), true, false).len;
	p->at = at;
	p->token.kind = TOKEN_END;
	return true;
}

static void read_string(struct parse *p)
{
	uint8_t quote = byte_at(p, p->at);
	size_t start = ++p->at;
	while (p->at < p->source.len && p->source.data[p->at] != quote)
		p->at += p->source.data[p->at] == '\\' ? 2 : 1;
	if (p->at >= p->source.len) {
		template_complain(p, ERR_MALFORMED, "a string has no end", span_str(NULL), "");
		return;
	}
	p->token.kind = TOKEN_STRING;
	p->token.text = span_of(p->source.data + start, p->at - start);
	p->at++;
}

/* Copies digits without their "_" while they belong to the number. */
static void copy_digits(struct parse *p, char *text, size_t size, size_t *len)
{
	while (is_digit(byte_at(p, p->at)) || (byte_at(p, p->at) == '_' && is_digit(byte_at(p, p->at + 1)))) {
		if (byte_at(p, p->at) != '_' && *len < size)
			text[(*len)++] = (char)byte_at(p, p->at);
		p->at++;
	}
}

/* Reads 0x…, 0o… and 0b…; false when it is none of them. */
static bool read_based(struct parse *p)
{
	uint8_t letter = byte_at(p, p->at + 1) | 0x20;
	int base = letter == 'x' ? 16 : letter == 'o' ? 8 : letter == 'b' ? 2 : 0;
	char text[80], *end;
	size_t len = 0;
	if (byte_at(p, p->at) != '0' || base == 0)
		return false;
	for (size_t at = p->at + 2; is_name_byte(byte_at(p, at)) && len < sizeof text - 1; at++)
		if (byte_at(p, at) != '_')
			text[len++] = (char)byte_at(p, at);
	text[len] = 0;
	errno = 0;
	p->token.integer = strtoll(text, &end, base);
	if (errno || *end || end == text)
		template_complain(p, ERR_MALFORMED, "a number is not understood", span_str(NULL), "");
	p->at += 2;
	while (is_name_byte(byte_at(p, p->at)))
		p->at++;
	return true;
}

static void read_number(struct parse *p)
{
	char text[64];
	size_t len = 0;
	p->token.kind = TOKEN_INTEGER;
	if (read_based(p))
		return;
	copy_digits(p, text, sizeof text, &len);
	if (!p->after_dot && byte_at(p, p->at) == '.' && is_digit(byte_at(p, p->at + 1))) {
		p->token.kind = TOKEN_REAL;
		text[len < sizeof text ? len++ : len - 1] = '.';
		p->at++;
		copy_digits(p, text, sizeof text, &len);
	}
	size_t sign = byte_at(p, p->at + 1) == '+' || byte_at(p, p->at + 1) == '-';
	if (!p->after_dot && (byte_at(p, p->at) | 0x20) == 'e' && is_digit(byte_at(p, p->at + 1 + sign))) {
		p->token.kind = TOKEN_REAL;
		for (size_t i = 0; i < 1 + sign; i++, p->at++)
			text[len < sizeof text ? len++ : len - 1] = (char)byte_at(p, p->at);
		copy_digits(p, text, sizeof text, &len);
	}
	struct span digits = span_of(text, len);
	char integer[sizeof text];
	int err = len >= sizeof text ? ERR_TOO_LARGE
		  : p->token.kind == TOKEN_REAL ? str_to_double(digits, &p->token.real)
						: str_copy_span(integer, sizeof integer, digits);
	if (err == 0 && p->token.kind == TOKEN_INTEGER)
		err = str_to_int(integer, 0, INT64_MAX, &p->token.integer);
	if (err != 0)
		template_complain(p, ERR_TOO_LARGE, "a number is too large", span_str(NULL), "");
	else if (p->token.kind == TOKEN_INTEGER && len > 1 && text[0] == '0' && p->token.integer != 0)
		template_complain(p, ERR_MALFORMED, "a number must not begin with 0", span_str(NULL), "");
}

static void read_operator(struct parse *p)
{
	struct span rest = span_of(p->source.data + p->at, p->source.len - p->at);
	for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++) {
		if (!span_starts(rest, span_str(operators[i].text)))
			continue;
		p->token.kind = operators[i].kind;
		p->at += strlen(operators[i].text);
		bool opens = p->token.kind == TOKEN_OPEN || p->token.kind == TOKEN_OPEN_LIST ||
			     p->token.kind == TOKEN_OPEN_DICT;
		bool closes = p->token.kind == TOKEN_CLOSE || p->token.kind == TOKEN_CLOSE_LIST ||
			      p->token.kind == TOKEN_CLOSE_DICT;
		if (closes && p->balance == 0)
			template_complain(p, ERR_MALFORMED, "",
					  span_str(operators[i].text), " closes what is not open");
		p->balance += opens;
		p->balance -= closes && p->balance > 0;
		return;
	}
	template_complain(p, ERR_MALFORMED, "a character is not understood", span_str(NULL), "");
}

void template_next(struct parse *p)
{
	if (p->err != 0)
		return;
	struct span rest = span_of(p->source.data + p->at, p->source.len - p->at);
	p->at = p->source.len - template_strip(rest, true, false).len;
	p->token_at = p->at;
	p->token = (struct token){0};
	uint8_t c = byte_at(p, p->at);
	if (p->balance == 0 && read_end(p))
		return;
	if (p->at >= p->source.len) {
		template_complain(p, ERR_MALFORMED, "a tag has no end", span_str(NULL), "");
	} else if (is_digit(c)) {
		read_number(p);
	} else if (c == '\'' || c == '"') {
		read_string(p);
	} else if (is_name_byte(c)) {
		size_t start = p->at;
		while (is_name_byte(byte_at(p, p->at)))
			p->at++;
		p->token.kind = TOKEN_NAME;
		p->token.text = span_of(p->source.data + start, p->at - start);
	} else {
		read_operator(p);
	}
}

bool template_token_is(const struct parse *p, const char *name)
{
	return p->token.kind == TOKEN_NAME && span_is(p->token.text, name);
}

bool template_accept(struct parse *p, enum token_kind kind)
{
	if (p->err != 0 || p->token.kind != kind)
		return false;
	template_next(p);
	return true;
}

void template_expect(struct parse *p, enum token_kind kind, const char *what)
{
	if (p->err == 0 && !template_accept(p, kind))
		template_complain(p, ERR_MALFORMED, "here should be ", span_str(what), "");
}

/* Code points of up to `digits` hexadecimal digits at *at. */
static uint32_t read_hex(struct parse *p, struct span s, size_t *at, unsigned digits)
{
	uint32_t code = 0;
	for (unsigned i = 0; i < digits; i++, (*at)++) {
		uint8_t c = *at < s.len ? s.data[*at] : 0, letter = c | 0x20;
		if (!is_digit(c) && (letter < 'a' || letter > 'f')) {
			template_complain(p, ERR_MALFORMED, "an escape in a string is not understood", span_str(NULL), "");
			return 0;
		}
		code = code << 4 | (uint32_t)(is_digit(c) ? c - '0' : letter - 'a' + 10);
	}
	if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) {
		template_complain(p, ERR_MALFORMED, "an escape in a string is no character", span_str(NULL), "");
		return 0;
	}
	return code;
}

size_t template_encode(uint32_t code, uint8_t bytes[4])
{
	if (code < 0x80) {
		bytes[0] = (uint8_t)code;
		return 1;
	}
	size_t len = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
	for (size_t i = len - 1; i > 0; i--, code >>= 6)
		bytes[i] = (uint8_t)(0x80 | (code & 0x3f));
	bytes[0] = (uint8_t)(code | (len == 2 ? 0xc0 : len == 3 ? 0xe0 : 0xf0));
	return len;
}

/* Reads the escape behind a backslash at *at. Returns the bytes that it stands for. */
static size_t read_escape(struct parse *p, struct span s, size_t *at, uint8_t bytes[4])
{
	static const char plain[] = "\\\\''\"\"a\ab\bf\fn\nr\rt\tv\v";
	uint8_t c = s.data[(*at)++];
	for (size_t i = 0; i < sizeof plain - 1; i += 2) {
		if (c == (uint8_t)plain[i]) {
			bytes[0] = (uint8_t)plain[i + 1];
			return 1;
		}
	}
	switch (c) {
	case '\r': *at += *at < s.len && s.data[*at] == '\n'; return 0;
	case '\n': return 0;
	case 'x': return template_encode(read_hex(p, s, at, 2), bytes);
	case 'u': return template_encode(read_hex(p, s, at, 4), bytes);
	case 'U': return template_encode(read_hex(p, s, at, 8), bytes);
	case 'N': template_complain(p, ERR_UNSUPPORTED, "the escape \\N is not known", span_str(NULL), ""); return 0;
	default: break;
	}
	if (c < '0' || c > '7') { /* no escape at all */
		(*at)--;
		bytes[0] = '\\';
		return 1;
	}
	uint32_t code = (uint32_t)(c - '0');
	for (int i = 0; i < 2 && *at < s.len && s.data[*at] >= '0' && s.data[*at] <= '7'; i++)
		code = code << 3 | (uint32_t)(s.data[(*at)++] - '0');
	return template_encode(code, bytes);
}

void template_unescape(struct parse *p, struct span written)
{
	size_t at = 0;
	while (at < written.len && p->err == 0) {
		uint8_t bytes[4] = {written.data[at++]};
		size_t len = 1;
		if (bytes[0] == '\r') { /* every line ends in \n */
			bytes[0] = '\n';
			at += at < written.len && written.data[at] == '\n';
		} else if (bytes[0] == '\\') {
			len = read_escape(p, written, &at, bytes);
		}
		if (p->err == 0 && buf_append(&p->text, bytes, len) != 0)
			template_complain(p, ERR_NOMEM, "there is no memory", span_str(NULL), "");
	}
}
