package address_test

import (
	"strings"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/address"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

func TestParseSMTPURLAccepts(t *testing.T) {
	t.Parallel()
	for given, want := range map[secret.Text]address.SMTPServer{
		"smtp://mail.acme.test":                       {Host: "mail.acme.test", Port: "587"},
		"SMTPS://mail.acme.test/":                     {Host: "mail.acme.test", Port: "465", Encryption: address.EncryptionImplicit},
		"smtp://user:s3cret@mail.acme.test:2525/":     {Host: "mail.acme.test", Port: "2525", User: "user", Password: "s3cret"},
		"smtps://user:s3cret@mail.acme.test":          {Host: "mail.acme.test", Port: "465", Encryption: address.EncryptionImplicit, User: "user", Password: "s3cret"},
		"smtp://apikey:SG.x-y_z@smtp.example.net:587": {Host: "smtp.example.net", Port: "587", User: "apikey", Password: "SG.x-y_z"},
		"smtp://user%40acme.test:p%2Fa%3As%23s%40@mail.acme.test": {
			Host: "mail.acme.test", Port: "587", User: "user@acme.test", Password: "p/a:s#s@",
		},
		"smtps://u%40example.com:p%2F%40@[::1]:1": {
			Host: "::1", Port: "1", Encryption: address.EncryptionImplicit, Loopback: true, User: "u@example.com", Password: "p/@",
		},
		"smtp://localhost:1025":                   {Host: "localhost", Port: "1025", Encryption: address.EncryptionOpportunistic, Loopback: true},
		"smtp://user:s3cret@[::1]:1025":           {Host: "::1", Port: "1025", Encryption: address.EncryptionOpportunistic, Loopback: true, User: "user", Password: "s3cret"},
		"smtp://user:s3cret@127.0.0.1:25?tls=off": {Host: "127.0.0.1", Port: "25", Encryption: address.EncryptionOff, Loopback: true, User: "user", Password: "s3cret"},
		"smtp://relay.internal:25?tls=off":        {Host: "relay.internal", Port: "25", Encryption: address.EncryptionOff},
	} {
		t.Run(given.Reveal(), func(t *testing.T) {
			t.Parallel()
			got, err := address.ParseSMTPURL(given)
			if err != nil {
				t.Fatalf("got the error %v, want none", err)
			}
			if *got != want {
				t.Errorf("got host %q, port %q, encryption %d, loopback %t, want %q, %q, %d, %t, or another user or password than wanted",
					got.Host, got.Port, got.Encryption, got.Loopback, want.Host, want.Port, want.Encryption, want.Loopback)
			}
		})
	}
}

func TestParseSMTPURLRefuses(t *testing.T) {
	t.Parallel()
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
		"another scheme, again":               "http://mail.example.com",
		"no scheme, again":                    "mail.example.com:587",
		"a word":                              "mail",
		"no host, again":                      "smtp://:587",
		"port 0":                              "smtp://mail.example.com:0",
		"a port too high":                     "smtp://mail.example.com:65536",
		"a path, again":                       "smtp://mail.example.com/inbox",
		"a fragment":                          "smtp://mail.example.com#x",
		"an unknown parameter":                "smtp://mail.example.com?tls=no",
		"smtps without TLS":                   "smtps://mail.example.com?tls=off",
		"a password for all to read":          "smtp://u:p@mail.example.com?tls=off",
		"a password for all to hear":          "smtp://u:p@localhost.example.com?tls=off",
		"a user without password":             "smtp://u@mail.example.com",
		"a password without user":             "smtp://:p@mail.example.com",
		"a password with a slash, again":      "smtp://u:1/2@mail.example.com",
		"a password with a percent, again":    "smtp://u:1%zz@mail.example.com",
		"a password with a hash":              "smtp://u:1#2@mail.example.com",
		"a password that reads as port":       "smtp://u:pa/ss@mail.example.com",
		"a host that only looks like ours":    "smtp://hidden:s3cret@localhost.acme.test?tls=off",
	} {
		t.Run(what+" is refused without being quoted", func(t *testing.T) {
			t.Parallel()
			_, err := address.ParseSMTPURL(secret.Text(url))
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
