// Documents to feature counts and scores, without Python: the compiled side of text.py and features.py.
//
// What makes it fast: the str's own UCS buffer is read, no encoding in between; a token's own features (word,
// stem, character n-grams) are looked up once per distinct token and remembered; the slots of an article's
// word n-grams are prefetched before the first is looked at; weights are one row per feature; where a vocabulary
// is made, n-grams too rare to be kept are passed over before they get a number.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <stdexcept>
#include <vector>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace khabar {

// Memory for tables that are looked up at random: in pages of 2 MB where the system has them, since with pages of
// 4 kB nearly every look-up would have to find its page first.
template <class T>
struct LargePages {
  using value_type = T;
  static constexpr size_t PAGE_BYTES = size_t{1} << 21;

  LargePages() = default;
  template <class Other>
  LargePages(const LargePages<Other>&) {}

  T* allocate(size_t n) {
    if (n * sizeof(T) < PAGE_BYTES) return static_cast<T*>(::operator new(n * sizeof(T)));
    const size_t bytes = (n * sizeof(T) + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
    void* memory = std::aligned_alloc(PAGE_BYTES, bytes);
    if (!memory) throw std::bad_alloc();
#if defined(MADV_HUGEPAGE)
    madvise(memory, bytes, MADV_HUGEPAGE);  // a hint: what it answers does not matter
#endif
    return static_cast<T*>(memory);
  }
  void deallocate(T* memory, size_t n) {
    if (n * sizeof(T) < PAGE_BYTES) ::operator delete(memory);
    else std::free(memory);
  }
};
template <class A, class B>
bool operator==(const LargePages<A>&, const LargePages<B>&) { return true; }
template <class A, class B>
bool operator!=(const LargePages<A>&, const LargePages<B>&) { return false; }

template <class T>
using Large = std::vector<T, LargePages<T>>;

// The entries of the code-point table, as text.py defines them.
constexpr uint32_t CODE_POINT = 0x1FFFFF, WORD = 1u << 31, COMPOSES = 1u << 30, EXPANDS = 1u << 29;
constexpr uint32_t DELETED = CODE_POINT;
constexpr size_t MIN_TOKEN_LENGTH = 2;
constexpr size_t AHEAD = 8;  // places between what is worked on and what is fetched from memory
constexpr size_t STEM_PREFIX = 4;

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

// 64-bit id -> number, in order of arrival. A slot is 8 bytes: 36 bits of the id, 28 of the number plus one;
// the whole id is compared before a match counts.
class Index {
 public:
  static constexpr int64_t NONE = -1;

  Index() : slots_(1024, 0), mask_(1023) {}

  size_t size() const { return ids_.size(); }
  const uint64_t* ids() const { return ids_.data(); }
  void prefetch(uint64_t id) const { __builtin_prefetch(&slots_[id & mask_]); }

  // The number that an id probably has; fetches what `find` will compare it with. NONE where its slot is empty.
  int64_t guess(uint64_t id) const {
    const uint64_t slot = slots_[id & mask_];
    if (!slot) return NONE;
    __builtin_prefetch(&ids_[(slot & NUMBER) - 1]);
    return static_cast<int64_t>((slot & NUMBER) - 1);
  }

  int64_t find(uint64_t id) const {
    for (size_t at = id & mask_; slots_[at]; at = (at + 1) & mask_)
      if (is(slots_[at], id)) return static_cast<int64_t>((slots_[at] & NUMBER) - 1);
    return NONE;
  }

  // The number of an id, made if it is new; `added` says which.
  uint32_t number(uint64_t id, bool& added) {
    size_t at = id & mask_;
    for (; slots_[at]; at = (at + 1) & mask_)
      if (is(slots_[at], id)) {
        added = false;
        return static_cast<uint32_t>((slots_[at] & NUMBER) - 1);
      }
    added = true;
    if (ids_.size() + 1 >= NUMBER) throw std::length_error("more than 268 million distinct n-grams");
    ids_.push_back(id);
    slots_[at] = (id & ~NUMBER) | ids_.size();
    if (ids_.size() * 2 > slots_.size()) grow();
    return static_cast<uint32_t>(ids_.size() - 1);
  }

  void clear() {
    std::fill(slots_.begin(), slots_.end(), 0);
    ids_.clear();
  }
  // Room for n numbers without growing.
  void reserve(size_t n) {
    ids_.reserve(n);
    size_t slots = slots_.size();
    while (slots < 2 * n) slots *= 2;
    if (slots > slots_.size()) resize(slots);
  }

 private:
  static constexpr uint64_t NUMBER = (1ull << 28) - 1;
  static constexpr size_t FAST_GROWTH = 1 << 22;  // slots under which time counts for more than memory

  bool is(uint64_t slot, uint64_t id) const {
    return ((slot ^ id) & ~NUMBER) == 0 && ids_[(slot & NUMBER) - 1] == id;
  }
  void grow() { resize(slots_.size() * (slots_.size() < FAST_GROWTH ? 4 : 2)); }
  void resize(size_t slots) {
    slots_.assign(slots, 0);
    mask_ = slots_.size() - 1;
    for (size_t i = 0; i < ids_.size(); ++i) {
      size_t at = ids_[i] & mask_;
      while (slots_[at]) at = (at + 1) & mask_;
      slots_[at] = (ids_[i] & ~NUMBER) | (i + 1);
    }
  }

  Large<uint64_t> slots_, ids_;
  uint64_t mask_;
};

// How often n-grams occur, a little too high: n-grams that share a cell are counted together. What is rare here is
// rare, and most n-grams are, so that few of them have to be told apart (Cormode and Muthukrishnan, An improved data
// stream summary: the count-min sketch, 2005, with one row).
class Occurrences {
 public:
  void expect(size_t n_occurrences) {
    size_t cells = FEWEST;
    while (cells < n_occurrences && cells < MOST) cells *= 2;
    cells_.assign(cells, 0);
  }
  void prefetch(uint64_t id) const { __builtin_prefetch(&cells_[id & (cells_.size() - 1)]); }
  void add(uint64_t id) {
    uint8_t& cell = cells_[id & (cells_.size() - 1)];
    cell += cell < UINT8_MAX;
  }
  bool may_reach(uint64_t id, size_t n) const {
    return cells_[id & (cells_.size() - 1)] >= std::min<size_t>(n, UINT8_MAX);
  }
  // How many cells reach n: about as many n-grams do.
  size_t reaching(size_t n) const {
    return std::count_if(cells_.begin(), cells_.end(), [=](uint8_t cell) { return cell >= std::min<size_t>(n, UINT8_MAX); });
  }

 private:
  static constexpr size_t FEWEST = 1 << 12, MOST = 1 << 26;

  Large<uint8_t> cells_;
};

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

// Where the spelling of a feature is to be found: letters of the arena, one token of the lexicon, or tokens of
// the history.
enum Source { LETTERS, TOKEN, HISTORY };
struct Spelling {
  uint64_t at;
  uint32_t length;
  Source source;
};

// Counts one block's features in one document after another, by number in an index: a given one, or one of its own that
// it makes on the way. For its own it goes over the documents twice: it remembers all of them, then counts each.
class Counter {
 public:
  Counter(const Block& block, const Index* known) : block_(block), known_(known) { fit_counts(); }

  // Numbers the features it meets, but word n-grams of two or more that occur less than `min_count` times.
  Counter(const Block& block, size_t min_count) : block_(block), known_(nullptr), min_count_(min_count) {}

  // The features of the document, each once, and how many they are.
  const uint32_t* seen() const { return seen_.data(); }
  size_t n_seen() const { return n_seen_; }
  const uint32_t* counts() const { return counts_.data(); }
  const Index& index() const { return known_ ? *known_ : own_; }
  const Large<Spelling>& spellings() const { return spellings_; }
  const std::vector<uint32_t>& arena() const { return arena_; }
  const Large<uint32_t>& history() const { return history_; }
  // After `survey`: more features than all documents together can have, each once a document.
  size_t most() const { return most_; }

  void add(const Lexicon& lexicon, const Tokens& title, const Tokens& body) {
    learn(lexicon);
    if (block_.title_weight) add(title.numbers.data(), title.ids.data(), title.size(), block_.title_weight, 0);
    add(body.numbers.data(), body.ids.data(), tokens_read(body), 1, 0);
  }
  void next_document() {
    for (size_t k = 0; k < n_seen_; ++k) counts_[seen_[k]] = 0;
    n_seen_ = 0;
  }
  void forget_tokens() {
    features_.clear();
    spans_.clear();
  }

  // The first of two passes, a document at a time; `survey` ends it.
  void expect(size_t n_tokens) { history_.reserve(n_tokens); }
  void remember(const Tokens& title, const Tokens& body) {
    if (block_.title_weight) history_.insert(history_.end(), title.numbers.begin(), title.numbers.end());
    ends_.push_back(history_.size());
    history_.insert(history_.end(), body.numbers.begin(), body.numbers.begin() + tokens_read(body));
    ends_.push_back(history_.size());
  }
  void survey(const Lexicon& lexicon) {
    learn(lexicon);
    for (const uint32_t token : history_) most_ += spans_[token].end - spans_[token].begin;
    if (block_.kind != WORDS || block_.max_n < 2) return;
    const size_t most = history_.size() * (block_.max_n - std::max<size_t>(2, block_.min_n) + 1);
    most_ += most;
    if (min_count_ < 2) {
      own_.reserve(most * 4 / 5);  // about as many as differ in running text: growing later would take longer
      return;
    }
    occurrences_.expect(most);
    for (size_t part = 0; part < ends_.size(); ++part) {
      const size_t n = recall(lexicon, part);
      each_size(n, [&](size_t size) {
        ngrams_.clear();
        each_ngram(ids_.data(), n, size, [&](uint64_t id) { ngrams_.push_back(id); });
        for (size_t i = 0; i < ngrams_.size(); ++i) {
          if (i + AHEAD < ngrams_.size()) occurrences_.prefetch(ngrams_[i + AHEAD]);
          occurrences_.add(ngrams_[i]);
        }
      });
    }
    own_.reserve(own_.size() + occurrences_.reaching(min_count_) * 3 / 2);
  }
  // The second pass.
  void add(const Lexicon& lexicon, size_t document) {
    for (size_t part = 2 * document; part < 2 * document + 2; ++part) {
      const size_t n = recall(lexicon, part), at = begin(part);
      add(history_.data() + at, ids_.data(), n, part % 2 ? 1 : block_.title_weight, at);
    }
  }

 private:
  struct Span {
    uint32_t begin, end;
  };

  size_t tokens_read(const Tokens& body) const {
    if (!block_.max_chars) return body.size();
    return std::lower_bound(body.starts.begin(), body.starts.end(), block_.max_chars) - body.starts.begin();
  }
  size_t begin(size_t part) const { return part ? ends_[part - 1] : 0; }
  // Looks up the ids of the tokens of a title or body remembered; gives how many they are.
  size_t recall(const Lexicon& lexicon, size_t part) {
    ids_.clear();
    for (size_t at = begin(part); at < ends_[part]; ++at) ids_.push_back(lexicon.id(history_[at]));
    return ids_.size();
  }

  // Each new token's own features, looked up once.
  void learn(const Lexicon& lexicon) {
    for (uint32_t token = spans_.size(); token < lexicon.size(); ++token) {
      uint32_t begin = features_.size();
      token_features(block_, lexicon.letters(token), lexicon.length(token), padded_,
                     [&](uint64_t id, const uint32_t* letters, size_t n) {
                       int64_t feature = known_ ? known_->find(id) : number(id, token, letters, n);
                       if (feature != Index::NONE) features_.push_back(static_cast<uint32_t>(feature));
                     });
      spans_.push_back({begin, static_cast<uint32_t>(features_.size())});
    }
    fit_counts();
  }

  template <class Found>
  void each_size(size_t n, Found&& found) const {
    for (size_t size = std::max<size_t>(2, block_.min_n); size <= block_.max_n && size <= n; ++size) found(size);
  }
  template <class Found>
  static void each_ngram(const uint64_t* ids, size_t n, size_t size, Found&& found) {
    for (size_t i = 0; i + size <= n; ++i) {
      uint64_t id = ids[i];
      for (size_t k = 1; k < size; ++k) id = chain(id, ids[i + k]);
      found(id);
    }
  }

  // Adds the features of tokens, the first of which stands `at` in the history.
  void add(const uint32_t* numbers, const uint64_t* ids, size_t n, uint32_t weight, size_t at) {
    for (size_t i = 0; i < n; ++i) {
      const Span span = spans_[numbers[i]];
      for (uint32_t k = span.begin; k < span.end; ++k) bump(features_[k], weight);
    }
    if (block_.kind != WORDS || block_.max_n < 2) return;
    each_size(n, [&](size_t size) {
      ngrams_.clear();
      places_.clear();
      size_t place = at;
      if (known_ || min_count_ < 2) {
        each_ngram(ids, n, size, [&](uint64_t id) {
          index().prefetch(id);
          ngrams_.push_back(id);
        });
      } else {
        each_ngram(ids, n, size, [&](uint64_t id) {
          if (occurrences_.may_reach(id, min_count_)) {
            index().prefetch(id);
            ngrams_.push_back(id);
            places_.push_back(place);
          }
          ++place;
        });
      }
      for (size_t i = 0; i < ngrams_.size(); ++i) {
        if (i + AHEAD < ngrams_.size()) {
          const int64_t next = index().guess(ngrams_[i + AHEAD]);
          if (next != Index::NONE) __builtin_prefetch(&counts_[next]);
        }
        const int64_t feature =
            known_ ? known_->find(ngrams_[i]) : number(ngrams_[i], places_.empty() ? at + i : places_[i], size);
        if (feature != Index::NONE) bump(static_cast<uint32_t>(feature), weight);
      }
    });
  }

  // A feature's number where all are numbered: of a token (letters of its own, or the token itself) ...
  int64_t number(uint64_t id, uint32_t token, const uint32_t* letters, uint32_t n) {
    bool added;
    uint32_t feature = own_.number(id, added);
    if (added && letters) {
      spellings_.push_back({arena_.size(), n, LETTERS});
      arena_.insert(arena_.end(), letters, letters + n);
    } else if (added) {
      spellings_.push_back({token, 1, TOKEN});
    }
    return feature;
  }
  // ... and of n words of the history.
  int64_t number(uint64_t id, size_t at, size_t n) {
    bool added;
    uint32_t feature = own_.number(id, added);
    if (added) {
      spellings_.push_back({at, static_cast<uint32_t>(n), HISTORY});
      fit_counts();
    }
    return feature;
  }
  void bump(uint32_t feature, uint32_t weight) {
    // Entered without a branch: whether a feature is the document's first of its kind cannot be predicted.
    seen_[n_seen_] = feature;
    n_seen_ += counts_[feature] == 0;
    const uint32_t count = counts_[feature];
    // Never back to zero, which would enter the feature again.
    counts_[feature] = count > UINT32_MAX - weight ? UINT32_MAX : count + weight;
  }
  void fit_counts() {
    if (counts_.size() >= index().size()) return;
    counts_.resize(known_ ? index().size() : 2 * index().size(), 0);
    seen_.resize(counts_.size() + 1);
  }

  Block block_;
  const Index* known_;
  Large<uint32_t> counts_;
  std::vector<uint32_t> seen_ = std::vector<uint32_t>(1);
  size_t n_seen_ = 0;
  std::vector<uint32_t> features_;  // of all tokens, one after another
  std::vector<Span> spans_;
  std::vector<uint32_t> padded_;
  std::vector<uint64_t> ngrams_;

  // Of a counter that makes its vocabulary:
  size_t min_count_ = 1;
  Index own_;
  Large<Spelling> spellings_;
  std::vector<uint32_t> arena_;
  Large<uint32_t> history_;   // tokens of all documents ...
  std::vector<size_t> ends_;  // ... and where each title and each body ends
  size_t most_ = 0;
  std::vector<uint64_t> ids_;
  std::vector<size_t> places_;  // in the history, of n-grams that are not passed over
  Occurrences occurrences_;
};

// The counts of one document after another, as CSR, in arrays that are large enough.
struct Collected {
  int64_t* indptr;
  int32_t* indices;
  uint32_t* data;
  size_t n;

  // Takes over what the counter has of its document, and lets it go on to the next one.
  void take(Counter& counter) {
    const uint32_t *seen = counter.seen(), *counts = counter.counts();
    for (size_t k = 0; k < counter.n_seen(); ++k, ++n) {
      indices[n] = static_cast<int32_t>(seen[k]);
      data[n] = counts[seen[k]];
    }
    counter.next_document();
    *++indptr = static_cast<int64_t>(n);
  }
};

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
