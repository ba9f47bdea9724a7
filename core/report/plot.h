/* plot.h - a figure as SVG: axes with ticks, lines, points, bars, cells, a legend.
 *
 * A figure has a title, a description for those who cannot see it, and two axes with names and units. What
 * is drawn is given in the units of the axes; what lies outside is moved to the edge. Series are numbers from 0 on,
 * which stand for a colour (of Okabe and Ito), a shape and a dash. */
#ifndef CORE_REPORT_PLOT_H
#define CORE_REPORT_PLOT_H

#include <stdbool.h>
#include <stdio.h>

struct axis {
    const char *name, *unit; /* borrowed, as all texts */
    double low, high;        /* what has to fit; plot_begin() puts the ends at ticks */
    bool is_log;             /* low > 0 */
    bool ends_stay;          /* the ends are where they are */
    const char *const *labels; /* [label_count] of categories, which lie at 0, 1, 2 ...;
                                  NULL: numbers */
    int label_count;
};

struct plot {
    FILE *out;
    int id; /* no other figure of the page has it */
    const char *title, *description;
    struct axis x, y; /* the first category of y is on top */
    int height;       /* of the drawing area; 0: as usual, or a line a category */
    bool has_scale;   /* room for the scale of a heat map */
    bool has_marks;   /* room for the texts of marks */

    /* Found by plot_begin(). */
    double left, top, right, bottom, total_height;
    bool has_legend;
};

/* A range that grows; begin with {INFINITY, -INFINITY}. NaN and infinite values do not count. */
void axis_fit(struct axis *axis, double value);

/* An axis fitted to nothing. */
struct axis axis_of(const char *name, const char *unit);

/* Makes an axis logarithmic where its values are above zero and spread over more than a factor. */
void axis_use_log(struct axis *axis, double factor);

/* Categories: [count] borrowed. */
struct axis axis_of_labels(const char *name, const char *unit,
                           const char *const *labels, int count);

/* Opens the figure: a <figure> with its caption, and the drawing. */
void plot_begin(struct plot *plot);

/* A line through points [count]; NaN: a gap. */
void plot_line(struct plot *plot, int series, const double *x, const double *y,
               int count);

/* A shape at each point that is not NaN; faint ones lie behind what matters. */
void plot_points(struct plot *plot, int series, const double *x, const double *y,
                 int count);
void plot_faint_points(struct plot *plot, int series, const double *x, const double *y,
                       int count);

/* One point with a text that shows where a pointer rests on it. */
void plot_point(struct plot *plot, int series, bool is_hollow, double x, double y,
                const char *text);

/* A line from one point to another. */
void plot_link(struct plot *plot, int series, double x, double y, double to_x,
               double to_y);

/* A bar from `from` to `to` along x, at a category of y. */
void plot_bar(struct plot *plot, int series, double from, double to, double y,
              const char *text);

/* A bar upwards from the lower end of y, between two x. */
void plot_column(struct plot *plot, int series, double from_x, double to_x, double y);

/* A line across at y with a text. */
void plot_level(struct plot *plot, double y, const char *text);

/* A line upwards at x, with a text above the area, on one side of the line if there is room. */
void plot_mark(struct plot *plot, double x, bool to_left, const char *text);

/* A coloured cell of a heat map, with its scale: `share` of 0 to 1 is its colour. */
struct plot_cell {
    double left, right, low, high;
    double share; /* NaN: nothing is known */
};
void plot_cell(struct plot *plot, struct plot_cell cell, const char *text);
void plot_scale(struct plot *plot, struct axis values);

/* Ends the drawing. Then come the keys of the legend, if any, and what else belongs to the figure. */
void plot_end_drawing(struct plot *plot);
void plot_key(struct plot *plot, int series, const char *name);
void plot_key_hollow(struct plot *plot, int series, const char *name);
void plot_line_key(struct plot *plot, int series, const char *name);
void plot_dot_key(struct plot *plot, int series, const char *name);

/* Ends the legend, where there is one, before something else that belongs to the figure. */
void plot_end_keys(struct plot *plot);
void plot_end(struct plot *plot);

#endif
