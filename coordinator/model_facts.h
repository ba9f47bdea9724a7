/* model_facts.h - what is known of a model whatever the case: it is found out once. */
#ifndef COORDINATOR_MODEL_FACTS_H
#define COORDINATOR_MODEL_FACTS_H

#include "coordinator/team.h"
#include "core/base/progress.h"
#include "core/format/result.h"

struct model_facts {
    bool has_hashes, has_scores;
    struct provenance provenance;
    struct score calibration, validation; /* of the float network */
    enum exit_code failed; /* EXIT_DONE: as far as is known, its cases can be run */
    char *failure;         /* why not; owned */
    struct effective_data data;
    bool has_data;
    char *guess;        /* that the float network is no better than one; NULL; owned */
    bool is_guess_told; /* for who tells */
};

void model_facts_clear(struct model_facts *facts);

/* Hashes the files. What is wrong with them is kept as failure; nobody asks before a case is
 * opened, which tells better what is wrong. */
void model_facts_hash(struct model_facts *facts, const struct config_model *model);

/* The identity of a case of the model, see identity.h; owned by the caller. NULL: a file cannot be read. */
char *model_facts_identity(const struct model_facts *facts, const struct config *config,
                           const struct calibration_case *one);

/* Takes over what a result of an earlier run says. */
void model_facts_take(struct model_facts *facts, const struct result *result);

/* Finds out what is not known yet, with a case of the model open: whether validation samples are
 * calibration samples too, the scores of the float network, and whether these are any better than a
 * guess.
 *
 * Fails with EXIT_INPUT when samples overlap and may not, or a file is bad; the next case of the
 * model fails with the same sentence. */
int model_facts_find(struct model_facts *facts, const struct config *config,
                     const struct config_model *model, struct team *team,
                     const struct team_case *opened, struct progress *progress,
                     struct error *err);

/* The same without scores of validation samples, for who only plans; fails alike, and keeps nothing. */
int model_facts_preview(struct model_facts *facts, const struct config *config,
                        const struct config_model *model, struct team *team,
                        struct error *err);

/* Says what was found by model_facts_preview(). */
void model_facts_tell(const struct model_facts *facts, const struct config_model *model,
                      FILE *out);

#endif
