/* fuzz_result.c - bytes as a result.json: what tables need of it, and the choices for a network. */
#include "core/base/memory.h"
#include "core/format/result.h"
#include "core/format/result_choices.h"
#include "tests/fuzz/image.h"
#include "tests/fuzz/small_network.h"

#include <stdlib.h>

static void read_choices(const char *folder)
{
    struct error err = {0};
    struct placement placement;
    struct choice *choices;

    small_network(&placement);
    choices = memory_zeroed((size_t)placement.count, sizeof *choices);
    result_read_choices(folder, &placement, choices, &err);
    free(choices);
    placement_clear(&placement);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct result result;

    image_path("result.json", bytes, size);
    if (result_read_json(&result, image_folder()))
        result_clear(&result);
    read_choices(image_folder());
    return 0;
}
