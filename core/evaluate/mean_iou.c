#include "core/evaluate/mean_iou.h"

#include "core/base/memory.h"
#include "core/evaluate/loss.h"

#include <math.h>
#include <stdlib.h>

/* Pixels of a class. */
struct region {
    int64_t both, any;
};

static void add_pixel(struct region *regions, int truly, int predicted)
{
    regions[truly].any++;
    if (truly == predicted)
        regions[truly].both++;
    else
        regions[predicted].any++;
}

static double mean_of(const struct region *regions, size_t count)
{
    double sum = 0;
    int64_t there = 0;

    for (size_t i = 0; i < count; i++)
        if (regions[i].any > 0) {
            sum += (double)regions[i].both / (double)regions[i].any;
            there++;
        }
    return there > 0 ? sum / (double)there : NAN;
}

double mean_iou(const float *logits, const int32_t *labels, size_t pixels,
                size_t classes)
{
    size_t count = classes > 1 ? classes : 2; /* one output says yes or no */
    struct region *regions = memory_zeroed(count, sizeof *regions);
    double mean;

    for (size_t i = 0; i < pixels; i++)
        if (labels[i] >= 0)
            add_pixel(regions, labels[i],
                      loss_prediction(logits + i * classes, classes));
    mean = mean_of(regions, count);
    free(regions);
    return mean;
}
