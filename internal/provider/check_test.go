package provider_test

import (
	"strings"
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/provider"
	"github.com/latchkey-auth/latchkey/internal/provider/providertest"
)

func TestACheckFindsOutWhatIsWrong(t *testing.T) {
	t.Parallel()
	server := providertest.Start(t)
	right, err := setOf(server.Settings("company")).Check(t.Context(), "company")
	if text := strings.Join(right, " "); err != nil || !strings.Contains(text, server.URL) || !strings.Contains(text, "knows the client id") || !strings.Contains(text, "clock") {
		t.Errorf("got %q, %v", right, err)
	}

	wrong := server.Settings("company")
	wrong.ClientSecret = "another"
	_, err = setOf(wrong).Check(t.Context(), "company")
	wantFailure(t, err, "does not know the client id")

	wrong = server.Settings("company")
	wrong.Issuer += "/"
	_, err = setOf(wrong).Check(t.Context(), "company")
	wantFailure(t, err, "to the letter")

	late := provider.New([]provider.Settings{server.Settings("company")}, provider.Options{
		PublicURL: publicURL, Loopback: true, Now: func() time.Time { return time.Now().Add(-time.Hour) },
	})
	_, err = late.Check(t.Context(), "company")
	wantFailure(t, err, "the clock of this machine is")
}
