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

    memcpy(choices, joint->start, (size_t)placement->count * sizeof *choices);
    for (int i = 0; i < joint->count; i++) {
        int item = joint->items[i];
        const struct quantized_tensor *tensor = &placement->items[item];

        if (joint->start[item].step == 0)
            continue;
        choices[item] =
            joint->coordinates == JOINT_LOSS_OF_CLIPS
                ? placement_put_clip(tensor, joint->start[item], point[i])
                : placement_put_step(tensor, joint->start[item], (float)exp(point[i]));
        if (!(isnormal(choices[item].step) && choices[item].step > 0))
            return false;
    }
    return true;
}

static void remember(struct joint_loss *joint, const struct choice *choices,
                     const struct score *score)
{
    if (!score_is_lower(score, &joint->best))
        return;
    joint->best = *score;
    memcpy(joint->best_choices, choices, (size_t)item_count(joint) * sizeof *choices);
}

/* An estimate, which is above the rival's loss however small the excess. */
static double loss_above(const struct rival *rival, double excess)
{
    return fmax(rival->loss + excess, nextafter(rival->loss, INFINITY));
}

/* Room for the candidates of a batch, and for a rival. */
static void make_room(struct joint_loss *joint, int count)
{
    if (count < joint->room)
        return;
    joint->room = count + 1;
    joint->choices =
        memory_resize(joint->choices, (size_t)joint->room * (size_t)item_count(joint) *
                                          sizeof *joint->choices);
}

static struct choice *choices_at(const struct joint_loss *joint, int candidate)
{
    return joint->choices + (size_t)candidate * (size_t)item_count(joint);
}

/* Points that are a batch of candidates, but for those that are none. */
struct batch {
    const double *points;
    int count;
    int *candidate_of; /* [count] owned; -1: none */
    int candidates;
};

static struct batch make_batch(struct joint_loss *joint, const double *points,
                               int count)
{
    struct batch batch = {.points = points, .count = count};

    batch.candidate_of = memory_get((size_t)count * sizeof *batch.candidate_of);
    make_room(joint, count);
    for (int i = 0; i < count; i++)
        batch.candidate_of[i] =
            choices_of_point(joint, points + (size_t)i * (size_t)joint->count,
                             choices_at(joint, batch.candidates))
                ? batch.candidates++
                : -1;
    return batch;
}

/* Takes in what the team answered. `estimated` [count], NULL: nothing was dropped. */
static void take_in(struct joint_loss *joint, const struct batch *batch,
                    const struct rival *rival, const struct contested *answers,
                    double *losses, bool *estimated)
{
    for (int i = 0; i < batch->count; i++) {
        int candidate = batch->candidate_of[i];
        const struct contested *answer = &answers[candidate < 0 ? 0 : candidate];
        bool is_dropped = candidate >= 0 && answer->dropped.samples > 0;

        if (estimated)
            estimated[i] = is_dropped;
        if (candidate < 0) {
            losses[i] = joint->no_candidate;
            continue;
        }
        joint->evaluated++;
        losses[i] = is_dropped ? loss_above(rival, answer->dropped.excess)
                               : score_loss(&answer->score);
        joint->not_finite += isinf(losses[i]);
        if (!is_dropped)
            remember(joint, choices_at(joint, candidate), &answer->score);
    }
    if (joint->show)
        joint->show(joint->context, joint->evaluated, score_loss(&joint->best));
}

static int score_all(const struct joint_loss *joint, int count,
                     struct contested *answers, struct error *err)
{
    struct score *scores = memory_get((size_t)count * sizeof *scores);
    int status = team_score(joint->team, joint->choices, count, scores, err);

    for (int i = 0; status == 0 && i < count; i++)
        answers[i] = (struct contested){.score = scores[i]};
    free(scores);
    return status;
}

/* The candidates among the points go to the team as one batch. */
static int answer_points(struct joint_loss *joint, const struct rival *rival,
                         const double *points, int count, double *losses,
                         bool *estimated, struct error *err)
{
    struct batch batch = make_batch(joint, points, count);
    struct choice *of_rival = choices_at(joint, count);
    bool contests = rival && choices_of_point(joint, rival->point, of_rival);
    struct contested *answers = memory_zeroed((size_t)count, sizeof *answers);
    struct contest contest = {of_rival, joint->halvings, joint->drop_errors};
    int status = 0;

    if (batch.candidates > 0)
        status = contests ? team_contest(joint->team, &contest, joint->choices,
                                         batch.candidates, answers, err)
                          : score_all(joint, batch.candidates, answers, err);
    if (status == 0)
        take_in(joint, &batch, rival, answers, losses, estimated);
    free(batch.candidate_of);
    free(answers);
    return status;
}

/* A loss_fn. */
static int losses_of_points(void *context, const double *points, int count,
                            double *losses, struct error *err)
{
    return answer_points(context, NULL, points, count, losses, NULL, err);
}

/* A contest_fn. */
static int contest_of_points(void *context, const struct rival *rival,
                             const double *points, int count, double *losses,
                             bool *estimated, struct error *err)
{
    return answer_points(context, rival, points, count, losses, estimated, err);
}

void joint_loss_contest(struct joint_loss *joint, int halvings, double errors)
{
    joint->halvings = halvings;
    joint->drop_errors = errors;
    joint->objective.contest = contest_of_points;
}

static bool is_over(void *context)
{
    const struct joint_loss *joint = context;

    return joint->is_over && joint->is_over(joint->context);
}

static double coordinate_of(const struct joint_loss *joint, struct choice choice)
{
    if (choice.step == 0)
        return 0;
    return joint->coordinates == JOINT_LOSS_OF_CLIPS ? (float)choice_clip(choice)
                                                     : log(choice.step);
}

static double cost_of_no_candidate(const struct team *team, enum loss loss,
                                   const struct score *start)
{
    size_t outputs = output_shape_of(team_network(team)).outputs;

    return fmax(loss_of_guessing(loss, outputs), 2 * score_loss(start));
}

static bool moves_item(const struct joint_loss *joint, enum joint_loss_moves moves,
                       int item)
{
    return moves == JOINT_LOSS_MOVES_ALL ||
           (!team_placement(joint->team)->items[item].is_weight &&
            joint->start[item].step > 0);
}

static void find_coordinates(struct joint_loss *joint, enum joint_loss_moves moves)
{
    int items = item_count(joint);

    joint->items = memory_get((size_t)items * sizeof *joint->items);
    joint->point = memory_zeroed((size_t)items, sizeof *joint->point);
    for (int item = 0; item < items; item++) {
        if (!moves_item(joint, moves, item))
            continue;
        joint->point[joint->count] = coordinate_of(joint, joint->start[item]);
        joint->items[joint->count++] = item;
    }
}

int joint_loss_init(struct joint_loss *joint, struct team *team,
                    enum joint_loss_coordinates coordinates,
                    enum joint_loss_moves moves, enum loss loss,
                    const struct result_point *start, long max_evaluations,
                    struct error *err)
{
    size_t items = (size_t)team_placement(team)->count;

    *joint = (struct joint_loss){
        .team = team,
        .coordinates = coordinates,
        .start = memory_copy(start->choices, items * sizeof *joint->start),
        .best_choices = memory_zeroed(items, sizeof *joint->best_choices),
        .best = start->calibration,
        .no_candidate = cost_of_no_candidate(team, loss, &start->calibration),
    };
    memcpy(joint->best_choices, start->choices, items * sizeof *joint->best_choices);
    find_coordinates(joint, moves);
    if (joint->count == 0)
        return 0;
    if (objective_init(&joint->objective, losses_of_points, joint, joint->count,
                       max_evaluations, err) < 0)
        return -1;
    joint->objective.is_over = is_over;
    joint->objective.unit = loss_unit(loss, score_loss(&start->calibration));
    return 0;
}

void joint_loss_clear(struct joint_loss *joint)
{
    objective_clear(&joint->objective);
    free(joint->items);
    free(joint->point);
    free(joint->start);
    free(joint->choices);
    free(joint->best_choices);
    *joint = (struct joint_loss){0};
}
