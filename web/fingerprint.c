/* A certificate's fingerprint: base64 taken off, then hashed; what is inside
 * does not matter here. Any thread. */
#include "web/fingerprint.h"

#include <sodium.h>
#include <stdint.h>
#include <string.h>

#include "base/err.h"

enum { DER_MAX = 16384 };

int fingerprint_pem(const char *pem, char text_r[96])
{
	static const char begin[] = "-----BEGIN CERTIFICATE-----", end[] = "-----END CERTIFICATE-----";
	uint8_t der[DER_MAX], hash[crypto_hash_sha256_BYTES];
	size_t len;
	const char *first = strstr(pem, begin);
	const char *last = first ? strstr(first, end) : NULL;
	if (!last)
		return ERR_MALFORMED;
	first += strlen(begin);
	if (sodium_base642bin(der, sizeof der, first, (size_t)(last - first), "\r\n ", &len, NULL,
			      sodium_base64_VARIANT_ORIGINAL))
		return ERR_MALFORMED;
	crypto_hash_sha256(hash, der, len);
	char *out = text_r;
	for (size_t i = 0; i < sizeof hash; i++) {
		static const char digits[] = "0123456789ABCDEF";
		*out++ = digits[hash[i] >> 4];
		*out++ = digits[hash[i] & 15];
		*out++ = ':';
	}
	out[-1] = 0;
	return 0;
}
