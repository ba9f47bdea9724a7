/* plot_shapes.h - what tells the series of a figure apart: colours, shapes and dashes. */
#ifndef CORE_REPORT_PLOT_SHAPES_H
#define CORE_REPORT_PLOT_SHAPES_H

/* The class of a series' colour in the style; its dash as an attribute, or nothing; its shape around (0, 0) as
 * the data of a path. */
const char *shape_colour(int series);
const char *shape_dash(int series);
const char *shape_path(int series);

/* The colour of a share between 0 and 1 on the scale viridis, which grows evenly in lightness, also for
 * people who see no colours; gray for NaN. Returns `text`. Source: S. van der Walt and N. Smith, 2015. */
enum { SHAPE_COLOUR_BYTES = 8 };
const char *shape_viridis(double share, char text[SHAPE_COLOUR_BYTES]);

#endif
