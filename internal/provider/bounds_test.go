package provider_test

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/provider"
	"github.com/latchkey-auth/latchkey/internal/provider/providertest"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

const descriptionPath = "/.well-known/openid-configuration"

func TestAPrivateNetworkIsNotThisMachine(t *testing.T) {
	t.Parallel()
	server := providertest.Start(t)
	plain, name := server.Settings("plain"), provider.Settings{ID: "name", Preset: "oidc", Issuer: "https://localhost:1"}
	plain.PrivateNetwork, name.PrivateNetwork = true, true
	set := provider.New([]provider.Settings{plain, name}, provider.Options{PublicURL: publicURL})
	_, err := set.AuthorizationURL(t.Context(), "plain", newFlow())
	wantFailure(t, err, "https://")
	_, err = set.AuthorizationURL(t.Context(), "name", newFlow())
	wantFailure(t, err, "inner network")
	if got := server.Count(descriptionPath); got != 0 {
		t.Errorf("the server was asked %d times, want never", got)
	}
}

// TestWhatIsSaidOfAPersonHasBounds has a provider talk at length.
func TestWhatIsSaidOfAPersonHasBounds(t *testing.T) {
	t.Parallel()
	server := providertest.Start(t)
	settings := server.Settings("company")
	settings.Profile = map[string]string{"team": "department", "short": "short"}
	set := setOf(settings)
	long := strings.Repeat("x", 2001)
	server.SignIn(map[string]any{
		"sub": "a1", "email": strings.Repeat("a", 310) + "@example.com", "email_verified": true, "name": strings.Repeat("n", 401),
		"preferred_username": strings.Repeat("u", 401), "department": long, "short": "kept",
	})
	got := mustSignIn(t, set, server, "company")
	if got.Email != "" || got.Authoritative || got.Name != "" || got.Username != "" || len(got.Profile) != 1 || got.Profile["short"] != "kept" {
		t.Error("what is too long was kept, or what is not was dropped")
	}
	server.SignIn(map[string]any{"sub": "a1", "email": "ada@example.com", "email_verified": true, "name": strings.Repeat("n", 400), "preferred_username": "ada"})
	if got := mustSignIn(t, set, server, "company"); got.Email != "ada@example.com" || !got.Authoritative || len(got.Name) != 400 || got.Username != "ada" {
		t.Errorf("got %+v, want all of it", got)
	}
	server.SignIn(map[string]any{"sub": strings.Repeat("s", 256)})
	_, err := signIn(t, set, server, "company")
	wantFailure(t, err, "no usable subject")

	server.SignIn(map[string]any{"sub": "a1"})
	server.UserInfo = map[string]any{"sub": "a1", "picture": strings.Repeat("p", 64<<10)}
	_, err = signIn(t, set, server, "company")
	wantFailure(t, err, "65536 bytes of the person")
}

// hanging is a handler that answers when it is told to.
type hanging struct {
	asked chan struct{}
	let   chan struct{}
}

func (h *hanging) handle(next http.Handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		h.asked <- struct{}{}
		<-h.let
		next.ServeHTTP(w, r)
	}
}

func TestNobodyWaitsLongForASlowDescription(t *testing.T) {
	t.Parallel()
	server, other := providertest.Start(t), providertest.Start(t)
	slow := &hanging{make(chan struct{}, 10), make(chan struct{})}
	var isSlow atomic.Bool
	isSlow.Store(true)
	plain := server.Plain()
	server.Handle[descriptionPath] = func(w http.ResponseWriter, r *http.Request) {
		if isSlow.Load() {
			slow.handle(plain)(w, r)
			return
		}
		plain.ServeHTTP(w, r)
	}
	var hours atomic.Int64
	set := provider.New([]provider.Settings{server.Settings("slow"), other.Settings("quick")}, provider.Options{
		PublicURL: publicURL, Loopback: true, Now: func() time.Time { return time.Now().Add(time.Duration(hours.Load()) * time.Hour) },
	})
	set.Impatient("slow", 20*time.Millisecond)

	for range 3 { // together they wait for one answer
		_, err := set.AuthorizationURL(t.Context(), "slow", newFlow())
		wantFailure(t, err, "it has not answered yet")
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	set.Impatient("slow", time.Hour)
	if _, err := set.AuthorizationURL(gone, "slow", newFlow()); err == nil {
		t.Error("whoever has gone got an address")
	}
	other.SignIn(ada())
	mustSignIn(t, set, other, "quick")
	<-slow.asked
	slow.let <- struct{}{}
	server.SignIn(ada())
	mustSignIn(t, set, server, "slow")
	if got := server.Count(descriptionPath); got != 1 {
		t.Errorf("the description was asked for %d times, want once", got)
	}

	// A day later the old one is good enough while there is no new one.
	hours.Store(25)
	hurried, end := context.WithTimeout(t.Context(), time.Second)
	defer end()
	if _, err := set.AuthorizationURL(hurried, "slow", newFlow()); err != nil {
		t.Errorf("got %v, want the address that is known", err)
	}
	<-slow.asked
	isSlow.Store(false)
	slow.let <- struct{}{}
}

func TestKeysThatFailedAreAskedForAgainSoon(t *testing.T) {
	t.Parallel()
	server := providertest.Start(t)
	var seconds atomic.Int64
	set := provider.New([]provider.Settings{server.Settings("company")}, provider.Options{
		PublicURL: publicURL, Loopback: true, Now: func() time.Time { return time.Now().Add(time.Duration(seconds.Load()) * time.Second) },
	})
	var isDown atomic.Bool
	isDown.Store(true)
	keys := server.Plain()
	server.Handle["/keys"] = func(w http.ResponseWriter, r *http.Request) {
		if isDown.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		keys.ServeHTTP(w, r)
	}
	nonce := secret.Text("n-0S6_WzA2Mj-0S6_WzA2M")
	token := secret.Text(server.IDToken(ada(), nonce.Reveal()))
	for range 3 {
		if _, err := set.VerifyIDToken(t.Context(), "company", token, nonce); err == nil {
			t.Fatal("a token was taken without keys")
		}
	}
	if got := server.Count("/keys"); got != 1 {
		t.Errorf("the keys were asked for %d times, want once in a while", got)
	}
	isDown.Store(false)
	seconds.Store(6)
	if _, err := set.VerifyIDToken(t.Context(), "company", token, nonce); err != nil {
		t.Errorf("got %v six seconds later, want the keys to be there", err)
	}
}

func TestMicrosoftTellsPersonalAccountsFromOthers(t *testing.T) {
	t.Parallel()
	const personal, company = "9188040d-6c67-4c5b-b112-36a304b66dad", "8d4bcd21-7a36-4c51-8c4a-2b3c1b1c7a10"
	for _, test := range []struct {
		word, tenant string
		describes    string // the tenant in the issuer of the description
		says         string // empty: it is taken
	}{
		{"consumers", personal, personal, ""},
		{"consumers", personal, "{tenantid}", ""},
		{"consumers", company, "{tenantid}", "not allowed"},
		{"consumers", personal, company, "calls itself"},
		{"organizations", company, "{tenantid}", ""},
		{"organizations", personal, "{tenantid}", "not allowed"},
		{"organizations", company, personal, "calls itself"},
		{"common", personal, "{tenantid}", ""},
	} {
		t.Run(test.word+" "+test.tenant+" "+test.describes, func(t *testing.T) {
			t.Parallel()
			settings := presetOf("microsoft")
			settings.Tenant = test.word
			server, set := fake(t, settings)
			person := ada()
			person["tid"] = test.tenant
			server.SignIn(person)
			asMicrosoft(server, test.tenant)
			server.Handle["/"+test.word+"/v2.0"+descriptionPath] = server.Handle["/common/v2.0"+descriptionPath]
			server.Description = func(d map[string]any) {
				d["issuer"] = server.URL + "/" + test.describes + "/v2.0"
				delete(d, "authorization_response_iss_parameter_supported")
			}
			got, err := signIn(t, set, server, "microsoft")
			if test.says != "" {
				wantFailure(t, err, test.says)
				return
			}
			if err != nil || got.Issuer != server.URL+"/"+test.tenant+"/v2.0" || got.Authoritative {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}

func TestAMistypedVariableIsTold(t *testing.T) {
	t.Parallel()
	got := provider.Strays([]string{
		"LATCHKEY_GOGLE_CLIENT_ID=hush", "LATCHKEY_GOOGLE_CLIENT_SECRET_FILE=/x", "LATCHKEY_COMPANY_CLIENT_SECRET=a", "LATCHKEY_COMPNY_CLIENT_SECRET_FILE=a",
		"LATCHKEY_SOMETHING_ELSE_CLIENT_ID=a", "PATH=/bin", "LATCHKEY_SMTP_URL=x",
	}, []provider.Settings{{ID: "company", Preset: "oidc"}})
	want := []string{
		"LATCHKEY_COMPNY_CLIENT_SECRET_FILE is of no provider and is ignored: did you mean LATCHKEY_COMPANY_CLIENT_SECRET_FILE?",
		"LATCHKEY_GOGLE_CLIENT_ID is of no provider and is ignored: did you mean LATCHKEY_GOOGLE_CLIENT_ID?",
		"LATCHKEY_GOOGLE_CLIENT_SECRET_FILE is of no provider and is ignored: LATCHKEY_GOOGLE_CLIENT_ID is missing",
		"LATCHKEY_SOMETHING_ELSE_CLIENT_ID is of no provider and is ignored",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
