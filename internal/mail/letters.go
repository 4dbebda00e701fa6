package mail

import "github.com/latchkey-auth/latchkey/internal/auth"

// LetterTest is the kind of the letter that an operator sends to see whether mail arrives. The domain
// never sends it. It has neither link nor code.
const LetterTest auth.LetterKind = "test"

// letters returns what is known of all letters, in the order of every list.
func letters() []auth.LetterSpec {
	return append(auth.Letters(), auth.LetterSpec{Kind: LetterTest})
}

// specOf returns what is known of the letters of a kind.
func specOf(kind auth.LetterKind) (spec auth.LetterSpec, ok bool) {
	for _, letter := range letters() {
		if letter.Kind == kind {
			return letter, true
		}
	}
	return spec, false
}

// fileOf returns the name of a letter's file.
func fileOf(kind auth.LetterKind) string { return string(kind) + ".txt" }
