// Linear machines of several labels at once, by dual coordinate descent: the C++ side of _solver.pyx.
//
// C.-J. Hsieh et al., A Dual Coordinate Descent Method for Large-scale Linear SVM, ICML 2008, for the squared hinge
// loss, with its shrinking: the optimum is that of liblinear's solver 1. What is different is the order of the work.
// The labels are independent problems over the same rows, so the weights of up to LANES labels lie side by side and
// one pass over a row serves all of them: a row's features are looked up once, not once a label. It is these look-ups
// that take the time, as the weights do not fit into the nearest caches.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <vector>

namespace khabar {

constexpr size_t LANES = 4;

// Rows in CSR form.
struct Matrix {
  const int64_t* indptr;
  const int32_t* indices;
  const float* data;
  size_t rows, columns;
};

// Shuffles the same on every machine, which the standard library's need not.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15ULL + 0x2545F4914F6CDD1DULL) {}

  size_t below(size_t n) {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return static_cast<size_t>(((state_ * 0x2545F4914F6CDD1DULL) >> 32) * static_cast<uint64_t>(n) >> 32);
  }

 private:
  uint64_t state_;
};

// A weight for each label of the chunk.
struct Weights {
  float of[LANES];
};

inline void dot(const Matrix& x, size_t row, const std::vector<Weights>& weights, float* sum) {
  float total[LANES] = {};
  for (int64_t at = x.indptr[row]; at < x.indptr[row + 1]; ++at) {
    const float value = x.data[at];
    const float* own = weights[x.indices[at]].of;
    for (size_t k = 0; k < LANES; ++k) total[k] += value * own[k];
  }
  std::copy(total, total + LANES, sum);
}

inline void add(const Matrix& x, size_t row, const float* step, std::vector<Weights>& weights) {
  for (int64_t at = x.indptr[row]; at < x.indptr[row + 1]; ++at) {
    const float value = x.data[at];
    float* own = weights[x.indices[at]].of;
    for (size_t k = 0; k < LANES; ++k) own[k] += value * step[k];
  }
}

// What is solved: `target` and `cost` have a value for each row and label of the chunk, row by row.
struct Problem {
  Matrix x;
  const int8_t* target;  // 1 holds, -1 does not, 0 is unknown: the row is not this label's
  const double* cost;    // C of the row for the label
  size_t labels;         // up to LANES
  double intercept;      // value of the feature that all rows share; 0 for none
  double tolerance;
  size_t most_rounds;
  uint64_t seed;
};

class HingeSolver {
 public:
  explicit HingeSolver(const Problem& problem)
      : p_(problem), weights_(problem.x.columns), alpha_(problem.x.rows * problem.labels), norm_(problem.x.rows) {
    for (size_t row = 0; row < p_.x.rows; ++row) {
      double sum = p_.intercept * p_.intercept;
      for (int64_t at = p_.x.indptr[row]; at < p_.x.indptr[row + 1]; ++at) {
        sum += static_cast<double>(p_.x.data[at]) * p_.x.data[at];
      }
      norm_[row] = sum;
    }
  }

  // Gives the number of rounds each label took; most_rounds of one that did not get below the tolerance.
  void solve(int32_t* rounds) {
    const size_t n = p_.x.rows, k = p_.labels;
    // A bit for each label of which the row is active, that is, not shrunk.
    std::vector<uint8_t> active(n), all(n);
    for (size_t row = 0; row < n; ++row) {
      for (size_t label = 0; label < k; ++label) {
        all[row] |= static_cast<uint8_t>((p_.target[row * k + label] != 0) << label);
      }
    }
    active = all;
    std::vector<size_t> order(n);
    std::iota(order.begin(), order.end(), size_t{0});
    size_t count = n;
    uint8_t open = static_cast<uint8_t>((1u << k) - 1), whole = open;
    constexpr double infinity = std::numeric_limits<double>::infinity();
    std::vector<double> highest_before(k, infinity);
    Random random(p_.seed);
    for (size_t round = 1; round <= p_.most_rounds && open; ++round) {
      std::vector<double> highest(k, -infinity), lowest(k, infinity);
      for (size_t at = 0; at < count; ++at) std::swap(order[at], order[at + random.below(count - at)]);
      for (size_t at = 0; at < count; ++at) {
        const size_t row = order[at];
        const uint8_t labels = active[row] & open;
        if (!labels) {  // shrunk for all labels: out of the way
          std::swap(order[at--], order[--count]);
          continue;
        }
        visit(row, labels, active[row], highest_before.data(), highest.data(), lowest.data());
      }
      for (size_t label = 0; label < k; ++label) {
        const uint8_t bit = static_cast<uint8_t>(1u << label);
        if (!(open & bit)) continue;
        rounds[label] = static_cast<int32_t>(round);
        if (!(highest[label] - lowest[label] > p_.tolerance)) {
          if (whole & bit) {
            open &= static_cast<uint8_t>(~bit);
            continue;
          }
          // The optimum over the active rows: look at all rows again before believing it.
          for (size_t row = 0; row < n; ++row) active[row] |= all[row] & bit;
          whole |= bit;
          count = n;
          highest_before[label] = infinity;
        } else {
          whole &= static_cast<uint8_t>(~bit);
          highest_before[label] = highest[label] > 0 ? highest[label] : infinity;
        }
      }
    }
  }

  // The weights, summed up anew from the dual, since the sums of the descent have drifted: one column of `columns` a
  // label, then its intercept.
  void weights(double* out, double* intercepts) {
    const size_t k = p_.labels;
    std::fill(weights_.begin(), weights_.end(), Weights{});
    std::fill(shared_, shared_ + LANES, 0.0);
    for (size_t row = 0; row < p_.x.rows; ++row) {
      float step[LANES] = {};
      bool any = false;
      for (size_t label = 0; label < k; ++label) {
        const double change = alpha_[row * k + label] * p_.target[row * k + label];
        step[label] = static_cast<float>(change);
        shared_[label] += change * p_.intercept;
        any |= change != 0;
      }
      if (any) add(p_.x, row, step, weights_);
    }
    for (size_t label = 0; label < k; ++label) {
      for (size_t column = 0; column < p_.x.columns; ++column) out[label * p_.x.columns + column] = weights_[column].of[label];
      intercepts[label] = shared_[label] * p_.intercept;
    }
  }

 private:
  void visit(size_t row, uint8_t labels, uint8_t& active, const double* highest_before, double* highest, double* lowest) {
    const size_t k = p_.labels;
    float sum[LANES], step[LANES] = {};
    dot(p_.x, row, weights_, sum);
    bool moved = false;
    for (size_t label = 0; label < k; ++label) {
      const uint8_t bit = static_cast<uint8_t>(1u << label);
      if (!(labels & bit)) continue;
      const size_t cell = row * k + label;
      const double sign = p_.target[cell], diagonal = 0.5 / p_.cost[cell];
      double& alpha = alpha_[cell];
      const double gradient = sign * (sum[label] + p_.intercept * shared_[label]) - 1 + diagonal * alpha;
      double projected = gradient;
      if (alpha == 0) {
        if (gradient > highest_before[label]) {
          active &= static_cast<uint8_t>(~bit);
          continue;
        }
        projected = std::min(gradient, 0.0);
      }
      highest[label] = std::max(highest[label], projected);
      lowest[label] = std::min(lowest[label], projected);
      if (std::fabs(projected) > 1e-12) {
        const double before = alpha;
        alpha = std::max(alpha - gradient / (norm_[row] + diagonal), 0.0);
        const double change = (alpha - before) * sign;
        step[label] = static_cast<float>(change);
        shared_[label] += change * p_.intercept;
        moved = true;
      }
    }
    if (moved) add(p_.x, row, step, weights_);
  }

  const Problem p_;
  std::vector<Weights> weights_;
  std::vector<double> alpha_, norm_;
  double shared_[LANES] = {};  // weights of the feature that all rows share
};

}  // namespace khabar
