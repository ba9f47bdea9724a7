/* onnx_choices.h - what a file leaves open and its reader decides: sizes of dimensions, which output. */
#ifndef CORE_ONNX_ONNX_CHOICES_H
#define CORE_ONNX_ONNX_CHOICES_H

#include "core/base/error.h"
#include "core/network/network.h"
#include "onnx.pb-c.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All borrowed. */
struct onnx_choices {
    const char *output; /* its name; NULL: the only one */
    /* [shape_count] "name=size": the dimensions of that name in inputs get that size; of one that has no name,
     * the name is that of the input, a point and the number of the dimension: "x.2=224". An input that is one
     * whole number, without dimensions, is that number. */
    char *const *shape;
    int shape_count;
};

/* Makes the model as if the file said so: open dimensions of its inputs are fixed, and it has the one
 * output. `path` is for sentences.
 *
 * Fails with EXIT_CONFIG where there is no such open dimension or number, or no such output. */
int onnx_choices_apply(const char *path, const struct onnx_choices *choices,
                       Onnx__ModelProto *model, struct error *err);

/* Adds those of inputs that are numbers, which onnx_choices_apply() left, to the decisions of a network. */
void onnx_choices_decide(const struct onnx_choices *choices,
                         const Onnx__ModelProto *model, struct network *network);

/* Leaves the model the output of that name, where it has it. */
void onnx_choices_keep_output(Onnx__ModelProto *model, const char *name);

/* The names of the outputs but the one of that name, for people, to be freed; NULL: there are none. */
char *onnx_choices_other_outputs(const Onnx__ModelProto *model, const char *name);

/* The name and the size of "name=size"; false where it is none, or the size is not 1 .. INT32_MAX.
 *
 *   name_bytes   out: of the name, before "=" */
bool onnx_choices_parse(const char *text, size_t *name_bytes, int64_t *size);

#endif
