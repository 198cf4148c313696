// SPDX-License-Identifier: Apache-2.0
// The protocols: a request becomes a document with the model's member names, a document becomes a
// response. A document holds timestamps as seconds since 1970, blobs as raw bytes, and never the
// body that an operation streams (an object's bytes, an inference request), which its handler reads
// from the exchange. The route says which of the service's protocols the client speaks. One file a
// protocol stands in internal/. Pure functions; any thread.
#pragma once

#include <string>
#include <string_view>

#include "aws/error.h"
#include "aws/router.h"
#include "aws/schema.h"
#include "base/json.h"
#include "http/message.h"

namespace sagebrush::aws {

// The request's body is for the handler to read: do not collect it before decoding.
bool StreamsRequest(const Operation& operation);
// The response's body is the handler's to send; Encode gives its status and headers.
bool StreamsResponse(const Operation& operation);

// `body` is whole, and empty if the operation streams it. Members nobody knows are ignored. Errors:
// SerializationException, MalformedInput, MalformedXML, InvalidArgument.
Outcome<Json> Decode(const Route& route, const Operation& operation, const http::Request& request,
                     std::string_view body);

// What of the request the answer repeats.
struct ReplyTo {
  std::string request_id;
  std::string host_id;  // S3's x-amz-id-2
  bool is_head = false;
};

http::Response Encode(const Route& route, const Operation& operation, const Json& result,
                      const ReplyTo& reply_to);

// The route may lead to no service: its protocol then says how the client wants to be told.
http::Response EncodeError(const Route& route, const Error& error, const ReplyTo& reply_to);

}  // namespace sagebrush::aws
