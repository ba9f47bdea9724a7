#include "core/report/matrix.h"

#include "core/base/text.h"
#include "core/report/noise.h"

#include <math.h>
#include <string.h>

/* ---- what is shown -------------------------------------------------------------------------- */

static double loss_of(const struct result *result)
{
    return score_loss(&result->result.calibration);
}

static double float_loss_of(const struct result *result)
{
    return score_loss(&result->float_calibration);
}

static double metric_of(const struct result *result)
{
    return score_metric(&result->result.validation, result->model->metric);
}

static double float_metric_of(const struct result *result)
{
    return score_metric(&result->float_validation, result->model->metric);
}

static double difference_of(const struct result *result)
{
    return metric_of(result) - float_metric_of(result);
}

static double difference_error_of(const struct result *result)
{
    return noise_of_difference(&result->result.validation, &result->float_validation,
                               result->model->metric);
}

static double evaluations_of(const struct result *result)
{
    return (double)result_evaluations(result);
}

static double cpu_seconds_of(const struct result *result)
{
    return result->cpu_seconds;
}

static double weight_bits_of(const struct result *result)
{
    return result->cost.weight_bits;
}

static double activation_bits_of(const struct result *result)
{
    return result->cost.activation_bits;
}

static double weight_bytes_of(const struct result *result)
{
    return result->cost.weight_bytes;
}

static double bit_operations_of(const struct result *result)
{
    return result->cost.bit_operations;
}

static const char *loss_name(const struct result *result)
{
    return loss_table[result->model->loss].name;
}

static const char *metric_name(const struct result *result)
{
    return metric_table[result->model->metric].name;
}

/* One matrix: a number of each case of one model and target. */
struct view {
    const char *what;
    const char *(*name)(const struct result *result); /* NULL: none */
    const char *format;                               /* NULL: that of a loss */
    double factor;
    int better; /* -1: less is, 1: more is, 0: neither */
    double (*number)(const struct result *result);
    double (*float_number)(const struct result *result); /* NULL: none */
    double (*error)(
        const struct result *result); /* of the number, in brackets; NULL: none */
    bool is_of_shares;                /* only where the metric is one */
    int width;                        /* of a column of text */
};

static const struct view views[] = {
    {"calibration loss", loss_name, NULL, 1, -1, loss_of, float_loss_of, NULL, false,
     10},
    {"validation, %", metric_name, "%.2f", 100, 1, metric_of, float_metric_of, NULL,
     false, 10},
    {"validation less that of float, points, and its standard error", metric_name,
     "%+.2f", 100, 0, difference_of, NULL, difference_error_of, true, 16},
    {"evaluations", NULL, "%.0f", 1, 0, evaluations_of, NULL, NULL, false, 10},
    {"CPU seconds", NULL, "%.1f", 1, 0, cpu_seconds_of, NULL, NULL, false, 10},
    {"bits of weights, on average", NULL, "%.2f", 1, 0, weight_bits_of, NULL, NULL,
     false, 10},
    {"bits of activations, on average", NULL, "%.2f", 1, 0, activation_bits_of, NULL,
     NULL, false, 10},
    {"kilobytes of weights", NULL, "%.1f", 1e-3, 0, weight_bytes_of, NULL, NULL, false,
     10},
    {"bit operations, in millions", NULL, "%.1f", 1e-6, 0, bit_operations_of, NULL,
     NULL, false, 10},
};

/* The view of a metric as its row says. */
static struct view view_of(const struct view *view, const struct result *result)
{
    enum metric metric = result->model->metric;
    struct view asked = *view;

    if (view->number != metric_of)
        return asked;
    asked.better = metric_table[metric].higher_is_better ? 1 : -1;
    if (!metric_is_share(metric)) {
        asked.what = "validation";
        asked.format = NULL;
    }
    return asked;
}

/* ---- lines and columns ------------------------------------------------------------------------ */

struct results {
    const struct result *const *list;
    int count;
    enum matrix_form form;
    FILE *out;
};

/* Whether two cases stand in the same matrix, column or line. */
typedef bool same_fn(const struct result *a, const struct result *b);

static bool is_of_matrix(const struct result *a, const struct result *b)
{
    return a->model == b->model && a->target == b->target;
}

static bool has_bits(const struct result *a, const struct result *b)
{
    return a->bits.weights == b->bits.weights &&
           a->bits.activations == b->bits.activations;
}

const char *matrix_method(const struct result *result)
{
    char bits[16];
    size_t before;

    config_bits_text(result->bits, bits);
    before = strlen(result->model->name) + strlen(config_target_name(result->target)) +
             strlen(bits) + 3;
    return strlen(result->case_id) > before ? result->case_id + before
                                            : result->case_id;
}

static bool has_method(const struct result *a, const struct result *b)
{
    return strcmp(matrix_method(a), matrix_method(b)) == 0;
}

/* Whether no result before in the same matrix is the same. */
static bool is_first(const struct results *results, int index, same_fn *same)
{
    for (int before = 0; before < index; before++)
        if (is_of_matrix(results->list[before], results->list[index]) &&
            same(results->list[before], results->list[index]))
            return false;
    return true;
}

/* The case of a method with the bits of another; NULL: there is none. */
static const struct result *case_of(const struct results *results,
                                    const struct result *method,
                                    const struct result *bits)
{
    for (int i = 0; i < results->count; i++)
        if (is_of_matrix(results->list[i], method) &&
            has_method(results->list[i], method) && has_bits(results->list[i], bits))
            return results->list[i];
    return NULL;
}

/* Whether chance, which has drawn the samples, may have made the difference. */
static bool is_noise(const struct result *a, const struct result *b,
                     const struct view *view)
{
    return view->number == metric_of &&
           fabs(metric_of(a) - metric_of(b)) <=
               noise_of_difference(&a->result.validation, &b->result.validation,
                                   a->model->metric);
}

static bool is_best(const struct results *results, const struct result *one,
                    const struct view *view)
{
    for (int i = 0; i < results->count; i++) {
        const struct result *other = results->list[i];

        if (other != one && is_of_matrix(other, one) && has_bits(other, one) &&
            (view->better * view->number(other) > view->better * view->number(one) ||
             is_noise(other, one, view)))
            return false;
    }
    return view->better != 0 && !isnan(view->number(one));
}

/* ---- printing ------------------------------------------------------------------------------- */

enum { CELL_BYTES = 48 };

static void print_name(const struct results *results, const char *name)
{
    fprintf(results->out, results->form == MATRIX_MARKDOWN ? "| %s |" : "%-24s", name);
}

/* `mark` is a star or a blank. */
static void print_cell(const struct results *results, const struct view *view,
                       const char *text, char mark)
{
    if (results->form == MATRIX_MARKDOWN)
        fprintf(results->out, " %s%s |", text, mark == '*' ? "\\*" : "");
    else
        fprintf(results->out, " %*s%c", view->width, text, mark);
}

static void cell_text(const struct view *view, double number, double error,
                      char text[CELL_BYTES])
{
    char loss[TEXT_OF_LOSS_BYTES];
    int length;

    strcpy(text, "-");
    if (isnan(number))
        return;
    if (!view->format) {
        snprintf(text, CELL_BYTES, "%s", text_of_loss(number, loss));
        return;
    }
    length = snprintf(text, CELL_BYTES, view->format, view->factor * number);
    if (!isnan(error))
        snprintf(text + length, CELL_BYTES - (size_t)length, " (%.2f)",
                 view->factor * error);
}

static void print_result(const struct results *results, const struct result *one,
                         const struct view *view)
{
    char text[CELL_BYTES] = "-";

    if (one)
        cell_text(view, view->number(one), view->error ? view->error(one) : NAN, text);
    print_cell(results, view, text, one && is_best(results, one, view) ? '*' : ' ');
}

static void print_method(const struct results *results, int method,
                         const struct view *view)
{
    const struct result *first = results->list[method];

    print_name(results, matrix_method(first));
    for (int bits = 0; bits < results->count; bits++)
        if (is_of_matrix(results->list[bits], first) &&
            is_first(results, bits, has_bits))
            print_result(results, case_of(results, first, results->list[bits]), view);
    fputc('\n', results->out);
}

static void print_float(const struct results *results, const struct result *first,
                        const struct view *view)
{
    char text[CELL_BYTES];

    print_name(results, "float");
    cell_text(view, view->float_number(first), NAN, text);
    print_cell(results, view, text, ' ');
    fputc('\n', results->out);
}

/* The bits of each column; for Markdown also the line below them. */
static void print_columns(const struct results *results, const struct result *first,
                          const struct view *view)
{
    int columns = 0;

    print_name(results, "");
    for (int bits = 0; bits < results->count; bits++) {
        char text[16];

        if (!is_of_matrix(results->list[bits], first) ||
            !is_first(results, bits, has_bits))
            continue;
        config_bits_text(results->list[bits]->bits, text);
        print_cell(results, view, text, ' ');
        columns++;
    }
    if (results->form == MATRIX_MARKDOWN)
        for (fputs("\n|---|", results->out); columns > 0; columns--)
            fputs("---:|", results->out);
    fputc('\n', results->out);
}

static void print_head(const struct results *results, const struct result *first,
                       const struct view *view)
{
    fprintf(results->out, "%s%s, target %s: %s",
            results->form == MATRIX_MARKDOWN ? "### " : "", first->model->name,
            config_target_name(first->target), view->what);
    if (view->name)
        fprintf(results->out, " (%s)", view->name(first));
    fputs(results->form == MATRIX_MARKDOWN ? "\n\n" : "\n", results->out);
    print_columns(results, first, view);
}

static void print_view(const struct results *results, const struct result *first,
                       struct view view)
{
    if (view.is_of_shares && !metric_is_share(first->model->metric))
        return;
    print_head(results, first, &view);
    if (view.float_number)
        print_float(results, first, &view);
    for (int i = 0; i < results->count; i++)
        if (is_of_matrix(results->list[i], first) && is_first(results, i, has_method))
            print_method(results, i, &view);
    fputc('\n', results->out);
}

void matrix_print(const struct result *const *list, int count, enum matrix_form form,
                  FILE *out)
{
    struct results results = {list, count, form, out};

    for (int i = 0; i < count; i++)
        for (size_t view = 0;
             is_first(&results, i, is_of_matrix) && view < sizeof views / sizeof *views;
             view++)
            print_view(&results, list[i], view_of(&views[view], list[i]));
}
