/* ncnn_files.h - pairs of ncnn, written of a network and read back, for tests: by the documentation of the
 * format, and without what calq writes and reads them with. */
#ifndef TESTS_SUPPORT_NCNN_FILES_H
#define TESTS_SUPPORT_NCNN_FILES_H

#include "core/network/placement.h"

enum ncnn_style {
    NCNN_OF_PNNX, /* convrelu_3, fc_0; weights in halves; arrays as 10=0.0,6.0 */
    NCNN_OF_ONNX2NCNN, /* names of ONNX nodes; weights in floats; arrays as -23310=2,0.0,6.0 */
};

/* Writes a network, whose batch norms are folded, as these and ncnnoptimize do. Of layers that are no convolutions
 * only type, name and blobs matter here. */
void ncnn_files_write(const struct network *network, enum ncnn_style style,
                      const char *param, const char *bin);

struct ncnn_tally {
    int quantized, floats,
        handing_on; /* layers, of the first those whose outputs are codes */
    size_t codes;
};

/* Reads a pair in integers, whose convolutions are those of the network in order, and compares codes, scales
 * and biases with those of the evaluator. A difference ends the program with a sentence. */
struct ncnn_tally ncnn_files_compare(const struct network *network,
                                     const struct placement *placement,
                                     const struct choice *choices,
                                     struct weight_rules rules, const char *param,
                                     const char *bin);

#endif
