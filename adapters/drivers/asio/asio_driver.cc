// SPDX-License-Identifier: Apache-2.0
#include "mailwake/adapters/asio_driver.h"

#include <atomic>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <optional>
#include <vector>

#include "adapters/drivers/asio/steady_wall_time.h"
#include "mailwake/mutex.h"

namespace mailwake {
namespace {

// Ends delivered in one turn of a loop; what is left waits for the next turn, so that sockets are served in between.
constexpr std::size_t kMostInOneTurn = 1024;

// One loop that delivers. Poke() from any thread; the rest on the loop.
class DeliveryLoop : public std::enable_shared_from_this<DeliveryLoop> {
 public:
  DeliveryLoop(Engine& engine, boost::asio::io_context& io) : engine_(&engine), io_(io) {}

  // One post until it ran, however often it is poked.
  void Poke() {
    if (posted_.exchange(true)) return;
    MutexLock lock(gate_);
    if (engine_ != nullptr) boost::asio::post(io_, [weak = weak_from_this()] { Turn(weak); });
  }

  // Waits for a delivery that runs on the loop's own thread. REQUIRES: not called by that delivery.
  void Stop() {
    MutexLock turn(turn_);
    MutexLock lock(gate_);
    engine_ = nullptr;
  }

  void set_id(LoopId id) { id_ = id; }

 private:
  static void Turn(const std::weak_ptr<DeliveryLoop>& weak) {
    const std::shared_ptr<DeliveryLoop> self = weak.lock();
    if (self == nullptr) return;
    std::size_t delivered = 0;
    {
      MutexLock turn(self->turn_);
      self->posted_ = false;  // before Deliver: what becomes ready during it must post again
      Engine* engine = self->engine();
      if (engine != nullptr) delivered = engine->Deliver(self->id_, kMostInOneTurn);
    }
    if (delivered == kMostInOneTurn) self->Poke();
  }

  Engine* engine() {
    MutexLock lock(gate_);
    return engine_;
  }

  Mutex turn_ ABSL_ACQUIRED_BEFORE(gate_);  // held while the engine delivers: Stop waits for it
  Mutex gate_;                              // held while posting: after Stop nobody touches the io_context
  Engine* engine_ ABSL_GUARDED_BY(gate_);
  boost::asio::io_context& io_;
  std::atomic<LoopId> id_{0};
  std::atomic<bool> posted_{false};
};

}  // namespace

class AsioDriver::Impl : public std::enable_shared_from_this<Impl> {
 public:
  void Bind(boost::asio::io_context& main) {
    MutexLock lock(gate_);
    main_ = &main;
  }

  void Start(Engine& engine) {
    engine_ = &engine;
    timer_.emplace(*main());
    Poke();
  }

  LoopId AddLoop(boost::asio::io_context& io) {
    auto loop = std::make_shared<DeliveryLoop>(*engine_, io);
    const LoopId id = engine_->AddLoop([weak = std::weak_ptr(loop)] {
      if (auto alive = weak.lock()) alive->Poke();
    });
    loop->set_id(id);
    loops_.push_back(std::move(loop));
    return id;
  }

  void Stop() {
    for (const auto& loop : loops_) loop->Stop();
    MutexLock lock(gate_);
    main_ = nullptr;
    engine_ = nullptr;
    timer_.reset();
  }

  // The deadline moved: look at it again. Any thread; one post until it ran.
  void Poke() {
    if (posted_.exchange(true)) return;
    MutexLock lock(gate_);
    if (main_ == nullptr) return;
    boost::asio::post(*main_, [weak = weak_from_this()] {
      if (auto self = weak.lock()) self->Turn();
    });
  }

 private:
  boost::asio::io_context* main() {
    MutexLock lock(gate_);
    return main_;
  }

  // On `main`: advances, then sleeps until the next deadline.
  void Turn() {
    posted_ = false;  // before advance(): a deadline that moves during it must post again
    if (engine_ == nullptr) return;
    const std::size_t delivered = engine_->advance(SteadyWallTime());
    if (engine_ == nullptr) return;  // a completion stopped the driver
    const std::optional<Time> deadline = engine_->next_deadline();
    if (!deadline.has_value()) {
      armed_.reset();
      timer_->cancel();
      return;
    }
    const Time now = SteadyWallTime();
    if (*deadline > now) return Arm(*deadline);
    // Still due: a batch was bounded, or the clock moved on. Let other handlers run first; without progress, let time pass too.
    if (delivered > 0) return Poke();
    Arm(now + Duration(1));
  }

  void Arm(Time deadline) {
    if (armed_ == deadline) return;
    armed_ = deadline;
    timer_->expires_at(internal::WhenIs(deadline));  // cancels the wait before
    timer_->async_wait([weak = weak_from_this(), deadline](const boost::system::error_code&) {
      auto self = weak.lock();
      if (self == nullptr || self->armed_ != deadline) return;  // replaced meanwhile
      self->armed_.reset();
      self->Turn();
    });
  }

  Mutex gate_;  // held while posting: after Stop nobody touches the io_context
  boost::asio::io_context* main_ ABSL_GUARDED_BY(gate_) = nullptr;
  std::atomic<bool> posted_{false};

  // Of `main`'s thread, but for Start, AddLoop and Stop.
  Engine* engine_ = nullptr;
  std::optional<boost::asio::steady_timer> timer_;
  std::optional<Time> armed_;
  std::vector<std::shared_ptr<DeliveryLoop>> loops_;
};

AsioDriver::AsioDriver() : impl_(std::make_shared<Impl>()) {}

AsioDriver::~AsioDriver() { impl_->Stop(); }

Options AsioDriver::Bind(Options options, boost::asio::io_context& main) {
  impl_->Bind(main);
  options.clock = SteadyWallTime;
  options.deadline_moved = [weak = std::weak_ptr(impl_)] {
    if (auto impl = weak.lock()) impl->Poke();
  };
  return options;
}

void AsioDriver::Start(Engine& engine) { impl_->Start(engine); }

LoopId AsioDriver::AddLoop(boost::asio::io_context& loop) { return impl_->AddLoop(loop); }

void AsioDriver::Stop() { impl_->Stop(); }

}  // namespace mailwake
