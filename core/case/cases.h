/* cases.h - the cases of a configuration: model x target x bits x method. */
#ifndef CORE_CASE_CASES_H
#define CORE_CASE_CASES_H

#include "core/format/config.h"
#include "core/network/placement.h"

enum { CASE_ID_BYTES = 192 };

struct calibration_case {
    char id[CASE_ID_BYTES]; /* e.g. resnet20-paper-W4A4-lapq; names its folder */
    const struct config_model *model;
    enum config_target target;
    struct config_bits bits;
    const struct config_method_settings *method;
};

struct cases {
    struct calibration_case
        *list; /* [count] in the order of the configuration; owned */
    int count;
};

/* What one run takes of the cases that several runs share: of `count` parts the `number`th, from 1
 * on. Its cases are those whose index modulo `count` is number - 1; of 1 part it is all. */
struct cases_part {
    int number, count;
};

bool cases_part_has(struct cases_part part, int index);

/* `config` is borrowed. Ids are unique: methods that would share one are numbered, before cases are
 * left out, so that no id depends on `exclude`.
 *
 *   cases  out; clear with cases_clear() whether or not this fails
 *
 * Fails with EXIT_CONFIG when no case is left, or an entry of `exclude` fits none. */
int cases_init(struct cases *cases, const struct config *config, struct error *err);
void cases_clear(struct cases *cases);

/* What may be done to all weights before they are quantized or afterwards, as bits. */
enum treatment {
    TREAT_EQUALIZE = 1, /* pairs of layers are equalised, see equalisation.h */
    TREAT_CORRECT = 2   /* bias correction of mean, or mean and variance */
};

/* Treatments that a case asks for, those of them that are kept without a
 * judgement, and the one it begins with: the float network is that of the file until it is
 * looked at. */
unsigned case_treatments(const struct calibration_case *one);
unsigned case_settled_treatments(const struct calibration_case *one);
unsigned case_first_treatments(const struct calibration_case *one);

/* The grids that a target uses, and its rules for a case. `rules` borrows from the case. */
struct placement_rules case_rules(const struct calibration_case *one);

/* Makes of a network as it was read the one that a case runs: fused, sums apart from convolutions where
 * all activations are quantized, batch norms folded where asked for. ncnn has no batch norms behind
 * integers, and rounds what a product reads, not what others read beside it. */
void case_fuse(const struct calibration_case *one, struct network *network);

#endif
