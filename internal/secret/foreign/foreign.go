// Package foreign reads the password hashes of other programs, so that people who move to this server keep their
// passwords. It compares a password with such a hash exactly as the program did that made it, and makes none: at the
// first right login the hash is replaced by argon2id.
//
// A hash that is read is known by its algorithm, not by the program that it is from: what Django, Keycloak and ASP.NET
// store differs in its spelling only. Parse and its like know the spellings; Stored writes and Read reads the one that
// is kept, "foreign$pbkdf2-sha256:260000$salt$hash", of which everything up to the second dollar sign is its cost and no
// secret. Costs and lengths have bounds in both, so that no row can stop a server.
package foreign

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strconv"
	"strings"
)

// Errors of Parse and its like. None of them says anything of the hash.
var (
	// ErrUnknown is for what is no hash, or one that cannot be compared here, such as bcrypt of the kind $2x$.
	ErrUnknown = errors.New("the password hash is damaged or of an unknown kind")
	// ErrTooDear is for a hash whose comparison would take too much time or memory, or whose parts are too long.
	ErrTooDear = errors.New("the password hash takes more time or memory to compare than is allowed")
	// ErrUnusable is for what stands for no password: nothing, or Django's mark of an unusable one.
	ErrUnusable = errors.New("there is no password")
)

// Bounds of lengths, in bytes.
const (
	maxSaltLength   = 128
	minSumLength    = 16
	maxSumLength    = 128
	maxPepperLength = 256
	maxTextLength   = 1536 // of all that is parsed or stored
)

// Tag is what every hash that is stored begins with, unless it is wrapped in one of our own.
const Tag = "foreign$"

// Hash is the password hash of another program, within all bounds. It does not print. The zero Hash is none.
type Hash struct {
	kind    *kind
	numbers []uint32 // what it costs
	salt    []byte
	sum     []byte
	pepper  []byte // what the other program kept apart from its hashes; nil: nothing
}

// Stored returns the text that is kept, which Read reads. A fast hash has none: see Fast.
func (h Hash) Stored() string {
	if h.kind == nil || h.kind.fast {
		return ""
	}
	text := h.Class() + encode(h.salt) + "$" + encode(h.sum)
	if h.pepper != nil {
		text += "$" + encode(h.pepper)
	}
	return text
}

// Class returns the part of the text that says how the hash is compared and at what cost, and nothing else. Two hashes
// of one class take the same work to compare.
func (h Hash) Class() string {
	return Tag + h.kind.name + ":" + joined(h.numbers) + "$"
}

// Matches reports whether the hash was made of the password. It takes as long as Cost says, and cannot be stopped. A
// fast hash does not say: see Fast.
func (h Hash) Matches(password []byte) bool {
	if h.kind == nil || h.kind.fast {
		return false
	}
	match := false
	for _, form := range h.kind.forms(h, password) {
		if h.kind.matches(h, form) {
			match = true // and goes on: how often it compares depends on the password alone
		}
	}
	return match
}

// Cost returns what a comparison takes.
func (h Hash) Cost() Cost { return h.kind.cost(h.numbers) }

// Cost is what a comparison takes: memory, and the time as that of argon2id hashes that go through so many KiB in all
// their passes together.
type Cost struct {
	MemoryKiB uint64
	WorkKiB   uint64
}

// Read reads what Stored wrote, and nothing else. Errors: ErrUnknown, ErrTooDear.
func Read(stored string) (Hash, error) {
	rest, tagged := strings.CutPrefix(stored, Tag)
	fields := strings.Split(rest, "$")
	if !tagged || len(stored) > maxTextLength || len(fields) < 3 || len(fields) > 4 {
		return Hash{}, ErrUnknown
	}
	h, err := ofClass(fields[0])
	if err != nil {
		return Hash{}, err
	}
	parts := [3][]byte{}
	for i, field := range fields[1:] {
		if parts[i], err = base64.RawStdEncoding.Strict().DecodeString(field); err != nil {
			return Hash{}, ErrUnknown
		}
	}
	h.salt, h.sum = parts[0], parts[1]
	if len(fields) == 4 {
		h.pepper = parts[2]
	}
	if h, err = h.checked(); err != nil {
		return Hash{}, err
	}
	if h.Stored() != stored { // another spelling
		return Hash{}, ErrUnknown
	}
	return h, nil
}

// Decoy returns a hash of the class, as Class returns it, that no password matches: its salt and sum are random.
// Errors are those of Read.
func Decoy(class string) (Hash, error) {
	name, tagged := strings.CutPrefix(class, Tag)
	name, closed := strings.CutSuffix(name, "$")
	if !tagged || !closed {
		return Hash{}, ErrUnknown
	}
	h, err := ofClass(name)
	if err != nil {
		return Hash{}, err
	}
	h.salt, h.sum = h.kind.random(h.numbers)
	if h.kind.peppered {
		h.pepper = randomBytes(16)
	}
	return h.checked()
}

// ofClass returns a hash without salt and sum of what Class wrote between the dollar signs.
func ofClass(class string) (Hash, error) {
	name, costs, _ := strings.Cut(class, ":")
	k := kindOf(name)
	if k == nil || k.fast {
		return Hash{}, ErrUnknown
	}
	h := Hash{kind: k}
	for field := range strings.SplitSeq(costs, ",") {
		n, err := strconv.ParseUint(field, 10, 32)
		if err != nil {
			return Hash{}, ErrUnknown
		}
		h.numbers = append(h.numbers, uint32(n))
	}
	if len(h.numbers) != k.numbers || joined(h.numbers) != costs {
		return Hash{}, ErrUnknown
	}
	return h, k.bounded(h.numbers)
}

// checked returns the hash if it is within all bounds.
func (h Hash) checked() (Hash, error) {
	switch {
	case len(h.numbers) != h.kind.numbers || h.kind.peppered != (h.pepper != nil):
		return Hash{}, ErrUnknown
	case len(h.salt) > maxSaltLength || len(h.sum) > maxSumLength || len(h.pepper) > maxPepperLength:
		return Hash{}, ErrTooDear
	case len(h.sum) < minSumLength:
		return Hash{}, ErrUnknown
	}
	if h.kind.check != nil {
		if err := h.kind.check(h); err != nil {
			return Hash{}, err
		}
	}
	return h, h.kind.bounded(h.numbers)
}

// String implements fmt.Stringer.
func (Hash) String() string { return redacted }

// GoString implements fmt.GoStringer.
func (Hash) GoString() string { return redacted }

// Format implements fmt.Formatter: every verb prints the same.
func (Hash) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, redacted) }

// MarshalText implements encoding.TextMarshaler.
func (Hash) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LogValue implements slog.LogValuer.
func (Hash) LogValue() slog.Value { return slog.StringValue(redacted) }

const redacted = "[secret]"

func encode(b []byte) string { return base64.RawStdEncoding.EncodeToString(b) }

func joined(numbers []uint32) string {
	var text []string
	for _, n := range numbers {
		text = append(text, strconv.FormatUint(uint64(n), 10))
	}
	return strings.Join(text, ",")
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails: it ends the program instead
	return b
}

// kindOf returns the kind with the name, or nil.
func kindOf(name string) *kind {
	i := slices.IndexFunc(kinds, func(k *kind) bool { return k.name == name })
	if i < 0 {
		return nil
	}
	return kinds[i]
}
