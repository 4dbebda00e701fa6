package foreign_test

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/secret/foreign"
)

const (
	digits53 = "abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZABCDE"
	sum32    = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
)

// TestNoHashThatIsReadCanStopAServer has for each cost the last one that is read, and the first that is not. Neither
// is compared here: that would take seconds, or minutes.
func TestNoHashThatIsReadCanStopAServer(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		text func(cost int) string
		most int
		read func(string) (foreign.Hash, error)
	}{
		{"bcrypt", func(n int) string { return fmt.Sprintf("$2b$%02d$%s", n, digits53) }, 14, foreign.Parse},
		{"bcrypt of Django", func(n int) string { return fmt.Sprintf("bcrypt_sha256$$2b$%02d$%s", n, digits53) }, 14, foreign.Parse},
		{"bcrypt of WordPress", func(n int) string { return fmt.Sprintf("$wp$2y$%02d$%s", n, digits53) }, 14, foreign.ParseWordPress},
		{"PBKDF2", func(n int) string { return fmt.Sprintf("pbkdf2_sha256$%d$salt$%s=", n, sum32) }, 10_000_000, foreign.Parse},
		{"PBKDF2 of Keycloak", func(n int) string { return fmt.Sprint(n) }, 4_766_255, func(n string) (foreign.Hash, error) {
			return foreign.ParseKeycloak(`{"hashIterations":`+n+`,"algorithm":"pbkdf2-sha512"}`, `{"value":"`+sum32+`","salt":"AAAA"}`)
		}},
		{"scrypt's memory", func(n int) string { return fmt.Sprintf("scrypt:262144:%d:1$salt$%064d", n, 0) }, 8, foreign.Parse},
		{"scrypt's lanes", func(n int) string { return fmt.Sprintf("scrypt:1024:8:%d$salt$%064d", n, 0) }, 16, foreign.Parse},
		{"scrypt's work", func(n int) string { return fmt.Sprintf("scrypt:262144:8:%d$salt$%064d", n, 0) }, 4, foreign.Parse},
		{"scrypt's blocks", func(n int) string { return fmt.Sprintf("scrypt:2:%d:16$salt$%064d", n, 0) }, 4096, foreign.Parse},
		{"Firebase", func(n int) string {
			return fmt.Sprintf("$fbscrypt$v=1,n=%d,r=8,p=1,ss=Bw==,sk=%s=$AAAA$%s=", n, sum32, sum32)
		}, 18, foreign.Parse},
		{"argon2's memory", func(n int) string { return fmt.Sprintf("$argon2id$v=19$m=%d,t=1,p=1$AAAAAAAAAAA$%s", n, sum32) }, 256 << 10, foreign.Parse},
		{"argon2's passes", func(n int) string { return fmt.Sprintf("argon2$argon2i$v=19$m=64,t=%d,p=1$AAAAAAAAAAA$%s", n, sum32) }, 20, foreign.Parse},
		{"argon2's work", func(n int) string { return fmt.Sprintf("$argon2id$v=19$m=262144,t=%d,p=1$AAAAAAAAAAA$%s", n, sum32) }, 16, foreign.Parse},
		{"argon2's lanes", func(n int) string { return fmt.Sprintf("$argon2id$v=19$m=262144,t=1,p=%d$AAAAAAAAAAA$%s", n, sum32) }, 64, foreign.Parse},
		{"sha-crypt", func(n int) string { return fmt.Sprintf("$5$rounds=%d$salt$%s", n, strings.Repeat(".", 43)) }, 1_000_000, foreign.Parse},
		{"phpass", func(n int) string {
			return "$P$" + string("./0123456789ABCDEFGHIJKLMNOP"[n]) + "saltsalt" + strings.Repeat(".", 22)
		}, 18, foreign.Parse},
		{"a salt", func(n int) string { return "pbkdf2_sha256$1$" + strings.Repeat("s", n) + "$" + sum32 + "=" }, 128, foreign.Parse},
		{"a sum", func(n int) string { return "pbkdf2:sha256:1$salt$" + strings.Repeat("00", n) }, 128, foreign.Parse},
		{"a pepper", func(n int) string { return strings.Repeat("p", n) }, 256, func(pepper string) (foreign.Hash, error) {
			return foreign.ParseDevise("$2a$10$"+digits53, pepper)
		}},
	} {
		most, err := c.read(c.text(c.most))
		if err != nil {
			t.Errorf("%s of %d: got %v, want a hash", c.name, c.most, err)
			continue
		}
		if cost := most.Cost(); cost.MemoryKiB > 264<<10 || cost.WorkKiB > 5<<20 {
			t.Errorf("%s of %d: got the cost %+v, want little over 256 MiB of memory and some 4 s", c.name, c.most, cost)
		}
		if _, err := c.read(c.text(c.most + 1)); !errors.Is(err, foreign.ErrTooDear) && c.name != "argon2's lanes" || err == nil {
			t.Errorf("%s of %d: got %v, want %v", c.name, c.most+1, err, foreign.ErrTooDear)
		}
		class := most.Class()
		if _, err := foreign.Decoy(class); err != nil {
			t.Errorf("%s: got %v, want a decoy of the dearest class", c.name, err)
		}
	}
}

// TestARowThatIsTooDearIsNotCompared: somebody wrote it into the database, past the import.
func TestARowThatIsTooDearIsNotCompared(t *testing.T) {
	t.Parallel()
	salt, sum := base64.RawStdEncoding.EncodeToString([]byte(digits53[:22])), base64.RawStdEncoding.EncodeToString([]byte(digits53[22:]))
	for row, want := range map[string]error{
		"foreign$bcrypt:14$" + salt + "$" + sum:                      nil,
		"foreign$bcrypt:15$" + salt + "$" + sum:                      foreign.ErrTooDear,
		"foreign$bcrypt:31$" + salt + "$" + sum:                      foreign.ErrTooDear,
		"foreign$bcrypt:014$" + salt + "$" + sum:                     foreign.ErrUnknown,
		"foreign$bcrypt:10,10$" + salt + "$" + sum:                   foreign.ErrUnknown,
		"foreign$bcrypt:99999999999$" + salt + "$" + sum:             foreign.ErrUnknown,
		"foreign$pbkdf2-sha256:10000001$" + salt + "$" + sum32:       foreign.ErrTooDear,
		"foreign$scrypt:16777216,8,1$" + salt + "$" + sum32:          foreign.ErrTooDear,
		"foreign$scrypt:16777216,65536,16$" + salt + "$" + sum32:     foreign.ErrTooDear,
		"foreign$scrypt:1023,8,1$" + salt + "$" + sum32:              foreign.ErrUnknown,
		"foreign$argon2id:262144,20,1$" + salt + "$" + sum32:         foreign.ErrTooDear,
		"foreign$argon2id:4294967295,1,1$" + salt + "$" + sum32:      foreign.ErrTooDear,
		"foreign$sha256-crypt:1000001,3$AAAA$" + sum32:               foreign.ErrTooDear,
		"foreign$sha256-crypt:1000000,3$AAAA$" + sum32:               nil,
		"foreign$sha256-crypt:1000000,4$AAAA$" + sum32:               foreign.ErrUnknown, // the salt has three bytes
		"foreign$sha256-crypt:1000000,17$AAAA$" + sum32:              foreign.ErrTooDear,
		"foreign$pbkdf2-sha512:4766256$" + salt + "$" + sum32:        foreign.ErrTooDear,
		"foreign$phpass:19$AAAA$AAAAAAAAAAAAAAAAAAAAAA":              foreign.ErrTooDear,
		"foreign$md5:$AAAA$AAAAAAAAAAAAAAAAAAAAAA":                   foreign.ErrUnknown, // a fast one is never stored
		"foreign$bcrypt-pepper:10$" + salt + "$" + sum:               foreign.ErrUnknown, // without its pepper
		"foreign$bcrypt:10$" + salt + "$" + sum + "$AAAA":            foreign.ErrUnknown,
		"foreign$nothing:10$" + salt + "$" + sum:                     foreign.ErrUnknown,
		"foreign$pbkdf2-sha256:1000$" + salt + "$" + sum32[:20]:      foreign.ErrUnknown, // too short to mean anything
		"foreign$pbkdf2-sha256:1000$" + salt + "$" + sum32 + "\n":    foreign.ErrUnknown,
		"foreign$pbkdf2-sha256:1000$" + strings.Repeat("A", 2000):    foreign.ErrUnknown,
		"foreign$pbkdf2-sha256:1000$" + salt + "$$" + sum32 + "$AAA": foreign.ErrUnknown,
	} {
		if _, err := foreign.Read(row); !errors.Is(err, want) {
			t.Errorf("%.60s: got %v, want %v", row, err, want)
		}
	}
}

func TestWhatIsNoHashOfThisWorldIsRefused(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]error{
		"":                                foreign.ErrUnusable,
		"!fPxrlCk5Av8MX2OAnEb1uEIEd3dJkm": foreign.ErrUnusable, // Django
		"*":                               foreign.ErrUnusable,
		"$2x$10$" + digits53:              foreign.ErrUnknown, // PHP's old bug is another algorithm
		"$2$10$" + digits53:               foreign.ErrUnknown,
		"$2b$10$" + digits53[1:]:          foreign.ErrUnknown,
		"$2b$03$" + digits53:              foreign.ErrUnknown,
		"$2b$10$" + digits53 + "x":        foreign.ErrUnknown,
		"$2b$10$!" + digits53[1:]:         foreign.ErrUnknown,
		"$argon2d$v=19$m=64,t=1,p=1$AAAAAAAAAAA$" + sum32:   foreign.ErrUnknown,
		"$argon2id$v=16$m=64,t=1,p=1$AAAAAAAAAAA$" + sum32:  foreign.ErrUnknown,
		"$argon2id$v=19$m=8,t=1,p=2$AAAAAAAAAAA$" + sum32:   foreign.ErrUnknown,
		"$argon2id$v=19$m=64,t=1,t=1,p=1$AAAAAAAA$" + sum32: foreign.ErrUnknown,
		"$argon2id$v=19$m=64,t=1$AAAAAAAAAAA$" + sum32:      foreign.ErrUnknown,
		"$argon2id$v=19$m=64,t=0,p=1$AAAAAAAAAAA$" + sum32:  foreign.ErrUnknown,
		"pbkdf2_sha256$0$salt$" + sum32:                     foreign.ErrUnknown,
		"pbkdf2_sha256$-1$salt$" + sum32:                    foreign.ErrUnknown,
		"pbkdf2_sha256$1e9$salt$" + sum32:                   foreign.ErrUnknown,
		"pbkdf2_sha256$99999999999999999999$salt$" + sum32:  foreign.ErrTooDear,
		"scrypt:1000:8:1$salt$" + strings.Repeat("00", 32):  foreign.ErrUnknown,
		"$scrypt$ln=63,r=8,p=1$AAAA$" + sum32:               foreign.ErrUnknown,
		"$5$rounds=x$salt$" + strings.Repeat(".", 43):       foreign.ErrUnknown,
		"$5$salt$" + strings.Repeat(".", 42):                foreign.ErrUnknown,
		"$P$Bsaltsalt" + strings.Repeat(".", 21) + "!":      foreign.ErrUnknown,
		"$1$salt$" + strings.Repeat(".", 22):                foreign.ErrUnknown,
		"crypt$$ab1234567890x":                              foreign.ErrUnknown,
		"password":                                          foreign.ErrUnknown,
		"{noop}password":                                    foreign.ErrUnknown,
		"{SSHA}AAAA":                                        foreign.ErrUnknown,
		"{bcrypt":                                           foreign.ErrUnknown,
		strings.Repeat("x", 1<<20):                          foreign.ErrTooDear,
	} {
		if _, err := foreign.Parse(text); !errors.Is(err, want) {
			t.Errorf("%.60s: got %v, want %v", text, err, want)
		}
	}
}

// TestBcryptComparesSeventyTwoBytes as the programs did whose hashes these are; the hash that replaces it binds the rest.
func TestBcryptComparesSeventyTwoBytes(t *testing.T) {
	t.Parallel()
	hash, err := foreign.Parse("$2b$04$N3DT5XEFdUsInnI6K4dZ9uzhHyl.OHFMCS0HeRKKD5VkVSkWadcvi")
	if err != nil {
		t.Fatal(err)
	}
	long := []byte(strings.Repeat("x", 72))
	if !hash.Matches(append(long, "whatever"...)) || !hash.Matches(long) || hash.Matches(long[:71]) {
		t.Error("got other than the first 72 bytes compared, want only those")
	}
}

// TestALongPasswordDoesNotMakeAComparisonDearer: each round of these hashes all of it, and nobody has one that long.
func TestALongPasswordDoesNotMakeAComparisonDearer(t *testing.T) {
	t.Parallel()
	long := bytes.Repeat([]byte("x"), 1<<22)
	for _, text := range []string{
		"$5$rounds=1000000$salt$" + strings.Repeat(".", 43),
		"$6$rounds=1000000$salt$" + strings.Repeat(".", 86),
		"$P$Gsaltsalt" + strings.Repeat(".", 22),
	} {
		hash, err := foreign.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if hash.Matches(long) { // hours, if it were compared
			t.Errorf("%.4s: got a match, want none", text)
		}
	}
}

func TestAHashDoesNotPrint(t *testing.T) {
	t.Parallel()
	hash, err := foreign.ParseDevise("$2a$10$"+digits53, "pepper")
	if err != nil {
		t.Fatal(err)
	}
	marshaled, err := json.Marshal(map[string]any{"hash": hash})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{fmt.Sprint(hash), fmt.Sprintf("%v %+v %#v %s %q %x %d", hash, hash, hash, hash, hash, hash, hash), hash.String(), hash.GoString(), hash.LogValue().String(), string(marshaled)} {
		if strings.Contains(text, "pepper") || strings.Contains(text, "bcrypt") || !strings.Contains(text, "[secret]") {
			t.Error("got something of a hash printed, want [secret]")
		}
	}
}

// FuzzParse: whatever is read as a hash has a bounded cost, and what is stored of it is read as the same one.
func FuzzParse(f *testing.F) {
	lines, err := os.ReadFile("testdata/hashes.jsonl")
	if err != nil {
		f.Fatal(err)
	}
	for scanner := bufio.NewScanner(bytes.NewReader(lines)); scanner.Scan(); {
		var v vector
		if err := json.Unmarshal(scanner.Bytes(), &v); err != nil {
			f.Fatal(err)
		}
		second := ""
		if len(v.Text) > 1 {
			second = v.Text[1]
		}
		f.Add(v.Text[0], second)
		if hash, err := v.parse(); err == nil {
			f.Add(hash.Stored(), "")
		}
	}
	f.Add("AQAAAAIAAAAyAAAAEOMwvh3+FZxqkdMBz2ekgGhwQ4B6pZWND6zgESBuWiHw", "")
	f.Fuzz(func(t *testing.T, text, second string) {
		for _, read := range []func() (foreign.Hash, error){
			func() (foreign.Hash, error) { return foreign.Parse(text) },
			func() (foreign.Hash, error) { return foreign.Read(text) },
			func() (foreign.Hash, error) { return foreign.ParseWordPress(text) },
			func() (foreign.Hash, error) { return foreign.ParseASPNET(text) },
			func() (foreign.Hash, error) { return foreign.ParseBetterAuth(text) },
			func() (foreign.Hash, error) { return foreign.ParseUnsalted(text) },
			func() (foreign.Hash, error) { return foreign.ParseDevise(text, second) },
			func() (foreign.Hash, error) { return foreign.ParseKeycloak(text, second) },
			func() (foreign.Hash, error) { return foreign.Decoy(text) },
		} {
			hash, err := read()
			if err != nil {
				if hash.Stored() != "" || !errors.Is(err, foreign.ErrUnknown) && !errors.Is(err, foreign.ErrTooDear) && !errors.Is(err, foreign.ErrUnusable) {
					t.Errorf("got %v with or without a hash, want one of the errors and none", err)
				}
				continue
			}
			if cost := hash.Cost(); cost.MemoryKiB > 264<<10 || cost.WorkKiB > 5<<20 {
				t.Errorf("got a hash with the cost %+v, want it bounded", cost)
			}
			if wrapping, _, fast := hash.Fast(); fast {
				if _, err := foreign.Digest(wrapping, []byte("x")); err != nil || strings.Contains(wrapping, "$") {
					t.Errorf("got %v for the wrapping, want a digest", err)
				}
				continue
			}
			again, err := foreign.Read(hash.Stored())
			if err != nil || again.Stored() != hash.Stored() {
				t.Errorf("got %v or another hash from what is stored, want the same", err)
			}
		}
	})
}
