#include "tests/fuzz/small_network.h"

#include "core/rewrite/fuse.h"
#include "tests/support/onnx_builder.h"

#include <stdlib.h>

static struct network *read_text(void)
{
    static const char text[] = "input x N,2,3,3\n"
                               "floats v 3,2,1,1 = 1 -2 .5\n"
                               "floats w 27,4 = .25 -1\n"
                               "node Conv x v -> y name=conv\n"
                               "node Relu y -> z name=relu\n"
                               "node Flatten z -> f name=flatten\n"
                               "node MatMul f w -> o name=product\n"
                               "output o\n";
    struct error err = {0};
    struct network *network = onnx_builder_read_fused(text, &err);

    if (!network)
        abort();
    return network;
}

const struct network *small_network(struct placement *placement)
{
    static struct network *network;
    static const struct placement_rules rules = {
        .grids = {GRID_NARROW, GRID_UNSIGNED, GRID_MIDTREAD},
        .weight_bits = 4,
        .activation_bits = 4};
    struct error err = {0};

    if (!network)
        network = read_text();
    if (placement_init(placement, network, &rules, &err) < 0)
        abort();
    return network;
}
