/* qdq_plain.h - quantized weights that a file holds as floats, made integers again. */
#ifndef CORE_EXPORT_QDQ_PLAIN_H
#define CORE_EXPORT_QDQ_PLAIN_H

#include "core/network/placement.h"
#include "core/quant/weight_rules.h"

/* Gives layers of the file steps and corrections of the case where all its floats are values of integers with
 * them: the integers may be others than those of the case. Other layers stay as they are.
 *
 *   network, placement, choices  of the case
 *   rules                      of all weights
 *   file                       onnx_read(), network_take_qdq(), network_fuse() */
void qdq_take_plain(const struct network *network, const struct placement *placement,
                    const struct choice *choices, const struct weight_rules *rules,
                    struct network *file);

#endif
