// SPDX-License-Identifier: MIT
// Sources of stimulus, as testbenches have them. A word in a stream is a line of eight hexadecimal digits.
#include "source.h"

#include <arpa/inet.h>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <netinet/in.h>
#include <poll.h>
#include <random>
#include <stdexcept>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

namespace
{

constexpr size_t line_size = 9;

uint32_t parse_word(const std::string &line)
{
    char *end = nullptr;
    const unsigned long word = strtoul(line.c_str(), &end, 16);
    if (end == line.c_str())
        throw std::runtime_error("no word in the stimulus: '" + line + "'");
    return static_cast<uint32_t>(word);
}

[[noreturn]] void fail(const std::string &what)
{
    throw std::runtime_error(what + ": " + strerror(errno));
}

// A function that makes a word, with what it needs inside.
class Calling : public Source
{
  public:
    explicit Calling(std::function<uint32_t()> function) : function_(std::move(function))
    {
    }
    uint32_t next() override
    {
        return function_();
    }

  private:
    std::function<uint32_t()> function_;
};

using Reader = std::function<std::string()>;

std::unique_ptr<Source> reading(Reader line)
{
    return std::make_unique<Calling>([line = std::move(line)] { return parse_word(line()); });
}

std::unique_ptr<Source> calling(std::function<uint32_t()> function)
{
    return std::make_unique<Calling>(std::move(function));
}

FILE *opened(const std::string &path)
{
    FILE *file = path == "-" ? stdin : fopen(path.c_str(), "r");
    if (!file)
        fail(path);
    return file;
}

int opened_descriptor(const std::string &path)
{
    const int fd = path == "-" ? STDIN_FILENO : open(path.c_str(), O_RDONLY);
    if (fd < 0)
        fail(path);
    return fd;
}

// Pipes and sockets give what they have.
std::string read_line(int fd)
{
    char line[line_size + 1] = "";
    for (size_t have = 0; have < line_size;) {
        const ssize_t got = read(fd, line + have, line_size - have);
        if (got <= 0 && errno != EINTR)
            throw std::runtime_error("the stimulus has ended");
        have += got > 0 ? static_cast<size_t>(got) : 0;
    }
    return line;
}

std::unique_ptr<Source> by_getchar(const std::string &path)
{
    FILE *file = opened(path);
    return reading([file] {
        std::string line;
        for (int c = getc(file); c != '\n' && c != EOF; c = getc(file))
            line += static_cast<char>(c);
        return line;
    });
}

std::unique_ptr<Source> by_fgets(const std::string &path)
{
    FILE *file = opened(path);
    return reading([file] {
        char line[64] = "";
        return std::string(fgets(line, sizeof line, file) ? line : "");
    });
}

std::unique_ptr<Source> by_fread(const std::string &path)
{
    FILE *file = opened(path);
    return reading([file] {
        char line[line_size + 1] = "";
        return std::string(line, fread(line, 1, line_size, file));
    });
}

std::unique_ptr<Source> by_getline(const std::string &path)
{
    std::shared_ptr<std::istream> stream;
    if (path == "-")
        stream = std::shared_ptr<std::istream>(&std::cin, [](std::istream *) {});
    else
        stream = std::make_shared<std::ifstream>(path);
    return reading([stream] {
        std::string line;
        std::getline(*stream, line);
        return line;
    });
}

std::unique_ptr<Source> by_read(const std::string &path)
{
    const int fd = opened_descriptor(path);
    return reading([fd] { return read_line(fd); });
}

std::unique_ptr<Source> by_mmap(const std::string &path)
{
    const int fd = opened_descriptor(path);
    struct stat found {
    };
    fstat(fd, &found);
    const size_t size = static_cast<size_t>(found.st_size);
    const void *memory = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (memory == MAP_FAILED)
        fail(path);
    close(fd);
    return reading([text = static_cast<const char *>(memory), size, at = size_t(0)]() mutable {
        if (at + line_size > size)
            throw std::runtime_error("the stimulus has ended");
        at += line_size;
        return std::string(text + at - line_size, line_size);
    });
}

// Asks for each word; every third time it looks first whether there is something already.
std::unique_ptr<Source> by_tcp(const std::string &port)
{
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(std::stoi(port)));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd, reinterpret_cast<sockaddr *>(&address), sizeof address) != 0)
        fail("port " + port);
    return reading([fd, asked = 0]() mutable {
        if (send(fd, "?", 1, MSG_NOSIGNAL) != 1)
            fail("send");
        pollfd waiting = {fd, POLLIN, 0};
        while (++asked % 3 == 0 && poll(&waiting, 1, 20) == 0)
            continue;
        return read_line(fd);
    });
}

// Another program writes them; it is this one.
std::unique_ptr<Source> by_popen(const std::string &seed)
{
    char self[4096] = "";
    if (readlink("/proc/self/exe", self, sizeof self - 1) < 0)
        fail("/proc/self/exe");
    FILE *file = popen((std::string(self) + " --helper " + seed).c_str(), "r");
    if (!file)
        fail("popen");
    return reading([file] {
        char line[64] = "";
        return std::string(fgets(line, sizeof line, file) ? line : "");
    });
}

uint32_t ask_clocks()
{
    timeval day{};
    gettimeofday(&day, nullptr);
    const auto steady = std::chrono::steady_clock::now().time_since_epoch().count();
    const auto wall = std::chrono::system_clock::now().time_since_epoch().count();
    return static_cast<uint32_t>(day.tv_usec) ^ static_cast<uint32_t>(steady) ^
           static_cast<uint32_t>(wall << 7) ^ static_cast<uint32_t>(time(nullptr));
}

uint32_t ask_kernel()
{
    uint32_t word = 0;
    if (getrandom(&word, sizeof word, 0) != sizeof word)
        fail("getrandom");
    return word;
}

std::unique_ptr<Source> by_device(const std::string &path)
{
    auto stream = std::make_shared<std::ifstream>(path, std::ios::binary);
    return calling([stream] {
        uint32_t word = 0;
        stream->read(reinterpret_cast<char *>(&word), sizeof word);
        return word;
    });
}

struct Row {
    std::unique_ptr<Source> (*open)(const std::string &argument);
};

const std::map<std::string, Row> rows = {
    {"getchar", {by_getchar}}, // of these the argument is a file's name, "-" for stdin
    {"fgets", {by_fgets}},
    {"fread", {by_fread}},
    {"getline", {by_getline}},
    {"read", {by_read}},
    {"mmap", {by_mmap}},
    {"device", {by_device}}, // of random bytes
    {"tcp", {by_tcp}},       // a port of this machine
    {"popen", {by_popen}},   // a seed
    {"clock", {[](const std::string &) { return calling(ask_clocks); }}},
    {"getrandom", {[](const std::string &) { return calling(ask_kernel); }}},
    {"random_device", {[](const std::string &) {
         auto device = std::make_shared<std::random_device>();
         return calling([device] { return (*device)(); });
     }}},
};

} // namespace

std::unique_ptr<Source> open_source(const std::string &name, const std::string &argument)
{
    const auto row = rows.find(name);
    if (row == rows.end())
        throw std::invalid_argument("unknown source " + name);
    return row->second.open(argument);
}

int be_helper(const std::string &seed)
{
    // How often it is started can be seen afterwards.
    std::ofstream("world.helpers", std::ios::app) << seed << "\n";
    std::mt19937 words(static_cast<uint32_t>(std::stoul(seed)));
    while (printf("%08x\n", static_cast<uint32_t>(words())) > 0)
        continue;
    return 0;
}
