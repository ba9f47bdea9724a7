/* conv_tiles.h - cuts a convolution into tiles for the registers of an instruction set.
 *
 * A tile is some neighbouring output pixels x some panels of output channels; its sums stay in
 * registers. An instruction set brings a table of the tiles it has; here is decided which of
 * them cover an output best, and where each of them lies.
 */
#ifndef CORE_KERNEL_CONV_TILES_H
#define CORE_KERNEL_CONV_TILES_H

#include "core/kernel/kernel.h"

enum { TILE_PANELS_MOST = 4 };

/* Where one tile lies: its first pixel, and the way from a pixel to the next. Of floats `window` and
 * `weights` count bytes all the same; run_offsets are those that the convolution has. */
struct conv_tile {
    const uint8_t *window;
    ptrdiff_t window_step;
    const int32_t *run_offsets; /* those that count here */
    int runs;
    int run_bytes;
    const int8_t *weights; /* of the first panel, from the first of these runs on */
    ptrdiff_t run_weights; /* bytes from one run's weights to the next */
    size_t panel_bytes;    /* from one panel's weights to the next */
    struct conv_most most;
    int channel, channels; /* the first channel, and how many from there on are there */
    ptrdiff_t out, out_step;
    ptrdiff_t residual, residual_step;
    ptrdiff_t sum, sum_step; /* in window_sums */
    int pixels;              /* 1 or more, where the table leaves that open */
};

typedef void (*conv_tile_fn)(const struct epilogue *epilogue,
                             const struct conv_tile *tile);

/* Windows that tiles are for. A number of quads above these: of so many quads in one run, and only where codes
 * of a tame epilogue come out; such a tile has one pixel in the table, and as many as lie beside each other. */
enum tile_windows { ANY_WINDOWS, THREE_PIXELS /* that are neighbours, in each run */ };

/* A row of the table. Tables end with a row of no pixels, and have a row of one pixel for one
 * panel, so that every output can be covered. */
struct conv_tile_size {
    int pixels, panels;
    int cost;    /* time for one quad of input, in any unit: compared within a table */
    int windows; /* what it is for: one of enum tile_windows, or a number of quads */
    conv_tile_fn run;
};

/* Where the pixels of a tile may lie beside each other. */
enum tile_direction { TILES_ALONG_COLUMNS, TILES_ALONG_COLUMNS_OR_SAMPLES };

/* Runs the whole convolution. A packed weight has `weight_bytes` bytes. */
void conv_tiles_run(const struct conv_u8s8 *conv, const struct conv_tile_size *sizes,
                    enum tile_direction direction, size_t weight_bytes);

/* The same for floats: four bytes of the input are one element. */
void conv_tiles_run_f32(const struct conv_f32 *conv,
                        const struct conv_tile_size *sizes);

#endif
