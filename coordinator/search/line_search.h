/* line_search.h - the lowest loss along a line through the search space. */
#ifndef COORDINATOR_SEARCH_LINE_SEARCH_H
#define COORDINATOR_SEARCH_LINE_SEARCH_H

#include <stdbool.h>

#include "coordinator/search/line.h"

enum line_search_kind {
    LINE_SEARCH_REFERENCE, /* scipy's bracket and Brent, step for step */
    LINE_SEARCH_DEFAULT    /* for coordinates that are logarithms of steps */
};

/* All but the first two are for the default search. Its lengths are those of the
 * coordinate that moves most: when coordinates are logarithms of steps, a move of
 * length 0.05 along any direction changes no step by more than a factor of e^0.05. */
struct line_search_options {
    enum line_search_kind kind;
    double tolerance;    /* reference: relative to the position; default: a length */
    double stride;       /* length of the first probe to each side */
    double probe_growth; /* each further probe of the batch is so many times as far */
    int probes;          /* in the first batch: 2, 4, 6 or 8, half to each side */
    double reach;        /* a length: no probe goes further */
    double flatness;     /* losses that differ less than this, relatively, are equal */
    int refinements;     /* at most so many of Brent's moves */
    int max_evaluations; /* a line, at least `probes` */
};

/* The default search. For the reference search set `kind`; the tolerance is right, it
 * is what scipy's Powell hands to Brent: 100 times its xtol of 1e-4. */
struct line_search_options line_search_default_options(void);

struct line_search_result {
    double position; /* of the lowest loss found, in units of the direction */
    double loss;
    double gain; /* loss at the origin less `loss`, >= 0 */
    long evaluations;
    int iterations;    /* of Brent's method, after the bracket */
    bool disappointed; /* default: high above the lowest at the parabola's minimum */
};

/* Searches the line by the method that options->kind names.
 *
 *   loss_here  the loss at the origin, as evaluated before
 *
 * Never finds a loss above loss_here. A NaN counts as infinite, except in the reference
 * search, which compares as scipy does. */
int line_search(const struct line *line, double loss_here,
                const struct line_search_options *options,
                struct line_search_result *result, struct error *err);

/* Powell's line search in scipy: bracket, then Brent. Evaluates the loss at the origin
 * again. The first probe is one whole direction away, the tolerance is relative to the
 * position. */
int line_search_reference(const struct line *line, double loss_here,
                          const struct line_search_options *options,
                          struct line_search_result *result, struct error *err);

/* Probes both sides of the origin in one batch, walks on downhill when the outermost
 * probe is the lowest, and refines with Brent's moves until they are shorter than the
 * tolerance. Never evaluates the origin. */
int line_search_default(const struct line *line, double loss_here,
                        const struct line_search_options *options,
                        struct line_search_result *result, struct error *err);

#endif
