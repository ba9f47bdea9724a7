#include "core/onnx/onnx_decision.h"

#include "core/base/memory.h"
#include "core/onnx/onnx_read.h"
#include "tests/support/onnx_builder.h"
#include "tests/support/onnx_cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LINE "input x N,3\n" /* 1 2 3 */
#define TEN "floats ten - = 10\n"
#define TWICE_OR_MINUS                                                                 \
    "branch then_branch\nnode Add x x -> z\noutput z\nend\n"                           \
    "branch else_branch\nnode Neg x -> z\noutput z\nend\n"

static const struct onnx_case cases[] = {
    {"the branch that is taken",
     LINE "bool c - = 1\nnode If c -> y\n" TWICE_OR_MINUS,
     3,
     {2, 4, 6}},
    {"the other one",
     LINE "bool c - = 0\nnode If c -> y\n" TWICE_OR_MINUS,
     3,
     {-1, -2, -3}},
    {"by a shape",
     LINE "integers one - = 1\nintegers three - = 3\nnode Shape x -> s\nnode Gather s "
          "one -> d\n"
          "node Equal d three -> c\nnode If c -> y\n" TWICE_OR_MINUS,
     3,
     {2, 4, 6}},
    {"a branch gives what is outside",
     LINE TEN "bool c - = 1\nnode Add x ten -> z\nnode If c -> r\nbranch "
              "then_branch\noutput z\nend\n"
              "branch else_branch\noutput x\nend\nnode Neg r -> y",
     3,
     {-11, -12, -13}},
    {"names of several branches",
     LINE "bool c - = 1\nnode Neg x -> z\nnode If c -> p\n" TWICE_OR_MINUS
          "node If c -> q\n" TWICE_OR_MINUS "node Add p q -> r\nnode Add r z -> y",
     3,
     {3, 6, 9}},
    {"branches in branches, of several outputs",
     LINE
     "bool c - = 1\nbool d - = 0\nnode If c -> p q\nbranch then_branch\nfloats ten - = "
     "10\n"
     "node Add x ten -> a\nnode If d -> b\nbranch then_branch\nnode Neg a -> k\noutput "
     "k\nend\n"
     "branch else_branch\nnode Mul a ten -> k\noutput k\nend\noutput a\noutput b\nend\n"
     "branch else_branch\noutput x\noutput x\nend\nnode Add p q -> y",
     3,
     {121, 132, 143}},
    {"a computed condition chooses of what both give",
     LINE "floats two 1 = 2\nintegers from 1 = 1\nintegers to 1 = 2\nnode Slice x from "
          "to from -> m\n"
          "node GreaterOrEqual m two -> c\nnode If c -> y\n" TWICE_OR_MINUS,
     3,
     {2, 4, 6}},
};

static const struct onnx_refusal refusals[] = {
    {"a condition of several values",
     LINE "bool c 2 = 1 0\nnode If c -> y\n" TWICE_OR_MINUS,
     "its condition \"c\" is not one value"},
    {"a condition of floats", LINE "floats c - = 1\nnode If c -> y\n" TWICE_OR_MINUS,
     "its condition \"c\" must be of bool"},
    {"a branch is missing",
     LINE "bool c - = 1\nnode If c -> y\nbranch then_branch\noutput x\nend\n",
     "node \"y\" (If): its else_branch is missing, or does not give what the node "
     "gives"},
    {"an input that is one number",
     "input x N,3\ninput r - int64\nintegers k - = 16000\n"
     "node Equal r k -> c\nnode If c -> y\n" TWICE_OR_MINUS,
     "input \"r\" is one number, which no sample has; the setting shape of the model "
     "fixes it, e.g. shape: "
     "{r: 1}"},
};

static void branches_take_the_place_of_an_if(void **state)
{
    (void)state;
    onnx_cases_compute(cases, sizeof cases / sizeof *cases);
}

static void what_cannot_be_decided_is_refused_with_a_sentence(void **state)
{
    (void)state;
    onnx_cases_refuse(refusals, sizeof refusals / sizeof *refusals);
}

/* The network for a number, or NULL. */
static struct network *read_with(const char *shape, struct error *err)
{
    Onnx__ModelProto *model =
        onnx_builder_model(LINE "input r - int64\nintegers k - = 16000\nnode Equal r k "
                                "-> c\nnode If c -> y\n" TWICE_OR_MINUS "output y");
    char *list[] = {(char *)shape}, *path = onnx_builder_save(model);
    struct network *network = onnx_read_as(
        path, &(struct onnx_choices){.shape = list, .shape_count = 1}, err);

    onnx_builder_delete(path);
    onnx__model_proto__free_unpacked(model, NULL);
    return network;
}

static void a_number_decides_and_the_network_tells_how(void **state)
{
    static const struct {
        const char *shape, *op;
        enum network_decided decided;
    } numbers[] = {{"r=16000", "Add", DECIDED_THEN}, {"r=8000", "Neg", DECIDED_ELSE}};

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct error err;
        struct network *network = read_with(numbers[i].shape, &err);

        if (!network)
            fail_msg("%s", err.text);
        assert_int_equal(network->input_count, 1);
        assert_string_equal(network->layers[0].op, numbers[i].op);
        assert_int_equal(network->decision_count, 2);
        assert_int_equal(network->decisions[0].what, DECIDED_NUMBER);
        assert_string_equal(network->decisions[0].name, "r");
        assert_int_equal(network->decisions[1].what, numbers[i].decided);
        assert_string_equal(network->decisions[1].name, "y");
        network_destroy(network);
    }
}

/* A damaged file is refused, or is another network. */
static void any_other_byte_is_read_or_told(void **state)
{
    static const uint8_t flips[] = {0x01, 0x08, 0x80, 0xff};
    Onnx__ModelProto *model = onnx_builder_model(
        LINE "bool c - = 1\nnode If c -> p\n" TWICE_OR_MINUS
             "node If c -> q\n" TWICE_OR_MINUS "node Add p q -> y\noutput y");
    size_t size = onnx__model_proto__get_packed_size(model);
    uint8_t *bytes = memory_get(size);

    (void)state;
    onnx__model_proto__pack(model, bytes);
    onnx__model_proto__free_unpacked(model, NULL);
    for (size_t i = 0; i < size * sizeof flips; i++) {
        uint8_t flip = flips[i % sizeof flips];
        struct error err = {0};
        struct network *network;
        char *path;

        bytes[i / sizeof flips] ^= flip;
        path = onnx_builder_save_bytes(bytes, size);
        network = onnx_read(path, &err);
        assert_true(network || err.text[0]);
        network_destroy(network);
        onnx_builder_delete(path);
        bytes[i / sizeof flips] ^= flip;
    }
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(branches_take_the_place_of_an_if),
        cmocka_unit_test(what_cannot_be_decided_is_refused_with_a_sentence),
        cmocka_unit_test(any_other_byte_is_read_or_told),
        cmocka_unit_test(a_number_decides_and_the_network_tells_how),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
