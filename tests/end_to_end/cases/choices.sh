# shellcheck shell=bash disable=SC2154,SC2034  # names of harness.sh
# choices.sh - what the file leaves open and the configuration decides: sizes of dimensions, an input that is one number,
# one of several outputs.

choices=$here/choices.yaml
its_network=(--set "models.0.network=$inputs/choices.onnx")

check 1 "a network with open dimensions gives its digits" same choices "$choices" "${its_network[@]}"
check 2 "a network with open dimensions gives the same digits" same choices "$choices" "${its_network[@]}"

# The file has the one output, and of its branches the one that is taken; its dimensions stay open.
one_of_two_outputs_is_exported_and_verified() {
    local case
    calibrate "$choices" "${its_network[@]}"
    for case in "$work"/run/cases/*; do
        comes_back "$case"
        calq inspect "$work/out.onnx" --shape height=24 --outputs others
        expect_code 3
        expect_told 'the network has no output "others"; it has "scores"'
    done
}
check 1 one_of_two_outputs_is_exported_and_verified

inspect_asks_for_what_the_file_leaves_open() {
    calq inspect "$inputs/choices.onnx"
    expect_code 4
    expect_told 'the network has 2 outputs, "others" and "scores"'
    calq inspect "$inputs/choices.onnx" --outputs scores --shape height=24 --shape rate=8000
    expect_code 4
    expect_told 'the setting shape of the model fixes it, e.g. shape: {width: 128}'
    calq inspect "$inputs/choices.onnx" --outputs scores --shape height=24 --shape width=24
    expect_code 4
    expect_told 'input "rate" is one number, which no sample has; the setting shape of the model fixes it, e.g. shape: {rate: 1}'
    calq inspect "$inputs/choices.onnx" --outputs scores --shape height=24 --shape images.3=30 --shape rate=16000
    expect_code 0
    expect_in "$work/out" 'input images [N, 1, 24, 30], output scores [N, 47]: 47 classes; left out: "others"'
    expect_in "$work/out" 'Conv c2'
    calq inspect "$inputs/choices.onnx" --outputs scores --shape height=24 --shape images.3=30 --shape rate=8000
    expect_code 0
    calq inspect "$inputs/choices.onnx" --outputs none --shape height=24
    expect_told 'the network has no output "none"; it has "others", "scores"'
    calq inspect "$inputs/choices.onnx" --outputs scores --shape depth=24
    expect_told 'no input has an open dimension "depth"; open are N, height, width'
    calq inspect "$inputs/choices.onnx" --shape height
    expect_code 2
    expect_told 'takes a dimension'
    calq inspect examples/glyphs/calibration.h5 --outputs scores
    expect_code 2
    expect_told 'not of data'
}
check 1 inspect_asks_for_what_the_file_leaves_open

a_dimension_that_is_fixed_twice_is_refused() {
    calq run "$choices" "${its_network[@]}" --set "models.0.shape={height: 24, height: 24}"
    expect_code 3
    expect_told '"height" is there already'
}
check 1 a_dimension_that_is_fixed_twice_is_refused

# What was found with one output, or one size, belongs to no other.
another_output_is_another_case() {
    calibrate "$choices" "${its_network[@]}"
    calq run --set "out=$work/run" "$choices" "${its_network[@]}" --set models.0.outputs=others
    expect_told 'model.outputs: scores'
    calq run --set "out=$work/run" "$choices" "${its_network[@]}" --set "models.0.shape={height: 24, width: 24, rate: 16000}"
    expect_told 'model.shape: [height=24, images.3=24, rate=16000]'
}
check 1 another_output_is_another_case
