/* kit.h - the real networks and data that some tests measure with, where they are present. */
#ifndef TESTS_SUPPORT_KIT_H
#define TESTS_SUPPORT_KIT_H

#include "core/evaluate/evaluator.h"
#include "core/network/network.h"

/* A path inside the folder of environment variable `variable` (CALQ_KIT, CALQ_GOLDEN), or
 * skips the running test by name when there is no such file. Static memory. */
const char *kit_path(const char *variable, const char *fallback, const char *file);

/* The ResNet-20 of the kit, fused. Destroy with network_destroy(). */
struct network *kit_resnet20(void);

/* Images [first, first + count) of the kit's CIFAR-10 test.h5, normalised. */
struct samples kit_images(size_t first, size_t count);
void kit_samples_clear(struct samples *samples);

#endif
