// SPDX-License-Identifier: Apache-2.0
// CBOR (RFC 8949), as much of it as Smithy's rpc-v2-cbor uses. The reader is strict and gives one
// item after the other: nothing is allocated because a count says so, only for bytes that are there.
// Big numbers, decimal fractions and other tags' meanings are the caller's to know or refuse. Ours
// and not a library's, since Debian's libcbor believes the counts it reads (docs/decisions/0010).
// One thread at a time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace sagebrush::aws::internal {

class CborReader {
 public:
  enum class Kind {
    kUint,
    kNegative,  // -1 - value
    kBytes,
    kText,
    kArray,
    kMap,
    kTag,
    kBool,
    kNull,  // undefined too
    kFloat,
  };

  struct Item {
    Kind kind = Kind::kNull;
    std::uint64_t value = 0;  // of integers; a tag's number; 0 or 1
    double number = 0;        // of floats
    std::string text = {};    // of bytes and text, pieces joined; text is UTF-8
  };

  explicit CborReader(std::string_view input) : rest_(input) {}

  // The next item's head, and all of it where it is no array, map or tag. kInvalidArgument says
  // what is wrong; after an error nothing more can be read.
  Result<Item> Next();
  // Whether the array or map that was opened last has another element (a map: another key). After
  // "no" it is closed and the one around it goes on.
  Result<bool> More();
  // Reads over what belongs to `item`, which Next() gave.
  Status Skip(const Item& item);
  bool AtEnd() const { return rest_.empty(); }

 private:
  struct Head {
    unsigned major;
    unsigned info;
    std::uint64_t argument;
    bool is_indefinite;
  };
  // An open array or map.
  struct Level {
    bool is_indefinite;
    std::uint64_t left;  // elements; a map's pairs
  };

  Result<Head> ReadHead();
  Result<std::string> ReadString(const Head& head);
  Result<Item> ReadSimple(const Head& head);

  std::string_view rest_;
  std::vector<Level> levels_;
};

class CborWriter {
 public:
  void Int(std::int64_t value);
  void Text(std::string_view text);
  void Bytes(std::string_view bytes);
  void OpenArray(std::size_t count);  // the elements follow; nothing closes it
  void OpenMap(std::size_t count);    // so do keys and values
  void Tag(std::uint64_t number);
  void Bool(bool value);
  void Null();
  void Double(double value);  // in four bytes where they hold it
  std::string Take() { return std::move(out_); }

 private:
  void Head(unsigned major, std::uint64_t argument);

  std::string out_;
};

}  // namespace sagebrush::aws::internal
