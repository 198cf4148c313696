// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/agent_link.h"

#include <cerrno>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/log.h"
#include "base/strings.h"

namespace sagebrush::orchestrator {

namespace {

// Anything inside the instance may connect, so a stranger gets little time to prove itself.
constexpr std::chrono::milliseconds kHelloTimeout{2000};
constexpr std::chrono::milliseconds kFrameTimeout{10'000};
// User code may stop its agent (they share a uid): whoever talks to it, the reconcile loop too, must not wait for it.
constexpr std::chrono::milliseconds kSendPatience{1000};
constexpr std::chrono::milliseconds kAcceptPause{100};  // when the process is out of descriptors
// After a store that failed (a full disk): the agent dials and says it again at once.
constexpr std::chrono::milliseconds kStorePause{1000};
// An agent says some dozen things; these bounds are for one that user code has taken over.
constexpr std::int64_t kMaxSequence = std::int64_t{1} << 52;
constexpr std::size_t kMaxReports = 1000;
constexpr std::size_t kMaxPhase = 64;
constexpr std::chrono::milliseconds kSamplePause{100};  // metrics that come faster are passed over
constexpr std::size_t kMaxReportText = 16 << 10;

bool IsConnectedStream(int fd) {
  int type = 0;
  socklen_t size = sizeof type;
  sockaddr_storage peer{};
  socklen_t peer_size = sizeof peer;
  return ::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM &&
         ::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &peer_size) == 0 &&
         (peer.ss_family == AF_INET || peer.ss_family == AF_INET6);
}

}  // namespace

AgentLink::AgentLink(Instances& instances, const AgentHubCallbacks& callbacks, std::string id,
                     UniqueFd listener, int api_handle, std::chrono::milliseconds patience)
    : instances_(instances),
      callbacks_(callbacks),
      id_(std::move(id)),
      listener_(std::move(listener)),
      wake_(::eventfd(0, EFD_CLOEXEC)),
      api_handle_(api_handle),
      patience_(patience) {
  thread_ = std::thread([this] { Run(); });
}

void AgentLink::Stop() {
  if (stopping_.exchange(true)) return;
  const std::uint64_t one = 1;
  (void)!::write(wake_.get(), &one, sizeof one);
  {
    const std::lock_guard lock(mutex_);
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
  callbacks_.stop_api(api_handle_);
}

void AgentLink::RequestStop(const std::string& reason) {
  const std::lock_guard lock(mutex_);
  if (stop_reason_) return;
  stop_reason_ = reason;
  if (connection_.valid()) SendLocked(Json::Object({{"type", "stop"}, {"reason", reason}}));
}

bool AgentLink::IsConnected() const {
  const std::lock_guard lock(mutex_);
  return connection_.valid();
}

std::chrono::milliseconds AgentLink::Silence() const {
  const std::lock_guard lock(mutex_);
  if (connection_.valid()) return std::chrono::milliseconds(0);
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                               silent_since_);
}

Result<UniqueFd> AgentLink::Dial(int port, std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  std::unique_lock lock(mutex_);
  if (!changed_.wait_until(lock, deadline, [&] { return stopping_ || connection_.valid(); }))
    return DeadlineExceeded("the agent of instance " + id_ + " has not dialled in");
  if (stopping_) return Unavailable("instance " + id_ + " is going away");
  const std::int64_t dial = ++last_dial_;
  dials_.emplace(dial, std::nullopt);
  SendLocked(Json::Object({{"type", "dial"}, {"id", dial}, {"port", port}}));
  const bool answered =
      changed_.wait_until(lock, deadline, [&] { return stopping_ || dials_.at(dial).has_value(); });
  auto outcome = std::move(dials_.at(dial));
  dials_.erase(dial);
  if (answered && outcome) return std::move(*outcome);
  return stopping_ ? Unavailable("instance " + id_ + " is going away")
                   : DeadlineExceeded("the agent of instance " + id_ + " does not answer");
}

void AgentLink::Run() {
  while (!stopping_) {
    if (!WaitFor(listener_.get())) return;
    UniqueFd socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!socket.valid()) {
      if (errno == EMFILE || errno == ENFILE) Pause(kAcceptPause);
      continue;
    }
    store_failed_ = false;
    if (Welcome(socket.get()))
      Serve(std::move(socket));
    else
      socket.Reset();
    if (store_failed_) Pause(kStorePause);
  }
}

// Ends at once with the link.
void AgentLink::Pause(std::chrono::milliseconds time) {
  pollfd wake{wake_.get(), POLLIN, 0};
  ::poll(&wake, 1, static_cast<int>(time.count()));
}

// False when the link is to stop, or nothing came for so long.
bool AgentLink::WaitFor(int fd, std::chrono::milliseconds patience) {
  pollfd entries[2] = {{fd, POLLIN, 0}, {wake_.get(), POLLIN, 0}};
  while (!stopping_) {
    const int ready = ::poll(entries, 2, static_cast<int>(patience.count()));
    if (ready < 0 && errno != EINTR) return false;
    if (ready == 0) return false;
    if (ready > 0) return !stopping_ && entries[0].revents != 0;
  }
  return false;
}

bool AgentLink::Welcome(int socket) {
  auto hello = ReceiveFrame(socket, kHelloTimeout);
  if (!hello.ok() || hello->message.GetString("type") != "hello") return false;
  const auto instance = instances_.Get(id_);
  const std::string hash = HexEncode(Sha256(hello->message.GetString("token")));
  if (!instance.ok() || instance->token_hash.empty() ||
      !ConstantTimeEquals(hash, instance->token_hash) ||
      hello->message.GetString("instance") != id_) {
    LogWarning("agents", "instance " + id_ + ": refused a connection with a wrong token");
    (void)SendFrame(socket,
                    Json::Object({{"type", "refused"}, {"reason", "wrong token or instance"}}));
    return false;
  }
  const auto stored = callbacks_.store_logs(*instance, 0, {});
  store_failed_ = !stored.ok();
  if (!stored.ok()) {
    LogError("agents", "instance " + id_ + ": " + stored.status().ToString());
    return false;
  }
  int reports = 0;
  for (const auto& report : instance->reports) reports = std::max(reports, report.number);
  return SendFrame(socket, Json::Object({{"type", "welcome"},
                                         {"log_sequence", *stored},
                                         {"report_number", reports}}))
      .ok();
}

void AgentLink::Serve(UniqueFd socket) {
  const int fd = socket.get();
  {
    const std::lock_guard lock(mutex_);
    connection_ = std::move(socket);
    if (stop_reason_) SendLocked(Json::Object({{"type", "stop"}, {"reason", *stop_reason_}}));
    changed_.notify_all();
  }
  callbacks_.changed();
  while (WaitFor(fd, patience_)) {
    auto frame = ReceiveFrame(fd, kFrameTimeout);
    const Status handled = frame.ok() ? Handle(std::move(*frame)) : frame.status();
    if (handled.ok()) continue;
    if (handled.code() != Code::kUnavailable)
      LogWarning("agents", "instance " + id_ + ": " + handled.ToString());
    break;
  }
  {
    const std::lock_guard lock(mutex_);
    connection_.Reset();
    silent_since_ = std::chrono::steady_clock::now();
    for (auto& [dial, outcome] : dials_)
      if (!outcome) outcome = Unavailable("the agent of instance " + id_ + " hung up");
    changed_.notify_all();
  }
  callbacks_.changed();
}

Status AgentLink::Handle(Frame frame) {
  const Json& message = frame.message;
  const std::string type = message.GetString("type");
  if (type == "logs") return StoreLogs(message);
  if (type == "report") return StoreReport(message);
  if (type == "metrics") return StoreSample(message);
  if (type == "dialled" || type == "dial_failed") return FinishDial(message, std::move(frame.fd));
  if (type == "ping") return Send(Json::Object({{"type", "pong"}}));
  return InvalidArgument("unknown message '" + type.substr(0, 40) + "'");
}

Status AgentLink::StoreLogs(const Json& message) {
  const Json* events = message.Find("events");
  if (events == nullptr || !events->is_array()) return InvalidArgument("logs without events");
  std::vector<LogLine> lines;
  lines.reserve(events->size());
  for (const auto& event : events->AsArray()) {
    if (!event.is_array() || event.size() != 2 || !event.AsArray()[0].is_number() ||
        !event.AsArray()[1].is_string())
      return InvalidArgument("a log event that is none");
    lines.push_back({event.AsArray()[0].AsInt(), event.AsArray()[1].AsString()});
  }
  const std::int64_t first = message.GetInt("first");
  if (first < 1 || first > kMaxSequence) return InvalidArgument("log lines without a number");
  ASSIGN_OR_RETURN(const Instance instance, instances_.Get(id_));
  const auto stored = callbacks_.store_logs(instance, first, std::move(lines));
  store_failed_ = !stored.ok();
  if (!stored.ok()) return stored.status();
  return Send(Json::Object({{"type", "logs_ack"}, {"sequence", *stored}}));
}

Status AgentLink::StoreReport(const Json& message) {
  const std::int64_t number = message.GetInt("number");
  const Report report{
      .number = static_cast<int>(number),
      .at = FromMillis(message.GetInt("at")),
      .phase = message.GetString("phase"),
      .message = std::string(FirstBytes(message.GetString("message"), kMaxReportText)),
      .failure = std::string(FirstBytes(message.GetString("failure"), kMaxReportText)),
      .exit_code = static_cast<int>(message.GetInt("exit_code"))};
  if (number < 1 || number >= kServersOwnReport || report.phase.size() > kMaxPhase)
    return InvalidArgument("a report that no agent makes");
  ASSIGN_OR_RETURN(const Instance instance, instances_.Get(id_));
  if (instance.reports.size() >= kMaxReports) return ResourceExhausted("too many reports");
  const Status stored = instances_.AddReport(id_, report);
  store_failed_ = !stored.ok();
  RETURN_IF_ERROR(stored);
  callbacks_.changed();
  return Send(Json::Object({{"type", "report_ack"}, {"number", report.number}}));
}

Status AgentLink::StoreSample(const Json& message) {
  ASSIGN_OR_RETURN(const ResourceSample sample, ReadSample(message, Clock::System().Now()));
  const auto now = std::chrono::steady_clock::now();
  if (!callbacks_.store_sample || (last_sample_ && now - *last_sample_ < kSamplePause))
    return Status::Ok();
  last_sample_ = now;
  ASSIGN_OR_RETURN(const Instance instance, instances_.Get(id_));
  callbacks_.store_sample(instance, sample);
  return Status::Ok();
}

Status AgentLink::FinishDial(const Json& message, UniqueFd fd) {
  const std::lock_guard lock(mutex_);
  const auto it = dials_.find(message.GetInt("id"));
  if (it == dials_.end() || it->second) return Status::Ok();  // whoever asked has gone
  if (message.GetString("type") == "dial_failed") {
    it->second = Unavailable("instance " + id_ + ": " + message.GetString("error"));
  } else if (!fd.valid() || !IsConnectedStream(fd.get())) {
    it->second = Unavailable("instance " + id_ + " passed something that is no connected socket");
  } else {
    it->second = std::move(fd);
  }
  changed_.notify_all();
  return Status::Ok();
}

Status AgentLink::Send(const Json& message) {
  const std::lock_guard lock(mutex_);
  if (!connection_.valid()) return Unavailable("not connected");
  return SendFrame(connection_.get(), message, -1, kSendPatience);
}

void AgentLink::SendLocked(const Json& message) {
  const Status sent = SendFrame(connection_.get(), message, -1, kSendPatience);
  if (sent.ok()) return;
  LogWarning("agents", "instance " + id_ + ": " + sent.ToString());
  // Half a frame may be out. The reader sees the end, and the agent dials again.
  ::shutdown(connection_.get(), SHUT_RDWR);
}

}  // namespace sagebrush::orchestrator
