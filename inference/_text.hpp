// A str's buffer to tokens, numbered, with the ids of their spellings: the compiled side of text.py.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "_tables.hpp"

namespace khabar {

// The entries of the code-point table, as text.py defines them.
constexpr uint32_t CODE_POINT = 0x1FFFFF, WORD = 1u << 31, COMPOSES = 1u << 30, EXPANDS = 1u << 29;
constexpr uint32_t DELETED = CODE_POINT;
constexpr size_t MIN_TOKEN_LENGTH = 2;

// 64-bit ids: a multiplicative rolling hash over code points, mixed at the end; n-grams of words chain the
// ids of their words.
constexpr uint64_t SEED = 0x2545F4914F6CDD1Dull;
inline uint64_t roll(uint64_t hash, uint32_t c) { return (hash ^ c) * 0x9E3779B97F4A7C15ull; }
inline uint64_t mix(uint64_t hash) {
  hash ^= hash >> 32;
  hash *= 0xD6E8FEB86659FD93ull;
  return hash ^ (hash >> 32);
}
inline uint64_t chain(uint64_t ngram, uint64_t word) { return mix(ngram * 0xFF51AFD7ED558CCDull + word); }
inline uint64_t id_of(const uint32_t* letters, size_t n) {
  uint64_t hash = SEED;
  for (size_t i = 0; i < n; ++i) hash = roll(hash, letters[i]);
  return mix(hash);
}

// The distinct tokens seen so far, numbered, with their letters.
class Lexicon {
 public:
  size_t size() const { return index_.size(); }
  uint64_t id(uint32_t token) const { return index_.ids()[token]; }
  void prefetch(uint64_t id) const { index_.prefetch(id); }
  const uint32_t* letters(uint32_t token) const { return letters_.data() + begin(token); }
  size_t length(uint32_t token) const { return ends_[token] - begin(token); }

  uint32_t number(uint64_t id, const uint32_t* letters, size_t n) {
    bool added;
    uint32_t token = index_.number(id, added);
    if (added) {
      letters_.insert(letters_.end(), letters, letters + n);
      ends_.push_back(letters_.size());
    }
    return token;
  }
  void clear() {
    index_.clear();
    letters_.clear();
    ends_.clear();
  }

 private:
  size_t begin(uint32_t token) const { return token ? ends_[token - 1] : 0; }

  Index index_;
  std::vector<uint32_t> letters_;
  std::vector<size_t> ends_;
};

struct Table {
  const uint16_t* stage1;
  const uint32_t* stage2;
  const uint32_t* expansions;
};

// A str's buffer: `kind` bytes a code point, `length` code points.
struct Text {
  int kind;
  const void* data;
  size_t length;
};

// The tokens of one text: number in the lexicon, id, and the code point at which each starts.
struct Tokens {
  std::vector<uint32_t> numbers;
  std::vector<uint64_t> ids;
  std::vector<size_t> starts;
  size_t size() const { return ids.size(); }
  void clear() {
    numbers.clear();
    ids.clear();
    starts.clear();
  }
};

// Text to tokens. The letters of many tokens are read before the first is looked up, so that the look-ups
// overlap.
class Reader {
 public:
  explicit Reader(Table table) : table_(table) {}

  // Reads tokens that start before `max_chars`; false where the text has to be composed first.
  bool read(const Text& text, size_t max_chars, bool composed, Tokens& out) {
    out.clear();
    switch (text.kind) {
      case 1: return scan(static_cast<const uint8_t*>(text.data), text.length, max_chars, composed, out);
      case 2: return scan(static_cast<const uint16_t*>(text.data), text.length, max_chars, composed, out);
      default: return scan(static_cast<const uint32_t*>(text.data), text.length, max_chars, composed, out);
    }
  }

  Lexicon lexicon;

 private:
  static constexpr size_t WAITING = 1024;  // tokens read before they are looked up

  template <class Unit>
  bool scan(const Unit* data, size_t length, size_t max_chars, bool composed, Tokens& out) {
    uint64_t hash = SEED;
    size_t begin = 0, n = 0, first = 0;  // the token being read: where its letters stand, how many, since where
    const auto end_word = [&] {
      if (n >= MIN_TOKEN_LENGTH) {
        uint64_t id = mix(hash);
        lexicon.prefetch(id);
        out.ids.push_back(id);
        out.starts.push_back(first);
        begin += n;
        ends_.push_back(begin);
        if (ends_.size() == WAITING) begin = look_up(out);
      }
      hash = SEED;
      n = 0;
    };
    const auto take = [&](uint32_t entry, uint32_t letter, size_t at) {
      if (entry & WORD) {
        if (n == 0) first = at;
        if (begin + n == letters_.size()) letters_.resize(2 * letters_.size());
        letters_[begin + n++] = letter;
        hash = roll(hash, letter);
      } else if (letter != DELETED) {
        end_word();
      }
    };
    ends_.clear();
    for (size_t i = 0; i < length; ++i) {
      if (n == 0 && i >= max_chars) break;
      uint32_t c = data[i];
      uint32_t entry = table_.stage2[(size_t(table_.stage1[c >> 8]) << 8) | (c & 255)];
      if (entry & (COMPOSES | EXPANDS)) {
        if ((entry & COMPOSES) && !composed) return false;
        if (entry & EXPANDS) {
          const uint32_t* expansion = table_.expansions + (entry & CODE_POINT);
          for (uint32_t k = 1; k <= *expansion; ++k) take(expansion[k], expansion[k] & CODE_POINT, i);
          continue;
        }
      }
      take(entry, entry & CODE_POINT ? entry & CODE_POINT : c, i);
    }
    end_word();
    look_up(out);
    return true;
  }

  // Numbers the waiting tokens; gives where the next letters go.
  size_t look_up(Tokens& out) {
    size_t begin = 0;
    for (size_t end : ends_) {
      out.numbers.push_back(lexicon.number(out.ids[out.numbers.size()], letters_.data() + begin, end - begin));
      begin = end;
    }
    ends_.clear();
    return 0;
  }

  Table table_;
  std::vector<uint32_t> letters_ = std::vector<uint32_t>(4096);
  std::vector<size_t> ends_;
};

}  // namespace khabar
