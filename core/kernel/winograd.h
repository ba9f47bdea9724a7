/* winograd.h - convolutions with fewer multiplications: Winograd's minimal filtering along the columns
 * (Lavin and Gray 2016, arXiv:1509.09308, section 4).
 *
 * A window row g of three pixels makes neighbouring outputs y of inputs d by products at `places`, for
 * each input channel: four outputs by six products instead of twelve, F(4, 3),
 *
 *   e = B d     4 0 -5 0 1 0 / 0 -4 -4 1 1 0 / 0 4 -4 -1 1 0 / 0 -2 -1 2 1 0 / 0 2 -1 -2 1 0 / 0 4 0 -5 0 1
 *   f = G g     1 0 0 / 1 1 1 / 1 -1 1 / 1 2 4 / 1 -2 4 / 0 0 1
 *   y = A (e*f) 1/24 of: 6 -4 -4 1 1 0 / 0 -4 4 2 -2 0 / 0 -4 -4 4 4 0 / 0 -4 4 8 -8 24
 *
 * or two outputs by four products instead of six, F(2, 3), whose numbers stay smaller:
 *
 *   e = B d     1 0 -1 0 / 0 1 1 0 / 0 -1 1 0 / 0 1 0 -1
 *   f = G g     1 0 0 / 1 1 1 / 1 -1 1 / 0 0 1
 *   y = A (e*f) 1/2 of: 2 1 1 0 / 0 1 -1 -2
 *
 * The products are summed up over channels and window rows before A. Everything is integer, and 24 and 2
 * divide what they must, so that the sums are those of the plain convolution.
 */
#ifndef CORE_KERNEL_WINOGRAD_H
#define CORE_KERNEL_WINOGRAD_H

#include "core/kernel/conv_tiles.h"

enum {
    WINOGRAD_TAPS = 3,
    WINOGRAD_PLACES_MOST = 6,
    WINOGRAD_OFFSET = 128 /* added to the transformed input of `winograd_four_bytes` */
};

/* How codes are transformed. */
struct winograd_form {
    int outputs, places; /* of a tile */
    int code_bytes;      /* of transformed codes, of weights as of the input */
    /* Whether codes are small enough, for sums of so many products of transformed ones, and products
     * without a transform slower. */
    bool (*fits)(struct conv_most most, long products);
    void (*transform)(const int g[WINOGRAD_TAPS], int f[WINOGRAD_PLACES_MOST]);
    /* What is added to the transformed input at a place. */
    int (*offset)(struct conv_most most, int place);
};

/* F(4, 3) in bytes, for products that are added in 32 bits: weights to 18, which are 4 bits of midrise and
 * 5 of other grids, and inputs to 16, 4 bits. */
extern const struct winograd_form winograd_four_bytes;

/* F(2, 3) in bytes, for pairs of products that are added in 16 bits: at least 4 quads must fit. The offset
 * of a difference is the largest input. */
extern const struct winograd_form winograd_two_bytes;

/* F(4, 3) in 16 bits, for codes whose products are large; and F(2, 3), for columns that are no multiple of 4. */
extern const struct winograd_form winograd_four_words, winograd_two_words;

/* A kernel: for sums that winograd_for() tells, those of conv_u8s8. */
struct winograd_kernel {
    const struct winograd_form *form; /* NULL ends a list */
    bool place_by_place; /* weights are packed [places][quads]; else [quads][places] */
    conv_u8s8_fn run;
};

/* The first of the set's kernels that can do it, or NULL: by the magnitudes of codes, and by geometry: runs of
 * three neighbours that are a column apart, of a multiple of PANEL bytes each (three pixels with a stride of
 * one); no more than 8 runs, a row apart; columns in whole tiles. Runs must fill their bytes.
 *
 *   conv  its geometry and `most`; nothing else is looked at
 */
const struct winograd_kernel *winograd_for(const struct kernel_set *set,
                                           const struct conv_u8s8 *conv);

/* Bytes of scratch for such a convolution, whatever its codes are: the transformed input of one sample, or of a
 * few. 0 where no kernel of the set suits its geometry. */
size_t winograd_scratch(const struct kernel_set *set, const struct conv_u8s8 *conv);

/* As conv_u8s8_packed_bytes() and conv_u8s8_pack(): [channels / PANEL][runs] of transformed weights,
 * [places] and [run_length / 3 / QUAD] in the kernel's order, [PANEL][QUAD]; and int32 [places][PANEL], what
 * the offset of the input adds to the sums, negative. */
size_t winograd_packed_bytes(const struct winograd_kernel *kernel, int channels,
                             int runs, int run_length);
void winograd_pack(const struct winograd_kernel *kernel, struct conv_most most,
                   const int8_t *codes, int channels, int runs, int run_length,
                   void *packed);

/* ---- for the instruction sets ---------------------------------------------------------------- */

/* Transforms the input of `tiles` tiles of a row.
 *
 *   pixels       [outputs * tiles + 2, channels], channels a multiple of PANEL
 *   most         the largest code
 *   transformed  [tiles, places, channels] out
 */
typedef void (*winograd_transform_fn)(const uint8_t *pixels, int channels, int tiles,
                                      int most, uint8_t *transformed);

/* Runs the whole convolution. To the tiles of `sizes` a pixel is as many outputs as the form says: `window` is
 * its transformed input, and each run's weights end with the int32 of its offset. */
void winograd_run(const struct conv_u8s8 *conv, const struct winograd_form *form,
                  winograd_transform_fn transform, const struct conv_tile_size *sizes);

#endif
