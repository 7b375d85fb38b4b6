// Tokens to feature counts, by number in a vocabulary that is given or made on the way.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "_features.hpp"

namespace khabar {

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
      each_ngram(ids, n, size, [&](uint64_t id) {
        if (known_ ? known_->may_have(id) : occurrences_.may_reach(id, min_count_)) {
          index().prefetch(id);
          ngrams_.push_back(id);
          places_.push_back(place);
        }
        ++place;
      });
      for (size_t i = 0; i < ngrams_.size(); ++i) {
        if (i + AHEAD < ngrams_.size()) {
          const int64_t next = index().guess(ngrams_[i + AHEAD]);
          if (next != Index::NONE) __builtin_prefetch(&counts_[next]);
        }
        const int64_t feature = known_ ? known_->find(ngrams_[i]) : number(ngrams_[i], places_[i], size);
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
  std::vector<uint64_t> ngrams_;  // that are not passed over ...
  std::vector<size_t> places_;    // ... and where they begin

  // Of a counter that makes its vocabulary:
  size_t min_count_ = 1;
  Index own_;
  Large<Spelling> spellings_;
  std::vector<uint32_t> arena_;
  Large<uint32_t> history_;   // tokens of all documents ...
  std::vector<size_t> ends_;  // ... and where each title and each body ends
  size_t most_ = 0;
  std::vector<uint64_t> ids_;
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

}  // namespace khabar
