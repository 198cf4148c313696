// SPDX-License-Identifier: Apache-2.0
// main() of a fuzz target where libFuzzer is not: every seed of a corpus folder, then RUNS inputs
// made of them by small changes, always the same ones. So the tests run each target a little; what
// finds new paths by coverage is `make fuzz`.
//
//   decode_json_fuzz FOLDER [RUNS]
#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>
#include <unistd.h>
#include <vector>

#include "base/file.h"
#include "base/hash.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

constexpr std::size_t kMaxInput = 4096;

std::string current;  // what is being tried, for the report of a crash

// Not all of this is allowed in a signal handler; the process is lost anyway.
void Report(int signal_number) {
  std::fprintf(stderr, "fuzz: signal %d on the input (hexadecimal)\n%s\n", signal_number,
               sagebrush::HexEncode(current).c_str());
  std::signal(signal_number, SIG_DFL);
  std::raise(signal_number);
}

void Try(std::string input) {
  current = std::move(input);
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(current.data()), current.size());
}

// One to four changes: a bit, a byte, a piece left out, doubled, or taken from another seed.
std::string Changed(const std::vector<std::string>& seeds, std::mt19937* random) {
  const auto below = [&](std::size_t n) { return n == 0 ? 0 : (*random)() % n; };
  std::string input = seeds[below(seeds.size())];
  for (std::size_t changes = 1 + below(4); changes > 0; --changes) {
    const std::size_t at = below(input.size());
    const std::size_t count = std::min(1 + below(16), input.size() - at);
    switch (below(5)) {
      case 0:
        if (!input.empty()) input[at] = static_cast<char>(input[at] ^ (1 << below(8)));
        break;
      case 1:
        if (!input.empty()) input[at] = static_cast<char>(below(256));
        break;
      case 2:
        input.erase(at, count);
        break;
      case 3:
        input.insert(at, input.substr(at, count));
        break;
      default: {
        const std::string& other = seeds[below(seeds.size())];
        input.insert(at, other.substr(below(other.size()), 1 + below(64)));
      }
    }
  }
  input.resize(std::min(input.size(), kMaxInput));
  return input;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: %s FOLDER [RUNS]\n", argv[0]);
    return 2;
  }
  std::vector<std::string> seeds;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(argv[1]))
    files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  for (const auto& file : files) {
    auto text = sagebrush::ReadFile(file);
    if (!text.ok()) {
      std::fprintf(stderr, "fuzz: %s\n", text.status().message().c_str());
      return 1;
    }
    seeds.push_back(std::move(*text));
  }
  if (seeds.empty()) {
    std::fprintf(stderr, "fuzz: %s has no seeds\n", argv[1]);
    return 1;
  }
  for (const int signal_number : {SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP})
    std::signal(signal_number, Report);
  for (const std::string& seed : seeds) Try(seed);
  std::mt19937 random(1);  // NOLINT: the same inputs each time
  const long runs = argc > 2 ? std::atol(argv[2]) : 0;
  for (long i = 0; i < runs; ++i) Try(Changed(seeds, &random));
  std::printf("%zu seeds and %ld changes of them\n", seeds.size(), runs);
  return 0;
}
