package secret_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/latchkey-auth/latchkey/internal/secret"
	"github.com/latchkey-auth/latchkey/internal/secret/foreign"
)

// TestADigestIsStoredInAHashOfOurOwn: what costs nothing to try is nothing to keep.
func TestADigestIsStoredInAHashOfOurOwn(t *testing.T) {
	t.Parallel()
	hasher := newHasher(t, cheap)
	hash, err := foreign.Parse("md5$salty$0f6c2dc6a1d7d1d4ac1d6e6fd0cd6bd1")
	if err != nil {
		t.Fatal(err)
	}
	_, digest, _ := hash.Fast()
	stored, err := hasher.Adopt(t.Context(), hash)
	if err != nil {
		t.Fatal(err)
	}
	if text := stored.Reveal(); !strings.HasPrefix(text, "$argon2id$v=19$m=") || !strings.HasSuffix(text, "$md5:c2FsdHk") || strings.Contains(text, digest) {
		t.Error("got something else stored, want an argon2id hash with how its digest is made")
	}
	for _, wrong := range []secret.Text{"x", secret.Text(digest), "0f6c2dc6a1d7d1d4ac1d6e6fd0cd6bd1"} {
		if match, _, err := hasher.Verify(t.Context(), stored, wrong); match || err != nil {
			t.Errorf("got match %t, %v for what is not the password, want a mismatch", match, err)
		}
	}
	for _, text := range []secret.Text{stored + "$", stored + "$x", stored[:len(stored)-len("c2FsdHk")] + "=", stored[:len(stored)-len("md5:c2FsdHk")] + "bcrypt:10"} {
		if _, _, err := hasher.Verify(t.Context(), text, "x"); !errors.Is(err, secret.ErrHash) {
			t.Errorf("got %v for a damaged hash, want %v", err, secret.ErrHash)
		}
	}
}

// TestDecoysAreInTheProportionsOfTheAccounts draws 4,000 addresses. By chance it fails less than once in a billion runs:
// 0.06 are eight standard deviations.
func TestDecoysAreInTheProportionsOfTheAccounts(t *testing.T) {
	t.Parallel()
	hasher := newHasher(t, cheap)
	key := secret.NewFingerprintKey(secret.NewKey(), "decoys")
	classes := []secret.HashClass{
		{Beginning: "$argon2id$v=19$m=64,t=1,p=1$", Accounts: 500},
		{Beginning: "foreign$bcrypt:12$", Accounts: 300},
		{Beginning: "foreign$pbkdf2-sha256:260000$", Accounts: 150},
		{Beginning: "$argon2id$v=19$m=65536,t=60,p=1$", Accounts: 50},
		{Beginning: "foreign$bcrypt:31$", Accounts: 1},
		{Beginning: "unknown", Accounts: 1},
	}
	drawn := func() []string {
		var all []string
		for i := range 4000 {
			text := hasher.Decoy(key.Fingerprint(fmt.Sprintf("nobody%d@x.example", i))).Reveal()
			class := ""
			for _, c := range classes {
				if text != "" && strings.HasPrefix(text, c.Beginning) {
					class = c.Beginning
				}
			}
			if class == "" && text != "" {
				t.Fatal("got a decoy of no class, want one of those that are stored")
			}
			all = append(all, class)
		}
		return all
	}
	if got := drawn(); strings.Join(got, "") != "" {
		t.Error("got decoys before anything was learned, want none")
	}
	if told := hasher.Learn(classes); told != 2 {
		t.Errorf("got %d classes that are told, want the 2 that cannot be read", told)
	}
	before, shares := drawn(), map[string]float64{}
	for _, class := range before {
		shares[class] += 1.0 / 4000
	}
	for class, want := range map[string]float64{"": 0.5, classes[1].Beginning: 0.3, classes[2].Beginning: 0.15, classes[3].Beginning: 0.05} {
		if got := shares[class]; math.Abs(got-want) > 0.06 {
			t.Errorf("%q: got %.3f of the addresses, want %.3f", class, got, want)
		}
	}

	// A third of those with bcrypt have logged in: their hashes are our own now. None of the others turns to bcrypt.
	classes[0].Accounts, classes[1].Accounts = 600, 200
	hasher.Learn(classes)
	moved, lost := 0, 0
	for i, class := range drawn() {
		switch {
		case class == before[i]:
		case before[i] == classes[1].Beginning:
			lost++
		case class == "":
			moved++
		default:
			t.Fatalf("got an address in %q that was in %q, want those of bcrypt and of others to our own alone", class, before[i])
		}
	}
	if lost == 0 || moved > lost {
		t.Errorf("got %d addresses that left bcrypt, and %d others that changed, want some and fewer", lost, moved)
	}
}

// TestAHashTakesAsManyTurnsAsItsMemoryIs: one of 16 MiB beside hashes of 64 KiB has all turns that dear hashes may have.
func TestAHashTakesAsManyTurnsAsItsMemoryIs(t *testing.T) {
	t.Parallel()
	dear, err := foreign.Decoy("foreign$scrypt:16384,8,1$")
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		var working, most atomic.Int32
		hasher := newHasher(t, cheap, secret.WithLimits(4, 100, 40*time.Millisecond), slow(func(string) {
			most.Store(max(most.Load(), working.Add(1)))
			go func() { pass(25 * time.Millisecond); working.Add(-1) }()
		}))
		var all sync.WaitGroup
		for range 3 { // at work for 25 ms, while one turn is free and the dear hash needs two
			all.Go(func() { _, _ = hasher.Hash(t.Context(), "x") })
		}
		synctest.Wait()
		began := time.Now()
		var waited time.Duration
		all.Go(func() {
			_, _, err := hasher.Verify(t.Context(), secret.Text(dear.Stored()), "x")
			if err != nil {
				t.Error(err)
			}
		})
		synctest.Wait()
		if got := hasher.Waiting(); got != 1 {
			t.Errorf("got %d who wait, want the dear hash to wait for both of its turns", got)
		}
		all.Go(func() { _, _ = hasher.Hash(t.Context(), "x"); waited = time.Since(began) })
		synctest.Wait()
		if got := hasher.Waiting(); got != 2 {
			t.Errorf("got %d who wait, want those behind the dear hash to let it come first", got)
		}
		all.Wait()
		if waited < 50*time.Millisecond {
			t.Errorf("got the last after %v, want it after the dear one", waited)
		}
		if most.Load() > 3 {
			t.Errorf("got %d at once, want at most 3: a dear hash has two turns", most.Load())
		}
	})
}

// TestWhoeverWaitsBehindADearHashComesNextWhenItGivesUp: there was a turn all the time, which was not enough for it.
func TestWhoeverWaitsBehindADearHashComesNextWhenItGivesUp(t *testing.T) {
	t.Parallel()
	dear, err := foreign.Decoy("foreign$scrypt:16384,8,1$")
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		hasher := newHasher(t, cheap, secret.WithLimits(4, 100, time.Hour), slow(func(password string) {
			if password == "long" {
				pass(time.Minute)
			}
		}))
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() { _, _ = hasher.Hash(t.Context(), "long") })
		}
		synctest.Wait()
		patience, giveUp := context.WithCancel(t.Context())
		all.Go(func() {
			if _, _, err := hasher.Verify(patience, secret.Text(dear.Stored()), "x"); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v, want %v", err, context.Canceled)
			}
		})
		synctest.Wait()
		all.Go(func() { _, _ = hasher.Hash(t.Context(), "x") })
		synctest.Wait()
		if got := hasher.Waiting(); got != 2 {
			t.Fatalf("got %d who wait, want 2", got)
		}
		giveUp()
		synctest.Wait()
		if got := hasher.Waiting(); got != 0 {
			t.Errorf("got %d who wait, want nobody: there is a turn", got)
		}
		all.Wait()
	})
}

// TestDearHashesLeaveTurnsToOthers: with both turns theirs, whoever knows addresses with dear hashes would keep everybody
// out, for as long as they go on.
func TestDearHashesLeaveTurnsToOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const dear = "$argon2id$v=19$m=4096,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
		release := make(chan struct{})
		hasher := newHasher(t, cheap, secret.WithLimits(2, 40, time.Hour), slow(func(password string) {
			if password == "dear" {
				<-release
			}
		}))
		var all sync.WaitGroup
		var refused atomic.Int32
		for n := range 10 { // from as many addresses
			ctx := secret.ForHashClient(t.Context(), secret.HashClient{Networks: []string{fmt.Sprint(n)}})
			all.Go(func() {
				if _, _, err := hasher.Verify(ctx, dear, "dear"); errors.Is(err, secret.ErrBusy) {
					refused.Add(1)
				}
			})
		}
		synctest.Wait()
		if refused.Load() == 0 {
			t.Error("got all of them into the line, want at most half of it for dear hashes")
		}
		for range 5 {
			if _, err := hasher.Hash(t.Context(), "x"); err != nil {
				t.Errorf("got %v for a new hash, want the other turn for it", err)
			}
		}
		close(release)
		all.Wait()
		if got := hasher.Waiting(); got != 0 {
			t.Errorf("got %d who wait, want that the dear ones came in the end", got)
		}
	})
}

// TestAHashTakesAsManyPlacesAsItsTimeIs: a client that has one dear comparison waiting has its whole share.
func TestAHashTakesAsManyPlacesAsItsTimeIs(t *testing.T) {
	t.Parallel()
	dear, err := foreign.Decoy("foreign$bcrypt:4$") // ten times as long as a hash of the costs below
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		hasher := newHasher(t, cheap, secret.WithLimits(1, 23, time.Hour), slow(func(string) {}))
		client := secret.ForHashClient(t.Context(), secret.HashClient{Networks: []string{"192.0.2.1"}})
		var all sync.WaitGroup
		all.Go(func() { _, _ = hasher.Hash(t.Context(), "x") })
		synctest.Wait()
		all.Go(func() {
			if _, _, err := hasher.Verify(client, secret.Text(dear.Stored()), "x"); err != nil {
				t.Errorf("got %v for the first, want it let in", err)
			}
		})
		synctest.Wait()
		if _, _, err := hasher.Verify(client, secret.Text(dear.Stored()), "x"); !errors.Is(err, secret.ErrBusy) {
			t.Errorf("got %v for the second, want %v", err, secret.ErrBusy)
		}
		if _, err := hasher.Hash(t.Context(), "x"); err != nil {
			t.Errorf("got %v for somebody else, want a hash", err)
		}
		all.Wait()
	})
}
