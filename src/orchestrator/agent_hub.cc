// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/agent_hub.h"

#include "base/unix_socket.h"

namespace sagebrush::orchestrator {

AgentHub::AgentHub(Instances& instances, AgentHubCallbacks callbacks,
                   std::chrono::milliseconds patience)
    : instances_(instances), callbacks_(std::move(callbacks)), patience_(patience) {}

AgentHub::~AgentHub() {
  std::map<std::string, std::shared_ptr<AgentLink>> links;
  {
    const std::lock_guard lock(mutex_);
    links.swap(links_);
  }
  for (auto& [id, link] : links) link->Stop();
}

std::shared_ptr<AgentLink> AgentHub::Find(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto it = links_.find(id);
  return it == links_.end() ? nullptr : it->second;
}

Status AgentHub::Attach(const std::string& id, const std::filesystem::path& socket_folder) {
  const std::lock_guard lock(mutex_);
  if (links_.contains(id)) return Status::Ok();
  ASSIGN_OR_RETURN(UniqueFd control, ListenUnixSocket(socket_folder / "control.sock"));
  ASSIGN_OR_RETURN(UniqueFd api, ListenUnixSocket(socket_folder / "api.sock"));
  ASSIGN_OR_RETURN(const int handle, callbacks_.serve_api(std::move(api), id));
  links_.emplace(id, std::make_shared<AgentLink>(instances_, callbacks_, id, std::move(control),
                                                 handle, patience_));
  return Status::Ok();
}

void AgentHub::Detach(const std::string& id) {
  std::shared_ptr<AgentLink> link;
  {
    const std::lock_guard lock(mutex_);
    const auto it = links_.find(id);
    if (it == links_.end()) return;
    link = std::move(it->second);
    links_.erase(it);
  }
  link->Stop();
}

void AgentHub::RequestStop(const std::string& id, const std::string& reason) {
  if (const auto link = Find(id)) link->RequestStop(reason);
}

bool AgentHub::IsConnected(const std::string& id) const {
  const auto link = Find(id);
  return link != nullptr && link->IsConnected();
}

std::chrono::milliseconds AgentHub::SilenceOf(const std::string& id) const {
  const auto link = Find(id);
  return link != nullptr ? link->Silence() : std::chrono::milliseconds(0);
}

Result<UniqueFd> AgentHub::Dial(const std::string& id, int port,
                                std::chrono::milliseconds timeout) {
  const auto link = Find(id);
  if (link == nullptr) return Unavailable("instance " + id + " is not there");
  return link->Dial(port, timeout);
}

}  // namespace sagebrush::orchestrator
