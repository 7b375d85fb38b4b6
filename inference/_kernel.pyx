# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, freethreading_compatible=False
# distutils: language = c++
"""Counts, TF-IDF rows and fused scores of documents, compiled: the Python side of _kernel.hpp.

Nothing here knows a corpus or a label. Documents are lists of str; the GIL is released while they are read.
"""

from concurrent.futures import ThreadPoolExecutor

from cpython.unicode cimport PyUnicode_DATA, PyUnicode_FromKindAndData, PyUnicode_KIND
from libc.math cimport sqrt
from libc.string cimport memcpy
from libc.stdint cimport int32_t, int64_t, uint16_t, uint32_t, uint64_t
from libcpp cimport bool as cbool
from libcpp.vector cimport vector

import numpy as np

from khabar.inference.features import Block

cdef extern from "Python.h":
    Py_ssize_t PyUnicode_GET_LENGTH(object text)


cdef extern from "_kernel.hpp" namespace "khabar" nogil:
    cdef enum CKind "khabar::Kind":
        WORDS, CHAR_WB, STEM, STEM_PREFIX_KIND

    struct CBlock "khabar::Block":
        CKind kind
        size_t min_n, max_n
        uint32_t title_weight
        size_t max_chars

    struct CTable "khabar::Table":
        const uint16_t* stage1
        const uint32_t* stage2
        const uint32_t* expansions

    struct CText "khabar::Text":
        int kind
        const void* data
        size_t length

    cppclass Tokens:
        void clear()

    cppclass Lexicon:
        size_t size()
        const uint32_t* letters(uint32_t token)
        size_t length(uint32_t token)
        void clear()

    cppclass Reader:
        Reader(CTable table) except +
        cbool read(const CText& text, size_t max_chars, cbool composed, Tokens& out) except +
        Lexicon lexicon

    cppclass Index:
        size_t size()
        const uint64_t* ids()
        int64_t find(uint64_t id)
        uint32_t number(uint64_t id, cbool& added) except +
        void reserve(size_t n) except +
        void seal() except +

    enum Source:
        LETTERS, TOKEN, HISTORY

    struct Spelling:
        uint64_t at
        uint32_t length
        Source source

    cppclass Large[T]:
        const T* data()
        size_t size()
        const T& operator[](size_t)

    cppclass Counter:
        Counter(const CBlock& block, size_t min_count) except +
        Counter(const CBlock& block, const Index* known) except +
        const uint32_t* seen()
        size_t n_seen()
        const uint32_t* counts()
        const Index& index()
        const Large[Spelling]& spellings()
        const vector[uint32_t]& arena()
        const Large[uint32_t]& history()
        size_t most()
        void expect(size_t n_tokens) except +
        void add(const Lexicon& lexicon, const Tokens& title, const Tokens& body) except +
        void remember(const Tokens& title, const Tokens& body) except +
        void survey(const Lexicon& lexicon) except +
        void add(const Lexicon& lexicon, size_t document) except +
        void next_document()
        void forget_tokens()

    cppclass Collected:
        int64_t* indptr
        int32_t* indices
        uint32_t* data
        size_t n
        void take(Counter& counter)

    uint64_t id_of(const uint32_t* letters, size_t n)
    uint64_t chain(uint64_t ngram, uint64_t word)

    cppclass TermWeights:
        TermWeights(cbool sublinear) except +

    cppclass TfIdfRow:
        TfIdfRow(const TermWeights& weigh) except +
        size_t size()
        void add(uint32_t column, uint32_t count) except +
        void write[Idf](const Idf* idf, size_t stride, int32_t* columns, float* values) except +

    struct Rows:
        const float* data
        size_t stride

    const size_t LANES
    double add_rows(const Counter& counter, const TermWeights& weigh, Rows rows, float* total)


cdef dict KINDS = {"word": WORDS, "char_wb": CHAR_WB, "stem": STEM, "stem_prefix": STEM_PREFIX_KIND}
cdef enum:
    DOCUMENTS_A_TASK = 128
    TOKENS_REMEMBERED = 1 << 18


cdef CBlock c_block(block):
    cdef CBlock made
    made.kind = KINDS[block.kind]
    made.min_n, made.max_n = block.min_n, block.max_n
    made.title_weight, made.max_chars = block.title_weight, block.max_chars
    return made


cdef CText c_text(text) except *:
    """Point at a str's own buffer; the caller keeps the str alive. None reads as the empty text."""
    cdef CText made
    if text is None:
        text = ""
    if not isinstance(text, str):
        raise TypeError(f"a document must be a str, found {type(text).__name__}")
    made.kind = PyUnicode_KIND(text)
    made.data = PyUnicode_DATA(text)
    made.length = PyUnicode_GET_LENGTH(text)
    return made


cdef class _Documents:
    """The buffers of a run of documents."""

    cdef vector[CText] titles, texts
    cdef list alive  # what the pointers point into

    def __cinit__(self, texts, titles, table, composed):
        cdef size_t i
        if titles is not None and len(titles) != len(texts):
            raise ValueError(f"{len(texts)} texts and {len(titles)} titles")
        self.alive = []
        for i in range(len(texts)):
            title = titles[i] if titles is not None else None
            text = texts[i]
            if composed:
                title, text = table.compose(title or ""), table.compose(text)
            self.titles.push_back(c_text(title))
            self.texts.push_back(c_text(text))
            self.alive.append((title, text))


cdef class _TableView:
    """A TextTable's arrays, held so that C may point into them."""

    cdef object table
    cdef const uint16_t[::1] stage1
    cdef const uint32_t[::1] stage2, expansions

    def __cinit__(self, table):
        self.table = table
        self.stage1 = np.ascontiguousarray(table.stage1, dtype=np.uint16)
        self.stage2 = np.ascontiguousarray(table.stage2, dtype=np.uint32)
        self.expansions = np.ascontiguousarray(np.append(table.expansions, 0), dtype=np.uint32)

    cdef CTable c(self):
        cdef CTable made
        made.stage1, made.stage2, made.expansions = &self.stage1[0], &self.stage2[0], &self.expansions[0]
        return made


cdef class Counts:
    """Feature counts of a collection of documents, and the features by number.

    Parameters
    ----------
    table : TextTable
    block : Block
    texts : list of str
    titles : list of (str or None), optional
    min_count : int
        Word n-grams of two or more words that occur less often may be left out: most do, and to number them all takes
        longer than everything else.

    Attributes
    ----------
    n_tokens : int
        How many different tokens the documents have.
    indptr : ndarray of int64, shape (n_documents + 1,)
    indices : ndarray of int32, shape (nnz,)
        Feature numbers, each once per document, not sorted.
    data : ndarray of uint32, shape (nnz,)
        Counts, titles weighted.
    ids : ndarray of uint64, shape (n_features,)
    """

    cdef readonly object indptr, indices, data, ids
    cdef readonly size_t n_tokens
    cdef Reader* reader
    cdef Counter* counter
    cdef size_t longest

    def __cinit__(self, table, block, texts, titles=None, size_t min_count=1):
        self.longest = block.max_n if block.kind == "word" else 1
        cdef _TableView view = _TableView(table)
        self.reader = new Reader(view.c())
        self.counter = new Counter(c_block(block), min_count)
        self.counter.expect(sum(map(len, texts)) // 3)  # two letters and a space at least
        cdef Tokens title_tokens, text_tokens
        cdef size_t i, limit = block.max_chars or <size_t>-1
        cdef cbool plain
        cdef _Documents documents = _Documents(texts, titles, table, False)
        cdef _Documents composed
        cdef CText title, text
        for i in range(documents.texts.size()):
            title = documents.titles[i]
            text = documents.texts[i]
            with nogil:
                plain = (self.reader.read(title, <size_t>-1, False, title_tokens)
                         and self.reader.read(text, limit, False, text_tokens))
            if not plain:
                composed = _Documents([texts[i]], [titles[i]] if titles is not None else None, table, True)
                self.reader.read(composed.titles[0], <size_t>-1, True, title_tokens)
                self.reader.read(composed.texts[0], limit, True, text_tokens)
            self.counter.remember(title_tokens, text_tokens)
        with nogil:
            self.counter.survey(self.reader.lexicon)
        # Longer than it takes: of what is not written to, the system gives no memory.
        cdef int64_t[::1] indptr = np.zeros(documents.texts.size() + 1, dtype=np.int64)
        cdef int32_t[::1] indices = np.empty(self.counter.most() + 1, dtype=np.int32)
        cdef uint32_t[::1] data = np.empty(self.counter.most() + 1, dtype=np.uint32)
        cdef Collected collected
        collected.indptr, collected.indices, collected.data, collected.n = &indptr[0], &indices[0], &data[0], 0
        with nogil:
            for i in range(documents.texts.size()):
                self.counter.add(self.reader.lexicon, i)
                collected.take(self.counter[0])
        self.n_tokens = self.reader.lexicon.size()
        self.indptr = np.asarray(indptr)
        self.indices, self.data = np.asarray(indices)[:collected.n], np.asarray(data)[:collected.n]
        self.ids = _copied(self.counter.index().ids(), self.counter.index().size(), np.uint64, sizeof(uint64_t))

    def __dealloc__(self):
        del self.counter
        del self.reader

    def rows(self, columns, idf, cbool sublinear):
        """Weigh the counts of chosen features.

        Parameters
        ----------
        columns : ndarray of int32, shape (n_features,)
            The column of each feature, -1 for those left out.
        idf : ndarray of float64, shape (n_columns,)
        sublinear : bool
            A count tf becomes 1 + log(tf).

        Returns
        -------
        indptr : ndarray of int64, shape (n_documents + 1,)
        indices : ndarray of int32, shape (nnz,)
            Columns, sorted within each row.
        data : ndarray of float32, shape (nnz,)
            TF-IDF, rows of unit L2 norm.
        """
        cdef const int32_t[::1] column_of = np.ascontiguousarray(columns, dtype=np.int32)
        cdef const double[::1] weight = np.append(np.asarray(idf, dtype=np.float64), 0.0)
        if column_of.shape[0] != len(self.ids) or np.max(columns, initial=-1) >= len(idf):
            raise IndexError(f"{len(self.ids)} features and {len(idf)} idf want as many columns, each below {len(idf)}")
        cdef const int64_t[::1] counted = self.indptr
        cdef const int32_t[::1] features = self.indices
        cdef const uint32_t[::1] counts = self.data
        cdef TermWeights* weigh = new TermWeights(sublinear)
        cdef TfIdfRow* row = new TfIdfRow(weigh[0])
        cdef Py_ssize_t document, at
        cdef size_t n = 0
        cdef int32_t column
        kept = np.zeros(counted.shape[0], dtype=np.int64)
        cdef int64_t[::1] indptr = kept
        with nogil:
            for document in range(counted.shape[0] - 1):
                for at in range(counted[document], counted[document + 1]):
                    n += column_of[features[at]] >= 0
                indptr[document + 1] = n
        indices, data = np.empty(n, dtype=np.int32), np.empty(n, dtype=np.float32)
        cdef int32_t[::1] into_indices = np.empty(1, dtype=np.int32) if n == 0 else indices
        cdef float[::1] into_data = np.empty(1, dtype=np.float32) if n == 0 else data
        with nogil:
            for document in range(counted.shape[0] - 1):
                if indptr[document] == indptr[document + 1]:
                    continue
                for at in range(counted[document], counted[document + 1]):
                    column = column_of[features[at]]
                    if column >= 0:
                        row.add(column, counts[at])
                row.write(&weight[0], 1, &into_indices[indptr[document]], &into_data[indptr[document]])
        del row
        del weigh
        return kept, indices, data

    def spell(self, features):
        """Spell features, given by number.

        Returns
        -------
        words : list of str
            Tokens, or the features themselves where they are not made of tokens.
        numbers : ndarray of int32, shape (n_features, max_n)
            The words of each feature, -1 where it has fewer than max_n.
        """
        cdef const int64_t[::1] wanted = np.ascontiguousarray(features, dtype=np.int64)
        if wanted.shape[0] and not 0 <= np.min(wanted) <= np.max(wanted) < len(self.ids):
            raise IndexError(f"features {np.min(wanted)} to {np.max(wanted)} of {len(self.ids)}")
        cdef Py_ssize_t row
        cdef uint32_t token, k
        cdef Spelling spelling
        cdef list words = []
        cdef vector[int32_t] known
        known.resize(self.reader.lexicon.size(), -1)
        numbers = np.full((wanted.shape[0], self.longest), -1, dtype=np.int32)
        cdef int32_t[:, ::1] into = numbers
        for row in range(wanted.shape[0]):
            spelling = self.counter.spellings()[wanted[row]]
            if spelling.source == LETTERS:
                into[row, 0] = len(words)
                words.append(PyUnicode_FromKindAndData(4, self.counter.arena().data() + spelling.at, spelling.length))
                continue
            for k in range(spelling.length):
                token = spelling.at if spelling.source == TOKEN else self.counter.history()[spelling.at + k]
                if known[token] < 0:
                    known[token] = len(words)
                    words.append(PyUnicode_FromKindAndData(
                        4, self.reader.lexicon.letters(token), self.reader.lexicon.length(token)))
                into[row, k] = known[token]
        return words, numbers


cdef object _copied(const void* data, size_t n, dtype, size_t size):
    if n == 0:
        return np.empty(0, dtype=dtype)
    copied = np.empty(n, dtype=dtype)
    cdef char[::1] into = copied.view(np.uint8).view(np.int8)
    memcpy(&into[0], data, n * size)
    return copied


cdef class _Workspace:
    """What one thread needs to score: a reader with its memory of tokens, and a counter for each block."""

    cdef Reader* reader
    cdef vector[Counter*] counters
    cdef Tokens title_tokens, text_tokens
    cdef vector[float] total, part

    def __dealloc__(self):
        cdef Counter* counter
        for counter in self.counters:
            del counter
        del self.reader

    cdef cbool count(self, const CText& title, const CText& text, size_t limit, cbool composed) except? False nogil:
        """Count one document; False where it has to be composed first."""
        cdef Counter* counter
        if self.reader.lexicon.size() > TOKENS_REMEMBERED:
            self.reader.lexicon.clear()
            for counter in self.counters:
                counter.forget_tokens()
        if not self.reader.read(title, <size_t>-1, composed, self.title_tokens):
            return False
        if not self.reader.read(text, limit, composed, self.text_tokens):
            return False
        for counter in self.counters:
            counter.add(self.reader.lexicon, self.title_tokens, self.text_tokens)
        return True


cdef class Scorer:
    """Fitted blocks and the weights of linear heads over them.

    Parameters
    ----------
    table : TextTable
    blocks : sequence of Block
    ids : sequence of ndarray of uint64, shape (n_features,)
        The n-gram ids of each block, in feature order, distinct.
    idf : sequence of ndarray of float32, shape (n_features,)
    weights : sequence of ndarray of float32 or float16, shape (n_features, hi - lo)
        Each block's weights for the outputs `lo` to `hi`.
    columns : sequence of (lo, hi)
    bias : ndarray of float32, shape (n_outputs,)

    Raises
    ------
    ValueError
        Where shapes do not fit or an id stands twice.
    """

    cdef _TableView view
    cdef vector[CBlock] blocks
    cdef vector[Index*] indexes
    cdef vector[Rows] rows
    cdef vector[TermWeights*] term_weights
    cdef vector[size_t] lo, width
    cdef vector[float] scale
    cdef list alive, idle
    cdef object bias
    cdef size_t limit
    cdef readonly size_t n_outputs

    def __cinit__(self, table, blocks, ids, idf, weights, columns, bias):
        cdef cbool added
        cdef Py_ssize_t at, n
        cdef Index* index
        cdef const float[::1] flat
        cdef const uint64_t[::1] many
        cdef Rows rows
        self.view = _TableView(table)
        self.bias = np.ascontiguousarray(bias, dtype=np.float32)
        self.n_outputs = self.bias.shape[0]
        self.alive, self.idle = [], []
        self.limit = 0
        for block, block_ids, block_idf, block_weights, (lo, hi) in zip(
            blocks, ids, idf, weights, columns, strict=True
        ):
            n = len(block_ids)
            if np.shape(block_idf) != (n,) or np.shape(block_weights) != (n, hi - lo):
                raise ValueError(
                    f"block {block.name!r}: {n} ids want idf {(n,)} and weights {(n, hi - lo)}, "
                    f"found {np.shape(block_idf)} and {np.shape(block_weights)}")
            if not 0 <= lo <= hi <= self.n_outputs:
                raise ValueError(f"block {block.name!r}: outputs {lo} to {hi} of {self.n_outputs}")
            index = new Index()
            self.indexes.push_back(index)
            many = np.ascontiguousarray(block_ids, dtype=np.uint64)
            index.reserve(n)
            added = True
            for at in range(n):
                index.number(many[at], added)
                if not added:
                    raise ValueError(f"block {block.name!r}: n-gram id {many[at]} stands twice")
            index.seal()
            stride = (1 + hi - lo + LANES - 1) // LANES * LANES
            table_of_rows = np.zeros((n + 1, stride), dtype=np.float32)
            table_of_rows[:n, 0] = block_idf
            np.multiply(block_weights, table_of_rows[:n, :1], out=table_of_rows[:n, 1 : 1 + hi - lo])
            self.alive.append(table_of_rows)
            flat = table_of_rows.reshape(-1)
            rows.data, rows.stride = &flat[0], stride
            self.rows.push_back(rows)
            self.term_weights.push_back(new TermWeights(block.sublinear))
            self.blocks.push_back(c_block(block))
            self.lo.push_back(lo)
            self.width.push_back(hi - lo)
            self.scale.push_back(block.scale)
            self.limit = max(self.limit, block.max_chars or <size_t>-1)

    def __dealloc__(self):
        cdef Index* index
        cdef TermWeights* weights
        for index in self.indexes:
            del index
        for weights in self.term_weights:
            del weights

    def score(self, texts, titles=None, size_t threads=1):
        """Score documents.

        Parameters
        ----------
        texts : list of str
        titles : list of (str or None), optional
        threads : int

        Returns
        -------
        scores : ndarray of float32, shape (n_documents, n_outputs)
            Decision values.
        known : ndarray of int32, shape (n_documents,)
            Distinct features of the document that the vocabularies hold.
        """
        if titles is not None and len(titles) != len(texts):
            raise ValueError(f"{len(texts)} texts and {len(titles)} titles")
        scores = np.empty((len(texts), self.n_outputs), dtype=np.float32)
        known = np.zeros(len(texts), dtype=np.int32)
        tasks = [slice(lo, lo + DOCUMENTS_A_TASK) for lo in range(0, len(texts), DOCUMENTS_A_TASK)]

        def run(part):
            self._score(texts[part], titles[part] if titles is not None else None, scores[part], known[part], False)

        if threads > 1 and len(tasks) > 1:
            with ThreadPoolExecutor(min(threads, len(tasks))) as pool:
                list(pool.map(run, tasks))
        else:
            for part in tasks:
                run(part)
        return scores, known

    def transform(self, size_t block, texts, titles=None):
        """Give one block's rows, of unit L2 norm, without its scale.

        Returns
        -------
        indptr : ndarray of int64, shape (n_documents + 1,)
        indices : ndarray of int32, shape (nnz,)
            Sorted within each row.
        data : ndarray of float32, shape (nnz,)
        """
        self._check(block)
        cdef _Workspace workspace = self._workspace()
        cdef _Documents documents = _Documents(texts, titles, self.view.table, False)
        cdef _Documents composed
        cdef vector[int64_t] indptr
        cdef vector[int32_t] indices
        cdef vector[float] data
        cdef TfIdfRow* row = new TfIdfRow(self.term_weights[block][0])
        cdef Counter* counter
        cdef size_t i, k, n
        cdef cbool plain
        indptr.push_back(0)
        for i in range(documents.texts.size()):
            with nogil:
                plain = workspace.count(documents.titles[i], documents.texts[i], self.limit, False)
            if not plain:
                composed = _Documents([texts[i]], [titles[i]] if titles is not None else None, self.view.table, True)
                workspace.count(composed.titles[0], composed.texts[0], self.limit, True)
            with nogil:
                counter = workspace.counters[block]
                for k in range(counter.n_seen()):
                    row.add(counter.seen()[k], counter.counts()[counter.seen()[k]])
                n = indices.size()
                indices.resize(n + row.size())
                data.resize(n + row.size())
                row.write(self.rows[block].data, self.rows[block].stride, indices.data() + n, data.data() + n)
                indptr.push_back(indices.size())
                for counter in workspace.counters:
                    counter.next_document()
        del row
        self.idle.append(workspace)
        return (_copied(indptr.data(), indptr.size(), np.int64, sizeof(int64_t)),
                _copied(indices.data(), indices.size(), np.int32, sizeof(int32_t)),
                _copied(data.data(), data.size(), np.float32, sizeof(float)))

    def lookup(self, size_t block, ids):
        """Find features by n-gram id. Returns an ndarray of int64, -1 where the vocabulary has no such id."""
        cdef const uint64_t[::1] wanted = np.ascontiguousarray(ids, dtype=np.uint64)
        cdef size_t i
        self._check(block)
        found = np.empty(wanted.shape[0], dtype=np.int64)
        cdef int64_t[::1] into = found
        for i in range(wanted.shape[0]):
            into[i] = self.indexes[block].find(wanted[i])
        return found

    def _check(self, size_t block):
        if block >= self.blocks.size():
            raise IndexError(f"block {block} of {self.blocks.size()}")

    cdef _Workspace _workspace(self):
        """Take an idle workspace, or make one: as many come to be as threads score at once."""
        cdef _Workspace made
        try:
            return self.idle.pop()
        except IndexError:
            made = _Workspace()
        made.reader = new Reader(self.view.c())
        cdef size_t b
        for b in range(self.blocks.size()):
            made.counters.push_back(new Counter(self.blocks[b], self.indexes[b]))
        made.total.resize(self.n_outputs)
        made.part.resize(1 + self.n_outputs + LANES)
        return made

    def _score(self, texts, titles, float[:, ::1] scores, int32_t[::1] known, cbool composed):
        cdef _Workspace workspace = self._workspace()
        cdef _Documents documents = _Documents(texts, titles, self.view.table, composed)
        cdef const float[::1] bias = self.bias
        cdef vector[size_t] postponed
        cdef size_t i, k
        with nogil:
            for i in range(documents.texts.size()):
                if workspace.count(documents.titles[i], documents.texts[i], self.limit, composed):
                    known[i] = self._total(workspace)
                    for k in range(self.n_outputs):
                        scores[i, k] = workspace.total[k] + bias[k]
                else:
                    postponed.push_back(i)
        self.idle.append(workspace)
        for i in postponed:
            self._score(texts[i:i + 1], titles[i:i + 1] if titles is not None else None,
                        scores[i:i + 1], known[i:i + 1], True)

    cdef int32_t _total(self, _Workspace workspace) noexcept nogil:
        """Add up what the blocks say of the document just counted, without the bias; forget the document."""
        cdef size_t b, k
        cdef double square
        cdef float share
        cdef int32_t known = 0
        for k in range(self.n_outputs):
            workspace.total[k] = 0.0
        for b in range(self.blocks.size()):
            known += <int32_t>workspace.counters[b].n_seen()
            for k in range(self.rows[b].stride):
                workspace.part[k] = 0.0
            square = add_rows(workspace.counters[b][0], self.term_weights[b][0], self.rows[b], workspace.part.data())
            if square > 0.0:
                share = <float>(self.scale[b] / sqrt(square))
                for k in range(self.width[b]):
                    workspace.total[self.lo[b] + k] += share * workspace.part[1 + k]
            workspace.counters[b].next_document()
        return known


def ngram_ids(kind, names):
    """Give the 64-bit ids of n-grams.

    Parameters
    ----------
    kind : {"word", "char_wb", "stem", "stem_prefix"}
        Words of a word n-gram are joined by one space; in the other kinds a space is a character.
    names : sequence of str

    Returns
    -------
    ndarray of uint64, shape (n,)
    """
    ids = np.empty(len(names), dtype=np.uint64)
    cdef uint64_t[::1] into = ids
    cdef size_t i
    cdef uint64_t made
    for i in range(len(names)):
        words = names[i].split(" ") if kind == "word" else [names[i]]
        made = _id(words[0])
        for word in words[1:]:
            made = chain(made, _id(word))
        into[i] = made
    return ids


cdef uint64_t _id(str name) except? 0:
    cdef vector[uint32_t] letters
    for letter in name:
        letters.push_back(ord(letter))
    return id_of(letters.data(), letters.size())
