// SPDX-License-Identifier: Apache-2.0
#include "agent/session.h"

#include <optional>

#include "base/log.h"

namespace sagebrush::agent {
namespace {

constexpr std::chrono::seconds kLook(1);  // how often a wait looks whether it still makes sense

}  // namespace

Session::Session(const WorkOrder& order, const Paths& paths, StopSignal* stop, const Clock& clock)
    : stop_(stop),
      spool_({.folder = paths.ml}, clock),
      reports_([this](const Json& message) { return link_.Send(message); }, clock),
      dialer_([this](const Json& message, int fd) { return link_.Send(message, fd); }),
      link_(
          {.socket_path = paths.control_socket.string(),
           .instance = order.instance,
           .token = order.token},
          {.on_welcome =
               [this](std::uint64_t log_sequence, std::uint64_t report_number) {
                 spool_.Welcome(log_sequence);
                 reports_.Welcome(report_number);
               },
           .on_disconnected = [this] { reports_.Disconnected(); },
           .on_logs_ack = [this](std::uint64_t sequence) { spool_.Acknowledge(sequence); },
           .on_report_ack = [this](std::uint64_t number) { reports_.Acknowledge(number); },
           .on_dial =
               [this, serving_port = paths.serving_port](std::int64_t id, int port) {
                 dialer_.Dial(id, port == kContractPort ? serving_port : port);
               },
           .on_stop =
               [this](const std::string& reason) {
                 stop_->Request(reason.empty() ? "stopped" : reason);
               },
           .on_refused =
               [this](const std::string& reason) {
                 refused_ = true;
                 spool_.Close();  // nobody will ever take the lines: whoever waits for room goes on
                 stop_->Request("refused by the server: " + reason);
               }}) {}

Session::~Session() {
  stopping_ = true;
  spool_.Close();
  if (shipper_.joinable()) shipper_.join();
  dialer_.Stop();
  link_.Stop();
}

void Session::Start() {
  link_.Start();
  shipper_ = std::thread([this] { Ship(); });
}

void Session::Ship() {
  while (!stopping_ && !refused_) {
    const std::optional<LogBatch> batch = spool_.NextBatch(kLook);
    if (!batch) continue;
    const Status sent = link_.Send(ToMessage(*batch));
    // The batch stays in flight until the next welcome, which sends it again.
    if (!sent.ok()) LogDebug("agent", "log lines could not be sent: " + sent.message());
  }
}

void Session::Log(std::string line) { spool_.Append(std::move(line)); }

void Session::Report(std::string_view phase, const Json& members) { reports_.Add(phase, members); }

void Session::SendOnce(const Json& message) {
  const Status sent = link_.Send(message);
  if (!sent.ok()) LogDebug("agent", "not said: " + sent.message());
}

bool Session::Conclude(std::string_view phase, const Json& members) {
  while (!refused_ && !spool_.Drain(kLook)) {
  }
  if (refused_) return false;
  reports_.Add(phase, members);
  while (!refused_ && !reports_.WaitUntilAcknowledged(kLook)) {
  }
  return !refused_;
}

}  // namespace sagebrush::agent
