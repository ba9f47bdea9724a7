#include "core/kernel/epilogue_avx512.h"
#include "core/kernel/kernel_variants.h"

#include <string.h>

enum { PIXELS_MOST = 16, PANELS_MOST = 4 };

/* A tile of `pixels` x `panels` accumulators: both are constants where it is inlined. */
#define TILE static inline __attribute__((always_inline)) void

static inline __m512i quad(const uint8_t *bytes)
{
    int32_t four;

    memcpy(&four, bytes, sizeof four);
    return _mm512_set1_epi32(four);
}

TILE multiply(const struct conv_u8s8 *conv, const uint8_t *const *windows,
              const int8_t *weights, size_t panel_bytes, const int pixels,
              const int panels, __m512i acc[PIXELS_MOST][PANELS_MOST])
{
    for (int run = 0; run < conv->runs; run++) {
        int32_t offset = conv->run_offsets[run];

        for (int byte = 0; byte < conv->run_bytes;
             byte += QUAD, weights += PANEL * QUAD) {
            __m512i w[PANELS_MOST];

#pragma GCC unroll 4
            for (int panel = 0; panel < panels; panel++)
                w[panel] = _mm512_load_si512(weights + (size_t)panel * panel_bytes);
#pragma GCC unroll 16
            for (int pixel = 0; pixel < pixels; pixel++) {
                __m512i x = quad(windows[pixel] + offset + byte);

#pragma GCC unroll 4
                for (int panel = 0; panel < panels; panel++)
                    acc[pixel][panel] =
                        _mm512_dpbusd_epi32(acc[pixel][panel], x, w[panel]);
            }
        }
    }
}

TILE tile(const struct conv_u8s8 *conv, const uint8_t *const *windows, size_t row,
          int channel, const int pixels, const int panels)
{
    const struct epilogue *epilogue = &conv->epilogue;
    size_t panel_bytes = (size_t)PANEL * (size_t)conv->runs * (size_t)conv->run_bytes;
    const int8_t *weights = conv->weights + (size_t)(channel / PANEL) * panel_bytes;
    __m512i acc[PIXELS_MOST][PANELS_MOST];

#pragma GCC unroll 16
    for (int pixel = 0; pixel < pixels; pixel++)
#pragma GCC unroll 4
        for (int panel = 0; panel < panels; panel++)
            acc[pixel][panel] = _mm512_setzero_si512();
    multiply(conv, windows, weights, panel_bytes, pixels, panels, acc);
#pragma GCC unroll 16
    for (int pixel = 0; pixel < pixels; pixel++) {
        size_t at = (row + (size_t)pixel) * epilogue->stride;
        int32_t sum =
            epilogue->correction ? epilogue->window_sums[row + (size_t)pixel] : 0;

#pragma GCC unroll 4
        for (int panel = 0; panel < panels; panel++) {
            int first = channel + panel * PANEL;

            /* Keeps gcc from spilling the accumulators around the loop above. */
            __asm__ volatile("" : "+v"(acc[pixel][panel]));
            epilogue_avx512(epilogue, first, at + (size_t)first,
                            channels_mask(conv->channels, first), acc[pixel][panel],
                            _mm512_set1_epi32(sum));
        }
    }
}

/* The pixels left over at the end of a row of tiles go one by one. */
#define DEFINE_STRIP(name, PIXELS, PANELS)                                             \
    static void name(const struct conv_u8s8 *conv, const uint8_t *const *windows,      \
                     int count, size_t row, int channel)                               \
    {                                                                                  \
        if (count == (PIXELS))                                                         \
            tile(conv, windows, row, channel, PIXELS, PANELS);                         \
        else                                                                           \
            for (int pixel = 0; pixel < count; pixel++)                                \
                tile(conv, windows + pixel, row + (size_t)pixel, channel, 1, PANELS);  \
    }

DEFINE_STRIP(strip_of_1_panel, 14, 1)
DEFINE_STRIP(strip_of_2_panels, 12, 2)
DEFINE_STRIP(strip_of_3_panels, 8, 3)
DEFINE_STRIP(strip_of_4_panels, 6, 4)

static const struct {
    int pixels;
    void (*run)(const struct conv_u8s8 *, const uint8_t *const *, int, size_t, int);
} strips[PANELS_MOST + 1] = {
    [1] = {14, strip_of_1_panel},
    [2] = {12, strip_of_2_panels},
    [3] = {8, strip_of_3_panels},
    [4] = {6, strip_of_4_panels},
};

static const uint8_t *window_of(const struct conv_u8s8 *conv, size_t row)
{
    return conv->input + row / (size_t)conv->pixels * conv->sample_bytes +
           conv->pixel_offsets[row % (size_t)conv->pixels];
}

/* All pixels of all samples, for `panels` panels of channels from `channel` on. */
static void columns(const struct conv_u8s8 *conv, int channel, int panels)
{
    size_t rows = (size_t)conv->samples * (size_t)conv->pixels;
    const uint8_t *windows[PIXELS_MOST];

    for (size_t row = 0; row < rows;) {
        int count = 0;
        size_t first = row;

        while (count < strips[panels].pixels && row < rows)
            windows[count++] = window_of(conv, row++);
        strips[panels].run(conv, windows, count, first, channel);
    }
}

void conv_u8s8_avx512vnni(const struct conv_u8s8 *conv)
{
    int panels = (conv->channels + PANEL - 1) / PANEL;

    for (int panel = 0; panel < panels;) {
        int left = panels - panel;
        /* 5 panels are 3 + 2, not 4 + 1 */
        int now = left <= PANELS_MOST       ? left
                  : left == PANELS_MOST + 1 ? 3
                                            : PANELS_MOST;

        columns(conv, panel * PANEL, now);
        panel += now;
    }
}
