/* Conversions between forms of a colour. */
#include "model/color.h"

#include <math.h>

static double largest(struct color_rgb c)
{
	return fmax(c.red, fmax(c.green, c.blue));
}

struct color_hs color_hs_of_rgb(struct color_rgb c)
{
	double most = largest(c), least = fmin(c.red, fmin(c.green, c.blue)), span = most - least;
	if (span <= 0)
		return (struct color_hs){0, 0};
	double sixth = most == c.red ? fmod((c.green - c.blue) / span + 6, 6)
		       : most == c.green ? (c.blue - c.red) / span + 2
					 : (c.red - c.green) / span + 4;
	return (struct color_hs){sixth * 60, span / most * 100};
}

/* The part of a primary at so many sixths of the circle from its own. */
static double primary(double hue, double own, double saturation)
{
	double away = fabs(fmod(hue - own + 540, 360) - 180) / 60;
	double pure = fmin(fmax(2 - away, 0), 1);
	return 255 * (1 - saturation / 100 * (1 - pure));
}

struct color_rgb color_rgb_of_hs(struct color_hs c)
{
	return (struct color_rgb){primary(c.hue, 0, c.saturation), primary(c.hue, 120, c.saturation),
				  primary(c.hue, 240, c.saturation)};
}

static double linear_of(double channel)
{
	double v = channel / 255;
	return v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4);
}

static double channel_of(double linear)
{
	double v = linear <= 0.0031308 ? linear * 12.92 : 1.055 * pow(linear, 1 / 2.4) - 0.055;
	return 255 * v;
}

struct color_xy color_xy_of_rgb(struct color_rgb c)
{
	double r = linear_of(c.red), g = linear_of(c.green), b = linear_of(c.blue);
	double x = 0.4124 * r + 0.3576 * g + 0.1805 * b;
	double y = 0.2126 * r + 0.7152 * g + 0.0722 * b;
	double z = 0.0193 * r + 0.1192 * g + 0.9505 * b;
	double sum = x + y + z;
	return sum <= 0 ? (struct color_xy){0.3127, 0.3290} : (struct color_xy){x / sum, y / sum};
}

struct color_rgb color_rgb_of_xy(struct color_xy c)
{
	double x = c.x / c.y, z = (1 - c.x - c.y) / c.y;
	if (!(c.y > 0))
		return (struct color_rgb){255, 255, 255};
	struct color_rgb linear = {
		fmax(3.2406 * x - 1.5372 - 0.4986 * z, 0),
		fmax(-0.9689 * x + 1.8758 + 0.0415 * z, 0),
		fmax(0.0557 * x - 0.2040 + 1.0570 * z, 0),
	};
	double most = largest(linear);
	if (most <= 0)
		return (struct color_rgb){255, 255, 255};
	return (struct color_rgb){channel_of(linear.red / most), channel_of(linear.green / most), channel_of(linear.blue / most)};
}
