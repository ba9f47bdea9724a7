/* ncnn_files.c - the pair of ncnn of a case: as converters write it, and what `calq export --to ncnn` made of it.
 * Usage: ncnn_files write CASE pnnx|onnx2ncnn PARAM BIN
 *        ncnn_files compare CASE PARAM BIN */
#include "tests/support/ncnn_files.h"
#include "coordinator/named_settings.h"
#include "core/case/finished_case.h"
#include "core/case/shard.h"

#include <stdio.h>
#include <string.h>

/* The float network as its file has it, batch norms folded. */
static int write(const struct finished_case *finished, char **arguments,
                 struct error *err)
{
    struct network *network = shard_read_network(finished->one, err);

    if (!network)
        return -1;
    ncnn_files_write(
        network, strcmp(arguments[0], "pnnx") == 0 ? NCNN_OF_PNNX : NCNN_OF_ONNX2NCNN,
        arguments[1], arguments[2]);
    network_destroy(network);
    return 0;
}

static int compare(const struct finished_case *finished, char **arguments)
{
    const struct ncnn_tally tally =
        ncnn_files_compare(finished->network, &finished->placement, finished->choices,
                           finished->rules, arguments[0], arguments[1]);

    printf(
        "%d layers in integers, %d give integers, %d in float, %zu codes: the same\n",
        tally.quantized, tally.handing_on, tally.floats, tally.codes);
    return 0;
}

int main(int count, char **arguments)
{
    struct finished_case finished;
    struct error err = {0};
    int status;

    if (count != (count > 1 && strcmp(arguments[1], "write") == 0 ? 6 : 5)) {
        fprintf(stderr, "usage: ncnn_files write CASE pnnx|onnx2ncnn PARAM BIN\n"
                        "       ncnn_files compare CASE PARAM BIN\n");
        return 2;
    }
    status = finished_case_open(&finished, arguments[2], &named_settings, &err);
    if (status == 0)
        status = count == 6 ? write(&finished, arguments + 3, &err)
                            : compare(&finished, arguments + 3);
    if (status != 0)
        fprintf(stderr, "ncnn_files: %s\n", err.text);
    finished_case_close(&finished);
    return status == 0 ? 0 : 1;
}
