// SPDX-License-Identifier: Apache-2.0
#include "metastore/record_watch.h"

namespace sagebrush::metastore {

RecordWatch::Subscription::Subscription(std::shared_ptr<Board> board, Key key,
                                        std::function<void()> changed)
    : board_(std::move(board)), key_(std::move(key)), changed_(std::move(changed)) {
  const std::lock_guard lock(board_->mutex);
  board_->subscriptions[key_].insert(this);
}

RecordWatch::Subscription::~Subscription() {
  const std::lock_guard lock(board_->mutex);
  const auto it = board_->subscriptions.find(key_);
  it->second.erase(this);
  if (it->second.empty()) board_->subscriptions.erase(it);
}

std::unique_ptr<RecordWatch::Subscription> RecordWatch::Subscribe(
    Key key, std::function<void()> changed) const {
  return std::make_unique<Subscription>(board_, std::move(key), std::move(changed));
}

RecordWatch::KindSubscription::KindSubscription(std::shared_ptr<Board> board, std::string kind,
                                                std::function<void(const Key&)> changed)
    : board_(std::move(board)), kind_(std::move(kind)), changed_(std::move(changed)) {
  const std::lock_guard lock(board_->mutex);
  board_->kind_subscriptions[kind_].insert(this);
}

RecordWatch::KindSubscription::~KindSubscription() {
  const std::lock_guard lock(board_->mutex);
  const auto it = board_->kind_subscriptions.find(kind_);
  it->second.erase(this);
  if (it->second.empty()) board_->kind_subscriptions.erase(it);
}

std::unique_ptr<RecordWatch::KindSubscription> RecordWatch::SubscribeToKind(
    std::string kind, std::function<void(const Key&)> changed) const {
  return std::make_unique<KindSubscription>(board_, std::move(kind), std::move(changed));
}

std::uint64_t RecordWatch::ChangesOf(std::string_view kind) const {
  const std::lock_guard lock(board_->mutex);
  const auto it = board_->changes.find(kind);
  return it == board_->changes.end() ? 0 : it->second;
}

void RecordWatch::Tell(const std::set<Key>& changed) {
  const std::lock_guard lock(board_->mutex);
  for (const auto& key : changed) {
    ++board_->changes[key.kind];
    const auto of_kind = board_->kind_subscriptions.find(key.kind);
    if (of_kind != board_->kind_subscriptions.end())
      for (const auto* subscription : of_kind->second) subscription->changed_(key);
    const auto it = board_->subscriptions.find(key);
    if (it == board_->subscriptions.end()) continue;
    for (const auto* subscription : it->second) subscription->changed_();
  }
}

}  // namespace sagebrush::metastore
