// SPDX-License-Identifier: Apache-2.0
//
// TempDir: a directory that goes with the test.

#ifndef MAILWAKE_TESTS_ADAPTERS_STORES_TEMP_DIR_H_
#define MAILWAKE_TESTS_ADAPTERS_STORES_TEMP_DIR_H_

#include <stdlib.h>

#include <filesystem>
#include <string>

namespace mailwake {

class TempDir {
 public:
  TempDir() {
    std::string name = (std::filesystem::temp_directory_path() / "mailwake-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  std::string File(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace mailwake

#endif  // MAILWAKE_TESTS_ADAPTERS_STORES_TEMP_DIR_H_
