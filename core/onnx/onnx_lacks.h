/* onnx_lacks.h - the operators that a graph needs and calq lacks. */
#ifndef CORE_ONNX_ONNX_LACKS_H
#define CORE_ONNX_ONNX_LACKS_H

#include "core/onnx/onnx_graph.h"

#include <stdbool.h>

/* Nodes of one operator that cannot be read. */
struct onnx_lack {
    const Onnx__NodeProto *proto; /* the first of them; borrowed from the graph */
    int index;                    /* of that node */
    bool on_computed;             /* the operator is known, but for constants only */
    size_t count;                 /* nodes */
};

struct onnx_lacks {
    struct onnx_lack *list; /* [count] the most frequent first; owned */
    size_t count;
};

/* Finds them among the nodes for which `is_needed` [nodes]. Nodes inside the graphs of If, Loop and
 * Scan are not looked at. What reads a node that is lacking is judged as if its input were of the
 * right kind. Clear with onnx_lacks_clear(). */
void onnx_lacks_find(const struct onnx_graph *graph, const bool *is_needed,
                     struct onnx_lacks *lacks);
void onnx_lacks_clear(struct onnx_lacks *lacks);

/* "LSTM (2), com.microsoft.Gelu (1), Gather on computed values (1)", cut to what fits into `text`
 * [bytes] with the number of those left out; returns `text`. */
const char *onnx_lacks_text(const struct onnx_lacks *lacks, char *text, size_t bytes);

/* What to do about some of them, as parts of a sentence that end in "; ": operators of other domains than ONNX's
 * own, sequences; written to `text` [ONNX_LACKS_ADVICE_BYTES], which is returned. */
enum { ONNX_LACKS_ADVICE_BYTES = 512 };
const char *onnx_lacks_advice(const struct onnx_lacks *lacks, char *text);

#endif
