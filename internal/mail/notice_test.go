package mail_test

import (
	"html"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/latchkey-auth/latchkey/internal/address"
	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/mail"
)

const (
	newDeviceNotice = `Hello Ada,

Somebody, hopefully you, logged in to your Acme account from a
device or a place that we have not seen for a while, on
22 November 2026 at 03:00 UTC.

The login came from Firefox on Android (IP address 203.0.113.7).

If that was you, all is well and there is nothing to do.

If it was not you, somebody else knows how to get into your account.
Go to Acme now, say that you forgot your password and give this
email address. You will get a mail with a link to choose a new
password, which locks everybody else out.

-- 
This mail was sent automatically by Acme.
`
	passwordNotice = `Hello Ada,

The password of your Acme account was changed on
22 November 2026 at 03:00 UTC.

It was done from Firefox on Android (IP address 203.0.113.7).

If that was you, all is well and there is nothing to do.

If it was not you, somebody else has been in your account. Go to
Acme now, say that you forgot your password and give this email
address. You will get a mail with a link to choose a new password,
which locks everybody else out.

-- 
This mail was sent automatically by Acme.
`
)

func TestNoticesTellWhenAndFromWhere(t *testing.T) {
	t.Parallel()
	renderer := newRenderer(t, settings)
	notice := func(t *testing.T, kind auth.LetterKind, ip, device string) *mail.Message {
		t.Helper()
		message, err := renderer.Render(&auth.Letter{
			Kind: kind, To: address.Email{Address: "ada@example.test", Canonical: "ada@example.test"}, Name: "Ada",
			At: time.Date(2026, 11, 22, 4, 0, 0, 0, time.FixedZone("CET", 3600)), IPAddress: ip, Device: device,
		})
		if err != nil {
			t.Fatal(err)
		}
		return message
	}

	for kind, want := range map[auth.LetterKind]string{auth.LetterNewDevice: newDeviceNotice, auth.LetterPasswordChanged: passwordNotice} {
		t.Run(string(kind)+" in both parts", func(t *testing.T) {
			message := notice(t, kind, "203.0.113.7", "Firefox on Android")
			if diff := cmp.Diff(want, message.Text.Reveal()); diff != "" {
				t.Errorf("the text (-want +got):\n%s", diff)
			}
			page := strings.Join(strings.Fields(html.UnescapeString(message.HTML.Reveal())), " ")
			if !strings.Contains(page, "from Firefox on Android (IP address 203.0.113.7).") || strings.Contains(page, "href") {
				t.Error("the page does not say the same, or has a link")
			}
		})
		t.Run(string(kind)+" as far as it is known", func(t *testing.T) {
			for _, c := range []struct{ address, device, want string }{
				{"2001:db8::1", "", "from the IP address 2001:db8::1."},
				{"", "curl", "from curl."},
				{"", "", ""},
			} {
				text := notice(t, kind, c.address, c.device).Text.Reveal()
				tells := strings.Contains(text, "came from") || strings.Contains(text, "done from")
				if !strings.Contains(text, c.want) || tells != (c.want != "") {
					t.Errorf("of %q and %q it says:\n%s", c.address, c.device, text)
				}
			}
		})
	}
}
