package provider_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/provider"
	"github.com/latchkey-auth/latchkey/internal/provider/providertest"
)

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
