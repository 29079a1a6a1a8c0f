/* A QR code as half blocks. */
#include "ctl/qr.h"

#include <qrencode.h>

#include "base/err.h"

enum { QUIET = 4 }; /* modules of margin that scanners need */

static bool is_dark(const QRcode *qr, int x, int y)
{
	return x >= 0 && y >= 0 && x < qr->width && y < qr->width && (qr->data[y * qr->width + x] & 1);
}

int qr_print(FILE *out, const char *text, bool colours)
{
	QRcode *qr = QRcode_encodeString(text, 0, QR_ECLEVEL_L, QR_MODE_8, 1);
	if (!qr)
		return ERR_TOO_LARGE;
	for (int y = -QUIET; y < qr->width + QUIET; y += 2) {
		if (colours)
			fputs("\033[30;107m", out);
		for (int x = -QUIET; x < qr->width + QUIET; x++) {
			/* what is painted: dark modules on white, or light ones on a dark terminal */
			bool top = is_dark(qr, x, y) == colours, bottom = is_dark(qr, x, y + 1) == colours;
			fputs(top && bottom ? "█" : top ? "▀" : bottom ? "▄" : " ", out);
		}
		fputs(colours ? "\033[0m\n" : "\n", out);
	}
	QRcode_free(qr);
	return 0;
}
