# shellcheck shell=bash disable=SC2154,SC2034,SC2016  # names of harness.sh; ${HERE} is for calq
# run_folder.sh - what a run leaves behind: whole files, that say enough to run it again.

few=(--set bits=W4A4 --set targets=paper --set 'methods=[minmax, mmse]')

a_run_leaves_its_configuration_and_its_results() {
    calibrate "$small" "${few[@]}"
    expect_files "$work/run" <<-END
	./cases/glyphs-paper-W4A4-minmax/journal
	./cases/glyphs-paper-W4A4-minmax/result.json
	./cases/glyphs-paper-W4A4-minmax/state
	./cases/glyphs-paper-W4A4-mmse/journal
	./cases/glyphs-paper-W4A4-mmse/result.json
	./cases/glyphs-paper-W4A4-mmse/state
	./config.yaml
	./lock
	./results.csv
	END
    digits "$work/run" >"$work/digits"
    expect_in "$work/digits" '"step_hex": "0x'
    expect_in "$work/digits" '"network_hash": "'
    expect_in "$work/out" "results: $work/run/results.csv"
}
check 1 a_run_leaves_its_configuration_and_its_results
check 3 a_run_leaves_its_configuration_and_its_results

results_csv_has_a_line_a_case_and_all_columns() {
    calibrate "$small" "${few[@]}"
    [ "$(cut -d, -f1 "$work/run/results.csv" | tr '\n' ' ')" = \
        "case glyphs-paper-W4A4-minmax glyphs-paper-W4A4-mmse " ] || fail "there are other lines"
    awk -F, 'NR == 1 { columns = NF } NF != columns { exit 1 }' "$work/run/results.csv" ||
        fail "a line has more or fewer columns than the head"
}
check 1 results_csv_has_a_line_a_case_and_all_columns

settings_of_the_command_line_are_in_the_stored_configuration() {
    export HERE=examples/glyphs
    calibrate "$small" "${few[@]}" --set block=16 --set models.0.metric=top5 \
        --set 'models.0.network=${HERE}/glyphs.onnx'
    expect_in "$work/run/config.yaml" "block: 16"
    expect_in "$work/run/config.yaml" "metric: top5"
    expect_in "$work/run/config.yaml" "examples/glyphs/glyphs.onnx"
    expect_not_in "$work/run/config.yaml" "HERE"
    expect_in "$work/run/results.csv" ",top5,"
}
check 1 settings_of_the_command_line_are_in_the_stored_configuration
check 3 settings_of_the_command_line_are_in_the_stored_configuration

the_stored_configuration_gives_the_same_result_again() {
    calibrate "$settings" --set 'methods=[{name: lapq, p_count: 3, sweeps: 1}]'
    digits "$work/run" >"$work/first"
    calibrate "$work/run/config.yaml" --set "out=$work/again"
    digits "$work/again" >"$work/second"
    expect_same "$work/first" "$work/second"
    grep -v '^out:' "$work/run/config.yaml" >"$work/first"
    grep -v '^out:' "$work/again/config.yaml" >"$work/second"
    expect_same "$work/first" "$work/second"
}
check 1 the_stored_configuration_gives_the_same_result_again
check 3 the_stored_configuration_gives_the_same_result_again

# Written out, with anchors, numbers and bits of another form: its cases are done already.
a_case_is_the_same_however_its_configuration_is_written() {
    cat >"$work/anchors.yaml" <<-'END'
	x-model: &model
	  network: &network examples/glyphs/glyphs.onnx
	  calibration: {file: examples/glyphs/calibration.h5, samples: +44}
	  inputs: {input: /images}
	  labels: /labels
	name: small
	block: 8.
	models:
	- {<<: *model, name: glyphs, scale: .25, network: *network,
	   validation: {file: examples/glyphs/validation.h5, samples: 100..169}}
	bits: w4a4
	methods: [minmax, mmse]
	END
    calibrate "$small" "${few[@]}" --set models.0.scale=0.25
    expect_not_in "$work/log" "done already"
    cp "$work/run/config.yaml" "$work/first"
    calibrate "$work/anchors.yaml"
    expect_in "$work/log" "2 of 2 cases are done already"
    expect_same "$work/first" "$work/run/config.yaml"
}
check 1 a_case_is_the_same_however_its_configuration_is_written

without_validation_data_there_is_no_metric() {
    calibrate "$settings" --set 'methods=[minmax]' --set budget.evaluations=0
    digits "$work/run" >/dev/null
    grep -Eq '^folded float +[0-9.]+ +- +- *$' "$work/out" ||
        fail "the table does not show that there is no validation"
}
check 1 without_validation_data_there_is_no_metric

a_budget_of_evaluations_is_kept() {
    calibrate "$small" --set bits=W4A4 --set targets=paper --set budget.evaluations=20 \
        --set 'methods=[{name: lapq, p_count: 4}]'
    expect_in "$work/run/cases/glyphs-paper-W4A4-lapq/result.json" '"evaluations": 20,'
}
check 1 a_budget_of_evaluations_is_kept
check 3 a_budget_of_evaluations_is_kept

a_dry_run_prints_the_cases_and_writes_nothing() {
    calq run --dry-run --set "out=$work/run" "$small"
    expect_code 0
    [ ! -e "$work/run" ] || fail "there is a run folder"
    [ "$(grep -c '^glyphs-' "$work/out")" -eq 24 ] || fail "it does not print 24 cases"
    expect_in "$work/out" "glyphs-onnx-W8A8-lapq"
    expect_in "$work/out" "24 cases on $ranks ranks"
    expect_in "$work/out" "results would go to $work/run"
}
check 1 a_dry_run_prints_the_cases_and_writes_nothing
check 3 a_dry_run_prints_the_cases_and_writes_nothing

a_dry_run_foretells_other_numbers_of_ranks() {
    calq run --dry-run --ranks 1,64,1024 --set "out=$work/run" "$small"
    expect_code 0
    expect_in "$work/out" "that reuses nothing (most of it: "
    [ "$(grep -c '^ *1024 .* x$' "$work/out")" -eq "$(grep -c '^one evaluation of' "$work/out")" ] ||
        fail "not every case has a line for 1024 ranks"
}
check 1 a_dry_run_foretells_other_numbers_of_ranks
check 3 a_dry_run_foretells_other_numbers_of_ranks

a_dry_run_finds_what_is_missing() {
    calq run --dry-run --set "out=$work/run" "$small" --set models.0.network=no/such.onnx
    expect_code 4
    expect_told "no/such.onnx: cannot open"
    [ ! -e "$work/run" ] || fail "there is a run folder"
}
check 1 a_dry_run_finds_what_is_missing
check 3 a_dry_run_finds_what_is_missing

logs_hold_no_carriage_return_and_no_escape() {
    calibrate "$small" "${few[@]}"
    ! grep -q "$(printf '[\r\033]')" "$work/out" "$work/log" || fail "there is one"
}
check 1 logs_hold_no_carriage_return_and_no_escape
check 3 logs_hold_no_carriage_return_and_no_escape

a_case_that_fails_does_not_stop_the_others() {
    sed 's/^  - name: glyphs/  - name: missing/; 0,/glyphs.onnx/ s//no-such.onnx/' \
        "$settings" >"$work/config.yaml"
    calq run "$work/config.yaml" --set "out=$work/run" --set 'methods=[minmax, mmse]'
    expect_code 7
    expect_told "2 of 4 cases failed; run again to try these once more:"
    expect_in "$work/log" "missing-paper-W4A4-minmax and 1 more: "
    expect_in "$work/log" "no-such.onnx: cannot open"
    [ "$(grep -c '^missing-.* failed$' "$work/out")" -eq 2 ] || fail "the table hides failures"
    expect_files "$work/run" <<-END
	./cases/folded-paper-W4A4-minmax/journal
	./cases/folded-paper-W4A4-minmax/result.json
	./cases/folded-paper-W4A4-minmax/state
	./cases/folded-paper-W4A4-mmse/journal
	./cases/folded-paper-W4A4-mmse/result.json
	./cases/folded-paper-W4A4-mmse/state
	./cases/missing-paper-W4A4-minmax/failed
	./cases/missing-paper-W4A4-mmse/failed
	./config.yaml
	./lock
	./results.csv
	END
    digits "$work/run" >/dev/null
}
check 1 a_case_that_fails_does_not_stop_the_others
check 3 a_case_that_fails_does_not_stop_the_others

a_method_that_fails_does_not_stop_the_others() {
    calq run "$small" --set bits=W4A4 --set targets=paper --set "out=$work/run" \
        --set budget.evaluations=3
    expect_code 7
    expect_told "1 of 3 cases failed"
    expect_in "$work/log" "glyphs-paper-W4A4-lapq: budget: 3 evaluations are too few for lapq"
    [ "$(cut -d, -f5 "$work/run/results.csv" | tr '\n' ' ')" = "method minmax mmse " ] ||
        fail "results.csv has other cases"
    calibrate "$small" --set bits=W4A4 --set targets=paper
    expect_in "$work/log" "2 of 3 cases are done already"
    digits "$work/run" >/dev/null
}
check 1 a_method_that_fails_does_not_stop_the_others
check 3 a_method_that_fails_does_not_stop_the_others

# ---- a run folder that cannot be ---------------------------------------------------------------

a_run_folder_below_a_file_is_refused() {
    touch "$work/file"
    calq run "$small" --set "out=$work/file/run"
    expect_code 8
    expect_told "cannot create the folder $work/file: File exists"
}
check 1 a_run_folder_below_a_file_is_refused
check 3 a_run_folder_below_a_file_is_refused

a_run_folder_that_cannot_be_written_is_refused() {
    [ "$(id -u)" -ne 0 ] || skip "permissions do not bind root"
    mkdir -m 555 "$work/closed"
    calq run "$small" --set "out=$work/closed/run"
    expect_code 8
    expect_told "cannot create the folder $work/closed/run: Permission denied"
}
check 1 a_run_folder_that_cannot_be_written_is_refused

a_file_in_the_place_of_the_results_is_told() {
    mkdir "$work/run"
    touch "$work/run/cases"
    calq run "$small" "${few[@]}" --set "out=$work/run"
    expect_code 8
    expect_told "cannot create the folder $work/run/cases: File exists"
}
check 1 a_file_in_the_place_of_the_results_is_told
check 3 a_file_in_the_place_of_the_results_is_told

# Never worse than the start, and told: the held-out samples choose.
held_out_samples_decide_what_is_kept() {
    calibrate "$unseen"
    awk '/on the 21 held-out samples: loss/ {
             sub(",", "", $7)
             lines++
             worse += $7 > $NF
         }
         END { exit lines != 6 || worse }' "$work/out" ||
        fail "a result is worse than its start on the held-out samples, or does not tell"
    expect_in "$work/run/cases/glyphs-paper-W3A3-lapq/result.json" '"check_loss": 0.'
    expect_in "$work/run/cases/distance-paper-W3A3-lapq/result.json" '"check_loss": null'
}
check 1 held_out_samples_decide_what_is_kept

new_statistics_of_batch_norms_are_in_the_result() {
    calibrate "$unseen" --set bits=W2A32 --set 'methods=[{name: mmse, reestimate_batchnorm: after}]'
    expect_in "$work/run/cases/glyphs-paper-W2A32-mmse/result.json" '"variance_hex": "0x'
    expect_in "$work/out" "batch norms after 1 evaluation"
    calibrate "$settings" --set models.0.batchnorm=fold --set "out=$work/folded" \
        --set 'methods=[{name: minmax, reestimate_batchnorm: after}]'
    expect_in "$work/out" "there is no batch norm to measure again: they are folded into the weights"
}
check 1 new_statistics_of_batch_norms_are_in_the_result

a_loss_without_labels_needs_no_labels() {
    calibrate "$unseen" --set bits=W3A3 --set 'methods=[minmax]' --set models.1.labels=/none
    expect_in "$work/run/cases/distance-paper-W3A3-minmax/result.json" '"top1": null'
    expect_in "$work/out" "calibration loss: mse_to_float; validation loss: cross_entropy"
}
check 1 a_loss_without_labels_needs_no_labels

the_budget_holds_with_batch_norms_too() {
    calibrate "$unseen" --set bits=W3A3 --set budget.evaluations=17 \
        --set 'methods=[{name: lapq, p_count: 3, sweeps: 6, reestimate_batchnorm: both}]'
    expect_in "$work/run/cases/distance-paper-W3A3-lapq/result.json" '"evaluations": 17,'
}
check 1 the_budget_holds_with_batch_norms_too
