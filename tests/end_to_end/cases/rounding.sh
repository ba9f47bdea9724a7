# shellcheck shell=bash disable=SC2154,SC2034  # names of harness.sh
# rounding.sh - weights rounded by what they do have the same codes wherever these are found, cost less
# than the nearest ones, and come back from exported files.

rounding=$here/rounding.yaml
# The codes are in the states; with them the losses.
same_codes() { # NAME ARGUMENTS...
    local codes=$scratch/codes.$1
    same "$@"
    (cd "$work/run/cases" && cat ./*/state) >"$work/codes"
    grep -q '^codes ' "$work/codes" || fail "there are no codes"
    [ -e "$codes" ] || cp "$work/codes" "$codes"
    expect_same "$codes" "$work/codes"
}
check 1 "rounding gives its digits" same_codes rounding "$rounding"
check 2 "rounding gives the same codes" same_codes rounding "$rounding"
check 3 "rounding gives the same codes without memory" same_codes rounding "$rounding" --set memory=0
check 5 "rounding gives the same codes with a little memory" \
    same_codes rounding "$rounding" --set memory=2MiB
with_kernel() {
    needs_kernels "$1"
    same_codes rounding_kernels "$rounding" --set "kernel=$1" --set targets=onnx --set bits=W3A4 \
        --set exclude=[]
}
for kernel in avx512vnni avx512 avxvnni avx2 scalar; do
    check 1 "rounding gives the same codes with the kernels $kernel" with_kernel $kernel
done

# Of the cases of a method, the sum of what the result lost on the samples of the search.
sum_of_losses() { # PATTERN
    awk -F, -v pattern="$1" '
        NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i }
        NR > 1 && $column["case"] ~ pattern { sum += $column["loss"] }
        END { printf "%.6f\n", sum }' "$work/run/results.csv"
}

rounding_pays() {
    calibrate "$rounding" --set bits=W3A4 --set exclude=[] --set 'methods=[{name: mmse, as: nearest}, {name: mmse, as: gram,
        rounding: {name: gram, accept: always}}, {name: mmse, as: layer, rounding: {name: gram, affine: layer, accept: always}}]'
    local nearest gram
    nearest=$(sum_of_losses nearest)
    gram=$(sum_of_losses gram)
    awk -v gram="$gram" -v nearest="$nearest" 'BEGIN { exit !(gram > 0 && gram < 0.7 * nearest) }' ||
        fail "nearest codes lose $nearest, others $gram"
    expect_in "$work/run/cases/glyphs-paper-W3A4-gram/state" "bias_shift "
    expect_not_in "$work/run/cases/glyphs-paper-W3A4-gram/state" "statistics "
    expect_in "$work/run/cases/glyphs-paper-W3A4-layer/state" "statistics "
}
check 1 rounding_pays

# Behind rounding the steps of activations alone are searched: the codes stay.
activations_are_searched_behind_rounding() {
    local left
    calibrate "$rounding" --set targets=paper --set bits=W3A3 --set exclude=[] \
        --set budget.evaluations=300 --set 'methods=[
        {name: lapq, p_count: 3, sweeps: 0, rounding: {name: gram, accept: always}, as: once},
        {name: lapq, p_count: 3, sweeps: 0, activation_sweeps: 1, rounding: {name: gram, accept: always}, as: again}]'
    for left in codes bias_shift; do
        expect_same <(grep "^$left " "$work/run/cases/glyphs-paper-W3A3-once/state") \
            <(grep "^$left " "$work/run/cases/glyphs-paper-W3A3-again/state")
    done
    awk -v again="$(sum_of_losses again)" -v once="$(sum_of_losses once)" 'BEGIN { exit !(again < once) }' ||
        fail "a search of activations gains nothing"
    calibrate "$rounding" --set targets=paper --set bits=W4A32 --set exclude=[] --set 'methods=[
        {name: lapq, p_count: 3, sweeps: 0, activation_sweeps: 1, rounding: gram, as: none}]'
    expect_in "$work/run/cases/glyphs-paper-W4A32-none/result.json" '"search of activations"'
}
check 1 activations_are_searched_behind_rounding

searching_activations_again_needs_rounding() {
    calq run "$rounding" --set "out=$work/run" --set 'methods=[{name: lapq, activation_sweeps: 1}]'
    expect_code 3
    expect_told "rounding: gram"
}
check 1 searching_activations_again_needs_rounding

# Where the loss has to drop and cannot, since all codes are nearly exact, or does, that is told.
what_does_not_pay_is_left_out() {
    calibrate "$rounding" --set bits=W2A32 --set targets=paper --set exclude=[] \
        --set 'methods=[{name: mmse, rounding: gram, as: once}]'
    grep -q -e '^codes ' "$work/run/cases/glyphs-paper-W2A32-once/state" ||
        expect_in "$work/run/cases/glyphs-paper-W2A32-once/result.json" "does not lower the loss"
}
check 1 what_does_not_pay_is_left_out

a_killed_run_rounds_to_the_same_codes() {
    local bytes
    for bytes in 1 1000 2000 3000 4000 6000 8000 10000 12000 14000; do
        killed_after run $bytes "$rounding" "${slowly[@]}" || break
    done
    same_codes rounding "$rounding"
}
check 1 a_killed_run_rounds_to_the_same_codes

rounded_weights_come_back_from_exported_files() {
    local case
    calibrate "$rounding"
    for case in "$work"/run/cases/*; do
        comes_back "$case"
        expect_in "$work/out" "predictions: 0 of "
    done
}
check 1 rounded_weights_come_back_from_exported_files

forms_without_codes_are_refused() {
    calibrate "$rounding" --set targets=paper --set bits=W3A4 --set exclude=[] \
        --set 'methods=[{name: mmse, rounding: {name: gram, accept: always}}]'
    for form in steps ncnn-table; do
        calq export "$work/run/cases/glyphs-paper-W3A4-mmse" --to $form -o "$work/there"
        expect_code 4
        expect_told "rounding: gram"
    done
}
check 1 forms_without_codes_are_refused

rounding_finds_biases_itself() {
    calq run "$rounding" --set "out=$work/run" \
        --set 'methods=[{name: mmse, rounding: gram, bias_correction: mean}]'
    expect_code 3
    expect_told "bias_correction: none"
}
check 1 rounding_finds_biases_itself
