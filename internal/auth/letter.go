package auth

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/latchkey-auth/latchkey/internal/address"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// LetterKind names a letter, and the file of its template. The file of the feature that sends a letter
// declares it with newLetter.
type LetterKind string

// LetterSpec is what every letter of a kind has. The mail package writes letters from it.
type LetterSpec struct {
	Kind LetterKind
	// Link is what the token of its link is good for, and so says which page the link leads to; empty: no link.
	Link Purpose
	// Code is what the code to be typed is good for; empty: no code.
	Code Purpose

	// order sorts the lists that operators see; no two letters have the same.
	order int
	// redirects: the link leads where the request for it said. A link that does something else than was
	// asked for, as one for a user who has an account already, leads to the page for its purpose.
	redirects bool
	// sample adds what only this kind tells; nil: nothing.
	sample func(*Letter)
}

// letters are all kinds of letters. newLetter fills it.
var letters = map[LetterKind]LetterSpec{}

// newLetter adds a kind of letter to the table and returns it.
func newLetter(kind LetterKind, spec LetterSpec) LetterKind {
	spec.Kind = kind
	letters[kind] = spec
	return kind
}

// Letters returns what is known of every kind of letter, in the order of all lists.
func Letters() []LetterSpec {
	return slices.SortedFunc(maps.Values(letters), func(a, b LetterSpec) int { return cmp.Compare(a.order, b.order) })
}

// What samples have in place of what opens an account.
const (
	sampleToken secret.Text = "this-is-a-sample-and-opens-nothing"
	sampleCode  secret.Text = "XXXX-XXXX"
)

// Sample returns a letter of the kind that tells all that such a letter can tell, and opens nothing.
func (l LetterSpec) Sample() *Letter {
	letter := &Letter{
		Kind:      l.Kind,
		To:        address.Email{Address: "ada@example.com", Canonical: "ada@example.com"},
		Name:      "Ada Lovelace",
		At:        time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC),
		IPAddress: "192.0.2.1",
		Device:    "Firefox on Android",
	}
	switch {
	case l.Link != "":
		letter.Token, letter.ValidFor = sampleToken, purposes[l.Link].lifetime
	case l.Code != "":
		letter.Code, letter.ValidFor = sampleCode, purposes[l.Code].lifetime
	}
	if l.sample != nil {
		l.sample(letter)
	}
	return letter
}

// Letter is a mail as the domain sees it: to whom, about what, with which token or code. Links, words and
// looks are the mail package's.
type Letter struct {
	Kind      LetterKind
	To        address.Email
	Name      string        // of the addressee; empty: not known
	Token     secret.Text   // of the link; empty: no link
	Code      secret.Text   // to be typed, as XXXX-XXXX; empty: none
	ValidFor  time.Duration // of the link or the code
	At        time.Time     // when what it tells of happened
	Until     time.Time     // when what it tells of becomes final; zero: it is, or never does
	IPAddress string        // from where it was done; empty: not known
	Device    string        // with what, in words; empty: not known
	// RedirectURL is where the link leads, with the token in a query parameter "token" added; empty: to
	// the page for its purpose.
	RedirectURL string

	// mint keeps the digest of the token or the code once it is certain that the letter may leave; nil: it
	// has neither.
	mint func(ctx context.Context) error
}
