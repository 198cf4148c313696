// SPDX-License-Identifier: Apache-2.0
// Session: one instance's whole conversation with its server: the link, the log spool and the thread that ships it, reports,
// dials and stops. A run logs and reports here and need not know whether a server is there at the moment.
// Any thread may call.
#pragma once

#include <atomic>
#include <string>
#include <string_view>
#include <thread>

#include "agent/control_link.h"
#include "agent/dialer.h"
#include "agent/log_spool.h"
#include "agent/paths.h"
#include "agent/reports.h"
#include "agent/stop_signal.h"
#include "agent/work_order.h"
#include "base/clock.h"
#include "base/json.h"

namespace sagebrush::agent {

class Session {
 public:
  // A stop from the server, and its refusal, become a request on `stop`.
  Session(const WorkOrder& order, const Paths& paths, StopSignal* stop, const Clock& clock);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void Start();

  // Waits while the spool is full.
  void Log(std::string line);
  void Report(std::string_view phase, const Json& members = Json::Object());
  // Says something once, if a server is there.
  void SendOnce(const Json& message);

  // Says the last word: waits until all log lines are on the server's disk, reports, and waits until that is acknowledged. The
  // server may be away for days, so only a refusal ends the wait early; whoever wants it shorter kills the instance. Whether
  // the server has taken it.
  bool Conclude(std::string_view phase, const Json& members);
  bool refused() const { return refused_; }

 private:
  void Ship();

  StopSignal* const stop_;
  LogSpool spool_;
  Reports reports_;
  Dialer dialer_;
  std::atomic<bool> refused_ = false;
  std::atomic<bool> stopping_ = false;
  ControlLink link_;
  std::thread shipper_;
};

}  // namespace sagebrush::agent
