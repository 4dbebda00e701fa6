package address_test

import (
	"testing"

	"github.com/latchkey-auth/latchkey/internal/address"
)

func TestIsLoopback(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]bool{
		"localhost": true, "LocalHost": true, "localhost.": true, "app.localhost": true, "app.localhost.": true,
		"127.0.0.1": true, "127.8.9.10": true, "::1": true, "::ffff:127.0.0.1": true,
		"": false, ".": false, ".localhost": false, "localhost..": false, "localhost.example.com": false, "evil-localhost": false,
		"127.0.0.1.": false, "::1.": false, "127.1": false, "127.0.0.1.example.com": false, "[::1]": false, "::1%eth0": false, "127.0.0.1:80": false,
		"128.0.0.1": false, "0.0.0.0": false, "::": false, "10.0.0.1": false, "::2": false,
	} {
		if got := address.IsLoopback(host); got != want {
			t.Errorf("%q: got %t, want %t", host, got, want)
		}
	}
}
