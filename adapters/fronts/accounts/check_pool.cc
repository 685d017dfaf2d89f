// SPDX-License-Identifier: Apache-2.0
#include "adapters/fronts/accounts/check_pool.h"

#include <algorithm>
#include <utility>

namespace mailwake::internal {
namespace {

// Different passwords of one user that may be under way: who guesses at one account does not shut out the others.
constexpr std::size_t kMostOfOneUser = 4;
// And of one network: a flood from there leaves room for others.
constexpr std::size_t kMostOfOneNetwork = 32;
// Who wait for one check: as many devices as one account may plausibly have.
constexpr std::size_t kMostOnOneFlight = 10'000;

using Counts = absl::flat_hash_map<std::string, std::size_t>;

std::size_t Of(const Counts& counts, const std::string& name) {
  const auto found = counts.find(name);
  return found == counts.end() ? 0 : found->second;
}

void OneLess(Counts& counts, const std::string& name) {
  const auto found = counts.find(name);
  if (--found->second == 0) counts.erase(found);
}

}  // namespace

CheckPool::CheckPool(std::size_t threads, std::size_t waiting) : most_waiting_(waiting) {
  for (std::size_t i = 0; i < std::max<std::size_t>(threads, 1); ++i) threads_.emplace_back([this] { Work(); });
}

CheckPool::~CheckPool() { Stop(); }

void CheckPool::Check(Request request, Callback done) {
  if (!Join(request, done)) done(Outcome::kBusy);
}

bool CheckPool::Join(Request& request, Callback& done) {
  MutexLock lock(mutex_);
  if (stopped_) return false;
  const auto found = flights_.find(request.token);
  if (found != flights_.end()) {
    if (found->second.waiting.size() >= kMostOnOneFlight) return false;
    found->second.waiting.push_back(std::move(done));
    return true;
  }
  if (queue_.size() >= most_waiting_ || Of(of_user_, request.user) >= kMostOfOneUser ||
      Of(of_network_, request.network) >= kMostOfOneNetwork) {
    return false;
  }
  ++of_user_[request.user];
  if (!request.network.empty()) ++of_network_[request.network];
  queue_.push_back(request.token);
  Flight flight{.user = std::move(request.user), .network = std::move(request.network), .check = std::move(request.check), .waiting = {}};
  flight.waiting.push_back(std::move(done));
  flights_.emplace(std::move(request.token), std::move(flight));
  changed_.notify_one();
  return true;
}

void CheckPool::Work() {
  for (;;) {
    std::string token;
    absl::AnyInvocable<bool()> check;
    {
      MutexLock lock(mutex_);
      while (queue_.empty() && !stopped_) changed_.wait(mutex_);
      if (stopped_) return;
      token = std::move(queue_.front());
      queue_.pop_front();
      check = std::move(flights_[token].check);
    }
    const Outcome outcome = check() ? Outcome::kRight : Outcome::kWrong;
    check = nullptr;  // holds the password
    for (Callback& done : Land(token)) done(outcome);
  }
}

std::vector<CheckPool::Callback> CheckPool::Land(const std::string& token) {
  MutexLock lock(mutex_);
  const auto flight = flights_.find(token);
  OneLess(of_user_, flight->second.user);
  if (!flight->second.network.empty()) OneLess(of_network_, flight->second.network);
  std::vector<Callback> waiting = std::move(flight->second.waiting);
  flights_.erase(flight);
  return waiting;
}

void CheckPool::Stop() {
  {
    MutexLock lock(mutex_);
    stopped_ = true;
    changed_.notify_all();
  }
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  std::vector<Callback> left;
  {
    MutexLock lock(mutex_);
    for (auto& [token, flight] : flights_) {
      for (Callback& done : flight.waiting) left.push_back(std::move(done));
    }
    flights_.clear();
    queue_.clear();
    of_user_.clear();
    of_network_.clear();
  }
  for (Callback& done : left) done(Outcome::kBusy);
}

}  // namespace mailwake::internal
