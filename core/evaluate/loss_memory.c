#include "core/evaluate/loss_memory.h"

#include "core/base/memory.h"

#include <math.h>
#include <stdlib.h>

void loss_memory_init(struct loss_memory *memory, size_t samples)
{
    *memory = (struct loss_memory){.samples = samples};
}

void loss_memory_clear(struct loss_memory *memory)
{
    for (int i = 0; i < LOSS_MEMORY_CANDIDATES; i++)
        free(memory->candidates[i].losses);
    *memory = (struct loss_memory){0};
}

/* No loss of a sample is infinite: it is finite or, where logits are not, NaN. */
bool loss_memory_lacks(double loss)
{
    return isinf(loss);
}

static void begin(const struct loss_memory *memory, struct sample_losses *candidate,
                  uint64_t signature)
{
    candidate->signature = signature;
    if (!candidate->losses)
        candidate->losses = memory_get(memory->samples * sizeof *candidate->losses);
    for (size_t i = 0; i < memory->samples; i++)
        candidate->losses[i] = INFINITY;
}

double *loss_memory_of(struct loss_memory *memory, uint64_t signature)
{
    struct sample_losses *found = &memory->candidates[0];

    for (int i = 0; i < LOSS_MEMORY_CANDIDATES; i++) {
        struct sample_losses *candidate = &memory->candidates[i];

        if (candidate->losses && candidate->signature == signature) {
            candidate->asked = ++memory->asked;
            return candidate->losses;
        }
        if (candidate->asked < found->asked)
            found = candidate;
    }
    begin(memory, found, signature);
    found->asked = ++memory->asked;
    return found->losses;
}
