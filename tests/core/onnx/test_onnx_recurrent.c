#include "core/network/layer_kind.h"
#include "tests/support/onnx_builder.h"
#include "tests/support/onnx_cases.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

/* Three steps of one feature, 1 2 3, and weights of one hidden element. */
#define STEPS "input x N,3,1\n"
#define ONE STEPS "floats w 1,1,1 = 1\nfloats r 1,1,1 = 1\n"
#define TWO STEPS "floats w 2,1,1 = 1 10\nfloats r 2,1,1 = 1 0\n"
#define RELU " layout=1 activations=Relu,\n"
/* Saturated gates: a bias of 99 opens one, a bias of -99 closes it. i o f c, and z r h. */
#define LSTM STEPS "floats w 1,4,1 = 0 0 0 0\nfloats r 1,4,1 = 0 0 0 0\n"
#define GRU STEPS "floats r 1,3,1 = 0 0 0\n"

static const struct onnx_case cases[] = {
    {"an RNN adds up", ONE "node RNN x w r -> y" RELU, 3, {1, 3, 6}},
    {"it may go back", ONE "node RNN x w r -> y direction=reverse" RELU, 3, {6, 5, 3}},
    {"two directions stand beside each other",
     TWO "node RNN x w r -> y direction=bidirectional layout=1 activations=Relu,Relu",
     6,
     {1, 10, 3, 20, 6, 30}},
    {"the last state is that of the last step, and of the first one of what goes back",
     TWO "node RNN x w r -> . y direction=bidirectional layout=1 "
         "activations=Relu,Relu",
     2,
     {6, 10}},
    {"both outputs may be read",
     ONE "node RNN x w r -> all last" RELU
         "node Flatten all -> a\nnode Flatten last -> b\nnode Concat a b -> y axis=1",
     4,
     {1, 3, 6, 6}},
    {"both biases are added",
     ONE "floats b 1,2 = 0.5 0.25\nnode RNN x w r b -> y" RELU,
     3,
     {1.75, 4.5, 8.25}},
    {"a state may be there before the first step",
     ONE "floats h 1,1,1 = 4\nnode RNN x w r . . h -> y" RELU,
     3,
     {5, 7, 10}},
    {"what is activated may be clipped",
     ONE "node RNN x w r -> y clip=5.0" RELU,
     3,
     {1, 3, 5}},
    {"lengths of all steps change nothing",
     ONE "int32 l 1 = 3\nnode RNN x w r . l -> y" RELU,
     3,
     {1, 3, 6}},
    {"an open input gate of an LSTM adds to its cell, an open output gate shows it",
     LSTM "floats b 1,8 = 99 99 99 99 0 0 0 0\nnode LSTM x w r b -> y layout=1",
     3,
     {0.76159416f, 0.96402758f, 0.99505475f}},
    {"a closed forget gate forgets",
     LSTM "floats b 1,8 = 99 99 -99 99 0 0 0 0\nnode LSTM x w r b -> y layout=1",
     3,
     {0.76159416f, 0.76159416f, 0.76159416f}},
    {"a closed input gate keeps the cell",
     LSTM "floats b 1,8 = -99 99 99 99 0 0 0 0\nfloats c 1,1,1 = 1\n"
          "node LSTM x w r b . . c -> y layout=1",
     3,
     {0.76159416f, 0.76159416f, 0.76159416f}},
    {"a closed output gate shows nothing",
     LSTM "floats b 1,8 = 99 -99 99 99 0 0 0 0\nnode LSTM x w r b -> y layout=1",
     3,
     {0, 0, 0}},
    {"peepholes look at the cell",
     LSTM "floats b 1,8 = 99 0 -99 99 0 0 0 0\nfloats p 1,3 = 0 99 0\n"
          "node LSTM x w r b . . . p -> y layout=1",
     3,
     {0.76159416f, 0.76159416f, 0.76159416f}},
    {"z of a GRU keeps the state",
     GRU "floats w 1,3,1 = 0 0 9\nfloats b 1,6 = 99 0 0 0 0 0\nfloats h 1,1,1 = 0.5\n"
         "node GRU x w r b . h -> y layout=1",
     3,
     {0.5, 0.5, 0.5}},
    {"without z it is the new one",
     GRU "floats w 1,3,1 = 0 0 1\nfloats b 1,6 = -99 0 0 0 0 0\n"
         "node GRU x w r b -> y layout=1",
     3,
     {0.76159416f, 0.96402758f, 0.99505475f}},
    {"a recurrent bias is reset with its product",
     GRU "floats w 1,3,1 = 0 0 1\nfloats b 1,6 = -99 -99 0 0 0 99\n"
         "node GRU x w r b -> y layout=1 linear_before_reset=1",
     3,
     {0.76159416f, 0.96402758f, 0.99505475f}},
    {"or added as it is",
     GRU "floats w 1,3,1 = 0 0 1\nfloats b 1,6 = -99 -99 0 0 0 99\n"
         "node GRU x w r b -> y layout=1",
     3,
     {1, 1, 1}},
};

static const struct onnx_refusal refusals[] = {
    {"gates are not coupled", LSTM "node LSTM x w r -> y layout=1 input_forget=1",
     "input_forget, which couples two gates, is not supported"},
    {"activations are those of ONNX",
     LSTM "node LSTM x w r -> y layout=1 activations=Tanh,Tanh,Tanh",
     "its activations are not those that ONNX takes by default"},
    {"there are as many as it has",
     ONE "node RNN x w r -> y layout=1 activations=Tanh,Tanh",
     "it has 2 activations; it needs 1"},
    {"a sequence may not end before",
     ONE "int32 l 1 = 2\nnode RNN x w r . l -> y layout=1",
     "a sequence has the length 2; calq takes all 3 steps of each"},
    {"the cell state is not given", LSTM "node LSTM x w r -> . . y layout=1",
     "its last cell state, Y_c, is read"},
    {"the batch is where the layout says", ONE "node RNN x w r -> y",
     "its input is [N, 3, 1], N being the batch; with layout 0 calq needs [steps, N, "
     "features]"},
    {"there are two layouts", ONE "node RNN x w r -> y layout=2",
     "there is no layout 2"},
    {"clip is above zero", ONE "node RNN x w r -> y layout=1 clip=-1.0",
     "its clip -1 is not above zero"},
    {"weights are for all gates", ONE "node GRU x w r -> y layout=1",
     "has the shape [1, 1, 1], not [1, 3, 1]"},
    {"sizes agree", ONE "node RNN x w r -> y layout=1 hidden_size=2",
     "hidden_size is 2, but its recurrent weights are for 1"},
    {"samples do not say how they begin",
     ONE "input h N,1,1\nnode RNN x w r . . h -> y layout=1",
     "its first states \"h\" are given by samples, or computed"},
    {"samples begin alike",
     ONE "floats h 2,1,1 = 1 2\nnode RNN x w r . . h -> y layout=1",
     "the first states \"h\" of samples differ"},
    {"a step has features",
     "input x N,3\nfloats w 1,1,1\nfloats r 1,1,1\nnode RNN x w r -> y layout=1",
     "its input is [N, 3], N being the batch"},
};

static void recurrences_are_those_of_onnx(void **state)
{
    (void)state;
    onnx_cases_compute(cases, sizeof cases / sizeof *cases);
}

static void what_cannot_be_run_is_refused_with_a_sentence(void **state)
{
    (void)state;
    onnx_cases_refuse(refusals, sizeof refusals / sizeof *refusals);
}

/* A fully connected layer over all steps, and the recurrence. */
static void a_node_becomes_two_layers(void **state)
{
    struct error err;
    struct network *network =
        onnx_builder_read_fused(TWO "node RNN x w r -> y direction=bidirectional "
                                    "layout=1\nnode Flatten y -> flat\noutput flat",
                                &err);

    (void)state;
    assert_non_null(network);
    assert_int_equal(network->layers[0].kind, LAYER_CONV);
    assert_string_equal(network->layers[0].weights->name, "w");
    assert_string_equal(network->tensors[network->layers[0].output].name, "y/gates");
    assert_int_equal(network->layers[1].kind, LAYER_RECURRENCE);
    assert_string_equal(network->layers[1].weights->name, "r");
    assert_int_equal(network->layers[1].weights->groups, 2);
    network_destroy(network);
}

/* What a recurrence reads again is what it made. */
static void a_relu_behind_stays_a_layer(void **state)
{
    struct error err;
    struct network *network = onnx_builder_read_fused(
        ONE "node RNN x w r -> all layout=1\nnode Flatten all -> flat\n"
            "node Relu flat -> y\noutput y",
        &err);

    (void)state;
    assert_non_null(network);
    for (int i = 0; i < network->layer_count; i++)
        if (layer_recurs(&network->layers[i]))
            assert_true(layer_is_unclamped(&network->layers[i]));
    network_destroy(network);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recurrences_are_those_of_onnx),
        cmocka_unit_test(what_cannot_be_run_is_refused_with_a_sentence),
        cmocka_unit_test(a_node_becomes_two_layers),
        cmocka_unit_test(a_relu_behind_stays_a_layer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
