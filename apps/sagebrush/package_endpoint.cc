// SPDX-License-Identifier: Apache-2.0
#include "apps/sagebrush/package_endpoint.h"

#include "base/log.h"

namespace sagebrush::apps {

namespace {

constexpr std::uint64_t kMaxArchive = std::uint64_t{4} << 30;

int HttpStatusOf(const Status& status) {
  switch (status.code()) {
    case Code::kNotFound:
      return 404;
    case Code::kInvalidArgument:
      return 400;
    case Code::kResourceExhausted:
      return 413;
    default:
      return 500;
  }
}

void Refuse(http::Exchange& exchange, const Status& status) {
  // A body that was not read to its end leaves nothing to go on with.
  (void)exchange.Send({.status = HttpStatusOf(status),
                       .headers = {{"Connection", "close"}},
                       .body = status.message() + "\n"});
}

Status SendArchive(const orchestrator::PackageStore::Archive& archive, http::Exchange& exchange) {
  RETURN_IF_ERROR(exchange.SendHead(200, {{"Content-Type", "application/gzip"}}, archive.size));
  RETURN_IF_ERROR(exchange.SendFile(archive.file.get(), 0, archive.size));
  return exchange.Finish();
}

}  // namespace

void ServePackages(const orchestrator::PackageStore& store, const std::string& account,
                   http::Exchange& exchange) {
  const auto& request = exchange.request();
  const std::string_view key = request.raw_path().substr(kPackagesPath.size());
  if (request.method == "GET") {
    const auto archive = store.Find(account, key);
    if (!archive.ok()) return Refuse(exchange, archive.status());
    const Status sent = SendArchive(*archive, exchange);
    if (!sent.ok()) LogDebug("packages", "an agent went away: " + sent.message());
    return;
  }
  if (request.method != "PUT") return Refuse(exchange, InvalidArgument("GET or PUT"));
  const Status stored = store.Store(
      account, key, [&](char* data, std::size_t size) { return exchange.Read(data, size); },
      kMaxArchive);
  if (!stored.ok()) {
    LogWarning("packages", stored.ToString());
    return Refuse(exchange, stored);
  }
  (void)exchange.Send({.status = 204, .headers = {}, .body = {}});
}

}  // namespace sagebrush::apps
