// SPDX-License-Identifier: Apache-2.0
// What the tests of this folder share: S3 over a real object store in a fresh folder, called with the bytes a client would
// send. Signatures and policies are the request chain's business and not looked at here.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "aws/protocol.h"
#include "aws/router.h"
#include "aws_models/services.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/strings.h"
#include "objectstore/object_store.h"
#include "services/s3/s3_service.h"
#include "testing/fake_clock.h"
#include "testing/fake_exchange.h"

namespace sagebrush::services::s3 {

inline std::string Pattern(std::size_t size, unsigned seed = 1) {
  std::string data(size, '\0');
  for (std::size_t i = 0; i < size; ++i)
    data[i] = static_cast<char>((i * 31 + std::size_t{seed} * 17 + i / 251) & 0xFF);
  return data;
}

// The text of the first element of that name, unescaped enough for ETags.
inline std::string Element(std::string_view xml, const std::string& name) {
  const auto start = xml.find("<" + name + ">");
  if (start == std::string_view::npos) return "";
  const auto from = start + name.size() + 2;
  return ReplaceAll(std::string(xml.substr(from, xml.find("</" + name + ">", from) - from)),
                    "&quot;", "\"");
}

inline std::vector<std::string> Elements(std::string_view xml, const std::string& name) {
  std::vector<std::string> all;
  for (auto at = xml.find("<" + name + ">"); at != std::string_view::npos;
       at = xml.find("<" + name + ">", at + 1))
    all.push_back(Element(xml.substr(at), name));
  return all;
}

class S3Test : public ::testing::Test {
 protected:
  S3Test()
      : folder_(TempFolder::Create().value()),
        store_(objectstore::ObjectStore::Open(folder_.path(), clock_).value()) {
    service_ = MakeS3Service(
        *store_,
        [this](std::string_view, std::string_view) -> Result<std::string> { return secret_; });
  }

  RequestContext Context() const {
    RequestContext context;
    context.account = account_;
    context.region = region_;
    context.request_id = "11111111-2222";
    context.now = clock_.Now();
    return context;
  }

  http::Response Call(std::string method, std::string target, http::Headers headers = {},
                      std::string body = "", bool is_chunked = false) {
    http::Request request{std::move(method), std::move(target), std::move(headers), {}};
    const aws::Service& model = aws::S3Model();
    const aws::Route route{.service = &model,
                           .protocol = aws::Protocol::kRestXml,
                           .path = std::string(request.raw_path())};
    aws::ReplyTo reply_to{
        .request_id = "11111111-2222", .host_id = "", .is_head = request.method == "HEAD"};
    const auto fail = [&](const aws::Error& error) {
      return aws::EncodeError(route, error, reply_to);
    };
    const auto query = ParseQuery(request.raw_query(), true).value();
    const aws::Operation* operation =
        aws::FindRestOperation(model, request.method, request.raw_path(), query, request.headers);
    if (operation == nullptr) return fail({"MethodNotAllowed", "no such operation"});
    const bool is_streamed = aws::StreamsRequest(*operation);
    const auto input = aws::Decode(route, *operation, request, is_streamed ? "" : body);
    if (!input.ok()) return fail(input.error(aws::Protocol::kRestXml));
    const auto found = service_->operations().find(operation->name);
    if (found == service_->operations().end())
      return fail(aws::NotImplemented(route.protocol, *operation));
    accesses_ = found->second.access(Context(), *input);
    if (found->second.document) {
      const auto result = found->second.document(Context(), *input);
      return result.ok() ? aws::Encode(route, *operation, *result, reply_to)
                         : fail(result.error(aws::Protocol::kRestXml));
    }
    testing::FakeExchange exchange(std::move(request), std::move(body), is_chunked, piece_);
    const auto result = found->second.stream(Context(), *input, exchange);
    bytes_read_ = exchange.bytes_read();
    files_sent_ = exchange.files_sent();
    if (!result.ok()) return fail(result.error(aws::Protocol::kRestXml));
    EXPECT_TRUE(exchange.finished());
    return exchange.response();
  }

  void MakeBucket(const std::string& name = "bkt") {
    const auto reply = Call("PUT", "/" + name, {},
                            "<CreateBucketConfiguration><LocationConstraint>us-west-2</"
                            "LocationConstraint></CreateBucketConfiguration>");
    ASSERT_EQ(reply.status, 200) << reply.body;
  }
  // The ETag.
  std::string Put(const std::string& target, const std::string& body, http::Headers headers = {}) {
    const auto reply = Call("PUT", target, std::move(headers), body);
    EXPECT_EQ(reply.status, 200) << reply.body;
    return reply.headers.GetOr("ETag", "");
  }
  std::string Code(const http::Response& reply) { return Element(reply.body, "Code"); }

  std::string account_ = "123456789012";
  std::string region_ = "us-west-2";
  std::string secret_ = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";  // of AWS's documentation
  std::size_t piece_ = 64 << 10;
  testing::FakeClock clock_;
  TempFolder folder_;
  std::unique_ptr<objectstore::ObjectStore> store_;
  std::unique_ptr<Service> service_;
  std::vector<iam::Access> accesses_;
  std::size_t bytes_read_ = 0;
  int files_sent_ = 0;
};

}  // namespace sagebrush::services::s3
