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
    const struct config_constants constants = {.scale = NAN};
    const struct data_labels labels = {
        .dataset = "/labels", .are_needed = true, .classes = 10};
    const struct tensor image = {.rank = 3,
                                 .dims = {3, 32, 32},
                                 .height = 32,
                                 .width = 32,
                                 .channels = 3,
                                 .count = 3072};
    struct error err = {0};
    const struct data_input input = {&image, "/images", &constants};
    struct data_file *file =
        data_file_open(in_kit("cifar10/test.h5"), &input, 1, &labels,
                       (struct sample_range){first, count, false}, &err);
    struct sample_arrays arrays;

    if (!file)
        fail_msg("%s", err.text);
    data_file_make_arrays(file, count, &arrays);
    if (data_file_read(file, 0, count, &arrays, &err) < 0)
        fail_msg("%s", err.text);
    data_file_close(file);
    return sample_arrays_samples(&arrays);
}

void kit_samples_clear(struct samples *samples)
{
    free((void *)samples->values[0]);
    free((void *)samples->labels.values);
}
