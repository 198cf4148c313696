// SPDX-License-Identifier: Apache-2.0
// Which service a request is for, and which of its operations: everything comes in on one port. The
// order is the design's: smithy-protocol and X-Amz-Target, then the path, then the scope of the
// signature, then S3.
// Nothing here believes who the caller says she is: the scope is only read to know in which
// protocol to answer. Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "aws/error.h"
#include "aws/schema.h"
#include "base/strings.h"
#include "http/message.h"

namespace sagebrush::aws {

struct Route {
  const Service* service = nullptr;  // null: no service of ours
  Protocol protocol =
      Protocol::kRestXml;            // in which errors are told, whether or not there is a service
  std::string operation_name = {};   // where the request names one: X-Amz-Target, Action
  std::string unknown_service = {};  // what was asked for when `service` is null, for the message
  std::string path = {};             // still encoded; a virtual-host bucket stands in front
  bool is_telemetry = false;  // the SDKs' usage reports: a polite 200, no signature looked at
};

// A form posted to "/": its body is needed to know the operation, so read it before routing.
bool IsForm(const http::Request& request);

// `form` is the body where IsForm says so, else empty.
Route RouteRequest(const http::Request& request, std::string_view form);

// The route's operation; UnknownOperation's error in the route's protocol if there is none.
Outcome<const Operation*> RouteOperation(const Route& route, const http::Request& request);

// For rest services: by method, path, the constants in the query, and which required parameters are
// there. Null: none.
const Operation* FindRestOperation(const Service& service, std::string_view method,
                                   std::string_view raw_path, const QueryPairs& query,
                                   const http::Headers& headers);

// The bucket that an S3 host names: "b" of b.s3.us-west-2.amazonaws.com and b.s3.localhost:7070; ""
// for none.
std::string_view BucketOfHost(std::string_view host);

// The service in the credential scope of Authorization or X-Amz-Credential, "s3" for Signature
// Version 2, "" for none.
std::string ScopeService(const http::Request& request);

}  // namespace sagebrush::aws
