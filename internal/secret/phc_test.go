package secret_test

import (
	"strings"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// referenceHashes are of the reference implementation of argon2 (its src/test.c; the memory there
// is 2^16 or 2^8 KiB), the last one of OpenSSL.
var referenceHashes = []struct{ password, hash string }{
	{"password", "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"},
	{"password", "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"},
	{"password", "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc"},
	{"password", "$argon2id$v=19$m=65536,t=1,p=1$c29tZXNhbHQ$9qWtwbpyPd3vm1rB1GThgPzZ3/ydHL92zKL+15XZypg"},
	{"differentpassword", "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$C4TWUs9rDEvq7w3+J4umqA32aWKB1+DSiRuBfYxFj94"},
	{"password", "$argon2id$v=19$m=65536,t=2,p=1$ZGlmZnNhbHQ$vfMrBczELrFdWP0ZsfhWsRPaHppYdP3MVEMIVlqoFBw"},
	{"пароль", "$argon2id$v=19$m=19456,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$fbR5vj0thEg1Lsb8z1zBb1I2pQ8l6bVXO2G22yFfmlc"},
}

const (
	goodCosts = "m=256,t=2,p=1"
	goodSalt  = "c29tZXNhbHQ"
	goodSum   = "nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"
)

func phc(costs, salt, sum string) string {
	return "$argon2id$v=19$" + costs + "$" + salt + "$" + sum
}

func TestHashesAreReadAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	for _, reference := range referenceHashes {
		if text, err := secret.ParseHash(reference.hash); err != nil || text != reference.hash {
			t.Errorf("a reference hash came back otherwise, with error %v", err)
		}
	}

	longest := phc("m=1048576,t=64,p=64", strings.Repeat("AAAA", 21)+"AA", strings.Repeat("AAAA", 42)+"AAA")
	if _, err := secret.ParseHash(longest); err != nil {
		t.Errorf("the longest hash within the bounds: %v", err)
	}
}

func TestParseHashRefuses(t *testing.T) {
	t.Parallel()
	if _, err := secret.ParseHash(phc(goodCosts, goodSalt, goodSum)); err != nil {
		t.Fatal(err)
	}
	cases := map[string]string{
		"nothing":                 "",
		"dollars":                 "$$$$$",
		"another algorithm":       strings.Replace(phc(goodCosts, goodSalt, goodSum), "argon2id", "argon2i", 1),
		"another version":         strings.Replace(phc(goodCosts, goodSalt, goodSum), "v=19", "v=16", 1),
		"no version":              "$argon2id$" + goodCosts + "$" + goodSalt + "$" + goodSum,
		"a bcrypt hash":           "$2b$12$abcdefghijklmnopqrstuuKJKJKJKJKJKJKJKJKJKJKJKJKJKJKJK",
		"something before":        "x" + phc(goodCosts, goodSalt, goodSum),
		"a field too many":        phc(goodCosts, goodSalt, goodSum) + "$",
		"costs in another order":  phc("t=2,m=256,p=1", goodSalt, goodSum),
		"a cost too many":         phc(goodCosts+",data=AAAA", goodSalt, goodSum),
		"a leading zero":          phc("m=0256,t=2,p=1", goodSalt, goodSum),
		"a sign":                  phc("m=+256,t=2,p=1", goodSalt, goodSum),
		"a negative cost":         phc("m=256,t=-2,p=1", goodSalt, goodSum),
		"a space":                 phc("m= 256,t=2,p=1", goodSalt, goodSum),
		"no memory":               phc("m=0,t=2,p=1", goodSalt, goodSum),
		"too little for a lane":   phc("m=15,t=2,p=2", goodSalt, goodSum),
		"over 1 GiB":              phc("m=1048577,t=2,p=1", goodSalt, goodSum),
		"over 32 bits":            phc("m=4294967552,t=2,p=1", goodSalt, goodSum),
		"no pass":                 phc("m=256,t=0,p=1", goodSalt, goodSum),
		"65 passes":               phc("m=256,t=65,p=1", goodSalt, goodSum),
		"no lane":                 phc("m=256,t=2,p=0", goodSalt, goodSum),
		"65 lanes":                phc("m=1024,t=2,p=65", goodSalt, goodSum),
		"257 lanes":               phc("m=4096,t=2,p=257", goodSalt, goodSum),
		"a salt of 7 bytes":       phc(goodCosts, "c29tZXNhbA", goodSum),
		"a salt of 65 bytes":      phc(goodCosts, strings.Repeat("AAAA", 21)+"AAA", goodSum),
		"a hash of 15 bytes":      phc(goodCosts, goodSalt, strings.Repeat("AAAA", 5)),
		"a hash of 129 bytes":     phc(goodCosts, goodSalt, strings.Repeat("AAAA", 43)),
		"padding":                 phc(goodCosts, goodSalt+"=", goodSum),
		"base64 of URLs":          phc(goodCosts, goodSalt, strings.Replace(goodSum, "/", "_", 1)),
		"bits left over":          phc(goodCosts, "c29tZXNhbHR", goodSum),
		"a line end in the salt":  phc(goodCosts, "c29t\nZXNhbHQ", goodSum),
		"a line end at the end":   phc(goodCosts, goodSalt, goodSum) + "\n",
		"a megabyte of its parts": phc(goodCosts, goodSalt, strings.Repeat(goodSum, 1<<15)),
	}
	for name, text := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := secret.ParseHash(text)
			if err == nil {
				t.Fatal("got no error for a text that is no hash, want one")
			}
			for _, part := range []string{goodSalt, goodSum, "256", "$"} {
				if strings.Contains(err.Error(), part) {
					t.Error("the error repeats a part of the hash")
				}
			}
		})
	}
}

func FuzzParseHash(f *testing.F) {
	for _, reference := range referenceHashes {
		f.Add(reference.hash)
	}
	f.Add("")
	f.Add("$argon2id$v=19$m=256,t=2,p=1$$")
	f.Add("$argon2id$v=19$m=99999999999999999999,t=2,p=1$" + goodSalt + "$" + goodSum)

	f.Fuzz(func(t *testing.T, text string) {
		if again, err := secret.ParseHash(text); err == nil && again != text {
			t.Error("a hash was accepted in another spelling than its own")
		}
	})
}
