# shellcheck shell=bash disable=SC2154,SC2034  # names of harness.sh
# init.sh - configurations that calq writes for a network.

# Recipe I of the three is in force, in FILE.
with_recipe() { # I FILE
    awk -v recipe="$1" '
        /^# [123]\. / { which = substr($2, 1, 1); print; next }
        which && which != recipe { next }
        which && !/^[a-z ]/ { sub(/^# /, ""); sub(/^#/, "") }
        { print }' "$work/net.yaml" >"$2"
}

what_is_written_is_accepted() { # MODEL OPTIONS...
    calq init "$@" -o "$work/net.yaml"
    expect_code 0
    expect_in "$work/out" "calq inspect --config $work/net.yaml"
    for recipe in 1 2 3; do
        with_recipe $recipe "$work/$recipe.yaml"
        grep -q '^methods:' "$work/$recipe.yaml" || fail "recipe $recipe is missing"
        calq inspect --config "$work/$recipe.yaml"
        expect_code 0
        expect_in "$work/out" "quantized tensors, in the order"
    done
}
check 1 "what init writes of the example is accepted" what_is_written_is_accepted examples/glyphs/glyphs.onnx
for file in batch-of-one one-output opset-26; do
    check 1 "what init writes of $file is accepted" what_is_written_is_accepted "$inputs/$file.onnx"
done

the_questions_are_about_the_network() {
    calq init examples/glyphs/glyphs.onnx -o "$work/net.yaml"
    expect_in "$work/net.yaml" "Input 0 takes [N, 1, 24, 24]"
    expect_in "$work/net.yaml" "Pictures in gray: are 0..1 minus a mean, by a deviation, what it was trained with?"
    expect_in "$work/net.yaml" "The output is [N, 47]"
    expect_in "$work/net.yaml" '"input": {data: /x}'
    expect_in "$work/net.yaml" "loss: kl_to_float"
    calq init "$inputs/one-output.onnx" -o "$work/other.yaml"
    expect_in "$work/other.yaml" "loss: mse_to_float"
}
check 1 the_questions_are_about_the_network

# Answered as the example is.
all_recipes_run() {
    calq init examples/glyphs/glyphs.onnx -o "$work/net.yaml"
    for recipe in 1 2 3; do
        with_recipe $recipe "$work/$recipe.yaml"
        sed -i 's|file: calibration.h5, samples: at most 1000, check: 200|file: examples/glyphs/calibration.h5, samples: 64, check: 16|
            s|file: validation.h5, samples: all|file: examples/glyphs/validation.h5, samples: 32|
            s|data: /x|data: /images|; s|labels: /y|labels: /labels|; s|sweeps: [48]|sweeps: 1|' "$work/$recipe.yaml"
        calibrate "$work/$recipe.yaml" --set "out=$work/run$recipe" --set budget.evaluations=60
        [ -s "$work/run$recipe/results.csv" ] || fail "recipe $recipe has no results"
    done
}
check 1 all_recipes_run

a_configuration_is_not_overwritten() {
    echo mine >"$work/net.yaml"
    calq init examples/glyphs/glyphs.onnx -o "$work/net.yaml"
    expect_code 2
    expect_told "is there already; name another file with -o"
    [ "$(cat "$work/net.yaml")" = mine ] || fail "it is another now"
}
check 1 a_configuration_is_not_overwritten

without_a_network_there_is_no_configuration() {
    calq init "$work/none.onnx" -o "$work/net.yaml"
    expect_code 4
    expect_told "none.onnx"
    [ ! -e "$work/net.yaml" ] || fail "there is one"
    calq init
    expect_code 2
    expect_told "which network?"
}
check 1 without_a_network_there_is_no_configuration
