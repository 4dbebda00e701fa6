package config_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAllowedHosts(t *testing.T) {
	s := production()
	s.AllowedHosts = "Latchkey.Internal, 10.0.0.5 [2001:DB8::1],,latchkey"
	want := []string{"latchkey.internal", "10.0.0.5", "2001:db8::1", "latchkey"}
	if diff := cmp.Diff(want, resolved(t, s).AllowedHosts); diff != "" {
		t.Error(diff)
	}
	for bad, why := range map[string]string{
		"*": "wildcard", "*.example.com": "wildcard", "https://auth.example.com": "scheme or a path", "a/b": "scheme or a path",
		"auth.example.com:8080": "port", "b\u00fccher.example": "give it in ASCII", ",": "nothing but commas",
	} {
		t.Run("refuses "+bad, func(t *testing.T) {
			s.AllowedHosts = bad
			wantFaults(t, s, "LATCHKEY_ALLOWED_HOSTS")
			if _, err := s.Resolve(); err == nil || !strings.Contains(err.Error(), why) {
				t.Errorf("got %v, want a fault that says %q", err, why)
			}
		})
	}
}
