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
    struct sample_arrays arrays;
    struct error err = {0};
    uint64_t hash;

    data_file_make_arrays(file, 1, &arrays);
    for (size_t i = 0; i < data_file_count(file) && i < SAMPLES_MOST; i++) {
        arrays.count = 0;
        if (data_file_read(file, i, 1, &arrays, &err) == 0)
            data_file_hash(file, i, 1, &hash, &err);
    }
    sample_arrays_clear(&arrays);
}

static void read_file(const char *path, bool needs_labels)
{
    const struct config_constants constants = {.scale = NAN};
    const struct data_input reads = {&input, "/x", &constants};
    const struct data_labels labels = {
        .dataset = "/y", .are_needed = needs_labels, .classes = CLASSES};
    struct error err = {0};
    struct data_file *file = data_file_open(
        path, &reads, 1, &labels, (struct sample_range){0, SIZE_MAX, false}, &err);

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
