#include "core/layer/code_moves.h"

#include "core/base/memory.h"

#include <stdlib.h>
#include <string.h>

/* Where element `at` of a sample without border is in a plane with one. */
static int32_t place_of(const struct plane *plane, int32_t at)
{
    int32_t row = plane->width * plane->channels;

    return (int32_t)(plane_first(plane) + at / row * plane_row(plane) + at % row);
}

static bool continues(const struct code_move *move, int32_t from, int32_t to)
{
    return move->from + move->count == from && move->to + move->count == to;
}

static void list_moves(struct code_moves *moves, const struct rearrange *rearrange,
                       const struct plane *from, const struct plane *to)
{
    int32_t count = (int32_t)plane_inner_count(to);

    moves->list = memory_get((size_t)count * sizeof *moves->list);
    for (int32_t at = 0; at < count; at++) {
        int32_t source = rearrange->from[at];
        struct code_move move = {.to = place_of(to, at), .count = 1};

        if (source < 0) {
            moves->fills = true;
            continue;
        }
        move.from = place_of(from, source);
        if (moves->count > 0 &&
            continues(&moves->list[moves->count - 1], move.from, move.to))
            moves->list[moves->count - 1].count++;
        else
            moves->list[moves->count++] = move;
    }
    moves->list =
        memory_resize(moves->list, (size_t)moves->count * sizeof *moves->list);
}

void code_moves_init(struct code_moves *moves, const struct rearrange *rearrange,
                     const struct plane *from, const struct plane *to)
{
    *moves = (struct code_moves){0};
    if (!plane_has_border(from) && !plane_has_border(to))
        turned_blocks_find(&moves->blocks, rearrange->from, plane_inner_count(to));
    if (moves->blocks.count == 0)
        list_moves(moves, rearrange, from, to);
}

void code_moves_clear(struct code_moves *moves)
{
    turned_blocks_clear(&moves->blocks);
    free(moves->list);
    *moves = (struct code_moves){0};
}

/* Runs are often short: no call for those of a few vectors. */
static inline void move_bytes(const uint8_t *from, uint8_t *to, size_t count)
{
    enum { PIECE = 16 };

    if (count > 4 * PIECE || count % PIECE != 0) {
        memcpy(to, from, count);
        return;
    }
    for (size_t at = 0; at < count; at += PIECE)
        memcpy(to + at, from + at, PIECE);
}

static void move_all(const struct code_moves *moves, const uint8_t *source,
                     uint8_t *target)
{
    for (int i = 0; i < moves->count; i++) {
        const struct code_move *move = &moves->list[i];

        move_bytes(source + move->from, target + move->to, (size_t)move->count);
    }
}

void code_moves_run(const struct code_moves *moves, const struct value *from,
                    int samples, struct value *to)
{
    size_t from_bytes = plane_count(from->plane), to_bytes = plane_count(to->plane);
    const uint8_t *source = from->data;
    uint8_t *target = to->data;

    if (moves->fills)
        memset(target, to->zero_code, (size_t)samples * to_bytes);
    for (int sample = 0; sample < samples; sample++) {
        turned_blocks_bytes(&moves->blocks, source, target);
        move_all(moves, source, target);
        source += from_bytes;
        target += to_bytes;
    }
}
