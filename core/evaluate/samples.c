#include "core/evaluate/samples.h"

#include "core/evaluate/mean_iou.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

/* Where the labels of a sample begin; NULL: there are none, or of another element. */
static const void *labels_of(const struct samples *samples, size_t index,
                             enum element element)
{
    const struct labels *labels = &samples->labels;

    if (!labels->values || labels->element != element)
        return NULL;
    return (const char *)labels->values +
           index * labels->per_sample * TENSOR_ELEMENT_BYTES;
}

static struct score_finite finite_of(const float *logits, const float *in_float,
                                     size_t count)
{
    bool own = loss_has_finite_logits(logits, count);

    return (struct score_finite){
        own, own && (!in_float || loss_has_finite_logits(in_float, count))};
}

double samples_score(const struct samples *samples, size_t index, const float *logits,
                     struct output_shape shape, struct score *score)
{
    size_t count = shape.places * shape.outputs;
    const int32_t *classes = labels_of(samples, index, ELEMENT_INT32);
    const float *numbers = labels_of(samples, index, ELEMENT_FLOAT);
    const float *in_float =
        samples->float_logits ? samples->float_logits + index * count : NULL;
    struct score_finite finite = finite_of(logits, in_float, count);
    double loss = 0;

    assert(!classes || samples->labels.per_sample == shape.places);
    assert(!numbers || samples->labels.per_sample == count);
    score_add_sample(score, finite);
    for (size_t place = 0; place < shape.places; place++) {
        size_t at = place * shape.outputs;

        loss +=
            score_add_prediction(score, samples->loss, logits + at, shape.outputs,
                                 (struct expected){classes ? classes[place] : NO_LABEL,
                                                   in_float ? in_float + at : NULL,
                                                   numbers ? numbers + at : NULL},
                                 finite);
    }
    if (shape.is_image && classes) {
        double iou = mean_iou(logits, classes, shape.places, shape.outputs);

        score_add_iou(score, finite.own || isnan(iou) ? iou : 0);
    }
    return loss;
}

void sample_arrays_clear(struct sample_arrays *arrays)
{
    for (int input = 0; input < NETWORK_INPUTS_MAX; input++)
        free(arrays->values[input]);
    free(arrays->labels);
    free(arrays->groups);
    *arrays = (struct sample_arrays){0};
}

struct samples sample_arrays_samples(const struct sample_arrays *arrays)
{
    struct samples samples = {
        .labels = {arrays->labels, arrays->labels_per_sample, arrays->label_element},
        .groups = arrays->groups,
        .count = arrays->count,
    };

    for (int input = 0; input < NETWORK_INPUTS_MAX; input++)
        samples.values[input] = arrays->values[input];
    return samples;
}
