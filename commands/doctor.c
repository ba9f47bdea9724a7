#include "commands/command.h"

#include "bench/self_test.h"
#include "core/base/child.h"
#include "core/base/lock.h"
#include "core/base/machine.h"
#include "core/base/memory.h"
#include "core/base/version.h"
#include "core/format/config_schema.h"
#include "core/format/hdf5_reader.h"
#include "core/format/hdf5_writer.h"
#include "link/link.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- findings ------------------------------------------------------------------------------ */

enum finding { FINE, WARNING, FAULT };

enum { REPORT_BYTES = 1024 };

/* What a check found, and, unless all is well, what to do. */
struct report {
    enum finding finding;
    char text[REPORT_BYTES], advice[REPORT_BYTES];
};

struct options {
    const char *folder; /* in which runs are to be kept */
    bool tells_rank;
};

static void say(struct report *report, enum finding finding, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void say(struct report *report, enum finding finding, const char *format, ...)
{
    va_list arguments;

    report->finding = finding;
    va_start(arguments, format);
    vsnprintf(report->text, sizeof report->text, format, arguments);
    va_end(arguments);
}

static void advise(struct report *report, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void advise(struct report *report, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(report->advice, sizeof report->advice, format, arguments);
    va_end(arguments);
}

/* The first line of what a program printed that says something. */
static const char *first_line(char *output)
{
    output += strspn(output, " \t\n-=");
    output[strcspn(output, "\n")] = '\0';
    return *output ? output : "nothing";
}

/* ---- the CPU ------------------------------------------------------------------------------- */

static void check_cpu(const struct options *options, struct report *report)
{
    char cpu[MACHINE_TEXT_BYTES];
    const struct kernel_set *best = kernel_set_best();

    (void)options;
    machine_cpu(cpu);
    say(report, FINE, "%s: kernels %s", cpu, best->name);
    if (strcmp(best->name, "scalar") == 0) {
        report->finding = WARNING;
        advise(report, "this CPU has no AVX2: runs give the same digits, many times as "
                       "slowly");
    }
}

static void check_kernels(const struct options *options, struct report *report)
{
    enum { SEED = 1 };
    const double seconds = 2;
    struct self_test test = self_test_run(kernel_sets, seconds, SEED);

    (void)options;
    say(report, FINE,
        "%ld layers and vectors by %d kernel sets have the bits of the scalar ones",
        test.comparisons, test.sets);
    if (test.difference[0]) {
        say(report, FAULT, "not the bits of the scalar kernels: %s", test.difference);
        advise(report, "do not trust this machine's results; set `kernel: scalar`, "
                       "test its memory and CPU, and report what stands here");
    }
}

/* ---- MPI ----------------------------------------------------------------------------------- */

static const char launcher[] = "mpirun";

enum { RANKS_TRIED = 2, LAUNCH_SECONDS = 60 };

static void advise_about_launch(const struct child *child, struct report *report)
{
    if (child->is_late)
        advise(report,
               "it came to no end in %d s; does the name of this host resolve, "
               "and may processes connect to each other?",
               LAUNCH_SECONDS);
    else if (strstr(child->output, "root"))
        advise(report, "run calq as another user, or as root: mpirun "
                       "--allow-run-as-root");
    else if (strstr(child->output, "slots"))
        advise(report, "for more ranks than cores say mpirun --oversubscribe");
    else
        advise(report, "mpirun has to start a program of MPI before calq can run on "
                       "several ranks; one rank needs no launcher");
}

/* How many ranks said that they are one of so many. */
static int count_told(const char *output, int ranks)
{
    char told[32];
    int count = 0;

    snprintf(told, sizeof told, "is of %d ranks", ranks);
    for (; (output = strstr(output, told)); output++)
        count++;
    return count;
}

/* Starts this program on two ranks, which tell how many they are. */
static void launch(struct child *child)
{
    char self[PATH_MAX], ranks[16];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);

    self[length > 0 ? length : 0] = '\0';
    snprintf(ranks, sizeof ranks, "%d", RANKS_TRIED);
    child_run(
        (const char *const[]){launcher, "-n", ranks, self, "doctor", "--rank", NULL},
        LAUNCH_SECONDS, child);
}

static void check_mpi(const struct options *options, struct report *report)
{
    char library[LINK_LIBRARY_BYTES];
    struct child child;

    (void)options;
    link_library(library);
    launch(&child);
    if (!child.is_there) {
        say(report, WARNING, "%s, but there is no %s", library, launcher);
        advise(report, "install openmpi-bin, or load the module that calq was built "
                       "with; one rank needs no launcher");
    } else if (count_told(child.output, RANKS_TRIED) == RANKS_TRIED) {
        say(report, FINE, "%s: %s started %d ranks that found each other", library,
            launcher, RANKS_TRIED);
    } else if (count_told(child.output, 1) > 0) {
        say(report, FAULT, "%s belongs to another MPI than calq, which has %s",
            launcher, library);
        advise(report,
               "put the mpirun of %s first in PATH, or build calq with the "
               "mpicc beside this mpirun",
               library);
    } else {
        say(report, WARNING, "%s, but %s fails: %s", library, launcher,
            first_line(child.output));
        advise_about_launch(&child, report);
    }
}

/* Without a number Open MPI starts as many as there are slots; others start one. */
static int count_slots(void)
{
    char library[LINK_LIBRARY_BYTES];
    struct child child;
    int slots = 0;

    link_library(library);
    if (strncmp(library, "Open MPI", strlen("Open MPI")) != 0)
        return 0;
    child_run((const char *const[]){launcher, "echo", "slot", NULL}, LAUNCH_SECONDS,
              &child);
    if (!child_is_well(&child))
        return 0;
    for (const char *at = child.output; (at = strstr(at, "slot\n")); at++)
        slots++;
    return slots;
}

static void check_slots(const struct options *options, struct report *report)
{
    int cores = machine_cores(), slots = count_slots();

    (void)options;
    say(report, FINE, "%d cores for this process", cores);
    if (slots >= cores)
        say(report, FINE, "%d cores for this process, %d slots of %s", cores, slots,
            launcher);
    else if (slots > 0) {
        say(report, WARNING, "%d cores for this process, but %d slots of %s", cores,
            slots, launcher);
        advise(report,
               "for a rank on each: mpirun -n %d --oversubscribe (or "
               "--use-hwthread-cpus, where two cores are one with two threads)",
               cores);
    }
}

/* ---- memory -------------------------------------------------------------------------------- */

/* What a rank may take by default. */
static size_t default_memory(void)
{
    const struct config_field *field;
    struct error err;
    size_t bytes = 0;

    for (size_t i = 0; (field = config_section_field(&config_schema, i)); i++)
        if (strcmp(field->key, "memory") == 0)
            config_value_size(field->fallback, &bytes, &err);
    return bytes;
}

static void check_memory(const struct options *options, struct report *report)
{
    const size_t mebibyte = 1 << 20;
    size_t bytes = machine_free_memory(), ranks = (size_t)machine_cores();
    size_t each = bytes / ranks / mebibyte;

    (void)options;
    if (bytes == 0) {
        say(report, WARNING, "it is not told how much is free");
        advise(report, "see to it that there are `memory` bytes for each rank");
        return;
    }
    say(report, FINE, "%zu MiB are free, %zu MiB for each of %zu ranks",
        bytes / mebibyte, each, ranks);
    if (each * mebibyte < default_memory()) {
        report->finding = WARNING;
        advise(report, "on so many ranks set `memory: %zuMiB`, or use fewer",
               each / 2 > 0 ? each / 2 : 1);
    }
}

/* ---- the folder of runs -------------------------------------------------------------------- */

/* "FOLDER/.calq-doctor-123.NAME", to be freed. */
static char *path_in(const char *folder, const char *name)
{
    size_t bytes = strlen(folder) + strlen(name) + 64;
    char *path = memory_get(bytes);

    snprintf(path, bytes, "%s/.calq-doctor-%ld.%s", folder, (long)getpid(), name);
    return path;
}

static void check_folder(const struct options *options, struct report *report)
{
    const size_t least = (size_t)100 << 20;
    struct machine_file_system about;

    if (!machine_file_system_of(options->folder, &about)) {
        say(report, FAULT, "%s: %s", options->folder, strerror(errno));
        advise(report, "name the folder in which runs are to be kept: calq doctor DIR");
        return;
    }
    say(report, FINE, "%s: %s, %zu MiB free", options->folder, about.name,
        about.free_bytes >> 20);
    if (access(options->folder, W_OK | X_OK) != 0) {
        report->finding = FAULT;
        advise(report, "it cannot be written (%s): choose another `out`",
               strerror(errno));
    } else if (about.free_bytes < least) {
        report->finding = WARNING;
        advise(report, "a run needs little, journals and results, but not nothing: "
                       "free some");
    }
}

/* Whether another process sees that the lock is held. */
static bool another_sees(const char *path)
{
    pid_t process = fork();
    int status = 0;

    if (process == 0)
        _exit(lock_is_held(path) ? 0 : 1);
    return process > 0 && waitpid(process, &status, 0) == process &&
           WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void report_lock(int taken, const char *path, const struct error *err,
                        struct report *report)
{
    if (taken == 0 && another_sees(path)) {
        say(report, FINE, "a lock keeps another process out");
    } else if (taken < 0) {
        say(report, FAULT, "%s", err->text);
        advise(report, "choose another folder for runs");
    } else {
        say(report, WARNING, "the file system knows no locks");
        advise(report, "nothing keeps a second calq out of a run directory: start one "
                       "at a time, or mount it with locks (Lustre: -o flock)");
    }
}

static void check_locks(const struct options *options, struct report *report)
{
    char *path = path_in(options->folder, "lock");
    struct error err;
    int lock, taken = lock_take(path, &lock, &err);

    report_lock(taken, path, &err, report);
    lock_release(lock);
    unlink(path);
    free(path);
}

static int write_rows(const char *path, struct error *err)
{
    const int32_t rows[] = {1, 2, 3};
    struct hdf5_dataset about = {.name = "/rows",
                                 .kind = HDF5_INTEGERS,
                                 .bytes = sizeof *rows,
                                 .is_signed = true,
                                 .rank = 1};
    struct hdf5_writer *writer = hdf5_writer_open(path, err);
    int status = writer ? hdf5_writer_add(writer, &about, 2, 1, err) : -1;

    if (status == 0)
        status = hdf5_writer_append(writer, &about, rows, 3, err);
    return hdf5_writer_close(writer, status, err);
}

static int read_rows(const char *path, struct error *err)
{
    struct hdf5_reader *reader = hdf5_reader_open(path, err);
    struct hdf5_dataset about;
    void *rows;
    int status = reader ? hdf5_reader_find(reader, "/rows", &about, err) : -1;

    if (status == 0)
        status = hdf5_reader_rows(reader, &about, 0, 3, HDF5_AS_LONG_LONGS, &rows, err);
    if (status == 0 && ((const long long *)rows)[2] != 3)
        status = error_set(err, EXIT_MACHINE, "%s: other numbers are read than written",
                           path);
    hdf5_reader_close(reader);
    return status;
}

static void check_hdf5(const struct options *options, struct report *report)
{
    char compiled[HDF5_VERSION_BYTES], running[HDF5_VERSION_BYTES];
    char *path = path_in(options->folder, "h5");
    struct error err;

    hdf5_writer_versions(compiled, running);
    say(report, FINE, "HDF5 %s: a compressed file is written and read", running);
    if (strcmp(compiled, running) != 0) {
        say(report, WARNING, "HDF5 %s runs, calq was compiled for %s", running,
            compiled);
        advise(report, "build calq again on this machine");
    } else if (write_rows(path, &err) < 0 || read_rows(path, &err) < 0) {
        say(report, FAULT, "HDF5 %s: %s", running, err.text);
        advise(report, "on file systems without locks set HDF5_USE_FILE_LOCKING=FALSE");
    }
    unlink(path);
    free(path);
}

/* ---- SLURM --------------------------------------------------------------------------------- */

static void check_slurm(const struct options *options, struct report *report)
{
    enum { SLURM_SECONDS = 10 };
    const char *job = getenv("SLURM_JOB_ID");
    struct child child;

    (void)options;
    child_run((const char *const[]){"sinfo", "--noheader", "--format=%P %D %a", NULL},
              SLURM_SECONDS, &child);
    if (!child.is_there) {
        say(report, FINE, "none here");
    } else if (!child_is_well(&child)) {
        say(report, WARNING, "it does not answer: %s",
            child.is_late ? "sinfo came to no end" : first_line(child.output));
        advise(report, "is slurmctld running, and /etc/slurm/slurm.conf that of the "
                       "cluster? Jobs cannot be handed in until sinfo works");
    } else {
        say(report, FINE, "partition, nodes: %s%s%s", first_line(child.output),
            job ? "; this is job " : "", job ? job : "");
    }
}

/* ---- the command --------------------------------------------------------------------------- */

static const struct check {
    const char *name;
    void (*look)(const struct options *options, struct report *report);
    bool needs_folder; /* that can be written */
} checks[] = {
    {"CPU", check_cpu, false},       {"kernels", check_kernels, false},
    {"memory", check_memory, false}, {"MPI", check_mpi, false},
    {"slots", check_slots, false},   {"folder", check_folder, false},
    {"locks", check_locks, true},    {"HDF5", check_hdf5, true},
    {"SLURM", check_slurm, false},
};

static void print_report(const struct check *check, const struct report *report)
{
    static const char *const words[] = {
        [FINE] = "ok", [WARNING] = "warning", [FAULT] = "error"};

    printf("%-8s %-8s %s\n", words[report->finding], check->name, report->text);
    if (report->finding != FINE)
        printf("%-8s %-8s -> %s\n", "", "", report->advice);
    fflush(stdout);
}

static int tell_rank(void)
{
    link_open();
    printf("rank %d is of %d ranks\n", link_rank(), link_ranks());
    return EXIT_DONE;
}

static const struct option rows[] = {
    {"--rank", NULL, offsetof(struct options, tells_rank), NULL, NULL, NULL},
};

static const struct option_table doctor_options = {"doctor", "folder",
                                                   offsetof(struct options, folder),
                                                   rows, sizeof rows / sizeof *rows};

/* Returns how many found an error. */
static int look_at_all(const struct options *options)
{
    bool has_folder = access(options->folder, W_OK | X_OK) == 0;
    int faults = 0;

    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        struct report report = {.finding = FINE};

        if (checks[i].needs_folder && !has_folder)
            continue;
        checks[i].look(options, &report);
        print_report(&checks[i], &report);
        faults += report.finding == FAULT;
    }
    return faults;
}

static int doctor(int count, char **arguments, struct error *err)
{
    struct options options = {0};
    int faults;

    if (option_read_all(&doctor_options, count, arguments, &options, err) < 0)
        return (int)err->code;
    if (options.tells_rank)
        return tell_rank();
    if (!options.folder)
        options.folder = access("runs", F_OK) == 0 ? "runs" : ".";
    printf("calq %s\n", version());
    fflush(stdout);
    faults = look_at_all(&options);
    if (faults == 0)
        return EXIT_DONE;
    error_set(err, EXIT_MACHINE, "%d of the checks found an error", faults);
    return EXIT_MACHINE;
}

const struct command doctor_command = {
    "doctor",
    "[DIR]",
    "look whether this machine is fit for calq, and say what to do",
    &doctor_options,
    "DIR is the folder in which runs are to be kept; default: runs, or this one.\n"
    "\n"
    "Kind of CPU and kernels, a self-test of the kernels for two seconds, memory, MPI "
    "and\n"
    "its launcher, locks and HDF5 in the folder, SLURM: each line is ok, a warning "
    "with what\n"
    "to do, or an error. The exit code is 8 where one is an error.\n",
    doctor};
