package mail_test

import (
	"strings"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/mail"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

func TestSMTPURL(t *testing.T) {
	for _, url := range []string{
		"smtp://mail.acme.test",
		"smtp://user:s3cret@mail.acme.test:2525/",
		"smtp://user%40acme.test:p%2Fa%3As%23s@mail.acme.test",
		"smtps://user:s3cret@mail.acme.test",
		"smtp://mail.acme.test:25?tls=off",
		"smtp://user:s3cret@127.0.0.1:1025?tls=off",
		"smtp://user:s3cret@[::1]:1025",
	} {
		t.Run(url+" is taken", func(t *testing.T) {
			if _, err := mail.NewSMTP(secret.Text(url)); err != nil {
				t.Error(err)
			}
		})
	}

	// What must be found in no error is any piece of the user "hidden" or the password "s3cret".
	for what, url := range map[string]string{
		"nothing":                             "",
		"another scheme":                      "https://hidden:s3cret@mail.acme.test",
		"no scheme":                           "hidden:s3cret@mail.acme.test",
		"no host":                             "smtp://hidden:s3cret@:587",
		"a password with a slash":             "smtp://hidden:s3cret/x@mail.acme.test",
		"a password of digits and a slash":    "smtp://hidden:12/s3cret@mail.acme.test",
		"a password of digits and a question": "smtp://hidden:12?s3cret@mail.acme.test",
		"a password of digits and a hash":     "smtp://hidden:12#s3cret@mail.acme.test",
		"a password with a percent":           "smtp://hidden:s3cret%@mail.acme.test",
		"a password with a space":             "smtp://hidden:s3cret s3cret@mail.acme.test",
		"a user without a password":           "smtp://hidden@mail.acme.test",
		"a password without a user":           "smtp://:s3cret@mail.acme.test",
		"port zero":                           "smtp://hidden:s3cret@mail.acme.test:0",
		"a port out of range":                 "smtp://hidden:s3cret@mail.acme.test:65536",
		"a path":                              "smtp://hidden:s3cret@mail.acme.test/s3cret",
		"another parameter":                   "smtp://hidden:s3cret@mail.acme.test?s3cret=1",
		"another value":                       "smtp://hidden:s3cret@mail.acme.test?tls=s3cret",
		"a broken query":                      "smtp://mail.acme.test?tls=off;s3cret",
		"smtps and tls=off":                   "smtps://hidden:s3cret@mail.acme.test?tls=off",
		"a password in the clear":             "smtp://hidden:s3cret@mail.acme.test?tls=off",
		"a host that only looks like ours":    "smtp://hidden:s3cret@localhost.acme.test?tls=off",
	} {
		t.Run(what+" is refused without being quoted", func(t *testing.T) {
			_, err := mail.NewSMTP(secret.Text(url))
			if err == nil {
				t.Fatal("got no error for this URL, want one")
			}
			for _, piece := range []string{"hidden", "s3cret", "mail.acme.test"} {
				if strings.Contains(err.Error(), piece) {
					t.Error("the error quotes the URL")
				}
			}
		})
	}
}
