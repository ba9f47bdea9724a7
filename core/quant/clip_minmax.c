#include "core/quant/clip_minmax.h"

#include <math.h>

static int positive(double largest, double *clip, struct error *err)
{
    if (!(largest > 0))
        return error_set(err, EXIT_INPUT,
                         "all values are zero: no step can be chosen for them");
    *clip = largest;
    return 0;
}

int clip_minmax(const struct distribution *distribution, double *clip,
                struct error *err)
{
    return positive(distribution_magnitude(distribution), clip, err);
}

int clip_minmax_of_range(struct range range, double *clip, struct error *err)
{
    return positive(fmax(range.high, -range.low), clip, err);
}
