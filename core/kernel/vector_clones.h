/* vector_clones.h - plain loops, compiled for the vectors of several CPUs.
 *
 * The compiler makes a copy of a function for each instruction set, and the one that fits is
 * chosen while the program is loaded. Elementwise loops give the same bits in all of them, for no
 * product and sum are contracted (-ffp-contract=off).
 */
#ifndef CORE_KERNEL_VECTOR_CLONES_H
#define CORE_KERNEL_VECTOR_CLONES_H

#if defined __x86_64__ && defined __GNUC__ && !defined __clang__
#define VECTOR_CLONES                                                                  \
    __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define VECTOR_CLONES
#endif

#endif
