#include "bench/network_peer.h"

#include "core/export/onnx_write.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NAME_BYTES = 256 };

/* A few samples are enough for steps. */
static int bytes_of(struct placed_network placed, uint8_t **bytes, size_t *size,
                    struct error *err)
{
    const struct state as_in_the_file = {0};
    struct network_trial trial;
    int status;

    network_trial_init(&trial, placed, kernel_set_best(), 1);
    status = onnx_write(&(struct onnx_calibrated){.network = placed.network,
                                                  .placement = placed.placement,
                                                  .choices = trial.choices,
                                                  .state = &as_in_the_file,
                                                  .for_integer_kernels = true},
                        bytes, size, err);
    network_trial_clear(&trial);
    return status;
}

/* A file that the peer removes once it has read it; `path` [PEER_PATH_BYTES] out. */
static int write_file(const uint8_t *bytes, size_t size, char *path, struct error *err)
{
    const char *folder = getenv("TMPDIR");
    FILE *file;
    bool is_whole;
    int handle;

    snprintf(path, PEER_PATH_BYTES, "%s/calq-bench-XXXXXX", folder ? folder : "/tmp");
    handle = mkstemp(path);
    file = handle < 0 ? NULL : fdopen(handle, "wb");
    if (!file)
        return error_set(err, EXIT_MACHINE, "cannot create %s: %s", path,
                         strerror(errno));
    is_whole = fwrite(bytes, 1, size, file) == size;
    if (fclose(file) == 0 && is_whole)
        return 0;
    error_set(err, EXIT_MACHINE, "cannot write %s: %s", path, strerror(errno));
    remove(path);
    return -1;
}

/* `NAME=MOST` of inputs that are numbers of rows: no number is larger. */
static void describe_inputs(const struct network *network,
                            char names[NETWORK_INPUTS_MAX][NAME_BYTES],
                            char **arguments)
{
    for (int input = 0; input < network->input_count; input++) {
        const struct tensor *tensor = network_input(network, input);

        if (tensor->element == ELEMENT_FLOAT)
            continue;
        snprintf(names[input], NAME_BYTES, "%s=%d", tensor->name, tensor->most);
        *arguments++ = names[input];
    }
    *arguments = NULL;
}

static struct peer *start_on(const struct network *network, char *script, char *path,
                             int block, struct error *err)
{
    char names[NETWORK_INPUTS_MAX][NAME_BYTES], batch[16];
    char *arguments[4 + NETWORK_INPUTS_MAX + 1] = {"node", script, path, batch};

    snprintf(batch, sizeof batch, "%d", block);
    describe_inputs(network, names, arguments + 4);
    return peer_start(arguments, err);
}

int network_peer_start(struct placed_network placed, int block, struct peer **peer,
                       struct error *err)
{
    char script[PEER_PATH_BYTES], module[PEER_PATH_BYTES], path[PEER_PATH_BYTES];
    uint8_t *bytes;
    size_t size;
    int status;

    *peer = NULL;
    if (!peer_path("../tests/peers/onnxruntime.js", script) ||
        !peer_path("../tests/peers/node_modules/onnxruntime-node", module))
        return 0;
    if (bytes_of(placed, &bytes, &size, err) < 0)
        return -1;
    status = write_file(bytes, size, path, err);
    free(bytes);
    if (status < 0)
        return -1;
    *peer = start_on(placed.network, script, path, block, err);
    return *peer ? 0 : -1;
}
