/* layer_quantize.c - rounds to the codes of a file; nothing runs it, see core/rewrite/qdq.h. */
#include "core/layer/layer_run.h"

static bool same_shape(const struct layer *ours, const struct layer *theirs)
{
    const struct file_codes *a = &ours->codes, *b = &theirs->codes;

    return a->step == b->step && a->lowest == b->lowest && a->highest == b->highest;
}

const struct layer_kind_row layer_quantize = {
    .name = "quantize",
    .codes = CODES_END,
    .macs = layer_kind_no_macs,
    .is_nonnegative = layer_kind_any_sign,
    .same_shape = same_shape,
    .other_constants = layer_kind_no_constants,
};
