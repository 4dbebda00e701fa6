package text_test

import (
	"slices"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/text"
)

func TestCharacters(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]struct{ storable, printable bool }{
		"":                               {true, true},
		"Ada Lovelace":                   {true, true},
		"\u0141\u00f3d\u017a \U0001f600": {true, true},
		"a\x00b":                         {false, false},
		"\xff":                           {false, false},
		"a\nb":                           {true, false},
		"a\x7f":                          {true, false},
		"a\u0085b":                       {true, false},
		"a\u202eb":                       {true, false},
		"a\u2066b":                       {true, false},
	} {
		if got := text.Storable(s); got != want.storable {
			t.Errorf("%+q: got storable %t, want %t", s, got, want.storable)
		}
		if got := text.Printable(s); got != want.printable {
			t.Errorf("%+q: got printable %t, want %t", s, got, want.printable)
		}
	}
}

func TestNearest(t *testing.T) {
	t.Parallel()
	known := []string{"PORT", "SMTP_URL", "PUBLIC_URL", "ENV", "HOST"}
	for _, c := range []struct {
		wrong string
		most  int
		want  []string
	}{
		{"PORT", 0, []string{"PORT"}},
		{"PROT", 4, []string{"PORT"}},
		{"SMTPURL", 3, []string{"SMTP_URL"}},
		{"POST", 4, []string{"PORT", "HOST"}}, // in their order, when they differ alike
		{"SOMETHING", 4, nil},
		{"PROT", 1, nil},
		{"", 3, []string{"ENV"}},
	} {
		if got := text.Nearest(c.wrong, known, c.most); !slices.Equal(got, c.want) {
			t.Errorf("%q with %d: got %q, want %q", c.wrong, c.most, got, c.want)
		}
	}
}
