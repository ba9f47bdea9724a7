# shellcheck shell=bash disable=SC2154,SC2034  # names of harness.sh
# attention.sh - products of two tensors: the same digits however they are computed, resumed, exported.

attention=$here/attention.yaml
its_network=(--set "models.0.network=$inputs/attention.onnx")

check 1 "attention gives its digits" same attention "$attention" "${its_network[@]}"
for ranks_now in 2 3 5; do
    check "$ranks_now" "attention gives the same digits" same attention "$attention" "${its_network[@]}"
done
check 1 "attention gives the same digits without memory" \
    same attention "$attention" "${its_network[@]}" --set memory=0
check 2 "attention gives the same digits with a little memory" \
    same attention "$attention" "${its_network[@]}" --set memory=2MiB
with_plain_kernels() { # KERNEL
    needs_kernels "$1"
    same attention "$attention" "${its_network[@]}" --set "kernel=$1"
}
for kernel in avx512 avxvnni avx2 scalar; do
    check 1 "attention gives the same digits with the kernels $kernel" with_plain_kernels $kernel
done

answers_of_attention_come_from_the_journals() {
    calibrate "$attention" "${its_network[@]}"
    rm "$work"/run/cases/*/result.json
    cksum "$work"/run/cases/*/journal >"$work/before"
    calibrate "$attention" "${its_network[@]}"
    cksum "$work"/run/cases/*/journal >"$work/after"
    expect_same "$work/before" "$work/after"
    digits "$work/run" >"$work/digits"
    expect_same "$scratch/digits.attention" "$work/digits"
}
check 1 answers_of_attention_come_from_the_journals

attention_is_exported_and_verified() { # ARGUMENTS of calq run
    local case
    calibrate "$attention" "${its_network[@]}" "$@"
    for case in "$work"/run/cases/*; do
        comes_back "$case"
    done
}
check 1 attention_is_exported_and_verified
check 1 "attention in integers throughout is exported and verified" \
    attention_is_exported_and_verified --set models.0.activations=all --set targets=onnx
