#include "core/case/sample_draw.h"

#include "core/base/memory.h"
#include "core/base/random.h"

#include <assert.h>

size_t *sample_draw_find(struct sample_draw draw, size_t of)
{
    struct random_stream stream = {draw.seed};
    size_t *samples = memory_get(draw.count * sizeof *samples), found = 0;

    assert(draw.count <= of);
    for (size_t i = 0; found < draw.count; i++)
        if ((double)(of - i) * random_fraction(&stream) < (double)(draw.count - found))
            samples[found++] = i;
    return samples;
}
