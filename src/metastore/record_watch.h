// SPDX-License-Identifier: Apache-2.0
// Who wants to know when a record changes: whoever waits for one record, and caches over a whole kind. Told by the store when
// a commit is durable and before it returns, so that who reads after being told reads the change. Any thread may call.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

namespace sagebrush::metastore {

struct Key {
  std::string kind;  // "training-job", "endpoint", "role"
  std::string scope;
  std::string name;
  auto operator<=>(const Key&) const = default;
};

class RecordWatch {
  struct Board;

 public:
  // Ends when it is destroyed: `changed` does not run after that. It may outlive the RecordWatch.
  class Subscription {
   public:
    Subscription(std::shared_ptr<Board> board, Key key, std::function<void()> changed);
    ~Subscription();
    Subscription(const Subscription&) = delete;
    Subscription& operator=(const Subscription&) = delete;

   private:
    friend class RecordWatch;
    const std::shared_ptr<Board> board_;
    const Key key_;
    const std::function<void()> changed_;
  };

  // `changed` is called after each insert, update and deletion of that record, on the thread that committed it and under a
  // lock: it must be quick, and must touch neither the store nor this.
  std::unique_ptr<Subscription> Subscribe(Key key, std::function<void()> changed) const;

  // As above for every record of a kind, told which. For who keeps what he has read of them.
  class KindSubscription {
   public:
    KindSubscription(std::shared_ptr<Board> board, std::string kind,
                     std::function<void(const Key&)> changed);
    ~KindSubscription();
    KindSubscription(const KindSubscription&) = delete;
    KindSubscription& operator=(const KindSubscription&) = delete;

   private:
    friend class RecordWatch;
    const std::shared_ptr<Board> board_;
    const std::string kind_;
    const std::function<void(const Key&)> changed_;
  };
  std::unique_ptr<KindSubscription> SubscribeToKind(std::string kind,
                                                    std::function<void(const Key&)> changed) const;

  // How often records of that kind have changed, for caches: what was read after this number was fetched is good for as long
  // as the number stands.
  std::uint64_t ChangesOf(std::string_view kind) const;

  // The store's part.
  void Tell(const std::set<Key>& changed);

 private:
  struct Board {
    std::mutex mutex;  // guards what follows
    std::map<Key, std::set<Subscription*>> subscriptions;
    std::map<std::string, std::set<KindSubscription*>> kind_subscriptions;
    std::map<std::string, std::uint64_t, std::less<>> changes;
  };
  const std::shared_ptr<Board> board_ = std::make_shared<Board>();
};

}  // namespace sagebrush::metastore
