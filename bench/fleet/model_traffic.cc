// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>
#include <random>

#include "bench/fleet/traffic.h"

namespace mailwake::fleet {
namespace {

using std::chrono::microseconds;

constexpr int kMostRecipients = 58;
// A message with several recipients has k of them with weight k^-2.5: 3.9 on average.
constexpr double kFanOutSlope = -2.5;
// So that messages with one recipient are half of all deliveries.
constexpr double kOneRecipient = 0.797;
// The share of changes that are not deliveries.
constexpr double kOther = 0.15;
// The share of messages that go to the mailbox of the last one: an answer while somebody is writing.
constexpr double kAnswer = 0.02;

struct OtherChange {
  double weight;
  FolderSlot folder;
  ChangeKind kind;
  bool own;  // made on one of the mailbox's devices
};
constexpr std::array<OtherChange, 8> kOtherChanges = {{{6, kInbox, ChangeKind::kFlags, true},
                                                       {2, kInbox, ChangeKind::kDeleted, false},
                                                       {2, kSent, ChangeKind::kAdded, true},
                                                       {3, kCalendar, ChangeKind::kAdded, false},
                                                       {1, kCalendar, ChangeKind::kChanged, true},
                                                       {1, kContacts, ChangeKind::kAdded, false},
                                                       {1, kContacts, ChangeKind::kChanged, true},
                                                       {1, kTasks, ChangeKind::kAdded, false}}};

class ModelTraffic : public Traffic {
 public:
  explicit ModelTraffic(const ModelConfig& config) : config_(config), random_(config.seed) {
    std::vector<double> weights;
    double mean = 0;
    double sum = 0;
    for (int k = 2; k <= kMostRecipients; ++k) {
      weights.push_back(std::pow(k, kFanOutSlope));
      mean += k * weights.back();
      sum += weights.back();
    }
    fan_out_ = std::discrete_distribution<int>(weights.begin(), weights.end());
    const double message = kOneRecipient + (1 - kOneRecipient) * mean / sum;
    // Bursts are what is drawn, changes what is asked for.
    other_ = kOther * message / (1 - kOther + kOther * message);
    gap_ = std::exponential_distribution<double>(config.rate / (other_ + (1 - other_) * message));
    std::vector<double> others;
    for (const OtherChange& change : kOtherChanges) others.push_back(change.weight);
    which_other_ = std::discrete_distribution<std::size_t>(others.begin(), others.end());
  }

  std::optional<Burst> Next() override {
    seconds_ += gap_(random_);
    Burst burst{.at = microseconds(static_cast<std::int64_t>(seconds_ * 1e6)), .changes = {}};
    Chance() < other_ ? Other(burst) : Message(burst);
    return burst;
  }

 private:
  double Chance() { return std::uniform_real_distribution<double>(0, 1)(random_); }
  std::uint32_t Below(std::uint32_t bound) { return std::uniform_int_distribution<std::uint32_t>(0, bound - 1)(random_); }

  void Message(Burst& burst) {
    std::uint32_t recipients = Chance() < kOneRecipient ? 1 : static_cast<std::uint32_t>(2 + fan_out_(random_));
    recipients = std::min(recipients, config_.mailboxes);
    MailboxIndex mailbox = Chance() < kAnswer ? last_ : Below(config_.mailboxes);
    // A message to many goes to a list more often than not; each recipient files it as they like.
    while (burst.changes.size() < recipients) {
      const bool filed = Chance() < (recipients > 4 ? 0.3 : 0.05);
      burst.changes.push_back({.mailbox = mailbox, .folder = filed ? kLists : kInbox});
      last_ = mailbox;
      const auto taken = [&] { return std::ranges::any_of(burst.changes, [&](const auto& c) { return c.mailbox == mailbox; }); };
      while (burst.changes.size() < recipients && taken()) mailbox = Below(config_.mailboxes);
    }
  }

  void Other(Burst& burst) {
    const OtherChange& other = kOtherChanges[which_other_(random_)];
    TrafficChange change{.mailbox = Below(config_.mailboxes), .folder = other.folder, .kind = other.kind};
    if (other.own) change.origin = Below(config_.devices_per_mailbox);
    burst.changes.push_back(change);
  }

  const ModelConfig config_;
  std::mt19937_64 random_;
  std::discrete_distribution<int> fan_out_;
  std::discrete_distribution<std::size_t> which_other_;
  std::exponential_distribution<double> gap_;
  double other_ = 0;
  double seconds_ = 0;
  MailboxIndex last_ = 0;
};

}  // namespace

std::unique_ptr<Traffic> NewModelTraffic(const ModelConfig& config) { return std::make_unique<ModelTraffic>(config); }

}  // namespace mailwake::fleet
