#include "core/kernel/conv_few.h"
#include "core/kernel/conv_finish_avx512.h"
#include "core/kernel/quad_avx512.h"

enum {
    FEW_WEIGHTS_MOST = 16, /* registers */
    FEW_SUMS = 4           /* that are made codes together: of 4, 2 or 1 pixels */
};

/* What all pixels need, `quads` and `panels` being constants: copies, for what is stored could be anything that a
 * pointer leads to. What there are no registers for is behind pointers. */
struct few {
    __m512i weights[FEW_WEIGHTS_MOST];
    __m512 scale[TILE_PANELS_MOST], shift[TILE_PANELS_MOST];
    struct byte_rule rule;
    const int32_t *biases;
    const float *shifts, *corrections;
    const uint8_t *window, *residual;
    const float *sums;
    ptrdiff_t window_step, residual_step, sum_step;
};

INLINE struct few few_of(const struct epilogue *epilogue, const struct conv_tile *tile,
                         const int quads, const int panels, const int traits)
{
    struct few few = {
        .rule = byte_rule_of(epilogue),
        .biases = epilogue->bias + tile->channel,
        .shifts = epilogue->shift + tile->channel,
        .corrections = traits & CORRECTS ? epilogue->correction + tile->channel : NULL,
        .window = tile->window + tile->run_offsets[0],
        .window_step = tile->window_step,
        .residual = traits & ADDS ? epilogue->residual_u8 + tile->residual : NULL,
        .residual_step = tile->residual_step,
        .sums = traits & CORRECTS ? epilogue->window_sums + tile->sum : NULL,
        .sum_step = tile->sum_step,
    };

#pragma GCC unroll 4
    for (int panel = 0; panel < panels; panel++) {
        const int8_t *weights = tile->weights + (size_t)panel * tile->panel_bytes;

        few.scale[panel] =
            _mm512_loadu_ps(epilogue->scale + tile->channel + panel * PANEL);
        few.shift[panel] = _mm512_loadu_ps(few.shifts + panel * PANEL);
#pragma GCC unroll 16
        for (int at = 0; at < quads; at++)
            few.weights[at * panels + panel] =
                _mm512_load_si512(weights + at * PANEL * QUAD);
    }
    return few;
}

/* A value of the epilogue; the sum has begun with the bias. */
INLINE __m512 few_value(const struct few *few, const int panel, const int traits,
                        __m512i acc, __m512 sum)
{
    /* A plain epilogue leaves registers for the shifts. */
    __m512 v =
        traits == 0 ? few->shift[panel] : _mm512_loadu_ps(few->shifts + panel * PANEL);

    if (traits & CORRECTS)
        v = _mm512_fmadd_ps(sum, _mm512_loadu_ps(few->corrections + panel * PANEL), v);
    return _mm512_fmadd_ps(_mm512_cvtepi32_ps(acc), few->scale[panel], v);
}

/* The rounded values of a pixel, a vector a panel. */
INLINE void few_values(const struct few *few, const int quads, const int panels,
                       const int traits, ptrdiff_t pixel, __m512i *rounded)
{
    const uint8_t *window = few->window + pixel * few->window_step;
    const __m512 sum =
        _mm512_set1_ps(traits & CORRECTS ? few->sums[pixel * few->sum_step] : 0);

#pragma GCC unroll 4
    for (int panel = 0; panel < panels; panel++)
        rounded[panel] = _mm512_loadu_si512(few->biases + panel * PANEL);
#pragma GCC unroll 16
    for (int at = 0; at < quads; at++) {
        const __m512i x = quad(window + at * QUAD);

#pragma GCC unroll 4
        for (int panel = 0; panel < panels; panel++)
            rounded[panel] = _mm512_dpbusd_epi32(rounded[panel], x,
                                                 few->weights[at * panels + panel]);
    }
#pragma GCC unroll 4
    for (int panel = 0; panel < panels; panel++) {
        __m512 v = few_value(few, panel, traits, rounded[panel], sum);

        if (traits & ADDS)
            v = add_codes(few->residual + pixel * few->residual_step + panel * PANEL,
                          few->rule.residual_scale, v);
        rounded[panel] = _mm512_cvtps_epi32(v);
    }
}

/* All pixels of the tile. */
INLINE void run_few(const struct epilogue *epilogue, const struct conv_tile *tile,
                    const int quads, const int panels, const int traits)
{
    const struct few few = few_of(epilogue, tile, quads, panels, traits);
    const int channels = tile->channels, pixels = tile->pixels;
    const int at_once = FEW_SUMS / panels;
    const ptrdiff_t step = tile->out_step;
    uint8_t *out = epilogue->out_u8 + tile->out;
    int done = 0;

    for (; channels >= panels * PANEL && done + at_once <= pixels; done += at_once) {
        __m512i rounded[FEW_SUMS];

#pragma GCC unroll 4
        for (int i = 0; i < at_once; i++)
            few_values(&few, quads, panels, traits, done + i, rounded + i * panels);
        store_codes(out + done * step, step, panels, 0, FEW_SUMS,
                    codes_avx512(&few.rule, traits, rounded));
    }
    for (; done < pixels; done++) {
        const int count = channels < panels * PANEL ? channels : panels * PANEL;
        __m512i rounded[FEW_SUMS];

        few_values(&few, quads, panels, traits, done, rounded);
#pragma GCC unroll 4
        for (int i = panels; i < FEW_SUMS; i++)
            rounded[i] = rounded[0];
        _mm512_mask_storeu_epi8(out + done * step,
                                ~(__mmask64)0 >> (FEW_SUMS * PANEL - count),
                                codes_avx512(&few.rule, traits, rounded));
    }
}

/* Windows of so many quads, for so many panels: those where it is faster than in tiles, which is where sums are short
 * beside what the epilogue costs. */
#define DEFINE_FEW(QUADS, PANELS)                                                      \
    void conv_few_##QUADS##x##PANELS##_avx512vnni(const struct epilogue *epilogue,     \
                                                  const struct conv_tile *tile)        \
    {                                                                                  \
        const int traits = epilogue_traits(epilogue);                                  \
                                                                                       \
        _Pragma("GCC unroll 8") for (int known = 0; known < TRAITS_COUNT;              \
                                     known++) if (traits == known)                     \
            run_few(epilogue, tile, QUADS, PANELS, known);                             \
    }

DEFINE_FEW(2, 4)
DEFINE_FEW(2, 2)
DEFINE_FEW(2, 1)
DEFINE_FEW(4, 4)
