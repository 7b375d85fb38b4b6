// Tables from n-gram ids to numbers and counts: what the kernel's speed rests on.
#pragma once

#include <algorithm>
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

constexpr size_t AHEAD = 8;  // places between what is worked on and what is fetched from memory

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

  // False of most ids that have no number, once the index is sealed: a look at one bit of a table that is small enough
  // to be near, where `find` has to go further.
  bool may_have(uint64_t id) const { return sieve_[(id >> 34) & (sieve_.size() - 1)] >> ((id >> 28) & 63) & 1; }

  // To be called when no further id is to be numbered.
  void seal() {
    size_t words = 1;
    while (words * 64 < ids_.size() * SIEVE_BITS) words *= 2;
    sieve_.assign(words, 0);
    for (const uint64_t id : ids_) sieve_[(id >> 34) & (words - 1)] |= uint64_t{1} << ((id >> 28) & 63);
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
  static constexpr size_t SIEVE_BITS = 8;  // an id: one in eight or fewer that have no number passes
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
  std::vector<uint64_t> sieve_ = {~uint64_t{0}};  // open until the index is sealed
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

  Large<uint8_t> cells_ = {UINT8_MAX};  // until something is expected, all may be often
};

}  // namespace khabar
