// SPDX-License-Identifier: Apache-2.0
#include "iam/policy_resource.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <vector>

#include "base/strings.h"

namespace sagebrush::iam {

namespace {

using Parts = std::vector<std::string_view>;

constexpr std::string_view kPartitions[] = {"*",          "aws",       "aws-cn",
                                            "aws-us-gov", "aws-iso",   "aws-iso-b",
                                            "aws-iso-e",  "aws-iso-f", "aws-eusc"};
constexpr std::string_view kIamKinds[] = {"user/",
                                          "federated-user/",
                                          "role/",
                                          "group/",
                                          "instance-profile/",
                                          "mfa/",
                                          "server-certificate/",
                                          "policy/",
                                          "sms-mfa/",
                                          "saml-provider/",
                                          "oidc-provider/",
                                          "report/",
                                          "access-report/"};
// S3's resources that have a region (Service Authorization Reference, Amazon S3).
constexpr std::string_view kRegionalS3[] = {"accesspoint/", "job/", "storage-lens/",
                                            "storage-lens-group/", "async-request/"};

template <std::size_t N>
bool StartsWithOneOf(std::string_view text, const std::string_view (&starts)[N]) {
  return std::any_of(std::begin(starts), std::end(starts),
                     [&](std::string_view start) { return text.starts_with(start); });
}

std::string JoinFrom(const Parts& parts, std::size_t first) {
  std::string out;
  for (std::size_t i = first; i < parts.size(); ++i)
    out.append(i > first ? ":" : "").append(parts[i]);
  return out;
}

// AWS shows the ARN with a star for every part that is missing.
std::string PartitionFault(const Parts& parts) {
  const auto part = [&](std::size_t i) {
    return parts.size() > i ? std::string(parts[i]) : std::string("*");
  };
  const std::string last = parts.size() > 5 ? JoinFrom(parts, 5) : "*";
  return "Partition \"" + part(1) + "\" is not valid for resource \"arn:" + part(1) + ":" +
         (parts.size() == 3 && parts[2].empty() ? "*" : part(2)) + ":" + part(3) + ":" + part(4) +
         ":" + last + "\".";
}

std::string KindFault() {
  std::string kinds;
  for (const std::string_view kind : kIamKinds)
    kinds.append(kinds.empty() ? "" : ", ").append(kind);
  return "IAM resource path must either be \"*\" or start with " + kinds + ".";
}

// A number of these digits and no more, from `least` to `most`.
bool IsNumber(std::string_view text, std::uint64_t least, std::uint64_t most) {
  const auto number = ParseUint(text);
  return number && *number >= least && *number <= most;
}

// Days since 1970 of a year, a month or a day, at its begin.
std::optional<double> ReadDay(std::string_view text) {
  const bool is_before_christ = text.starts_with('-');
  if (is_before_christ) text.remove_prefix(1);
  const Parts parts = Split(text, '-');
  if (parts.size() > 3 || !IsNumber(parts[0], 0, 292'278'993)) return std::nullopt;
  if (parts.size() > 1 && !IsNumber(parts[1], 1, 12)) return std::nullopt;
  if (parts.size() > 2 && !IsNumber(parts[2], 1, 31)) return std::nullopt;
  const double years = static_cast<double>(*ParseUint(parts[0])) * (is_before_christ ? -1 : 1);
  // The calendar repeats itself every 400 years; the library's ends at 32767.
  const double cycles = std::floor(years / 400);
  const std::chrono::year year(static_cast<int>(years - 400 * cycles));
  const std::chrono::month month(parts.size() > 1 ? static_cast<unsigned>(*ParseUint(parts[1]))
                                                  : 1U);
  const std::chrono::day day(parts.size() > 2 ? static_cast<unsigned>(*ParseUint(parts[2])) : 1U);
  const std::chrono::sys_days days(year / month / day);
  return static_cast<double>(days.time_since_epoch().count()) + cycles * 146'097;
}

// Seconds east of Greenwich of "", "z", "+01" or "+01:30".
std::optional<double> ReadZone(std::string_view text) {
  if (text.empty() || text == "z") return 0;
  const std::string_view hours = text.substr(1, 2);
  if (hours.size() != 2 || !IsNumber(hours, 0, 23)) return std::nullopt;
  double seconds = static_cast<double>(*ParseUint(hours)) * 3600;
  if (text.size() != 3) {
    if (text.size() != 6 || text[3] != ':' || !IsNumber(text.substr(4), 0, 59)) return std::nullopt;
    seconds += static_cast<double>(*ParseUint(text.substr(4))) * 60;
  }
  return text[0] == '-' ? -seconds : seconds;
}

// Seconds since midnight in Greenwich of hours, minutes or seconds of the day, and a zone.
std::optional<double> ReadTime(std::string_view text) {
  const std::size_t end = std::min(text.find_first_of("z+-"), text.size());
  const auto zone = ReadZone(text.substr(end));
  const Parts parts = Split(text.substr(0, end), ':');
  if (!zone || parts.size() > 3 || !IsNumber(parts[0], 0, 23)) return std::nullopt;
  double seconds = static_cast<double>(*ParseUint(parts[0])) * 3600 - *zone;
  if (parts.size() > 1) {
    if (!IsNumber(parts[1], 0, 59)) return std::nullopt;
    seconds += static_cast<double>(*ParseUint(parts[1])) * 60;
  }
  if (parts.size() > 2) {
    const std::size_t dot = std::min(parts[2].find('.'), parts[2].size());
    if (!IsNumber(parts[2].substr(0, dot), 0, 59)) return std::nullopt;
    if (dot < parts[2].size() && !IsNumber(parts[2].substr(dot + 1), 0, 999'999'999))
      return std::nullopt;
    const auto number = ParseDouble(parts[2].ends_with('.') ? parts[2].substr(0, dot) : parts[2]);
    if (!number) return std::nullopt;
    seconds += *number;
  }
  return seconds;
}

}  // namespace

std::string ResourceFault(std::string_view resource) {
  if (resource == "*") return "";
  const Parts parts = Split(resource, ':');
  if (parts.size() < 2)
    return "Resource " + std::string(resource) + " must be in ARN format or \"*\".";
  if (std::find(std::begin(kPartitions), std::end(kPartitions), parts[1]) == std::end(kPartitions))
    return PartitionFault(parts);
  if (parts[0] != "arn")
    return "Resource " + std::string(resource) + " must be in ARN format or \"*\".";
  if (parts.size() < 3)
    return "Resource vendor must be fully qualified and cannot contain regexes.";
  const std::string id = parts.size() > 5 ? JoinFrom(parts, 5) : "";
  const bool is_open = id.find_first_of("*?") < id.find('/');  // which kind it is, is left open
  const bool has_region = parts.size() > 3 && !parts[3].empty();
  if (parts[2] == "s3" && has_region && !is_open && !StartsWithOneOf(id, kRegionalS3))
    return "Resource " + std::string(resource) + " can not contain region information.";
  if (parts[2] == "iam") {
    if (has_region)
      return "IAM resource " + std::string(resource) + " cannot contain region information.";
    if (!is_open && !StartsWithOneOf(id, kIamKinds)) return KindFault();
  }
  return "";
}

bool PassesLegacyParsing(std::string_view resource) {
  if (resource == "*") return true;
  const Parts parts = Split(resource, ':');
  return parts.size() > 2 && !parts[2].empty() &&
         (parts.size() > 5 || resource.find("::") == std::string_view::npos);
}

std::optional<double> ReadLegacyDate(std::string_view text) {
  const std::string lower = ToLower(text);
  const std::string_view date = lower;
  if (date.find_first_of("t-") == std::string_view::npos) {
    if (!IsNumber(date, 0, INT64_MAX)) return std::nullopt;
    return static_cast<double>(*ParseUint(date));
  }
  const std::size_t t = std::min(date.find('t'), date.size());
  const auto days = ReadDay(date.substr(0, t));
  const auto seconds =
      t + 1 >= date.size() ? std::optional<double>(0) : ReadTime(date.substr(t + 1));
  if (!days || !seconds) return std::nullopt;
  return *days * 86'400 + *seconds;
}

}  // namespace sagebrush::iam
