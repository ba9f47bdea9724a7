#include "core/base/machine.h"

#include <math.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/vfs.h>
#include <unistd.h>

/* ---- lines of the system's files ----------------------------------------------------------- */

/* The text behind `key` in the first line that begins with it. */
static bool find_line(const char *path, const char *key, char *text, size_t bytes)
{
    FILE *file = fopen(path, "r");
    char line[1024];
    bool is_found = false;

    if (!file)
        return false;
    while (!is_found && fgets(line, sizeof line, file))
        if (strncmp(line, key, strlen(key)) == 0) {
            line[strcspn(line, "\n")] = '\0';
            snprintf(text, bytes, "%.*s", (int)bytes - 1,
                     line + strlen(key) + strspn(line + strlen(key), " \t:"));
            is_found = true;
        }
    fclose(file);
    return is_found;
}

/* A file of one number; NaN: it has none, such as "max". */
static double read_number(const char *folder, const char *name)
{
    char path[1024], text[64], *end;
    double number;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (!find_line(path, "", text, sizeof text))
        return NAN;
    number = strtod(text, &end);
    return end == text ? NAN : number;
}

/* ---- the CPU ------------------------------------------------------------------------------- */

void machine_cpu(char text[MACHINE_TEXT_BYTES])
{
    if (!find_line("/proc/cpuinfo", "model name", text, MACHINE_TEXT_BYTES))
        strcpy(text, "unknown");
}

/* Where the control group of this process tells its limits, of version 2; in a container it is the root. */
static void own_group(char folder[1024])
{
    char group[900];

    if (!find_line("/proc/self/cgroup", "0::", group, sizeof group))
        strcpy(group, "/");
    snprintf(folder, 1024, "/sys/fs/cgroup%s", group);
    if (access(folder, R_OK) != 0)
        strcpy(folder, "/sys/fs/cgroup");
}

static double quota_of_group(void)
{
    char folder[1024], path[1100], text[64];
    double quota, period;

    own_group(folder);
    snprintf(path, sizeof path, "%s/cpu.max", folder);
    if (find_line(path, "", text, sizeof text) &&
        sscanf(text, "%lf %lf", &quota, &period) == 2 && period > 0)
        return quota / period;
    quota = read_number("/sys/fs/cgroup/cpu", "cpu.cfs_quota_us");
    period = read_number("/sys/fs/cgroup/cpu", "cpu.cfs_period_us");
    return quota > 0 && period > 0 ? quota / period : INFINITY;
}

int machine_cores(void)
{
    cpu_set_t set;
    int cores = sched_getaffinity(0, sizeof set, &set) == 0
                    ? CPU_COUNT(&set)
                    : (int)sysconf(_SC_NPROCESSORS_ONLN);
    double quota = ceil(quota_of_group());

    cores = cores > 0 ? cores : 1;
    return quota >= 1 && quota < cores ? (int)quota : cores;
}

/* ---- memory -------------------------------------------------------------------------------- */

static double free_of_machine(void)
{
    char text[64];

    return find_line("/proc/meminfo", "MemAvailable", text, sizeof text)
               ? strtod(text, NULL) * 1024
               : INFINITY;
}

static double free_of_group(void)
{
    char folder[1024];
    double most, used;

    own_group(folder);
    most = read_number(folder, "memory.max");
    used = read_number(folder, "memory.current");
    if (isnan(most)) {
        most = read_number("/sys/fs/cgroup/memory", "memory.limit_in_bytes");
        used = read_number("/sys/fs/cgroup/memory", "memory.usage_in_bytes");
    }
    return isnan(most) || isnan(used) ? INFINITY : fmax(most - used, 1);
}

static double limit_of_addresses(void)
{
    struct rlimit limit;

    return getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY
               ? (double)limit.rlim_cur
               : INFINITY;
}

size_t machine_free_memory(void)
{
    double bytes = fmin(fmin(free_of_machine(), free_of_group()), limit_of_addresses());

    return isinf(bytes) ? 0 : (size_t)bytes;
}

/* ---- file systems -------------------------------------------------------------------------- */

/* The numbers of statfs(2). */
static const struct file_system {
    uint32_t number;
    const char *name;
    bool is_of_network;
} file_systems[] = {
    {0xef53, "ext4", false},         {0x58465342, "XFS", false},
    {0x9123683e, "Btrfs", false},    {0x794c7630, "overlayfs", false},
    {0x01021994, "tmpfs", false},    {0x2fc12fc1, "ZFS", false},
    {0xf2f52010, "F2FS", false},     {0x01021997, "9P", true},
    {0x6969, "NFS", true},           {0x0bd00bd0, "Lustre", true},
    {0x47504653, "GPFS", true},      {0x65735546, "FUSE", true},
    {0x00c36400, "CephFS", true},    {0xff534d42, "CIFS", true},
    {0xfe534d42, "SMB", true},       {0x19830326, "BeeGFS", true},
    {0xaad7aaea, "PanFS", true},     {0x5346414f, "AFS", true},
    {0x6a656a63, "virtiofs", false},
};

bool machine_file_system_of(const char *path, struct machine_file_system *about)
{
    struct statfs found;
    uint32_t number;

    if (statfs(path, &found) < 0)
        return false;
    number = (uint32_t)found.f_type;
    *about = (struct machine_file_system){.free_bytes = (size_t)found.f_bavail *
                                                        (size_t)found.f_bsize};
    snprintf(about->name, sizeof about->name, "file system 0x%x", number);
    for (size_t i = 0; i < sizeof file_systems / sizeof *file_systems; i++)
        if (file_systems[i].number == number) {
            strcpy(about->name, file_systems[i].name);
            about->is_of_network = file_systems[i].is_of_network;
        }
    return true;
}
