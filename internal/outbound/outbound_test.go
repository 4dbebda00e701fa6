package outbound_test

import (
	"net/url"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/outbound"
)

func TestConnectionsDoNotGoInwards(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		address                   string
		public, private, loopback bool
	}{
		{"93.184.216.34:443", true, true, true},
		{"[2606:2800:220:1::1]:443", true, true, true},
		{"127.0.0.1:443", false, false, true},
		{"[::1]:443", false, false, true},
		{"[::ffff:127.0.0.1]:443", false, false, true},
		{"10.1.2.3:443", false, true, false},
		{"172.16.0.1:443", false, true, false},
		{"192.168.1.1:443", false, true, false},
		{"[fd00::1]:443", false, true, false},
		{"[::ffff:10.1.2.3]:443", false, true, false},
		{"169.254.169.254:80", false, false, false},
		{"[fe80::1%eth0]:443", false, false, false},
		{"[::ffff:169.254.169.254]:80", false, false, false},
		{"[64:ff9b::a9fe:a9fe]:80", false, false, false},
		{"[2002:a9fe:a9fe::]:80", false, false, false},
		{"0.0.0.0:80", false, false, false},
		{"[::]:80", false, false, false},
		{"100.64.0.1:80", false, false, false},
		{"224.0.0.1:80", false, false, false},
		{"255.255.255.255:80", false, false, false},
		{"example.com:443", false, false, false},
	} {
		got := [3]bool{outbound.Reach{}.Allows(test.address), outbound.Reach{Private: true}.Allows(test.address), outbound.Reach{Loopback: true}.Allows(test.address)}
		want := [3]bool{test.public, test.public || test.private, test.public || test.loopback}
		if got != want {
			t.Errorf("%s: got %v, want %v (by itself, in a private network, on this machine)", test.address, got, want)
		}
	}
}

func TestWhatIsNotEncryptedStaysOnThisMachine(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string][2]bool{
		"https://example.com/": {true, true}, "http://example.com/": {false, false}, "http://localhost:3000/": {false, true}, "http://127.0.0.1/": {false, true},
		"http://[::1]:80/": {false, true}, "http://localhost.example.com/": {false, false}, "ftp://localhost/": {false, false},
	} {
		u, err := url.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		if got := [2]bool{outbound.Reach{}.Accepts(u), outbound.Reach{Loopback: true}.Accepts(u)}; got != want {
			t.Errorf("%s: got %v, want %v (by itself, with this machine)", raw, got, want)
		}
	}
}
