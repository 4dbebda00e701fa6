package provider_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/provider"
	"github.com/latchkey-auth/latchkey/internal/provider/providertest"
)

func TestRequestsDoNotGoInwards(t *testing.T) {
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
		got := [3]bool{provider.Allows(false, false, test.address), provider.Allows(true, false, test.address), provider.Allows(false, true, test.address)}
		want := [3]bool{test.public, test.public || test.private, test.public || test.loopback}
		if got != want {
			t.Errorf("%s: got %v, want %v (by itself, in a private network, on this machine)", test.address, got, want)
		}
	}
}

// TestAProviderOfProductionIsNotOnThisMachine resolves a name that leads inwards, too.
func TestAProviderOfProductionIsNotOnThisMachine(t *testing.T) {
	t.Parallel()
	server := providertest.Start(t)
	set := provider.New([]provider.Settings{server.Settings("inner"), {ID: "name", Preset: "oidc", Issuer: "https://localhost:1"}},
		provider.Options{PublicURL: publicURL})
	_, err := set.AuthorizationURL(t.Context(), "inner", newFlow())
	wantFailure(t, err, "https://")
	_, err = set.AuthorizationURL(t.Context(), "name", newFlow())
	wantFailure(t, err, "inner network")
	if got := server.Count("/.well-known/openid-configuration"); got != 0 {
		t.Errorf("the server was asked %d times, want never", got)
	}
}

func TestASlowProviderIsGivenUp(t *testing.T) {
	t.Parallel()
	server := providertest.Start(t)
	asked, end := make(chan struct{}, 1), make(chan struct{})
	t.Cleanup(func() { close(end) })
	server.Handle["/token"] = func(_ http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		select {
		case <-end:
		case <-r.Context().Done():
		}
	}
	server.SignIn(ada())
	set := setOf(server.Settings("slow"))
	set.Hurry("slow", 200*time.Millisecond)
	_, err := signIn(t, set, server, "slow")
	wantFailure(t, err, "exchange the code")
	<-asked
}

func TestACodeIsSentOnce(t *testing.T) {
	t.Parallel()
	server := providertest.Start(t)
	server.SignIn(ada())
	settings := server.Settings("company")
	settings.ClientSecret = "a-wrong-secret"
	if _, err := signIn(t, setOf(settings), server, "company"); err == nil {
		t.Fatal("a wrong secret was taken")
	}
	if got := server.Count("/token"); got != 1 {
		t.Errorf("the code was sent %d times, want once", got)
	}
}
