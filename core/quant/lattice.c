#include "core/quant/lattice.h"

#include "core/base/memory.h"
#include "core/kernel/vector_clones.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static double step_of(const struct lattice *lattice, size_t at)
{
    return lattice->steps ? lattice->steps[at] : 1;
}

static double code_in_box(const struct lattice *lattice, double code)
{
    return fmin(fmax(rint(code), lattice->lowest), lattice->highest);
}

/* The value of a code that is nearest to a value, at place `at` of the steps. */
static double in_box(const struct lattice *lattice, size_t at, double value)
{
    double step = step_of(lattice, at);

    return step * code_in_box(lattice, value / step);
}

static double square(double x)
{
    return x * x;
}

VECTOR_CLONES
static void add(double *restrict to, const double *restrict row, double factor,
                size_t count)
{
    for (size_t i = 0; i < count; i++)
        to[i] += factor * row[i];
}

/* ---- error feedback ------------------------------------------------------------------------- */

void lattice_nearest_plane(const struct lattice *lattice, const double *y, size_t rows,
                           double *v, double *distances)
{
    size_t n = lattice->inputs;
    double *passed = memory_zeroed(n * rows, sizeof *passed);
    double *errors = memory_get(rows * sizeof *errors);

    for (size_t row = 0; distances && row < rows; row++)
        distances[row] = 0;
    for (size_t i = n; i-- > 0;) {
        const double *factors = lattice->factor + i * n;

        for (size_t row = 0; row < rows; row++) {
            size_t at = i * rows + row;

            v[at] = in_box(lattice, at, y[at] - passed[at] / factors[i]);
            errors[row] = v[at] - y[at];
            if (distances)
                distances[row] += square(factors[i] * errors[row] + passed[at]);
        }
        for (size_t before = 0; before < i; before++)
            add(passed + before * rows, errors, factors[before], rows);
    }
    free(passed);
    free(errors);
}

/* ---- descent -------------------------------------------------------------------------------- */

/* H (v - y). */
static void gradient_of(const struct lattice *lattice, const double *y, const double *v,
                        double *gradient)
{
    size_t n = lattice->inputs;

    memset(gradient, 0, n * sizeof *gradient);
    for (size_t i = 0; i < n; i++)
        add(gradient, lattice->form + i * n, v[i] - y[i], n);
}

static double distance_of(const double *gradient, const double *y, const double *v,
                          size_t n)
{
    double distance = 0;

    for (size_t i = 0; i < n; i++)
        distance += gradient[i] * (v[i] - y[i]);
    return distance;
}

/* Moves code `i` to its best place, where that is better; gradients follow. */
static bool move(const struct lattice *lattice, size_t i, double *v, double *gradient)
{
    size_t n = lattice->inputs;
    double curve = lattice->form[i * n + i];
    double by = in_box(lattice, i, v[i] - gradient[i] / curve) - v[i];

    if (!(2 * by * gradient[i] + by * by * curve < 0))
        return false;
    v[i] += by;
    add(gradient, lattice->form + i * n, by, n);
    return true;
}

double lattice_descend(const struct lattice *lattice, const double *y, double *v)
{
    enum {
        SWEEPS_MOST = 100
    }; /* a few do; gradients that drift cannot go on for ever */
    size_t n = lattice->inputs;
    double *gradient = memory_get(n * sizeof *gradient), distance;
    bool has_moved = true;

    gradient_of(lattice, y, v, gradient);
    for (int sweep = 0; has_moved && sweep < SWEEPS_MOST; sweep++) {
        has_moved = false;
        for (size_t i = 0; i < n; i++)
            has_moved |= move(lattice, i, v, gradient);
    }
    gradient_of(lattice, y, v, gradient);
    distance = distance_of(gradient, y, v, n);
    free(gradient);
    return distance;
}

/* ---- nearest codes -------------------------------------------------------------------------- */

/* A walk down from the last input: at each the codes in the order of their distance. */
struct walk {
    const struct lattice *lattice;
    const double *y;
    double v[LATTICE_EXACT_MOST], best[LATTICE_EXACT_MOST];
    double least; /* the distance of `best` */
    int places;   /* that were looked at */
};

/* The next code away from `centre`, after `code`: on the other side, one further, within the box. */
static double next_code(const struct lattice *lattice, double centre, double first,
                        int *tried)
{
    for (;;) {
        int count = ++*tried;
        double away = (count + 1) / 2; /* 1, 1, 2, 2, ... */
        bool goes_up = (count % 2 != 0) == (centre >= first);
        double code = first + (goes_up ? away : -away);

        if (code >= lattice->lowest && code <= lattice->highest)
            return code;
        if (first + away > lattice->highest && first - away < lattice->lowest)
            return NAN;
    }
}

static void walk_down(struct walk *walk, size_t i, double distance)
{
    const struct lattice *lattice = walk->lattice;
    size_t n = lattice->inputs;
    double diagonal = lattice->factor[i * n + i], passed = 0, centre, first;
    double step = step_of(lattice, i);
    int tried = 0;

    for (size_t j = i + 1; j < n; j++)
        passed += lattice->factor[j * n + i] * (walk->v[j] - walk->y[j]);
    centre = (walk->y[i] - passed / diagonal) / step;
    first = code_in_box(lattice, centre);
    for (double code = first; !isnan(code);
         code = next_code(lattice, centre, first, &tried)) {
        double off = diagonal * step * (code - centre), further = distance + off * off;

        if (!(further < walk->least) || ++walk->places > LATTICE_PLACES_MOST)
            return; /* those that follow are no nearer, or there is no end */
        walk->v[i] = step * code;
        if (i > 0) {
            walk_down(walk, i - 1, further);
            continue;
        }
        walk->least = further;
        memcpy(walk->best, walk->v, sizeof walk->best);
        return;
    }
}

double lattice_decode(const struct lattice *lattice, const double *y, double distance,
                      double *v)
{
    struct walk walk = {.lattice = lattice, .y = y, .least = distance};

    assert(lattice->inputs <= LATTICE_EXACT_MOST);
    memcpy(walk.best, v, lattice->inputs * sizeof *v);
    walk_down(&walk, lattice->inputs - 1, 0);
    memcpy(v, walk.best, lattice->inputs * sizeof *v);
    return walk.least;
}
