// SPDX-License-Identifier: Apache-2.0
// Status and Result<T>: how every module tells that something went wrong.
// Everything the world can do to us is a Status; what only we can do to ourselves is a CHECK (base/check.h).
// Both types are [[nodiscard]] values, safe to copy and to pass between threads.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "base/check.h"

namespace sagebrush {

enum class Code {
  kOk,
  kInvalidArgument,
  kNotFound,
  kAlreadyExists,
  kFailedPrecondition,
  kResourceExhausted,
  kPermissionDenied,
  kUnavailable,
  kDeadlineExceeded,
  kCancelled,
  kUnimplemented,
  kDataLoss,
  kInternal,
};

std::string_view CodeName(Code code);

class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(Code code, std::string message) : code_(code), message_(std::move(message)) {}

  static Status Ok() { return {}; }

  bool ok() const { return code_ == Code::kOk; }
  Code code() const { return code_; }
  const std::string& message() const { return message_; }

  // Puts what the caller knows in front: "cannot open model 'm': No such file".
  Status WithContext(std::string_view context) const;
  std::string ToString() const;

  bool operator==(const Status&) const = default;

 private:
  Code code_ = Code::kOk;
  std::string message_;
};

Status InvalidArgument(std::string message);
Status NotFound(std::string message);
Status AlreadyExists(std::string message);
Status FailedPrecondition(std::string message);
Status ResourceExhausted(std::string message);
Status PermissionDenied(std::string message);
Status Unavailable(std::string message);
Status DeadlineExceeded(std::string message);
Status Cancelled(std::string message);
Status Unimplemented(std::string message);
Status DataLoss(std::string message);
Status Internal(std::string message);

// The one place where an errno becomes a Status. `what` names the operation and its object.
Status ErrnoStatus(int error, std::string_view what);
// ErrnoStatus(errno, what).
Status LastErrno(std::string_view what);

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value)
      : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT: implicit on purpose
  Result(Status status) : state_(std::in_place_index<1>, std::move(status)) {  // NOLINT
    SAGEBRUSH_CHECK(!std::get<1>(state_).ok(), "a Result made from a Status needs an error");
  }

  bool ok() const { return state_.index() == 0; }
  Status status() const { return ok() ? Status::Ok() : std::get<1>(state_); }

  // The value. The caller has looked at ok() before.
  T& value() & { return Checked(); }
  const T& value() const& { return const_cast<Result*>(this)->Checked(); }
  T&& value() && { return std::move(Checked()); }
  T& operator*() & { return Checked(); }
  const T& operator*() const& { return const_cast<Result*>(this)->Checked(); }
  T&& operator*() && { return std::move(Checked()); }
  T* operator->() { return &Checked(); }
  const T* operator->() const { return &const_cast<Result*>(this)->Checked(); }
  T value_or(T fallback) const { return ok() ? std::get<0>(state_) : std::move(fallback); }

 private:
  T& Checked() {
    SAGEBRUSH_CHECK(ok(), "value() of a failed Result");
    return std::get<0>(state_);
  }

  std::variant<T, Status> state_;
};

}  // namespace sagebrush

#define SAGEBRUSH_CONCAT_INNER(a, b) a##b
#define SAGEBRUSH_CONCAT(a, b) SAGEBRUSH_CONCAT_INNER(a, b)

// Leaves the function with the error, if there is one. `expression` is a Status.
#define RETURN_IF_ERROR(expression)                                                                \
  do {                                                                                             \
    if (::sagebrush::Status return_if_error_status_ = (expression); !return_if_error_status_.ok()) \
      return return_if_error_status_;                                                              \
  } while (false)

// ASSIGN_OR_RETURN(const auto x, F()); leaves the function with F's error, or sets x.
#define ASSIGN_OR_RETURN(declaration, expression) \
  ASSIGN_OR_RETURN_INNER(SAGEBRUSH_CONCAT(result_, __LINE__), declaration, expression)
#define ASSIGN_OR_RETURN_INNER(result, declaration, expression) \
  auto result = (expression);                                   \
  if (!result.ok()) return result.status();                     \
  declaration = std::move(result).value()
