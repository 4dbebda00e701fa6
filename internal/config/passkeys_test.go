package config_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/config"
)

func TestTheDomainOfPasskeys(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		public, origins, given, want, fault string
	}{
		{"", "", "", "localhost", ""},
		{"http://localhost:9000", "", "", "localhost", ""},
		{"http://127.0.0.1:8080", "", "", "", ""},
		{"https://Auth.Example.com", "", "", "auth.example.com", ""},
		{"https://auth.example.com", "", "Example.com", "example.com", ""},
		{"https://auth.example.com", "", "off", "", ""},
		{"https://auth.example.net", "https://app.example.com", "example.com", "example.com", ""},
		{"https://auth.example.com", "", "example.org", "", "neither"},
		{"https://auth.badexample.com", "", "example.com", "", "neither"},
		{"https://auth.example.com", "", "com", "", "more sites"},
		{"https://auth.example.com", "", "192.0.2.1", "", "address"},
		{"https://auth.example.com", "", "https://example.com", "", "scheme"},
		{"https://auth.example.com", "", "example.com:443", "", "port"},
		{"https://auth.example.com", "", "*.example.com", "", "wildcard"},
	} {
		resolved, err := config.Settings{Env: "development", PublicURL: c.public, AllowedOrigins: c.origins, PasskeyDomain: c.given}.Resolve()
		if c.fault != "" {
			if err == nil || !strings.Contains(err.Error(), "LATCHKEY_PASSKEY_DOMAIN") || !strings.Contains(err.Error(), c.fault) {
				t.Errorf("%q on %s: got the fault %v, want one of %q", c.given, c.public, err, c.fault)
			}
			continue
		}
		if err != nil {
			t.Errorf("%q on %s: %v", c.given, c.public, err)
			continue
		}
		if resolved.PasskeyDomain != c.want {
			t.Errorf("%q on %s: got the domain %q, want %q", c.given, c.public, resolved.PasskeyDomain, c.want)
		}
	}
}

func TestAppsThatUsePasskeys(t *testing.T) {
	t.Parallel()
	const apps = "android:apk-key-hash:aGFzaA"
	resolved, err := config.Settings{PasskeyApps: " " + apps + ", ios:bundle-id:com.example"}.Resolve()
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{apps, "ios:bundle-id:com.example"}; !slices.Equal(resolved.PasskeyApps, want) {
		t.Errorf("got %v, want %v", resolved.PasskeyApps, want)
	}
	for _, wrong := range []string{"https://app.example.com", "http://x", "app", ":x", "android:", apps + ",x"} {
		if _, err := (config.Settings{PasskeyApps: wrong}).Resolve(); err == nil {
			t.Errorf("%q: got no fault, want one", wrong)
		}
	}
}
