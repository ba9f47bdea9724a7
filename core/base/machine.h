/* machine.h - what this machine has for this process: kind of CPU, cores, memory, file systems. */
#ifndef CORE_BASE_MACHINE_H
#define CORE_BASE_MACHINE_H

#include <stdbool.h>
#include <stddef.h>

enum { MACHINE_TEXT_BYTES = 128 };

/* "Intel(R) Xeon(R) ..."; "unknown" where the system does not tell. */
void machine_cpu(char text[MACHINE_TEXT_BYTES]);

/* Cores that this process may run on, by its affinity and, rounded up, by the quota of its control
 * group. */
int machine_cores(void);

/* Bytes that this process may still get: of the machine, of its control group, of its limit of
 * addresses, the least. 0 where none is told. */
size_t machine_free_memory(void);

struct machine_file_system {
    char name[MACHINE_TEXT_BYTES]; /* "NFS", "ext4", or a number */
    size_t free_bytes;             /* for this user */
    bool is_of_network;
};

/* Of the folder; false where it cannot be told, with errno. */
bool machine_file_system_of(const char *path, struct machine_file_system *about);

#endif
