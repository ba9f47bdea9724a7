/* fuzz_result.c - bytes as a result.json: what tables need of it, and the steps for a network. */
#include "core/base/memory.h"
#include "core/format/result.h"
#include "core/format/result_steps.h"
#include "tests/fuzz/image.h"
#include "tests/fuzz/small_network.h"

#include <stdlib.h>

static void read_steps(const char *folder)
{
    struct error err = {0};
    struct placement placement;
    float *steps;

    small_network(&placement);
    steps = memory_zeroed((size_t)placement.count, sizeof *steps);
    result_read_steps(folder, &placement, steps, &err);
    free(steps);
    placement_clear(&placement);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct result result;

    image_path("result.json", bytes, size);
    if (result_read_json(&result, image_folder()))
        result_clear(&result);
    read_steps(image_folder());
    return 0;
}
