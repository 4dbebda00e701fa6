package config_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/latchkey-auth/latchkey/internal/config"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

func TestTrustedProxies(t *testing.T) {
	for given, want := range map[string][]string{
		"":                                    nil,
		"10.0.0.0/8,127.0.0.1,::1":            {"10.0.0.0/8", "127.0.0.1/32", "::1/128"},
		" 192.168.7.9/16  fd00::/8 ,":         {"192.168.0.0/16", "fd00::/8"},
		"::ffff:10.1.2.3,::ffff:10.0.0.0/104": {"10.1.2.3/32", "10.0.0.0/8"},
	} {
		t.Run("are read from "+given, func(t *testing.T) {
			var got []string
			for _, prefix := range resolved(t, config.Settings{TrustedProxies: given}).TrustedProxies {
				got = append(got, prefix.String())
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	for _, bad := range []string{"proxy.example", "10.0.0.0/33", "10.0.0.1:80", "fe80::1%eth0", "*", "0.0.0.0/0", "::/0", ",", "10.0.0.1,x"} {
		t.Run("cannot be "+bad, func(t *testing.T) {
			wantFaults(t, config.Settings{TrustedProxies: bad}, "LATCHKEY_TRUSTED_PROXIES")
		})
	}
}

func TestAllowedOrigins(t *testing.T) {
	for given, want := range map[string][]string{
		"https://app.example.com,https://admin.example.com":                         {"https://app.example.com", "https://admin.example.com"},
		" https://App.Example.com:443  https://app.example.com ":                    {"https://app.example.com"},
		"https://app.example.com:8443,https://[2001:DB8::1]:444":                    {"https://app.example.com:8443", "https://[2001:db8::1]:444"},
		"http://localhost:3000,http://127.0.0.1:80,http://[::1],http://a.localhost": {"http://localhost:3000", "http://127.0.0.1", "http://[::1]", "http://a.localhost"},
	} {
		t.Run("are read from "+given, func(t *testing.T) {
			s := production()
			s.AllowedOrigins = given
			c := resolved(t, s)
			if diff := cmp.Diff(want, c.AllowedOrigins); diff != "" || c.LocalhostOrigins {
				t.Errorf("localhost %t (-want +got):\n%s", c.LocalhostOrigins, diff)
			}
		})
	}
	for _, bad := range []string{
		"*", "null", "https://*.example.com", "https://app.example.com/", "https://app.example.com/x", "https://app.example.com?x", "https://app.example.com#",
		"app.example.com", "ftp://app.example.com", "http://app.example.com", "https://me:hush@app.example.com", "https://bücher.example", "https://app.example.com:", ",",
	} {
		t.Run("cannot be "+bad, func(t *testing.T) {
			s := production()
			s.AllowedOrigins = bad
			wantFaults(t, s, "LATCHKEY_ALLOWED_ORIGINS")
		})
	}

	t.Run("are all on localhost in development, until some are given", func(t *testing.T) {
		if c := resolved(t, config.Settings{}); !c.LocalhostOrigins {
			t.Error("not by default")
		}
		if c := resolved(t, production()); c.LocalhostOrigins || c.AllowedOrigins != nil {
			t.Error("production allows some")
		}
		c := resolved(t, config.Settings{AllowedOrigins: "http://192.168.1.7:3000"})
		if c.LocalhostOrigins || cmp.Diff([]string{"http://192.168.1.7:3000"}, c.AllowedOrigins) != "" {
			t.Errorf("localhost %t, %v", c.LocalhostOrigins, c.AllowedOrigins)
		}
	})
	t.Run("are told with the number of each that is wrong, and without a password", func(t *testing.T) {
		s := production()
		s.AllowedOrigins = "https://ok.example,null,https://me:hush@app.example"
		_, err := s.Resolve()
		if err == nil {
			t.Fatal("got no fault, want one")
		}
		text := strings.Join(strings.Fields(err.Error()), " ")
		for _, want := range []string{"has the entry 2, which is what browsers say", "has the entry 3, which must not hold a user"} {
			if !strings.Contains(text, want) {
				t.Errorf("%q is not in it:\n%v", want, err)
			}
		}
		if strings.Contains(text, "hush") {
			t.Error("got an error with the password, want it without")
		}
	})
}

func TestTLSFiles(t *testing.T) {
	t.Run("make the server's own address https", func(t *testing.T) {
		c := resolved(t, config.Settings{TLSCert: "tls.crt", TLSKey: "tls.key"})
		if c.TLSCert != "tls.crt" || c.TLSKey != "tls.key" || c.PublicURL.String() != "https://localhost:8080" {
			t.Errorf("got %q, %q, %s, want the two files and https://localhost:8080", c.TLSCert, c.TLSKey, c.PublicURL)
		}
	})
	t.Run("are needed both", func(t *testing.T) {
		wantFaults(t, config.Settings{TLSCert: "tls.crt"}, "LATCHKEY_TLS_KEY")
		wantFaults(t, config.Settings{TLSKey: "tls.key"}, "LATCHKEY_TLS_CERT")
	})
	t.Run("are files, and a key that was put there itself is shown to nobody", func(t *testing.T) {
		for _, pem := range []secret.Text{`-----BEGIN PRIVATE KEY-----\nhush\n-----END PRIVATE KEY-----`, "-----BEGIN PRIVATE KEY-----\nhush\n-----END PRIVATE KEY-----"} {
			s := config.Settings{TLSCert: "tls.crt", TLSKey: pem}
			wantFaults(t, s, "LATCHKEY_TLS_KEY")
			_, err := s.Resolve()
			if strings.Contains(err.Error()+printed(t, s, none), "hush") {
				t.Error("got the key shown, want it hidden")
			}
		}
	})
}

func TestPrintTellsWhoMayUseTheServer(t *testing.T) {
	wantLine(t, printed(t, config.Settings{}, none), "LATCHKEY_ALLOWED_ORIGINS [not set: every origin on localhost] default")
	text := printed(t, production(), none)
	wantLine(t, text, "LATCHKEY_ALLOWED_ORIGINS [not set: none but the server's own] default")
	wantLine(t, text, "LATCHKEY_TRUSTED_PROXIES [not set] default")
	wantLine(t, text, "LATCHKEY_TLS_CERT [not set] default")
}
