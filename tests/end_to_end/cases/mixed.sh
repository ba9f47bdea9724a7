# shellcheck shell=bash disable=SC2154,SC2034  # names of harness.sh
# mixed.sh - bits for each tensor: the same ones whoever measures, within the budget, and for another budget from what
# was measured before.

mixed=$here/mixed.yaml
check 1 "bits of tensors are chosen" same mixed "$mixed"
for count in 2 3 5; do
    check $count "the same bits of tensors are chosen" same mixed "$mixed"
done
check 1 "the same bits of tensors are chosen without memory" same mixed "$mixed" --set memory=0

# What is told of the bits that were chosen: a number.
chosen() { # CASE FIELD
    python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["mixed"]["chosen"][sys.argv[2]])' \
        "$work/run/cases/$1/result.json" "$2"
}

is_at_most() { # NUMBER MOST
    awk -v number="$1" -v most="$2" 'BEGIN { exit !(number <= most) }' || fail "$1 is above $2"
}

budgets_are_kept() {
    calibrate "$mixed"
    is_at_most "$(chosen glyphs-paper-W8A8-rounded cost)" 2.7
    is_at_most 2.5 "$(chosen glyphs-paper-W8A8-rounded cost)"
    is_at_most "$(chosen glyphs-paper-W8A8-bytes cost)" 28000
    is_at_most "$(chosen glyphs-paper-W8A8-floats predicted)" 0.001
}
check 1 budgets_are_kept

one_budget='{name: mixed, weights: [2, 4], rounding: {name: gram, accept: always}, joint_sweeps: 0,'

# The second case evaluates its best few alone; a run with that case only finds the same.
another_budget_takes_no_evaluations() {
    local both=$work/both
    calibrate "$mixed" --set bits=W8A8 --set exclude=[] --set "methods=[$one_budget finals: 0, budget: {average_bits: 2.5}, as: low},
        $one_budget finals: 0, budget: {average_bits: 3.5}, as: high}]"
    [ "$(find "$work/run/shared" -type f | wc -l)" -eq 2 ] || fail "what was measured is not shared"
    grep -h '"answers_in_journal"\|"layers_run"' "$work"/run/cases/*-high/result.json "$work"/run/cases/*-low/result.json
    mv "$work/run" "$both"
    calibrate "$mixed" --set bits=W8A8 --set exclude=[] --set "methods=[$one_budget finals: 0, budget: {average_bits: 3.5}, as: high}]"
    digits "$both" | grep high >"$work/shared"
    digits "$work/run" | grep high >"$work/alone"
    [ -s "$work/alone" ] || fail "there are no digits"
    expect_same "$work/shared" "$work/alone"
    size_of_journal "$both" >"$work/bytes.shared"
    size_of_journal "$work/run" >"$work/bytes.alone"
    is_at_most "$(cat "$work/bytes.shared")" "$(($(cat "$work/bytes.alone") / 2))"
}
size_of_journal() { wc -c <"$1/cases/glyphs-paper-W8A8-high/journal"; } # FOLDER
check 1 another_budget_takes_no_evaluations

a_damaged_file_of_what_is_shared_is_as_none() {
    local file
    same mixed "$mixed"
    for file in "$work"/run/shared/*; do
        printf x | dd of="$file" bs=1 seek=200 conv=notrunc status=none
    done
    rm -r "$work"/run/cases
    same mixed "$mixed"
}
check 1 a_damaged_file_of_what_is_shared_is_as_none

# So many numbers at random below a limit, rising.
instants() { # COUNT LIMIT
    for _ in $(seq "$1"); do
        echo $(((RANDOM * 32768 + RANDOM) % $2))
    done | sort -n
}

# What a run that is not disturbed writes tells how far there is to go.
a_run_that_is_killed_at_ten_random_instants_chooses_the_same_bits() {
    local instant now kills=0
    calibrate "$mixed"
    for instant in $(instants 10 "$(journal_bytes)" && rm -r "$work/run"); do
        now=$(journal_bytes)
        [ "$instant" -gt "$now" ] || instant=$((now + 1))
        echo "killed when $instant bytes are answered"
        killed_after run $((instant - now)) "$mixed" "${slowly[@]}" || break
        [ "$(journal_bytes)" -ge "$now" ] || fail "answers are lost"
        kills=$((kills + 1))
    done
    [ $kills -ge 8 ] || fail "only $kills kills came before the end"
    same mixed "$mixed"
}
check 1 a_run_that_is_killed_at_ten_random_instants_chooses_the_same_bits

chosen_bits_come_back_from_exported_files() {
    local case
    calibrate "$mixed" --set exclude=[] --set 'bits=[W8A8, W3A4]' --set "methods=[$one_budget budget: {average_bits: 2.7}, as: rounded},
        {name: mixed, weights: [2, 3, 8], budget: {weight_bytes: 28000}, model: singles, joint_sweeps: 0, as: bytes}]"
    for case in "$work"/run/cases/*; do
        comes_back "$case"
    done
}
check 1 chosen_bits_come_back_from_exported_files

# Of what was tried, those of least loss and the same bits for all are rounded as the end is, and the best of them is chosen.
the_best_few_are_compared_as_they_are_rounded() {
    calibrate "$mixed" --set bits=W8A8 --set exclude=[] \
        --set "methods=[$one_budget budget: {average_bits: 2.7}, tries: 6, finals: 3, descents: 0, as: few}]"
    python3 - "$work/run/cases/glyphs-paper-W8A8-few/result.json" <<'END'
import json, sys
result = json.load(open(sys.argv[1]))
tried = result["mixed"]["tried"]
rounded = [t["rounded_loss"] for t in tried if t["rounded_loss"] is not None]
assert 7 <= len(tried) <= 13 and len(rounded) in (3, 4), (len(tried), rounded)
assert rounded == sorted(rounded) and tried[0]["rounded_loss"] == rounded[0]
assert result["mixed"]["chosen"] == tried[0]
assert result["result"]["calibration"]["loss"] == rounded[0], "the end is another"
uniform = [t for t in tried if set(t["bits"].split()) <= {"2", "8"}]
assert any(t["rounded_loss"] is not None for t in uniform), "the same bits for all are not rounded"
END
}
check 1 the_best_few_are_compared_as_they_are_rounded

# Each goes on from the best before it, so more of them end no higher; what they round is told, and each once.
neighbours_of_the_best_are_rounded_as_long_as_one_is_better() {
    calibrate "$mixed" --set bits=W8A8 --set exclude=[] \
        --set "methods=[$one_budget budget: {average_bits: 2.7}, finals: 2, descents: 0, as: 'none'},
        $one_budget budget: {average_bits: 2.7}, finals: 2, descents: 1, as: once},
        $one_budget budget: {average_bits: 2.7}, finals: 2, descents: 5, as: often}]"
    python3 - "$work"/run/cases/glyphs-paper-W8A8-{none,once,often}/result.json <<'END'
import json, sys
found = [json.load(open(path))["mixed"] for path in sys.argv[1:]]
rounded = [[t for t in mixed["tried"] if t["rounded_loss"] is not None] for mixed in found]
assert len(rounded[0]) + 2 == len(rounded[1]) <= len(rounded[2]), [len(r) for r in rounded]
losses = [mixed["chosen"]["rounded_loss"] for mixed in found]
assert losses[0] >= losses[1] >= losses[2], losses
for mixed, some in zip(found, rounded):
    assert len({t["bits"] for t in mixed["tried"]}) == len(mixed["tried"]), "one is tried twice"
    assert mixed["chosen"]["rounded_loss"] == min(t["rounded_loss"] for t in some)
    assert all(t["cost"] <= 2.7 for t in some)
END
}
check 1 neighbours_of_the_best_are_rounded_as_long_as_one_is_better

# Of ten weights, each with two widths below its widest, and the base: 1 + 20 + 45 x 4, and 9 x 2 + 1 batches.
a_dry_run_foretells_pairs_on_other_numbers_of_ranks() {
    local one='name: mixed, weights: [2, 3, 8], joint_sweeps: 0'
    calq run --dry-run --ranks 2,64 --set "out=$work/run" "$mixed" --set bits=W8A8 --set exclude=[] \
        --set "methods=[mmse, {$one, budget: {average_bits: 3}, as: all}]"
    expect_code 0
    expect_in "$work/out" "201 single tensors and pairs in 19 batches, as much work as "
    [ "$(grep -c '^ *64 .* x$' "$work/out")" -eq 3 ] || fail "not all have a line for 64 ranks"
}
check 1 a_dry_run_foretells_pairs_on_other_numbers_of_ranks

points='weights: [8, 32], activations: [8, 32], model: singles, joint_sweeps: 0'

# A layer's weights and what they multiply are a group, so there are not more groups than layers and an input.
what_costs_more_than_some_points_stays_in_float() {
    local case=$work/run/cases/glyphs-onnx-W8A8
    calibrate "$mixed" --set targets=onnx --set bits=W8A8 --set exclude=[] --set models.0.metric=agreement --set \
        "methods=[{name: mixed, $points, budget: {points: 100}, as: all}, {name: mixed, $points, budget: {points: 0}, as: free},
        {name: mixed, weights: [2, 32], activations: [2, 32], model: singles, joint_sweeps: 0, budget: {points: 10}, as: low}]"
    [ "$(chosen glyphs-onnx-W8A8-all bits | tr ' ' '\n' | sort -u)" = 8 ] || fail "not all is quantized"
    python3 - "$case"-{all,free,low}/result.json <<'END'
import json, sys
for path in sys.argv[1:]:
    result = json.load(open(path))
    groups = result["mixed"]["groups"].split()
    assert len(groups) <= sum(s["kind"] == "weights" for s in result["steps"]), groups
low, = (json.load(open(p)) for p in sys.argv[3:])
assert {"2", "32"} == set(low["mixed"]["chosen"]["bits"].split()), low["mixed"]["chosen"]
END
    comes_back "$case-low"
}
check 1 what_costs_more_than_some_points_stays_in_float

# The number that a result counts under this name.
counted() { # NAME
    sed -n "s/^    \"$1\": \([0-9]*\).*/\1/p" "$case/result.json"
}

a_budget_counts_what_the_result_counts() {
    local budget case=$work/run/cases/glyphs-paper-W8A8-all
    for budget in weight_bytes=28000 bit_operations=1.6e8; do
        rm -rf "$work/run"
        calibrate "$mixed" --set exclude=[] --set bits=W8A8 --set \
            "methods=[{name: mixed, weights: [2, 3, 8], budget: {${budget/=/: }}, model: singles, joint_sweeps: 0, as: all}]"
        expect_in "$case/result.json" "\"cost\": $(counted "${budget%=*}")"
    done
}
check 1 a_budget_counts_what_the_result_counts

what_cannot_be_is_told() {
    local settings
    refuse() { # TEXT SETTINGS
        calq run --set "out=$work/run" "$mixed" --set bits=W8A8 --set exclude=[] --set "methods=[{name: mixed, $2}]" "${@:3}"
        expect_code "3"
        expect_in "$work/log" "$1"
        rm -rf "$work/run"
    }
    refuse "a budget of 2.5 average_bits cannot be kept: with the fewest bits of all it is 3" \
        "weights: [3, 4], budget: {average_bits: 2.5}, model: singles"
    refuse "budget has 2 limits, and needs one of" "budget: {average_bits: 2.5, loss: 1}"
    refuse "bits are listed in rising order, and 3 stands behind 4" "weights: [4, 3]"
    refuse "bits are 2 to 8, or 32 for float, not 9" "weights: [4, 9]"
    refuse "only one of both can have several widths" "activations: [4, 8], budget: {bit_operations: 1e6}"
    refuse "points are hundredths of a share, and the metric of glyphs is perplexity" \
        "weights: [8, 32], budget: {points: 1}, model: singles" --set models.0.metric=perplexity --set models.0.loss=cross_entropy
    refuse "a loss of 0 cannot be reached" "weights: [2, 3], budget: {loss: 0}, model: singles"
}
check 1 what_cannot_be_is_told

# Each tensor alone, and pairs: the same numbers on any number of ranks, none where a tensor has not these bits.
sensitivities_are_told() {
    local file
    calq analyze sensitivity "$mixed" --set "out=$work/run" --set bits=W8A8 --set exclude=[] --set methods=mmse \
        --set 'analyses=[{kind: sensitivity, weight_bits: [2, 4, 8], activation_bits: [4, 8], pairs_within: 2}]'
    expect_code 0
    for file in sensitivity.csv sensitivity-tensor-tensor2.csv; do
        [ -e "$scratch/$file" ] || cp "$work/run/cases/glyphs-paper-W8A8-mmse/analyses/$file" "$scratch/$file"
        expect_same "$scratch/$file" "$work/run/cases/glyphs-paper-W8A8-mmse/analyses/$file"
    done
    [ "$(head -n 1 "$scratch/sensitivity.csv")" = tensor,bits,loss,top1,output_sqnr,output_cosine ] || fail "it has other columns"
    awk -F, 'NR > 1 && $3 != "" { count++; if ($5 < 1 || $5 > 60 || $6 < 0.8 || $6 > 1) exit 1 } END { exit count < 10 }' \
        "$scratch/sensitivity.csv" || fail "SQNR and cosine of outputs are none"
    expect_in "$scratch/sensitivity.csv" '"block1.first.conv.weight",2,0.'
    expect_in "$scratch/sensitivity.csv" '"/Relu_output_0",2,,'
    expect_in "$scratch/sensitivity.csv" '"/Relu_output_0",4,0.'
}
for count in 1 2 3; do
    check $count sensitivities_are_told
done
