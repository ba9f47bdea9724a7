#include "core/quant/gram_rounding.h"

#include "core/base/memory.h"
#include "core/quant/cholesky.h"
#include "core/quant/lattice.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

static const double ridge_least = 0.01, factor_least = 0.2;
enum { REFITS = 3 };

/* A group at work. Its inputs stand in the order of the form's diagonal, from the least on. */
struct work {
    const struct gram *gram;
    const struct gram_weights *weights;
    size_t inputs, rows; /* an output is a row */
    size_t *order;       /* [inputs] */
    double *form;        /* [inputs, inputs] H + r I */
    double *factor;      /* the same */
    double *targets; /* [inputs, rows] real codes: W* / step of the output - centre */
    double *codes;   /* [inputs, rows] times their shares of that step */
    double *shares;  /* [inputs, rows], or NULL: all are 1 */
    double *factors; /* [rows] borrowed */
};

static struct work begin(const struct gram *gram, const struct gram_weights *weights,
                         const struct gram_rounded *found)
{
    size_t inputs = (size_t)gram->inputs, rows = (size_t)gram->outputs;

    return (struct work){
        .gram = gram,
        .weights = weights,
        .inputs = inputs,
        .rows = rows,
        .order = memory_get(inputs * sizeof(size_t)),
        .form = memory_get(inputs * inputs * sizeof(double)),
        .factor = memory_get(inputs * inputs * sizeof(double)),
        .targets = memory_get(inputs * rows * sizeof(double)),
        .codes = memory_get(inputs * rows * sizeof(double)),
        .shares = weights->shares ? memory_get(inputs * rows * sizeof(double)) : NULL,
        .factors = found ? found->factors : NULL};
}

static void end(struct work *work)
{
    free(work->order);
    free(work->form);
    free(work->factor);
    free(work->targets);
    free(work->codes);
    free(work->shares);
}

static struct gram_origin origin_of(const struct work *work)
{
    return (struct gram_origin){work->weights->keeps_bias,
                                (int64_t)work->weights->input_zero};
}

/* ---- the form ------------------------------------------------------------------------------- */

struct input_weight {
    double diagonal;
    size_t input;
};

static int compare(const void *left, const void *right)
{
    const struct input_weight *a = left, *b = right;

    if (a->diagonal != b->diagonal)
        return a->diagonal < b->diagonal ? -1 : 1;
    return (a->input > b->input) - (a->input < b->input);
}

static void find_order(struct work *work, const double *h)
{
    size_t n = work->inputs;
    struct input_weight *inputs = memory_get(n * sizeof *inputs);

    for (size_t i = 0; i < n; i++)
        inputs[i] = (struct input_weight){h[i * n + i], i};
    qsort(inputs, n, sizeof *inputs, compare);
    for (size_t i = 0; i < n; i++)
        work->order[i] = inputs[i].input;
    free(inputs);
}

static double mean_of_diagonal(const double *h, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += h[i * n + i];
    return sum / (double)n;
}

static void fill(double *matrix, const double *h, const size_t *order, size_t n,
                 double ridge)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++)
            matrix[i * n + j] = h[order[i] * n + order[j]];
        matrix[i * n + i] += ridge;
    }
}

static void find_shares(const struct work *work)
{
    for (size_t i = 0; work->shares && i < work->inputs; i++)
        for (size_t row = 0; row < work->rows; row++)
            work->shares[i * work->rows + row] =
                work->weights->shares[row * work->inputs + work->order[i]];
}

/* Finds form and factor. Returns r. */
static double find_form(struct work *work)
{
    size_t n = work->inputs;
    double *h = work->factor, mean, share = ridge_least;
    double *kept;

    gram_of_inputs(work->gram, origin_of(work), h);
    mean = mean_of_diagonal(h, n);
    find_order(work, h);
    find_shares(work);
    kept = memory_copy(h, n * n * sizeof *h);
    if (mean > 0) {
        fill(work->factor, kept, work->order, n, share * mean);
        while (!cholesky_factor(work->factor, n)) {
            share *= 10;
            fill(work->factor, kept, work->order, n, share * mean);
        }
        fill(work->form, kept, work->order, n, share * mean);
    }
    free(kept);
    return mean > 0 ? share * mean : 0;
}

/* ---- targets -------------------------------------------------------------------------------- */

/* What a product of a code and an input is in units of t. */
static double unit_of(const struct work *work, size_t row)
{
    const struct gram_weights *weights = work->weights;

    return weights->input_step * (double)weights->steps[row] / weights->target_step;
}

/* Real codes of values W in units of t by inputs. */
static void code_targets(const struct work *work)
{
    for (size_t i = 0; i < work->inputs; i++)
        for (size_t row = 0; row < work->rows; row++) {
            double *target = &work->targets[i * work->rows + row];

            *target = *target / unit_of(work, row) - work->weights->centre;
        }
}

static double weight_in_units(const struct work *work, size_t row, size_t input)
{
    const struct gram_weights *weights = work->weights;

    return (double)weights->values[row * work->inputs + input] * weights->input_step /
           weights->target_step;
}

/* W*; with r = 0, W. */
static void find_targets(const struct work *work, double ridge)
{
    size_t n = work->inputs, rows = work->rows;
    double *g = memory_get(n * rows * sizeof *g);

    gram_of_targets(work->gram, origin_of(work), g);
    for (size_t i = 0; i < n; i++)
        for (size_t row = 0; row < rows; row++) {
            double weight = weight_in_units(work, row, work->order[i]);

            work->targets[i * rows + row] =
                ridge > 0 ? g[work->order[i] * rows + row] + ridge * weight : weight;
        }
    free(g);
    if (ridge > 0)
        cholesky_solve(work->factor, n, work->targets, rows);
    code_targets(work);
}

/* ---- codes ---------------------------------------------------------------------------------- */

static double in_box(const struct gram_weights *weights, double code)
{
    return fmin(fmax(rint(code), weights->lowest), weights->highest);
}

static double share_of(const struct work *work, size_t at)
{
    return work->shares ? work->shares[at] : 1;
}

static void round_plainly(const struct work *work)
{
    for (size_t i = 0; i < work->inputs * work->rows; i++) {
        double share = share_of(work, i);

        work->codes[i] = share * in_box(work->weights, work->targets[i] / share);
    }
}

static void take_row(const double *matrix, size_t inputs, size_t rows, size_t row,
                     double *to)
{
    for (size_t i = 0; i < inputs; i++)
        to[i] = matrix[i * rows + row];
}

static void put_row(double *matrix, size_t inputs, size_t rows, size_t row,
                    const double *from)
{
    for (size_t i = 0; i < inputs; i++)
        matrix[i * rows + row] = from[i];
}

/* Of two rows of codes the one that is nearer after a descent, or the nearest. */
static void better_row(const struct lattice *lattice, const double *y, double *fed,
                       double *v)
{
    double of_fed = lattice_descend(lattice, y, fed);
    double least = lattice_descend(lattice, y, v);

    if (of_fed < least) {
        least = of_fed;
        for (size_t i = 0; i < lattice->inputs; i++)
            v[i] = fed[i];
    }
    if (lattice->inputs <= LATTICE_EXACT_MOST)
        lattice_decode(lattice, y, least, v);
}

static struct lattice lattice_of(const struct work *work)
{
    return (struct lattice){work->inputs,           work->form,
                            work->factor,           work->weights->lowest,
                            work->weights->highest, work->shares};
}

/* Makes the codes better, beginning with those that there are, or with error feedback. */
static void find_codes(const struct work *work)
{
    struct lattice lattice = lattice_of(work);
    size_t n = work->inputs, rows = work->rows;
    double *fed = memory_get(n * rows * sizeof *fed);
    double *row_fed = memory_get(4 * n * sizeof *row_fed);
    double *row_codes = row_fed + n, *row_targets = row_codes + n;
    double *row_shares = row_targets + n;

    lattice_nearest_plane(&lattice, work->targets, rows, fed, NULL);
    lattice.steps = work->shares ? row_shares : NULL;
    for (size_t row = 0; row < rows; row++) {
        if (work->shares)
            take_row(work->shares, n, rows, row, row_shares);
        take_row(fed, n, rows, row, row_fed);
        take_row(work->codes, n, rows, row, row_codes);
        take_row(work->targets, n, rows, row, row_targets);
        better_row(&lattice, row_targets, row_fed, row_codes);
        put_row(work->codes, n, rows, row, row_codes);
    }
    free(row_fed);
    free(fed);
}

/* ---- factors -------------------------------------------------------------------------------- */

/* a' H b of two columns of matrices. */
static double product_of(const struct work *work, const double *a, const double *b)
{
    size_t n = work->inputs;
    double sum = 0;

    for (size_t i = 0; i < n; i++) {
        double of_row = 0;

        for (size_t j = 0; j < n; j++)
            of_row += work->form[i * n + j] * b[j];
        sum += a[i] * of_row;
    }
    return sum;
}

/* Real codes of a row become those of products that are scaled by `grown` behind it. */
static void divide_targets(const struct work *work, size_t row, double grown)
{
    double centre = work->weights->centre;

    for (size_t i = 0; i < work->inputs; i++) {
        double *target = &work->targets[i * work->rows + row];

        *target = (*target + centre) / grown - centre;
    }
}

/* The factor of a row's products that brings them nearest to what they should be. */
static void refit_row(const struct work *work, size_t row, double *values,
                      double *wanted)
{
    size_t n = work->inputs, rows = work->rows;
    double centre = work->weights->centre, grown;

    take_row(work->codes, n, rows, row, values);
    take_row(work->targets, n, rows, row, wanted);
    for (size_t i = 0; i < n; i++) {
        values[i] += centre;
        wanted[i] += centre;
    }
    grown = product_of(work, values, wanted) / product_of(work, values, values);
    if (!(work->factors[row] * grown >= factor_least) || !isfinite(grown))
        return;
    work->factors[row] *= grown;
    divide_targets(work, row, grown);
}

static void refit(const struct work *work)
{
    double *values = memory_get(2 * work->inputs * sizeof *values);

    for (size_t row = 0; row < work->rows; row++)
        refit_row(work, row, values, values + work->inputs);
    free(values);
}

/* ---- steps ---------------------------------------------------------------------------------- */

double gram_step_factor(int tried)
{
    return exp2((tried - GRAM_STEP_KEPT) / (double)GRAM_STEPS_AN_OCTAVE);
}

/* Errors [rows] of error feedback at the steps that there are, in units of t. */
static void try_steps(const struct work *work, double *errors)
{
    const struct lattice lattice = lattice_of(work);

    lattice_nearest_plane(&lattice, work->targets, work->rows, work->codes, errors);
    for (size_t row = 0; row < work->rows; row++)
        errors[row] *= unit_of(work, row) * unit_of(work, row);
}

static void add_errors(const struct work *work, double factor, const double *of_rows,
                       double *errors)
{
    for (size_t row = 0; row < work->rows; row++)
        errors[row * GRAM_STEPS_TRIED] = of_rows[row] * factor * factor;
}

void gram_try_steps(const struct gram *gram, const struct gram_weights *weights,
                    double *errors)
{
    struct work work = begin(gram, weights, NULL);
    double ridge = find_form(&work);
    double *of_rows = memory_zeroed(work.rows, sizeof *of_rows);

    find_targets(&work, weights->keeps_products ? 0 : ridge);
    for (int tried = 0; tried < GRAM_STEPS_TRIED; tried++) {
        double factor = gram_step_factor(tried);
        double before = tried > 0 ? gram_step_factor(tried - 1) : 1;

        for (size_t row = 0; row < work.rows; row++)
            divide_targets(&work, row, factor / before);
        if (ridge > 0)
            try_steps(&work, of_rows);
        add_errors(&work, factor, of_rows, errors + tried);
    }
    free(of_rows);
    end(&work);
}

/* ---- what was found ------------------------------------------------------------------------- */

static void tell_codes(const struct work *work, const struct gram_rounded *found)
{
    for (size_t i = 0; i < work->inputs; i++)
        for (size_t row = 0; row < work->rows; row++) {
            size_t at = i * work->rows + row;

            found->codes[row * work->inputs + work->order[i]] =
                (int8_t)rint(work->codes[at] / share_of(work, at));
        }
}

static double mean_product(const struct work *work, size_t row, const int8_t *codes)
{
    const struct gram_weights *weights = work->weights;
    const double *shares =
        weights->shares ? weights->shares + row * work->inputs : NULL;
    double sum = 0;

    for (size_t i = 0; i < work->inputs; i++)
        sum += (shares ? shares[i] : 1) * ((double)codes[i] + weights->centre) *
               (gram_mean(work->gram, work->gram->x[i]) - weights->input_zero);
    return sum * weights->input_step * (double)weights->steps[row];
}

static double mean_target(const struct work *work, size_t row)
{
    const struct gram_weights *weights = work->weights;
    double sum = 0;

    if (!weights->keeps_products)
        return weights->target_step * gram_mean(work->gram, work->gram->t[row]);
    for (size_t i = 0; i < work->inputs; i++)
        sum += (double)weights->values[row * work->inputs + i] *
               (gram_mean(work->gram, work->gram->x[i]) - weights->input_zero);
    return sum * weights->input_step;
}

static void tell_lacking(const struct work *work, const struct gram_rounded *found)
{
    for (size_t row = 0; row < work->rows; row++)
        found->lacking[row] =
            work->weights->keeps_bias
                ? 0
                : mean_target(work, row) -
                      work->factors[row] *
                          mean_product(work, row, found->codes + row * work->inputs);
}

double gram_round(const struct gram *gram, const struct gram_weights *weights,
                  const struct gram_rounded *found)
{
    struct work work = begin(gram, weights, found);
    double ridge = find_form(&work), mean;

    find_targets(&work, weights->keeps_products ? 0 : ridge);
    for (size_t row = 0; row < work.rows; row++)
        divide_targets(&work, row, found->factors[row]);
    round_plainly(&work);
    if (ridge > 0)
        find_codes(&work);
    for (int i = 0; ridge > 0 && weights->refits && i < REFITS; i++) {
        refit(&work);
        find_codes(&work);
    }
    tell_codes(&work, found);
    tell_lacking(&work, found);
    mean = ridge > 0 ? mean_of_diagonal(work.form, work.inputs) - ridge : 0;
    end(&work);
    return mean > 0 ? ridge / mean : 0;
}
