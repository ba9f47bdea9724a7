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
        .stride_shrinks = 0.7,
        .shortest_stride = 0.02,
        .least_gain = 1e-4,
        .aside = 0.01,
        .least_sweep_gain = 0.03,
        .asides = 3,
        .start_loss = NAN,
    };
}

/* What the sweep before says of a direction; the reference has no use for it. */
struct habit {
    double stride; /* length of the first probes along it */
    bool rests;    /* it gained next to nothing: the next sweep leaves it out */
    int axis;      /* the coordinate that it moves, or -1: several */
};

struct powell {
    struct objective *objective;
    const struct powell_options *options;
    struct stop stop;

    double *point; /* [dimension] where the search stands */
    double loss;   /* there; infinite until evaluated */
    int sweeps;
    enum stop_reason reason;

    double *directions;   /* [dimension, dimension], one a row */
    struct habit *habits; /* [dimension] of the directions; owned */
    bool some_rested;     /* in this sweep */
    double *sweep_start;  /* [dimension] */
    double *move;         /* [dimension] a direction, then the move along it */
    double *probes;       /* [LINE_POINTS, dimension] scratch */
    double *memory;       /* holds the arrays of doubles; owned */
    double loss_at_start; /* of the sweep */
    int refined;          /* lines of this sweep that tried a parabola's minimum */
    int disappointed;     /* of them, those that were told wrong by it */
    int asides;           /* steps aside so far */
    int barren_asides;    /* since the lowest loss fell */
    double best_before;   /* the lowest loss, when it last fell */
    double loss_beyond;   /* as far again beyond the sweep's whole move */
    int steepest;         /* the direction with the largest fall in this sweep */
    double steepest_fall;
};

static int powell_init(struct powell *search, struct objective *objective,
                       const double *point, const struct powell_options *options,
                       struct error *err)
{
    size_t dimension = (size_t)objective->dimension;
    double *memory = calloc(dimension * (dimension + 3 + LINE_POINTS), sizeof *memory);

    struct habit *habits = calloc(dimension, sizeof *habits);

    if (memory == NULL || habits == NULL) {
        free(memory);
        free(habits);
        return error_set(err, EXIT_MACHINE, "no memory for %zu directions", dimension);
    }
    *search = (struct powell){
        .objective = objective,
        .options = options,
        .stop = {.max_sweeps = options->sweeps > 0
                                   ? options->sweeps
                                   : max_sweeps_a_dimension * objective->dimension,
                 .loss_tolerance = options->loss_tolerance},
        .loss = INFINITY,
        .best_before = INFINITY,
        .memory = memory,
        .habits = habits,
        .directions = memory,
        .point = memory + dimension * dimension,
        .sweep_start = memory + dimension * (dimension + 1),
        .move = memory + dimension * (dimension + 2),
        .probes = memory + dimension * (dimension + 3),
    };
    for (size_t i = 0; i < dimension; i++) {
        search->directions[i * dimension + i] = 1;
        habits[i] =
            (struct habit){.stride = options->line_search.stride, .axis = (int)i};
    }
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

/* How far the coordinate goes that goes furthest. */
static double length_of_move(const struct powell *search)
{
    double largest = 0;

    for (int k = 0; k < search->objective->dimension; k++)
        largest = fmax(largest, fabs(search->move[k]));
    return largest;
}

/* Goes to the minimum along search->move, which becomes the way there. The first probes are a
 * `stride` away; `axis` is the coordinate that moves, or -1. */
static int minimise_along_move(struct powell *search, double stride, int axis,
                               struct error *err)
{
    const struct powell_options *options = search->options;
    struct line line = {search->objective, search->point, search->move, search->probes};
    struct line_search_options line_options = options->line_search;
    struct line_search_result found;

    if (move_is_zero(search))
        return 0;
    line_options.stride = stride;
    if (line_search(&line, search->loss, &line_options, &found, err) < 0)
        return -1;
    for (int k = 0; k < search->objective->dimension; k++) {
        search->move[k] *= found.position;
        search->point[k] += search->move[k];
    }
    search->loss = found.loss;
    search->refined += found.iterations > 0;
    search->disappointed += found.disappointed;
    if (options->line_done != NULL)
        options->line_done(options->context, axis, &found);
    return 0;
}

/* The stride shrinks by and by, but a direction that has gone far will go far again. A
 * direction that gained next to nothing rests for a sweep. */
static void learn(struct powell *search, struct habit *habit, double gain)
{
    const struct powell_options *options = search->options;

    habit->stride = fmax(habit->stride * options->stride_shrinks,
                         fmax(length_of_move(search) / 2, options->shortest_stride));
    habit->stride = fmin(habit->stride, options->line_search.reach);
    habit->rests = gain < options->least_gain * fabs(search->loss);
}

/* Minimises along direction `i`, unless it rests. */
static int minimise_along_direction(struct powell *search, int i, struct error *err)
{
    bool learns = search->options->line_search.kind == LINE_SEARCH_DEFAULT;
    struct habit *habit = &search->habits[i];
    double loss_before = search->loss;

    if (habit->rests) {
        habit->rests = false;
        search->some_rested = true;
        return 0;
    }
    copy_point(search, search->move, direction_of(search, i));
    if (minimise_along_move(search, habit->stride, habit->axis, err) < 0)
        return -1;
    if (learns)
        learn(search, habit, loss_before - search->loss);
    return 0;
}

static int minimise_along_each_direction(struct powell *search, struct error *err)
{
    search->loss_at_start = search->loss;
    search->steepest = 0;
    search->steepest_fall = 0;
    search->some_rested = false;
    search->refined = 0;
    search->disappointed = 0;
    for (int i = 0; i < search->objective->dimension; i++) {
        double loss_before = search->loss;

        if (minimise_along_direction(search, i, err) < 0)
            return -1;
        if (loss_before - search->loss > search->steepest_fall) {
            search->steepest_fall = loss_before - search->loss;
            search->steepest = i;
        }
    }
    search->sweeps++;
    return 0;
}

/* Whether parabolas were wrong more often than right. */
static bool loss_is_jagged(const struct powell *search)
{
    return 2 * search->disappointed > search->refined;
}

/* Whether the search shall leave the dent that it is in. */
static bool shall_step_aside(const struct powell *search)
{
    const struct powell_options *options = search->options;
    double gain = search->loss_at_start - search->loss;

    return loss_is_jagged(search) && search->barren_asides < options->asides &&
           gain < options->least_sweep_gain * fabs(search->loss);
}

static void count_barren_asides(struct powell *search)
{
    double best = search->objective->best_loss;

    if (search->best_before - best > search->options->loss_tolerance * fabs(best)) {
        search->best_before = best;
        search->barren_asides = 0;
    }
}

static enum stop_reason reason_to_stop(const struct powell *search,
                                       double loss_tolerance)
{
    const struct stop stop = {search->stop.max_sweeps, loss_tolerance};

    return stop_after_sweep(&stop, search->objective, search->sweeps,
                            search->loss_at_start, search->loss);
}

static void wake_all(struct powell *search)
{
    for (int i = 0; i < search->objective->dimension; i++)
        search->habits[i].rests = false;
}

/* A sweep without gain proves nothing when some directions rested in it, or when the search can
 * still leave its dent: the next sweep, if there may be one, tries all directions. */
static int end_sweep(struct powell *search, struct error *err)
{
    const struct powell_options *options = search->options;
    bool enough = false;

    count_barren_asides(search);
    search->reason = reason_to_stop(search, search->stop.loss_tolerance);
    if (search->reason == STOP_CONVERGED &&
        (search->some_rested || shall_step_aside(search))) {
        wake_all(search);
        search->reason = reason_to_stop(search, -1);
    }
    if (options->sweep_done == NULL)
        return 0;
    if (options->sweep_done(options->context,
                            &(struct powell_sweep){search->sweeps, search->point,
                                                   search->loss,
                                                   search->objective->evaluations},
                            &enough, err) < 0)
        return -1;
    if (enough && search->reason == STOP_NOT_YET)
        search->reason = STOP_TOLD;
    return 0;
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

    int last_index = search->objective->dimension - 1;
    double stride = search->options->line_search.stride;

    if (minimise_along_move(search, stride, -1, err) < 0)
        return -1;
    if (!move_is_zero(search)) {
        copy_point(search, direction_of(search, search->steepest), last);
        copy_point(search, last, search->move);
        search->habits[search->steepest] = search->habits[last_index];
        search->habits[last_index] = (struct habit){.stride = stride, .axis = -1};
    }
    return 0;
}

static int learn_from_whole_move(struct powell *search, struct error *err)
{
    if (look_beyond_the_sweep(search, err) < 0)
        return -1;
    return whole_move_is_a_good_direction(search)
               ? replace_steepest_direction(search, err)
               : 0;
}

/* Numbers that fill [-1, 1] evenly: the golden section's multiples. */
static double evenly_spread(long index)
{
    const double golden_section = 0.6180339887498949;

    return 2 * fmod((double)(index + 1) * golden_section, 1) - 1;
}

/* Moves every coordinate a little and begins again from there with long strides. The lowest of
 * many jagged losses is so by luck, which no neighbour shares: nothing around is lower, although
 * much may be gained by going on. The loss here is not chosen for being low. */
static int step_aside(struct powell *search, struct error *err)
{
    int dimension = search->objective->dimension;

    for (int k = 0; k < dimension; k++) {
        search->point[k] += search->options->aside *
                            evenly_spread((long)search->asides * dimension + k);
        search->habits[k].stride = search->options->line_search.stride;
    }
    wake_all(search);
    copy_point(search, search->sweep_start, search->point);
    search->asides++;
    search->barren_asides++;
    return objective_loss(search->objective, search->point, &search->loss, err);
}

static int find_start_loss(struct powell *search, struct error *err)
{
    double known = search->options->start_loss;

    if (isnan(known))
        return objective_loss(search->objective, search->point, &search->loss, err);
    search->loss = known;
    objective_know(search->objective, search->point, known);
    return 0;
}

static int search_until_stopped(struct powell *search, struct error *err)
{
    if (find_start_loss(search, err) < 0)
        return -1;
    for (;;) {
        if (minimise_along_each_direction(search, err) < 0)
            return -1;
        if (end_sweep(search, err) < 0)
            return -1;
        if (search->reason != STOP_NOT_YET)
            return 0;
        if (!search->options->keeps_axes && learn_from_whole_move(search, err) < 0)
            return -1;
        if (shall_step_aside(search) && step_aside(search, err) < 0)
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
        search.reason =
            objective->out_of_time ? STOP_SECONDS_SPENT : STOP_EVALUATIONS_SPENT;
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
    free(search.habits);
    return status;
}
