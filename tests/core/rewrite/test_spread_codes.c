#include "core/rewrite/spread_codes.h"

#include "tests/support/onnx_builder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Lists of tensors, each with the number of its codes; "": none. */
static const struct spreading {
    const char *text, *before, *after;
} spreadings[] = {
    /* behind what moves values, to the layer that computes */
    {"node Transpose x -> t perm=0,1,3,2\nnode Flatten t -> f\noutput f\n", "x1",
     "x1 t1 f1"},
    /* before it */
    {"node Transpose x -> t perm=0,1,3,2\nnode Flatten t -> f\noutput f\n", "f1",
     "x1 t1 f1"},
    /* no further than the network's output, which is seen as it is */
    {"node Flatten x -> f\noutput f\n", "", ""},
    /* a pool and a clamp at zero */
    {"node MaxPool x -> p kernel_shape=2,2\nnode Relu p -> r\nnode Flatten r -> f\n"
     "output f\n",
     "x1", "x1 p1 r1 f1"},
    /* not behind other clamps, whose ends are no codes; before them */
    {"floats low - = 0\nfloats high - = 0.7\nnode Clip x low high -> k\n"
     "node Flatten k -> f\noutput f\n",
     "x1", "x1"},
    {"floats low - = 0\nfloats high - = 0.7\nnode Clip x low high -> k\n"
     "node Flatten k -> f\noutput f\n",
     "f1", "x1 k1 f1"},
    /* not behind what fills with no code; before it */
    {"integers pad 8 = 0 0 1 0 0 0 0 0\nfloats fill - = 0.3\nnode Pad x pad fill -> p\n"
     "node Flatten p -> f\noutput f\n",
     "x1", "x1"},
    {"integers pad 8 = 0 0 1 0 0 0 0 0\nfloats fill - = 0.3\nnode Pad x pad fill -> p\n"
     "node Flatten p -> f\noutput f\n",
     "f1", "x1 p1 f1"},
    /* through sums and scales there is no way */
    {"floats s 2,1,1 = 2\nnode Mul x s -> m\nnode Add m x -> a\nnode Flatten a -> f\n"
     "output f\n",
     "x1 f2", "x1 a2 f2"},
    /* joined: behind where all are the same, before in any case */
    {"node Relu x -> r\nnode Concat x r -> j axis=1\nnode Flatten j -> f\noutput f\n",
     "x1", "x1 r1 j1 f1"},
    {"node AveragePool x -> p kernel_shape=1,1\nnode Concat x p -> j axis=1\n"
     "node Flatten j -> f\noutput f\n",
     "x1 p2", "x1 p2"},
    {"node AveragePool x -> p kernel_shape=1,1\nnode AveragePool p -> q "
     "kernel_shape=2,2\n"
     "node AveragePool p -> o kernel_shape=2,2\nnode Concat q o -> j axis=1\n"
     "node Flatten j -> f\noutput f\n",
     "f1", "q1 o1 j1 f1"},
    /* what is rounded twice is so wherever between */
    {"node Relu x -> r\nnode Transpose r -> t perm=0,1,3,2\nnode Flatten t -> "
     "f\noutput f\n",
     "x1 f2", "x1 r2 t2 f2"},
    {"node Relu x -> r\nnode Transpose r -> t perm=0,1,3,2\nnode Flatten t -> "
     "f\noutput f\n",
     "r1 f2", "x1 r2 t2 f2"},
    {"node Relu x -> r\nnode Transpose r -> t perm=0,1,3,2\nnode Flatten t -> "
     "f\noutput f\n",
     "x1 t1 f2", "x1 r2 t2 f2"},
    /* not before where another reader sees the values, or other codes of them */
    {"node Relu x -> r\nnode AveragePool r -> p kernel_shape=1,1\n"
     "node Flatten r -> f\nnode Flatten p -> g\nnode Concat f g -> y axis=1\n"
     "output y\n",
     "f1", "f1"},
    {"node Relu x -> r\nnode Flatten r -> f\nnode Flatten r -> g\n"
     "node Concat f g -> y axis=1\noutput y\n",
     "f1 g2", "f1 g2"},
};

static struct file_codes codes_of(const char *list, const char *name)
{
    size_t length = strlen(name);

    for (const char *at = list; at && *at; at = strchr(at, ' ')) {
        at += *at == ' ';
        if (strncmp(at, name, length) == 0 && strlen(at) > length &&
            strcspn(at, " ") == length + 1)
            return (struct file_codes){(float)(at[length] - '0'), -128, 127, true};
    }
    return (struct file_codes){0};
}

static void check(const struct spreading *spreading)
{
    struct error err = {0};
    struct network *network;
    struct file_codes codes[16];
    char text[1024] = "input x N,2,4,4\n";

    network = onnx_builder_read(strcat(text, spreading->text), &err);
    if (!network)
        fail_msg("%s", err.text);
    assert_true(network->tensor_count <= (int)COUNT(codes));
    for (int i = 0; i < network->tensor_count; i++)
        codes[i] = codes_of(spreading->before, network->tensors[i].name);
    spread_codes(network, codes);
    for (int i = 0; i < network->tensor_count; i++) {
        struct file_codes wanted = codes_of(spreading->after, network->tensors[i].name);

        if (!file_codes_are_equal(&codes[i], &wanted))
            fail_msg("%s has step %g instead of %g in %s", network->tensors[i].name,
                     (double)codes[i].step, (double)wanted.step, spreading->text);
    }
    network_destroy(network);
}

static void codes_go_as_far_as_they_change_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(spreadings); i++)
        check(&spreadings[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_go_as_far_as_they_change_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
