#include "tests/support/onnx_cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define ROW "input x N,1,1,4\n"   /* 1 2 3 4 */
#define CUBE "input x N,2,2,2\n"  /* 1 2 / 3 4 | 5 6 / 7 8 */
#define DEPTH "input x N,4,1,2\n" /* 1 2 | 3 4 | 5 6 | 7 8 */

static const struct onnx_case cases[] = {
    {"pixels are doubled",
     ROW "floats s 4 = 1 1 1 2\nnode Resize x . s -> y",
     8,
     {1, 1, 2, 2, 3, 3, 4, 4}},
    {"an image becomes smaller, by sizes of some axes",
     ROW "opset 18\nintegers s 1 = 2\n"
         "node Resize x . . s -> y axes=-1, coordinate_transformation_mode=asymmetric",
     2,
     {1, 3}},
    {"the middle between two pixels goes to the front, or to the back",
     "input x N,1,1,2\nfloats s 4 = 1 1 1 2\n"
     "node Resize x . s -> a coordinate_transformation_mode=asymmetric\n"
     "node Resize x . s -> b coordinate_transformation_mode=asymmetric "
     "nearest_mode=round_prefer_ceil\nnode Concat a b -> y axis=1",
     8,
     {1, 1, 2, 2, 1, 2, 2, 2}},
    {"values between pixels are means, at the borders the pixels",
     "input x N,1,1,2\nfloats s 4 = 1 1 1 2\nnode Resize x . s -> y mode=linear",
     4,
     {1, 1.25, 1.75, 2}},
    {"corners are aligned",
     "input x N,1,1,2\nopset 18\nintegers s 1 = 3\n"
     "node Resize x . . s -> y mode=linear axes=3, "
     "coordinate_transformation_mode=align_corners",
     3,
     {1, 1.5, 2}},
    {"rows and columns are interpolated",
     CUBE "opset 18\nintegers s 2 = 3 3\n"
          "node Resize x . . s -> y mode=linear axes=2,3 "
          "coordinate_transformation_mode=align_corners",
     18,
     {1, 1.5, 2, 2, 2.5, 3, 3, 3.5, 4, 5, 5.5, 6, 6, 6.5, 7, 7, 7.5, 8}},
    {"channels are interpolated",
     CUBE "opset 18\nintegers s 1 = 3\n"
          "node Resize x . . s -> y mode=linear axes=1, "
          "coordinate_transformation_mode=align_corners",
     12,
     {1, 2, 3, 4, 3, 4, 5, 6, 5, 6, 7, 8}},
    {"Upsample repeats pixels",
     ROW "opset 9\nfloats s 4 = 1 1 2 1\nnode Upsample x s -> y",
     8,
     {1, 2, 3, 4, 1, 2, 3, 4}},
    {"depth goes to space, blocks before depth",
     DEPTH "node DepthToSpace x -> y blocksize=2",
     8,
     {1, 3, 2, 4, 5, 7, 6, 8}},
    {"depth goes to space, depth before blocks",
     "input x N,8,1,1\nnode DepthToSpace x -> y blocksize=2 mode=CRD",
     8,
     {1, 2, 3, 4, 5, 6, 7, 8}},
    {"space goes to depth",
     CUBE "node SpaceToDepth x -> y blocksize=2",
     8,
     {1, 5, 2, 6, 3, 7, 4, 8}},
};

static const struct onnx_refusal refusals[] = {
    {"cubic is refused by name",
     ROW "floats s 4 = 1 1 1 2\nnode Resize x . s -> y mode=cubic",
     "mode \"cubic\" is not supported"},
    {"crops are refused by name",
     ROW "floats s 4 = 1 1 1 2\n"
         "node Resize x . s -> y coordinate_transformation_mode=tf_crop_and_resize",
     "\"tf_crop_and_resize\" is not supported"},
    {"what smooths is refused",
     ROW "opset 18\nfloats s 4 = 1 1 1 .5\nnode Resize x . s -> y mode=linear "
         "antialias=1",
     "antialias is not supported"},
    {"the batch is not resized", ROW "floats s 4 = 2 1 1 1\nnode Resize x . s -> y",
     "resize the batch"},
    {"each dimension has its scale", ROW "floats s 2 = 1 2\nnode Resize x . s -> y",
     "2 scales or sizes for 4 dimensions"},
    {"a scale is above zero", ROW "floats s 4 = 1 1 1 -1\nnode Resize x . s -> y",
     "its scale -1 is impossible"},
    {"nothing is resized to nothing",
     ROW "floats s 4 = 1 1 1 .1\nnode Resize x . s -> y", "the shape [N, 1, 1, 0]"},
    {"blocks divide the depth", DEPTH "node DepthToSpace x -> y blocksize=3",
     "blocks of 3 do not divide [4, 1, 2]"},
    {"blocks divide the image", DEPTH "node SpaceToDepth x -> y blocksize=2",
     "blocks of 2 do not divide [4, 1, 2]"},
    {"there are blocks", DEPTH "node SpaceToDepth x -> y", "blocksize 0 is impossible"},
};

static void images_are_resized_as_onnx_says(void **state)
{
    (void)state;
    onnx_cases_compute(cases, sizeof cases / sizeof *cases);
}

static void impossible_sizes_are_refused_with_a_sentence(void **state)
{
    (void)state;
    onnx_cases_refuse(refusals, sizeof refusals / sizeof *refusals);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(images_are_resized_as_onnx_says),
        cmocka_unit_test(impossible_sizes_are_refused_with_a_sentence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
