// SPDX-License-Identifier: Apache-2.0
//
// Tables of recorded documents that lie beside the source tree, or where MAILWAKE_FIXTURES says. Tests skip when there are none.
#ifndef MAILWAKE_TESTS_ACTIVESYNC_FIXTURES_H_
#define MAILWAKE_TESTS_ACTIVESYNC_FIXTURES_H_

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace mailwake::test {

// Rows of a tab-separated table without its heading; empty if there is no such file.
inline std::vector<std::vector<std::string>> FixtureRows(const std::string& file) {
  const char* folder = std::getenv("MAILWAKE_FIXTURES");
  std::ifstream in(std::string(folder != nullptr ? folder : MAILWAKE_FIXTURES_DEFAULT) + "/" + file);
  std::vector<std::vector<std::string>> rows;
  std::string line;
  std::getline(in, line);
  while (std::getline(in, line)) {
    std::vector<std::string> cells;
    std::stringstream cell_stream(line);
    for (std::string cell; std::getline(cell_stream, cell, '\t');) cells.push_back(cell);
    if (!cells.empty()) rows.push_back(std::move(cells));
  }
  return rows;
}

}  // namespace mailwake::test

#endif  // MAILWAKE_TESTS_ACTIVESYNC_FIXTURES_H_
