#include "core/report/report_page.h"

#include "core/base/memory.h"

#include <math.h>
#include <stdlib.h>

/* What the analysis `error` has found: what each tensor loses, and histograms of those that lose most, with the ends of
 * their codes. */

enum { COLUMNS = 12, SHOWN = 4 };

/* The columns in the order of `names`. */
enum {
    SQNR,
    COSINE,
    LARGEST,
    CLIPPED,
    DEAD,
    CHANNELS,
    IS_WEIGHT,
    BITS,
    LOW,
    HIGH,
    CLIP_LOW,
    CLIP_HIGH
};

struct errors {
    const struct findings_axis *tensors, *bins;
    const double *columns[COLUMNS]; /* [tensors] */
    const double *histogram;        /* [tensors, bins] */
};

static bool read_errors(const struct analysis *analysis, struct errors *errors)
{
    static const char *const names[COLUMNS] = {
        "sqnr",          "cosine",   "largest_error", "clipped",
        "dead_channels", "channels", "is_weight",     "bits",
        "low",           "high",     "clip_low",      "clip_high"};
    const struct findings_variable *histogram =
        analysis_variable_named(analysis, "histogram");

    if (!histogram || histogram->axis_count != 2)
        return false;
    errors->histogram = histogram->values;
    errors->tensors = &analysis->findings.axes[histogram->axes[0]];
    errors->bins = &analysis->findings.axes[histogram->axes[1]];
    for (int i = 0; i < COLUMNS; i++) {
        const struct findings_variable *column =
            analysis_variable_named(analysis, names[i]);

        if (!column || column->axis_count != 1 || column->axes[0] != histogram->axes[0])
            return false;
        errors->columns[i] = column->values;
    }
    return errors->tensors->texts;
}

static int series_of(const struct errors *errors, int tensor)
{
    return errors->columns[IS_WEIGHT][tensor] != 0;
}

static const char *kind_of(const struct errors *errors, int tensor)
{
    return series_of(errors, tensor) ? "weights" : "activations";
}

/* ---- bars and table ------------------------------------------------------------------------- */

static void write_table(FILE *out, const struct errors *errors)
{
    static const char *const heads[] = {
        "Tensor",     "Kind",          "Bits",
        "SQNR, dB",   "Cosine",        "Largest error, steps",
        "Clipped, %", "Dead channels", "Channels"};

    html_details_begin(out, "Table of errors");
    html_table_begin(out, "What each tensor loses when it is rounded");
    html_heads(out, heads, sizeof heads / sizeof *heads);
    for (int i = 0; i < errors->tensors->count; i++) {
        html_row_begin(out, errors->tensors->texts[i]);
        html_cell(out, "%s", kind_of(errors, i));
        html_number(out, "%.0f", errors->columns[BITS][i]);
        html_number(out, "%.2f", errors->columns[SQNR][i]);
        html_number(out, "%.5f", errors->columns[COSINE][i]);
        html_number(out, "%.3g", errors->columns[LARGEST][i]);
        html_number(out, "%.3g", 100 * errors->columns[CLIPPED][i]);
        html_number(out, "%.0f", errors->columns[DEAD][i]);
        html_number(out, "%.0f", errors->columns[CHANNELS][i]);
        html_row_end(out);
    }
    html_table_end(out);
    html_details_end(out);
}

static void write_bars(struct report_page *page, const struct errors *errors)
{
    const double *sqnr = errors->columns[SQNR];
    struct plot plot = report_plot(
        page, "What rounding takes from each tensor",
        "The signal-to-quantization-noise ratio of each tensor: short bars lose most.");
    char text[320];

    plot.x = axis_of("SQNR", "dB");
    axis_fit(&plot.x, 0);
    for (int i = 0; i < errors->tensors->count; i++)
        axis_fit(&plot.x, sqnr[i]);
    plot.y = axis_of_labels("tensor", "in execution order",
                            (const char *const *)errors->tensors->texts,
                            errors->tensors->count);
    plot_begin(&plot);
    for (int i = 0; i < errors->tensors->count; i++) {
        snprintf(text, sizeof text, "%.250s: %.2f dB", errors->tensors->texts[i],
                 sqnr[i]);
        if (isfinite(sqnr[i]))
            plot_bar(&plot, series_of(errors, i), 0, sqnr[i], i, text);
    }
    plot_end_drawing(&plot);
    plot_key(&plot, 0, "activations");
    plot_key(&plot, 1, "weights");
    plot_end_keys(&plot);
    write_table(page->out, errors);
    plot_end(&plot);
}

/* ---- histograms ----------------------------------------------------------------------------- */

/* Bin `bin` begins at this value. */
static double edge_of(const struct errors *errors, int tensor, int bin)
{
    double low = errors->columns[LOW][tensor], high = errors->columns[HIGH][tensor];

    return low + (high - low) * bin / errors->bins->count;
}

static void draw_histogram(struct plot *plot, const struct errors *errors, int tensor,
                           const double *shares)
{
    for (int i = 0; i < errors->bins->count; i++)
        if (shares[i] > 0)
            plot_column(plot, series_of(errors, tensor), edge_of(errors, tensor, i),
                        edge_of(errors, tensor, i + 1), 100 * shares[i]);
    if (errors->columns[CLIP_LOW][tensor] < 0)
        plot_mark(plot, errors->columns[CLIP_LOW][tensor], true, "lowest code");
    plot_mark(plot, errors->columns[CLIP_HIGH][tensor], false, "highest code");
    plot_end_drawing(plot);
}

static void write_histogram(struct report_page *page, const struct errors *errors,
                            int tensor)
{
    const double *shares =
        errors->histogram + (size_t)tensor * (size_t)errors->bins->count;
    char title[320], told[256];
    struct plot plot;

    snprintf(title, sizeof title, "Values of %.200s (%s)",
             errors->tensors->texts[tensor], kind_of(errors, tensor));
    snprintf(told, sizeof told,
             "A histogram, and the values of the lowest and the highest code: "
             "%.3g %% of the values lie beyond.",
             100 * errors->columns[CLIPPED][tensor]);
    plot = report_plot(page, title, told);
    plot.x = axis_of("value", "of the tensor");
    axis_fit(&plot.x, errors->columns[LOW][tensor]);
    axis_fit(&plot.x, errors->columns[HIGH][tensor]);
    axis_fit(&plot.x, errors->columns[CLIP_HIGH][tensor]);
    axis_fit(&plot.x, fmin(0, errors->columns[CLIP_LOW][tensor]));
    plot.x.ends_stay = true;
    plot.has_marks = true;
    plot.y = axis_of("share of the values", "%");
    for (int i = 0; i < errors->bins->count; i++)
        if (shares[i] > 0)
            axis_fit(&plot.y, 100 * shares[i]);
    axis_use_log(&plot.y, 20);
    if (!plot.y.is_log)
        axis_fit(&plot.y, 0);
    plot_begin(&plot);
    draw_histogram(&plot, errors, tensor, shares);
    plot_end(&plot);
}

/* How many tensors of the same kind lose more. */
static int rank_of(const struct errors *errors, int tensor)
{
    const double *sqnr = errors->columns[SQNR];
    int rank = 0;

    for (int i = 0; i < errors->tensors->count; i++)
        rank += series_of(errors, i) == series_of(errors, tensor) &&
                (sqnr[i] < sqnr[tensor] || (sqnr[i] == sqnr[tensor] && i < tensor));
    return rank;
}

bool report_error_figures(struct report_page *page, const struct analysis *analysis)
{
    struct errors errors;

    if (!read_errors(analysis, &errors))
        return false;
    write_bars(page, &errors);
    for (int i = 0; i < errors.tensors->count; i++)
        if (rank_of(&errors, i) < SHOWN &&
            errors.columns[HIGH][i] > errors.columns[LOW][i])
            write_histogram(page, &errors, i);
    return true;
}
