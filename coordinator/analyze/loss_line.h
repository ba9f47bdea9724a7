/* loss_line.h - second differences of the loss on a line of evenly spaced points, and how far to trust them. */
#ifndef COORDINATOR_ANALYZE_LOSS_LINE_H
#define COORDINATOR_ANALYZE_LOSS_LINE_H

#include <stdbool.h>

/* Widths are 2, 4, 8 and 16 spacings; a second difference is looked at around two neighbours on either side, too. */
enum {
    LOSS_LINE_WIDTHS = 4,
    LOSS_LINE_NEIGHBOURS = 2,
    LOSS_LINE_REACH = (1 << LOSS_LINE_WIDTHS) + LOSS_LINE_NEIGHBOURS,
    LOSS_LINE_POINTS = 2 * LOSS_LINE_REACH + 1
};

/* What the line tells of each width. */
struct loss_line {
    double slopes[LOSS_LINE_WIDTHS], curvatures[LOSS_LINE_WIDTHS];
    double scatters[LOSS_LINE_WIDTHS]; /* standard deviation of five curvatures */
    /* The first width whose curvature is at least three times its scatter, and that of twice the width by no more
     * than a third another; the widest, if none is. */
    int chosen;
    bool is_resolved; /* there is one */
};

/* A width in spacings. */
int loss_line_spacings(int width);

/* Looks at losses [LOSS_LINE_POINTS], of which the one in the middle is that of the point. */
struct loss_line loss_line_of(const double *losses, double spacing);

#endif
