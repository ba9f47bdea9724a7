/* finished_case.h - a case of a run directory that is done: its network as it was found to be, with
 * its choices and its state. */
#ifndef CORE_CASE_FINISHED_CASE_H
#define CORE_CASE_FINISHED_CASE_H

#include "core/case/cases.h"
#include "core/format/result.h"
#include "core/quant/weight_rules.h"

struct finished_case {
    struct config *config; /* of the run directory; owned */
    struct cases cases;
    const struct calibration_case *one;
    struct result result;
    struct network *network;    /* with the state of the result in force; owned */
    struct placement placement; /* of what the result quantizes */
    struct choice *choices;     /* [placement.count] owned */
    struct weight_rules rules;  /* of all weights; ratios are those of the placement */
    char network_hash[HASH_TEXT_BYTES];
};

/* Opens what `calq run` left in the folder <run directory>/cases/<id>; see case_folder.h. Paths in the configuration are
 * taken from the current folder, as by the run.
 *
 *   named     as of config_read()
 *   finished  out; close with finished_case_close() whether or not this fails
 *
 * Fails with EXIT_USAGE where the folder is none of a case, with EXIT_CONFIG or EXIT_INPUT where the
 * case is not done, or its network is not the one that it was done with. */
int finished_case_open(struct finished_case *finished, const char *path,
                       const struct config_named *named, struct error *err);
void finished_case_close(struct finished_case *finished);

#endif
