// SPDX-License-Identifier: Apache-2.0
// XmlWriter: builds the small XML texts of the query and rest-xml protocols. Escapes what has to be
// escaped; the caller opens and closes in pairs. One thread.
#pragma once

#include <string>
#include <string_view>

namespace sagebrush::aws::internal {

class XmlWriter {
 public:
  void Declaration() { out_.append("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"); }
  // `attributes` stands as it is after the name: ` xmlns="…"` or nothing.
  void Open(std::string_view name, std::string_view attributes = "");
  void Close(std::string_view name);
  void Element(std::string_view name, std::string_view text);  // open, text, close
  void Empty(std::string_view name, std::string_view attributes = "");
  void Text(std::string_view text);
  std::string Take() { return std::move(out_); }

  // ` name="value"` with the value escaped.
  static std::string Attribute(std::string_view name, std::string_view value);

 private:
  std::string out_;
};

}  // namespace sagebrush::aws::internal
