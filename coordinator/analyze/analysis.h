/* analysis.h - what is found out about the loss of one case: a row a kind, in the file of its family. See README.md here. */
#ifndef COORDINATOR_ANALYZE_ANALYSIS_H
#define COORDINATOR_ANALYZE_ANALYSIS_H

#include "coordinator/calibration.h"
#include "coordinator/methods/method.h"
#include "core/format/config_schema.h"
#include "core/format/findings.h"

struct analysis_task {
    struct method_task method; /* of the case, which is open with its journal */
    const struct config_analysis_settings *settings; /* borrowed */
    const struct calibration *calibration;           /* borrowed, as the next */
    const struct team_case *opened;
    /* The case. With `needs_point` its method has run: result->result is the point, whose state is in force.
     * Warnings go to it. */
    struct result *result;
};

struct analysis_kind {
    struct config_analysis known; /* the first member, see analysis_of() */
    bool needs_point;
    int (*run)(struct analysis_task *task, struct findings *findings,
               struct error *err);
};

/* All that is known of the analysis with these settings. */
const struct analysis_kind *
analysis_of(const struct config_analysis_settings *settings);

/* ---- points ------------------------------------------------------------------------------- */

/* Scores candidates [count, placement count], some at a time: on the calibration samples that the search sees, or
 * on the validation samples. What a batch has cost is in the journal when the next begins. */
int analysis_score(const struct analysis_task *task, const struct choice *choices,
                   int count, struct score *scores, struct error *err);
int analysis_validate(const struct analysis_task *task, const struct choice *choices,
                      int count, struct score *scores, struct error *err);

/* Room for the choices of `count` candidates, each a copy of `point`; owned by the caller. */
struct choice *analysis_points(const struct analysis_task *task,
                               const struct choice *point, int count);

/* ---- names, and what scores tell ------------------------------------------------------------ */

/* The metric that the case's model reports, as results name it. */
const char *analysis_metric(const struct analysis_task *task);

/* What the losses of the case's model are counted in. */
const char *analysis_loss_unit(const struct analysis_task *task);

/* Adds "<prefix>loss" and "<prefix><metric>" over axes, and fills them from scores [count], of which `what`
 * says what they are, as in "of the steps on calibration samples". */
void analysis_add_scores(const struct analysis_task *task, struct findings *findings,
                         const char *prefix, const char *what, const int *axes,
                         int axis_count, const struct score *scores, int count);

/* The same of one score, as facts. */
void analysis_add_score_facts(const struct analysis_task *task,
                              struct findings *findings, const char *prefix,
                              const char *what, const struct score *score);

/* Adds an axis of the case's tensors, in the order of choices: "<name>". */
int analysis_add_tensor_axis(const struct analysis_task *task,
                             struct findings *findings, const char *name);

/* The item of the tensor that is named so. Fails with EXIT_CONFIG, and with the nearest name. */
int analysis_find_tensor(const struct analysis_task *task, const char *name, int *item,
                         struct error *err);

#endif
