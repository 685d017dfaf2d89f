// SPDX-License-Identifier: Apache-2.0
//
// TestDirectory: a directory that goes away with its object.

#ifndef MAILWAKE_TESTS_ADAPTERS_ACCOUNTS_TEST_DIRECTORY_H_
#define MAILWAKE_TESTS_ADAPTERS_ACCOUNTS_TEST_DIRECTORY_H_

#include <cstdlib>
#include <filesystem>
#include <string>

namespace mailwake {

class TestDirectory {
 public:
  TestDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "mailwake_accounts_XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~TestDirectory() { std::filesystem::remove_all(path_); }
  TestDirectory(const TestDirectory&) = delete;

  std::string File(const std::string& name) const { return path_ + "/" + name; }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(path_), std::filesystem::directory_iterator()));
  }

 private:
  std::string path_;
};

}  // namespace mailwake

#endif  // MAILWAKE_TESTS_ADAPTERS_ACCOUNTS_TEST_DIRECTORY_H_
