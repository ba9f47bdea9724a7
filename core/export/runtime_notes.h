/* runtime_notes.h - what ONNX Runtime 1.30 does with a file on the CPU beyond, or other than, what the file says. */
#ifndef CORE_EXPORT_RUNTIME_NOTES_H
#define CORE_EXPORT_RUNTIME_NOTES_H

#include "core/network/placement.h"
#include "core/quant/weight_rules.h"

/* A sentence a line for each kind of difference, with how many layers it concerns and the first of them; "" where
 * there is none. To be freed by the caller.
 *
 *   network, placement, choices  of the case
 *   rules                      of all weights
 *   file                       its layers, which are those of the case's network, as they were read:
 *                              onnx_read(), network_take_qdq(), network_fuse() */
char *runtime_notes(const struct network *network, const struct placement *placement,
                    const struct choice *choices, const struct weight_rules *rules,
                    const struct network *file);

/* The same of an exact file whose signed codes are int8; of its layers with weights there is nothing to say. */
char *runtime_notes_of_int8(const struct network *network,
                            const struct placement *placement,
                            const struct choice *choices);

#endif
