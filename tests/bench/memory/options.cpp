// SPDX-License-Identifier: MIT
// The command line, taken apart: a name and a value each.
#include "options.h"

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>

[[noreturn]] static void usage(const std::string &why)
{
    fprintf(stderr,
            "memory: %s\n"
            "usage: memory [--evals N] [--mib N] [--mode random|hot|read|sparse] [--hot MIB] [--accesses N]\n"
            "              [--pages 4k|huge] [--workers N] [--trace FILE] [--fail EVAL]\n"
            "              [--peer fork|save] [--period SECONDS] [--restore FILE]\n",
            why.c_str());
    exit(64);
}

template <typename T> static T choose(const std::map<std::string, T> &words, const std::string &word)
{
    const auto found = words.find(word);
    if (found == words.end())
        usage("what is " + word + "?");
    return found->second;
}

static uint64_t number(const std::string &text)
{
    char *end = nullptr;
    const uint64_t value = strtoull(text.c_str(), &end, 10);
    if (text.empty() || *end != '\0')
        usage(text + " is no number");
    return value;
}

Options parse(int argc, char **argv)
{
    Options options;
    const std::map<std::string, Mode> modes = {
        {"random", Mode::Random}, {"hot", Mode::Hot}, {"read", Mode::Read}, {"sparse", Mode::Sparse}};
    const std::map<std::string, Peer> peers = {{"fork", Peer::Fork}, {"save", Peer::Save}};
    const std::map<std::string, bool> pages = {{"4k", false}, {"huge", true}};
    const std::map<std::string, std::function<void(const std::string &)>> takes = {
        {"--evals", [&](const std::string &text) { options.evals = number(text); }},
        {"--mib", [&](const std::string &text) { options.mib = number(text); }},
        {"--hot", [&](const std::string &text) { options.hot_mib = number(text); }},
        {"--accesses",
         [&](const std::string &text) { options.accesses = static_cast<unsigned>(number(text)); }},
        {"--workers",
         [&](const std::string &text) { options.workers = static_cast<unsigned>(number(text)); }},
        {"--mode", [&](const std::string &text) { options.mode = choose(modes, options.mode_name = text); }},
        {"--restore", [&](const std::string &text) { options.restore = text; }},
        {"--pages", [&](const std::string &text) { options.huge = choose(pages, text); }},
        {"--peer", [&](const std::string &text) { options.peer = choose(peers, text); }},
        {"--period", [&](const std::string &text) { options.period = atof(text.c_str()); }},
        {"--trace", [&](const std::string &text) { options.trace = text; }},
        {"--fail", [&](const std::string &text) { options.fail_eval = number(text); }},
    };

    for (int i = 1; i < argc; i += 2) {
        const auto take = takes.find(argv[i]);
        if (take == takes.end() || i + 1 == argc)
            usage(argv[i]);
        take->second(argv[i + 1]);
    }
    if (options.mib == 0 || options.hot_mib == 0)
        usage("some memory is needed");
    if (options.hot_mib > options.mib)
        options.hot_mib = options.mib;
    return options;
}
