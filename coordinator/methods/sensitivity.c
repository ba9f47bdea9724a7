#include "coordinator/methods/sensitivity.h"

#include "core/base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Candidates that are scored together. */
struct batch {
    const struct method_task *task;
    const struct bit_space *space;
    struct choice *choices; /* [room, items] owned */
    size_t *places;         /* [room] what each is for; owned */
    struct score *scores;   /* [room] owned */
    int count;
};

static struct batch make_batch(const struct method_task *task,
                               const struct bit_space *space, size_t room)
{
    size_t items = (size_t)space->placement->count;

    return (struct batch){
        .task = task,
        .space = space,
        .choices = memory_get(room * items * sizeof(struct choice)),
        .places = memory_get(room * sizeof(size_t)),
        .scores = memory_get(room * sizeof(struct score)),
    };
}

static void clear_batch(struct batch *batch)
{
    free(batch->choices);
    free(batch->places);
    free(batch->scores);
}

/* Adds a candidate of the base; its choices are to be changed. */
static struct choice *add_candidate(struct batch *batch, size_t place)
{
    size_t items = (size_t)batch->space->placement->count;
    struct choice *choices = batch->choices + (size_t)batch->count * items;

    memcpy(choices, batch->space->base, items * sizeof *choices);
    batch->places[batch->count++] = place;
    return choices;
}

static int score_batch(struct batch *batch, struct error *err)
{
    return batch->count == 0 ? 0
                             : team_score(batch->task->team, batch->choices,
                                          batch->count, batch->scores, err);
}

/* A number, even where no number stands for the loss. */
static double loss_of(const struct method_task *task, const struct score *score)
{
    double loss = score_loss(score);
    size_t outputs = output_shape_of(team_network(task->team)).outputs;

    return isfinite(loss) ? loss : loss_of_guessing(task->one->model->loss, outputs);
}

/* The base, and each choice of each group but the widest. */
static int measure_singles(struct sensitivity *found, const struct method_task *task,
                           const struct bit_space *space, struct error *err)
{
    struct batch batch = make_batch(task, space, found->places + 1);
    enum metric metric = task->one->model->metric;
    int status;

    add_candidate(&batch, found->places);
    for (int group = 0; group < space->groups; group++)
        for (int choice = 0; choice + 1 < space->counts[group]; choice++)
            bit_space_put(space, group, choice,
                          add_candidate(&batch, bit_space_place(space, group, choice)));
    status = score_batch(&batch, err);
    if (status == 0)
        found->base = loss_of(task, &batch.scores[0]);
    for (int i = 1; status == 0 && i < batch.count; i++) {
        found->singles[batch.places[i]] = loss_of(task, &batch.scores[i]) - found->base;
        found->points[batch.places[i]] = 100 * (score_metric(&batch.scores[0], metric) -
                                                score_metric(&batch.scores[i], metric));
    }
    found->evaluations += batch.count;
    clear_batch(&batch);
    return status;
}

/* A group's choice with those of all later groups within reach. */
static int measure_pairs_of(struct sensitivity *found, const struct method_task *task,
                            const struct bit_space *space, int group, int choice,
                            int reach, struct error *err)
{
    size_t place = bit_space_place(space, group, choice);
    struct batch batch = make_batch(task, space, found->places);
    int status, apart = 0;

    for (int other = group + 1; other < space->groups && apart < reach; other++) {
        apart += space->counts[other] > 1;
        for (int second = 0; second + 1 < space->counts[other]; second++) {
            struct choice *choices =
                add_candidate(&batch, bit_space_place(space, other, second));

            bit_space_put(space, group, choice, choices);
            bit_space_put(space, other, second, choices);
        }
    }
    status = score_batch(&batch, err);
    for (int i = 0; status == 0 && i < batch.count; i++)
        found->pairs[place * found->places + batch.places[i]] =
            loss_of(task, &batch.scores[i]) - found->base - found->singles[place] -
            found->singles[batch.places[i]];
    found->evaluations += batch.count;
    clear_batch(&batch);
    return status;
}

static int measure_pairs(struct sensitivity *found, const struct method_task *task,
                         const struct bit_space *space, int reach, struct error *err)
{
    for (int group = 0; group < space->groups; group++)
        for (int choice = 0; choice + 1 < space->counts[group]; choice++) {
            progress_show(task->progress, "%s: pairs of group %d of %d", task->one->id,
                          group + 1, space->groups);
            if (measure_pairs_of(found, task, space, group, choice, reach, err) < 0)
                return -1;
        }
    return 0;
}

static struct sensitivity make_room(const struct bit_space *space)
{
    size_t places = (size_t)space->groups * (size_t)space->most;

    return (struct sensitivity){
        .places = places,
        .singles = memory_zeroed(places, sizeof(double)),
        .points = memory_zeroed(places, sizeof(double)),
        .pairs = memory_zeroed(places * places, sizeof(double)),
    };
}

int sensitivity_measure(struct sensitivity *sensitivity, const struct method_task *task,
                        const struct bit_space *space, int reach, struct error *err)
{
    *sensitivity = make_room(space);
    progress_show(task->progress, "%s: bits of one group at a time", task->one->id);
    if (measure_singles(sensitivity, task, space, err) < 0)
        return -1;
    return reach > 0 ? measure_pairs(sensitivity, task, space, reach, err) : 0;
}

void sensitivity_clear(struct sensitivity *sensitivity)
{
    free(sensitivity->singles);
    free(sensitivity->points);
    free(sensitivity->pairs);
    *sensitivity = (struct sensitivity){0};
}

enum { HEAD = 2 }; /* numbers before the singles */

static size_t bytes_of(size_t places)
{
    return (HEAD + 2 * places + places * places) * sizeof(double);
}

void *sensitivity_bytes(const struct sensitivity *sensitivity, size_t *count)
{
    size_t places = sensitivity->places;
    double *numbers;

    *count = bytes_of(places);
    numbers = memory_get(*count);
    numbers[0] = sensitivity->base;
    numbers[1] = (double)sensitivity->evaluations;
    memcpy(numbers + HEAD, sensitivity->singles, places * sizeof *numbers);
    memcpy(numbers + HEAD + places, sensitivity->points, places * sizeof *numbers);
    memcpy(numbers + HEAD + 2 * places, sensitivity->pairs,
           places * places * sizeof *numbers);
    return numbers;
}

bool sensitivity_of_bytes(struct sensitivity *sensitivity,
                          const struct bit_space *space, const void *bytes,
                          size_t count)
{
    const double *numbers = bytes;
    size_t places = (size_t)space->groups * (size_t)space->most;

    if (count != bytes_of(places))
        return false;
    *sensitivity = make_room(space);
    sensitivity->base = numbers[0];
    sensitivity->evaluations = (long)numbers[1];
    memcpy(sensitivity->singles, numbers + HEAD, places * sizeof *numbers);
    memcpy(sensitivity->points, numbers + HEAD + places, places * sizeof *numbers);
    memcpy(sensitivity->pairs, numbers + HEAD + 2 * places,
           places * places * sizeof *numbers);
    return true;
}

int sensitivity_score(const struct method_task *task, const struct bit_space *space,
                      const int *assignments, int count, struct score *scores,
                      struct error *err)
{
    struct batch batch = make_batch(task, space, (size_t)count);
    int status;

    for (int i = 0; i < count; i++) {
        struct choice *choices = add_candidate(&batch, 0);

        for (int group = 0; group < space->groups; group++)
            bit_space_put(
                space, group,
                assignments[(size_t)i * (size_t)space->groups + (size_t)group],
                choices);
    }
    status = score_batch(&batch, err);
    memcpy(scores, batch.scores, (size_t)count * sizeof *scores);
    clear_batch(&batch);
    return status;
}
