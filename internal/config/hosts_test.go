package config_test

import (
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
	for _, bad := range []string{"*", "*.example.com", "https://auth.example.com", "auth.example.com:8080", "b\u00fccher.example", ",", "a/b"} {
		t.Run("refuses "+bad, func(t *testing.T) {
			s.AllowedHosts = bad
			wantFaults(t, s, "LATCHKEY_ALLOWED_HOSTS")
		})
	}
}
