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
    int *items;             /* [count] of the coordinates: all, or activations alone */
    int count;              /* of coordinates */
    double *point;          /* [count] the start; the search moves it */
    struct choice *start;   /* [items] which steps alone are changed of */
    double no_candidate;    /* loss of a point with a step that is no number */
    struct choice *choices; /* [batch, items] scratch */
    int room;               /* candidates that fit */
    struct choice *best_choices; /* [items] of the lowest loss so far */
    struct score best;           /* at first the start's */
    int halvings;                /* of a contest, see team_contest(); as the next */
    double drop_errors;
    long evaluated; /* candidates that the team evaluated, also those that it dropped */
    long not_finite; /* of them, with a sample whose logits are not finite */
    void (*show)(void *context, long evaluations, double best); /* or NULL */
    bool (*is_over)(void *context); /* asked before each batch; or NULL */
    void *context;
};

/* Which steps a search moves. */
enum joint_loss_moves { JOINT_LOSS_MOVES_ALL, JOINT_LOSS_MOVES_ACTIVATIONS };

/* The team must have its case open.
 *
 *   moves            whose coordinates there are; of activations, those that are quantized
 *   loss             what the team computes
 *   start            choices, and their score; bits stay what they are, and what is float stays so, whatever
 *                    its coordinate
 *   max_evaluations  0: no limit
 *
 * A clip that is not positive, as the reference's line search tries them, is evaluated with the
 * smallest step there is (quantizer_step_of_clip), which destroys the tensor; the reference does the
 * same with a step of 1e-8. A step whose logarithm overflows or vanishes is not evaluated: it
 * costs twice the loss of the start, or what guessing costs where that is more (loss_of_guessing). It is
 * never accepted, but would not mislead a
 * parabola.
 */
int joint_loss_init(struct joint_loss *joint, struct team *team,
                    enum joint_loss_coordinates coordinates,
                    enum joint_loss_moves moves, enum loss loss,
                    const struct result_point *start, long max_evaluations,
                    struct error *err);
/* From now on points that are to beat another are dropped where they are hopeless, see team_contest(). */
void joint_loss_contest(struct joint_loss *joint, int halvings, double errors);

void joint_loss_clear(struct joint_loss *joint);

#endif
