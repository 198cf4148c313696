// SPDX-License-Identifier: Apache-2.0
// The examples are RFC 8949's appendix A where they have no other source.
#include "aws/internal/cbor.h"

#include <gtest/gtest.h>
#include <limits>

#include "aws/internal/cbor_codec.h"
#include "aws_models/services.h"
#include "base/hash.h"

namespace sagebrush::aws::internal {
namespace {

using Kind = CborReader::Kind;

std::string Bytes(std::string_view hex) { return HexDecode(hex).value(); }

CborReader::Item First(std::string_view hex) {
  const std::string bytes = Bytes(hex);
  CborReader in(bytes);
  auto item = in.Next();
  EXPECT_TRUE(item.ok()) << hex << ": " << item.status().message();
  EXPECT_TRUE(in.AtEnd()) << hex;
  return item.ok() ? *item : CborReader::Item{};
}

std::string Fault(const std::string& bytes) {
  CborReader in(bytes);
  const auto item = in.Next();
  if (!item.ok()) return item.status().message();
  const Status skipped = in.Skip(*item);
  return skipped.ok() ? "" : skipped.message();
}

TEST(CborReader, Integers) {
  EXPECT_EQ(First("00").value, 0u);
  EXPECT_EQ(First("17").value, 23u);
  EXPECT_EQ(First("1818").value, 24u);
  EXPECT_EQ(First("1903e8").value, 1000u);
  EXPECT_EQ(First("1b000000e8d4a51000").value, 1000000000000u);
  EXPECT_EQ(First("1bffffffffffffffff").value, std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(First("3903e7").kind, Kind::kNegative);
  EXPECT_EQ(First("3903e7").value, 999u);
}

TEST(CborReader, FloatsOfAllWidths) {
  EXPECT_EQ(First("f93c00").number, 1.0);
  EXPECT_EQ(First("f97bff").number, 65504.0);
  EXPECT_EQ(First("f90001").number, 5.960464477539063e-8);
  EXPECT_EQ(First("f90400").number, 0.00006103515625);
  EXPECT_EQ(First("f9c400").number, -4.0);
  EXPECT_EQ(First("f97c00").number, std::numeric_limits<double>::infinity());
  EXPECT_NE(First("f97e00").number, First("f97e00").number);
  EXPECT_EQ(First("fa47c35000").number, 100000.0);
  EXPECT_EQ(First("fb3ff199999999999a").number, 1.1);
}

TEST(CborReader, StringsWholeAndInPieces) {
  EXPECT_EQ(First("6449455446").text, "IETF");
  EXPECT_EQ(First("5f42010243030405ff").text, Bytes("0102030405"));
  EXPECT_EQ(First("7f657374726561646d696e67ff").text, "streaming");
}

TEST(CborReader, SkipsWhatItIsToldTo) {
  for (const char* hex : {"826161bf61626163ff", "bf61610161629f0203ffff", "c11a514b67b0",
                          "d9d9f7c1c240", "9f018202039f0405ffff", "a0", "80", "f6", "f7"})
    EXPECT_EQ(Fault(Bytes(hex)), "") << hex;
}

TEST(CborReader, RefusesWhatIsNotCbor) {
  EXPECT_EQ(Fault(""), "not CBOR: it ends in the middle of an item");
  EXPECT_EQ(Fault(Bytes("18")), "not CBOR: it ends in the middle of an item");
  EXPECT_EQ(Fault(Bytes("62ff")), "not CBOR: it ends in the middle of an item");
  EXPECT_EQ(Fault(Bytes("61ff")), "not CBOR: a text is not UTF-8");
  EXPECT_EQ(Fault(Bytes("1c")), "not CBOR: a reserved length");
  EXPECT_EQ(Fault(Bytes("1f")), "not CBOR: a number without an end");
  EXPECT_EQ(Fault(Bytes("ff")), "not CBOR: a break where nothing is open");
  EXPECT_EQ(Fault(Bytes("a161")), "not CBOR: it ends in the middle of an item");
  EXPECT_EQ(Fault(Bytes("f818")), "not CBOR: a simple value without a meaning");
  EXPECT_EQ(Fault(Bytes("5f6161ff")), "not CBOR: a string in pieces has a piece of another kind");
  EXPECT_EQ(Fault(Bytes("bf6161ff")), "not CBOR: a break where nothing is open");
}

TEST(CborReader, CountsThatPromiseTooMuchCostNothing) {
  EXPECT_EQ(Fault(Bytes("9bffffffffffffffff")), "not CBOR: it ends in the middle of an item");
  EXPECT_EQ(Fault(Bytes("5bffffffffffffffff")), "not CBOR: it ends in the middle of an item");
}

TEST(CborReader, DepthIsBounded) {
  EXPECT_EQ(Fault(std::string(100'000, '\x9f')), "nested too deeply");
  EXPECT_EQ(Fault(std::string(100'000, '\xc1')), "not CBOR: it ends in the middle of an item");
}

TEST(CborWriter, WritesTheShortestForm) {
  CborWriter out;
  for (const std::int64_t value : {0, 23, 24, 1000, -1, -1000}) out.Int(value);
  out.Int(std::numeric_limits<std::int64_t>::min());
  out.Double(1.5);
  out.Double(1.1);
  out.Double(1e300);

  EXPECT_EQ(HexEncode(out.Take()),
            "00"
            "17"
            "1818"
            "1903e8"
            "20"
            "3903e7"
            "3b7fffffffffffffff"
            "fa3fc00000"
            "fb3ff199999999999a"
            "fb7e37e43c8800759c");
}

std::string Decoded(std::string_view operation, const std::string& body) {
  const auto document = DecodeCborBody(*CloudwatchModel().FindOperation(operation)->input, body);
  return document.ok() ? document->Dump() : document.status().message();
}

TEST(CborCodec, DecodesByTheModel) {
  CborWriter out;
  out.OpenMap(3);
  out.Text("Namespace");
  out.Text("n");
  out.Text("NotInTheModel");
  out.OpenArray(1);
  out.Null();
  out.Text("MetricData");
  out.OpenArray(1);
  out.OpenMap(5);
  out.Text("MetricName");
  out.Text("m");
  out.Text("Timestamp");
  out.Tag(1);
  out.Double(1700000000.5);
  out.Text("Value");
  out.Int(3);
  out.Text("StorageResolution");
  out.Double(60);
  out.Text("Unit");
  out.Null();

  EXPECT_EQ(Decoded("PutMetricData", out.Take()),
            R"({"Namespace":"n","MetricData":[{"MetricName":"m","Timestamp":1700000000.5,)"
            R"("Value":3.0,"StorageResolution":60}]})");
}

TEST(CborCodec, SaysWhichMemberIsWrong) {
  EXPECT_EQ(Decoded("ListMetrics", Bytes("a16a4d65747269634e616d6501")),
            "MetricName: expected a text");
  EXPECT_EQ(Decoded("ListMetrics", Bytes("a16a44696d656e73696f6e73a0")),
            "Dimensions: expected an array");
  EXPECT_EQ(Decoded("GetMetricStatistics", Bytes("a169537461727454696d65c1fb7e37e43c8800759c")),
            "StartTime: a timestamp is beyond the years 1 to 9999");
  EXPECT_EQ(Decoded("ListMetrics", Bytes("80")), "expected a map");
  EXPECT_EQ(Decoded("ListMetrics", Bytes("a101a0")), "expected a text as a key");
  EXPECT_EQ(Decoded("ListMetrics", Bytes("a000")), "not CBOR: something follows the document");
  EXPECT_EQ(Decoded("ListMetrics", ""), "{}");
}

}  // namespace
}  // namespace sagebrush::aws::internal
