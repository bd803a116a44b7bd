/* SPDX-License-Identifier: MIT */
/* Two tables: mangled names, where several names may mean one function because releases differ, and
 * releases, where the last row not newer than the simulator counts. Offsets are measured with the
 * headers of every release from 4.200 to 5.050; the matrix of tests/simulators runs 4.038, 5.006, 5.032 and
 * 5.048. A release newer than that is asked itself. */
#include "model/verilator_abi.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

struct name_row {
    int symbol;
    const char *name;
    unsigned char length;
};

/* clang-format off */
#define ROW(symbol, name)             { symbol, name, sizeof(name) - 1 }
#define NAME(symbol, name)            ROW(VERILATOR_##symbol, name)
#define FST(symbol)                   (VERILATOR_##symbol + VERILATOR_TRACER_END - VERILATOR_TRACER)
#define TRACER_NAME(symbol, vcd, fst) NAME(symbol, vcd), ROW(FST(symbol), fst)
/* clang-format on */
#define TRACE_BASE(class) "_ZN14VerilatedTraceI12Verilated" class "18Verilated" class "Buffer"
#define TRACE_OLD(class)  "_ZN14VerilatedTraceI12Verilated" class /* before 4.224 */
#define STRING            "RKNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE"
#define DUMPVARS          "E8dumpvarsEi" STRING
#define DECLARE           "E8declCodeEj" STRING "j"
#define DECLARE_PART      "E8declCodeEjPKcjb"
#define PUSH_PREFIX       "E14pushNamePrefixE" STRING
#define POP_PREFIX        "E13popNamePrefixEj"
#define ADD_PART          "E9addInitCbEPFvPvPS0_jES3_" STRING "bj"

static const struct name_row names[] = {
    NAME(PRODUCT_VERSION, "_ZN9Verilated14productVersionEv"),
    NAME(CONTEXT_UNUSED, "_ZN16VerilatedContext14calcUnusedSigsEb"),
    NAME(UNUSED, "_ZN9Verilated14calcUnusedSigsEb"),
    NAME(CONTEXT_DESTRUCTOR, "_ZN16VerilatedContextD1Ev"),
    NAME(CONTEXT_DESTRUCTOR, "_ZN16VerilatedContextD2Ev"),
    NAME(CONTEXT_TRACE, "_ZN16VerilatedContext5traceEP19VerilatedTraceBaseCii"),
    NAME(CONTEXT_POOL, "_ZN16VerilatedContext11threadPoolpEv"),
    NAME(SC_TIME_STAMP, "_Z13sc_time_stampv"),
    NAME(TIME_STAMP64, "_Z15vl_time_stamp64v"),
    NAME(FATAL, "_Z8vl_fatalPKciS0_S0_"),
    NAME(STOP, "_Z7vl_stopPKciS0_"),
    NAME(STOP_MAYBE, "_Z13vl_stop_maybePKciS0_b"),
    NAME(RUN_EXIT_CALLBACKS, "_ZN9Verilated16runExitCallbacksEv"),
    NAME(CONTEXT_GOT_FINISH, "_ZN16VerilatedContext9gotFinishEb"),
    NAME(CONTEXT_GOT_ERROR, "_ZN16VerilatedContext8gotErrorEb"),
    NAME(GOT_FINISH, "_ZN9Verilated9gotFinishEb"),
    NAME(REMOVE_FLUSH, "_ZN9Verilated13removeFlushCbEPFvPvES0_"),
    NAME(REMOVE_EXIT, "_ZN9Verilated12removeExitCbEPFvPvES0_"),
    NAME(FST_PARALLEL, "fstWriterSetParallelMode"),
    NAME(SAIF, "_ZN13VerilatedSaif4openEPKc"),
    TRACER_NAME(TRACER_CONSTRUCTOR, "_ZN12VerilatedVcdC1EP16VerilatedVcdFile", "_ZN12VerilatedFstC1EPv"),
    TRACER_NAME(TRACER_CONSTRUCTOR, "_ZN12VerilatedVcdC2EP16VerilatedVcdFile", "_ZN12VerilatedFstC2EPv"),
    TRACER_NAME(TRACER_OPEN, "_ZN12VerilatedVcd4openEPKc", "_ZN12VerilatedFst4openEPKc"),
    NAME(TRACER_OPEN_NEXT, "_ZN12VerilatedVcd8openNextEb"),
    TRACER_NAME(TRACER_CLOSE, "_ZN12VerilatedVcd5closeEv", "_ZN12VerilatedFst5closeEv"),
    TRACER_NAME(TRACER_DUMP, TRACE_BASE("Vcd") "E4dumpEm", TRACE_BASE("Fst") "E4dumpEm"),
    TRACER_NAME(TRACER_DUMP, TRACE_OLD("Vcd") "E4dumpEm", TRACE_OLD("Fst") "E4dumpEm"),
    TRACER_NAME(TRACER_FLUSH, "_ZN12VerilatedVcd5flushEv", "_ZN12VerilatedFst5flushEv"),
    TRACER_NAME(TRACER_DUMPVARS, TRACE_BASE("Vcd") DUMPVARS, TRACE_BASE("Fst") DUMPVARS),
    TRACER_NAME(TRACER_DUMPVARS, TRACE_OLD("Vcd") DUMPVARS, TRACE_OLD("Fst") DUMPVARS),
    TRACER_NAME(TRACER_DECLARE, TRACE_BASE("Vcd") DECLARE, TRACE_BASE("Fst") DECLARE),
    TRACER_NAME(TRACER_DECLARE_PART, TRACE_BASE("Vcd") DECLARE_PART, TRACE_BASE("Fst") DECLARE_PART),
    TRACER_NAME(TRACER_DECLARE_PART, TRACE_OLD("Vcd") DECLARE_PART, TRACE_OLD("Fst") DECLARE_PART),
    TRACER_NAME(TRACER_PUSH_PREFIX, TRACE_BASE("Vcd") PUSH_PREFIX, TRACE_BASE("Fst") PUSH_PREFIX),
    TRACER_NAME(TRACER_PUSH_PREFIX, TRACE_OLD("Vcd") PUSH_PREFIX, TRACE_OLD("Fst") PUSH_PREFIX),
    TRACER_NAME(TRACER_POP_PREFIX, TRACE_BASE("Vcd") POP_PREFIX, TRACE_BASE("Fst") POP_PREFIX),
    TRACER_NAME(TRACER_POP_PREFIX, TRACE_OLD("Vcd") POP_PREFIX, TRACE_OLD("Fst") POP_PREFIX),
    TRACER_NAME(TRACER_ON_FLUSH, TRACE_BASE("Vcd") "E7onFlushEPv", TRACE_BASE("Fst") "E7onFlushEPv"),
    TRACER_NAME(TRACER_ON_EXIT, TRACE_BASE("Vcd") "E6onExitEPv", TRACE_BASE("Fst") "E6onExitEPv"),
    TRACER_NAME(TRACER_TYPEINFO, "_ZTI13VerilatedVcdC", "_ZTI13VerilatedFstC"),
    TRACER_NAME(TRACER_ADD_PART, TRACE_BASE("Vcd") ADD_PART, TRACE_BASE("Fst") ADD_PART),
};

/* clang-format off */
static const struct verilator_release releases[] = {
    /* since  unused time  in model  by context  tracer last flag   file */
    {  4038,    0,   0,    false,    false,       0,    16, false, 200 },
    {  4200,    9,  16,    false,    false,       0,    16, false, 200 },
    {  4218,    9,  16,    false,    false,       8,    16, false, 192 },
    {  4220,    9,  16,    false,    false,       8,    24, false, 264 },
    {  4224,    9,  16,    false,    false,       8,    24, false, 352 },
    {  4226,    9,  16,    true,     false,       8,   304, false, 392 },
    {  5004,   41,  48,    true,     false,       8,   304, true,  832 },
    {  5018,   41,  48,    true,     false,       8,   320, true,  848 },
    {  5024,   49,  40,    true,     true,       16,   320, true,  848 },
    {  5026,   49,  40,    true,     true,       16,   320, true,  840 },
    {  5028,   52,  40,    true,     true,       16,   320, true,  840 },
    {  5046,   52,  40,    true,     true,       16,   328, true,  848 },
    {  5048,   52,  40,    true,     true,       16,   256, true,  368 },
    {  5050,  164,  40,    true,     true,       16,   304, true,  416 },
};
/* clang-format on */

static const struct {
    int method;
    bool constant; /* _ZNK */
    const char *rest;
    bool prefix; /* anything may follow */
} methods[] = {
    {VERILATOR_MODEL_EVAL, false, "9eval_stepEv", false},
    {VERILATOR_MODEL_SYMS, false, "C1E", true},
    {VERILATOR_MODEL_SYMS, false, "C2E", true},
    {VERILATOR_MODEL_TRACE_VCD, false, "5traceEP13VerilatedVcdCii", false},
    {VERILATOR_MODEL_TRACE_FST, false, "5traceEP13VerilatedFstCii", false},
    {VERILATOR_MODEL_DUMPVARS, false, "14_traceDumpOpenEv", false},
    {VERILATOR_MODEL_NAME, true, "4nameEv", false},
    {VERILATOR_MODEL_DESTRUCTOR, false, "D1Ev", false},
    {VERILATOR_MODEL_DESTRUCTOR, false, "D2Ev", false},
    {VERILATOR_MODEL_CLASS, true, "9modelNameEv", false},
    {VERILATOR_MODEL_TRACE_CONFIG, true, "11traceConfigEv", false},
};

static const char syms[] = "__Syms";

/* The part's own functions, or, where it is in another object, the model's calls of them. */
bool verilator_abi_is_of_part(const struct image_symbol *symbol)
{
    static const char sign[] = VERILATOR_SIGN_OF_PART;
    return symbol->code && memmem(symbol->name, symbol->length, sign, sizeof sign - 1) != NULL;
}

/* Of a million symbols nearly all are told apart by their length and two letters. */
static bool may_be_known(const struct image_symbol *symbol)
{
    static uint64_t lengths[4]; /* a bit for each length that a row has */
    if (!lengths[0])
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
            lengths[names[i].length / 64] |= UINT64_C(1) << names[i].length % 64;
    return symbol->length <= UCHAR_MAX && lengths[symbol->length / 64] >> symbol->length % 64 & 1 &&
           (*symbol->name == '_' || *symbol->name == 'f');
}

int verilator_abi_symbol(const struct image_symbol *symbol)
{
    if (!may_be_known(symbol))
        return -1;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].length == symbol->length && !memcmp(names[i].name, symbol->name, symbol->length))
            return names[i].symbol;
    return -1;
}

const char *verilator_abi_name(size_t row, enum verilator_symbol *symbol)
{
    if (row >= sizeof names / sizeof *names)
        return NULL;
    *symbol = (enum verilator_symbol)names[row].symbol;
    return names[row].name;
}

/* Takes _ZN<length><name>, or with a K, apart. Returns what follows the name, or NULL. */
static const char *parse_class(const struct image_symbol *symbol, bool *constant, const char **name,
                               size_t *length)
{
    const char *at = symbol->name, *end = at + symbol->length;
    if (at[0] != '_' || at[1] != 'Z' || at[2] != 'N')
        return NULL;
    at += 3;
    *constant = *at == 'K';
    at += *constant;
    if (*at == '0')
        return NULL;
    for (*length = 0; *at >= '0' && *at <= '9' && *length <= symbol->length; at++)
        *length = *length * 10 + (size_t)(*at - '0');
    *name = at;
    return *length > 0 && *length <= (size_t)(end - at) ? at + *length : NULL;
}

int verilator_abi_method(const struct image_symbol *symbol, const char **name, size_t *length)
{
    bool constant;
    const char *rest = parse_class(symbol, &constant, name, length);
    if (rest == NULL)
        return -1;
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        if (*methods[i].rest != *rest || methods[i].constant != constant)
            continue;
        size_t size = strlen(methods[i].rest) + !methods[i].prefix;
        if (strncmp(rest, methods[i].rest, size) != 0)
            continue;
        size_t tail = sizeof syms - 1;
        bool is_syms = *length > tail && !memcmp(*name + *length - tail, syms, tail);
        if (methods[i].method == VERILATOR_MODEL_SYMS && !is_syms)
            continue;
        if (is_syms &&
            (methods[i].method == VERILATOR_MODEL_SYMS || methods[i].method == VERILATOR_MODEL_DUMPVARS))
            *length -= tail;
        return methods[i].method;
    }
    return -1;
}

struct verilator_syms verilator_abi_syms(const char *mangled)
{
    static const char context[] = "P16VerilatedContext", name[] = "PKc";
    struct verilator_syms arguments = {0};
    const char *at = strstr(mangled, "__SymsC");
    if (at == NULL)
        return arguments;
    at += strlen("__SymsC1E");
    for (unsigned i = 1; *at; i++) {
        if (strncmp(at, context, sizeof context - 1) == 0) {
            arguments.context = i;
            at += sizeof context - 1;
        } else if (strncmp(at, name, sizeof name - 1) == 0) {
            at += sizeof name - 1;
        } else { /* a pointer to the class, however it is written */
            arguments.model = i;
            char *rest = NULL;
            unsigned long length = *at == 'P' ? strtoul(at + 1, &rest, 10) : 0;
            if (!length || strnlen(rest, length) < length)
                break;
            at = rest + length;
        }
    }
    return arguments;
}

unsigned verilator_abi_parse(const char *product_version)
{
    char *end;
    unsigned long major = strtoul(product_version, &end, 10);
    if (end == product_version || *end != '.')
        return 0;
    const char *digits = end + 1;
    unsigned long minor = strtoul(digits, &end, 10);
    if (end != digits + 3 || major == 0 || major > 99)
        return 0;
    return (unsigned)(major * 1000 + minor);
}

const struct verilator_release *verilator_abi_release(unsigned release)
{
    const struct verilator_release *best = NULL;
    for (size_t i = 0; i < sizeof releases / sizeof *releases && releases[i].since <= release; i++)
        best = &releases[i];
    return best;
}

bool verilator_abi_is_guess(unsigned release)
{
    return release > releases[sizeof releases / sizeof *releases - 1].since;
}

/* Any time will do that stands nowhere else in an object. */
#define PROBE_TIME 0x0123456789abcdef

static bool probe_context(void (*set_unused)(void *context, int flag), struct verilator_release *release)
{
    static _Alignas(64) uint8_t context[4096]; /* the largest known is 824 bytes */
    size_t at = 0, changed = 0;
    memset(context, 0, sizeof context);
    set_unused(context, 1);
    for (size_t i = 0; i < sizeof context; i++)
        if (context[i]) {
            at = i;
            changed++;
        }
    if (changed != 1 || context[at] != 1)
        return false;
    for (size_t i = 0; i < sizeof releases / sizeof *releases; i++)
        if (releases[i].context_unused == at && at) {
            release->context_unused = releases[i].context_unused;
            release->context_time = releases[i].context_time;
            return true;
        }
    return false;
}

/* dump() notes the time before it sees that no file is open. */
static bool probe_tracer(const struct verilator_probe *probe, struct verilator_release *release)
{
    static _Alignas(64) uint64_t tracer[1024]; /* the largest known is 1040 bytes */
    size_t found = 0;
    memset(tracer, 0, sizeof tracer);
    probe->construct(tracer, NULL);
    probe->dump(tracer, PROBE_TIME);
    for (size_t i = 0; i < sizeof tracer / sizeof *tracer; i++)
        if (tracer[i] == PROBE_TIME) {
            release->tracer_last = (unsigned)(i * sizeof *tracer);
            found++;
        }
    return found == 1;
}

bool verilator_abi_probe(const struct verilator_probe *probe, struct verilator_release *release)
{
    return probe->set_unused != NULL && probe->construct != NULL && probe->dump != NULL &&
           probe_context(probe->set_unused, release) && probe_tracer(probe, release);
}

const struct verilator_release *verilator_abi_guess(void (*set_unused)(void *context, int flag))
{
    struct verilator_release asked = {0};
    if (set_unused == NULL || !probe_context(set_unused, &asked))
        return NULL;
    for (size_t i = 0; i < sizeof releases / sizeof *releases; i++)
        if (releases[i].context_in_model && releases[i].context_unused == asked.context_unused)
            return &releases[i];
    return NULL;
}

unsigned verilator_abi_context_time(const struct verilator_release *release,
                                    void (*set_unused)(void *context, int flag))
{
    struct verilator_release asked = {0};
    if (release == NULL || !release->context_unused || set_unused == NULL ||
        !probe_context(set_unused, &asked))
        return 0;
    return asked.context_time;
}
