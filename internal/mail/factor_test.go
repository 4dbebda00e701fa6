package mail_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/address"
	"github.com/latchkey-auth/latchkey/internal/auth"
)

// TestNoticesOfSecondFactors: each says what happened, when and from where, and has nothing to click.
func TestNoticesOfSecondFactors(t *testing.T) {
	renderer := newRenderer(t, settings)
	for kind, subject := range map[auth.LetterKind]string{
		auth.LetterTOTPAdded:            "An authenticator app was added to your account",
		auth.LetterTOTPRemoved:          "The authenticator app was removed from your account",
		auth.LetterTOTPLocked:           "Too many wrong codes for your account",
		auth.LetterRecoveryCodesCreated: "You have new recovery codes",
		auth.LetterRecoveryCodeUsed:     "A recovery code was used for your account",
		auth.LetterPasskeyAdded:         "A passkey was added to your account",
		auth.LetterPasskeyRemoved:       "A passkey was removed from your account",
		auth.LetterPasskeyCloned:        "A passkey of your account may have been copied",
		auth.LetterSecondFactorsRemoved: "Second step removed from your account",
		auth.LetterImpersonated:         "An administrator is using your account",
		auth.LetterRoleChanged:          "Your role has changed",
	} {
		message, err := renderer.Render(&auth.Letter{
			Kind: kind, To: address.Email{Address: "ada@example.test", Canonical: "ada@example.test"}, Name: "Ada",
			At: time.Date(2026, 11, 22, 4, 0, 0, 0, time.FixedZone("CET", 3600)), IPAddress: "203.0.113.7", Device: "Firefox on Android",
		})
		if err != nil {
			t.Errorf("%s: %v", kind, err)
			continue
		}
		text := message.Text.Reveal()
		if !strings.HasSuffix(message.Subject, subject) {
			t.Errorf("%s: got the subject %q, want %q", kind, message.Subject, subject)
		}
		for _, want := range []string{"Hello Ada,", "22 November 2026 at 03:00 UTC", "Acme"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: got no %q in\n%s", kind, want, text)
			}
		}
		byOthers := []auth.LetterKind{auth.LetterSecondFactorsRemoved, auth.LetterImpersonated, auth.LetterRoleChanged}
		fromWhere := strings.Contains(text, "Firefox on Android (IP address 203.0.113.7)")
		if want := !slices.Contains(byOthers, kind); fromWhere != want { // that is done by the server or an operator
			t.Errorf("%s: got from where it was done: %t, want %t", kind, fromWhere, want)
		}
		if strings.Contains(text, "http") {
			t.Errorf("%s: got a link, want none", kind)
		}
	}
}
