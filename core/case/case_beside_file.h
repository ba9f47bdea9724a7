/* case_beside_file.h - a case that is done and a file that was read back, evaluated side by side. */
#ifndef CORE_CASE_CASE_BESIDE_FILE_H
#define CORE_CASE_CASE_BESIDE_FILE_H

#include "core/case/finished_case.h"

struct beside_file {
    struct score ours,
        theirs; /* calibration loss of the case's network, and of the file's */
    size_t samples, other_predictions; /* of the samples to judge */
    double largest_difference;         /* of logits */
};

/* Evaluates both on the case's samples. Losses to the float network hold both against the network as its
 * file has it, before anything was done to it, as the search does.
 *
 *   file    the layers and the codes of the case's network, see qdq_compare(): its steps are the case's; numbered
 *           alike, see qdq_number_alike()
 *   beside  out */
int case_beside_file(const struct finished_case *finished, const struct network *file,
                     struct beside_file *beside, struct error *err);

/* Whether both give the same bits. */
bool beside_file_is_same(const struct beside_file *beside);

/* How the loss that was found to be ours compares with that of result.json. */
enum loss_found {
    LOSS_FOUND_AGAIN,   /* to the last bit, where that can be asked for */
    LOSS_FOUND_NEARLY,  /* as near as other roundings of float layers come */
    LOSS_FOUND_ANOTHER, /* it is not what the case found */
};

/* Where the result is of a calq with the same digits the loss has to be the very same; others round
 * float layers differently, and codes beside the middle of two may be others.
 *
 *   score  of the case's network on the samples of the search */
enum loss_found case_loss_found(const struct finished_case *finished,
                                const struct score *score);

/* Whether the result was found by a calq that computes the same digits. */
bool case_has_our_digits(const struct finished_case *finished);

#endif
