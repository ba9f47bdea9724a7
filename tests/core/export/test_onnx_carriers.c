#include "core/export/onnx_carriers.h"

#include "core/network/early_codes.h"
#include "core/onnx/onnx_read.h"
#include "core/rewrite/fuse.h"
#include "tests/support/onnx_builder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static struct error err;

#define HEAD                                                                           \
    "input x N,3,8,8\nfloats w1 4,3,3,3\nfloats w2 4,4,1,1\nfloats w3 4,8,1,1\n"       \
    "node Conv x w1 -> c1 pads=1,1,1,1\nnode Relu c1 -> r1\n"                          \
    "node Conv r1 w2 -> c2\nnode Relu c2 -> r2\n"                                      \
    "node Conv r1 w2 -> c3\nnode Relu c3 -> r3\n"
#define TAIL "node Flatten last -> y\noutput y\n"

/* The carriers are listed as `name>tensor of the item`, in the order of their names. */
static const struct way {
    const char *fact, *text, *carriers;
    int bits;
} ways[] = {
    {"both branches of a concat",
     HEAD "node Concat r2 r3 -> k axis=1\nnode Conv k w3 -> last\n" TAIL, "r2>k r3>k",
     8},
    {"a concat before a pool",
     HEAD "node Concat r2 r3 -> k axis=1\nnode MaxPool k -> p kernel_shape=2,2\n"
          "node Conv p w3 -> last\n" TAIL,
     "k>p r2>p r3>p", 8},
    {"none with fewer codes, which are cut by a node of their own",
     HEAD "node Concat r2 r3 -> k axis=1\nnode Conv k w3 -> last\n" TAIL, "", 7},
    {"not what a layer reads by codes of another step",
     HEAD "node Conv r3 w2 -> c4\nnode Relu c4 -> r4\nnode Concat r3 r4 -> k axis=1\n"
          "node Conv k w3 -> last\n" TAIL,
     "r4>k", 8},
    {"not what is added too",
     HEAD "node Add r2 r3 -> a\nnode Concat r2 a -> k axis=1\n"
          "node Conv k w3 -> last\n" TAIL,
     "a>k", 8},
    {"not what two pools round with two steps",
     HEAD
     "node MaxPool r2 -> p kernel_shape=2,2\nnode MaxPool r2 -> q kernel_shape=3,3\n"
     "node Conv p w2 -> c4\nnode Conv q w2 -> c5\nnode Flatten c4 -> f\n"
     "node Flatten c5 -> g\nnode Concat f g -> y axis=1\noutput y\n",
     "", 8},
    {"not before a pool of what a float layer gives",
     "input x N,3,8,8\nfloats w1 4,3,3,3\nfloats w2 4,4,1,1\n"
     "node Conv x w1 -> c name=kept\nnode Relu c -> r\n"
     "node MaxPool r -> p kernel_shape=2,2\nnode Conv p w2 -> last\n" TAIL,
     "", 8},
    {"whatever the shape is asked for",
     HEAD "node Shape r2 -> s\nnode Reshape r2 s -> m\nnode Concat m r3 -> k axis=1\n"
          "node Conv k w3 -> last\n" TAIL,
     "m>k r2>k r3>k", 8},
    {"never a shape that the file computes",
     HEAD "integers n 1 = 0\nintegers s 3 = 4 8 8\nnode Concat n s -> t axis=0\n"
          "node Reshape r2 t -> m\nnode Concat m r3 -> k axis=1\n"
          "node Conv k w3 -> last\n" TAIL,
     "m>k r2>k r3>k", 8},
    {"what a layer's node reads by another name",
     "input x N,4\nfloats w1 4,6\nfloats w2 6,3\nnode MatMul x w1 -> h\n"
     "node Relu h -> r\nnode Identity r -> i\nnode Flatten i -> f\n"
     "node MatMul f w2 -> y\noutput y\n",
     "f>r i>r", 8},
    {"a ReLU behind a concat, not behind a layer",
     HEAD "node Conv r1 w2 -> c4\nnode Concat c4 r3 -> k axis=1\nnode Relu k -> m\n"
          "node Conv m w3 -> last\n" TAIL,
     "c4>m k>m r3>m", 8},
};

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct onnx_carrier *)a)->name,
                  ((const struct onnx_carrier *)b)->name);
}

static void list(const struct way *way, char *text, size_t bytes)
{
    static const char *const kept[] = {"kept"};
    static const struct placement_rules rules = {
        .grids = {GRID_NARROW, GRID_UNSIGNED, GRID_MIDTREAD},
        .weight_bits = 8,
        .keep_float = kept,
        .keep_float_count = 1};
    struct placement_rules of_way = rules;

    Onnx__ModelProto *model = onnx_builder_model(way->text);
    char *path = onnx_builder_save(model);
    struct network *network = onnx_read(path, &err);
    struct onnx_carriers carriers;
    struct placement placement;
    size_t used = 0;
    struct choice choices[32];
    int *held;

    of_way.activation_bits = way->bits;
    of_way.keep_float_count = strstr(way->text, "name=kept") != NULL;
    if (!network)
        fail_msg("%s: %s", way->fact, err.text);
    network_fuse(network);
    assert_int_equal(placement_init(&placement, network, &of_way, &err), 0);
    assert_true(placement.count <= (int)(sizeof choices / sizeof *choices));
    for (int item = 0; item < placement.count; item++)
        choices[item] = placement_choice(&placement.items[item], 1);
    held = early_codes(network, &placement);
    onnx_carriers_find(model->graph, network, &placement, choices, held, &carriers);
    free(held);
    if (carriers.count > 0)
        qsort(carriers.list, carriers.count, sizeof *carriers.list, by_name);
    for (size_t i = 0; i < carriers.count; i++)
        used += (size_t)snprintf(text + used, bytes - used, "%s%s>%s", i ? " " : "",
                                 carriers.list[i].name,
                                 placement.items[carriers.list[i].item].name);
    onnx_carriers_clear(&carriers);
    placement_clear(&placement);
    network_destroy(network);
    onnx__model_proto__free_unpacked(model, NULL);
    onnx_builder_delete(path);
}

static void codes_are_carried_by(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(ways); i++) {
        char text[256] = "";

        list(&ways[i], text, sizeof text);
        if (strcmp(text, ways[i].carriers) != 0)
            fail_msg("%s: \"%s\", not \"%s\"", ways[i].fact, text, ways[i].carriers);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(codes_are_carried_by)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
