package mail_test

import (
	"fmt"
	"html"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/latchkey-auth/latchkey/internal/address"
	"github.com/latchkey-auth/latchkey/internal/auth"
)

// updateCodes is the variable under which the golden files of codes are written anew.
const updateCodes = "LATCHKEY_TEST_UPDATE"

func TestLettersWithCodes(t *testing.T) {
	t.Parallel()
	const code = "BCDF-WXZZ"
	written := time.Date(2026, 11, 22, 3, 4, 5, 0, time.UTC)
	at := settings
	at.Now = func() time.Time { return written }
	renderer := newRenderer(t, at)

	for _, kind := range []auth.LetterKind{auth.LetterLoginCode, auth.LetterReauthenticationCode} {
		letter := &auth.Letter{
			Kind:     kind,
			To:       address.Email{Address: "ada@example.test", Canonical: "ada@example.test"},
			Name:     "Ada Lovelace",
			Code:     code,
			ValidFor: 10 * time.Minute,
			At:       written,
		}
		message, err := renderer.Render(letter)
		if err != nil {
			t.Fatalf("render %s: %v", kind, err)
		}
		text, page := message.Text.Reveal(), html.UnescapeString(message.HTML.Reveal())

		t.Run(string(kind)+" reads as it did", func(t *testing.T) {
			got := fmt.Sprintf("Subject: %s\n\n%s", message.Subject, text)
			golden := filepath.Join("testdata", string(kind)+".golden")
			if os.Getenv(updateCodes) == "mail" {
				if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("set %s=mail if this is meant (-want +got):\n%s", updateCodes, diff)
			}
		})

		t.Run(string(kind)+" has the code once, alone on its line, and says for how long", func(t *testing.T) {
			if !slices.Contains(strings.Split(text, "\n"), code) || strings.Count(text, code) != 1 {
				t.Error("the code is not on a line of its own")
			}
			if strings.Count(page, code) != 1 || !strings.Contains(page, ">"+code+"</p>") {
				t.Error("the page does not have the code alone in a paragraph")
			}
			if strings.Contains(message.Subject, code) {
				t.Error("the code is in the subject, which a locked screen shows")
			}
			if !strings.Contains(text, "10 minutes") || !strings.Contains(page, "10 minutes") {
				t.Error("got no lifetime of the code, want \"10 minutes\"")
			}
		})

		t.Run(string(kind)+" says the same in both parts, and has no link", func(t *testing.T) {
			words := strings.Join(strings.Fields(page), " ")
			for paragraph := range strings.SplitSeq(text, "\n\n") {
				paragraph = strings.TrimPrefix(paragraph, "-- \n") // before the signature
				if paragraph = strings.Join(strings.Fields(paragraph), " "); !strings.Contains(words, paragraph) {
					t.Errorf("the page lacks %q", paragraph)
				}
			}
			if strings.Contains(text, "http") || strings.Contains(page, "href") {
				t.Error("got a link, want none")
			}
		})

		t.Run(string(kind)+" is not written without a code", func(t *testing.T) {
			bare := *letter
			bare.Code = ""
			if _, err := renderer.Render(&bare); err == nil {
				t.Error("got no error without a code, want one")
			}
		})

		t.Run(string(kind)+" does not print its code", func(t *testing.T) {
			for _, printed := range []string{fmt.Sprintf("%+v", letter), fmt.Sprintf("%#v", *letter), fmt.Sprint(message)} {
				if strings.Contains(printed, code) {
					t.Error("got the code in what is printed, want it hidden")
				}
			}
		})
	}
}
