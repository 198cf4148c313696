// SPDX-License-Identifier: Apache-2.0
#include "aws/internal/xml_writer.h"

#include <cstdio>

namespace sagebrush::aws::internal {

namespace {

void AppendEscaped(std::string_view text, std::string* out) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    switch (c) {
      case '&':
        out->append("&amp;");
        break;
      case '<':
        out->append("&lt;");
        break;
      case '>':
        out->append("&gt;");
        break;
      case '"':
        out->append("&quot;");
        break;
      case '\t':
      case '\n':
        out->push_back(c);
        break;
      default:
        if (byte < 0x20) {
          // XML 1.0 has no word for most of these; S3 sends the reference all the same, and a bare
          // CR would be lost.
          char buffer[16];
          std::snprintf(buffer, sizeof buffer, "&#x%X;", static_cast<unsigned>(byte));
          out->append(buffer);
        } else {
          out->push_back(c);
        }
    }
  }
}

}  // namespace

void XmlWriter::Open(std::string_view name, std::string_view attributes) {
  out_.append("<").append(name).append(attributes).append(">");
}

void XmlWriter::Close(std::string_view name) { out_.append("</").append(name).append(">"); }

void XmlWriter::Element(std::string_view name, std::string_view text) {
  Open(name);
  Text(text);
  Close(name);
}

void XmlWriter::Empty(std::string_view name, std::string_view attributes) {
  out_.append("<").append(name).append(attributes).append("/>");
}

void XmlWriter::Text(std::string_view text) { AppendEscaped(text, &out_); }

std::string XmlWriter::Attribute(std::string_view name, std::string_view value) {
  std::string out = " ";
  out.append(name).append("=\"");
  AppendEscaped(value, &out);
  out.push_back('"');
  return out;
}

}  // namespace sagebrush::aws::internal
