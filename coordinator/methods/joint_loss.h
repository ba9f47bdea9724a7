/* joint_loss.h - the loss of all steps together, as a function that a search can
 * minimise. */
#ifndef COORDINATOR_METHODS_JOINT_LOSS_H
#define COORDINATOR_METHODS_JOINT_LOSS_H

#include "coordinator/search/objective.h"
#include "coordinator/team.h"
#include "core/format/result.h"

/* What the coordinates of a point are. */
enum joint_loss_coordinates {
    JOINT_LOSS_OF_CLIPS, /* as in the reference implementation; step = clip / levels */
    JOINT_LOSS_OF_LOGARITHMS /* natural logarithms of the steps */
};

struct joint_loss {
    struct objective objective; /* give this to the search */
    struct team *team;          /* borrowed */
    enum joint_loss_coordinates coordinates;
    double *point;       /* [items] the start; the search moves it */
    double no_candidate; /* loss of a point with a step that is not positive */
    float *steps;        /* [batch, items] scratch */
    int steps_room;      /* candidates that fit */
    float *best_steps;   /* [items] of the lowest loss so far */
    struct score best;   /* no samples: nothing evaluated yet */
    long evaluated;      /* candidates that the team evaluated */
    long not_finite;     /* of them, with a sample whose logits are not finite */
    void (*show)(void *context, long evaluations, double best); /* or NULL */
    void *show_context;
};

/* The team must have its case open.
 *
 *   start            steps, all > 0, and their score
 *   max_evaluations  0: no limit
 *
 * A point with a step that is not positive (the reference's line search tries negative
 * clips) is not evaluated. It costs what guessing costs, the logarithm of the number of
 * classes, or twice the loss of the start where that is more: so it is never accepted,
 * but not so high that it would mislead a parabola through it. The reference evaluates
 * such points with a step of 1e-8, which destroys the tensor and costs about as much.
 */
int joint_loss_init(struct joint_loss *joint, struct team *team,
                    enum joint_loss_coordinates coordinates,
                    const struct result_point *start, long max_evaluations,
                    struct error *err);
void joint_loss_clear(struct joint_loss *joint);

/* Copies the best steps and their score, if anything was evaluated that is better. */
void joint_loss_best(const struct joint_loss *joint, struct result_point *best);

#endif
