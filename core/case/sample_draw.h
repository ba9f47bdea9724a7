/* sample_draw.h - some samples of a set, drawn by a seed: the same ones on every rank and machine. */
#ifndef CORE_CASE_SAMPLE_DRAW_H
#define CORE_CASE_SAMPLE_DRAW_H

#include <stddef.h>
#include <stdint.h>

struct sample_draw {
    size_t count; /* 0: all are taken, and none is drawn */
    uint64_t seed;
};

/* The samples that are drawn of `of`, which are at least as many, each set as likely as any other: rising, [draw.count],
 * owned by the caller.
 *
 * Source: Fan, Muller and Rezucha 1962; algorithm S of Knuth, The Art of Computer Programming 2, 3.4.2. */
size_t *sample_draw_find(struct sample_draw draw, size_t of);

#endif
