/* plane.h - how the codes of an activation tensor are laid out: NHWC with a border.
 *
 * The border holds the code of zero and is as wide as the widest padding of the convolutions
 * that read the tensor, so that they read it where it is. Floats have no border.
 */
#ifndef CORE_LAYER_PLANE_H
#define CORE_LAYER_PLANE_H

#include "core/kernel/kernel.h"
#include "core/network/network.h"

/* One sample: [top + height + bottom, left + width + right, channels] elements, and a gap behind
 * it where samples would otherwise fall into the same few places of the cache. */
struct plane {
    int height, width, channels;
    int top, left, bottom, right;
    int gap; /* elements */
};

/* The planes of all tensors of a network: [tensors], to be freed by the caller. */
struct plane *planes_of(const struct network *network);

/* So many elements further in a sample without a border are so many in the plane, where that is one step along
 * the rows, columns or channels, or one of a dimension that these hold. */
ptrdiff_t plane_stride(const struct plane *plane, ptrdiff_t without_border);

/* The plane without border and gap. */
struct plane plane_bare(const struct plane *plane);

static inline ptrdiff_t plane_row(const struct plane *plane)
{
    return (ptrdiff_t)(plane->left + plane->width + plane->right) * plane->channels;
}

/* Elements of one sample, with border and gap: from one sample to the next. */
static inline size_t plane_count(const struct plane *plane)
{
    return (size_t)((plane->top + plane->height + plane->bottom) * plane_row(plane) +
                    plane->gap);
}

/* Elements of one sample, without the border. */
static inline size_t plane_inner_count(const struct plane *plane)
{
    return (size_t)plane->height * (size_t)plane->width * (size_t)plane->channels;
}

/* Where the first pixel is that is no border. */
static inline ptrdiff_t plane_first(const struct plane *plane)
{
    return plane->top * plane_row(plane) + (ptrdiff_t)plane->left * plane->channels;
}

static inline struct strides plane_strides(const struct plane *plane)
{
    return (struct strides){(ptrdiff_t)plane_count(plane), plane_row(plane),
                            plane->channels};
}

static inline bool plane_has_border(const struct plane *plane)
{
    return plane->top || plane->left || plane->bottom || plane->right;
}

/* Fills the border of `samples` planes of elements of `element_bytes` bytes each. */
void plane_fill_border(const struct plane *plane, int samples, size_t element_bytes,
                       uint8_t byte, void *planes);

#endif
