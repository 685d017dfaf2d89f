// SPDX-License-Identifier: Apache-2.0
//
// NthCall: says of a row of calls that the n-th fails, or the n-th and all that follow.
//
// Threads:    one thread.
// Example:    NthCall calls; calls.Arm(3, /*sticky=*/false); if (calls.Strikes()) return done(absl::UnavailableError("the test says so"));

#ifndef MAILWAKE_TESTS_SUPPORT_NTH_CALL_H_
#define MAILWAKE_TESTS_SUPPORT_NTH_CALL_H_

namespace mailwake {

class NthCall {
 public:
  void Arm(int n, bool sticky) { left_ = n, sticky_ = sticky, armed_ = true, struck_ = false; }
  void Heal() { armed_ = false; }
  // Counts this call.
  bool Strikes() {
    if (!armed_) return false;
    --left_;
    if (left_ > 0 || (left_ < 0 && !sticky_)) return false;
    return struck_ = true;
  }
  // Since the last Arm.
  bool struck() const { return struck_; }

 private:
  int left_ = 0;
  bool sticky_ = false, armed_ = false, struck_ = false;
};

}  // namespace mailwake

#endif  // MAILWAKE_TESTS_SUPPORT_NTH_CALL_H_
