package secret_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/argon2"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// TestHashesAreThoseOfTheLibrary compares them with argon2.IDKey, for one hash after the other in the same
// memory, small ones after large ones. referenceHashes, of another program, hold for both.
func TestHashesAreThoseOfTheLibrary(t *testing.T) {
	t.Parallel()
	hasher := newHasher(t, secret.Params{MemoryKiB: 1000, Passes: 1, Parallelism: 1})
	derive := secret.Derive(hasher)
	for _, memory := range []uint32{1000, 512, 1003, 512, 515, 513, 999} { // 1003 has no place in what is kept
		for _, threads := range []uint8{1, 2, 3, 5, 64} {
			for _, passes := range []uint32{1, 2, 3} {
				for _, length := range []uint32{16, 32, 65, 128} {
					p := secret.Params{MemoryKiB: memory, Passes: passes, Parallelism: threads}
					password, salt := fmt.Appendf(nil, "horse %d", memory), fmt.Appendf(nil, "16 bytes of %4d", length)
					got := derive(password, salt, p, length)
					if !bytes.Equal(got, argon2.IDKey(password, salt, passes, memory, threads, length)) {
						t.Fatalf("%+v, %d bytes: got another hash, want that of the library", p, length)
					}
				}
			}
		}
	}

	t.Run("the smallest", func(t *testing.T) {
		for threads := range uint8(64) {
			p := secret.Params{MemoryKiB: 8 * (uint32(threads) + 1), Passes: 1, Parallelism: threads + 1}
			got := derive([]byte("horse"), make([]byte, 16), p, 32)
			if !bytes.Equal(got, argon2.IDKey([]byte("horse"), make([]byte, 16), 1, p.MemoryKiB, p.Parallelism, 32)) {
				t.Fatalf("%+v: this is not the library's hash", p)
			}
		}
	})
	t.Run("that of the defaults", func(t *testing.T) {
		p := secret.DefaultParams
		derive := secret.Derive(newHasher(t, p))
		want := argon2.IDKey([]byte("horse"), make([]byte, 16), p.Passes, p.MemoryKiB, p.Parallelism, 32)
		for range 3 {
			if !bytes.Equal(derive([]byte("horse"), make([]byte, 16), p, 32), want) {
				t.Fatal("this is not the library's hash")
			}
		}
	})
}

func TestHashesAtOnceHaveMemoryOfTheirOwn(t *testing.T) {
	t.Parallel()
	const atOnce = 8
	hasher := newHasher(t, cheap)
	derive := secret.Derive(hasher)
	var group sync.WaitGroup
	for i := range atOnce {
		group.Go(func() {
			password := fmt.Appendf(nil, "horse %d", i)
			want := argon2.IDKey(password, make([]byte, 16), cheap.Passes, cheap.MemoryKiB, cheap.Parallelism, 32)
			for range 50 {
				if !bytes.Equal(derive(password, make([]byte, 16), cheap, 32), want) {
					t.Error("a hash at the same time as others is another one")
					return
				}
			}
		})
	}
	group.Wait()
	if kept := len(secret.Kept(hasher)); kept < 1 || kept > atOnce {
		t.Errorf("%d spaces are kept for %d hashes at once", kept, atOnce)
	}
}

func TestMemoryIsKeptClearedUntilItIsReleased(t *testing.T) {
	t.Parallel()
	hasher := newHasher(t, cheap)
	look := func(when string, want int) {
		t.Helper()
		kept := secret.Kept(hasher)
		if len(kept) != want {
			t.Fatalf("%s: %d spaces are kept, want %d", when, len(kept), want)
		}
		for _, space := range kept {
			if len(space) != int(cheap.MemoryKiB)<<10 || bytes.ContainsFunc(space, func(r rune) bool { return r != 0 }) {
				t.Errorf("%s: what is kept has %d bytes or is not cleared", when, len(space))
			}
		}
	}
	verify := func(p secret.Params) {
		t.Helper()
		hash, err := newHasher(t, p).Hash(t.Context(), "correct horse")
		if err != nil {
			t.Fatal(err)
		}
		if match, _, err := hasher.Verify(t.Context(), hash, "correct horse"); err != nil || !match {
			t.Fatalf("got match %v, error %v", match, err)
		}
	}

	look("at first", 0)
	verify(cheap)
	look("after a hash", 1)
	verify(cheap)
	look("after another one", 1)
	verify(secret.Params{MemoryKiB: 256, Passes: 1, Parallelism: 1})
	look("after one that is larger than new ones", 1)
	verify(secret.Params{MemoryKiB: 8, Passes: 1, Parallelism: 1})
	look("after one that is smaller", 1)
	hasher.Release()
	look("when it is released", 0)
	verify(cheap)
	look("after the next one", 1)
}

func TestMemoryThatNoHashNeedsIsTrimmed(t *testing.T) {
	t.Parallel()
	const atOnce = 4
	hasher := newHasher(t, cheap)
	derive := secret.Derive(hasher)
	hash := func(p secret.Params) { derive([]byte("horse"), make([]byte, 16), p, 32) }
	trim := func(when string, want bool, wantKept int) {
		t.Helper()
		if got, kept := hasher.Trim(), len(secret.Kept(hasher)); got != want || kept != wantKept {
			t.Errorf("%s: it reports %v and %d spaces are kept, want %v and %d", when, got, kept, want, wantKept)
		}
	}

	trim("at first", false, 0)
	secret.KeepAtOnce(hasher, atOnce)
	trim("after hashes at once", false, atOnce)
	hash(cheap)
	trim("after one hash", true, 1)
	hash(cheap)
	trim("after another one", false, 1)
	hash(cheap)
	hash(secret.Params{MemoryKiB: 2 * cheap.MemoryKiB, Passes: 1, Parallelism: 1})
	trim("after one that is too large to be kept", true, 1)
	hasher.Release()
	trim("when it is released", false, 0)
	trim("after nothing", false, 0)
}

// TestALargeHashWaitsForNoOther is about the memory that it needs beside what is kept: to clear a GiB takes
// so long that others would wait.
func TestALargeHashWaitsForNoOther(t *testing.T) {
	t.Parallel()
	hasher := newHasher(t, cheap)
	release := secret.HoldKept(hasher)
	defer release()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		p := secret.Params{MemoryKiB: 2 * cheap.MemoryKiB, Passes: 1, Parallelism: 1}
		secret.Derive(hasher)([]byte("horse"), make([]byte, 16), p, 32)
	}()
	select {
	case <-ended:
	case <-time.After(time.Minute):
		t.Error("got no hash within a minute, want one without waiting for the lock")
	}
}

// TestWhatAHashBeginsWithIsCleared looks for it in all that is on the heap.
func TestWhatAHashBeginsWithIsCleared(t *testing.T) {
	salt := make([]byte, 16)
	secret.Derive(newHasher(t, cheap))([]byte("correct horse"), salt, cheap, 32)
	dump, err := os.Create(filepath.Join(t.TempDir(), "heap"))
	if err != nil {
		t.Fatal(err)
	}
	debug.WriteHeapDump(dump.Fd())
	if err := dump.Close(); err != nil {
		t.Fatal(err)
	}
	heap, err := os.ReadFile(dump.Name())
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(heap, secret.BeginHash([]byte("correct horse"), salt, cheap, 32)) {
		t.Error("the digest of the password is on the heap: to try another one takes no argon2id")
	}
}
