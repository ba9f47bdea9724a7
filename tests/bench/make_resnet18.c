/* make_resnet18.c - writes ResNet-18 (He et al. 2015, arXiv:1512.03385, table 1) with random
 * weights, for benchmarks: input [N, 3, 224, 224], 1000 logits, projection shortcuts.
 * Usage: make_resnet18 FILE */
#include "tests/support/random_network.h"

#include <stdio.h>
#include <stdlib.h>

enum { STAGES = 4, BLOCKS_A_STAGE = 2, FIRST_CHANNELS = 64, CLASSES = 1000 };

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

/* from [512, 7, 7] -> logits [1000] */
static void add_classifier(FILE *text, const char *from)
{
    int in = FIRST_CHANNELS << (STAGES - 1);

    fprintf(text, "floats classify.weight %d,%d\n", CLASSES, in);
    fprintf(text, "floats classify.bias %d = 0\n", CLASSES);
    fprintf(text, "node GlobalAveragePool %s -> average name=average\n", from);
    fputs("node Flatten average -> features name=flatten axis=1\n", text);
    fputs("node Gemm features classify.weight classify.bias -> logits name=classify "
          "transB=1\n"
          "output logits\n",
          text);
}

int main(int count, char **arguments)
{
    char *script = NULL;
    size_t size;
    FILE *text;

    if (count != 2) {
        fprintf(stderr, "usage: make_resnet18 FILE\n");
        return 2;
    }
    text = open_memstream(&script, &size);
    if (!text)
        return 1;
    add_stem(text);
    add_classifier(text, add_blocks(text).text);
    fclose(text);
    random_network_write("make_resnet18", script, 18, arguments[1]);
    free(script);
    return 0;
}
