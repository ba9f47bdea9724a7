# shellcheck shell=bash disable=SC2154,SC2034  # names of harness.sh
# analyze.sh - what `calq analyze` finds: the same on any number of ranks, after any kill, and the same that
# a run finds of the same steps.

looked_at=$here/analyze.yaml
mmse=glyphs-paper-W4A4-mmse

# Runs an analysis that must succeed: its files go to $work/run.
analyze() { # KIND ARGUMENTS...
    calq analyze "$1" --set "out=$work/run" "${@:2}"
    expect_code 0
}

# Prints all findings in a run folder but what ranks, time and machine may change.
findings() { # FOLDER
    local file
    for file in "$1"/cases/*/analyses/*; do
        echo "${file#"$1"/}"
        sed '/^ "run": {/,/^ }/d' "$file"
    done
}

# Compares with what the first run of this NAME found; the first is the measure.
finds_the_same() { # NAME KIND ARGUMENTS...
    local measure=$scratch/findings.$1
    analyze "${@:2}"
    findings "$work/run" >"$work/findings"
    [ -s "$work/findings" ] || fail "there are no findings"
    [ -e "$measure" ] || cp "$work/findings" "$measure"
    expect_same "$measure" "$work/findings"
}

check 1 "an analysis gives its findings" finds_the_same all all "$looked_at"
check 2 "the findings are the same" finds_the_same all all "$looked_at"
check 3 "the findings are the same" finds_the_same all all "$looked_at"
check 5 "the findings are the same" finds_the_same all all "$looked_at"
check 3 "the findings are the same of teams of one" finds_the_same all all "$looked_at" --set ranks_per_case=1
one=(--set bits=W4A4 --set 'analyses=[{kind: surface, points: 2, tensors: [/Relu_output_0, block1.first.conv.weight]}]')
check 1 "a surface gives its findings" finds_the_same one surface "$looked_at" "${one[@]}"
check 1 "the findings are the same without memory, with scalar kernels" \
    finds_the_same one surface "$looked_at" "${one[@]}" --set memory=0 --set kernel=scalar

the_files_are_there() {
    analyze all "$looked_at"
    expect_files "$work/run" <<END
./cases/glyphs-paper-W2A2-mmse/analyses/error-tensor-bin.csv
./cases/glyphs-paper-W2A2-mmse/analyses/error.csv
./cases/glyphs-paper-W2A2-mmse/analyses/error.json
./cases/glyphs-paper-W2A2-mmse/analyses/hessian-order.csv
./cases/glyphs-paper-W2A2-mmse/analyses/hessian-tensor-width.csv
./cases/glyphs-paper-W2A2-mmse/analyses/hessian-tensor.csv
./cases/glyphs-paper-W2A2-mmse/analyses/hessian.csv
./cases/glyphs-paper-W2A2-mmse/analyses/hessian.json
./cases/glyphs-paper-W2A2-mmse/analyses/pscan.csv
./cases/glyphs-paper-W2A2-mmse/analyses/pscan.json
./cases/glyphs-paper-W2A2-mmse/analyses/surface.csv
./cases/glyphs-paper-W2A2-mmse/analyses/surface.json
./cases/glyphs-paper-W2A2-mmse/journal
./cases/glyphs-paper-W2A2-mmse/result.json
./cases/glyphs-paper-W2A2-mmse/state
./cases/glyphs-paper-W4A4-mmse/analyses/interaction-tensor.csv
./cases/glyphs-paper-W4A4-mmse/analyses/interaction.csv
./cases/glyphs-paper-W4A4-mmse/analyses/interaction.json
./cases/glyphs-paper-W4A4-mmse/analyses/keep_float.csv
./cases/glyphs-paper-W4A4-mmse/analyses/keep_float.json
./cases/glyphs-paper-W4A4-mmse/analyses/pair.csv
./cases/glyphs-paper-W4A4-mmse/analyses/pair.json
./cases/glyphs-paper-W4A4-mmse/analyses/pscan.csv
./cases/glyphs-paper-W4A4-mmse/analyses/pscan.json
./cases/glyphs-paper-W4A4-mmse/analyses/sensitivity-tensor-tensor2.csv
./cases/glyphs-paper-W4A4-mmse/analyses/sensitivity.csv
./cases/glyphs-paper-W4A4-mmse/analyses/sensitivity.json
./cases/glyphs-paper-W4A4-mmse/analyses/size-samples.csv
./cases/glyphs-paper-W4A4-mmse/analyses/size.csv
./cases/glyphs-paper-W4A4-mmse/analyses/size.json
./cases/glyphs-paper-W4A4-mmse/analyses/surface.csv
./cases/glyphs-paper-W4A4-mmse/analyses/surface.json
./cases/glyphs-paper-W4A4-mmse/journal
./cases/glyphs-paper-W4A4-mmse/result.json
./cases/glyphs-paper-W4A4-mmse/state
./config.yaml
./lock
END
    [ "$(wc -l <"$work/run/cases/$mmse/analyses/surface.csv")" -eq 17 ] || fail "it has not 4 x 4 points"
    expect_in "$work/out" "$work/run/cases/*/analyses/"
}
check 1 the_files_are_there

# ---- the same that a run finds ------------------------------------------------------------------

# Prints the number of one line of a CSV file: KEY is how the line begins, COLUMN its number.
entry() { awk -F, -v key="$2" -v column="$3" '$1 == key { print $column; exit }' "$work/run/cases/$mmse/analyses/$1.csv"; } # NAME KEY COLUMN

# Prints a number of a fact.
fact() { grep -A3 "\"name\": \"$2\"" "$work/run/cases/$mmse/analyses/$1.json" | sed -n 's/.*"value": //p'; } # NAME FACT

# A result says that some samples cost so much.
expect_in_result() { # NUMBER CASE
    grep -q "\"loss\": $1,\$" "$work/run/cases/$2/result.json" || fail "no loss of $2 is $1"
}

the_norms_cost_what_runs_find() {
    analyze pscan "$looked_at"
    calibrate "$looked_at" --set bits=W4A4 \
        --set 'methods=[{name: mmse, bias_correction: mean}, {name: lp, norm: 2.5, bias_correction: mean}]'
    expect_in_result "$(entry pscan 2 2)" $mmse
    expect_in_result "$(entry pscan 2 4)" $mmse
    expect_in_result "$(entry pscan 2.5 2)" glyphs-paper-W4A4-lp
    expect_in_result "$(entry pscan 2.5 4)" glyphs-paper-W4A4-lp
}
check 1 the_norms_cost_what_runs_find

a_surface_goes_through_the_point() {
    analyze surface "$looked_at" --set 'analyses=[{kind: surface, points: 3, range: [0.5, 2]}]'
    calibrate "$looked_at"
    awk -F, -v loss="$(fact surface point_loss)" '$1 == 1 && $2 == 1 { exit !($3 == loss) }' \
        "$work/run/cases/$mmse/analyses/surface.csv" || fail "it costs something else at the point"
    expect_in_result "$(fact surface point_loss)" $mmse
}
check 1 a_surface_goes_through_the_point

# All samples are what a run has, whatever the seed; fewer give what they give, again and again.
draws_of_all_samples_cost_what_a_run_finds() {
    analyze size "$looked_at" --set 'analyses=[{kind: size, sizes: [20, 44], draws: 2}]'
    calibrate "$looked_at"
    awk -F, '$1 == 44 { print $3 }' "$work/run/cases/$mmse/analyses/size.csv" | sort -u >"$work/losses"
    [ "$(wc -l <"$work/losses")" -eq 1 ] || fail "draws of all samples differ"
    expect_in_result "$(cat "$work/losses")" $mmse
    [ "$(awk -F, '$1 == 20 { print $3 }' "$work/run/cases/$mmse/analyses/size.csv" | sort -u | wc -l)" -eq 2 ] ||
        fail "draws of some samples are the same"
}
check 1 draws_of_all_samples_cost_what_a_run_finds

a_run_goes_on_from_an_analysis() {
    analyze pscan "$looked_at"
    rm "$work/run/cases/$mmse/result.json"
    calibrate "$looked_at"
    expect_in "$work/log" "$mmse: goes on from"
    analyze pscan "$looked_at"
    expect_in "$work/run/cases/$mmse/analyses/pscan.json" '"replayed":'
    ! grep -q '"replayed": 0' "$work/run/cases/$mmse/analyses/pscan.json" || fail "nothing was there"
}
check 1 a_run_goes_on_from_an_analysis

# ---- kills ----------------------------------------------------------------------------------

an_analysis_killed_again_and_again_finds_the_same() {
    local bytes before
    for bytes in 1 20000 50000; do
        killed_after "analyze all" $bytes "$looked_at" "${slowly[@]}" || fail "it has ended already"
    done
    before=$(journal_bytes)
    [ "$before" -ge 70001 ] || fail "what was found is gone"
    finds_the_same all all "$looked_at"
    # All answers are there once: a journal that was not disturbed has as many bytes.
    journal_bytes >"$work/bytes"
    rm -r "$work/run"
    analyze all "$looked_at"
    [ "$(journal_bytes)" -eq "$(cat "$work/bytes")" ] || fail "something was found twice"
}
check 1 an_analysis_killed_again_and_again_finds_the_same
check 3 an_analysis_killed_again_and_again_finds_the_same

# ---- slips of the pen -------------------------------------------------------------------------

refused() { # CODE TEXT ARGUMENTS...
    calq analyze "${@:3}" --set "out=$work/run"
    expect_code "$1"
    expect_told "$2"
}
check 1 "an analysis has a name" refused 2 'did you mean pscan?' pscann "$looked_at"
check 1 "a kind is needed" refused 2 'which analysis?'
check 3 "an analysis has a name" refused 2 'did you mean pscan?' pscann "$looked_at"
check 1 "a configuration is needed" refused 2 'which configuration?' pscan
check 1 "a pattern fits some case" refused 3 'fits no case; the first case is glyphs-paper-W4A4-mmse' \
    all "$looked_at" --set 'analyses.2.cases="*W5A5*"'
check 1 "without analyses a kind is needed" refused 3 'name a kind' all "$looked_at" --set 'analyses=[]'
check 3 "a tensor that is not there is told" refused 3 'the nearest name is "block1.first.conv.weight"' \
    all "$looked_at" --set 'analyses.1.tensors=[block1.first.conv.weigh, /block1/Relu_output_0]'
check 1 "a surface has two tensors" refused 3 'names the same tensor twice' \
    all "$looked_at" --set 'analyses.1.tensors=[/block1/Relu_output_0, /block1/Relu_output_0]'
check 1 "a surface has no single tensor" refused 3 'a surface is over two tensors; `tensors` names 1' \
    all "$looked_at" --set 'analyses.1.tensors=/block1/Relu_output_0'
check 1 "a surface without validation samples is not validated" refused 3 'the model has no validation samples' \
    surface "$looked_at" --set 'models.0={name: glyphs, network: examples/glyphs/glyphs.onnx, inputs: {input: /images},
        labels: /labels, calibration: {file: examples/glyphs/calibration.h5, samples: 40}}' \
    --set 'analyses=[{kind: surface, validate: true}]'
check 3 "more samples than there are cannot be drawn" refused 3 '`sizes` names 45 samples, and the case has 44' \
    size "$looked_at" --set 'analyses=[{kind: size, sizes: [8, 45]}]'
check 1 "two analyses do not share files" refused 3 'has the same name, which `as` changes, as entry 1' \
    all "$looked_at" --set 'analyses=[pscan, pscan]'

# ---- interactions -----------------------------------------------------------------------------

interactions_are_those_that_a_surface_is_chosen_by() {
    local largest
    analyze all "$looked_at" --set bits=W4A4 --set 'analyses=[interaction, {kind: surface, points: 2}]'
    largest=$(fact interaction largest)
    [ -n "$largest" ] && [ "$largest" = "$(fact surface interaction)" ] || fail "it is $largest"
    awk -F, 'NR > 1 { both[$1, $2] = $3 } END { for (p in both) { split(p, t, SUBSEP)
        if (both[t[1], t[2]] != both[t[2], t[1]]) exit 1; n++ } exit n != 18 * 18 }' \
        "$work/run/cases/$mmse/analyses/interaction.csv" || fail "it is not symmetric"
}
check 1 interactions_are_those_that_a_surface_is_chosen_by

# ---- which tensor to keep in float --------------------------------------------------------------

# Each alone costs what pairs are compared with. Steps behind the last weights do not follow from them, so a run that
# keeps these in float finds the other steps.
what_is_kept_in_float_costs_what_a_run_finds() {
    local last=block4.second.conv.weight
    analyze all "$looked_at" --set bits=W4A4 --set methods=mmse --set 'analyses=[interaction, keep_float]'
    cut -d, -f1,4 "$work/run/cases/$mmse/analyses/keep_float.csv" | tail -n +2 >"$work/alone"
    tail -n +2 "$work/run/cases/$mmse/analyses/interaction-tensor.csv" >"$work/of_pairs"
    [ "$(wc -l <"$work/alone")" -eq 18 ] || fail "there are not 18 tensors"
    expect_same "$work/of_pairs" "$work/alone"
    entry keep_float "\"$last\"" 2 >"$work/kept"
    rm -r "$work/run"
    calibrate "$looked_at" --set bits=W4A4 --set methods=mmse \
        --set "models.0.overrides=[{match: $last, bits: W32}]"
    expect_in_result "$(cat "$work/kept")" $mmse
}
check 1 what_is_kept_in_float_costs_what_a_run_finds

# ---- in float64 ---------------------------------------------------------------------------------

losses_are_those_of_float64() { # KIND SETTINGS
    local few=("$looked_at" --set bits=W4A4 --set methods=mmse --set models.0.calibration.samples=16)
    needs_python numpy onnx h5py
    calibrate "${few[@]}"
    analyze "$1" "${few[@]}" --set "analyses=[$2]"
    "$python" "$here/like_numpy.py" "$1" examples/glyphs/glyphs.onnx examples/glyphs/calibration.h5 16 \
        "$work/run/cases/$mmse" >"$work/out" 2>"$work/log" || fail "they differ: $(paste -sd ' ' "$work/out")"
}
check 1 "a Hessian is that of a network in float64" losses_are_those_of_float64 hessian '{kind: hessian, of: activations}'
check 1 "a surface is that of a network in float64" losses_are_those_of_float64 surface '{kind: surface, points: 4}'
check 1 "errors of tensors are those of a network in float64" losses_are_those_of_float64 error error

# ---- reports ----------------------------------------------------------------------------------

a_report_shows_findings_and_takes_none_for_the_search() {
    local few=("$looked_at" --set bits=W4A4 --set methods=mmse)
    calibrate "${few[@]}"
    analyze all "${few[@]}" --set 'analyses=[{kind: surface, points: 4}, interaction, error]'
    calq report "$work/run" -o "$work/page.html"
    expect_in "$work/page.html" "surface"
    expect_in "$work/page.html" "What rounding takes from each tensor"
    expect_in "$work/page.html" "highest code"
    expect_in "$work/page.html" "Bits, bytes and bit operations"
    expect_in "$work/page.html" "Kind of CPU"
    grep -q "$mmse: [^ ]* costs most alone" "$work/page.html" || fail "it tells no tensor"
    expect_in "$work/page.html" "What each analysis took"
    expect_not_in "$work/page.html" "Loss over evaluations"
}
check 1 a_report_shows_findings_and_takes_none_for_the_search

# From a run directory to an answer: its folder is its configuration, whatever its name.
a_run_directory_tells_which_layer_to_keep_in_float() {
    calq run "$looked_at" --set "out=$work/it's a run" --set bits=W4A4 --set methods=mmse
    expect_code 0
    calq report "$work/it's a run" -o "$work/page.html"
    expect_in "$work/page.html" "calq analyze keep_float &#39;$work/it&#39;\&#39;&#39;s a run&#39;"
    calq analyze keep_float "$work/it's a run"
    expect_code 0
    expect_in "$work/out" "to see them: calq report"
    [ -e "$work/it's a run/cases/$mmse/analyses/keep_float.json" ] || fail "it is elsewhere"
    calq report "$work/it's a run" -o "$work/page.html"
    grep -q "$mmse: keep [^ ]* in float first. That lowers the loss by" "$work/page.html" || fail "it tells no tensor"
    grep -q "overrides: .*, bits: [WA]32" "$work/page.html" || fail "it tells no setting"
}
check 1 a_run_directory_tells_which_layer_to_keep_in_float
check 3 a_run_directory_tells_which_layer_to_keep_in_float

a_case_without_a_result_gets_that_of_a_run() {
    local few=("$looked_at" --set bits=W4A4 --set methods=mmse)
    analyze surface "${few[@]}" --set 'analyses=[{kind: surface, points: 2}]'
    digits "$work/run" >"$work/digits"
    rm -r "$work/run"
    calibrate "${few[@]}"
    digits "$work/run" | cmp -s - "$work/digits" || fail "it is another result"
}
check 1 a_case_without_a_result_gets_that_of_a_run
