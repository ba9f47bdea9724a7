/* make_mobilenetv2.c - writes MobileNetV2 (Sandler et al. 2018, arXiv:1801.04381, table 2) with random
 * weights, for benchmarks: input [N, 3, 224, 224], 1000 logits.
 * Usage: make_mobilenetv2 FILE */
#include "tests/support/random_network.h"

#include <stdio.h>

enum { FIRST_CHANNELS = 32, LAST_CHANNELS = 1280 };

/* Blocks of one kind; the stride is that of the first of them. */
static const struct stage {
    int expansion, channels, blocks, stride;
} stages[] = {{1, 16, 1, 1}, {6, 24, 2, 2},  {6, 32, 3, 2}, {6, 64, 4, 2},
              {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}};

struct name {
    char text[32];
};

static struct name block_name(int block, const char *suffix)
{
    struct name name;

    snprintf(name.text, sizeof name.text, "block%d%s", block, suffix);
    return name;
}

/* to.relu = min(max(norm(conv(from)), 0), 6) */
static struct name add_relu6_conv(FILE *text, struct random_conv conv, const char *from,
                                  const char *to)
{
    struct name name;

    random_network_add_conv(text, &conv, from, to);
    snprintf(name.text, sizeof name.text, "%.24s.relu", to);
    fprintf(text, "node Clip %1$s zero six -> %2$s name=%2$s\n", to, name.text);
    return name;
}

/* An inverted residual: wide inside, narrow between. Returns what it gives. */
static struct name add_block(FILE *text, int block, int in, int out,
                             const struct stage *stage, int stride, struct name from)
{
    int wide = in * stage->expansion;
    struct name inner = from, last = block_name(block, ".project");

    if (wide != in)
        inner = add_relu6_conv(text, (struct random_conv){in, wide, 1, 1, 1}, from.text,
                               block_name(block, ".expand").text);
    inner = add_relu6_conv(text, (struct random_conv){wide, wide, 3, stride, wide},
                           inner.text, block_name(block, ".depthwise").text);
    random_network_add_conv(text, &(struct random_conv){wide, out, 1, 1, 1}, inner.text,
                            last.text);
    if (in != out || stride != 1)
        return last;
    fprintf(text, "node Add %1$s %2$s -> %3$s name=%3$s\n", last.text, from.text,
            block_name(block, ".sum").text);
    return block_name(block, ".sum");
}

/* Returns what the last block gives. */
static struct name add_blocks(FILE *text, struct name from)
{
    int in = FIRST_CHANNELS, block = 1;

    for (size_t i = 0; i < sizeof stages / sizeof *stages; i++)
        for (int j = 0; j < stages[i].blocks; j++) {
            from = add_block(text, block++, in, stages[i].channels, &stages[i],
                             j == 0 ? stages[i].stride : 1, from);
            in = stages[i].channels;
        }
    return from;
}

static void describe(FILE *text)
{
    struct name last;

    fputs("input input N,3,224,224\nfloats zero - = 0\nfloats six - = 6\n", text);
    last = add_relu6_conv(text, (struct random_conv){3, FIRST_CHANNELS, 3, 2, 1},
                          "input", "stem");
    last = add_blocks(text, last);
    last = add_relu6_conv(text, (struct random_conv){320, LAST_CHANNELS, 1, 1, 1},
                          last.text, "head");
    random_network_add_classifier(text, LAST_CHANNELS, last.text);
}

int main(int count, char **arguments)
{
    return random_network_main("make_mobilenetv2", 2, describe, count, arguments);
}
