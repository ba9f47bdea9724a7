#include "tests/support/kit.h"

#include "core/base/memory.h"
#include "core/format/data_file.h"
#include "core/onnx/onnx_read.h"
#include "core/rewrite/fuse.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

const char *kit_path(const char *variable, const char *fallback, const char *file)
{
    static char paths[4][4096];
    static int next;
    char *path = paths[next++ % 4];
    const char *folder = getenv(variable);

    snprintf(path, sizeof paths[0], "%s/%s", folder ? folder : fallback, file);
    if (access(path, R_OK) != 0) {
        print_message("skipped: %s is not there\n", path);
        skip();
    }
    return path;
}

static const char *in_kit(const char *file)
{
    return kit_path("CALQ_KIT", "../shared/kit", file);
}

struct network *kit_resnet20(void)
{
    struct error err = {0};
    struct network *network = onnx_read(in_kit("cifar10/resnet20.onnx"), &err);

    if (!network)
        fail_msg("%s", err.text);
    network_fuse(network);
    return network;
}

struct samples kit_images(size_t first, size_t count)
{
    struct config_model model = {
        .samples = "/images", .labels = "/labels", .scale = NAN};
    struct config_data data = {.file = (char *)in_kit("cifar10/test.h5"),
                               .samples = {.first = first, .count = count}};
    const struct tensor image = {.rank = 3,
                                 .dims = {3, 32, 32},
                                 .height = 32,
                                 .width = 32,
                                 .channels = 3,
                                 .count = 3072};
    struct error err = {0};
    struct data_file *file = data_file_open(&model, &data, &image, 10, true, &err);
    float *values = memory_get(count * 3072 * sizeof *values);
    int32_t *labels = memory_get(count * sizeof *labels);

    if (!file || data_file_read(file, 0, count, values, labels, NULL, &err) < 0)
        fail_msg("%s", err.text);
    data_file_close(file);
    return (struct samples){.values = values, .labels = labels, .count = count};
}

void kit_samples_clear(struct samples *samples)
{
    free((void *)samples->values);
    free((void *)samples->labels);
}
