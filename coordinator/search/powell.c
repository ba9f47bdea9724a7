#include "coordinator/search/powell.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const int max_sweeps_a_dimension = 1000; /* as in scipy */

struct powell_options powell_default_options(void)
{
    return (struct powell_options){
        .line_search = line_search_default_options(),
        .sweeps = 2,
        .loss_tolerance = 1e-4, /* scipy's ftol */
    };
}

struct powell {
    struct objective *objective;
    const struct powell_options *options;
    struct stop stop;

    double *point; /* [dimension] where the search stands */
    double loss;   /* there; infinite until evaluated */
    int sweeps;
    enum stop_reason reason;

    double *directions;   /* [dimension, dimension], one a row */
    double *sweep_start;  /* [dimension] */
    double *move;         /* [dimension] a direction, then the move along it */
    double *probes;       /* [LINE_MAX_PROBES, dimension] scratch */
    double *memory;       /* holds the five arrays above; owned */
    double loss_at_start; /* of the sweep */
    double loss_beyond;   /* as far again beyond the sweep's whole move */
    int steepest;         /* the direction with the largest fall in this sweep */
    double steepest_fall;
};

static int powell_init(struct powell *search, struct objective *objective,
                       const double *point, const struct powell_options *options,
                       struct error *err)
{
    size_t dimension = (size_t)objective->dimension;
    double *memory =
        calloc(dimension * (dimension + 3 + LINE_MAX_PROBES), sizeof *memory);

    if (memory == NULL)
        return error_set(err, EXIT_MACHINE, "no memory for %zu directions", dimension);
    *search = (struct powell){
        .objective = objective,
        .options = options,
        .stop = {.max_sweeps = options->sweeps > 0
                                   ? options->sweeps
                                   : max_sweeps_a_dimension * objective->dimension,
                 .loss_tolerance = options->loss_tolerance},
        .loss = INFINITY,
        .memory = memory,
        .directions = memory,
        .point = memory + dimension * dimension,
        .sweep_start = memory + dimension * (dimension + 1),
        .move = memory + dimension * (dimension + 2),
        .probes = memory + dimension * (dimension + 3),
    };
    for (size_t i = 0; i < dimension; i++)
        search->directions[i * dimension + i] = 1;
    memcpy(search->point, point, dimension * sizeof *point);
    memcpy(search->sweep_start, point, dimension * sizeof *point);
    return 0;
}

static double *direction_of(const struct powell *search, int index)
{
    return search->directions + (size_t)index * (size_t)search->objective->dimension;
}

static void copy_point(const struct powell *search, double *to, const double *from)
{
    memcpy(to, from, (size_t)search->objective->dimension * sizeof *to);
}

static bool move_is_zero(const struct powell *search)
{
    for (int k = 0; k < search->objective->dimension; k++)
        if (search->move[k] != 0)
            return false;
    return true;
}

/* Goes to the minimum along search->move, which becomes the way there. */
static int minimise_along_move(struct powell *search, struct error *err)
{
    struct line line = {search->objective, search->point, search->move, search->probes};
    const struct line_search_options *options = &search->options->line_search;
    struct line_search_result found;

    if (move_is_zero(search))
        return 0;
    if (line_search(&line, search->loss, options, &found, err) < 0)
        return -1;
    for (int k = 0; k < search->objective->dimension; k++) {
        search->move[k] *= found.position;
        search->point[k] += search->move[k];
    }
    search->loss = found.loss;
    return 0;
}

static int minimise_along_each_direction(struct powell *search, struct error *err)
{
    search->loss_at_start = search->loss;
    search->steepest = 0;
    search->steepest_fall = 0;
    for (int i = 0; i < search->objective->dimension; i++) {
        double loss_before = search->loss;

        copy_point(search, search->move, direction_of(search, i));
        if (minimise_along_move(search, err) < 0)
            return -1;
        if (loss_before - search->loss > search->steepest_fall) {
            search->steepest_fall = loss_before - search->loss;
            search->steepest = i;
        }
    }
    search->sweeps++;
    return 0;
}

static bool sweep_was_the_last(struct powell *search)
{
    const struct powell_options *options = search->options;

    if (options->sweep_done != NULL)
        options->sweep_done(options->sweep_context, search->sweeps, search->point,
                            search->loss, search->objective->evaluations);
    search->reason = stop_after_sweep(&search->stop, search->objective, search->sweeps,
                                      search->loss_at_start, search->loss);
    return search->reason != STOP_NOT_YET;
}

/* Takes the sweep's whole move as a direction, and evaluates where it would lead to
 * next. */
static int look_beyond_the_sweep(struct powell *search, struct error *err)
{
    double *beyond = search->probes;

    for (int k = 0; k < search->objective->dimension; k++) {
        search->move[k] = search->point[k] - search->sweep_start[k];
        search->sweep_start[k] = search->point[k];
        beyond[k] = search->point[k] + search->move[k];
    }
    return objective_loss(search->objective, beyond, &search->loss_beyond, err);
}

/* Powell's test (1964): the loss still falls beyond the move, the fall was not the work
 * of one direction alone, and the losses do not already curve upwards along the move.
 */
static bool whole_move_is_a_good_direction(const struct powell *search)
{
    double start = search->loss_at_start;
    double here = search->loss;
    double beyond = search->loss_beyond;
    double fall = search->steepest_fall;
    double rest = start - here - fall;
    double curved = 2 * (start + beyond - 2 * here) * (rest * rest);

    return start > beyond && curved - fall * (start - beyond) * (start - beyond) < 0;
}

static int replace_steepest_direction(struct powell *search, struct error *err)
{
    double *last = direction_of(search, search->objective->dimension - 1);

    if (minimise_along_move(search, err) < 0)
        return -1;
    if (!move_is_zero(search)) {
        copy_point(search, direction_of(search, search->steepest), last);
        copy_point(search, last, search->move);
    }
    return 0;
}

static int search_until_stopped(struct powell *search, struct error *err)
{
    if (objective_loss(search->objective, search->point, &search->loss, err) < 0)
        return -1;
    for (;;) {
        if (minimise_along_each_direction(search, err) < 0)
            return -1;
        if (sweep_was_the_last(search))
            return 0;
        if (look_beyond_the_sweep(search, err) < 0)
            return -1;
        if (whole_move_is_a_good_direction(search) &&
            replace_steepest_direction(search, err) < 0)
            return -1;
    }
}

/* The lowest loss may be that of a probe beyond a sweep, or of a line that was cut
 * short. */
static void settle_on_best(struct powell *search)
{
    const struct objective *objective = search->objective;

    if (objective->best_loss < search->loss) {
        copy_point(search, search->point, objective->best_point);
        search->loss = objective->best_loss;
    }
}

static void hand_back(const struct powell *search, double *point, double *directions)
{
    size_t dimension = (size_t)search->objective->dimension;

    copy_point(search, point, search->point);
    if (directions != NULL)
        memcpy(directions, search->directions,
               dimension * dimension * sizeof *directions);
}

int powell_minimise(struct objective *objective, double *point,
                    const struct powell_options *options, struct powell_result *result,
                    struct error *err)
{
    long evaluations_before = objective->evaluations;
    struct powell search;
    int status;

    if (powell_init(&search, objective, point, options, err) < 0)
        return -1;
    status = search_until_stopped(&search, err);
    if (status < 0 && objective->spent) { /* an end, not an error */
        *err = (struct error){0};
        search.reason = STOP_EVALUATIONS_SPENT;
        status = 0;
    }
    if (status == 0) {
        if (options->line_search.kind != LINE_SEARCH_REFERENCE)
            settle_on_best(&search);
        hand_back(&search, point, options->directions);
        *result = (struct powell_result){
            .loss = search.loss,
            .sweeps = search.sweeps,
            .evaluations = objective->evaluations - evaluations_before,
            .reason = search.reason,
        };
    }
    free(search.memory);
    return status;
}
