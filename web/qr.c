/* QR codes as SVG: one path of runs, black on white, as a scanner wants no dark mode. Any thread. */
#include "web/qr.h"

#include <qrencode.h>

#include "base/err.h"

enum { QR_QUIET = 4 }; /* modules of white around it that scanners need (ISO/IEC 18004) */

int qr_draw(const char *text, struct buf *svg)
{
	QRcode *qr = QRcode_encodeString(text, 0, QR_ECLEVEL_M, QR_MODE_8, 1);
	if (!qr)
		return ERR_TOO_LARGE;
	int size = qr->width + 2 * QR_QUIET;
	int err = buf_printf(svg,
			     "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
			     "shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h%dv%dH0z\"/>"
			     "<path fill=\"#000\" d=\"",
			     size, size, size, size);
	for (int y = 0; y < qr->width && !err; y++)
		for (int x = 0; x < qr->width && !err; x++) {
			const unsigned char *row = qr->data + y * qr->width;
			int run = 0;
			while (x + run < qr->width && (row[x + run] & 1))
				run++;
			if (run)
				err = buf_printf(svg, "M%d %dh%dv1h-%dz", x + QR_QUIET, y + QR_QUIET, run, run);
			x += run;
		}
	QRcode_free(qr);
	return err ? err : buf_append_str(svg, "\"/></svg>");
}
