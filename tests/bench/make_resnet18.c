/* make_resnet18.c - writes ResNet-18 (He et al. 2015, arXiv:1512.03385, table 1) with random
 * weights, for benchmarks: input [N, 3, 224, 224], 1000 logits, projection shortcuts.
 * Usage: make_resnet18 FILE */
#include "tests/support/random_network.h"

#include <stdio.h>

enum { STAGES = 4, BLOCKS_A_STAGE = 2, FIRST_CHANNELS = 64 };

struct shape {
    int in, out; /* channels */
    int size;    /* height = width of the window */
    int stride;
};

static void add_conv(FILE *text, struct shape shape, const char *from, const char *to)
{
    random_network_add_conv(
        text, &(struct random_conv){shape.in, shape.out, shape.size, shape.stride, 1},
        from, to);
}

static void add_relu(FILE *text, const char *from, const char *to)
{
    fprintf(text, "node Relu %1$s -> %2$s name=%2$s\n", from, to);
}

struct name {
    char text[32];
};

static struct name block_name(int block, const char *suffix)
{
    struct name name;

    snprintf(name.text, sizeof name.text, "block%d%s", block + 1, suffix);
    return name;
}

/* from [in, ...] -> blockN [out, ...] = relu(second(relu(first(from))) + shortcut(from)); the
 * shortcut is a projection where the shape changes. */
static void add_block(FILE *text, int block, int in, int out, const char *from)
{
    int stride = in == out ? 1 : 2;
    struct name first = block_name(block, ".first");
    struct name inner = block_name(block, ".inner");
    struct name second = block_name(block, ".second");
    struct name projection = block_name(block, ".projection");
    struct name sum = block_name(block, ".sum");
    const char *shortcut = from;

    add_conv(text, (struct shape){in, out, 3, stride}, from, first.text);
    add_relu(text, first.text, inner.text);
    add_conv(text, (struct shape){out, out, 3, 1}, inner.text, second.text);
    if (in != out) {
        shortcut = projection.text;
        add_conv(text, (struct shape){in, out, 1, stride}, from, shortcut);
    }
    fprintf(text, "node Add %1$s %2$s -> %3$s name=%3$s\n", second.text, shortcut,
            sum.text);
    add_relu(text, sum.text, block_name(block, "").text);
}

/* [3, 224, 224] -> pool [64, 56, 56] */
static void add_stem(FILE *text)
{
    fputs("input input N,3,224,224\n", text);
    add_conv(text, (struct shape){3, FIRST_CHANNELS, 7, 2}, "input", "stem");
    add_relu(text, "stem", "stem.relu");
    fputs("node MaxPool stem.relu -> pool name=pool kernel_shape=3,3 pads=1,1,1,1 "
          "strides=2,2\n",
          text);
}

/* pool [64, 56, 56] -> the last block [512, 7, 7], whose name this returns */
static struct name add_blocks(FILE *text)
{
    struct name last = {"pool"};
    int in = FIRST_CHANNELS;

    for (int block = 0; block < STAGES * BLOCKS_A_STAGE; block++) {
        int out = FIRST_CHANNELS << block / BLOCKS_A_STAGE;

        add_block(text, block, in, out, last.text);
        last = block_name(block, "");
        in = out;
    }
    return last;
}

static void describe(FILE *text)
{
    add_stem(text);
    random_network_add_classifier(text, FIRST_CHANNELS << (STAGES - 1),
                                  add_blocks(text).text);
}

int main(int count, char **arguments)
{
    return random_network_main("make_resnet18", 18, describe, count, arguments);
}
