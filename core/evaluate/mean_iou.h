/* mean_iou.h - how well predicted and true regions of an image cover each other. */
#ifndef CORE_EVALUATE_MEAN_IOU_H
#define CORE_EVALUATE_MEAN_IOU_H

#include <stddef.h>
#include <stdint.h>

/* Over the classes that an image has, truly or as predicted: the mean of pixels of both / pixels of any
 * (Jaccard 1912, by image). Pixels without a class count for nothing.
 *
 *   logits  [pixels, classes]
 *   labels  [pixels] below zero: none
 *
 * NaN where no pixel has a class. */
double mean_iou(const float *logits, const int32_t *labels, size_t pixels,
                size_t classes);

#endif
