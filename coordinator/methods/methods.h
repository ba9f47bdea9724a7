/* methods.h - the ways to find steps: one row each, in the file of its family. See README.md here. */
#ifndef COORDINATOR_METHODS_METHODS_H
#define COORDINATOR_METHODS_METHODS_H

#include "coordinator/methods/method.h"
#include "coordinator/rank_cost.h"
#include "core/format/config_schema.h"
#include "core/quant/clip.h"

/* How the steps are found that a case begins with. `evaluations` receives how many it took. */
struct method_start {
    const char *phase;
    int (*find)(const struct method_task *task, long *evaluations,
                struct result *result, struct error *err);
};

struct method {
    struct config_method known; /* the first member, see method_of() */
    /* What a case with so many steps is expected to take, with so many starts to be found. */
    long (*evaluations)(const struct config_method_settings *settings, int steps,
                        int starts);
    const struct method_start *(*start)(const struct config_method_settings *settings);
    struct clip_rule (*rule)(
        const struct config_method_settings *settings); /* of a start
                                                                 tensor after tensor */
    /* From the start on to the result; NULL: the start is the result. */
    int (*search)(const struct method_task *task, struct result *result,
                  struct error *err);
    /* From a result whose weights were rounded on; NULL: it stays. */
    int (*refine)(const struct method_task *task, struct result *result,
                  struct error *err);
    /* What a case asks in batches before it searches; NULL: nothing.
     *   layer_seconds  [layers] of an evaluation that reuses nothing */
    struct rank_cost_batches (*batches)(const struct config_method_settings *settings,
                                        const struct placement *placement,
                                        const struct network *network,
                                        const double *layer_seconds);
};

/* All that is known of the method with these settings. */
const struct method *method_of(const struct config_method_settings *settings);

/* The settings of a method, common ones and those of each, for config_read(). */
extern const struct config_section methods_section;

#endif
