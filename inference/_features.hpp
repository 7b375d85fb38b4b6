// Tokens to the features of one token each, and what a block of features is: the compiled side of features.py.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "_text.hpp"

namespace khabar {

constexpr size_t STEM_PREFIX = 4;

// The light stem of features.py: a prefix and suffixes cut off, so a part of the token itself.
inline void light_stem(const uint32_t*& w, size_t& n) {
  constexpr uint32_t ALEF = 0x627, BEH = 0x628, TEH = 0x62A, FEH = 0x641, KAF = 0x643, LAM = 0x644, NOON = 0x646,
                     HEH = 0x647, WAW = 0x648, YEH = 0x64A;
  static const uint32_t SUFFIXES[8][2] = {{HEH, ALEF}, {ALEF, NOON}, {ALEF, TEH}, {WAW, NOON},
                                          {YEH, NOON}, {YEH, HEH},   {HEH, 0},    {YEH, 0}};
  if (n >= 4 && w[0] == WAW) ++w, --n;
  if (n >= 5 && (w[0] == WAW || w[0] == BEH || w[0] == KAF || w[0] == FEH) && w[1] == ALEF && w[2] == LAM)
    w += 3, n -= 3;
  else if (n >= 4 && w[1] == LAM && (w[0] == ALEF || w[0] == LAM))
    w += 2, n -= 2;
  for (const auto& suffix : SUFFIXES) {
    size_t k = suffix[1] ? 2 : 1;
    if (n >= k + 2 && w[n - k] == suffix[0] && (k == 1 || w[n - 1] == suffix[1])) n -= k;
  }
}

enum Kind { WORDS, CHAR_WB, STEM, STEM_PREFIX_KIND };

struct Block {
  Kind kind;
  size_t min_n, max_n;
  uint32_t title_weight;
  size_t max_chars;
};

// Calls found(id, letters, n) for each feature of a block that depends on one token alone.
template <class Found>
void token_features(const Block& block, const uint32_t* letters, size_t n, std::vector<uint32_t>& padded,
                    Found&& found) {
  if (block.kind == WORDS) {
    if (block.min_n <= 1) found(id_of(letters, n), nullptr, 1);  // the token itself
  } else if (block.kind == CHAR_WB) {
    padded.assign(1, ' ');
    padded.insert(padded.end(), letters, letters + n);
    padded.push_back(' ');
    for (size_t size = block.min_n; size <= block.max_n; ++size) {
      if (size >= padded.size()) {  // a short word counts once, whole, as scikit-learn has it
        found(id_of(padded.data(), padded.size()), padded.data(), static_cast<uint32_t>(padded.size()));
        break;
      }
      for (size_t at = 0; at + size <= padded.size(); ++at)
        found(id_of(padded.data() + at, size), padded.data() + at, size);
    }
  } else {
    light_stem(letters, n);
    if (block.kind == STEM_PREFIX_KIND) n = std::min(n, STEM_PREFIX);
    found(id_of(letters, n), letters, n);
  }
}

}  // namespace khabar
