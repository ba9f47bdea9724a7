#include "core/report/plot.h"

#include "core/report/html.h"
#include "core/report/plot_shapes.h"
#include "core/report/ticks.h"

#include <math.h>
#include <string.h>

enum {
    WIDTH = 440,
    HEIGHT = 210,   /* of the area */
    LINE = 18,      /* of a category */
    CHARACTER = 8,  /* at most, in width, but for a few */
    LABEL_MOST = 21 /* characters of a category */
};

/* ---- axes ----------------------------------------------------------------------------------- */

struct axis axis_of(const char *name, const char *unit)
{
    return (struct axis){
        .name = name, .unit = unit, .low = INFINITY, .high = -INFINITY};
}

struct axis axis_of_labels(const char *name, const char *unit,
                           const char *const *labels, int count)
{
    return (struct axis){.name = name,
                         .unit = unit,
                         .low = -0.5,
                         .high = count - 0.5,
                         .ends_stay = true,
                         .labels = labels,
                         .label_count = count};
}

void axis_fit(struct axis *axis, double value)
{
    if (!isfinite(value))
        return;
    axis->low = fmin(axis->low, value);
    axis->high = fmax(axis->high, value);
}

void axis_use_log(struct axis *axis, double factor)
{
    axis->is_log = axis->low > 0 && axis->high > factor * axis->low;
}

static void settle(struct axis *axis)
{
    if (!(axis->low <= axis->high)) {
        axis->low = 0;
        axis->high = 1;
    }
    if (!axis->ends_stay)
        ticks_round_range(&axis->low, &axis->high, axis->is_log);
}

/* Where a value lies between the ends of an axis: 0 to 1. */
static double share_of(const struct axis *axis, double value)
{
    double share = axis->is_log ? log(value / axis->low) / log(axis->high / axis->low)
                                : (value - axis->low) / (axis->high - axis->low);

    return fmin(1, fmax(0, share));
}

static double x_of(const struct plot *plot, double x)
{
    return plot->left + share_of(&plot->x, x) * (plot->right - plot->left);
}

/* Categories go downwards. */
static double y_of(const struct plot *plot, double y)
{
    double share = share_of(&plot->y, y);

    if (!plot->y.labels)
        share = 1 - share;
    return plot->top + share * (plot->bottom - plot->top);
}

/* ---- the frame ------------------------------------------------------------------------------ */

static struct ticks ticks_along(const struct axis *axis, int about)
{
    return ticks_of(axis->low, axis->high, axis->is_log, about);
}

/* Characters of a text, which is UTF-8. */
static int length_of(const char *text)
{
    int length = 0;

    for (; *text; text++)
        length += (*text & 0xC0) != 0x80;
    return length;
}

static int longest_label(const struct axis *axis)
{
    struct ticks ticks = ticks_along(axis, 5);
    char text[TICK_TEXT_BYTES];
    int most = 1;

    for (int i = 0; axis->labels && i < axis->label_count; i++)
        most = (int)fmax(most, length_of(axis->labels[i]));
    for (int i = 0; !axis->labels && i < ticks.count; i++)
        most = (int)fmax(most, length_of(ticks_text(&ticks, ticks.at[i], text)));
    return most < LABEL_MOST ? most : LABEL_MOST;
}

static void lay_out(struct plot *plot)
{
    double height = plot->height     ? plot->height
                    : plot->y.labels ? fmax(2, plot->y.label_count) * LINE
                                     : HEIGHT;

    plot->left = (plot->y.labels ? 8 : 28) + longest_label(&plot->y) * CHARACTER;
    plot->right = WIDTH - (plot->has_scale ? 74 : 20);
    plot->top = plot->y.labels || plot->has_scale || plot->has_marks ? 24 : 10;
    plot->bottom = plot->top + height;
    plot->total_height = plot->bottom + 40;
}

/* The end of a long label, which tells more than its beginning. */
static void write_label(FILE *out, const char *label)
{
    int length = length_of(label);

    if (length > LABEL_MOST) {
        for (int skipped = 0; skipped <= length - LABEL_MOST; label++)
            skipped += (label[1] & 0xC0) != 0x80;
        fputs("\xe2\x80\xa6", out); /* an ellipsis */
    }
    html_text(out, label);
}

static void write_category(const struct plot *plot, const struct axis *axis, int index)
{
    bool is_x = axis == &plot->x;

    fprintf(plot->out, "<text class=\"t\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">",
            is_x ? x_of(plot, index) : plot->left - 6,
            is_x ? plot->bottom + 16 : y_of(plot, index) + 4, is_x ? "middle" : "end");
    write_label(plot->out, axis->labels[index]);
    if (length_of(axis->labels[index]) > LABEL_MOST)
        html_element(plot->out, "title", "%s", axis->labels[index]);
    fputs("</text>\n", plot->out);
}

static void write_tick(const struct plot *plot, const struct axis *axis,
                       const struct ticks *ticks, double at)
{
    char text[TICK_TEXT_BYTES];

    ticks_text(ticks, at, text);
    if (axis == &plot->x)
        fprintf(plot->out,
                "<path class=\"g\" d=\"M%.1f %.1fV%.1f\"/>"
                "<text class=\"t\" x=\"%.1f\" y=\"%.1f\" "
                "text-anchor=\"middle\">%s</text>\n",
                x_of(plot, at), plot->top, plot->bottom, x_of(plot, at),
                plot->bottom + 16, text);
    else
        fprintf(
            plot->out,
            "<path class=\"g\" d=\"M%.1f %.1fH%.1f\"/>"
            "<text class=\"t\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">%s</text>\n",
            plot->left, y_of(plot, at), plot->right, plot->left - 6, y_of(plot, at) + 4,
            text);
}

static void write_ticks(const struct plot *plot, const struct axis *axis)
{
    struct ticks ticks = ticks_along(axis, axis == &plot->x ? 6 : 5);

    for (int i = 0; i < axis->label_count; i++)
        write_category(plot, axis, i);
    for (int i = 0; !axis->labels && i < ticks.count; i++)
        write_tick(plot, axis, &ticks, ticks.at[i]);
}

static void write_axis_name(const struct plot *plot, const struct axis *axis)
{
    if (axis == &plot->x)
        fprintf(plot->out,
                "<text class=\"axis\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">",
                (plot->left + plot->right) / 2, plot->bottom + 34);
    else if (axis->labels)
        fprintf(plot->out, "<text class=\"axis\" x=\"4\" y=\"%.1f\">", plot->top - 10);
    else
        fprintf(plot->out,
                "<text class=\"axis\" transform=\"translate(13 %.1f) rotate(-90)\" "
                "text-anchor=\"middle\">",
                (plot->top + plot->bottom) / 2);
    html_print(plot->out, "%s", axis->name);
    fputs(", <tspan class=\"unit\">", plot->out);
    html_print(plot->out, "%s", axis->unit);
    fputs("</tspan></text>\n", plot->out);
}

void plot_begin(struct plot *plot)
{
    FILE *out = plot->out;

    settle(&plot->x);
    settle(&plot->y);
    lay_out(plot);
    fputs("<figure>\n", out);
    html_element(out, "figcaption", "%s", plot->title);
    fprintf(out,
            "<svg class=\"plot\" viewBox=\"0 0 %d %.0f\" role=\"img\" "
            "aria-labelledby=\"t%d d%d\">\n",
            WIDTH, plot->total_height, plot->id, plot->id);
    fprintf(out, "<title id=\"t%d\">", plot->id);
    html_text(out, plot->title);
    fprintf(out, "</title>\n<desc id=\"d%d\">", plot->id);
    html_text(out, plot->description);
    fputs("</desc>\n", out);
    write_ticks(plot, &plot->x);
    write_ticks(plot, &plot->y);
    fprintf(out, "<path class=\"frame\" d=\"M%.1f %.1fV%.1fH%.1f\"/>\n", plot->left,
            plot->top, plot->bottom, plot->right);
    write_axis_name(plot, &plot->x);
    write_axis_name(plot, &plot->y);
}

/* ---- what is drawn -------------------------------------------------------------------------- */

void plot_line(struct plot *plot, int series, const double *x, const double *y,
               int count)
{
    bool is_gap = true;

    fprintf(plot->out, "<path class=\"l %s\"%s d=\"", shape_colour(series),
            shape_dash(series));
    for (int i = 0; i < count; i++) {
        if (isfinite(x[i]) && isfinite(y[i]))
            fprintf(plot->out, "%c%.1f %.1f", is_gap ? 'M' : 'L', x_of(plot, x[i]),
                    y_of(plot, y[i]));
        is_gap = !isfinite(x[i]) || !isfinite(y[i]);
    }
    fputs("\"/>\n", plot->out);
}

/* Dots are strokes of no length with round ends: few bytes each. */
static void write_dots(struct plot *plot, const char *class, int series,
                       const double *x, const double *y, int count)
{
    fprintf(plot->out, "<path class=\"%s %s\" d=\"", class, shape_colour(series));
    for (int i = 0; i < count; i++)
        if (isfinite(x[i]) && isfinite(y[i]))
            fprintf(plot->out, "M%.1f %.1fh0", x_of(plot, x[i]), y_of(plot, y[i]));
    fputs("\"/>\n", plot->out);
}

void plot_points(struct plot *plot, int series, const double *x, const double *y,
                 int count)
{
    write_dots(plot, "dots", series, x, y, count);
}

void plot_faint_points(struct plot *plot, int series, const double *x, const double *y,
                       int count)
{
    write_dots(plot, "dots faint", series, x, y, count);
}

void plot_point(struct plot *plot, int series, bool is_hollow, double x, double y,
                const char *text)
{
    if (!isfinite(x) || !isfinite(y))
        return;
    fprintf(plot->out,
            "<path class=\"%s %s\" transform=\"translate(%.1f %.1f)\" "
            "d=\"%s\">",
            is_hollow ? "h" : "m", shape_colour(series), x_of(plot, x), y_of(plot, y),
            shape_path(series));
    html_element(plot->out, "title", "%s", text);
    fputs("</path>\n", plot->out);
}

void plot_link(struct plot *plot, int series, double x, double y, double to_x,
               double to_y)
{
    if (isfinite(x) && isfinite(y) && isfinite(to_x) && isfinite(to_y))
        fprintf(plot->out, "<path class=\"l %s\" d=\"M%.1f %.1fL%.1f %.1f\"/>\n",
                shape_colour(series), x_of(plot, x), y_of(plot, y), x_of(plot, to_x),
                y_of(plot, to_y));
}

static void write_rectangle(struct plot *plot, const char *class, double left,
                            double top, double right, double bottom)
{
    fprintf(plot->out, "<path class=\"%s\" d=\"M%.1f %.1fH%.1fV%.1fH%.1fZ\"", class,
            left, top, right, bottom, left);
}

void plot_bar(struct plot *plot, int series, double from, double to, double y,
              const char *text)
{
    char class[16];

    snprintf(class, sizeof class, "b %s", shape_colour(series));
    write_rectangle(plot, class, x_of(plot, from), y_of(plot, y - 0.36), x_of(plot, to),
                    y_of(plot, y + 0.36));
    fputs(">", plot->out);
    html_element(plot->out, "title", "%s", text);
    fputs("</path>\n", plot->out);
}

void plot_column(struct plot *plot, int series, double from_x, double to_x, double y)
{
    char class[16];

    snprintf(class, sizeof class, "b %s", shape_colour(series));
    write_rectangle(plot, class, x_of(plot, from_x), y_of(plot, y), x_of(plot, to_x),
                    plot->bottom);
    fputs("/>\n", plot->out);
}

void plot_level(struct plot *plot, double y, const char *text)
{
    double at = y_of(plot, y);
    bool is_high = at < plot->top + 14;

    fprintf(plot->out, "<path class=\"level\" d=\"M%.1f %.1fH%.1f\"/>", plot->left, at,
            plot->right);
    fprintf(plot->out,
            "<text class=\"note\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">",
            plot->right - 2, is_high ? at + 12 : at - 4);
    html_text(plot->out, text);
    fputs("</text>\n", plot->out);
}

void plot_mark(struct plot *plot, double x, bool to_left, const char *text)
{
    double at = x_of(plot, x), width = 4 + length_of(text) * CHARACTER;
    bool ends_here = to_left ? at >= width : at + width > WIDTH;

    fprintf(plot->out, "<path class=\"level\" d=\"M%.1f %.1fV%.1f\"/>", at,
            plot->top - 10, plot->bottom);
    fprintf(plot->out, "<text class=\"note\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">",
            ends_here ? at - 4 : at + 4, plot->top - 4, ends_here ? "end" : "start");
    html_text(plot->out, text);
    fputs("</text>\n", plot->out);
}

/* ---- heat maps ------------------------------------------------------------------------------ */

void plot_cell(struct plot *plot, struct plot_cell cell, const char *text)
{
    char colour[SHAPE_COLOUR_BYTES];

    write_rectangle(plot, "c", x_of(plot, cell.left), y_of(plot, cell.high),
                    x_of(plot, cell.right), y_of(plot, cell.low));
    fprintf(plot->out, " style=\"fill:%s\">", shape_viridis(cell.share, colour));
    if (*text)
        html_element(plot->out, "title", "%s", text);
    fputs("</path>\n", plot->out);
}

void plot_scale(struct plot *plot, struct axis values)
{
    enum { STRIPES = 32, SCALE_WIDTH = 12 };
    double left = plot->right + 10, height = plot->bottom - plot->top;
    struct ticks ticks = ticks_along(&values, 5);
    char colour[SHAPE_COLOUR_BYTES], text[TICK_TEXT_BYTES];

    for (int i = 0; i < STRIPES; i++) {
        double low = plot->bottom - height * i / STRIPES;

        write_rectangle(plot, "c", left, low - height / STRIPES, left + SCALE_WIDTH,
                        low);
        fprintf(plot->out, " style=\"fill:%s\"/>\n",
                shape_viridis((i + 0.5) / STRIPES, colour));
    }
    for (int i = 0; i < ticks.count; i++)
        fprintf(plot->out, "<text class=\"t\" x=\"%.1f\" y=\"%.1f\">%s</text>\n",
                left + SCALE_WIDTH + 4,
                plot->bottom - height * share_of(&values, ticks.at[i]) + 4,
                ticks_text(&ticks, ticks.at[i], text));
    fprintf(plot->out,
            "<text class=\"axis scale\" x=\"%d\" y=\"%.1f\" text-anchor=\"end\">",
            WIDTH - 4, plot->top - 10);
    html_print(plot->out, "%s, ", values.name);
    fputs("<tspan class=\"unit\">", plot->out);
    html_text(plot->out, values.unit);
    fputs("</tspan></text>\n", plot->out);
}

/* ---- the end -------------------------------------------------------------------------------- */

void plot_end_drawing(struct plot *plot)
{
    fputs("</svg>\n", plot->out);
}

/* The sign of a key is drawn by what stands between its brackets. */
static void begin_key(struct plot *plot)
{
    if (!plot->has_legend)
        fputs("<ul class=\"legend\">\n", plot->out);
    plot->has_legend = true;
    fputs("<li><svg class=\"key\" viewBox=\"-12 -7 24 14\" aria-hidden=\"true\">",
          plot->out);
}

static void end_key(struct plot *plot, const char *name)
{
    fputs("</svg>", plot->out);
    html_text(plot->out, name);
    fputs("</li>\n", plot->out);
}

static void write_key(struct plot *plot, const char *class, int series,
                      const char *name)
{
    begin_key(plot);
    fprintf(plot->out, "<path class=\"%s %s\" d=\"%s\"/>", class, shape_colour(series),
            shape_path(series));
    end_key(plot, name);
}

void plot_key(struct plot *plot, int series, const char *name)
{
    write_key(plot, "m", series, name);
}

void plot_key_hollow(struct plot *plot, int series, const char *name)
{
    write_key(plot, "h", series, name);
}

void plot_line_key(struct plot *plot, int series, const char *name)
{
    begin_key(plot);
    fprintf(plot->out, "<path class=\"l %s\"%s d=\"M-11 0H11\"/>", shape_colour(series),
            shape_dash(series));
    end_key(plot, name);
}

void plot_dot_key(struct plot *plot, int series, const char *name)
{
    begin_key(plot);
    fprintf(plot->out, "<path class=\"dots faint %s\" d=\"M0 0h0\"/>",
            shape_colour(series));
    end_key(plot, name);
}

void plot_end_keys(struct plot *plot)
{
    if (plot->has_legend)
        fputs("</ul>\n", plot->out);
    plot->has_legend = false;
}

void plot_end(struct plot *plot)
{
    plot_end_keys(plot);
    fputs("</figure>\n", plot->out);
}
