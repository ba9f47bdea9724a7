# shellcheck shell=bash disable=SC2154,SC2034  # names of harness.sh
# report.sh - calq report: the page of one run or several, and what it says where there is none.

report() { calq report "$@" -o "$work/report.html"; }

a_run_becomes_a_page() {
    calibrate "$small" --set targets=paper --set bits=W4A4 \
        --set 'methods=[mmse, {name: lapq, sweeps: 2}]'
    report "$work/run"
    expect_code 0
    expect_in "$work/out" "$work/report.html"
    expect_in "$work/report.html" "Loss over evaluations"
    expect_in "$work/report.html" "The p scan"
    expect_in "$work/report.html" "Steps of weights, start and result"
    expect_in "$work/report.html" "calq export $work/run/cases/"
    expect_not_in "$work/report.html" "://"
}
check 1 a_run_becomes_a_page

the_same_run_becomes_the_same_page() {
    calibrate "$small" --set targets=paper --set bits=W4A4 --set methods=mmse
    report "$work/run"
    mv "$work/report.html" "$work/first.html"
    report "$work/run"
    expect_same "$work/first.html" "$work/report.html"
}
check 1 the_same_run_becomes_the_same_page

several_runs_become_one_page() {
    calibrate "$small" --set targets=paper --set bits=W4A4 --set methods=mmse
    calq run "$small" --set "out=$work/two" --set targets=paper --set bits=W4A4 --set methods=mmse
    report "$work/run" "$work/two"
    expect_code 0
    expect_in "$work/report.html" "mmse · $work/two"
}
check 1 several_runs_become_one_page

# Shows what is there: neither a journal nor a whole result is needed of every case.
what_is_missing_is_left_out() {
    calibrate "$small" --set targets=paper --set bits=W4A4 \
        --set 'methods=[mmse, minmax, {name: lapq, sweeps: 2}]'
    rm "$work"/run/cases/*-lapq/journal
    echo '{"case": "x", "steps": {}}' >"$(echo "$work"/run/cases/*-minmax/)result.json"
    report "$work/run"
    expect_code 0
    expect_in "$work/report.html" "2 of 3 cases are done"
    expect_not_in "$work/report.html" "Loss over evaluations"
}
check 1 what_is_missing_is_left_out

refuses() { # CODE SENTENCE ARGUMENTS...
    calq report "${@:3}"
    expect_code "$1"
    expect_told "$2"
    [ ! -e "$work/report.html" ] || fail "there is a page"
}
check 1 "report needs a run directory" refuses 2 "which run directory?"
check 1 "report needs a file after -o" refuses 2 "-o needs a file" x -o
check 1 "report knows no other option" refuses 2 'there is no option "--al"; did you mean --all?' --al

no_run_to_report() { refuses 2 "no run has begun in $work" "$work" -o "$work/report.html"; }
check 1 "a folder without a run has no page" no_run_to_report

no_results_to_report() {
    calibrate "$small" --set targets=onnx --set bits=W4A4 --set methods=minmax
    rm "$work"/run/cases/*/result.json
    refuses 2 "no case is done in $work/run; see \`calq status\`" "$work/run" -o "$work/report.html"
}
check 1 "a run without results has no page" no_results_to_report

no_room_for_a_page() {
    calibrate "$small" --set targets=onnx --set bits=W4A4 --set methods=minmax
    calq report "$work/run" -o "$work/no/such/folder.html"
    expect_code 8
    expect_told "$work/no/such/folder.html"
}
check 1 "a page that cannot be written is told" no_room_for_a_page
