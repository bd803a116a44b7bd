/* SPDX-License-Identifier: MIT */
/* The symbols of an ELF file that is loaded in this process. Symbols are handed to a visitor one by
 * one, straight from the mapped file: a big simulator has half a million of them, so nothing is
 * copied and nothing is sorted, and of the file no more is kept in memory than was read last. */
#ifndef LIGHTSSS_HOOKS_ELF_IMAGE_H
#define LIGHTSSS_HOOKS_ELF_IMAGE_H

#include "hooks.h"

struct image;

struct image_symbol {
    const char *name; /* mangled; valid until image_close() */
    size_t length;    /* of the name */
    uintptr_t address;
    size_t size;
    bool code;     /* a function that lies wholly inside executable memory */
    bool strong;   /* neither weak nor local */
    bool exported; /* another object's symbol of this name may take its place */
};

/* Where the program's file is: "/proc/self/exe" unless this says otherwise. The string must stay. */
void image_program(const char *path);

/* Opens the file of a loaded object, as dl_iterate_phdr() tells of it; the program's name is "". What is
 * loaded must be what is in the file. -ENOEXEC, -EIO, -errno of open() or -ENOMEM. */
int image_open_loaded(struct image **image, const char *name, uintptr_t base, struct hooks_why *why);

/* Opens any ELF file whose contents are loaded at `base` (the difference between the addresses in
 * memory and those in the file). Errors as above. */
int image_open(struct image **image, const char *path, uintptr_t base, struct hooks_why *why);

void image_close(struct image *image);

/* For __attribute__((cleanup)). */
void image_cleanup(struct image **image);

const char *image_path(const struct image *image);

/* True when there is no .symtab, not even in a debug file: only .dynsym, or nothing at all, is left to visit.
 */
bool image_stripped(const struct image *image);

/* Is this text in any symbol's name, or where one meets the next? Much quicker than a look at each. */
bool image_names_hold(const struct image *image, const char *text);

/* Visits every defined function, object and label. */
void image_each(const struct image *image, void (*visit)(const struct image_symbol *symbol, void *context),
                void *context);

/* The same, but for what each is: much quicker, because no name is looked at. */
void image_each_address(const struct image *image, void (*visit)(uintptr_t address, void *context),
                        void *context);

#endif
