#include "core/kernel/conv_tiles.h"

#include <assert.h>
#include <limits.h>
#include <string.h>

/* What is to be covered, and with which tiles. */
struct tiling {
    const struct conv_u8s8 *conv;
    const struct conv_tile_size *sizes;
    int panels;
    size_t run_weights; /* bytes of one run's weights in a panel */
};

/* One direction of the output: its length, and the way from an element to the next. */
struct axis {
    int count;
    ptrdiff_t window, out, residual, sum;
};

enum { SIZES_MOST = 12 };

/* The sizes that fit, by the number of panels. */
struct fitting {
    const struct conv_tile_size *sizes[TILE_PANELS_MOST + 1][SIZES_MOST];
    int counts[TILE_PANELS_MOST + 1];
};

/* The output as the tiles go over it. Tiles lie along `inner`; only `rows` tells which runs
 * count. */
struct cover {
    struct axis rows, outer, inner;
    bool is_turned; /* `outer` are columns, `inner` are samples */
    struct fitting fitting;
};

static struct cover cover_of(const struct conv_u8s8 *conv)
{
    const struct epilogue *epilogue = &conv->epilogue;

    return (struct cover){
        .outer = {conv->samples, conv->windows.sample, epilogue->out.sample,
                  epilogue->residual.sample, (ptrdiff_t)conv->rows * conv->columns},
        .rows = {conv->rows, conv->windows.row, epilogue->out.row,
                 epilogue->residual.row, conv->columns},
        .inner = {conv->columns, conv->windows.column, epilogue->out.column,
                  epilogue->residual.column, 1},
    };
}

/* Whether the end of one `inner` is where the next one begins. */
static bool continues(const struct axis *inner, const struct axis *next)
{
    return next->window == inner->count * inner->window &&
           next->out == inner->count * inner->out &&
           next->residual == inner->count * inner->residual &&
           next->sum == inner->count * inner->sum;
}

static void merge(struct axis *inner, struct axis *next)
{
    if (next->count > 1 && !continues(inner, next))
        return;
    inner->count *= next->count;
    next->count = 1;
}

/* Rows and samples that follow each other without a gap become one long row. */
static void lengthen(const struct conv_u8s8 *conv, struct cover *cover)
{
    if (conv->row_runs || conv->column_bytes)
        return;
    merge(&cover->inner, &cover->rows);
    if (cover->rows.count == 1)
        merge(&cover->inner, &cover->outer);
}

/* Whether all windows are one run of so many quads, and codes come out as of tiles that need that. */
static bool are_few(const struct conv_u8s8 *conv, int quads)
{
    const struct epilogue *epilogue = &conv->epilogue;

    return conv->runs == 1 && conv->run_bytes == quads * QUAD && !conv->row_runs &&
           !conv->column_bytes && epilogue->out_u8 && epilogue->is_tame &&
           !epilogue->residual_f32;
}

static bool fits(const struct conv_tile_size *size, const struct tiling *tiling,
                 const struct axis *inner)
{
    const struct conv_u8s8 *conv = tiling->conv;

    if (size->pixels > inner->count)
        return false;
    if (size->windows == THREE_PIXELS)
        return inner->window * 3 == conv->run_bytes && inner->window % QUAD == 0;
    return size->windows == ANY_WINDOWS || are_few(conv, size->windows);
}

/* Once for a cover: sizes are compared with each other often. */
static void find_fitting(const struct tiling *tiling, struct cover *cover)
{
    struct fitting *fitting = &cover->fitting;

    memset(fitting->counts, 0, sizeof fitting->counts);
    for (const struct conv_tile_size *size = tiling->sizes; size->pixels; size++)
        if (fits(size, tiling, &cover->inner)) {
            assert(fitting->counts[size->panels] < SIZES_MOST);
            fitting->sizes[size->panels][fitting->counts[size->panels]++] = size;
        }
}

/* The cheapest tile of so many panels that covers `pixels` pixels, or NULL. */
static const struct conv_tile_size *cheapest_over(const struct cover *cover, int panels,
                                                  int pixels)
{
    const struct conv_tile_size *best = NULL;

    for (int i = 0; i < cover->fitting.counts[panels]; i++) {
        const struct conv_tile_size *size = cover->fitting.sizes[panels][i];

        if (size->pixels >= pixels && size->windows <= THREE_PIXELS &&
            (!best || size->cost < best->cost))
            best = size;
    }
    return best;
}

/* Whole tiles, and one over what is left. */
static long cost_along(const struct cover *cover, const struct conv_tile_size *size)
{
    int left = cover->inner.count % size->pixels;
    long cost = (long)(cover->inner.count / size->pixels) * size->cost;

    return left ? cost + cheapest_over(cover, size->panels, left)->cost : cost;
}

/* The cheapest tiles of each number of panels, and what they cost; NULL where there are none. */
struct choice {
    const struct conv_tile_size *of[TILE_PANELS_MOST + 1];
    long cost[TILE_PANELS_MOST + 1];
};

static struct choice choose(const struct cover *cover)
{
    struct choice choice = {0};

    for (int panels = 1; panels <= TILE_PANELS_MOST; panels++)
        for (int i = 0; i < cover->fitting.counts[panels]; i++) {
            const struct conv_tile_size *size = cover->fitting.sizes[panels][i];
            long cost = cost_along(cover, size);

            if (!choice.of[panels] || cost < choice.cost[panels]) {
                choice.of[panels] = size;
                choice.cost[panels] = cost;
            }
        }
    assert(choice.of[1]);
    return choice;
}

/* Panels [first, end), a whole number of tiles of this size. */
struct part {
    int first, end;
    const struct conv_tile_size *size;
};

/* How all panels are covered: as many as possible with one size, the rest with others. */
struct parts {
    struct part list[TILE_PANELS_MOST];
    int count;
    long cost;
};

/* The cheapest parts that cover panels [first, end). */
static struct parts parts_of(const struct choice *choice, int first, int end)
{
    struct parts best = {.cost = first == end ? 0 : LONG_MAX};

    for (int by = 1; by <= TILE_PANELS_MOST && by <= end - first; by++) {
        int whole = (end - first) / by, middle = first + whole * by;
        struct parts parts;

        if (!choice->of[by])
            continue;
        parts = parts_of(choice, middle, end);
        parts.cost += whole * choice->cost[by];
        if (parts.cost < best.cost) {
            memmove(parts.list + 1, parts.list,
                    (size_t)parts.count++ * sizeof *parts.list);
            parts.list[0] = (struct part){first, middle, choice->of[by]};
            best = parts;
        }
    }
    return best;
}

static struct parts parts_along(const struct tiling *tiling, const struct cover *cover)
{
    struct choice choice = choose(cover);

    return parts_of(&choice, 0, tiling->panels);
}

/* Bytes of a run that count, summed over what `outer` goes over. */
static long bytes_of_cover(const struct conv_u8s8 *conv, const struct cover *cover)
{
    long bytes = 0;

    if (!cover->is_turned || !conv->column_bytes)
        return (long)cover->outer.count * conv->run_bytes;
    for (int column = 0; column < conv->columns; column++)
        bytes += conv->column_bytes[column].end - conv->column_bytes[column].first;
    return bytes;
}

static long cost_of_cover(const struct tiling *tiling, const struct cover *cover)
{
    return bytes_of_cover(tiling->conv, cover) * parts_along(tiling, cover).cost;
}

/* Whether what is read lies in the second cache: else tiles across the samples wait for as many places far
 * from each other. */
static bool is_near(const struct conv_u8s8 *conv)
{
    const ptrdiff_t near_bytes = 512 * 1024;

    return conv->samples * conv->windows.sample <= near_bytes;
}

/* Short rows are better covered across the samples; and where tiles lie across the samples, bytes
 * that are padding need not be multiplied. */
static void turn(const struct tiling *tiling, struct cover *cover)
{
    const double least_gain = is_near(tiling->conv) ? 1.02 : 1.25;
    struct cover turned = {.rows = cover->rows,
                           .outer = cover->inner,
                           .inner = cover->outer,
                           .is_turned = true};

    find_fitting(tiling, &turned);
    if (least_gain * (double)cost_of_cover(tiling, &turned) <
        (double)cost_of_cover(tiling, cover))
        *cover = turned;
}

/* ---- going over the cover ---------------------------------------------------------------- */

static void move(struct conv_tile *tile, const struct axis *axis, int to)
{
    tile->window += to * axis->window;
    tile->out += to * axis->out;
    tile->residual += to * axis->residual;
    tile->sum += to * axis->sum;
}

/* Part of a row: pixels [begin, end) along `inner`. */
struct stretch {
    int outer, row, begin, end;
};

static struct conv_tile tile_at(const struct tiling *tiling, const struct cover *cover,
                                const struct stretch *stretch, int panel)
{
    const struct conv_u8s8 *conv = tiling->conv;
    struct span runs = {0, conv->runs}, bytes = {0, conv->run_bytes};
    struct conv_tile tile = {
        .window_step = cover->inner.window,
        .run_weights = (ptrdiff_t)tiling->run_weights,
        .panel_bytes = (size_t)conv->runs * tiling->run_weights,
        .most = conv->most,
        .channel = panel * PANEL,
        .channels = conv->channels - panel * PANEL,
        .out = (ptrdiff_t)panel * PANEL,
        .out_step = cover->inner.out,
        .residual = (ptrdiff_t)panel * PANEL,
        .residual_step = cover->inner.residual,
        .sum_step = cover->inner.sum,
    };

    if (conv->row_runs)
        runs = conv->row_runs[stretch->row];
    if (conv->column_bytes && cover->is_turned)
        bytes = conv->column_bytes[stretch->outer];
    tile.run_offsets = conv->run_offsets + runs.first;
    tile.runs = runs.end - runs.first;
    tile.run_bytes = bytes.end - bytes.first;
    tile.window = conv->input + bytes.first;
    tile.weights = conv->weights + (size_t)panel * tile.panel_bytes +
                   (size_t)runs.first * tiling->run_weights +
                   tiling->run_weights / (size_t)conv->run_bytes * (size_t)bytes.first;
    move(&tile, &cover->outer, stretch->outer);
    move(&tile, &cover->rows, stretch->row);
    return tile;
}

/* Tiles over a stretch; the last one may begin earlier than the one before it ends, and compute
 * some pixels again. */
static void run_stretch(const struct tiling *tiling, const struct cover *cover,
                        const struct conv_tile_size *size,
                        const struct stretch *stretch, int panel)
{
    const struct epilogue *epilogue = &tiling->conv->epilogue;
    struct conv_tile tile = tile_at(tiling, cover, stretch, panel);
    int at = stretch->begin;

    move(&tile, &cover->inner, at);
    for (; at + size->pixels <= stretch->end; at += size->pixels) {
        size->run(epilogue, &tile);
        move(&tile, &cover->inner, size->pixels);
    }
    if (at < stretch->end) {
        size = cheapest_over(cover, size->panels, stretch->end - at);
        move(&tile, &cover->inner, stretch->end - size->pixels - at);
        size->run(epilogue, &tile);
    }
}

/* One tile that takes as many pixels as there are. */
static void run_at_once(const struct tiling *tiling, const struct cover *cover,
                        const struct conv_tile_size *size,
                        const struct stretch *stretch, int panel)
{
    struct conv_tile tile = tile_at(tiling, cover, stretch, panel);

    move(&tile, &cover->inner, stretch->begin);
    tile.pixels = stretch->end - stretch->begin;
    size->run(&tiling->conv->epilogue, &tile);
}

/* The panels of a part, over a stretch. */
static void run_part(const struct tiling *tiling, const struct cover *cover,
                     const struct part *part, const struct stretch *stretch)
{
    if (part->size->windows > THREE_PIXELS) {
        for (int panel = part->first; panel < part->end; panel += part->size->panels)
            run_at_once(tiling, cover, part->size, stretch, panel);
        return;
    }
    for (int panel = part->first; panel < part->end; panel += part->size->panels)
        run_stretch(tiling, cover, part->size, stretch, panel);
}

enum {
    SMALL_WEIGHTS =
        24 * 1024, /* bytes that may stay in the first cache beside the rest */
    STRETCH = 112  /* pixels: whole tiles of 7, 8, 14 and 16 */
};

/* All pixels, stretch after stretch, each for all of these parts. */
static void run_pixels(const struct tiling *tiling, const struct cover *cover,
                       const struct part *parts, int count)
{
    for (int outer = 0; outer < cover->outer.count; outer++)
        for (int row = 0; row < cover->rows.count; row++)
            for (int begin = 0; begin < cover->inner.count; begin += STRETCH) {
                int left = cover->inner.count - begin;
                struct stretch stretch = {outer, row, begin,
                                          begin + (left < STRETCH ? left : STRETCH)};

                for (int part = 0; part < count; part++)
                    run_part(tiling, cover, &parts[part], &stretch);
            }
}

void conv_tiles_run(const struct conv_u8s8 *conv, const struct conv_tile_size *sizes,
                    enum tile_direction direction, size_t weight_bytes)
{
    struct cover cover = cover_of(conv);
    const struct tiling tiling = {
        .conv = conv,
        .sizes = sizes,
        .panels = (conv->channels + PANEL - 1) / PANEL,
        .run_weights = (size_t)PANEL * (size_t)conv->run_bytes * weight_bytes,
    };
    struct parts parts;

    lengthen(conv, &cover);
    find_fitting(&tiling, &cover);
    if (direction == TILES_ALONG_COLUMNS_OR_SAMPLES)
        turn(&tiling, &cover);
    parts = parts_along(&tiling, &cover);
    /* Few weights stay in the cache while the pixels go by, and each pixel's output is written
     * at once. Otherwise the pixels go by again for each few panels. */
    if ((size_t)tiling.panels * (size_t)conv->runs * tiling.run_weights <=
        SMALL_WEIGHTS) {
        run_pixels(&tiling, &cover, parts.list, parts.count);
        return;
    }
    for (int i = 0; i < parts.count; i++)
        for (int panel = parts.list[i].first; panel < parts.list[i].end;
             panel += parts.list[i].size->panels) {
            struct part few = {panel, panel + parts.list[i].size->panels,
                               parts.list[i].size};

            run_pixels(&tiling, &cover, &few, 1);
        }
}

static struct strides in_bytes(const struct strides *floats)
{
    const ptrdiff_t each = sizeof(float);

    return (struct strides){floats->sample * each, floats->row * each,
                            floats->column * each};
}

/* A float stands where the others have a quad: packed weights have as many bytes for it. */
void conv_tiles_run_f32(const struct conv_f32 *conv, const struct conv_tile_size *sizes)
{
    const struct conv_u8s8 as_bytes = {
        .input = (const uint8_t *)conv->input,
        .windows = in_bytes(&conv->windows),
        .samples = conv->samples,
        .rows = conv->rows,
        .columns = conv->columns,
        .run_offsets = conv->run_offsets,
        .runs = conv->runs,
        .run_bytes = conv->run_length * (int)sizeof(float),
        .row_runs = conv->row_runs,
        .weights = (const int8_t *)conv->weights,
        .channels = conv->channels,
        .epilogue = conv->epilogue,
    };

    conv_tiles_run(&as_bytes, sizes, TILES_ALONG_COLUMNS_OR_SAMPLES, sizeof(int8_t));
}
