/* onnx_decision.h - files that hold several networks: the branches of an If, a number that decides between them. */
#ifndef CORE_ONNX_ONNX_DECISION_H
#define CORE_ONNX_ONNX_DECISION_H

#include "core/network/network.h"
#include "onnx.pb-c.h"

/* Makes the model as if the file had decided so:
 *
 *   then, else   the nodes of that branch take the place of the If; what they give has the names of what it gave
 *   both         those of both, and a Where behind them chooses by the condition
 *   number       the input is a constant
 *
 * Names of a branch that the file has outside, too, are changed. `path` is for sentences. Fails where the If, its
 * branches or the input are not there, or a branch gives less than the If. */
int onnx_decision_apply(const char *path, Onnx__ModelProto *model,
                        const struct network_decision *decision, struct error *err);

/* The input of that name, where it is one whole number: of int32 or int64, without dimensions; or NULL. */
const Onnx__ValueInfoProto *onnx_decision_number(const Onnx__GraphProto *graph,
                                                 const char *name, size_t name_bytes);

#endif
