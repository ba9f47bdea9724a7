/* fuzz_data.c - data files as bytes say: opened, and read where the samples are few. */
#include "core/format/data_file.h"
#include "tests/fuzz/built_data.h"
#include "tests/fuzz/image.h"

#include <math.h>
#include <stdint.h>

enum { CHANNELS = 2, HEIGHT = 3, WIDTH = 3, CLASSES = 4, SAMPLES_MOST = 64 };
static const struct tensor input = {.rank = 3,
                                    .dims = {CHANNELS, HEIGHT, WIDTH},
                                    .height = HEIGHT,
                                    .width = WIDTH,
                                    .channels = CHANNELS,
                                    .count = CHANNELS * HEIGHT * WIDTH};

static void read_samples(struct data_file *file)
{
    float values[CHANNELS * HEIGHT * WIDTH];
    struct error err = {0};
    int32_t label;
    uint64_t hash;

    for (size_t i = 0; i < data_file_count(file) && i < SAMPLES_MOST; i++)
        data_file_read(file, i, 1, values, &label, &hash, &err);
}

static void read_file(const char *path, bool needs_labels)
{
    static char samples[] = "/x", labels[] = "/y";
    struct config_data data = {.file = (char *)path, .samples = {0, SIZE_MAX, false}};
    struct config_model model = {.samples = samples, .labels = labels, .scale = NAN};
    const struct tensor input = {.rank = 3,
                                 .dims = {CHANNELS, HEIGHT, WIDTH},
                                 .height = HEIGHT,
                                 .width = WIDTH,
                                 .channels = CHANNELS,
                                 .count = CHANNELS * HEIGHT * WIDTH};
    struct error err = {0};
    struct data_file *file =
        data_file_open(&model, &data, &input, CLASSES, needs_labels, &err);

    if (!file)
        return;
    read_samples(file);
    data_file_close(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const char *path;

    if (!path)
        path = image_path("data.h5", bytes, size);
    built_data_write(path, bytes, size);
    read_file(path, size % 2 == 0);
    return 0;
}
