/* Names of series in files. Pure; any thread. */
#include "history/series.h"

#include "base/str.h"

void history_label(const struct history_series *series, char label_r[HISTORY_LABEL_SIZE])
{
	/* the parts of a label are bounded: it always fits */
	if (series->device[0])
		str_format(label_r, HISTORY_LABEL_SIZE, "%s/%s", series->device, series->entity);
	else
		str_format(label_r, HISTORY_LABEL_SIZE, "%s%s%s", series->topic, series->path[0] ? "#" : "", series->path);
}
