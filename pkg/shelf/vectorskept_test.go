package shelf

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

func TestVectors_StayInBaseLogAndSnapshot(t *testing.T) {
	dir, other := t.TempDir(), t.TempDir()
	m := &model{name: "toy", dims: 100}
	s := openWith(t, dir, m)
	putWorks(t, s, 0, 60)
	embedAll(t, s, m)
	makeBase(t, s)
	putWorks(t, s, 60, 100)
	if got := embedAll(t, s, m); got != 40 {
		t.Fatalf("%d works have no vector after the base, want 40", got)
	}
	again := openWith(t, dir, m)
	if got := len(unembedded(t, again)); got != 0 {
		t.Errorf("%d works have no vector after opening", got)
	}
	mustMean(t, again, "vulkan", "volcano", 20)
	if err := store(t, s, nil).restore(t, other); err != nil {
		t.Fatal(err)
	}
	restored := openWith(t, other, m)
	if got := len(unembedded(t, restored)); got != 0 {
		t.Errorf("%d works have no vector in a snapshot", got)
	}
	mustMean(t, restored, "vulkan", "volcano", 20)
	// A shelf without the embedder keeps them all the same.
	plain := mustOpen(t, other)
	makeBase(t, plain)
	if got := len(unembedded(t, openWith(t, other, m))); got != 0 {
		t.Errorf("%d works have no vector after a base that a process without embeddings made", got)
	}
}

func TestVectors_ABaseKeepsThoseThatCount(t *testing.T) {
	dir := t.TempDir()
	m := &model{name: "toy", dims: 100}
	s := openWith(t, dir, m)
	putWorks(t, s, 0, 100)
	embedAll(t, s, m)
	commit(t, s, func(tx *Tx) {
		for i := range 50 {
			if err := tx.Remove(fmt.Sprintf("WORK%04d", i)); err != nil {
				t.Fatal(err)
			}
		}
		mustPut(t, tx, item("WORK0051", "bread study no51"))
	})
	mustMean(t, s, "vulkan", "volcano", 10)
	if got := unembedded(t, s); len(got) != 1 || got[0].Key != "WORK0051" {
		t.Errorf("without a vector: %+v", got)
	}
	embedAll(t, s, m)
	makeBase(t, s)
	works := map[string]int{}
	st, err := s.begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer st.release()
	if err := st.rows.scan(vectorTable, "", func(_ string, _ []byte) error { return nil }); err != nil {
		t.Fatal(err)
	}
	all, err := readVectors(st.rows, st.meta.VectorModel)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range all.Works() {
		works[w]++
	}
	if len(works) != 50 || works["WORK0051"] != 1 || works["WORK0007"] != 0 {
		t.Errorf("the base has vectors of %d works", len(works))
	}
	if got := len(unembedded(t, s)); got != 0 {
		t.Errorf("%d works have no vector after the base", got)
	}
	mustMean(t, s, "brot", "bread", 11)
}

func TestVectors_AnotherModelBeginsAgain(t *testing.T) {
	dir := t.TempDir()
	old, next := &model{name: "toy", dims: 100}, &model{name: "toy 2", dims: 500}
	s := openWith(t, dir, old)
	putWorks(t, s, 0, 100)
	embedAll(t, s, old)
	s2 := openWith(t, dir, next)
	if got := len(unembedded(t, s2)); got != 100 {
		t.Fatalf("%d works have no vector of the other model, want 100", got)
	}
	todo := unembedded(t, s2)
	putVectors(t, s2, next.vectors(todo[:60]))
	if got := unembedded(t, s2); len(got) != 40 || got[0].Same != "" {
		t.Errorf("%d works have no vector, want 40", len(got))
	}
	embedAll(t, s2, next)
	makeBase(t, s2, s)
	mustMean(t, s2, "brot", "bread", 20)
	if got := len(unembedded(t, openWith(t, dir, old))); got != 100 {
		t.Errorf("the base keeps %d vectors of the model before", 100-got)
	}
}

func TestVectors_OneForWorksOfTheSameText(t *testing.T) {
	m := &model{name: "toy", dims: 100}
	s := openWith(t, t.TempDir(), m)
	putWorks(t, s, 0, 30)
	embedAll(t, s, m)
	commit(t, s, func(tx *Tx) { mustPut(t, tx, item("B2222222", "whale study no5"), item("C2222222", "")) })
	todo := unembedded(t, s)
	if len(todo) != 2 || todo[0].Key != "B2222222" || todo[0].Same != "WORK0005" || todo[1].Text != "" || todo[1].Same != "" {
		t.Fatalf("without a vector: %+v", todo)
	}
	putVectors(t, s, []WorkVector{{Unembedded: Unembedded{Key: "B2222222", Text: "whale study no5", Same: "WORK0005"}}, {Unembedded: todo[1]}})
	if got := unembedded(t, s); len(got) != 0 {
		t.Errorf("without a vector: %+v", got)
	}
	mustMean(t, s, "baleine", "whale", 7)
}

func TestUnembedded_Pages(t *testing.T) {
	m := &model{name: "toy", dims: 100}
	s := openWith(t, t.TempDir(), m)
	putWorks(t, s, 0, 10)
	var keys []string
	for after := ""; ; {
		todo, err := s.Unembedded(t.Context(), after, 4)
		if err != nil {
			t.Fatal(err)
		}
		if len(todo) == 0 {
			break
		}
		if len(todo) > 4 {
			t.Fatalf("%d works of at most 4", len(todo))
		}
		for _, u := range todo {
			keys = append(keys, u.Key)
		}
		after = todo[len(todo)-1].Key
	}
	if len(keys) != 10 || !slices.IsSorted(keys) {
		t.Errorf("keys %q", keys)
	}
	if todo, err := mustOpen(t, s.dir).Unembedded(t.Context(), "", 5); len(todo) > 0 || err != nil {
		t.Errorf("without an embedder: %d works, %v", len(todo), err)
	}
}

func TestPutVectors_RefusesWhatCantBeUsed(t *testing.T) {
	m := &model{name: "toy", dims: 100}
	s := openWith(t, t.TempDir(), m)
	putWorks(t, s, 0, 3)
	todo := unembedded(t, s)
	put := func(vectors ...[]float32) error {
		var all []WorkVector
		for i, v := range vectors {
			all = append(all, WorkVector{todo[i], v})
		}
		return commitIn(t.Context(), s, 1, func(tx *Tx) error { return tx.PutVectors(all) })
	}
	one := m.vector("whale")
	for name, err := range map[string]error{
		"no number":        put(one, slices.Repeat([]float32{float32(math.Inf(1))}, 100)),
		"zero":             put(make([]float32, 100)),
		"empty":            put([]float32{}),
		"other dimensions": put(one, one[:50]),
	} {
		if library.CodeOf(err) != library.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := len(unembedded(t, s)); got != 3 {
		t.Errorf("%d works have no vector after refusals, want 3", got)
	}
	// Texts that the service refuses: with no vector at all, they stay to be asked
	// for; beside others they are known to have none.
	if err := put(nil, nil); err != nil || len(unembedded(t, s)) != 3 {
		t.Errorf("only refused texts: %v, %d works have no vector", err, len(unembedded(t, s)))
	}
	if err := put(one, nil); err != nil || len(unembedded(t, s)) != 1 {
		t.Errorf("a refused text: %v, %d works have no vector", err, len(unembedded(t, s)))
	}
	if err := put(one, one, one[:50]); library.CodeOf(err) != library.Invalid {
		t.Errorf("other dimensions than stored: %v", err)
	}
	if err := commitIn(t.Context(), mustOpen(t, s.dir), 1, func(tx *Tx) error { return tx.PutVectors(nil) }); library.CodeOf(err) != library.Invalid {
		t.Errorf("without an embedder: %v", err)
	}
}

// TestVectors_StayAfterAKill breaks a transaction with vectors off at each step.
func TestVectors_StayAfterAKill(t *testing.T) {
	m := &model{name: "toy", dims: 100}
	broken := errors.New("killed")
	for _, at := range []step{stepRecord, stepSync} {
		s := openWith(t, t.TempDir(), m)
		putWorks(t, s, 0, 20)
		todo := unembedded(t, s)
		putVectors(t, s, m.vectors(todo[:10]))
		s.fault = func(p step) error {
			if p == at {
				return broken
			}
			return nil
		}
		tx := mustBegin(t, s)
		if err := errors.Join(tx.PutVectors(m.vectors(todo[10:])), tx.Commit(t.Context(), tx.Version())); err == nil {
			t.Fatal("the transaction was committed")
		}
		if got := len(unembedded(t, openWith(t, s.dir, m))); got != 10 {
			t.Errorf("%s: %d works have no vector, want 10", at, got)
		}
	}
}

func TestVectors_ADamagedRowCountsAsNone(t *testing.T) {
	m := &model{name: "toy", dims: 100}
	s := openWith(t, t.TempDir(), m)
	putWorks(t, s, 0, 32)
	embedAll(t, s, m)
	commit(t, s, func(tx *Tx) { tx.rows.put(vectorTable, vectorKey(1), []byte("damaged")) })
	again := openWith(t, s.dir, m)
	if got := len(unembedded(t, again)); got != 16 {
		t.Errorf("%d works have no vector, want 16", got)
	}
	embedAll(t, again, m)
	mustMean(t, again, "brot", "bread", 6)
	makeBase(t, again)
	mustMean(t, again, "brot", "bread", 6)
}

func TestVectorText_IsBounded(t *testing.T) {
	it := item("A2222222", "<i>Whale</i> study")
	it.Fields["abstractNote"] = strings.Repeat("é", 3_000)
	got := VectorText(it)
	if !strings.HasPrefix(got, "Whale study\né") || len([]rune(got)) != EmbeddedChars {
		t.Errorf("%d characters: %.30s", len([]rune(got)), got)
	}
}

// TestVectors_BytesAtRest holds what all vectors cost at rest: 700 bytes a work.
func TestVectors_BytesAtRest(t *testing.T) {
	sizes := map[bool]int64{}
	for _, with := range []bool{false, true} {
		m := &model{name: "toy", dims: 1536}
		s := openWith(t, t.TempDir(), m)
		putWorks(t, s, 0, 1_000)
		if with {
			embedAll(t, s, m)
		}
		makeBase(t, s)
		now, err := currentGeneration(s.dir)
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(filepath.Join(s.dir, now, rowsFile))
		if err != nil {
			t.Fatal(err)
		}
		sizes[with] = info.Size()
	}
	if a := (sizes[true] - sizes[false]) / 1_000; a > 700 || a < 300 {
		t.Errorf("vectors have %d bytes a work at rest", a)
	}
}

func TestTakeVectors_FromAnotherShelf(t *testing.T) {
	m := &model{name: "toy", dims: 100}
	from, to := openWith(t, t.TempDir(), m), openWith(t, t.TempDir(), m)
	putWorks(t, from, 0, 100)
	embedAll(t, from, m)
	putWorks(t, to, 50, 110)
	commit(t, to, func(tx *Tx) {
		mustPut(t, tx, item("OTHERKEY", "whale study no0"), item("WORK0060", "bread study changed"))
	})
	if n, err := to.TakeVectors(t.Context(), from); n != 50 || err != nil {
		t.Errorf("%d works got a vector, %v, want 49 of the same key and one of the same text", n, err)
	}
	if got := len(unembedded(t, to)); got != 11 {
		t.Errorf("%d works have no vector, want 11", got)
	}
	embedAll(t, to, m)
	mustMean(t, to, "baleine", "whale", 12)
	if n, err := to.TakeVectors(t.Context(), from); n != 0 || err != nil {
		t.Errorf("again %d works got a vector, %v", n, err)
	}
	other := openWith(t, t.TempDir(), &model{name: "toy 2", dims: 100})
	putWorks(t, other, 0, 5)
	if n, err := other.TakeVectors(t.Context(), from); n != 0 || err != nil {
		t.Errorf("of another model %d works got a vector, %v", n, err)
	}
	without := openWith(t, t.TempDir(), m)
	if n, err := other.TakeVectors(t.Context(), without); n != 0 || err != nil {
		t.Errorf("of a shelf without vectors %d works got one, %v", n, err)
	}
}
