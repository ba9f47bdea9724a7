/* heat_map.h - a variable over two axes as coloured cells. */
#ifndef CORE_REPORT_HEAT_MAP_H
#define CORE_REPORT_HEAT_MAP_H

#include "core/report/report_page.h"

/* An axis of numbers, in order, or of texts. */
struct heat_map_axis {
    const char *name, *unit;
    const double *numbers;    /* [count]; NULL: texts */
    const char *const *texts; /* [count] */
    int count;
};

struct heat_map {
    const char *title, *meaning;
    struct heat_map_axis x, y;
    const char *name, *unit; /* of the values */
    const double *values;    /* [y.count, x.count]; NaN: not known */
    double factor;           /* values are shown times this */
};

/* Writes the figure. Colours are logarithmic where all values are above zero and spread widely. */
void heat_map_write(struct report_page *page, const struct heat_map *map);

#endif
