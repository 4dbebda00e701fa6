package config_test

import (
	"testing"

	"github.com/latchkey-auth/latchkey/internal/config"
)

func TestDevelopmentIsAssumedOnlyWhileNothingPointsOutwards(t *testing.T) {
	cases := map[string]struct {
		given config.Settings
		asks  bool
	}{
		"nothing":                      {config.Settings{}, false},
		"a port":                       {config.Settings{Port: "9000"}, false},
		"a data folder":                {config.Settings{DataDir: "elsewhere"}, false},
		"a public URL on localhost":    {config.Settings{PublicURL: "http://localhost:3000"}, false},
		"a public URL below localhost": {config.Settings{PublicURL: "http://auth.localhost:3000"}, false},
		"a public URL on 127.0.0.2":    {config.Settings{PublicURL: "http://127.0.0.2:3000"}, false},
		"a public URL on ::1":          {config.Settings{PublicURL: "http://[::1]:3000"}, false},
		"a public URL elsewhere":       {config.Settings{PublicURL: "https://auth.example.com"}, true},
		"a name that only begins so":   {config.Settings{PublicURL: "http://localhost.example.com"}, true},
		"SMTP to localhost":            {config.Settings{SMTPURL: "smtp://localhost:1025"}, true},
		"an address for everybody":     {config.Settings{Addr: ":8080"}, true},
		"an address of this machine":   {config.Settings{Addr: "[::1]:8080"}, false},
		"a database on localhost":      {config.Settings{DatabaseURL: "postgres://localhost/x", SecretKey: key}, true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var want []string
			if c.asks {
				want = []string{"LATCHKEY_ENV"}
			}
			wantFaults(t, c.given, want...)

			c.given.Env = "development"
			wantFaults(t, c.given)
		})
	}
}

func TestListening(t *testing.T) {
	cases := map[string]struct {
		given        config.Settings
		addr, public string
	}{
		"a port in development":        {config.Settings{Port: "9000"}, "127.0.0.1:9000", "http://localhost:9000"},
		"an address wins over a port":  {config.Settings{Port: "9000", Addr: ":9001", Env: "development"}, ":9001", "http://localhost:9001"},
		"an address of IPv6":           {config.Settings{Addr: "[::1]:9001"}, "[::1]:9001", "http://localhost:9001"},
		"port 0 lets the system chose": {config.Settings{Port: "0"}, "127.0.0.1:0", "http://localhost:0"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got := resolved(t, c.given)
			if got.Addr != c.addr || got.PublicURL.String() != c.public {
				t.Errorf("got %s and %s, want %s and %s", got.Addr, got.PublicURL, c.addr, c.public)
			}
		})
	}

	t.Run("a port in production is on every interface", func(t *testing.T) {
		s := production()
		s.Port = "9000"
		if got := resolved(t, s).Addr; got != ":9000" {
			t.Errorf("got %s", got)
		}
	})

	for _, bad := range []string{"8080", "localhost", "127.0.0.1:", "127.0.0.1:http", ":65536", "::1:80"} {
		t.Run("refuses the address "+bad, func(t *testing.T) {
			wantFaults(t, config.Settings{Addr: bad}, "LATCHKEY_ADDR")
		})
	}
	for _, bad := range []string{"-1", "65536", "http", "80 80"} {
		t.Run("refuses the port "+bad, func(t *testing.T) {
			wantFaults(t, config.Settings{Port: bad, Addr: "localhost:80"}, "PORT")
		})
	}
}

func TestPublicURL(t *testing.T) {
	t.Run("loses the slash at its end", func(t *testing.T) {
		s := production()
		s.PublicURL = "https://example.com/auth/"
		c := resolved(t, s)
		if c.PublicURL.String() != "https://example.com/auth" || c.ResetURL != "https://example.com/auth/reset?token={token}" {
			t.Errorf("got %s and %s", c.PublicURL, c.ResetURL)
		}
	})

	t.Run("is written as browsers write an origin", func(t *testing.T) {
		s := production()
		s.PublicURL = "https://Auth.Example.com:443/App"
		if got := resolved(t, s).PublicURL.String(); got != "https://auth.example.com/App" {
			t.Errorf("got %s", got)
		}
	})

	for _, bad := range []string{
		"http://auth.example.com", "https://localhost", "https://127.0.0.1:8443", "https://[::1]", "https://LOCALHOST.",
		"auth.example.com", "https://", "https:///x", "https://auth.example.com?x", "https://auth.example.com#x",
		"https://me:hush@auth.example.com", "https://auth.example.com:70000", "https://a b",
	} {
		t.Run("production refuses "+bad, func(t *testing.T) {
			s := production()
			s.PublicURL = bad
			wantFaults(t, s, "LATCHKEY_PUBLIC_URL")
		})
	}

	t.Run("development may be reached over the local net", func(t *testing.T) {
		wantFaults(t, config.Settings{Env: "development", PublicURL: "http://192.168.1.7:8080"})
	})
}
