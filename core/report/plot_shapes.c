#include "core/report/plot_shapes.h"

#include <math.h>
#include <stdio.h>

#define COUNT(array) (int)(sizeof(array) / sizeof *(array))

const char *shape_colour(int series)
{
    static const char *const classes[] = {"s0", "s1", "s2", "s3", "s4", "s5", "s6"};

    return classes[series % COUNT(classes)];
}

const char *shape_dash(int series)
{
    static const char *const dashes[] = {"", " stroke-dasharray=\"5 3\"",
                                         " stroke-dasharray=\"1.5 3\"",
                                         " stroke-dasharray=\"8 3 1.5 3\""};

    return dashes[series / 7 % COUNT(dashes)];
}

const char *shape_path(int series)
{
    static const char *const paths[] = {
        "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0Z",    /* circle */
        "M-3.5 -3.5h7v7h-7Z",                     /* square */
        "M0 -4.8L4.4 3.2H-4.4Z",                  /* triangle */
        "M0 -5L4.4 0L0 5L-4.4 0Z",                /* diamond */
        "M0 4.8L4.4 -3.2H-4.4Z",                  /* triangle, down */
        "M-1.5 -4.5h3v3h3v3h-3v3h-3v-3h-3v-3h3Z", /* plus */
        "M-4.5 -2.5L-2.5 -4.5L0 -2L2.5 -4.5L4.5 -2.5L2 0L4.5 2.5L2.5 4.5L0 2L-2.5 "
        "4.5L-4.5 2.5L-2 0Z",                /* cross */
        "M-2 -4.5H2L4.5 0L2 4.5H-2L-4.5 0Z", /* hexagon */
    };

    return paths[series % COUNT(paths)];
}

/* At 0, 1/8, ... 1; lines between. */
const char *shape_viridis(double share, char text[SHAPE_COLOUR_BYTES])
{
    static const double stops[][3] = {{68, 1, 84},    {71, 44, 122},  {59, 81, 139},
                                      {44, 113, 142}, {33, 144, 141}, {39, 173, 129},
                                      {92, 200, 99},  {170, 220, 50}, {253, 231, 37}};
    double at = fmin(1, fmax(0, share)) * (COUNT(stops) - 1);
    int stop = (int)fmin(floor(at), COUNT(stops) - 2), colour[3] = {136, 136, 136};

    for (int i = 0; i < 3 && !isnan(share); i++)
        colour[i] = (int)lround(stops[stop][i] +
                                (at - stop) * (stops[stop + 1][i] - stops[stop][i]));
    snprintf(text, SHAPE_COLOUR_BYTES, "#%02x%02x%02x", colour[0] & 255,
             colour[1] & 255, colour[2] & 255);
    return text;
}
