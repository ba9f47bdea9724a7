/* batchnorm_statistics.h - what all batch norms of a network work with, in one piece. */
#ifndef CORE_NETWORK_BATCHNORM_STATISTICS_H
#define CORE_NETWORK_BATCHNORM_STATISTICS_H

#include <stdbool.h>
#include <stddef.h>

struct batchnorm_statistics {
    float *values; /* of each layer with a batch norm, in the order of execution: mean
                      [channels], variance [channels]; owned */
    size_t count;  /* 0: the trained ones */
};

struct batchnorm_statistics
batchnorm_statistics_copy(const struct batchnorm_statistics *from);
void batchnorm_statistics_clear(struct batchnorm_statistics *statistics);
bool batchnorm_statistics_are_same(const struct batchnorm_statistics *left,
                                   const struct batchnorm_statistics *right);

#endif
