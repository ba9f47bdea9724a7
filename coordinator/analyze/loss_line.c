#include "coordinator/analyze/loss_line.h"

#include <math.h>

int loss_line_spacings(int width)
{
    return 2 << width;
}

static double second_difference(const double *at, int spacings, double width)
{
    return (at[spacings] - 2 * at[0] + at[-spacings]) / (width * width);
}

static double scatter_of(const double *point, int spacings, double width)
{
    enum { COUNT = 2 * LOSS_LINE_NEIGHBOURS + 1 };
    double values[COUNT], mean = 0, squares = 0;

    for (int i = 0; i < COUNT; i++) {
        values[i] =
            second_difference(point + i - LOSS_LINE_NEIGHBOURS, spacings, width);
        mean += values[i] / COUNT;
    }
    for (int i = 0; i < COUNT; i++)
        squares += (values[i] - mean) * (values[i] - mean);
    return sqrt(squares / (COUNT - 1));
}

/* Whether the curvature of a width stands out of the jags: its scatter is small, and twice the width agrees. */
static bool stands_out(const struct loss_line *line, int width)
{
    int wider = width + 1 < LOSS_LINE_WIDTHS ? width + 1 : width;
    double third = fabs(line->curvatures[width]) / 3;

    return line->scatters[width] <= third &&
           fabs(line->curvatures[width] - line->curvatures[wider]) <= third;
}

static void choose(struct loss_line *line)
{
    for (int i = 0; i < LOSS_LINE_WIDTHS; i++)
        if (stands_out(line, i)) {
            line->chosen = i;
            line->is_resolved = true;
            return;
        }
    line->chosen = LOSS_LINE_WIDTHS - 1;
}

struct loss_line loss_line_of(const double *losses, double spacing)
{
    const double *point = losses + LOSS_LINE_REACH;
    struct loss_line line = {.is_resolved = false};

    for (int i = 0; i < LOSS_LINE_WIDTHS; i++) {
        int spacings = loss_line_spacings(i);
        double width = spacings * spacing;

        line.slopes[i] = (point[spacings] - point[-spacings]) / (2 * width);
        line.curvatures[i] = second_difference(point, spacings, width);
        line.scatters[i] = scatter_of(point, spacings, width);
    }
    choose(&line);
    return line;
}
