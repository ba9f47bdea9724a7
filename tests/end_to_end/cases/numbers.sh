# shellcheck shell=bash disable=SC2154,SC2034  # names of harness.sh
# numbers.sh - a network that looks up numbers in tables, judged by ranks within groups.

pairs=$here/numbers.yaml
its_pairs=(--set "models.0.network=$inputs/numbers.onnx"
    --set "models.0.calibration.file=$inputs/numbers.h5"
    --set "models.0.validation.file=$inputs/numbers.h5")

check 1 "tables and groups give their digits" same numbers "$pairs" "${its_pairs[@]}"
for ranks_now in 2 3 5; do
    check "$ranks_now" "tables and groups give the same digits" same numbers "$pairs" "${its_pairs[@]}"
done
# But for what the identity says of blocks.
same_in_blocks() { # BLOCK
    calibrate "$pairs" "${its_pairs[@]}" --set "block=$1"
    digits "$work/run" | grep -v '"block: ' >"$work/digits"
    grep -v '"block: ' "$scratch/digits.numbers" >"$work/before"
    expect_same "$work/before" "$work/digits"
}
for block in 1 4 32; do
    check 1 "groups of four give the same digits in blocks of $block" same_in_blocks "$block"
done
check 1 "tables give the same digits without memory and kernels" \
    same numbers "$pairs" "${its_pairs[@]}" --set memory=0 --set kernel=scalar

check 2 "tables give the same digits with a little memory" \
    same numbers "$pairs" "${its_pairs[@]}" --set memory=1MiB
numbers_with_kernel() { # KERNEL
    needs_kernels "$1"
    same numbers "$pairs" "${its_pairs[@]}" --set "kernel=$1"
}
for kernel in avxvnni avx2; do
    check 1 "tables give the same digits with the kernels $kernel" numbers_with_kernel $kernel
done

tables_are_exported_and_verified() { # ARGUMENTS of calq export
    local case
    calibrate "$pairs" "${its_pairs[@]}"
    grep -q '"hit_rate_of": 8' "$work"/run/cases/*/result.json || fail "there are not eight groups"
    for case in "$work"/run/cases/*; do
        calq export "$case" -o "$work/out.onnx" "$@"
        expect_code 0
        calq verify "$work/out.onnx" --against "$case"
        expect_code 0
        expect_in "$work/out" "the largest difference of logits is 0"
        calq export "$case" -o "$work/steps.json" --to steps
        expect_code 0
        expect_in "$work/steps.json" '"tensor": "users"'
    done
}
check 1 tables_are_exported_and_verified
check 1 "tables of 4 bits are exported and verified" tables_are_exported_and_verified --int4

told() { # CODE TEXT ARGUMENTS...
    calq run "$pairs" "${its_pairs[@]}" --set "out=$work/run" "${@:3}"
    expect_code "$1"
    expect_told "$2"
}
beyond='sample 31 of /item holds 16, but the vocabulary of the network'"'"'s input "item" is 0..15 (or -16..-1'
for ranks_now in 1 3; do
    check "$ranks_now" "a number beyond the vocabulary is told" \
        told 4 "$beyond" --set "models.0.validation.file=$inputs/beyond.h5"
    check "$ranks_now" "groups of unequal size are told" \
        told 4 "from sample 5 on, has 3 samples, and the first group has 5" --set models.0.groups=/uneven
done
check 1 "sequences of length zero are told" \
    told 4 '/nothing is [32, 0], but the network takes one number a sample, so [N] or [N, 1] is needed' \
    --set 'models.0.inputs={user: /nothing, item: /item}'
check 1 "labels of another shape are told" \
    told 4 '/nothing is [32, 0]; labels must be [N] or [N, 1]' --set models.0.labels=/nothing \
    --set models.0.loss=binary_cross_entropy
check 1 "labels of numbers in another shape are told" \
    told 4 '"y" is [1] a sample; labels must be [N, 1], a number for each value' --set models.0.labels=/nothing \
    --set models.0.loss=mean_squared_error --set models.0.metric=mean_absolute_error
check 1 "a dimension of length zero is told" told 3 '1 or more' --set 'models.0.shape={n: 0}'
a_metric_of_groups_without_groups_is_told() {
    grep -v groups: "$pairs" >"$work/pairs.yaml"
    calq run "$work/pairs.yaml" "${its_pairs[@]}" --set "out=$work/run" --set models.0.metric=ndcg
    expect_code 3
    expect_told "the metric ndcg ranks samples within groups; say \`groups: dataset\`"
}
check 1 a_metric_of_groups_without_groups_is_told
check 1 "constants of numbers are told" \
    told 3 'takes integers, which are read as they are' --set 'models.0.inputs={user: {data: /user, mean: 1}, item: /item}'
check 1 "a metric of images is told" \
    told 3 "the metric mean_iou is of outputs [N, classes, height, width]" --set models.0.metric=mean_iou
check 1 "a metric of numbers is told beside a loss of classes" \
    told 3 "takes labels for numbers" --set models.0.metric=mean_absolute_error --set models.0.loss=binary_cross_entropy
check 1 "a mask that hides all is told" \
    told 4 "are ignored" --set models.0.loss=binary_cross_entropy --set 'models.0.ignore=[0, 1]'
