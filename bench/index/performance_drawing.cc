// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <array>
#include <cmath>
#include <sstream>
#include <string>
#include <string_view>

#include "bench/index/performance_page.h"

namespace mailwake::bench {
namespace {

constexpr int kLeft = 190;
constexpr int kWidth = 900;
constexpr int kBar = 14;
constexpr double kFromNs = 10;
constexpr double kToNs = 100'000;
constexpr std::array<std::string_view, 5> kColours = {"#1b7f5c", "#4a78b5", "#7fa3cf", "#b5883e", "#b04a4a"};

double X(double ns) {
  const double share = std::log(std::clamp(ns, kFromNs, kToNs) / kFromNs) / std::log(kToNs / kFromNs);
  return kLeft + share * (kWidth - kLeft - 90);
}

}  // namespace

std::string PerformanceDrawing(const Results& results) {
  const auto worlds = results.WorldsOf("cycle");
  const std::uint64_t pings = worlds.empty() ? 0 : worlds.begin()->first;
  std::ostringstream bars;
  int y = 60;
  for (const std::string_view workload : kWorkloads) {
    bars << "<text x=\"10\" y=\"" << y + kBar << "\" font-weight=\"bold\">" << workload << "</text>\n";
    for (std::size_t i = 0; i < kImpls.size(); ++i) {
      const Row* const row = results.Find({std::string(workload), std::string(kImpls[i]), pings, 1, 1});
      if (row == nullptr || !row->error.empty()) continue;
      bars << "<rect x=\"" << kLeft << "\" y=\"" << y << "\" width=\"" << X(row->real_ns) - kLeft << "\" height=\"" << kBar - 2
           << "\" fill=\"" << kColours[i] << "\"/><text x=\"" << X(row->real_ns) + 5 << "\" y=\"" << y + kBar - 3 << "\">" << kImpls[i]
           << " " << TimeText(row) << "</text>\n";
      y += kBar;
    }
    y += kBar;
  }
  std::ostringstream drawing;
  drawing << "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" << kWidth << "\" height=\"" << y + 10
          << "\" font-family=\"sans-serif\" font-size=\"11\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
          << "<text x=\"10\" y=\"20\" font-size=\"14\">Time an operation, " << pings
          << " PINGs, one device a mailbox, one thread (logarithmic; less is better)</text>\n";
  for (double ns = kFromNs; ns <= kToNs; ns *= 10) {
    drawing << "<line x1=\"" << X(ns) << "\" y1=\"45\" x2=\"" << X(ns) << "\" y2=\"" << y << "\" stroke=\"#ddd\"/><text x=\"" << X(ns) + 3
            << "\" y=\"42\" fill=\"#777\">" << (ns < 1000 ? ns : ns / 1000) << (ns < 1000 ? " ns" : " us") << "</text>\n";
  }
  if (const Row* const floor = results.Find({"floor_lookup", "floor", pings, 1, 1})) {
    drawing << "<line x1=\"" << X(floor->real_ns) << "\" y1=\"45\" x2=\"" << X(floor->real_ns) << "\" y2=\"" << y
            << "\" stroke=\"#b00\" stroke-dasharray=\"4 3\"/><text x=\"" << X(floor->real_ns) + 3
            << "\" y=\"54\" fill=\"#b00\">floor_lookup " << TimeText(floor) << "</text>\n";
  }
  drawing << bars.str() << "</svg>\n";
  return drawing.str();
}

}  // namespace mailwake::bench
