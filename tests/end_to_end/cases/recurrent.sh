# shellcheck shell=bash disable=SC2154,SC2034  # names of harness.sh
# recurrent.sh - a network that steps through sequences: the same digits on any number of ranks, with any kernels
# and any memory; exported and verified.

rows=$here/recurrent.yaml
its_network=(--set "models.0.network=$inputs/recurrent.onnx")

check 1 "a recurrent network gives its digits" same recurrent "$rows" "${its_network[@]}"
for ranks_now in 2 3 5; do
    check "$ranks_now" "a recurrent network gives the same digits" same recurrent "$rows" "${its_network[@]}"
done
check 1 "a recurrent network gives the same digits without memory" \
    same recurrent "$rows" "${its_network[@]}" --set memory=0
check 2 "a recurrent network gives the same digits with a little memory" \
    same recurrent "$rows" "${its_network[@]}" --set memory=2MiB
recurrent_with_kernel() {
    needs_kernels "$1"
    same recurrent "$rows" "${its_network[@]}" --set "kernel=$1"
}
for kernel in avx512 avxvnni avx2 scalar; do
    check 1 "a recurrent network gives the same digits with the kernels $kernel" recurrent_with_kernel $kernel
done

recurrent_exported_and_verified() { # ARGUMENTS of calq run
    local case
    calibrate "$rows" "${its_network[@]}" --set targets=onnx "$@"
    for case in "$work"/run/cases/*; do
        comes_back "$case"
    done
}
check 1 recurrent_exported_and_verified
check 1 "split recurrent weights are exported and verified" recurrent_exported_and_verified \
    --set targets=ocs --set bits=W5A8 --set 'methods=[{name: minmax, layerwise: independent, outlier_splitting: 0.1}]'
