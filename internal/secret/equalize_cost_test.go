package secret

import (
	"context"
	"slices"
	"testing"
)

// TestAMismatchWithAnOldHashIsMadeUpFor counts the work of a wrong password: with an old and cheaper
// hash it is that of nobody's hash, and a match is left alone.
func TestAMismatchWithAnOldHashIsMadeUpFor(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	old, err := NewHasher(Params{MemoryKiB: 64, Passes: 2, Parallelism: 1})
	if err != nil {
		t.Fatal(err)
	}
	hash, err := old.Hash(ctx, "correct horse battery")
	if err != nil {
		t.Fatal(err)
	}
	raised, err := NewHasher(Params{MemoryKiB: 256, Passes: 3, Parallelism: 1})
	if err != nil {
		t.Fatal(err)
	}
	var work uint64
	raised.derive = func(password, salt []byte, p Params, length uint32) []byte {
		work += p.work()
		return raised.spaces.derive(password, salt, p, length)
	}
	spent := func(hash, password Text) uint64 {
		work = 0
		if _, _, err := raised.Verify(ctx, hash, password); err != nil {
			t.Fatal(err)
		}
		return work
	}

	nobody, mismatch := spent("", "wrong"), spent(hash, "wrong")
	if difference := int64(nobody) - int64(mismatch); difference < -3 || difference > 3 {
		t.Errorf("a wrong password costs %d with an old hash and %d with none", mismatch, nobody)
	}
	if match := spent(hash, "correct horse battery"); match != 128 {
		t.Errorf("the right one costs %d", match)
	}
}

// TestEveryMismatchCostsAsMuchAsTheDearest counts the work of wrong passwords after the costs were lowered:
// of an account with an old hash, one with a new hash, and one that does not exist.
func TestEveryMismatchCostsAsMuchAsTheDearest(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	lowered, err := NewHasher(Params{MemoryKiB: 64, Passes: 2, Parallelism: 1})
	if err != nil {
		t.Fatal(err)
	}
	hashOf := func(p Params) Text {
		h, err := NewHasher(p)
		if err != nil {
			t.Fatal(err)
		}
		hash, err := h.Hash(ctx, "correct horse battery")
		if err != nil {
			t.Fatal(err)
		}
		return hash
	}
	hashes := map[string]Text{
		"nobody's": "", "a new": hashOf(lowered.params), "a dear": hashOf(Params{MemoryKiB: 200, Passes: 3, Parallelism: 1}),
		"a cheap":                       hashOf(Params{MemoryKiB: 32, Passes: 1, Parallelism: 1}),
		"one of as much in other parts": hashOf(Params{MemoryKiB: 32, Passes: 4, Parallelism: 2}),
	}
	var work uint64
	lowered.derive = func(password, salt []byte, p Params, length uint32) []byte {
		work += p.work()
		return lowered.spaces.derive(password, salt, p, length)
	}
	if told := lowered.Learn([]HashClass{{"$argon2id$v=19$m=200,t=3,p=1$", 1}, {"$argon2id$v=19$m=64,t=2,p=1$", 1}, {"$2b$", 1}}); told != 1 {
		t.Errorf("got %d classes that are told, want 1 that cannot be read", told)
	}

	for name, hash := range hashes {
		work = 0
		if match, _, err := lowered.Verify(ctx, hash, "wrong"); err != nil || match {
			t.Fatalf("%s: got match %t, %v", name, match, err)
		}
		if work < 590 || work > 600 {
			t.Errorf("a wrong password with %s hash: got %d KiB of work, want 600", name, work)
		}
		if hash == "" {
			continue
		}
		work = 0
		match, outdated, err := lowered.Verify(ctx, hash, "correct horse battery")
		if err != nil || !match || outdated != (name != "a new") {
			t.Errorf("the right password with %s hash: got match %t, outdated %t, %v", name, match, outdated, err)
		}
		if err := lowered.Equalize(ctx, hash, "correct horse battery"); err != nil {
			t.Fatal(err)
		}
		if work < 590 || work > 600 {
			t.Errorf("a right password that is refused with %s hash: got %d KiB of work, want 600", name, work)
		}
	}
}

func TestAHashThatIsTooDearDoesNotRaiseTheLevel(t *testing.T) {
	t.Parallel()
	h, err := NewHasher(Params{MemoryKiB: 64, Passes: 1, Parallelism: 1})
	if err != nil {
		t.Fatal(err)
	}
	if told := h.Learn([]HashClass{{"$argon2id$v=19$m=1048576,t=64,p=1$", 1}, {"$argon2id$v=19$m=4294967295,t=9999,p=1$", 1}}); told != 1 {
		t.Errorf("got %d classes that are told, want 1 that cannot be read", told)
	}
	if got, want := *h.level.Load(), h.params; got != want {
		t.Errorf("got a level of %+v, want %+v", got, want)
	}
	h.Learn([]HashClass{{"$argon2id$v=19$m=64,t=6,p=1$", 1}, {"$argon2id$v=19$m=64,t=7,p=1$", 1}})
	if got := h.level.Load().work(); got != 6*64 {
		t.Errorf("got a level of %d KiB, want %d", got, 6*64)
	}
}

// TestWhatIsMadeUpForTakesTheMemoryOfTheDearest looks at how a mismatch is made up for: fresh memory costs time
// that passes over kept memory do not.
func TestWhatIsMadeUpForTakesTheMemoryOfTheDearest(t *testing.T) {
	t.Parallel()
	h, err := NewHasher(DefaultParams)
	if err != nil {
		t.Fatal(err)
	}
	if told := h.Learn([]HashClass{{"$argon2id$v=19$m=65536,t=3,p=4$", 1}}); told != 0 {
		t.Fatalf("got %d classes that are told, want none", told)
	}
	var took []Params
	h.derive = func(_, _ []byte, p Params, length uint32) []byte {
		took = append(took, p)
		return make([]byte, length)
	}
	if _, _, err := h.Verify(t.Context(), "", "wrong"); err != nil {
		t.Fatal(err)
	}
	if want := []Params{DefaultParams, {MemoryKiB: 52565, Passes: 3, Parallelism: 4}}; !slices.Equal(took, want) {
		t.Errorf("got the costs %+v, want %+v", took, want)
	}
}

func TestADearHashThatIsMetRaisesTheLevel(t *testing.T) {
	t.Parallel()
	h, err := NewHasher(Params{MemoryKiB: 64, Passes: 1, Parallelism: 1})
	if err != nil {
		t.Fatal(err)
	}
	dear, err := NewHasher(Params{MemoryKiB: 128, Passes: 2, Parallelism: 1})
	if err != nil {
		t.Fatal(err)
	}
	hash, err := dear.Hash(t.Context(), "correct horse battery")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := h.Verify(t.Context(), hash, "wrong"); err != nil {
		t.Fatal(err)
	}
	if got := h.level.Load().work(); got != 256 {
		t.Errorf("got a level of %d KiB, want 256", got)
	}
}
