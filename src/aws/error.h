// SPDX-License-Identifier: Apache-2.0
// Error: a failure as AWS tells it, and Outcome<T>: what a handler returns. Engines fail with a
// base Status; a handler chooses the AWS code and words, and this file alone knows the code's
// spelling in each protocol and its HTTP status. Plain values; any thread.
//
//   return aws::Error{"ValidationException", "Could not find model \"m\"."};
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "aws/schema.h"
#include "base/json.h"
#include "base/status.h"

namespace sagebrush::aws {

struct Error {
  std::string code;  // a modelled shape's name, its code on the wire, or one of AWS's common codes
  std::string message;
  int http_status = 0;  // 0: as the model or the table of common codes says
  Json extra =
      {};  // further members of the reply: {"BucketName": "b"}, {"OriginalStatusCode": 500}

  bool operator==(const Error&) const = default;
};

// What went wrong before a handler could choose its words. The code is spelled differently by each
// protocol.
enum class Fault {
  kAccessDenied,
  kInvalidSignature,
  kUnknownKey,
  kExpiredToken,
  kInvalidToken,
  kNoCredentials,
  kIncompleteSignature,
  kTimeSkewed,
  kValidation,
  kMalformed,  // the request cannot be parsed
  kUnknownOperation,
  kNotImplemented,
  kThrottled,
  kTooLarge,
  kUnavailable,
  kInternal,
};
Error MakeError(Protocol protocol, Fault fault, std::string message);

// A generic Status in the protocol's words. Internal faults keep their message: it is for the one
// who runs the server.
Error FromStatus(Protocol protocol, const Status& status);

// For statuses whose message begins with AWS's code, "SignatureDoesNotMatch: The request …"
// (aws/sigv4.h): the code as `protocol` spells it. Any other status goes through FromStatus.
Error FromCodedStatus(Protocol protocol, const Status& status);

// The answer to an operation that has no handler.
Error NotImplemented(Protocol protocol, const Operation& operation);
// S3's words for a header that asks for what is not there; 501.
Error NotImplementedHeader(std::string_view header);
// The answer to an operation that the service does not have.
Error UnknownOperation(Protocol protocol, std::string_view name);

// What an error becomes on the wire.
struct WireError {
  std::string code;
  std::string query_code;  // what x-amzn-query-error says; empty: no such header
  int http_status = 400;
  bool is_sender_fault = true;
  const Shape* shape = nullptr;  // the modelled exception; may be null
};
// `service` may be null (the request named none).
WireError Resolve(const Service* service, Protocol protocol, const Error& error);

// A T or an Error. Made from either, or from a Status, whose Error is settled by FromStatus when
// the protocol is known.
template <typename T>
class [[nodiscard]] Outcome {
 public:
  Outcome(T value)
      : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT: implicit on purpose
  Outcome(Error error) : state_(std::in_place_index<1>, std::move(error)) {}    // NOLINT
  Outcome(Status status) : state_(std::in_place_index<2>, std::move(status)) {  // NOLINT
    SAGEBRUSH_CHECK(!std::get<2>(state_).ok(), "an Outcome made from a Status needs an error");
  }
  template <typename U>
  requires(!std::is_same_v<U, T> && std::is_constructible_v<T, U>)
      Outcome(Result<U> result)  // NOLINT
      : state_(result.ok() ? State(std::in_place_index<0>, T(std::move(result).value()))
                           : State(std::in_place_index<2>, result.status())) {}

  bool ok() const { return state_.index() == 0; }
  T& value() & { return Checked(); }
  const T& value() const& { return const_cast<Outcome*>(this)->Checked(); }
  T&& value() && { return std::move(Checked()); }
  T& operator*() & { return Checked(); }
  const T& operator*() const& { return const_cast<Outcome*>(this)->Checked(); }
  T* operator->() { return &Checked(); }
  const T* operator->() const { return &const_cast<Outcome*>(this)->Checked(); }

  Error error(Protocol protocol) const {
    return state_.index() == 1 ? std::get<1>(state_) : FromStatus(protocol, std::get<2>(state_));
  }

  // What went wrong, for ASSIGN_OR_RETURN in a function that returns an Outcome of something else.
  struct Failure {
    std::variant<Error, Status> what;
    template <typename U>
    operator Outcome<U>() && {  // NOLINT
      if (what.index() == 0) return Outcome<U>(std::get<0>(std::move(what)));
      return Outcome<U>(std::get<1>(std::move(what)));
    }
  };
  Failure status() const {
    if (state_.index() == 1) return {std::get<1>(state_)};
    return {std::get<2>(state_)};
  }

 private:
  using State = std::variant<T, Error, Status>;
  T& Checked() {
    SAGEBRUSH_CHECK(ok(), "value() of a failed Outcome");
    return std::get<0>(state_);
  }

  State state_;
};

}  // namespace sagebrush::aws
