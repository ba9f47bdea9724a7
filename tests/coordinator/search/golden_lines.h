/* golden_lines.h - the functions of one variable of the reference traces, by name. */
#ifndef TESTS_COORDINATOR_SEARCH_GOLDEN_LINES_H
#define TESTS_COORDINATOR_SEARCH_GOLDEN_LINES_H

#include <math.h>
#include <string.h>

#include "tests/coordinator/search/traced.h"

static inline double line_quartic(const double *x, int dimension)
{
    (void)dimension;
    return (x[0] - 2) * x[0] * ((x[0] + 2) * (x[0] + 2));
}

static inline double line_parabola(const double *x, int dimension)
{
    (void)dimension;
    return (x[0] - 0.3) * (x[0] - 0.3);
}

static inline double line_square(const double *x, int dimension)
{
    (void)dimension;
    return x[0] * x[0];
}

static inline double line_cosh(const double *x, int dimension)
{
    (void)dimension;
    return cosh(x[0] - 20) / 1e6;
}

static inline double line_modulus(const double *x, int dimension)
{
    (void)dimension;
    return fabs(x[0] + 5);
}

static inline double line_kink(const double *x, int dimension)
{
    (void)dimension;
    return (x[0] < 0 ? -x[0] : 0) + 0.1 * (x[0] * x[0]);
}

static inline double line_cliff(const double *x, int dimension)
{
    (void)dimension;
    return x[0] < 0 ? 1 : (x[0] - 1e-3) * (x[0] - 1e-3);
}

/* NULL when there is none of that name. */
static inline traced_fn golden_line(const char *name)
{
    static const struct {
        const char *name;
        traced_fn function;
    } lines[] = {
        {"quartic (x-2)x(x+2)^2", line_quartic},
        {"(x-0.3)^2", line_parabola},
        {"x^2", line_square},
        {"cosh(x-20)/1e6", line_cosh},
        {"|x+5|", line_modulus},
        {"max(0,-x)+0.1*x^2 (kink)", line_kink},
        {"flat: 1 if x<0 else (x-1e-3)^2", line_cliff},
    };

    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        if (strcmp(name, lines[i].name) == 0)
            return lines[i].function;
    return NULL;
}

#endif
