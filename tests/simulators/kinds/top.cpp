// SPDX-License-Identifier: MIT
// A library of --lib-create that no other model is above: it is opened, and driven by the functions that its
// wrapper module would import. +kind=exit|abort|segv +at=CYCLE +dump=FILE; LIBRARY is its path. Nobody tells
// it the time.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include <dlfcn.h>

struct logic_word {
    uint32_t value, unknown;
};

static std::string argument(int argc, char **argv, const char *name)
{
    for (int i = 1; i < argc; i++)
        if (strncmp(argv[i], name, strlen(name)) == 0)
            return argv[i] + strlen(name);
    return "";
}

template <class Function> static Function *find(void *library, const char *name)
{
    void *address = dlsym(library, name);
    if (address == nullptr) {
        fprintf(stderr, "%s\n", dlerror());
        exit(99);
    }
    return reinterpret_cast<Function *>(address);
}

static void fail(const std::string &kind)
{
    if (kind == "abort")
        abort();
    if (kind == "segv")
        *static_cast<volatile int *>(nullptr) = 1;
    exit(3);
}

int main(int argc, char **argv)
{
    const std::string kind = argument(argc, argv, "+kind="), file = argument(argc, argv, "+dump=");
    const long at = kind.empty() ? -1 : std::stol(argument(argc, argv, "+at="));
    void *library = dlopen(LIBRARY, RTLD_NOW);
    if (library == nullptr) {
        fprintf(stderr, "%s\n", dlerror());
        return 99;
    }
    auto *create = find<void *(const char *)>(library, "leaf_protectlib_create");
    auto *change =
        find<long long(void *, const logic_word *, logic_word *)>(library, "leaf_protectlib_combo_update");
    auto *clock = find<long long(void *, unsigned char, logic_word *)>(library, "leaf_protectlib_seq_update");
    auto *trace = find<void(void *, const char *)>(library, "leaf_trace");
    auto *dump = find<void(uint64_t)>(library, "leaf_dump");
    logic_word sum{};
    uint64_t evals = 0;
    void *leaf = create("top.leaf");
    trace(leaf, file.c_str());
    for (long cycle = 1; cycle <= 3000; cycle++) {
        const logic_word a{static_cast<uint8_t>(cycle), 0};
        change(leaf, &a, &sum);
        dump(evals++);
        clock(leaf, cycle & 1, &sum);
        dump(evals++);
        if (cycle == at)
            fail(kind);
    }
    printf("sum %u\n", sum.value);
    return 0;
}
