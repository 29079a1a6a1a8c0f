/* One colour in the forms that lamps are spoken to in. Brightness is told apart, so all are at full value. Pure. */
#ifndef MODEL_COLOR_H
#define MODEL_COLOR_H

struct color_rgb { double red, green, blue; }; /* 0..255, the largest 255 (black: all 0), sRGB */
struct color_hs { double hue, saturation; };   /* 0..360, 0..100 */
struct color_xy { double x, y; };              /* CIE 1931 chromaticity */

/* HSV with V at its most, and back. */
struct color_hs color_hs_of_rgb(struct color_rgb c);
struct color_rgb color_rgb_of_hs(struct color_hs c);

/* By the primaries of sRGB (IEC 61966-2-1, D65). What lies outside of them comes to their edge. */
struct color_xy color_xy_of_rgb(struct color_rgb c);
struct color_rgb color_rgb_of_xy(struct color_xy c);

#endif
