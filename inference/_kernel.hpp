// Documents to feature counts, TF-IDF rows and scores, without Python.
//
// What makes it fast: the str's own UCS buffer is read, no encoding in between (_text.hpp); a token's own features (word,
// stem, character n-grams) are looked up once per distinct token and remembered, the slots of an article's word n-grams
// are prefetched before the first is looked at, and where a vocabulary is made, n-grams too rare to be kept are passed
// over before they get a number (_counts.hpp); weights are one row per feature (below).
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "_counts.hpp"

namespace khabar {

// What a count weighs: 1 + log(tf), or tf itself.
class TermWeights {
 public:
  explicit TermWeights(bool sublinear) : sublinear_(sublinear), table_(SIZE) {
    for (size_t tf = 1; tf < SIZE; ++tf) table_[tf] = compute(tf);
  }
  double operator()(uint32_t tf) const { return tf < SIZE ? table_[tf] : compute(tf); }

 private:
  static constexpr size_t SIZE = 1024;
  double compute(uint32_t tf) const { return sublinear_ ? 1.0 + std::log(double(tf)) : double(tf); }

  bool sublinear_;
  std::vector<double> table_;
};

// A document's TF-IDF weights: columns in order, of unit L2 norm, computed in double.
class TfIdfRow {
 public:
  explicit TfIdfRow(const TermWeights& weigh) : weigh_(weigh) {}

  size_t size() const { return entries_.size(); }
  void add(uint32_t column, uint32_t count) { entries_.push_back(uint64_t{column} << 32 | count); }

  // Writes the row, and begins the next one; the idf of a column is at column times the stride.
  template <class Idf>
  void write(const Idf* idf, size_t stride, int32_t* columns, float* values) {
    std::sort(entries_.begin(), entries_.end());  // column and count in one number sort faster than a pair
    weighed_.resize(entries_.size());
    double square = 0.0;
    for (size_t k = 0; k < entries_.size(); ++k) {
      const uint32_t column = static_cast<uint32_t>(entries_[k] >> 32);
      columns[k] = static_cast<int32_t>(column);
      weighed_[k] = weigh_(static_cast<uint32_t>(entries_[k])) * idf[column * stride];
      square += weighed_[k] * weighed_[k];
    }
    const double norm = square > 0.0 ? std::sqrt(square) : 1.0;
    for (size_t k = 0; k < entries_.size(); ++k) values[k] = static_cast<float>(weighed_[k] / norm);
    entries_.clear();
  }

 private:
  const TermWeights& weigh_;
  std::vector<uint64_t> entries_;
  std::vector<double> weighed_;
};

// A block's features as rows: idf, then idf times the weight of each output, then zeros up to the stride.
struct Rows {
  const float* data;
  size_t stride;
};
constexpr size_t LANES = 4;

template <size_t STRIDE>
inline __attribute__((always_inline)) double sum_rows(const Counter& counter, const TermWeights& weigh, Rows rows,
                                                      float* total) {
  const size_t stride = STRIDE ? STRIDE : rows.stride, n = counter.n_seen();
  const uint32_t* seen = counter.seen();
  double square = 0.0;
  float sums[STRIDE ? STRIDE : 1] = {};
  float* __restrict sum = STRIDE ? sums : total;
  for (size_t k = 0; k < n; ++k) {
    if (k + AHEAD < n)
      for (size_t at = 0; at < stride; at += 16) __builtin_prefetch(rows.data + seen[k + AHEAD] * stride + at);
    const float* __restrict row = rows.data + seen[k] * stride;
    const double tf = weigh(counter.counts()[seen[k]]);
    const double value = tf * row[0];
    square += value * value;
    const float factor = static_cast<float>(tf);
    for (size_t at = 0; at < stride; ++at) sum[at] += factor * row[at];
  }
  if (STRIDE)
    for (size_t at = 0; at < stride; ++at) total[at] = sums[at];
  return square;
}

// Sums the rows of a document's features, weighed; gives the squared L2 norm of its TF-IDF vector. `total` has
// `stride` floats, zero before. Built with -ffp-contract=off: no fused multiply-add, so that every machine
// gives the same sums.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && defined(__gnu_linux__)
__attribute__((target_clones("avx512f", "avx2", "default")))
#endif
static double add_rows(const Counter& counter, const TermWeights& weigh, Rows rows, float* total) {
  switch (rows.stride) {
    case 4: return sum_rows<4>(counter, weigh, rows, total);
    case 8: return sum_rows<8>(counter, weigh, rows, total);
    case 20: return sum_rows<20>(counter, weigh, rows, total);
    case 24: return sum_rows<24>(counter, weigh, rows, total);
    case 36: return sum_rows<36>(counter, weigh, rows, total);
    case 40: return sum_rows<40>(counter, weigh, rows, total);
    default: return sum_rows<0>(counter, weigh, rows, total);
  }
}

}  // namespace khabar
