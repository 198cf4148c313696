// SPDX-License-Identifier: Apache-2.0
// The service models as constant tables: every operation and every shape of a service, generated at
// build time from the pinned botocore wheel (codegen/). One interpreter reads them for decoding,
// validating and encoding, so that an operation nobody has written a handler for is still parsed
// and checked like the others.
//
// Plain data, never changed, readable from any thread. Pointers lead from row to row and live as
// long as the program.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace sagebrush::aws {

enum class Type : std::uint8_t {
  kStructure,
  kList,
  kMap,
  kString,
  kBlob,
  kBoolean,
  kInteger,
  kLong,
  kFloat,
  kDouble,
  kTimestamp,
};

// Where the rest protocols carry a member. kHeaderPrefix: a map whose keys are header names after
// the prefix.
enum class Location : std::uint8_t { kBody, kUri, kQuery, kHeader, kHeaderPrefix, kStatusCode };

// kProtocol: whatever the protocol's default is at that place.
enum class TimestampFormat : std::uint8_t { kProtocol, kUnix, kIso8601, kRfc822 };

// kJson: json 1.0 and 1.1. kCbor: Smithy's rpc-v2-cbor.
enum class Protocol : std::uint8_t { kJson, kRestJson, kRestXml, kQuery, kCbor };

struct XmlNamespace {
  std::string_view uri;
  std::string_view prefix;
};

struct Shape;

// A member of a structure, the element of a list ("member"), or the key and value of a map ("key",
// "value").
struct Member {
  enum Flag : std::uint16_t {
    kRequired = 1,
    kFlattened = 2,
    kHasWireName = 4,  // the model names it, rather than the protocol's default
    kXmlAttribute = 8,
    kStreaming = 16,
    kJsonValue = 32,
    kIdempotencyToken = 64,
    kDeprecated = 128,
    kEventPayload = 256,
  };

  std::string_view name;       // in documents and in error texts
  std::string_view wire_name;  // in XML, headers, query strings and forms
  const Shape* shape;
  const XmlNamespace* xml_namespace;  // may be null
  Location location;
  TimestampFormat timestamp_format;
  std::uint16_t flags;

  bool Is(Flag flag) const { return (flags & flag) != 0; }
};

struct Shape {
  enum Flag : std::uint16_t {
    kHasMin = 1,
    kHasMax = 2,
    kUnion = 4,
    kException = 8,
    kSensitive = 16,
    kEventStream = 32,
    kSenderFault = 64,
    kServerFault = 128,
    kDocument = 256,  // any JSON at all
  };

  std::string_view name;
  Type type;
  std::uint16_t flags;
  std::int16_t payload_index;  // into members; -1: none
  std::span<const Member> members;
  std::span<const std::string_view> enum_values;  // model order
  double min;                                     // length in code points, size, or value
  double max;
  std::string_view pattern;
  std::string_view error_code;  // exceptions: the code on the wire where it differs from the name
  int error_status;             // exceptions: 0 where the model is silent

  bool Is(Flag flag) const { return (flags & flag) != 0; }
  const Member* payload() const {
    return payload_index < 0 ? nullptr : &members[static_cast<std::size_t>(payload_index)];
  }
  const Member& element() const { return members[0]; }    // lists
  const Member& map_key() const { return members[0]; }    // maps
  const Member& map_value() const { return members[1]; }  // maps
  // The member of that name, or null.
  const Member* Find(std::string_view member_name) const;
};

struct Operation {
  enum Flag : std::uint16_t {
    kDeprecated = 1,
    kAnonymous = 2,   // needs no signature (AssumeRoleWithWebIdentity)
    kSuperseded = 4,  // another operation answers the same requests
    kUnwrapped = 8,  // the response's only member is the root element itself (S3 GetBucketLocation)
    kChecksumRequired = 16,  // the request must carry a checksum of its body (S3 DeleteObjects)
  };

  std::string_view name;
  std::string_view method;
  std::string_view uri;  // "/{Bucket}/{Key+}?uploads"
  int response_status;
  const Shape* input;               // may be null
  const Shape* output;              // may be null
  std::string_view result_wrapper;  // query: "GetCallerIdentityResult"
  std::string_view response_root;   // rest-xml: "ListBucketResult"
  std::span<const Shape* const> errors;
  std::uint16_t flags;

  bool Is(Flag flag) const { return (flags & flag) != 0; }
};

struct Service {
  std::string_view name;  // botocore's folder: "sagemaker-runtime"
  std::string_view id;    // "SageMaker Runtime"
  std::string_view signing_name;
  std::string_view endpoint_prefix;
  std::string_view target_prefix;  // json: "SageMaker" of "SageMaker.CreateModel"; CBOR's path too
  std::string_view api_version;
  std::string_view xml_namespace;
  std::span<const Protocol> protocols;  // never empty; the favourite first
  std::string_view json_version;
  // It was a query service once: errors in its other protocols carry their old codes in a header.
  bool is_query_compatible;
  // What breaking the model's constraints is called: CloudWatch Logs has its own word.
  std::string_view validation_code;
  std::span<const Operation> operations;  // sorted by name
  std::span<const Shape> shapes;          // model order

  Protocol protocol() const { return protocols.front(); }
  bool Speaks(Protocol protocol) const;
  // Null if there is none.
  const Operation* FindOperation(std::string_view operation_name) const;
};

// Generated: all services of the tables, sorted by name. aws_models/services.h has an accessor for
// each.
std::span<const Service* const> AllServices();
// By botocore's folder name; null if there is none.
const Service* FindService(std::string_view name);

}  // namespace sagebrush::aws
