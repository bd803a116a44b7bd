/* SPDX-License-Identifier: MIT */
/* What patching needs on every processor: memory near the function, pages that are never writable
 * and executable at once, and the write over the function's head. The instructions themselves
 * are the business of patch_<processor>.c. */
#include "elf/why.h"
#include "patch/patch_processor.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PATCH_REACH  (UINT64_C(0x7fff0000)) /* a signed 32-bit displacement, less a margin */
#define PATCH_MARGIN (UINT64_C(0x10000))    /* distance kept from other mappings, which may grow */
#define PATCH_PAGE   4096u
#define PATCH_GAP    ((uintptr_t)32 * PATCH_PAGE) /* to copy those is about as dear as two mappings more */

/* What a simulator reads of /proc is recorded, and told again to its replay. By this name it is not. */
#define PATCH_MAPS "//proc/thread-self/maps"

/* The last place that was taken, and where the gap begins that it lies in: the next is taken below it without
 * reading the list of mappings again, which takes as long as everything else about a patch. */
static struct {
    uintptr_t place, gap_start;
} patch_last;

/* Places for a mapping, best first. */
struct patch_places {
    uintptr_t below, above; /* 0: none */
    uintptr_t below_start;  /* of the gap */
};

static void patch_consider(struct patch_places *places, const struct patch *patch, uintptr_t start,
                           uintptr_t end, size_t size)
{
    uintptr_t first = patch->high > PATCH_REACH ? patch->high - PATCH_REACH : 0;
    uintptr_t last = patch->low + PATCH_REACH;
    start += PATCH_MARGIN;
    end -= PATCH_MARGIN;
    if (start < first)
        start = (first + PATCH_MARGIN) & ~(PATCH_MARGIN - 1);
    if (end > last)
        end = last;
    if (start >= end || end - start < size)
        return;
    uintptr_t place = (end - size) & ~(uintptr_t)(PATCH_MARGIN - 1);
    if (place < start)
        return;
    if (place < patch->low) {
        places->below = place;
        places->below_start = start;
    } else
        places->above = place;
}

/* Reads one byte after the other of /proc/self/maps: through stdio it would take the simulator's heap. */
struct patch_maps {
    int fd;
    size_t at, size;
    char bytes[4096];
};

static bool patch_read_byte(struct patch_maps *maps, char *byte)
{
    if (maps->at == maps->size) {
        ssize_t size;
        do
            size = read(maps->fd, maps->bytes, sizeof maps->bytes);
        while (size < 0 && errno == EINTR);
        if (size <= 0)
            return false;
        maps->size = (size_t)size;
        maps->at = 0;
    }
    *byte = maps->bytes[maps->at++];
    return true;
}

/* "start-end permissions ...". Returns false behind the last line. */
static bool patch_read_line(struct patch_maps *maps, uintptr_t *start, uintptr_t *end)
{
    uintptr_t *number = start;
    *start = *end = 0;
    for (char byte = '\0'; byte != '\n' && patch_read_byte(maps, &byte);)
        if (byte == '-' && number == start)
            number = end;
        else if (byte == ' ')
            number = NULL;
        else if (number != NULL)
            *number = *number << 4 | (uintptr_t)(byte <= '9' ? byte - '0' : byte - 'a' + 10);
    return *end != 0;
}

/* Below the program nothing grows. Above it the heap does, so there the far end of a gap is taken. */
static int patch_find_places(struct patch_places *places, const struct patch *patch, size_t size)
{
    struct patch_maps maps = {.fd = open(PATCH_MAPS, O_RDONLY | O_CLOEXEC)};
    if (maps.fd < 0)
        return -errno;
    uintptr_t start, end, previous = 0;
    while (patch_read_line(&maps, &start, &end)) {
        if (start > previous && start - previous > 2 * PATCH_MARGIN)
            patch_consider(places, patch, previous, start, size);
        previous = end;
    }
    close(maps.fd);
    return 0;
}

static void *patch_map(uintptr_t place, size_t size)
{
    /* cppcheck-suppress invalidFunctionArg ; it has not heard of MAP_ANONYMOUS here */
    void *memory = mmap((void *)place, size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (memory == MAP_FAILED)
        return NULL;
    if ((uintptr_t)memory == place)
        return memory;
    munmap(memory, size); /* kernels before 4.17 take the address as a hint only */
    return NULL;
}

/* Right below it: pages of stubs without data between them are one mapping to the kernel, and each mapping
 * makes a snapshot dearer. Where somebody has mapped something there meanwhile, the kernel refuses it. */
static void *patch_map_below_last(const struct patch *patch, size_t size)
{
    uintptr_t place = patch_last.place > 2 * PATCH_MARGIN + size ? patch_last.place - size : 0;
    if (place < patch_last.gap_start || place >= patch->low || place + PATCH_REACH < patch->high)
        return NULL;
    return patch_map(place, size);
}

static void *patch_map_somewhere(const struct patch *patch, size_t size, int *error)
{
    struct patch_places places = {0};
    *error = patch_find_places(&places, patch, size);
    void *start = places.below ? patch_map(places.below, size) : NULL;
    patch_last.gap_start = start != NULL ? places.below_start : 0;
    return start != NULL || !places.above ? start : patch_map(places.above, size);
}

/* Pages of code, and one of data where it is wanted. Stubs have pages that no other stub uses yet, so that a
 * page with a stub in use never becomes writable again. */
static int patch_allocate(const struct patch *patch, size_t code_size, bool has_data,
                          struct patch_memory *memory, struct hooks_why *why)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    int error = 0;
    code_size = (code_size + page - 1) & ~(page - 1);
    memory->size = code_size + (has_data ? page : 0);
    uint8_t *start = patch_last.gap_start ? patch_map_below_last(patch, memory->size) : NULL;
    if (start == NULL)
        start = patch_map_somewhere(patch, memory->size, &error);
    if (error)
        return why_set(why, error, "cannot read /proc/self/maps (%s): mount /proc", strerrordesc_np(-error));
    patch_last.place = (uintptr_t)start;
    if (start == NULL)
        return why_set(why, -ENOMEM,
                       "no free memory within 2 GiB of %.100s to hook it: raise the limit on address space "
                       "or link the simulator as a PIE",
                       patch->target.name);
    memory->code = start;
    memory->code_size = code_size;
    memory->data = has_data ? (uint64_t *)(void *)(start + code_size) : NULL;
    return 0;
}

/* fork() copies the page tables of a mapping in which a page was written to, and with them what the kernel
 * knows of each page of the file: for a program of 64 MiB, 3 ms. So what is written to becomes a mapping of
 * its own before. Advice that differs keeps the kernel from joining it with its neighbours again, and does
 * nothing else for code that is there. It may be refused: all works without. */
static void patch_set_apart(uintptr_t start, uintptr_t end)
{
    static uintptr_t last_start, last_end; /* what is near that goes with it: a mapping costs something too */
    if (start < last_end + PATCH_GAP && end + PATCH_GAP > last_start) {
        start = start < last_start ? start : last_start;
        end = end > last_end ? end : last_end;
    }
    last_start = start &= ~(uintptr_t)(PATCH_PAGE - 1);
    last_end = end;
    (void)madvise((void *)start, end - start, MADV_RANDOM);
}

/* A write through /proc/self/mem needs no change of protection, so threads that run other functions
 * of the same page are not disturbed. Where it is refused, the page is made writable for a moment. */
static int patch_write(int fd, uintptr_t address, const uint8_t *bytes, size_t size)
{
    if (fd >= 0 && pwrite(fd, bytes, size, (off_t)address) == (ssize_t)size)
        return 0;
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t start = address & ~(page - 1);
    size_t length = ((address + size + page - 1) & ~(page - 1)) - start;
    /* Executable all the while: it may be the page of mprotect() itself. */
    if (mprotect((void *)start, length, PROT_READ | PROT_WRITE | PROT_EXEC) != 0)
        return -errno;
    memcpy((void *)address, bytes, size);
    return mprotect((void *)start, length, PROT_READ | PROT_EXEC) != 0 ? -errno : 0;
}

static void patch_free(const struct patch_memory *memory)
{
    munmap(memory->code, memory->size);
}

static void patch_sort(const struct patch **sorted, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        const struct patch *one = sorted[i];
        size_t at = i;
        for (; at > 0 && sorted[at - 1]->head > one->head; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = one;
    }
}

/* The patches of one page, the first of which is given. Returns how many they are. */
static size_t patch_commit_page(int fd, const struct patch *const *sorted, size_t count, int *error)
{
    static uint8_t bytes[PATCH_PAGE + PATCH_HEAD_SIZE];
    uintptr_t start = sorted[0]->head, end = start, page = start / PATCH_PAGE;
    size_t i = 0;
    for (; i < count && sorted[i]->head / PATCH_PAGE == page; i++) {
        uintptr_t head = sorted[i]->head;
        memcpy(bytes + (end - start), (const void *)end, head - end);
        patch_cpu_jump(sorted[i], bytes + (head - start));
        end = head + sorted[i]->head_size;
    }
    *error = patch_write(fd, start, bytes, end - start);
    return i;
}

/* The functions may be those that are called here: each is whole before and after. To write takes about as
 * long for a page as for a head, and those of libc stand close together. */
int patch_commit(const struct patch *patches, size_t count)
{
    const struct patch *sorted[PATCH_AT_ONCE];
    if (count > PATCH_AT_ONCE)
        return -E2BIG;
    int fd = open("/proc/thread-self/mem", O_RDWR | O_CLOEXEC);
    int error = 0;
    for (size_t i = 0; i < count; i++)
        sorted[i] = &patches[i];
    patch_sort(sorted, count);
    for (size_t i = 0; i < count; i++)
        patch_set_apart(sorted[i]->head, sorted[i]->head + sorted[i]->head_size);
    for (size_t i = 0; i < count && !error;)
        i += patch_commit_page(fd, sorted + i, count - i, &error);
    if (fd >= 0)
        close(fd);
    if (count > 0)
        __builtin___clear_cache((char *)sorted[0]->head, (char *)sorted[count - 1]->head + PATCH_HEAD_SIZE);
    return error;
}

/* A return address at a page's begin may have nothing before it that can be read. */
uintptr_t patch_call(const struct patch *patch, uintptr_t return_address)
{
    bool readable = return_address % PATCH_PAGE >= PATCH_HEAD_SIZE;
    return readable ? patch_cpu_call(patch, return_address) : 0;
}

/* Not by a change of protection, as patch_write() may do: threads may run on that page. */
static int patch_lead(uintptr_t call, uintptr_t target)
{
    uint8_t bytes[PATCH_HEAD_SIZE];
    size_t size = patch_cpu_redirect(target, call, bytes);
    int fd = open("/proc/thread-self/mem", O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    patch_set_apart(call, call + size);
    int error = pwrite(fd, bytes, size, (off_t)call) == (ssize_t)size ? 0 : -EIO;
    close(fd);
    __builtin___clear_cache((char *)call, (char *)call + size);
    return error;
}

int patch_redirect(const struct patch *patch, uintptr_t call)
{
    return patch_lead(call, patch->stub);
}

int patch_call_by_entry(const struct patch *patch, uintptr_t call)
{
    return patch_lead(call, patch->target.address);
}

bool patch_covers(const struct patch *patch, uintptr_t program_counter)
{
    return patch->stub && program_counter > patch->head && program_counter < patch->head + patch->head_size;
}

/* The stubs are complete. commits: how many of these functions are redirected to them at once. */
static int patch_seal(const struct patch *patch, size_t commits, const struct patch_memory *memory,
                      struct hooks_why *why)
{
    int error = 0;
    if (mprotect(memory->code, memory->code_size, PROT_READ | PROT_EXEC) != 0)
        error = -errno;
    __builtin___clear_cache((char *)memory->code, (char *)memory->code + memory->code_size);
    if (!error && commits > 0)
        error = patch_commit(patch, commits);
    if (!error)
        return 0;
    patch_free(memory);
    return why_set(why, error,
                   "the kernel refuses to change the code of %.100s (%s): relax its policy for the simulator "
                   "(SELinux: execmem, execmod)",
                   patch->target.name, strerrordesc_np(-error));
}

/* A page at this place that copies of the process share. */
static void *patch_share(void *place, volatile uint64_t *shared, size_t page)
{
    uintptr_t source = (uintptr_t)shared & ~(uintptr_t)(page - 1);
    if (source)
        return mremap((void *)source, 0, page, MREMAP_MAYMOVE | MREMAP_FIXED, place);
    /* cppcheck-suppress invalidFunctionArg ; it has not heard of MAP_ANONYMOUS here */
    return mmap(place, page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

int patch_count(struct patch *patch, volatile uint64_t *shared, uint64_t start,
                void (*due)(void *object, void *context), void *context, struct hooks_why *why)
{
    struct patch_memory memory = {0};
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    int error = patch_allocate(patch, 1, true, &memory, why);
    if (error)
        return error;
    if (patch_share(memory.data, shared, page) == MAP_FAILED) {
        error = -errno;
        patch_free(&memory);
        return why_set(why, error, "no shared memory to count the evals of %.100s (%s)", patch->target.name,
                       strerrordesc_np(-error));
    }
    memory.data += ((uintptr_t)shared & (page - 1)) / sizeof *memory.data;
    patch->countdown = memory.data;
    *patch->countdown = start;
    patch_cpu_count(patch, &memory, due, context);
    return patch_seal(patch, 1, &memory, why);
}

int patch_notify(struct patch *patch, void (*tell)(const struct patch_arguments *arguments), void *context,
                 struct hooks_why *why)
{
    struct patch_memory memory = {0};
    int error = patch_allocate(patch, 1, false, &memory, why);
    if (error)
        return error;
    patch_cpu_notify(patch, &memory, tell, context);
    return patch_seal(patch, 1, &memory, why);
}

int patch_method(struct patch *patch, int32_t shortcut,
                 uintptr_t (*handler)(void *object, uintptr_t argument, void *context), void *context,
                 struct hooks_why *why)
{
    struct patch_memory memory = {0};
    int error = patch_allocate(patch, 1, true, &memory, why);
    if (error)
        return error;
    patch->shut = memory.data;
    patch_cpu_method(patch, &memory, shortcut, handler, context);
    return patch_seal(patch, 1, &memory, why);
}

int patch_replace(struct patch *patches, void *const *handlers, size_t count, struct hooks_why *why)
{
    struct patch_memory memory = {0};
    struct patch reach = patches[0];
    for (size_t i = 1; i < count; i++) {
        reach.low = patches[i].low < reach.low ? patches[i].low : reach.low;
        reach.high = patches[i].high > reach.high ? patches[i].high : reach.high;
    }
    int error = patch_allocate(&reach, count * PATCH_STUB_SIZE, false, &memory, why);
    if (error)
        return error;
    for (size_t i = 0; i < count; i++) {
        const struct patch_memory part = {
            .code = memory.code + i * PATCH_STUB_SIZE, .code_size = PATCH_STUB_SIZE, .size = PATCH_STUB_SIZE};
        patch_cpu_replace(&patches[i], &part, handlers[i]);
    }
    return patch_seal(&reach, 0, &memory, why);
}
