# shellcheck shell=bash disable=SC2154,SC2034,SC2016  # names of harness.sh; the scripts are for sh
# doctor.sh - what calq says of a machine, and of machines that lack something.

doctor_finds_this_machine_fit() {
    calq doctor "$work"
    expect_code 0
    for check in CPU kernels MPI folder locks HDF5; do
        grep -Eq "^ok +$check " "$work/out" || fail "not well: $(grep -A1 " $check " "$work/out")"
    done
    grep -Eq "found each other" "$work/out" || fail "no two ranks were started"
    [ -z "$(find "$work" -name '.calq-doctor*')" ] || fail "files are left"
    [ ! -s "$work/log" ] || fail "there is something on stderr"
}
check 1 doctor_finds_this_machine_fit

a_folder_that_is_missing_is_an_error() {
    calq doctor "$work/none"
    expect_code 8
    expect_in "$work/out" "$work/none: No such file or directory"
    expect_in "$work/out" "-> name the folder in which runs are to be kept"
    expect_told "1 of the checks found an error"
}
check 1 a_folder_that_is_missing_is_an_error

# A folder with these programs only, each of one line for sh.
with_programs() { # [NAME SCRIPT]...
    local shell
    shell=$(command -v sh)
    mkdir "$work/bin"
    while [ $# -gt 0 ]; do
        printf '#!%s\n%s\n' "$shell" "$2" >"$work/bin/$1"
        chmod +x "$work/bin/$1"
        shift 2
    done
    wrapper=(env "PATH=$work/bin")
}

without_a_launcher_one_rank_works() {
    with_programs
    calq doctor "$work"
    expect_code 0
    grep -Eq '^warning +MPI .* but there is no mpirun' "$work/out" || fail "it is not told"
    expect_in "$work/out" "one rank needs no launcher"
    grep -Eq '^ok +SLURM +none here' "$work/out" || fail "SLURM is found"
}
check 1 without_a_launcher_one_rank_works

# It starts the program twice, and neither knows of the other.
the_launcher_of_another_mpi_is_an_error() {
    with_programs mpirun 'shift 2; "$@"; "$@"'
    calq doctor "$work"
    expect_code 8
    grep -Eq '^error +MPI +mpirun belongs to another MPI than calq' "$work/out" ||
        fail "it is not told"
}
check 1 the_launcher_of_another_mpi_is_an_error

a_launcher_that_fails_says_why() {
    with_programs mpirun 'echo "There are not enough slots available"; exit 1' sinfo 'echo "no controller"; exit 1'
    calq doctor "$work"
    expect_code 0
    grep -Eq '^warning +MPI .* but mpirun fails: There are not enough slots' "$work/out" || fail "it is not told"
    expect_in "$work/out" "mpirun --oversubscribe"
    grep -Eq '^warning +SLURM +it does not answer: no controller' "$work/out" || fail "SLURM is well"
}
check 1 a_launcher_that_fails_says_why

a_cluster_is_described() {
    with_programs sinfo 'echo "debug* 4 up"'
    calq doctor "$work"
    grep -Eq '^ok +SLURM +partition, nodes: debug\* 4 up' "$work/out" || fail "it is not told"
}
check 1 a_cluster_is_described
