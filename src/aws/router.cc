// SPDX-License-Identifier: Apache-2.0
#include "aws/router.h"

#include <algorithm>
#include <tuple>

#include "aws/aws_host.h"
#include "aws/uri.h"

namespace sagebrush::aws {

namespace {

std::string_view WithoutPort(std::string_view host) {
  const std::size_t colon = host.rfind(':');
  return colon == std::string_view::npos || host.find(']', colon) != std::string_view::npos
             ? host
             : host.substr(0, colon);
}

std::string_view Parameter(const QueryPairs& pairs, std::string_view name) {
  const auto it = std::find_if(pairs.begin(), pairs.end(),
                               [&](const auto& pair) { return pair.first == name; });
  return it == pairs.end() ? std::string_view() : std::string_view(it->second);
}

QueryPairs PairsOf(std::string_view text) {
  auto pairs = ParseQuery(text, true);
  return pairs.ok() ? std::move(pairs).value()
                    : QueryPairs{};  // a broken one is told of when it is decoded
}

const Service* ByTargetPrefix(std::string_view prefix) {
  for (const Service* service : AllServices())
    if (service->Speaks(Protocol::kJson) && service->target_prefix == prefix) return service;
  return nullptr;
}

// The rest-json service of that signing name which knows the path. Several sign as "sagemaker".
const Service* ByPath(std::string_view signing_name, std::string_view path) {
  for (const Service* service : AllServices()) {
    if (service->protocol() != Protocol::kRestJson ||
        (!signing_name.empty() && service->signing_name != signing_name))
      continue;
    for (const Operation& operation : service->operations)
      if (FitUri(operation.uri, path)) return service;
  }
  return nullptr;
}

const Service* BySigningName(std::string_view signing_name, bool is_form) {
  const Service* found = nullptr;
  for (const Service* service : AllServices()) {
    if (service->signing_name != signing_name) continue;
    if (service->Speaks(Protocol::kQuery) == is_form) return service;
    if (found == nullptr) found = service;
  }
  return found;
}

// sts.us-west-2.amazonaws.com, api.sagemaker.…, runtime.sagemaker.…, logs.…
const Service* ByHost(std::string_view host) {
  if (!IsAwsHost(host)) return nullptr;
  if (!BucketOfHost(host).empty()) return nullptr;  // a bucket may be called "sts"
  for (const Service* service : AllServices())
    if (host.starts_with(service->endpoint_prefix) &&
        host.substr(service->endpoint_prefix.size()).starts_with('.'))
      return service;
  return nullptr;
}

void Choose(const Service* service, Protocol protocol, Route* route) {
  route->service = service;
  route->protocol = protocol;
}

// Nothing about the request tells the protocol, so it is the service's favourite.
void Choose(const Service* service, Route* route) { Choose(service, service->protocol(), route); }

// Nobody's: which protocol would the client understand?
Protocol GuessProtocol(const http::Request& request, bool is_form) {
  if (is_form) return Protocol::kQuery;
  const std::string type = request.headers.GetOr("Content-Type", "");
  return type.starts_with("application/x-amz-json") ? Protocol::kJson : Protocol::kRestJson;
}

void RouteTarget(std::string_view target, Route* route) {
  const std::size_t dot = target.rfind('.');
  const std::string_view prefix = target.substr(0, dot);
  route->protocol = Protocol::kJson;
  route->operation_name = dot == std::string_view::npos ? target : target.substr(dot + 1);
  if (const Service* service = ByTargetPrefix(prefix); service != nullptr) {
    Choose(service, Protocol::kJson, route);
  } else {
    route->unknown_service = prefix;
  }
}

// rpc-v2-cbor: /service/SERVICE/operation/OPERATION, behind whatever path the endpoint has.
void RouteCbor(Route* route) {
  route->protocol = Protocol::kCbor;
  const auto parts = Split(route->path, '/');
  const std::size_t n = parts.size();
  if (n < 5 || parts[n - 4] != "service" || parts[n - 2] != "operation") {
    route->unknown_service = route->path;
    return;
  }
  route->operation_name = parts[n - 1];
  for (const Service* service : AllServices())
    if (service->Speaks(Protocol::kCbor) && service->target_prefix == parts[n - 3])
      return Choose(service, Protocol::kCbor, route);
  route->unknown_service = parts[n - 3];
}

void RouteForm(const http::Request& request, std::string_view scope, const QueryPairs& form,
               Route* route) {
  route->protocol = Protocol::kQuery;
  route->operation_name = Parameter(form, "Action");
  const std::string_view version = Parameter(form, "Version");
  const Service* service =
      scope.empty() ? ByHost(WithoutPort(request.host())) : BySigningName(scope, true);
  if (service == nullptr && scope.empty())
    for (const Service* candidate : AllServices())
      if (candidate->Speaks(Protocol::kQuery) && candidate->api_version == version)
        service = candidate;
  if (service != nullptr && service->Speaks(Protocol::kQuery)) {
    Choose(service, Protocol::kQuery, route);
  } else {
    route->unknown_service =
        scope.empty() ? "query service of version " + std::string(version) : std::string(scope);
  }
}

void RouteScope(const http::Request& request, std::string_view scope, bool is_form, Route* route) {
  if (const Service* service = ByPath(scope, route->path); service != nullptr)
    return Choose(service, route);
  if (scope.starts_with("s3")) scope = "s3";  // s3express, s3-outposts
  if (const Service* service = BySigningName(scope, is_form); service != nullptr)
    return Choose(service, route);
  route->protocol = GuessProtocol(request, is_form);
  route->unknown_service = scope;
}

}  // namespace

bool IsForm(const http::Request& request) {
  const std::string_view path = request.raw_path();
  return request.method == "POST" && (path == "/" || path.empty()) &&
         BucketOfHost(request.host()).empty() &&
         request.headers.GetOr("Content-Type", "").starts_with("application/x-www-form-urlencoded");
}

Route RouteRequest(const http::Request& request, std::string_view form) {
  Route route;
  const std::string_view host = WithoutPort(request.host());
  route.path = request.raw_path().empty() ? "/" : std::string(request.raw_path());
  if (host.starts_with("sm-pysdk-t-")) {
    route.is_telemetry = true;
    return route;
  }
  if (request.headers.GetOr("smithy-protocol", "") == "rpc-v2-cbor") {
    RouteCbor(&route);
    return route;
  }
  if (const auto target = request.headers.Get("X-Amz-Target")) {
    RouteTarget(*target, &route);
    return route;
  }
  const std::string scope = ScopeService(request);
  const bool is_form = IsForm(request);
  const QueryPairs query = PairsOf(request.raw_query());
  if (is_form) {
    RouteForm(request, scope, PairsOf(form), &route);
  } else if (request.method == "GET" && route.path == "/" && !Parameter(query, "Action").empty() &&
             scope != "s3") {
    RouteForm(request, scope, query, &route);  // presigned GetCallerIdentity
  } else if (!scope.empty()) {
    RouteScope(request, scope, is_form, &route);
  } else if (const Service* by_host = ByHost(host); by_host != nullptr) {
    Choose(by_host, &route);
  } else if (const Service* by_path = ByPath("", route.path);
             by_path != nullptr && request.method == "POST") {
    Choose(by_path, &route);
  } else {
    RouteScope(request, "s3", false, &route);
  }
  if (route.service != nullptr && route.protocol == Protocol::kRestXml) {
    const std::string_view bucket = BucketOfHost(host);
    if (!bucket.empty()) route.path = "/" + std::string(bucket) + route.path;
  }
  return route;
}

Outcome<const Operation*> RouteOperation(const Route& route, const http::Request& request) {
  if (route.service == nullptr) {
    return MakeError(
        route.protocol, Fault::kUnknownOperation,
        "This server does not offer the service '" + route.unknown_service + "'" +
            (route.operation_name.empty() ? "."
                                          : " with its operation " + route.operation_name + "."));
  }
  const bool is_rest =
      route.protocol == Protocol::kRestJson || route.protocol == Protocol::kRestXml;
  const Operation* operation =
      is_rest ? FindRestOperation(*route.service, request.method, route.path,
                                  PairsOf(request.raw_query()), request.headers)
              : route.service->FindOperation(route.operation_name);
  if (operation != nullptr) return operation;
  return UnknownOperation(route.protocol,
                          is_rest ? request.method + " " + route.path : route.operation_name);
}

const Operation* FindRestOperation(const Service& service, std::string_view method,
                                   std::string_view raw_path, const QueryPairs& query,
                                   const http::Headers& headers) {
  const auto has_parameter = [&](std::string_view name) {
    return std::any_of(query.begin(), query.end(),
                       [&](const auto& pair) { return pair.first == name; });
  };
  const Operation* best = nullptr;
  // Literal path segments, then constants of the query, then required parameters that are there,
  // then few that are missing. So UploadPart wins over PutObject as soon as there is an uploadId,
  // and GetBucketAnalytics… over List… with an id.
  using Score = std::tuple<int, int, int, int>;
  Score best_score{};
  for (const Operation& operation : service.operations) {
    if (operation.method != method || operation.Is(Operation::kSuperseded)) continue;
    const auto literals = FitUri(operation.uri, raw_path);
    if (!literals) continue;
    const auto constants = UriConstants(operation.uri);
    const bool has_constants =
        std::all_of(constants.begin(), constants.end(), [&](const auto& constant) {
          return has_parameter(constant.first) &&
                 (constant.second.empty() || Parameter(query, constant.first) == constant.second);
        });
    if (!has_constants) continue;
    int present = 0;
    int missing = 0;
    for (const Member& member :
         operation.input == nullptr ? std::span<const Member>() : operation.input->members) {
      if (!member.Is(Member::kRequired) ||
          (member.location != Location::kQuery && member.location != Location::kHeader))
        continue;
      const bool is_there = member.location == Location::kQuery ? has_parameter(member.wire_name)
                                                                : headers.Has(member.wire_name);
      (is_there ? present : missing) += 1;
    }
    // Nothing speaks for it but the path: CompleteMultipartUpload without an uploadId is no
    // operation at all.
    if (constants.empty() && *literals == 0 && present == 0 && missing > 0) continue;
    const Score score{*literals, static_cast<int>(constants.size()), present, -missing};
    if (best == nullptr || score > best_score) {
      best = &operation;
      best_score = score;
    }
  }
  return best;
}

std::string_view BucketOfHost(std::string_view host) {
  host = WithoutPort(host);
  if (host.starts_with("s3.") || host.starts_with("s3-")) return {};
  // The last one: a bucket's own name may hold dots.
  const std::size_t dot = host.rfind(".s3.");
  const std::size_t dash = host.rfind(".s3-");
  const std::size_t at = dot == std::string_view::npos ? dash : dot;
  return at == std::string_view::npos ? std::string_view() : host.substr(0, at);
}

std::string ScopeService(const http::Request& request) {
  std::string credential;
  if (const auto authorization = request.headers.Get("Authorization")) {
    if (authorization->starts_with("AWS ")) return "s3";
    const std::size_t at = authorization->find("Credential=");
    if (at == std::string_view::npos) return "";
    const std::string_view rest =
        authorization->substr(at + std::string_view("Credential=").size());
    credential = rest.substr(0, rest.find_first_of(", "));
  } else {
    const QueryPairs query = PairsOf(request.raw_query());
    if (!Parameter(query, "AWSAccessKeyId").empty()) return "s3";
    credential = Parameter(query, "X-Amz-Credential");
  }
  // KEY/20261124/us-west-2/s3/aws4_request; SigV4A has no region in it.
  const auto parts = Split(credential, '/');
  return parts.size() >= 4 ? std::string(parts[parts.size() - 2]) : "";
}

}  // namespace sagebrush::aws
