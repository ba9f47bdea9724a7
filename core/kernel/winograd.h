/* winograd.h - convolutions of small codes with half of the multiplications: Winograd's minimal
 * filtering F(4, 3) along the columns (Lavin and Gray 2016, arXiv:1509.09308, section 4).
 *
 * A window row g of three pixels makes four neighbouring outputs y of six inputs d, in six products
 * instead of twelve, for each input channel:
 *
 *   e = B d     4 0 -5 0 1 0 / 0 -4 -4 1 1 0 / 0 4 -4 -1 1 0 / 0 -2 -1 2 1 0 / 0 2 -1 -2 1 0 / 0 4 0 -5 0 1
 *   f = G g     1 0 0 / 1 1 1 / 1 -1 1 / 1 2 4 / 1 -2 4 / 0 0 1
 *   y = A (e*f) 1/24 of: 6 -4 -4 1 1 0 / 0 -4 4 2 -2 0 / 0 -4 -4 4 4 0 / 0 -4 4 8 -8 24
 *
 * The products are summed up over channels and window rows before A. Everything is integer, and 24
 * divides what it must, so that the sums are those of the plain convolution. Codes must be so small
 * that e and f fit 8 bits; e is stored with 128 added. 24 times a sum fits 32 bits: it is 24 * 18 * 16
 * at most for each product, of which a network has 65,793 a sum (placement.c).
 */
#ifndef CORE_KERNEL_WINOGRAD_H
#define CORE_KERNEL_WINOGRAD_H

#include "core/kernel/conv_tiles.h"

enum {
    WINOGRAD_TAPS = 3,
    WINOGRAD_OUTPUTS = 4, /* of a tile */
    WINOGRAD_PLACES = 6,  /* products of a tile, and inputs */
    WINOGRAD_OFFSET = 128 /* added to transformed input */
};

/* Whether codes of these magnitudes are small enough. */
bool winograd_fits(int weight_most, int code_most);

/* Whether the kernels can do it, by its geometry; nothing else of `conv` is looked at: runs of three
 * neighbours that are a column apart, of a multiple of PANEL bytes each (three pixels with a stride of
 * one); no more than 8 runs, a row apart; columns in whole tiles. Runs must fill their bytes. */
bool winograd_suits(const struct conv_u8s8 *conv);

/* Bytes of scratch for such a convolution: the transformed input of one sample, or of a few. */
size_t winograd_scratch(const struct conv_u8s8 *conv);

/* As conv_u8s8_packed_bytes() and conv_u8s8_pack(), for kernels `winograd_u8s8`:
 * [channels / PANEL][runs] of [run_length / 3 / QUAD][places][PANEL][QUAD] transformed weights and
 * int32 [places][PANEL], what the offset of the input adds to the sums, negative. */
size_t winograd_packed_bytes(int channels, int runs, int run_length);
void winograd_pack(const int8_t *codes, int channels, int runs, int run_length,
                   void *packed);

/* ---- for the instruction sets ---------------------------------------------------------------- */

/* Transforms the input of `tiles` tiles of a row.
 *
 *   pixels       [4 * tiles + 2, channels], channels a multiple of PANEL
 *   transformed  [tiles, places, channels] out
 */
typedef void (*winograd_transform_fn)(const uint8_t *pixels, int channels, int tiles,
                                      uint8_t *transformed);

/* Runs the whole convolution. To the tiles of `sizes` a pixel is four outputs: `window` is its
 * transformed input, and each run's weights end with the int32 of its offset. */
void winograd_run(const struct conv_u8s8 *conv, winograd_transform_fn transform,
                  const struct conv_tile_size *sizes);

#endif
