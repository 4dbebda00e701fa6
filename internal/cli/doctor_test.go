package cli

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/config"
)

func TestDrift(t *testing.T) {
	for ahead, want := range map[time.Duration]verdict{
		0: fine, 1900 * time.Millisecond: fine, -1900 * time.Millisecond: fine,
		2 * time.Second: warning, -2 * time.Second: warning, 10 * time.Second: failure, -time.Hour: failure,
	} {
		got := aboutDrift(ahead)
		if got.verdict != want || (got.remedy == "") != (want == fine) {
			t.Errorf("%v: %+v", ahead, got)
		}
		if want != fine && strings.Contains(got.found, "behind") != (ahead < 0) {
			t.Errorf("%v: %s", ahead, got.found)
		}
	}
}

// TestPublicURLCheck has a server for everything that may answer at the public URL.
func TestPublicURLCheck(t *testing.T) {
	cfg := resolved(t, config.Settings{})
	const metadata = "/.well-known/oauth-authorization-server"
	answering := func(status int, body string, ready int) http.Handler {
		mux := http.NewServeMux()
		mux.HandleFunc(metadata, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", "https://elsewhere.example/")
			w.WriteHeader(status)
			_, _ = fmt.Fprintf(w, body, "http://"+r.Host, "https://"+r.Host)
		})
		mux.HandleFunc("/readyz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(ready) })
		return mux
	}
	for name, c := range map[string]struct {
		handler http.Handler
		want    verdict
		words   string
	}{
		"this server":               {answering(200, `{"issuer":"%[1]s"}`, 200), fine, "as this server"},
		"this server, not ready":    {answering(200, `{"issuer":"%[1]s"}`, 503), failure, "not ready"},
		"another Latchkey":          {answering(200, `{"issuer":"%[2]s"}`, 200), failure, "another Latchkey"},
		"a page of something else":  {answering(200, `<html>%[1]s %[2]s</html>`, 200), failure, "not Latchkey"},
		"an error of a proxy":       {answering(502, `{"issuer":"%[1]s"}`, 200), failure, "not Latchkey"},
		"a redirect":                {answering(301, `{"issuer":"%[1]s"}`, 200), failure, "somewhere else"},
		"something with other JSON": {answering(200, `{"Hello":"%[1]s"}`, 200), failure, "not Latchkey"},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(c.handler)
			defer server.Close()
			at := *cfg
			public := *cfg.PublicURL
			public.Host = strings.TrimPrefix(server.URL, "http://")
			at.PublicURL = &public
			got := askPublicURL(t.Context(), &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, &at)
			if len(got) != 1 || got[0].verdict != c.want || !strings.Contains(got[0].found, c.words) || (got[0].remedy == "") != (c.want == fine) {
				t.Errorf("%+v", got)
			}
		})
	}

	t.Run("a certificate that nobody trusts", func(t *testing.T) {
		server := httptest.NewTLSServer(http.NotFoundHandler())
		defer server.Close()
		at, public := *cfg, *cfg.PublicURL
		public.Scheme, public.Host = "https", strings.TrimPrefix(server.URL, "https://")
		at.PublicURL, at.Mode = &public, config.Production
		got := checkPublicURL(t.Context(), &at)
		if len(got) != 1 || got[0].verdict != failure || !strings.Contains(got[0].found, "certificate") {
			t.Errorf("%+v", got)
		}
	})

	t.Run("nobody is a warning in development, and a failure in production", func(t *testing.T) {
		server := httptest.NewServer(http.NotFoundHandler())
		server.Close()
		for mode, want := range map[config.Mode]verdict{config.Development: warning, config.Production: failure} {
			at, public := *cfg, *cfg.PublicURL
			public.Host = strings.TrimPrefix(server.URL, "http://")
			at.PublicURL, at.Mode = &public, mode
			if got := askPublicURL(t.Context(), http.DefaultClient, &at); len(got) != 1 || got[0].verdict != want {
				t.Errorf("%s: %+v", mode, got)
			}
		}
	})
}

func TestKeyCheck(t *testing.T) {
	at := func(t *testing.T) (*config.Config, string) {
		t.Helper()
		dir := t.TempDir()
		return resolved(t, config.Settings{DataDir: dir}), filepath.Join(dir, "secret.key")
	}
	one := func(t *testing.T, cfg *config.Config) finding {
		t.Helper()
		findings := checkKey(context.Background(), cfg)
		if len(findings) != 1 {
			t.Fatalf("findings: got %+v, want one", findings)
		}
		return findings[0]
	}

	t.Run("makes none", func(t *testing.T) {
		cfg, file := at(t)
		if got := one(t, cfg); got.verdict != fine || !strings.Contains(got.found, "none yet") {
			t.Errorf("%+v", got)
		}
		if _, err := os.Stat(file); !os.IsNotExist(err) {
			t.Errorf("there is a file: %v", err)
		}
	})
	t.Run("finds one that others may read, and one that is none", func(t *testing.T) {
		cfg, file := at(t)
		if _, err := cfg.Key(); err != nil {
			t.Fatal(err)
		}
		if got := one(t, cfg); got.verdict != fine {
			t.Errorf("%+v", got)
		}
		if err := os.Chmod(file, 0o644); err != nil {
			t.Fatal(err)
		}
		if got := one(t, cfg); got.verdict != warning || !strings.Contains(got.remedy, "chmod 600") {
			t.Errorf("%+v", got)
		}
		if err := os.WriteFile(file, []byte("hush"), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := one(t, cfg); got.verdict != failure || strings.Contains(got.found, "hush") {
			t.Errorf("%+v", got)
		}
	})
}

func TestSettingsCheck(t *testing.T) {
	s := config.Settings{Env: "production", PublicURL: "http://auth.example.com", SMTPURL: "smtp://user:hush@x"}
	cfg, err := s.Resolve()
	findings := aboutSettings(cfg, err, []string{"LATCHKEY_X is no setting"})
	var all strings.Builder
	for _, f := range findings {
		all.WriteString(string(f.verdict) + " " + f.found + " " + f.remedy + "\n")
	}
	for _, want := range []string{"fail LATCHKEY_PUBLIC_URL", "fail LATCHKEY_SECRET_KEY", "fail LATCHKEY_MAIL_FROM", "warn LATCHKEY_X"} {
		if !strings.Contains(all.String(), want) {
			t.Errorf("%q is missing in\n%s", want, all.String())
		}
	}
	if strings.Contains(all.String(), "hush") {
		t.Error("a password is told")
	}
}

func TestProductionIsLookedAtTwice(t *testing.T) {
	cfg := resolved(t, config.Settings{
		Env: "production", PublicURL: "https://auth.example.com", SecretKey: "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
		SMTPURL: "smtp://mail.example.com:587", MailFrom: "hello@example.com", Playground: "true", ProfileSchema: filepath.Join(t.TempDir(), "missing.json"),
	})
	verdicts := map[string]verdict{}
	for _, f := range checkPolicy(context.Background(), cfg) {
		verdicts[f.what] = f.verdict
	}
	if verdicts["Settings"] != failure || verdicts["Proxy"] != warning || verdicts["Playground"] != warning {
		t.Errorf("verdicts: got %v, want a failure of the settings, and warnings of proxy and playground", verdicts)
	}
}
