package secret_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// cheap are costs for tests that are about something else.
var cheap = secret.Params{MemoryKiB: 64, Passes: 2, Parallelism: 1}

func newHasher(t testing.TB, p secret.Params, options ...secret.Option) *secret.Hasher {
	t.Helper()
	hasher, err := secret.NewHasher(p, options...)
	if err != nil {
		t.Fatal(err)
	}
	return hasher
}

func TestHashIsTheReferences(t *testing.T) {
	t.Parallel()
	hasher := newHasher(t, cheap)
	for _, reference := range referenceHashes {
		match, _, err := hasher.Verify(t.Context(), secret.Text(reference.hash), secret.Text(reference.password))
		if err != nil || !match {
			t.Errorf("got match %v, error %v", match, err)
		}
		match, _, err = hasher.Verify(t.Context(), secret.Text(reference.hash), "Password")
		if err != nil || match {
			t.Errorf("another password: got match %v, error %v", match, err)
		}
	}
}

func TestHash(t *testing.T) {
	t.Parallel()
	hasher := newHasher(t, secret.DefaultParams)
	first, err := hasher.Hash(t.Context(), "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	second, err := hasher.Hash(t.Context(), "correct horse")
	if err != nil {
		t.Fatal(err)
	}

	t.Run("has OWASP's costs in the PHC format", func(t *testing.T) {
		if !strings.HasPrefix(first.Reveal(), "$argon2id$v=19$m=19456,t=2,p=1$") || len(first) != 97 {
			t.Error("the hash has another form")
		}
	})
	t.Run("has a new salt each time", func(t *testing.T) {
		if first == second {
			t.Error("got one hash twice, want two of different salts")
		}
	})
	t.Run("matches its password alone, to the last byte", func(t *testing.T) {
		for password, want := range map[secret.Text]bool{
			"correct horse": true, "correct horsf": false, "correct horse ": false, "correct horse\x00": false, "": false,
		} {
			match, outdated, err := hasher.Verify(t.Context(), first, password)
			if err != nil || match != want || outdated {
				t.Errorf("got match %v, outdated %v, error %v; want match %v", match, outdated, err, want)
			}
		}
	})
}

func TestLongPasswordsAreNotTruncated(t *testing.T) {
	t.Parallel()
	hasher := newHasher(t, cheap)
	long := secret.Text(strings.Repeat("x", 1024))
	hash, err := hasher.Hash(t.Context(), long)
	if err != nil {
		t.Fatal(err)
	}
	match, _, err := hasher.Verify(t.Context(), hash, long[:1023]+"y")
	if err != nil || match {
		t.Errorf("the last byte does not count: match %v, error %v", match, err)
	}
}

func TestOutdated(t *testing.T) {
	t.Parallel()
	inForce := secret.Params{MemoryKiB: 128, Passes: 3, Parallelism: 2}
	cases := []struct {
		name string
		made secret.Params
		want bool
	}{
		{"a hash with the costs in force is not outdated", inForce, false},
		{"one with more memory is", secret.Params{MemoryKiB: 256, Passes: 3, Parallelism: 2}, true},
		{"one with more passes is", secret.Params{MemoryKiB: 128, Passes: 4, Parallelism: 2}, true},
		{"one with less memory is", secret.Params{MemoryKiB: 127, Passes: 3, Parallelism: 2}, true},
		{"one with fewer passes is", secret.Params{MemoryKiB: 128, Passes: 2, Parallelism: 2}, true},
		{"one with more memory and fewer passes is", secret.Params{MemoryKiB: 256, Passes: 2, Parallelism: 2}, true},
		{"one with fewer lanes is", secret.Params{MemoryKiB: 128, Passes: 3, Parallelism: 1}, true},
		{"one with more lanes is", secret.Params{MemoryKiB: 128, Passes: 3, Parallelism: 3}, true},
	}
	hasher := newHasher(t, inForce)
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			hash, err := newHasher(t, test.made).Hash(t.Context(), "correct horse")
			if err != nil {
				t.Fatal(err)
			}
			match, outdated, err := hasher.Verify(t.Context(), hash, "correct horse")
			if err != nil || !match || outdated != test.want {
				t.Errorf("got match %v, outdated %v, error %v; want outdated %v", match, outdated, err, test.want)
			}
			match, outdated, err = hasher.Verify(t.Context(), hash, "wrong horse")
			if err != nil || match || outdated {
				t.Errorf("a wrong password: got match %v, outdated %v, error %v", match, outdated, err)
			}
		})
	}

	t.Run("one with a short salt is", func(t *testing.T) {
		hash := secret.Text(phc(goodCosts, goodSalt, goodSum))
		match, outdated, err := newHasher(t, cheap).Verify(t.Context(), hash, "password")
		if err != nil || !match || !outdated {
			t.Errorf("got match %v, outdated %v, error %v", match, outdated, err)
		}
	})
}

func TestVerifyOfNobody(t *testing.T) {
	t.Parallel()
	type work struct {
		params secret.Params
		salt   int
		length uint32
	}
	var done []work
	derive := func(_, salt []byte, p secret.Params, length uint32) []byte {
		done = append(done, work{p, len(salt), length})
		return make([]byte, length)
	}
	hasher := newHasher(t, secret.DefaultParams, secret.WithDerive(derive))
	hash, err := hasher.Hash(t.Context(), "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	if match, _, err := hasher.Verify(t.Context(), hash, "correct horse"); err != nil || !match {
		t.Fatalf("somebody's: got match %v, error %v", match, err)
	}

	match, outdated, err := hasher.Verify(t.Context(), "", "correct horse")
	if err != nil || match || outdated {
		t.Errorf("got match %v, outdated %v, error %v", match, outdated, err)
	}
	if len(done) != 3 || done[2] != done[1] {
		t.Error("an empty hash is not the same work as one with the costs in force")
	}
}

func TestVerifyOfNobodyNeverMatches(t *testing.T) {
	t.Parallel()
	// Even when the work gives the very bytes that it is compared with.
	var nobody []byte
	derive := func(_, _ []byte, _ secret.Params, _ uint32) []byte { return nobody }
	hasher := newHasher(t, cheap, secret.WithDerive(derive))
	nobody = secret.Nobody(hasher)
	if match, _, err := hasher.Verify(t.Context(), "", "correct horse"); err != nil || match {
		t.Errorf("got match %v, error %v", match, err)
	}
}

func TestVerifyOfADamagedHashIsAnError(t *testing.T) {
	t.Parallel()
	hasher := newHasher(t, cheap)
	for _, hash := range []secret.Text{"$", "plain", "$2b$12$abcdefghijklmnopqrstuu", secret.Text(phc(goodCosts, goodSalt, goodSum[1:]+"*"))} {
		match, _, err := hasher.Verify(t.Context(), hash, "password")
		if err == nil || match {
			t.Fatalf("got match %v, error %v", match, err)
		}
		if strings.Contains(err.Error(), hash.Reveal()) {
			t.Error("the error repeats the hash")
		}
	}
}

func TestNewHasherNamesWhatIsOutOfBounds(t *testing.T) {
	t.Parallel()
	cases := []struct {
		params secret.Params
		option secret.Option
		named  string
	}{
		{params: secret.Params{}, named: "passes"},
		{params: secret.Params{MemoryKiB: 64, Passes: 65, Parallelism: 1}, named: "65 passes"},
		{params: secret.Params{MemoryKiB: 64, Passes: 1}, named: "parallelism"},
		{params: secret.Params{MemoryKiB: 8192, Passes: 1, Parallelism: 65}, named: "parallelism of 65"},
		{params: secret.Params{MemoryKiB: 7, Passes: 1, Parallelism: 1}, named: "7 KiB"},
		{params: secret.Params{MemoryKiB: 1<<20 + 1, Passes: 1, Parallelism: 1}, named: "1048577 KiB"},
		{params: cheap, option: secret.WithLimits(0, 1, time.Second), named: "0 at once"},
		{params: cheap, option: secret.WithLimits(1, -1, time.Second), named: "-1 waiting"},
		{params: cheap, option: secret.WithLimits(1, 1, -time.Second), named: "-1s"},
	}
	for _, test := range cases {
		t.Run(test.named, func(t *testing.T) {
			var options []secret.Option
			if test.option != nil {
				options = append(options, test.option)
			}
			_, err := secret.NewHasher(test.params, options...)
			if err == nil || !strings.Contains(err.Error(), test.named) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// BenchmarkHash is what one login costs.
func BenchmarkHash(b *testing.B) {
	hasher := newHasher(b, secret.DefaultParams)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := hasher.Hash(context.Background(), "correct horse battery"); err != nil {
			b.Fatal(err)
		}
	}
}
