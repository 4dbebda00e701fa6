package httpd_test

import (
	"strings"
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/httpd"
)

func TestCertificateCheck(t *testing.T) {
	t.Parallel()
	f := newFiles(t, 1) // for localhost, for an hour
	certificate, err := httpd.LoadCertificate(f.cert, f.key, quiet)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		host  string
		later time.Duration
		want  string
	}{
		"one that is good":         {"localhost", 0, ""},
		"one for another host":     {"auth.example.com", 0, "not for auth.example.com"},
		"one that has run out":     {"localhost", 2 * time.Hour, "ran out"},
		"one of a day that is yet": {"localhost", -2 * time.Hour, "not valid before"},
	} {
		t.Run(name, func(t *testing.T) {
			now := time.Now().Add(c.later)
			certificate.Now = func() time.Time { return now }
			notAfter, err := certificate.Check(c.host)
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("the error is %v", err)
			}
			if until := time.Until(notAfter); until > time.Hour || until < 50*time.Minute {
				t.Errorf("it runs out in %v", until)
			}
		})
	}
}
