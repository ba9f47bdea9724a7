#include "coordinator/search/line_search.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "coordinator/search/bracket.h"
#include "coordinator/search/brent.h"

struct line_search_options line_search_default_options(void)
{
    return (struct line_search_options){
        .kind = LINE_SEARCH_DEFAULT,
        .tolerance = 0.01,
        .stride = 0.2,
        .probe_growth = 2,
        .probes = 2,
        .reach = 4,
        .flatness = 1e-5,
        .refinements = 1,
        .max_evaluations = 12,
    };
}

int line_search_reference(const struct line *line, double loss_here,
                          const struct line_search_options *options,
                          struct line_search_result *result, struct error *err)
{
    long evaluations_before = line->objective->evaluations;
    double tolerance = options->tolerance;
    struct bracket bracket;
    struct trial lowest;
    int iterations;

    if (bracket_find(line, &bracket, err) < 0 ||
        brent_minimise(line, &bracket, tolerance, &lowest, &iterations, err) < 0)
        return -1;
    *result = (struct line_search_result){
        .position = lowest.at,
        .loss = lowest.loss,
        .gain = loss_here - lowest.loss,
        .evaluations = line->objective->evaluations - evaluations_before,
        .iterations = iterations,
    };
    return 0;
}

/* The default search on one line. */
struct walk {
    const struct line *line;
    const struct line_search_options *options;
    double stride; /* these three as positions on the line */
    double tolerance;
    double reach;
    long last_evaluation; /* of the objective, that this line may use */
};

static struct walk walk_along(const struct line *line,
                              const struct line_search_options *options)
{
    double largest = 0;

    for (int k = 0; k < line->objective->dimension; k++)
        largest = fmax(largest, fabs(line->direction[k]));
    assert(largest > 0);
    assert(options->tolerance > 0 && options->stride > 0);
    assert(options->probes >= 2 && options->probes <= LINE_MAX_PROBES);
    assert(options->probes % 2 == 0 && options->max_evaluations >= options->probes);
    return (struct walk){
        .line = line,
        .options = options,
        .stride = options->stride / largest,
        .tolerance = options->tolerance / largest,
        .reach = options->reach / largest,
        .last_evaluation = line->objective->evaluations + options->max_evaluations,
    };
}

static bool walk_may_go_on(const struct walk *walk)
{
    return walk->line->objective->evaluations < walk->last_evaluation;
}

static double comparable(double loss)
{
    return isnan(loss) ? INFINITY : loss;
}

/* Tries positions that matter only where they are lower than the lowest trial so far. */
static int walk_try(const struct walk *walk, struct trial lowest,
                    const double *positions, int count, struct trial *trials,
                    struct error *err)
{
    if (line_try(walk->line, &lowest, positions, count, trials, err) < 0)
        return -1;
    for (int i = 0; i < count; i++)
        trials[i].loss = comparable(trials[i].loss);
    return 0;
}

/* The index of the lowest trial; of equal ones, that nearest to the middle. */
static int lowest_from_middle(const struct trial *trials, int middle)
{
    int lowest = middle;

    for (int k = 1; k <= middle; k++) {
        if (trials[middle - k].loss < trials[lowest].loss)
            lowest = middle - k;
        if (trials[middle + k].loss < trials[lowest].loss)
            lowest = middle + k;
    }
    return lowest;
}

/* Evaluates the first batch and leaves the lowest trial between its neighbours; or,
 * when it is the outermost of its side, as c. */
static int probe_both_sides(const struct walk *walk, double loss_here,
                            struct bracket *around, struct error *err)
{
    int side = walk->options->probes / 2;
    double distance = walk->stride;
    double positions[LINE_MAX_PROBES] = {0};
    struct trial trials[LINE_MAX_PROBES + 1]; /* from one end to the other */
    struct trial here = {0, comparable(loss_here)};
    const struct trial *lowest;

    for (int k = 0; k < side; k++, distance *= walk->options->probe_growth) {
        positions[side - 1 - k] = -fmin(distance, walk->reach);
        positions[side + k] = fmin(distance, walk->reach);
    }
    if (walk_try(walk, here, positions, 2 * side, trials, err) < 0)
        return -1;
    memmove(trials + side + 1, trials + side, (size_t)side * sizeof *trials);
    trials[side] = here;

    lowest = trials + lowest_from_middle(trials, side);
    if (lowest == trials)
        *around = (struct bracket){lowest[2], lowest[1], lowest[0]};
    else if (lowest == trials + 2 * side)
        *around = (struct bracket){lowest[-2], lowest[-1], lowest[0]};
    else
        *around = (struct bracket){lowest[-1], lowest[0], lowest[1]};
    return 0;
}

/* The next stride beyond c: to the minimum of the parabola where that lies ahead,
 * within limits that make strides grow. */
static double next_stride(const struct bracket *around, double unit)
{
    const double shortest = 1.6, usual = 2, longest = 4; /* strides before */
    double stride = around->c.at - around->b.at;
    double slope_before =
        (around->b.loss - around->a.loss) / (around->b.at - around->a.at);
    double slope = (around->c.loss - around->b.loss) / stride;
    bool opens_upwards = (slope - slope_before) / (around->c.at - around->a.at) > 0;
    double ahead = (bracket_stationary_point(around, unit) - around->c.at) / stride;

    return stride * (opens_upwards ? fmin(fmax(ahead, shortest), longest) : usual);
}

/* Until the loss rises again. */
static int walk_downhill(const struct walk *walk, struct bracket *around,
                         struct error *err)
{
    while (around->c.loss < around->b.loss && walk_may_go_on(walk)) {
        double at = around->c.at + next_stride(around, walk->line->objective->unit);
        struct trial next;

        at = fmax(-walk->reach, fmin(at, walk->reach));
        if (at == around->c.at)
            break;
        if (walk_try(walk, around->c, &at, 1, &next, err) < 0)
            return -1;
        bracket_shift(around, next);
    }
    return 0;
}

static bool is_flat(const struct brent *brent, double flatness)
{
    double highest = fmax(brent->w.loss, brent->v.loss);

    return !(highest - brent->x.loss > flatness * fabs(brent->x.loss));
}

/* Where the loss is smooth, the minimum of the parabola is hardly above the lowest trial; a tenth of
 * the bracket's lower side is no accident of a higher derivative. */
static bool is_no_parabola(const struct brent *brent, double loss)
{
    double height = fmin(brent->w.loss, brent->v.loss) - brent->x.loss;

    return !(loss - brent->x.loss <= 0.1 * height);
}

/* Brent's moves from all three trials of the bracket, until one is shorter than the
 * tolerance: the parabola then says that x is the minimum, and the trial that would
 * prove it is saved. */
static int refine(const struct walk *walk, const struct bracket *around,
                  struct trial *lowest, struct line_search_result *result,
                  struct error *err)
{
    struct brent brent;

    brent_init(&brent, around);
    while (result->iterations < walk->options->refinements && walk_may_go_on(walk) &&
           !brent_is_closed(&brent, walk->tolerance) &&
           !is_flat(&brent, walk->options->flatness)) {
        struct trial u;
        double at;

        brent_choose_move(&brent, walk->tolerance);
        if (fabs(brent.d) < walk->tolerance)
            break;
        at = brent.x.at + brent.d;
        if (walk_try(walk, brent.x, &at, 1, &u, err) < 0)
            return -1;
        if (result->iterations++ == 0)
            result->disappointed = is_no_parabola(&brent, u.loss);
        brent_take(&brent, u);
    }
    *lowest = brent.x;
    return 0;
}

int line_search_default(const struct line *line, double loss_here,
                        const struct line_search_options *options,
                        struct line_search_result *result, struct error *err)
{
    long evaluations_before = line->objective->evaluations;
    struct walk walk = walk_along(line, options);
    struct bracket around;
    struct line_search_result found = {0};
    struct trial lowest;

    if (probe_both_sides(&walk, loss_here, &around, err) < 0 ||
        walk_downhill(&walk, &around, err) < 0)
        return -1;
    if (around.c.loss < around.b.loss)
        lowest = around.c;
    else if (refine(&walk, &around, &lowest, &found, err) < 0)
        return -1;
    found.position = lowest.at;
    found.loss = lowest.at == 0 ? loss_here : lowest.loss;
    found.gain = lowest.at == 0 ? 0 : comparable(loss_here) - lowest.loss;
    found.evaluations = line->objective->evaluations - evaluations_before;
    *result = found;
    return 0;
}

int line_search(const struct line *line, double loss_here,
                const struct line_search_options *options,
                struct line_search_result *result, struct error *err)
{
    static int (*const searches[])(const struct line *, double,
                                   const struct line_search_options *,
                                   struct line_search_result *, struct error *) = {
        [LINE_SEARCH_REFERENCE] = line_search_reference,
        [LINE_SEARCH_DEFAULT] = line_search_default,
    };

    return searches[options->kind](line, loss_here, options, result, err);
}
