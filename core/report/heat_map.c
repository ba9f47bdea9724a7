#include "core/report/heat_map.h"

#include "core/base/memory.h"

#include <math.h>
#include <stdlib.h>

enum { TOLD_MOST = 900, NUMBER_BYTES = 12, TABLE_MOST = 24 };

/* ---- axes ----------------------------------------------------------------------------------- */

static bool is_geometric(const struct heat_map_axis *axis)
{
    double ratio;

    if (!axis->numbers || axis->count < 3 || !(axis->numbers[0] > 0))
        return false;
    ratio = axis->numbers[1] / axis->numbers[0];
    for (int i = 2; i < axis->count; i++)
        if (fabs(axis->numbers[i] / axis->numbers[i - 1] - ratio) > 1e-3 * ratio)
            return false;
    return true;
}

/* Where cell i begins: in the middle between two values. */
static double edge_of(const struct heat_map_axis *axis, int i)
{
    const double *at = axis->numbers;
    int before = i > 0 ? i - 1 : 0, behind = before + 1;

    if (!at || axis->count < 2)
        return i - 0.5;
    if (i == axis->count) {
        before = i - 2;
        behind = i - 1;
    }
    if (is_geometric(axis)) {
        double half = sqrt(at[behind] / at[before]);

        return i == axis->count ? at[i - 1] * half : at[i] / half;
    }
    return i == axis->count ? at[i - 1] + (at[behind] - at[before]) / 2
                            : at[i] - (at[behind] - at[before]) / 2;
}

static struct axis numbers_axis(const struct heat_map_axis *of)
{
    struct axis axis = axis_of(of->name, of->unit);

    axis.low = edge_of(of, 0);
    axis.high = edge_of(of, of->count);
    axis.is_log = is_geometric(of);
    axis.ends_stay = true;
    return axis;
}

/* Texts along x are numbers: those of the lines beside. Of many only some stand there. */
struct numbered {
    char (*texts)[NUMBER_BYTES];
    const char **labels;
};

static struct axis numbered_axis(const struct heat_map_axis *of,
                                 struct numbered *numbered)
{
    size_t count = (size_t)of->count;
    int every = of->count / 12 + 1;

    numbered->texts = memory_zeroed(count, sizeof *numbered->texts);
    numbered->labels = memory_get(count * sizeof *numbered->labels);
    for (int i = 0; i < of->count; i++) {
        if (i % every == 0)
            snprintf(numbered->texts[i], NUMBER_BYTES, "%d", i + 1);
        numbered->labels[i] = numbered->texts[i];
    }
    return axis_of_labels(of->name, "line of the y axis", numbered->labels, of->count);
}

/* ---- cells ---------------------------------------------------------------------------------- */

static struct axis scale_of(const struct heat_map *map)
{
    struct axis scale = axis_of(map->name, map->unit);

    for (int i = 0; i < map->x.count * map->y.count; i++)
        axis_fit(&scale, map->factor * map->values[i]);
    axis_use_log(&scale, 30);
    scale.ends_stay = true;
    if (!(scale.high > scale.low)) {
        scale.low = isfinite(scale.low) ? scale.low - 1 : 0;
        scale.high = scale.low + 2;
        scale.is_log = false;
    }
    return scale;
}

static double share_of(const struct axis *scale, double value)
{
    if (!isfinite(value))
        return NAN;
    return scale->is_log ? log(value / scale->low) / log(scale->high / scale->low)
                         : (value - scale->low) / (scale->high - scale->low);
}

static void name_place(const struct heat_map_axis *axis, int at, char text[160])
{
    if (axis->numbers)
        snprintf(text, 160, "%s %.4g", axis->name, axis->numbers[at]);
    else
        snprintf(text, 160, "%.150s", axis->texts[at]);
}

static void draw_cell(struct plot *plot, const struct heat_map *map,
                      const struct axis *scale, int row, int column)
{
    double value = map->factor * map->values[row * map->x.count + column];
    struct plot_cell cell = {
        .left = edge_of(&map->x, column),
        .right = edge_of(&map->x, column + 1),
        .low = edge_of(&map->y, row),
        .high = edge_of(&map->y, row + 1),
        .share = share_of(scale, value),
    };
    char text[512] = "", x[160], y[160];

    name_place(&map->x, column, x);
    name_place(&map->y, row, y);
    if (map->x.count * map->y.count <= TOLD_MOST)
        snprintf(text, sizeof text, "%s; %s: %.5g", y, x, value);
    plot_cell(plot, cell, text);
}

/* ---- the table ------------------------------------------------------------------------------ */

static void write_table(FILE *out, const struct heat_map *map)
{
    char text[160];

    if (map->x.count > TABLE_MOST || map->y.count > TABLE_MOST)
        return;
    html_details_begin(out, "Values of the map");
    html_table_begin(out, map->meaning);
    fprintf(out, "<thead><tr><td></td>");
    for (int i = 0; i < map->x.count; i++) {
        name_place(&map->x, i, text);
        html_element(out, "th scope=\"col\"", "%s", text);
    }
    fputs("</tr></thead>\n<tbody>\n", out);
    for (int row = 0; row < map->y.count; row++) {
        name_place(&map->y, row, text);
        html_row_begin(out, text);
        for (int i = 0; i < map->x.count; i++)
            html_number(out, "%.4g", map->factor * map->values[row * map->x.count + i]);
        html_row_end(out);
    }
    html_table_end(out);
    html_details_end(out);
}

void heat_map_write(struct report_page *page, const struct heat_map *map)
{
    struct plot plot = report_plot(page, map->title, map->meaning);
    struct axis scale = scale_of(map);
    struct numbered numbered = {0};

    plot.has_scale = true;
    plot.x = map->x.numbers ? numbers_axis(&map->x) : numbered_axis(&map->x, &numbered);
    plot.y = map->y.numbers ? numbers_axis(&map->y)
                            : axis_of_labels(map->y.name, "in execution order",
                                             map->y.texts, map->y.count);
    plot.height = map->y.numbers ? 280 : 0;
    plot_begin(&plot);
    for (int row = 0; row < map->y.count; row++)
        for (int column = 0; column < map->x.count; column++)
            draw_cell(&plot, map, &scale, row, column);
    plot_scale(&plot, scale);
    plot_end_drawing(&plot);
    write_table(page->out, map);
    plot_end(&plot);
    free(numbered.texts);
    free(numbered.labels);
}
