// SPDX-License-Identifier: Apache-2.0
#include "adapters/fronts/https/poller.h"

#include <algorithm>

#include "adapters/fronts/https/file_descriptor.h"

namespace mailwake::internal {

Poller::Poller(boost::asio::io_context& io) {
  FileDescriptor epoll(::epoll_create1(EPOLL_CLOEXEC));
  auto descriptor = std::make_unique<Descriptor>(io);
  boost::system::error_code ec;
  if (epoll.get() < 0 || descriptor->assign(epoll.get(), ec)) return;
  epoll.Release();
  epoll_ = std::move(descriptor);
}

bool Poller::Add(int fd, Watched& watched) {
  if (epoll_ == nullptr) return false;
  epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data = {.ptr = &watched}};
  if (::epoll_ctl(epoll_->native_handle(), EPOLL_CTL_ADD, fd, &event) != 0) return false;
  Wait();
  return true;
}

void Poller::Remove(int fd, Watched& watched) {
  epoll_event none{};
  if (epoll_ != nullptr) ::epoll_ctl(epoll_->native_handle(), EPOLL_CTL_DEL, fd, &none);
  for (epoll_event& event : told_) {
    if (event.data.ptr == &watched) event.data.ptr = nullptr;
  }
}

void Poller::Wait() {
  if (waiting_ || epoll_ == nullptr) return;
  waiting_ = true;
  epoll_->async_wait(Descriptor::wait_read, [weak = weak_from_this()](const boost::system::error_code& ec) {
    const auto self = weak.lock();
    if (self == nullptr || ec) return;
    self->waiting_ = false;
    self->Turn();
    self->Wait();
  });
}

void Poller::Turn() {
  const int got = ::epoll_wait(epoll_->native_handle(), events_.data(), static_cast<int>(events_.size()), 0);
  told_ = std::span(events_).first(static_cast<std::size_t>(std::max(got, 0)));
  while (!told_.empty()) {
    const epoll_event event = told_.front();
    told_ = told_.subspan(1);
    if (event.data.ptr != nullptr) static_cast<Watched*>(event.data.ptr)->Ready(event.events);
  }
}

}  // namespace mailwake::internal
