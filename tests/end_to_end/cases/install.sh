# shellcheck shell=bash disable=SC2154,SC2034  # names of harness.sh
# install.sh - what is installed: the manual page, completions, scripts, and a package.

needs() { # PROGRAM
    command -v "$1" >/dev/null || skip "there is no $1"
}

commands_of_help() { "$program" help | sed -n 's/^  calq \([a-z]*\).*/\1/p'; }

# Keys of settings, each once.
settings_of_help() { "$program" help settings | sed -nE 's/^ *([a-z_]+): (whole number|number|text|path|one of|size|samples|bits|settings|name of|dataset|integer).*/\1/p' | sort -u; }

the_manual_page_tells_all_commands_and_settings() {
    local name
    calq help --man
    expect_code 0
    for name in $(commands_of_help); do
        grep -q "^\.SS \"calq $name[ \"]" "$work/out" || fail "calq $name is not in it"
    done
    [ "$(settings_of_help | wc -l)" -ge 60 ] || fail "only these are settings: $(settings_of_help)"
    for name in $(settings_of_help); do
        grep -qF "\\fB$name\\fR" "$work/out" || fail "$name is not in it"
    done
    for name in --dry-run --against 75; do
        grep -qF -e "${name//-/\\-}" "$work/out" || fail "$name is not in it"
    done
}
check 1 the_manual_page_tells_all_commands_and_settings

the_manual_page_has_no_warnings() {
    needs man
    calq help --man
    MANWIDTH=80 man --warnings -E UTF-8 -l -Tutf8 -Z "$work/out" 2>"$work/warnings" >"$work/page"
    [ -s "$work/page" ] || skip "man makes no pages here"
    [ ! -s "$work/warnings" ] || fail "man says: $(head -n 5 "$work/warnings")"
}
check 1 the_manual_page_has_no_warnings

completions_are_scripts_of_their_shells() { # SHELL
    needs "$1"
    calq help --completion "$1"
    expect_code 0
    "$1" -n "$work/out" || fail "$1 does not understand it"
    [ "$("$1" -c ". $work/out" 2>&1 | grep -vc 'compdef\|_arguments\|_describe')" -eq 0 ] || fail "$1 complains"
}
check 1 "bash reads its completions" completions_are_scripts_of_their_shells bash
check 1 "fish reads its completions" completions_are_scripts_of_their_shells fish

zsh_reads_its_completions() {
    needs zsh
    calq help --completion zsh
    expect_code 0
    zsh -n "$work/out" || fail "zsh does not understand it"
    head -n 1 "$work/out" | grep -qx '#compdef calq' || fail "zsh does not know what it is for"
}
check 1 zsh_reads_its_completions

# What bash offers for the last of these words.
offered() { # WORD...
    bash -c '. "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _calq 2>/dev/null; echo "${COMPREPLY[@]}"' \
        "$work/out" "$@"
}

expect_offered() { # TEXT WORD...
    [ "$(offered "${@:2}")" = "$1" ] || fail "for ${*:2} it is $(offered "${@:2}"), not $1"
}

bash_completes_commands_options_settings_and_files() {
    calq help --completion bash
    expect_offered "$(commands_of_help | paste -sd' ')" calq ""
    expect_offered --dry-run calq run --dr
    expect_offered targets= calq run --set targ
    expect_offered models.0.calibration.samples= calq run x.yaml --set models.0.calibration.s
    expect_offered examples calq run exam
    expect_offered examples calq verify --against exam
    expect_offered "" calq run --part README
    expect_offered settings calq help se
}
check 1 bash_completes_commands_options_settings_and_files

other_shells_are_a_usage_error() {
    calq help --completion csh
    expect_code 2
    expect_told '--completion takes bash, zsh or fish, not "csh"'
}
check 1 other_shells_are_a_usage_error

# make, which must not build anything that other groups use.
make_of_it() { # TARGET...
    local build
    build=$(dirname "$program")
    env -u MAKEFLAGS -u MAKELEVEL make --silent -o all -o "$build/calq" "BUILD=$build" "$@" >"$work/make" 2>&1 ||
        fail "make $1 fails: $(tail -n 5 "$work/make")"
}

# As a user would, from any folder; its paths are those of the system that the root is to be.
runs_the_example() { # ROOT
    local example=/usr/share/calq/examples/glyphs
    grep -q "network: $example/glyphs.onnx" "$1$example/glyphs.yaml" || fail "the example has other paths"
    sed "s|$example|$1&|" "$1$example/glyphs.yaml" >"$work/glyphs.yaml"
    (cd "$work" && "$1/usr/bin/calq" run glyphs.yaml --set "out=$work/run" \
        --set methods=minmax --set bits=W4A4) >"$work/out" 2>"$work/log" || fail "the example does not run"
    expect_in "$work/run/results.csv" minmax
}

what_is_installed_runs_and_is_removed_again() {
    local root=$work/root
    make_of_it install "DESTDIR=$root" PREFIX=/usr
    for file in bin/calq share/man/man1/calq.1 share/bash-completion/completions/calq \
        share/zsh/site-functions/_calq share/fish/vendor_completions.d/calq.fish \
        share/calq/slurm/run.sbatch share/calq/slurm/array.sbatch share/calq/slurm/resumable; do
        [ -s "$root/usr/$file" ] || fail "there is no $file"
    done
    runs_the_example "$root"
    # shellcheck disable=SC2016  # as it stands there
    expect_in "$root/usr/share/calq/slurm/run.sbatch" 'calq=${CALQ:-/usr/bin/calq}'
    # shellcheck disable=SC2016
    expect_in "$root/usr/share/calq/slurm/run.sbatch" '${CALQ_SLURM:-/usr/share/calq/slurm}'
    bash -n "$root/usr/share/calq/slurm/run.sbatch" || fail "the script is broken"
    grep -q '^prepend-path PATH /usr/bin$' "$root"/usr/share/calq/modulefiles/calq/* || fail "the module lacks PATH"
    ! grep -q @ "$root"/usr/share/calq/modulefiles/calq/* || fail "the module has gaps"
    make_of_it uninstall "DESTDIR=$root" PREFIX=/usr
    [ -z "$(find "$root" -type f)" ] || fail "these stay: $(find "$root" -type f)"
}
check 1 what_is_installed_runs_and_is_removed_again

a_package_has_no_faults_and_runs_the_example() {
    local package
    needs dpkg-deb
    needs dpkg-shlibdeps
    make_of_it deb
    package=$(tail -n 1 "$work/make")
    dpkg-deb -x "$package" "$work/root" || fail "it cannot be unpacked"
    dpkg-deb -f "$package" Depends | grep -q 'libhdf5.*libyaml' || fail "it depends on nothing"
    runs_the_example "$work/root"
    needs lintian
    lintian --allow-root "$package" >"$work/lintian" 2>&1
    ! grep '^[EW]:' "$work/lintian" || fail "lintian finds: $(cat "$work/lintian")"
}
check 1 a_package_has_no_faults_and_runs_the_example
