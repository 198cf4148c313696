// SPDX-License-Identifier: Apache-2.0
// The bytes in hexadecimal are those of botocore 1.44.5's tests/unit/test_eventstream.py.
#include "aws/event_stream.h"

#include <gtest/gtest.h>

#include "base/hash.h"

namespace sagebrush::aws {
namespace {

struct Case {
  std::string hex;
  EventMessage message;
};

EventUuid Uuid(std::string_view text) {
  EventUuid uuid;
  std::copy(text.begin(), text.end(), uuid.bytes.begin());
  return uuid;
}

std::vector<Case> Cases() {
  return {
      {"000000100000000005c248eb7d98c8ff", {}},
      {"0000001d00000000fd528c5a7b27666f6f273a27626172277dc3653936", {{}, "{'foo':'bar'}"}},
      {"0000003d0000002007fd83960c636f6e74656e742d74797065070010"
       "6170706c69636174696f6e2f6a736f6e7b27666f6f273a27626172277d8d9c08b1",
       {{{"content-type", "application/json"}}, "{'foo':'bar'}"}},
      {"000000620000005203b5cb9c0130000131010132020201330300030134040000000401350500000000000000"
       "05013606000562797465730137070004757466380138080000000000000008013909"
       "3031323334353637383961626364656663353671",
       {{{"0", true},
         {"1", false},
         {"2", std::int8_t{2}},
         {"3", std::int16_t{3}},
         {"4", std::int32_t{4}},
         {"5", std::int64_t{5}},
         {"6", EventBytes{"bytes"}},
         {"7", std::string("utf8")},
         {"8", FromMillis(8)},
         {"9", Uuid("0123456789abcdef")}},
        ""}},
      {"0000005200000042bf23637e0d3a6d6573736167652d747970650700056572726f720b3a6572726f722d636f64"
       "65070004636f64650e3a6572726f722d6d6573736167650700076d6573736167656b6cea3d",
       MakeErrorEvent("code", "message")},
  };
}

std::string Bytes(std::string_view hex) { return HexDecode(hex).value(); }

// The messages of a whole stream, or its fault, fed `step` bytes at a time.
std::string Decode(std::string_view stream, std::size_t step, std::vector<EventMessage>* out,
                   std::size_t max_payload = kMaxEventPayload) {
  MessageDecoder decoder(max_payload);
  while (!stream.empty()) {
    std::string_view piece = stream.substr(0, step);
    stream.remove_prefix(piece.size());
    while (!piece.empty()) {
      auto message = decoder.Take(&piece);
      if (!message.ok()) return message.status().message();
      if (*message) out->push_back(std::move(**message));
    }
  }
  return decoder.at_boundary() ? "" : "cut short";
}

std::string Fault(const std::string& stream, std::size_t max_payload = kMaxEventPayload) {
  std::vector<EventMessage> messages;
  return Decode(stream, 5, &messages, max_payload);
}

TEST(EventStream, EncodesEveryTypeOfHeader) {
  for (const Case& c : Cases()) EXPECT_EQ(HexEncode(EncodeMessage(c.message).value()), c.hex);
}

TEST(EventStream, DecodesAStreamInAnyCut) {
  std::string stream;
  std::vector<EventMessage> sent;
  for (const Case& c : Cases()) {
    stream += Bytes(c.hex);
    sent.push_back(c.message);
  }

  for (const std::size_t step : {1u, 7u, 12u, 16u, 4096u}) {
    std::vector<EventMessage> received;
    EXPECT_EQ(Decode(stream, step, &received), "");
    EXPECT_EQ(received, sent) << step;
  }
}

TEST(EventStream, NegativeNumbersKeepTheirSign) {
  const EventMessage message{{{"byte", std::int8_t{-1}}, {"long", std::int64_t{-2}}}, ""};
  std::vector<EventMessage> received;

  EXPECT_EQ(Decode(EncodeMessage(message).value(), 3, &received), "");
  EXPECT_EQ(received, std::vector<EventMessage>{message});
}

TEST(EventStream, NamesTheKindsOfMessages) {
  const EventMessage event = MakeEvent("PayloadPart", "application/octet-stream", "x");
  EXPECT_EQ(event.Text(":message-type"), "event");
  EXPECT_EQ(event.Text(":event-type"), "PayloadPart");
  EXPECT_EQ(event.Text(":content-type"), "application/octet-stream");
  EXPECT_EQ(
      MakeExceptionEvent("ModelStreamError", "application/json", "{}").Text(":exception-type"),
      "ModelStreamError");
  EXPECT_EQ(event.Text("no-such"), "");
}

TEST(EventStream, BrokenMessagesAreToldApart) {
  const std::string good = Bytes(Cases()[2].hex);
  const auto with = [&](std::size_t at) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x40);
    return Fault(bad);
  };
  EXPECT_EQ(with(0), "an event's prelude has a wrong checksum");
  EXPECT_EQ(with(4), "an event's prelude has a wrong checksum");
  EXPECT_EQ(with(20), "an event has a wrong checksum");
  EXPECT_EQ(with(good.size() - 6), "an event has a wrong checksum");
  EXPECT_EQ(Fault(good.substr(0, good.size() - 1)), "cut short");
  EXPECT_EQ(Fault(Bytes("00000024000000144bb982d004746573740461736466047465737404617364"
                        "66f3f47563")),
            "an event has two headers of one name");
}

// Lengths whose checksum is right and which are too much all the same.
TEST(EventStream, LengthsAreBounded) {
  const auto prelude = [](std::uint32_t total, std::uint32_t headers) {
    const std::string lengths = BigEndian32(total) + BigEndian32(headers);
    return lengths + BigEndian32(Crc32(0, lengths));
  };
  EXPECT_EQ(Fault(prelude(0x3D, 0xFF000102)), "an event's headers are too long");
  EXPECT_EQ(Fault(prelude(15, 0)), "an event is shorter than its parts");
  EXPECT_EQ(Fault(prelude(0xFFFFFFFF, 0)), "an event's payload is too long");
  EXPECT_EQ(Fault(prelude(16 + 11, 0), 10), "an event's payload is too long");
  EXPECT_EQ(Fault(prelude(16 + 10, 0), 10), "cut short");
}

TEST(EventStream, WhatDoesNotFitIsNotEncoded) {
  EXPECT_FALSE(EncodeMessage({{{"", true}}, ""}).ok());
  EXPECT_FALSE(EncodeMessage({{{std::string(256, 'n'), true}}, ""}).ok());
  EXPECT_FALSE(EncodeMessage({{{"n", std::string(32768, 'v')}}, ""}).ok());
  EXPECT_FALSE(EncodeMessage({{}, std::string(kMaxEventPayload + 1, 'x')}).ok());
}

}  // namespace
}  // namespace sagebrush::aws
