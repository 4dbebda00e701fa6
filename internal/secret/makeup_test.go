package secret

import (
	"context"
	"testing"
)

// TestAMismatchWithAnOldHashIsMadeUpFor counts the work of a wrong password: with an old and cheaper
// hash it is that of nobody's hash, and a match is left alone.
func TestAMismatchWithAnOldHashIsMadeUpFor(t *testing.T) {
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
