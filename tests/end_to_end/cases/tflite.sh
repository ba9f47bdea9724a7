# shellcheck shell=bash disable=SC2154,SC2034,SC2016  # names of harness.sh; ${CALQ_KIT} is for calq
# tflite.sh - files of TensorFlow Lite: written, read back, and run by LiteRT.

peers=tests/peers
export CALQ_KIT=${CALQ_KIT:-}
to_lite=(--set targets=tflite --set bits=W8A8 --set 'methods=[{name: minmax, weight_steps: per_channel}]'
    --set 'models.0.keep_float=[]')

# Runs the configuration and writes the file of each case, $work/CASE.tflite.
written() { # ARGUMENTS of calq run
    calibrate "$@"
    for case in "$work"/run/cases/*; do
        file=$work/$(basename "$case").tflite
        calq export "$case" --to tflite -o "$file"
        expect_code 0
    done
}

written_and_verified() { # ARGUMENTS of calq run
    written "$here/export.yaml" "${to_lite[@]}" "$@"
    calq verify "$file" --against "$case"
    expect_code 0
    expect_in "$work/out" " integers: the same"
}
check 1 "a file of TensorFlow Lite is read back as it was written" written_and_verified
check 1 "... of a network with weights of 4 bits" written_and_verified --set bits=W4A8
check 1 "... whose first and last layer stay in float" written_and_verified \
    --set 'models.0.keep_float=[first, last]'

another_byte_is_found() {
    local size at
    written "$here/export.yaml" "${to_lite[@]}"
    size=$(stat -c %s "$file")
    for at in 5 $((size / 2)) $((size - 40)); do
        cp "$file" "$work/other.tflite"
        printf '\x5a' | dd of="$work/other.tflite" bs=1 seek="$at" conv=notrunc 2>/dev/null
        cmp -s "$file" "$work/other.tflite" && continue
        calq verify "$work/other.tflite" --against "$case"
        [ "$code" = 6 ] || [ "$code" = 4 ] || fail "byte $at: exit code $code"
        expect_in "$work/log" "export the case again"
    done
}
check 1 "a file of TensorFlow Lite with another byte is not the case's" another_byte_is_found

refused() { # CODE SENTENCE ARGUMENTS of calq run
    local wanted=$1 sentence=$2
    shift 2
    calq run "$here/export.yaml" --set "out=$work/run" "${to_lite[@]}" "$@" --dry-run
    expect_code "$wanted"
    expect_in "$work/log" "$sentence"
}
check 1 "activations of 4 bits are refused before the search" \
    refused 3 "TensorFlow Lite has no place for activations that have not 8 bits" --set bits=W8A4
check 1 "a correction of the mean is refused before the search" \
    refused 3 "say \`bias_correction: empirical\`" \
    --set 'methods=[{name: minmax, bias_correction: mean}]'
check 1 "split channels are refused before the search" \
    refused 3 "search without outlier_splitting" --set 'methods=[{name: minmax, outlier_splitting: 0.1}]'

other_targets_are_refused() {
    calibrate "$here/export.yaml" --set targets=onnx --set bits=W8A8 --set methods=minmax
    calq export "$work"/run/cases/* --to tflite -o "$work/net.tflite"
    expect_code 4
    expect_in "$work/log" "search with \`targets: tflite\`"
}
check 1 "a case of another target is not written" other_targets_are_refused

recurrences_are_refused() {
    calq run "$here/recurrent.yaml" --set "out=$work/run" "${to_lite[@]}" \
        --set "models.0.network=$inputs/recurrent.onnx" --dry-run
    expect_in "$work/log" "in TensorFlow Lite; search with another target, e.g. \`targets: onnx\`"
    [ "$code" != 0 ] || fail "it is not refused"
}
check 1 "a recurrence is refused before the search, by its name" recurrences_are_refused

# ---- LiteRT -------------------------------------------------------------------------------------

needs_litert() {
    [ -d $peers/node_modules/@litertjs/core ] || (cd $peers && timeout 300 npm install --ignore-scripts \
        --no-audit --no-fund --fetch-retries=1 >/dev/null 2>&1)
    [ -d $peers/node_modules/@litertjs/core ] ||
        skip "@litertjs/core is not there: npm install --ignore-scripts in $peers"
}

# Of the predictions 99.9 % are equal.
predicts_the_same() {
    node $peers/judge_litert.js "$work/samples" "$file" >"$work/judged" 2>&1
    awk '{ for (i = 1; i <= NF; i++) {
               if ($i == "samples,") samples = $(i - 1)
               if ($i == "equal") equal = $(i - 1) } }
         END { exit !(samples > 0 && equal >= 0.999 * samples) }' "$work/judged" ||
        fail "$(cat "$work/judged")"
}

# All codes are the same.
has_the_same_codes() {
    mkdir -p "$work/codes"
    "$tools/write_codes" "$case" "$work/codes" 2 || fail "write_codes failed"
    node $peers/codes_litert.js "$work/samples" "$work/codes" 2 >"$work/codes.txt" 2>&1
    awk '/ codes are others/ { lines++; if ($1 > 0) print }
         END { if (lines < 5) print "LiteRT did not run" }' "$work/codes.txt" >"$work/bad"
    [ ! -s "$work/bad" ] || fail "$(cat "$work/bad" "$work/codes.txt")"
}

same_in_litert() { # ARGUMENTS of calq run
    needs_litert
    written "$@"
    for case in "$work"/run/cases/*; do
        file=$work/$(basename "$case").tflite
        mkdir -p "$work/samples"
        "$tools/write_logits" "$case" "$work/samples" || fail "write_logits failed"
        predicts_the_same
        has_the_same_codes
    done
}
check 1 "LiteRT predicts the same of the glyphs, from the same codes" \
    same_in_litert "$here/export.yaml" "${to_lite[@]}"
check 1 "... with weights of 4 bits rounded by what they do" \
    same_in_litert "$here/export.yaml" "${to_lite[@]}" --set bits=W4A8 \
    --set 'methods=[{name: mmse, weight_steps: per_channel, rounding: gram}]'

real_networks_in_litert() {
    [ -e "$CALQ_KIT/imagenet/squeezenet11.onnx" ] || skip "CALQ_KIT has no networks"
    limit=600
    same_in_litert "$here/tflite.yaml"
}
check 1 "LiteRT predicts the same of ResNet-20, MobileNet and SqueezeNet" real_networks_in_litert
