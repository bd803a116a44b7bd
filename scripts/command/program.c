/* SPDX-License-Identifier: MIT */
/* Whether a file is for this machine is seen by a comparison with our own head, so that no processor is named
 * here. */
#include "program.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <link.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#define HEAD_SIZE     256 /* enough for the first line of a script, as the kernel reads it */
#define DEFAULT_PATH  "/bin:/usr/bin"
#define CAPABILITIES  "security.capability"
#define LOADER_LENGTH 255

extern const ElfW(Ehdr) __ehdr_start __attribute__((visibility("hidden"))); /* by the linker: our own head */

static void refuse(struct program *program, enum program_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void refuse(struct program *program, enum program_kind kind, const char *format, ...)
{
    va_list arguments;

    program->kind = kind;
    va_start(arguments, format);
    vsnprintf(program->why, sizeof program->why, format, arguments);
    va_end(arguments);
}

/* --- where it is --- */

/* Returns 0, EACCES for what is there and cannot be executed, or another errno. */
static int try_path(const char *path)
{
    struct stat status;

    if (stat(path, &status) != 0)
        return errno;
    if (!S_ISREG(status.st_mode) || access(path, X_OK) != 0)
        return EACCES;
    return 0;
}

/* In PATH; an empty part is the current directory. What cannot be executed is only of interest when nothing
 * else is found. */
static int search(const char *name, char path[PATH_MAX])
{
    const char *list = getenv("PATH");
    int result = ENOENT;

    for (list = list != NULL ? list : DEFAULT_PATH;; list++) {
        size_t length = strcspn(list, ":");
        int written = snprintf(path, PATH_MAX, "%.*s%s%s", (int)length, list, length > 0 ? "/" : "./", name);
        int error = written < PATH_MAX ? try_path(path) : ENAMETOOLONG;
        if (error == 0)
            return 0;
        if (error == EACCES)
            result = EACCES;
        list += length;
        if (*list == '\0')
            return result;
    }
}

static bool find(struct program *program, const char *name)
{
    int error;

    if (strchr(name, '/') == NULL) {
        error = search(name, program->path);
    } else {
        snprintf(program->path, sizeof program->path, "%s", name);
        error = try_path(name);
    }
    if (error == 0)
        return true;
    program->path[0] = '\0';
    if (error == EACCES)
        refuse(program, PROGRAM_NONE, "%s cannot be executed: it is no file, or you may not (chmod +x)",
               name);
    else
        refuse(program, PROGRAM_NONE, "%s: %s; give the simulator's path, or a name in PATH", name,
               strerror(error));
    return false;
}

/* --- more rights than the user --- */

/* The loader of such a program ignores LD_PRELOAD. The bits mean nothing on a file system mounted nosuid, or
 * where nobody may gain rights. */
static void look_at_rights(struct program *program, int fd, const char *name)
{
    struct stat status;
    struct statvfs place;

    if (fstat(fd, &status) != 0 || (fstatvfs(fd, &place) == 0 && (place.f_flag & ST_NOSUID) != 0) ||
        prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1)
        return;
    bool other_user = (status.st_mode & S_ISUID) != 0 && status.st_uid != getuid();
    bool other_group =
        (status.st_mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP) && status.st_gid != getgid();
    bool capabilities = getuid() != 0 && fgetxattr(fd, CAPABILITIES, NULL, 0) > 0;
    if (other_user || other_group || capabilities)
        refuse(program, PROGRAM_CLOSED,
               "%s runs with more rights than its user (set-user-ID, set-group-ID, capabilities), so that "
               "LD_PRELOAD is ignored; start it as its owner, or a copy of it",
               name);
}

/* --- what it is --- */

/* The name of the loader that the file asks for; empty: none. False: the file is damaged; libelf leaves out
 * the segments that a cut file does not hold. */
static bool read_loader(Elf *elf, const GElf_Ehdr *header, int fd, char loader[LOADER_LENGTH + 1])
{
    size_t count;

    loader[0] = '\0';
    if (elf_getphdrnum(elf, &count) != 0 || (count < header->e_phnum && header->e_phnum != PN_XNUM))
        return false;
    for (size_t i = 0; i < count; i++) {
        GElf_Phdr segment;
        if (gelf_getphdr(elf, (int)i, &segment) == NULL)
            return false;
        if (segment.p_type != PT_INTERP)
            continue;
        size_t length = segment.p_filesz < LOADER_LENGTH ? segment.p_filesz : LOADER_LENGTH;
        if (pread(fd, loader, length, (off_t)segment.p_offset) != (ssize_t)length)
            return false;
        loader[length] = '\0';
    }
    return true;
}

/* The first object is the command itself. */
static const char *own_loader = "";

static int find_own_loader(struct dl_phdr_info *object, size_t size, void *context)
{
    (void)size;
    (void)context;
    for (size_t i = 0; i < object->dlpi_phnum; i++)
        if (object->dlpi_phdr[i].p_type == PT_INTERP)
            own_loader = (const char *)(object->dlpi_addr + object->dlpi_phdr[i].p_vaddr);
    return 1;
}

static void look_at_loader(struct program *program, Elf *elf, const GElf_Ehdr *header, int fd,
                           const char *name)
{
    char loader[LOADER_LENGTH + 1];

    dl_iterate_phdr(find_own_loader, NULL);
    /* The loader itself, with the program as its argument. */
    bool is_loader = strcmp(basename(program->path), basename(own_loader)) == 0;
    if (!read_loader(elf, header, fd, loader))
        refuse(program, PROGRAM_CLOSED,
               "%s is damaged: its program headers are not in the file; link it anew", name);
    else if (*loader == '\0' && !is_loader)
        refuse(program, PROGRAM_CLOSED,
               "%s is statically linked: no library can be preloaded into it; link it without -static", name);
    else if (*loader != '\0' && strcmp(basename(loader), basename(own_loader)) != 0)
        refuse(program, PROGRAM_CLOSED, "%s is started by %s, not by glibc's %s; build it for glibc", name,
               loader, basename(own_loader));
    else
        look_at_rights(program, fd, name);
}

static void look_at_elf(struct program *program, int fd, const char *name)
{
    GElf_Ehdr header;

    elf_version(EV_CURRENT);
    Elf *elf = elf_begin(fd, ELF_C_READ, NULL);
    if (elf == NULL || gelf_getehdr(elf, &header) == NULL)
        refuse(program, PROGRAM_CLOSED, "%s is damaged: its ELF header is not whole; link it anew", name);
    else if (header.e_ident[EI_CLASS] != __ehdr_start.e_ident[EI_CLASS] ||
             header.e_ident[EI_DATA] != __ehdr_start.e_ident[EI_DATA] ||
             header.e_machine != __ehdr_start.e_machine)
        refuse(program, PROGRAM_CLOSED,
               "%s is built for another processor or word size than liblightsss.so; build one for the other",
               name);
    else
        look_at_loader(program, elf, &header, fd, name);
    elf_end(elf);
}

static void look_at_head(struct program *program, int fd, const char *name)
{
    char head[HEAD_SIZE] = {0};
    ssize_t size = pread(fd, head, sizeof head - 1, 0);

    if (size >= SELFMAG && memcmp(head, ELFMAG, SELFMAG) == 0) {
        look_at_elf(program, fd, name);
    } else if (size > 2 && head[0] == '#' && head[1] == '!') {
        const char *start = head + 2 + strspn(head + 2, " \t");
        program->kind = PROGRAM_SCRIPT;
        snprintf(program->interpreter, sizeof program->interpreter, "%.*s", (int)strcspn(start, " \t\n"),
                 start);
    } else {
        refuse(program, PROGRAM_NONE,
               "%s is not a program: neither an ELF file nor a script with a #! line; give the simulator",
               name);
    }
}

void program_look(struct program *program, const char *name)
{
    *program = (struct program){.kind = PROGRAM_OPEN};
    if (!find(program, name))
        return;
    int fd = open(program->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        refuse(program, PROGRAM_NONE, "%s cannot be read (%s); make it readable (chmod +r)", name,
               strerror(errno));
        return;
    }
    look_at_head(program, fd, name);
    close(fd);
}
