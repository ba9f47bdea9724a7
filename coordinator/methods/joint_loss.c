#include "coordinator/methods/joint_loss.h"

#include "core/base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int item_count(const struct joint_loss *joint)
{
    return team_placement(joint->team)->count;
}

/* Writes the choices of a point. Returns false when a step overflows or vanishes: such a point
 * is no candidate. */
static bool choices_of_point(const struct joint_loss *joint, const double *point,
                             struct choice *choices)
{
    const struct placement *placement = team_placement(joint->team);

    for (int item = 0; item < placement->count; item++) {
        const struct quantized_tensor *tensor = &placement->items[item];

        choices[item] =
            joint->coordinates == JOINT_LOSS_OF_CLIPS
                ? placement_put_clip(tensor, joint->start[item], point[item])
                : placement_put_step(tensor, joint->start[item],
                                     (float)exp(point[item]));
        if (!(isnormal(choices[item].step) && choices[item].step > 0))
            return false;
    }
    return true;
}

static void remember(struct joint_loss *joint, const struct choice *choices,
                     const struct score *score)
{
    joint->evaluated++;
    joint->not_finite += score->not_finite > 0;
    if (!score_is_lower(score, &joint->best))
        return;
    joint->best = *score;
    memcpy(joint->best_choices, choices, (size_t)item_count(joint) * sizeof *choices);
}

static void make_room(struct joint_loss *joint, int count)
{
    if (count <= joint->room)
        return;
    joint->room = count;
    joint->choices =
        memory_resize(joint->choices, (size_t)count * (size_t)item_count(joint) *
                                          sizeof *joint->choices);
}

/* A loss_fn: the candidates among the points go to the team as one batch. */
static int losses_of_points(void *context, const double *points, int count,
                            double *losses, struct error *err)
{
    struct joint_loss *joint = context;
    int items = item_count(joint), candidates = 0;
    struct score *scores = memory_get((size_t)count * sizeof *scores);
    int *candidate_of = memory_get((size_t)count * sizeof *candidate_of);
    int status = 0;

    make_room(joint, count);
    for (int i = 0; i < count; i++)
        candidate_of[i] =
            choices_of_point(joint, points + (size_t)i * (size_t)items,
                             joint->choices + (size_t)candidates * (size_t)items)
                ? candidates++
                : -1;
    if (candidates > 0)
        status = team_score(joint->team, joint->choices, candidates, scores, err);
    for (int i = 0; status == 0 && i < count; i++) {
        int candidate = candidate_of[i];

        losses[i] =
            candidate < 0 ? joint->no_candidate : score_loss(&scores[candidate]);
        if (candidate >= 0)
            remember(joint, joint->choices + (size_t)candidate * (size_t)items,
                     &scores[candidate]);
    }
    if (status == 0 && joint->show)
        joint->show(joint->context, joint->evaluated, score_loss(&joint->best));
    free(candidate_of);
    free(scores);
    return status;
}

static bool is_over(void *context)
{
    const struct joint_loss *joint = context;

    return joint->is_over && joint->is_over(joint->context);
}

static double coordinate_of(const struct joint_loss *joint, struct choice choice)
{
    return joint->coordinates == JOINT_LOSS_OF_CLIPS ? (float)choice_clip(choice)
                                                     : log(choice.step);
}

static double cost_of_no_candidate(const struct team *team, enum loss loss,
                                   const struct score *start)
{
    size_t outputs = output_shape_of(team_network(team)).outputs;

    return fmax(loss_of_guessing(loss, outputs), 2 * score_loss(start));
}

int joint_loss_init(struct joint_loss *joint, struct team *team,
                    enum joint_loss_coordinates coordinates, enum loss loss,
                    const struct result_point *start, long max_evaluations,
                    struct error *err)
{
    size_t items = (size_t)team_placement(team)->count;

    *joint = (struct joint_loss){
        .team = team,
        .coordinates = coordinates,
        .point = memory_zeroed(items, sizeof *joint->point),
        .start = memory_copy(start->choices, items * sizeof *joint->start),
        .best_choices = memory_zeroed(items, sizeof *joint->best_choices),
        .best = start->calibration,
        .no_candidate = cost_of_no_candidate(team, loss, &start->calibration),
    };
    memcpy(joint->best_choices, start->choices, items * sizeof *joint->best_choices);
    for (size_t item = 0; item < items; item++)
        joint->point[item] = coordinate_of(joint, start->choices[item]);
    if (objective_init(&joint->objective, losses_of_points, joint, (int)items,
                       max_evaluations, err) < 0)
        return -1;
    joint->objective.is_over = is_over;
    joint->objective.unit = loss_unit(loss, score_loss(&start->calibration));
    return 0;
}

void joint_loss_clear(struct joint_loss *joint)
{
    objective_clear(&joint->objective);
    free(joint->point);
    free(joint->start);
    free(joint->choices);
    free(joint->best_choices);
    *joint = (struct joint_loss){0};
}
