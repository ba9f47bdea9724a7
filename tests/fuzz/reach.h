/* reach.h - a window over one dimension, drawn so that it fits. */
#ifndef TESTS_FUZZ_REACH_H
#define TESTS_FUZZ_REACH_H

#include "tests/fuzz/chance.h"

struct reach {
    int kernel, stride, dilation, begin, end;
};

/* From its first to its last element. */
int reach_span(const struct reach *reach);

/* How many fit into `size` elements with the pads. */
int reach_windows(const struct reach *reach, int size);

/* One that fits into `size`; or one that keeps it, with as many windows. */
struct reach reach_draw(struct chance *chance, int size, bool keeps);

#endif
