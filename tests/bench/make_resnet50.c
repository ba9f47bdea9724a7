/* make_resnet50.c - writes ResNet-50 (He et al. 2015, arXiv:1512.03385, table 1) with random
 * weights, for benchmarks: input [N, 3, 224, 224], 1000 logits, projection shortcuts. The stride of a stage
 * is that of the 3x3 convolution of its first block, as frameworks have it today.
 * Usage: make_resnet50 FILE */
#include "tests/support/random_network.h"

#include <stdio.h>

enum { STAGES = 4, FIRST_CHANNELS = 64, EXPANSION = 4 };

static const int blocks_of[STAGES] = {3, 4, 6, 3};

struct name {
    char text[32];
};

static struct name block_name(int block, const char *suffix)
{
    struct name name;

    snprintf(name.text, sizeof name.text, "block%d%s", block, suffix);
    return name;
}

static void add_relu(FILE *text, const char *from, const char *to)
{
    fprintf(text, "node Relu %1$s -> %2$s name=%2$s\n", from, to);
}

/* to = relu(norm(conv(from))) */
static struct name add_relu_conv(FILE *text, struct random_conv conv, struct name from,
                                 int block, const char *suffix)
{
    struct name name = block_name(block, suffix), relu;

    snprintf(relu.text, sizeof relu.text, "%.24s.relu", name.text);
    random_network_add_conv(text, &conv, from.text, name.text);
    add_relu(text, name.text, relu.text);
    return relu;
}

/* A bottleneck: narrow inside, EXPANSION times as wide outside. Returns what it gives. */
static struct name add_block(FILE *text, int block, int in, int narrow, int stride,
                             struct name from)
{
    struct name inner, last = block_name(block, ".third"), shortcut = from;
    struct name sum = block_name(block, ".sum"), to = block_name(block, "");
    int wide = EXPANSION * narrow;

    inner = add_relu_conv(text, (struct random_conv){in, narrow, 1, 1, 1}, from, block,
                          ".first");
    inner = add_relu_conv(text, (struct random_conv){narrow, narrow, 3, stride, 1},
                          inner, block, ".second");
    random_network_add_conv(text, &(struct random_conv){narrow, wide, 1, 1, 1},
                            inner.text, last.text);
    if (in != wide) {
        shortcut = block_name(block, ".projection");
        random_network_add_conv(text, &(struct random_conv){in, wide, 1, stride, 1},
                                from.text, shortcut.text);
    }
    fprintf(text, "node Add %1$s %2$s -> %3$s name=%3$s\n", last.text, shortcut.text,
            sum.text);
    add_relu(text, sum.text, to.text);
    return to;
}

/* [3, 224, 224] -> pool [64, 56, 56] */
static struct name add_stem(FILE *text)
{
    const struct random_conv conv = {3, FIRST_CHANNELS, 7, 2, 1};

    fputs("input input N,3,224,224\n", text);
    random_network_add_conv(text, &conv, "input", "stem");
    add_relu(text, "stem", "stem.relu");
    fputs("node MaxPool stem.relu -> pool name=pool kernel_shape=3,3 pads=1,1,1,1 "
          "strides=2,2\n",
          text);
    return (struct name){"pool"};
}

/* from [64, 56, 56] -> the last block [2048, 7, 7] */
static struct name add_blocks(FILE *text, struct name from)
{
    int in = FIRST_CHANNELS, block = 1;

    for (int stage = 0; stage < STAGES; stage++)
        for (int i = 0; i < blocks_of[stage]; i++) {
            int narrow = FIRST_CHANNELS << stage;

            from =
                add_block(text, block++, in, narrow, i == 0 && stage > 0 ? 2 : 1, from);
            in = EXPANSION * narrow;
        }
    return from;
}

static void describe(FILE *text)
{
    random_network_add_classifier(text, EXPANSION * FIRST_CHANNELS << (STAGES - 1),
                                  add_blocks(text, add_stem(text)).text);
}

int main(int count, char **arguments)
{
    return random_network_main("make_resnet50", 50, describe, count, arguments);
}
