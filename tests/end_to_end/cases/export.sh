# shellcheck shell=bash disable=SC2154,SC2034,SC2016  # names of harness.sh; ${CALQ_KIT} is for calq
# export.sh - what is exported comes back as it was, and another runtime computes the same with it.

peers=tests/peers
to_export=$here/export.yaml
export CALQ_KIT=${CALQ_KIT:-}

# Runs the configuration and exports every case to $work/<case>.onnx.
exported() { # ARGUMENTS of calq run
    calibrate "$@"
    export_cases
}

export_cases() {
    local case
    for case in "$work"/run/cases/*; do
        calq export "$case" -o "$work/$(basename "$case").onnx" "${form[@]}"
        expect_code 0
    done
}
form=()

verified() {
    local case
    for case in "$work"/run/cases/*; do
        calq verify "$work/$(basename "$case").onnx" --against "$case"
        expect_code 0
        expect_in "$work/out" " integers: the same"
        expect_in "$work/out" "predictions: 0 of "
        expect_in "$work/out" "the largest difference of logits is 0"
        expect_not_in "$work/out" "note: "
    done
}

# ---- ONNX Runtime -----------------------------------------------------------------------------

has_onnxruntime() {
    (cd $peers && node -e 'require("onnxruntime-node")') >/dev/null 2>&1
}

needs_onnxruntime() {
    has_onnxruntime || (cd $peers && timeout 300 npm install --ignore-scripts --no-audit \
        --no-fund --fetch-retries=1 >/dev/null 2>&1)
    has_onnxruntime || skip "onnxruntime-node is not there: npm install --ignore-scripts in $peers"
}

# Of the predictions at least SHARE are equal, and accuracies are not further apart than `apart`:
# judge.js prints a line for optimisations off and on.
share=0.999 apart=0.0005
expect_equal() { # SHARE
    awk -v share="$1" -v apart=$apart '
        / samples, / {
            lines++
            for (i = 1; i <= NF; i++) {
                if ($i == "samples,") samples = $(i - 1)
                if ($i == "equal") equal = $(i - 1)
                if ($i == "right,") theirs = $(i - 1)
                if ($i == "right" && $(i + 1) == "by") ours = $(i - 1)
            }
            off = theirs > ours ? theirs - ours : ours - theirs
            if (equal < share * samples || off > apart * samples) print
        }
        END { if (lines < 2) print "ONNX Runtime did not run" }' "$work/judged" >"$work/bad"
    [ ! -s "$work/bad" ] || fail "$(cat "$work/judged")"
}

judged() { # KIND SHARE FILE
    node $peers/judge.js "$work/samples" "$1" "$3" >"$work/judged" 2>&1
    expect_equal "$2"
}

judge_exports() {
    local case
    for case in "$work"/run/cases/*; do
        mkdir -p "$work/samples"
        "$tools/write_logits" "$case" "$work/samples" || fail "write_logits failed"
        judged logits $share "$work/$(basename "$case").onnx"
    done
}

same_in_onnxruntime() { # CONFIGURATION ARGUMENTS of calq run
    needs_onnxruntime
    exported "$@"
    verified
    judge_exports
}

three_inputs=(--set "models.0.network=$inputs/inputs.onnx"
    --set "models.0.calibration.file=$inputs/inputs.h5"
    --set "models.0.validation.file=$inputs/inputs.h5")
check 1 "ONNX Runtime predicts the same of three inputs" same_in_onnxruntime "$here/inputs.yaml" \
    "${three_inputs[@]}" --set 'bits=[W4A8, W8A8]' --set targets=onnx --set methods=minmax

# Weights with steps of blocks, as integers of 8 and of 4 bits; ONNX Runtime makes no integer kernel of their layers.
blocks_in_onnxruntime() { # FORM
    form=("$@")
    same_in_onnxruntime "$here/blocks.yaml" --set 'bits=[W4A8, W8A8, W2A8, W2A32, W4A4]' \
        --set 'methods=[{name: mmse, weight_steps: per_block, block_size: 16}]'
    grep -aqF block_size "$work"/glyphs-onnx-W4A8-mmse.onnx || fail "the file has no blocks"
}
check 1 "ONNX Runtime predicts the same: blocks" blocks_in_onnxruntime
check 1 "ONNX Runtime predicts the same: blocks in 4 bits" blocks_in_onnxruntime --int4
check 1 "ONNX Runtime predicts the same: blocks in 2 bits" blocks_in_onnxruntime --int2

# Weights that nobody trained give logits that are nearly equal.
recurrences_in_onnxruntime() {
    share=0.997
    same_in_onnxruntime "$here/recurrent.yaml" --set "models.0.network=$inputs/recurrent.onnx" \
        --set targets=onnx --set 'bits=[W8A8, W4A8]' --set models.0.validation.samples=all --set methods=mmse
}
check 1 "ONNX Runtime predicts the same: recurrences" recurrences_in_onnxruntime

text_in_onnxruntime() {
    [ -e "$CALQ_KIT/lstm/textgenrnn.onnx" ] || skip "CALQ_KIT has no lstm/textgenrnn.onnx"
    same_in_onnxruntime configs/blocks.yaml --set 'exclude=[{model: resnet20}, {method: block16}, {method: channel-gram}, {method: block32-gram}]' --set bits=W4A8 \
        --set models.1.validation.samples=1000
}
check 1 "ONNX Runtime predicts the same of textgenrnn, in channels and in blocks" text_in_onnxruntime

# What export foretells is what becomes of the file in ONNX Runtime, which loads at every level.
kernels_are_as_foretold() { # CASE
    local file told
    file=$work/$(basename "$1").onnx
    calq export "$1" -o "$file"
    expect_code 0
    told=$(sed -n 's/^\([0-9]*\) of [0-9]* quantized layers will run as integer kernels.*/\1/p' "$work/out")
    [ -n "$told" ] || fail "nothing is foretold"
    node $peers/kernels.js "$file" >"$work/kernels" 2>&1
    expect_in "$work/kernels" "loads disabled basic extended all"
    awk -v told="$told" '/ integer / { found += $NF } END { exit found != told }' "$work/kernels" ||
        fail "$told are foretold: $(cat "$work/kernels")"
}

integer_kernels_are_foretold() { # ARGUMENTS of calq run
    local case
    needs_onnxruntime
    calibrate "$to_export" --set targets=onnx --set bits=W8A8 --set models.0.validation.samples=8 "$@"
    for case in "$work"/run/cases/*; do
        kernels_are_as_foretold "$case"
    done
}
check 1 "export foretells the integer kernels of ONNX Runtime" integer_kernels_are_foretold \
    --set 'bits=[W8A8, W4A8, W4A4]' --set 'methods=[minmax, {name: mmse, weight_steps: per_channel,
        equalize: true, bias_correction: empirical, bias_correction_accept: always}, {name: mmse, bias_correction: mean, bias_correction_accept: always}]'
check 1 "export foretells the integer kernels of ONNX Runtime: first and last layer quantized" \
    integer_kernels_are_foretold --set 'models.0.keep_float=[]'
check 1 "export foretells the integer kernels of ONNX Runtime: batch norms measured again" \
    integer_kernels_are_foretold --set 'methods=[{name: mmse, reestimate_batchnorm: after}]'

# The first layer reads floats, and without optimisations sums are floats, too.
integer_kernels_in_onnxruntime() { # ARGUMENTS of calq run
    share=0.998 apart=0.002
    same_in_onnxruntime "$to_export" --set targets=onnx --set bits=W8A8 "$@"
}
check 1 "ONNX Runtime predicts the same: onnx, W8A8" integer_kernels_in_onnxruntime

# Where all layers are integer kernels, sums, Adds and means are rounded in the same order: of the
# logits only the last product, which is float, may differ by a rounding.
equal_digits_in_onnxruntime() { # ARGUMENTS of calq run
    local case
    needs_onnxruntime
    exported "$to_export" --set targets=onnx --set 'models.0.keep_float=[]' \
        --set models.0.validation.samples=1000 "$@"
    for case in "$work"/run/cases/*; do
        mkdir -p "$work/samples"
        "$tools/write_logits" "$case" "$work/samples" || fail "write_logits failed"
        node $peers/judge.js "$work/samples" logits "$work/$(basename "$case").onnx" \
            >"$work/judged" 2>&1
        awk '/ on .* samples, / { found = $(NF) <= 2e-5 && $5 == $3 } END { exit !found }' \
            FS='[ ,]+' "$work/judged" || fail "$(cat "$work/judged")"
    done
}
check 1 "ONNX Runtime gives the same digits: integer kernels throughout" \
    equal_digits_in_onnxruntime --set 'bits=[W8A8, W4A8]' --set 'methods=[minmax,
        {name: mmse, weight_steps: per_channel, equalize: true, bias_correction: empirical}]'
check 1 "ONNX Runtime gives the same digits: a quantized output" \
    equal_digits_in_onnxruntime --set bits=W8A8 --set models.0.quantize_output=true \
        --set methods=mmse

# Single layers with other bits than their case: what has 8 bits is rounded as integer kernels do it, what has not is not,
# and the file is for them though the case is not.
for entry in 'W4A4 op:* W4A8' 'W8A8 /block3/* W4A4' 'W8A8 /block2/* A4' 'W4A8 /block4/* W8A32'; do
    read -r bits match others <<<"$entry"
    overrides=(--set "bits=$bits" --set "models.0.overrides=[{match: \"$match\", bits: $others}]"
        --set models.0.activations=all)
    check 1 "ONNX Runtime gives the same digits: $bits, but $match $others" \
        equal_digits_in_onnxruntime --set methods=minmax "${overrides[@]}"
    check 1 "export foretells the integer kernels of ONNX Runtime: $bits, but $match $others" \
        integer_kernels_are_foretold --set 'models.0.keep_float=[]' \
        --set 'methods=[minmax, {name: mmse, weight_steps: per_channel, bias_correction: empirical}]' "${overrides[@]}"
done
check 1 "ONNX Runtime predicts the same: a layer of 8 bits in a case of 4" \
    same_in_onnxruntime "$to_export" --set targets=onnx --set bits=W4A4 \
        --set 'models.0.overrides=[{match: "/block2/*", bits: A8}, {match: last, bits: W8A8},
            {match: "/block4/*", weight_steps: per_channel}]'

for target in paper onnx; do
    for bits in W8A8 W4A4 W8A4 W4A32 W32A4 W4A16 W8A16; do
        [ $target-$bits != onnx-W8A8 ] || continue
        check 1 "ONNX Runtime predicts the same: $target, $bits" \
            same_in_onnxruntime "$to_export" --set "targets=$target" --set "bits=$bits"
    done
done
check 1 "ONNX Runtime predicts the same: tensorrt, W8A8" \
    same_in_onnxruntime "$to_export" --set targets=tensorrt --set bits=W8A8
check 1 "ONNX Runtime predicts the same: openvino" \
    same_in_onnxruntime "$to_export" --set targets=openvino --set 'bits=[W8A8, W4A4]' \
    --set 'models.0.keep_float=[]'
check 1 "ONNX Runtime gives the same digits: asymmetric activations" \
    equal_digits_in_onnxruntime --set bits=W8A8 --set models.0.activation_grid=asymmetric \
        --set 'methods=[minmax, mmse]'
check 1 "ONNX Runtime predicts the same: batch norms folded" \
    same_in_onnxruntime "$to_export" --set models.0.batchnorm=fold --set targets=onnx
check 1 "ONNX Runtime predicts the same: batch norms measured again" \
    same_in_onnxruntime "$to_export" --set 'methods=[{name: mmse, reestimate_batchnorm: after}]' \
    --set targets=onnx --set bits=W3A3
check 1 "ONNX Runtime predicts the same: a step for each channel, biases corrected, equalised" \
    same_in_onnxruntime "$to_export" --set targets=onnx --set bits=W4A4 --set "methods=[
        {name: mmse, weight_steps: per_channel},
        {name: mmse, bias_correction: mean_and_variance, bias_correction_accept: always},
        {name: mmse, bias_correction: empirical, bias_correction_accept: always},
        {name: mmse, equalize: true, weight_steps: per_channel, bias_correction: mean, bias_correction_accept: always}]"
# Folded codes: in 8 bits, and with 8-bit weights or minmax in 16.
split="methods=[{name: mmse, outlier_splitting: {ratio: 0.1, clip_sees: original}},
    {name: minmax, outlier_splitting: 0.1, weight_steps: per_channel, bias_correction: mean, bias_correction_accept: always}]"
check 1 "ONNX Runtime predicts the same: paper, split channels" \
    same_in_onnxruntime "$to_export" --set targets=paper --set 'bits=[W4A4, W8A8]' --set "$split"
check 1 "ONNX Runtime predicts the same: onnx, split channels" \
    integer_kernels_in_onnxruntime --set 'bits=[W4A4, W8A8]' --set "$split"
check 1 "ONNX Runtime predicts the same: tensorrt, W8A8, a step for each channel" \
    same_in_onnxruntime "$to_export" --set targets=tensorrt --set bits=W8A8 \
    --set 'methods=[{name: mmse, weight_steps: per_channel, bias_correction: empirical, bias_correction_accept: always}]'

# With this configuration one of the two is kept.
a_correction_is_exported_where_it_was_kept() {
    local case corrected
    exported "$to_export" --set targets=onnx --set bits=W4A4 --set models.0.validation.samples=8 \
        --set 'methods=[
            {name: mmse, bias_correction: mean, bias_correction_accept: if_loss_drops},
            {name: minmax, bias_correction: mean, bias_correction_accept: if_loss_drops}]'
    verified
    for case in "$work"/run/cases/*; do
        corrected=no
        grep -aqF _correction_product "$work/$(basename "$case").onnx" && corrected=yes
        echo "$(grep -c '"bias_corrected": true' "$case/result.json") $corrected"
    done | sort >"$work/kept"
    printf '0 no\n1 yes\n' >"$work/expected"
    expect_same "$work/expected" "$work/kept"
}
check 1 a_correction_is_exported_where_it_was_kept

# Layers in float and folded batch norms: biases are written in other places there.
biases_of_float_layers_come_back() {
    exported "$to_export" --set targets=onnx --set bits=W4A4 --set models.0.validation.samples=64 \
        --set models.0.batchnorm=fold --set 'models.0.keep_float=[first, "/block2*"]' \
        --set 'methods=[{name: mmse, equalize: true, bias_correction: empirical, bias_correction_accept: always}]'
    verified
}
check 1 biases_of_float_layers_come_back

# Losses to the float network are held against the one that nothing was done to.
losses_are_those_of_the_result() {
    exported "$to_export" --set targets=onnx --set models.0.loss=mse_to_float \
        --set models.0.validation.samples=64 --set "methods=[
            {name: mmse, bias_correction: empirical, bias_correction_accept: always},
            {name: mmse, equalize: true, weight_steps: per_channel},
            {name: minmax, reestimate_batchnorm: after, reestimate_accept: always}]"
    verified
}
check 1 losses_are_those_of_the_result

# Steps that are others give another loss; of another calq a loss may be another by little.
a_result_that_does_not_give_its_loss_is_told() {
    local result
    exported "$to_export" --set targets=onnx --set models.0.validation.samples=8 \
        --set 'methods=[{name: mmse, bias_correction: empirical, bias_correction_accept: always}]'
    result=$(echo "$work"/run/cases/*/result.json)
    sed -i 's/"digits: /&9/' "$result"
    calq verify "$work"/*.onnx --against "$work"/run/cases/*
    expect_code 0
    expect_not_in "$work/out" "note: "
    sed -i '0,/"step_hex": "\([^p]*\)p-[0-9]*"/ s//"step_hex": "\1p+1"/' "$result"
    calq export "$work"/run/cases/* -o "$work/other.onnx"
    calq verify "$work/other.onnx" --against "$work"/run/cases/*
    expect_code 6
    expect_told "which is more than float layers of another calq make of it"
    sed -i 's/"digits: 9/"digits: /' "$result"
    calq verify "$work/other.onnx" --against "$work"/run/cases/*
    expect_code 6
    expect_told "which is more than the same calq may differ"
}
check 1 a_result_that_does_not_give_its_loss_is_told

in_4_bits() {
    form=(--int4)
    same_in_onnxruntime "$to_export" "$@"
}
check 1 "ONNX Runtime predicts the same: integers of 4 bits" \
    in_4_bits --set targets=onnx --set bits=W4A4

# Weights alone: floats of the opset that the network has, or integers where they are wanted.
weights_alone_run_as_the_float_network() {
    needs_onnxruntime
    exported "$to_export" --set targets=onnx --set 'models.0.keep_float=[]' \
        --set models.0.validation.samples=500 --set bits=W4A32 \
        --set 'methods=[{name: mmse, weight_steps: per_channel, bias_correction: mean, bias_correction_accept: always}]'
    expect_in "$work/out" "as fast as in the float network"
    verified
    judge_exports
    ! grep -aqF DequantizeLinear "$work"/*.onnx || fail "weights are dequantized"
    grep -aqF calq.weight_steps "$work"/*.onnx || fail "the file does not tell its steps"
    form=(--integers)
    export_cases
    expect_in "$work/out" "session.qdq_matmulnbits_accuracy_level"
    verified
    grep -aqF DequantizeLinear "$work"/*.onnx || fail "there are no integers"
}
check 1 weights_alone_run_as_the_float_network

the_float_network_is_the_same_in_onnxruntime() {
    needs_onnxruntime
    calibrate "$to_export" --set methods=minmax
    mkdir "$work/samples"
    "$tools/write_logits" "$work"/run/cases/* "$work/samples" || fail "write_logits failed"
    judged float 0.9999 examples/glyphs/glyphs.onnx
}
check 1 the_float_network_is_the_same_in_onnxruntime

# Attributes that became inputs, and constants that were inputs as well. Opset 21 holds midrise of 8 bits.
an_old_opset_in_onnxruntime() {
    share=0.99 apart=0.01
    same_in_onnxruntime "$to_export" --set "models.0.network=$inputs/opset-7.onnx" \
        --set 'models.0.keep_float=[]' \
        --set 'targets=[onnx, paper]' --set 'bits=[W8A8, W8A32]' --set methods=minmax \
        --set models.0.validation.samples=1000
}
check 1 an_old_opset_in_onnxruntime

# What they read the same way: their files stay in their opset.
a_new_opset_in_onnxruntime() { # OPSET
    share=0.99 apart=0.01
    same_in_onnxruntime "$to_export" --set "models.0.network=$inputs/opset-$1.onnx" \
        --set 'models.0.keep_float=[]' \
        --set 'targets=[onnx, paper]' --set bits=W8A8 --set methods=minmax \
        --set models.0.validation.samples=1000
}
for opset in 22 23 24 25 26; do
    check 1 "ONNX Runtime predicts the same: opset $opset" a_new_opset_in_onnxruntime $opset
done
check 1 "export foretells the integer kernels of ONNX Runtime: opset 26" \
    integer_kernels_are_foretold --set "models.0.network=$inputs/newest.onnx"

# On the kit, a part of the samples.
kit_in_onnxruntime() { # NETWORK DATA ARGUMENTS...
    local file
    for file in "$1" "$2/calib.h5" "$2/test.h5"; do
        [ -e "$CALQ_KIT/$file" ] || skip "CALQ_KIT has no $file"
    done
    same_in_onnxruntime "$to_export" --set "models.0.network=\${CALQ_KIT}/$1" \
        --set "models.0.calibration={file: \"\${CALQ_KIT}/$2/calib.h5\", samples: 32}" \
        --set "models.0.validation={file: \"\${CALQ_KIT}/$2/test.h5\", samples: $3}" \
        --set targets=onnx --set bits=W8A8 --set methods=mmse "${@:4}"
}
integer_kernels_of_the_kit() { # NETWORK DATA
    [ -e "$CALQ_KIT/$1" ] || skip "CALQ_KIT has no $1"
    integer_kernels_are_foretold --set "models.0.network=\${CALQ_KIT}/$1" \
        --set "models.0.calibration={file: \"\${CALQ_KIT}/$2/calib.h5\", samples: 16}" \
        --set "models.0.validation={file: \"\${CALQ_KIT}/$2/test.h5\", samples: 8}" \
        --set 'models.0.keep_float=[]' \
        --set 'methods=[{name: minmax, weight_steps: per_channel}]'
}
check 1 "export foretells the integer kernels of ONNX Runtime: ResNet-20 of the kit" \
    integer_kernels_of_the_kit cifar10/resnet20.onnx cifar10
check 1 "export foretells the integer kernels of ONNX Runtime: SqueezeNet of the kit" \
    integer_kernels_of_the_kit imagenet/squeezenet11.onnx imagenet
check 1 "export foretells the integer kernels of ONNX Runtime: MobileNet of the kit" \
    integer_kernels_of_the_kit imagenet/mobilenetv1_025.onnx imagenet
resnet20_in_onnxruntime() {
    share=0.998 apart=0.002
    kit_in_onnxruntime cifar10/resnet20.onnx cifar10 2000
}
check 1 "ONNX Runtime predicts the same: ResNet-20 of the kit" resnet20_in_onnxruntime

# A network of each family. Where a layer is no integer kernel sums of floats are rounded in another order, which moves
# a value to the next code now and then; with codes throughout and optimisations, only norms and gates are no integers.
family_of_the_kit() { # CONFIGURATION FILE BITS ARGUMENTS...
    apart=0.001 # of about a thousand predictions one may turn right or wrong
    [ -e "$CALQ_KIT/$2" ] || skip "CALQ_KIT has no $2"
    same_in_onnxruntime "configs/$1" --set targets=onnx --set "bits=$3" --set methods=minmax "${@:4}"
}
of_few_samples=(--set models.0.calibration.samples=4 --set models.0.validation.samples=4)
check 1 "ONNX Runtime predicts the same: the language model of the kit, W8A16" family_of_the_kit transformer.yaml \
    transformer/stories260k.onnx W8A16 "${of_few_samples[@]}"
of_few_texts=(--set models.0.calibration.samples=64 --set models.0.validation.samples=300)
check 1 "ONNX Runtime predicts the same: the recurrent network of the kit" family_of_the_kit lstm-ocs.yaml \
    lstm/textgenrnn.onnx '[W8A16, W8A32, W4A32]' "${of_few_texts[@]}"
of_few_pairs=(--set models.0.calibration.samples=5000 --set models.0.validation.samples=5000
    --set models.1.calibration.samples=5000 --set models.1.validation.samples=5000)
check 1 "ONNX Runtime predicts the same: the recommenders of the kit" family_of_the_kit ncf-table2.yaml \
    ncf/neumf.onnx '[W8A8, W4A8, W8A32]' "${of_few_pairs[@]}"
check 1 "ONNX Runtime predicts the same: the recommenders of the kit, codes throughout" family_of_the_kit \
    ncf-table2.yaml ncf/neumf.onnx W8A8 "${of_few_pairs[@]}" --set models.0.activations=all --set models.1.activations=all

with_optimisations_alone() {
    grep " on " "$work/judged" >"$work/optimised"
    cat "$work/optimised" "$work/optimised" >"$work/judged"
}
codes_throughout_in_onnxruntime() { # CONFIGURATION FILE BITS ARGUMENTS...
    local case
    needs_onnxruntime
    [ -e "$CALQ_KIT/$2" ] || skip "CALQ_KIT has no $2"
    exported "configs/$1" --set targets=onnx --set "bits=$3" --set methods=minmax \
        --set models.0.activations=all "${@:4}"
    case=$(echo "$work"/run/cases/*)
    mkdir -p "$work/samples"
    "$tools/write_logits" "$case" "$work/samples" || fail "write_logits failed"
    node $peers/judge.js "$work/samples" logits "$work/$(basename "$case").onnx" >"$work/judged" 2>&1
    with_optimisations_alone
    apart=0.002
    expect_equal 0.997
}
check 1 "ONNX Runtime predicts the same: the language model of the kit, codes throughout" \
    codes_throughout_in_onnxruntime transformer.yaml transformer/stories260k.onnx W8A8 "${of_few_samples[@]}"

# ---- exact files ----------------------------------------------------------------------------------

exact_exports() {
    local case
    form=(--exact)
    export_cases
    for case in "$work"/run/cases/*; do
        calq verify "$work/$(basename "$case").onnx" --against "$case"
        expect_code 0
        expect_in "$work/out" 'bytes that `calq export --exact` writes'
    done
    judge_exports
}

exact_in_onnxruntime() { # ARGUMENTS of calq run
    needs_onnxruntime
    calibrate "$@"
    exact_exports
}
check 1 "ONNX Runtime predicts the same with exact layers" exact_in_onnxruntime "$to_export" \
    --set 'targets=[onnx, paper, tensorrt]' --set bits=W4A4 --set models.0.validation.samples=500 \
    --set 'methods=[{name: mmse, weight_steps: per_channel, bias_correction: mean, bias_correction_accept: always},
        {name: mmse, outlier_splitting: 0.1}]'

# A value that float arithmetic rounds to the next code changes a quarter of the codes until the last of
# MobileNet's layers. Of exact layers all codes are the same but for those of the first, which has float
# inputs.
mobilenet_in_onnxruntime() {
    share=0.95 apart=0.02
    kit_in_onnxruntime imagenet/mobilenetv1_025.onnx imagenet 100 \
        --set models.0.mean=0.5 --set models.0.std=0.5 \
        --set 'methods=[{name: mmse, weight_steps: per_channel, bias_correction: empirical, bias_correction_accept: always}]'
    share=0.999 apart=0.0005
    exact_exports
}
check 1 "ONNX Runtime predicts nearly the same, and the same with exact layers: MobileNet of the kit" \
    mobilenet_in_onnxruntime

# Two cases that differ in their weights.
two_cases() {
    exported "$to_export" --set models.0.validation.samples=8 \
        --set 'methods=[minmax, {name: mmse, bias_correction: mean, bias_correction_accept: always}]'
    case=$work/run/cases/glyphs-paper-W4A4-mmse
    file=$work/glyphs-paper-W4A4-mmse.onnx
}

another_exact_file_is_told() {
    form=(--exact)
    two_cases
    calq verify "$work/glyphs-paper-W4A4-minmax.onnx" --against "$case"
    expect_code 6
    expect_told "is another than \`calq export --exact\` writes"
}
check 1 another_exact_file_is_told

# ---- the form of the file -----------------------------------------------------------------------

# Debian's python3-onnx knows opset 17 and lower.
onnx_checker_finds_no_fault() {
    /usr/bin/python3 -c 'import onnx' 2>/dev/null || skip "/usr/bin/python3 has no onnx"
    exported "$to_export" --set 'targets=[onnx, tensorrt]' --set 'bits=[W8A8, W4A4, W4A32]' \
        --set models.0.validation.samples=8 --set 'methods=[{name: mmse, bias_correction: mean, bias_correction_accept: always},
            {name: mmse, weight_steps: per_channel, equalize: true, bias_correction: empirical, bias_correction_accept: always}]'
    /usr/bin/python3 -c '
import onnx, sys
for path in sys.argv[1:]:
    onnx.checker.check_model(onnx.load(path), full_check=True)' "$work"/*.onnx 2>&1 ||
        fail "onnx.checker refuses a file"
}
check 1 onnx_checker_finds_no_fault

what_a_runtime_does_otherwise_is_told() {
    exported "$to_export" --set methods=minmax --set models.0.validation.samples=8 \
        --set targets=onnx --set "bits=$1"
    verified
    expect_in "$work/out" "$2"
}
check 1 "what a runtime does otherwise is told: pairs of 8 bits" \
    what_a_runtime_does_otherwise_is_told W8A8 "session.x64quantprecision"
check 1 "what a runtime does otherwise is told: few bits" \
    what_a_runtime_does_otherwise_is_told W4A4 "computed in float"

metadata_say_where_it_comes_from() {
    exported "$to_export" --set methods=minmax --set models.0.validation.samples=8
    for text in calq.version calq.case glyphs-paper-W4A4-minmax calq.float_network_hash; do
        grep -aqF "$text" "$work"/*.onnx || fail "the file does not say $text"
    done
}
check 1 metadata_say_where_it_comes_from

# The steps are those of the result, in hexadecimal digits.
steps_are_written_with_all_their_digits() {
    calibrate "$to_export" --set methods=minmax --set targets=onnx \
        --set models.0.validation.samples=8
    calq export "$work"/run/cases/* --to steps -o "$work/steps.json"
    expect_code 0
    grep -o '"step_hex": "[^"]*"' "$work"/run/cases/*/result.json | cut -d'"' -f4 >"$work/expected"
    grep -A1 '"scale_hex": ' "$work/steps.json" | grep -o '0x[^"]*' >"$work/found"
    expect_same "$work/expected" "$work/found"
    expect_in "$work/steps.json" '"type": "uint8"'
    expect_in "$work/steps.json" '"layer": "/block1/first/conv/Conv"'
}
check 1 steps_are_written_with_all_their_digits

# Of weights with a step for each channel all are there.
steps_of_channels_are_written() {
    calibrate "$to_export" --set 'methods=[{name: minmax, weight_steps: per_channel}]' \
        --set targets=onnx --set models.0.validation.samples=8
    calq export "$work"/run/cases/* --to steps -o "$work/steps.json"
    expect_code 0
    grep -o '"channel_steps_hex": "[^"]*"' "$work"/run/cases/*/result.json | cut -d'"' -f4 |
        tr ' ' '\n' | sort >"$work/expected"
    awk '/"scale_hex"/ { n = 0; list = ""; inside = 1; next }
        inside && /]/ { if (n > 1) printf "%s", list; inside = 0 }
        inside { n++; gsub(/[ ",]/, ""); list = list $0 "\n" }' "$work/steps.json" |
        sort >"$work/found"
    expect_same "$work/expected" "$work/found"
}
check 1 steps_of_channels_are_written

# Scales are those of the steps, and ends of ranges follow from scales and offsets.
encodings_say_what_steps_say() { # TARGET OFFSETS
    calibrate "$to_export" --set "targets=$1" --set bits=W8A8 --set models.0.batchnorm=fold \
        --set 'methods=[{name: minmax, weight_steps: per_channel}]' \
        --set models.0.validation.samples=8
    calq export "$work"/run/cases/* --to steps -o "$work/steps.json"
    calq export "$work"/run/cases/* --to encodings -o "$work/net.encodings"
    expect_code 0
    expect_in "$work/net.encodings" '"version": "0.6.1"'
    awk '/"scale": / { inside = 1; next }
        inside && /]/ { inside = 0 }
        inside { gsub(/[ ,]/, ""); print }' "$work/steps.json" | sort >"$work/expected"
    awk '$1 == "\"scale\":" { print $2 }' "$work/net.encodings" | sort >"$work/found"
    expect_same "$work/expected" "$work/found"
    awk 'function is(a, b) { return a - b <= 1e-9 * scale && b - a <= 1e-9 * scale }
        { gsub(/,/, "") }
        $1 == "\"max\":" { max = $2 }
        $1 == "\"min\":" { min = $2 }
        $1 == "\"is_symmetric\":" { signs = $2 == "\"True\"" }
        $1 == "\"offset\":" { offset = $2; seen[offset] = 1 }
        $1 == "\"scale\":" {
            scale = $2
            if (!is(min, scale * offset) || !is(max, scale * (offset + 255))) bad = NR
            if (signs && offset != -128) bad = NR
        }
        END {
            if (bad) print "line " bad " is wrong"
            n = split(offsets, each, " ")
            for (i = 1; i <= n; i++) if (!(each[i] in seen)) print "no offset is " each[i]
        }' offsets="$2" "$work/net.encodings" >"$work/bad"
    [ ! -s "$work/bad" ] || fail "$(cat "$work/bad")"
}
check 1 "encodings say what steps say" encodings_say_what_steps_say onnx "0 -128"
check 1 "encodings say what steps say: signs everywhere" encodings_say_what_steps_say tensorrt "-128"
check 1 "encodings say what steps say: zero-points" encodings_say_what_steps_say openvino "0 -128"

no_encodings() { # SENTENCE ARGUMENTS...
    calibrate "$to_export" --set methods=minmax --set models.0.validation.samples=8 "${@:2}"
    calq export "$work"/run/cases/* --to encodings -o "$work/net.encodings"
    expect_code 4
    expect_told "$1"
    [ ! -e "$work/net.encodings" ] || fail "there is a file"
}
check 1 "encodings have a zero" no_encodings 'is on the grid midrise, which has no zero'
check 1 "encodings have four bits or more" no_encodings "has 3 bits" --set bits=W3A8 --set targets=onnx
check 1 "encodings have no bias correction" no_encodings "was found with a bias correction" \
    --set targets=onnx --set bits=W8A8 --set models.0.batchnorm=fold \
    --set 'methods=[{name: minmax, bias_correction: empirical, bias_correction_accept: always}]'
check 1 "encodings have no blocks" no_encodings "has steps of blocks" --set targets=onnx --set bits=W8A8 \
    --set models.0.batchnorm=fold --set 'methods=[{name: minmax, weight_steps: per_block, block_size: 4}]'
check 1 "encodings are of folded weights" no_encodings 'search with `batchnorm: fold`' \
    --set targets=onnx --set bits=W8A8

a_table_for_ncnn_has_a_scale_for_each_channel_and_input() {
    calibrate "$to_export" --set "methods=[{name: minmax, weight_steps: $1}]" \
        --set targets=tensorrt --set bits=W8A8 \
        --set models.0.batchnorm=fold --set models.0.validation.samples=8
    calq export "$work"/run/cases/* --to ncnn-table -o "$work/table"
    expect_code 0
    [ "$(wc -l <"$work/table")" -eq 20 ] || fail "there are not two lines for each of 10 layers"
    awk '$1 == "/block2/depthwise/conv/Conv_param_0" && NF == 25 { found = 1 }
        $1 == "/block2/depthwise/conv/Conv" && NF == 2 { also = 1 }
        $1 ~ /_param_0$/ && $2 != $3 { others = 1 }
        END { exit !(found && also && others == per_channel) }' \
        per_channel="$2" "$work/table" || fail "$(head -c 500 "$work/table")"
}
check 1 "a table for ncnn has a scale for each channel and input" \
    a_table_for_ncnn_has_a_scale_for_each_channel_and_input per_tensor 0
check 1 "a table for ncnn has a scale for each channel and input: channels of their own" \
    a_table_for_ncnn_has_a_scale_for_each_channel_and_input per_channel 1

no_table_for_ncnn() { # SENTENCE ARGUMENTS...
    calibrate "$to_export" --set methods=minmax --set models.0.validation.samples=8 "${@:2}"
    calq export "$work"/run/cases/* --to ncnn-table -o "$work/table"
    expect_code 4
    expect_told "$1"
    [ -z "$(find "$work" -name 'table*')" ] || fail "there is a file"
}
check 1 "ncnn cannot represent midrise weights" no_table_for_ncnn \
    '"block1.first.conv.weight" has 4 bits on the grid midrise'
check 1 "ncnn cannot represent unsigned activations" no_table_for_ncnn \
    '"/Relu_output_0" has 8 bits on the grid unsigned' --set targets=onnx --set bits=W8A8 \
    --set models.0.batchnorm=fold
check 1 "ncnn has no bias correction" no_table_for_ncnn "was found with a bias correction" \
    --set targets=tensorrt --set bits=W8A8 --set models.0.batchnorm=fold \
    --set 'methods=[{name: minmax, bias_correction: empirical, bias_correction_accept: always}]'
check 1 "ncnn folds batch norms" no_table_for_ncnn 'search with `batchnorm: fold`' \
    --set targets=tensorrt --set bits=W8A8

# ---- files that are not what the case gives -------------------------------------------------------

another_case_is_told_with_how_far_it_is_off() {
    two_cases
    calq verify "$work/glyphs-paper-W4A4-minmax.onnx" --against "$case"
    expect_code 6
    expect_told "is not what the case gives: 18 of 18 quantized tensors are others"
    expect_in "$work/out" "off by"
    grep -Eq '^block1.first.conv.weight +[0-9]+ ' "$work/out" || fail "there is no table"
}
check 1 another_case_is_told_with_how_far_it_is_off

a_float_network_holds_no_codes() {
    two_cases
    calq verify examples/glyphs/glyphs.onnx --against "$case"
    expect_code 4
    expect_told "holds no codes"
}
check 1 a_float_network_holds_no_codes

refused_by_verify() { # CODE TEXT FILE
    calq verify "$3" --against "$case"
    expect_code "$1"
    expect_told "$2"
}

files_of_something_else_are_told() {
    two_cases
    calibrate "$to_export" --set "out=$work/folded" --set methods=mmse \
        --set models.0.batchnorm=fold --set models.0.validation.samples=8
    calq export "$work"/folded/cases/* -o "$work/folded.onnx"
    expect_code 0
    : >"$work/empty.onnx"
    refused_by_verify 6 "its bias or batch norm is another" "$work/folded.onnx"
    refused_by_verify 4 "empty.onnx: the file is empty" "$work/empty.onnx"
    refused_by_verify 4 "README.md: the file is damaged" README.md
    refused_by_verify 4 "this is no regular file" "$work"
    refused_by_verify 4 "no.onnx: cannot open" "$work/no.onnx"
}
check 1 files_of_something_else_are_told

a_file_that_was_cut_is_told() {
    local size at
    two_cases
    size=$(wc -c <"$file")
    for at in 1 100 5000 $((size / 2)) $((size - 1)); do
        head -c "$at" "$file" >"$work/cut.onnx"
        calq verify "$work/cut.onnx" --against "$case"
        [ "$code" -eq 4 ] || fail "cut at byte $at: the exit code is $code, not 4"
        expect_told "cut.onnx: "
    done
}
check 1 a_file_that_was_cut_is_told

# Some bytes mean nothing to the network (names of nodes, metadata): the file is the same then.
a_byte_that_was_changed_is_told_or_means_nothing() {
    local size at told=0
    two_cases
    size=$(wc -c <"$file")
    for ((at = 50; at < size; at += size / 60)); do
        cp "$file" "$work/edited.onnx"
        printf '\125' | dd of="$work/edited.onnx" bs=1 seek="$at" conv=notrunc 2>/dev/null
        calq verify "$work/edited.onnx" --against "$case"
        case $code in
        0) ;;
        4 | 6)
            told=$((told + 1))
            expect_told edited.onnx
            ;;
        *) fail "byte $at: the exit code is $code" ;;
        esac
    done
    [ "$told" -gt 20 ] || fail "only $told of the changes were told"
}
check 1 a_byte_that_was_changed_is_told_or_means_nothing

a_quantized_network_is_not_calibrated() {
    two_cases
    calq run "$small" --set "out=$work/again" --set "models.0.network=$file"
    expect_code 4
    expect_told "is quantized already"
}
check 1 a_quantized_network_is_not_calibrated

a_result_of_another_network_is_not_exported() {
    calibrate "$to_export" --set methods=minmax --set models.0.validation.samples=8
    sed -i "s|network: .*|network: $inputs/another.onnx|" "$work/run/config.yaml"
    calq export "$work"/run/cases/* -o "$work/a.onnx"
    expect_code 4
    expect_told "is not the network that "
    [ -z "$(find "$work" -name 'a.onnx*')" ] || fail "there is a file"
}
check 1 a_result_of_another_network_is_not_exported

# ---- the command line -----------------------------------------------------------------------------

refused() { # CODE TEXT ARGUMENTS...
    calq "${@:3}"
    expect_code "$1"
    expect_told "$2"
}
check 1 "export needs a case" refused 2 "which case, and to which file?" export -o a.onnx
check 1 "export needs a file" refused 2 "which case, and to which file?" export somewhere
check 1 "export knows its forms" refused 2 'there is no form "coreml"' \
    export a -o b --to coreml
check 1 "an exact file has no other form" refused 2 "take one of them" \
    export a -o b --exact --integers
check 1 "a case that is not there is told" refused 2 "cannot open no/such" \
    export no/such -o a.onnx
check 1 "a folder of no case is told" refused 2 "is no folder of a case" \
    export examples/glyphs -o a.onnx
check 1 "verify needs a file and a case" refused 2 "which file, against which case?" \
    verify a.onnx

steps_alone_do_not_tell_of_equalised_weights() {
    calibrate "$small" --set bits=W4A4 --set targets=onnx --set "methods=[{name: mmse, equalize: true}]"
    calq export "$work"/run/cases/* --to steps -o "$work/steps.json"
    expect_code 4
    expect_told "was found with equalised weights"
    [ ! -e "$work/steps.json" ] || fail "there is a file"
}
check 1 steps_alone_do_not_tell_of_equalised_weights
