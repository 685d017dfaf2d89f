// SPDX-License-Identifier: Apache-2.0
//
// The suite that every store must pass. Link mailwake::store_conformance into a test of your own and say how your store is made.
//
// Example:
//   class MyHarness : public mailwake::StoreHarness { ... };   // docs/guides/writing-a-store.md has a whole one
//   INSTANTIATE_TEST_SUITE_P(My, mailwake::StoreConformance, testing::Values([] { return std::make_unique<MyHarness>(); }));

#ifndef MAILWAKE_ADAPTERS_STORE_CONFORMANCE_H_
#define MAILWAKE_ADAPTERS_STORE_CONFORMANCE_H_

#include <gtest/gtest.h>

#include <functional>
#include <iosfwd>
#include <memory>

#include "mailwake/store.h"

namespace mailwake {

// One place where data of a store lives, and the store that is open on it.
class StoreHarness {
 public:
  virtual ~StoreHarness() = default;
  // Opens the store on the same data; the one that was open before has been destroyed.
  virtual std::unique_ptr<Store> Open() = 0;
  // Makes the store go as kill -9 or power loss would make it go. False: this store cannot do that.
  virtual bool Kill(std::unique_ptr<Store> store) { return store.reset(), false; }
  // The next commits fail (and nothing of them may stay) until told otherwise. False: this store cannot do that.
  virtual bool FailCommits(bool fail) { return (void)fail, false; }
};

using StoreHarnessFactory = std::function<std::unique_ptr<StoreHarness>()>;

// Found by googletest, which would else print the bytes of the factory into the names of the tests.
void PrintTo(const StoreHarnessFactory& factory, std::ostream* out);

class StoreConformance : public testing::TestWithParam<StoreHarnessFactory> {};

}  // namespace mailwake

#endif  // MAILWAKE_ADAPTERS_STORE_CONFORMANCE_H_
