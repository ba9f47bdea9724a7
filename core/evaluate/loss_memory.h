/* loss_memory.h - the losses of single samples under the candidates that were scored last. */
#ifndef CORE_EVALUATE_LOSS_MEMORY_H
#define CORE_EVALUATE_LOSS_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* So many candidates are remembered. */
enum { LOSS_MEMORY_CANDIDATES = 16 };

struct loss_memory {
    size_t samples;
    unsigned long asked; /* so often */
    struct sample_losses {
        uint64_t signature;
        unsigned long asked; /* when last; 0: never */
        double *losses;      /* [samples] owned; NULL: never asked for */
    } candidates[LOSS_MEMORY_CANDIDATES];
};

void loss_memory_init(struct loss_memory *memory, size_t samples);
void loss_memory_clear(struct loss_memory *memory);

/* The losses [samples] of a candidate, by the signature of its output, in place of those that were not asked for
 * the longest time where it is new: then all are unknown. Borrowed, until LOSS_MEMORY_CANDIDATES others were
 * asked for. */
double *loss_memory_of(struct loss_memory *memory, uint64_t signature);

/* Whether a loss was never written. */
bool loss_memory_lacks(double loss);

#endif
