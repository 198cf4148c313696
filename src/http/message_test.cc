// SPDX-License-Identifier: Apache-2.0
// Header fields, a request's views on its target, and the pure parsers below.
#include "http/message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/internal/body_decoder.h"
#include "http/internal/head_parser.h"

namespace sagebrush::http {
namespace {

using internal::BodyDecoder;
using internal::Framing;
using testing::ElementsAre;

TEST(Headers, CompareWithoutCaseAndKeepTheirOrder) {
  Headers headers{{"A", "1"}, {"b", "2"}, {"a", "3"}};

  EXPECT_EQ(headers.Get("a"), "1");
  EXPECT_THAT(headers.GetAll("A"), ElementsAre("1", "3"));
  headers.Set("A", "4");
  EXPECT_THAT(std::vector<Headers::Field>(headers.begin(), headers.end()),
              ElementsAre(Headers::Field("A", "4"), Headers::Field("b", "2")));
  headers.Remove("B");
  EXPECT_FALSE(headers.Has("b"));
  headers.Set("c", "5");
  EXPECT_EQ(headers.GetOr("C", ""), "5");
  EXPECT_EQ(headers.GetOr("d", "none"), "none");
}

TEST(Request, SplitsItsTargetWithoutDecoding) {
  const auto views = [](std::string target) {
    const Request request{"GET", std::move(target), {{"Host", "h:1"}}, {}};
    return std::string(request.host()) + "|" + std::string(request.raw_path()) + "|" +
           std::string(request.raw_query());
  };

  EXPECT_EQ(views("/a%2Fb//c?x=%20&y"), "h:1|/a%2Fb//c|x=%20&y");
  EXPECT_EQ(views("/k?u=http://x/y?z"), "h:1|/k|u=http://x/y?z");
  EXPECT_EQ(views("/http://x/y"), "h:1|/http://x/y|");
  EXPECT_EQ(views("http://o:2/p?q"), "o:2|/p|q");
  EXPECT_EQ(views("http://o"), "o|/|");
  EXPECT_EQ(views("https://o?q"), "o|/|q");
  EXPECT_EQ(views("*"), "h:1|*|");
}

TEST(BodyDecoder, GivesTheSameBodyHoweverTheBytesAreCut) {
  const std::string wire = "1\r\na\r\nA;ext=\"v\"\r\n0123456789\r\n000\r\nTrailer: x\r\n\r\nNEXT";
  for (std::size_t piece = 1; piece <= wire.size(); ++piece) {
    for (std::size_t room = 1; room <= 12; ++room) {
      BodyDecoder decoder({Framing::Kind::kChunked, 0});
      std::string body;
      std::string_view rest = wire;
      while (!decoder.done() && !decoder.broken()) {
        std::string out(room, '\0');
        const auto step = decoder.Decode(rest.substr(0, piece), out.data(), room);
        ASSERT_GT(step.consumed, 0u);
        body.append(out, 0, step.produced);
        rest.remove_prefix(step.consumed);
      }
      EXPECT_TRUE(decoder.done());
      EXPECT_EQ(body, "a0123456789");
      EXPECT_EQ(rest, "NEXT");
    }
  }
}

TEST(BodyDecoder, AnEarlyEndIsBrokenUnlessTheEndIsTheFraming) {
  BodyDecoder length({Framing::Kind::kLength, 3});
  length.InputEnded();
  EXPECT_TRUE(length.broken());

  BodyDecoder until_close({Framing::Kind::kUntilClose, 0});
  until_close.InputEnded();
  EXPECT_TRUE(until_close.done());
}

TEST(BodyDecoder, TrailersAndExtensionsAreBounded) {
  for (const std::string start : {"1;", "0\r\n"}) {
    BodyDecoder decoder({Framing::Kind::kChunked, 0});
    char out[8];
    const std::string wire = start + std::string(20'000, 'a');
    decoder.Decode(wire, out, sizeof out);
    EXPECT_TRUE(decoder.broken()) << start;
  }
}

TEST(HeadParser, AcceptsWhatRealClientsSend) {
  const auto parsed = internal::ParseRequestHead(
      "PUT /caf\xc3\xa9?x HTTP/1.1\r\nHost:h\r\nX-Empty:\r\nX-Meta:\t caf\xc3\xa9 "
      "\r\nContent-Length: 7\r\nContent-Length: 7\r\n"
      "Expect: 100-Continue\r\nConnection: TE, close\r\n\r\n");
  const auto* head = std::get_if<internal::RequestHead>(&parsed);

  ASSERT_NE(head, nullptr);
  EXPECT_EQ(head->framing.length, 7u);
  EXPECT_TRUE(head->expect_continue);
  EXPECT_FALSE(head->keep_alive);
  EXPECT_EQ(head->request.headers.Get("x-empty"), "");
  EXPECT_EQ(head->request.headers.Get("x-meta"), "caf\xc3\xa9");
}

}  // namespace
}  // namespace sagebrush::http
