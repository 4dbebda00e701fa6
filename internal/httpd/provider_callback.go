package httpd

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/provider"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// callbackPath is where providers send browsers back to. provider.CallbackURL says the same.
const callbackPath = "/callback/{provider}"

// Providers takes the answers of providers. *auth.Service implements it.
type Providers interface {
	BeginProviderLogin(ctx context.Context, in auth.BeginProviderLoginInput) (address string, err error)
	FinishProviderFlow(ctx context.Context, in auth.ProviderCallback) (*auth.ProviderReturn, error)
}

// providerCallback takes the answer of a provider, which comes in the address or, from Apple, in a form, and sends the
// browser on. It reads no cookie and sets none: what it answers is of use only to whoever has the verifier.
func (s *Server) providerCallback(w http.ResponseWriter, r *http.Request) {
	values := r.URL.Query()
	if r.Method == http.MethodPost {
		// From a page of the provider, and so of another site: the state says whether it was asked for.
		if err := r.ParseForm(); err != nil {
			s.message(w, r, http.StatusBadRequest, s.say("form.unreadable.title"), s.say("form.unreadable.text"))
			return
		}
		values = r.PostForm
	}
	if !clean(values) {
		s.message(w, r, http.StatusBadRequest, s.say("form.unreadable.title"), s.say("form.unreadable.text"))
		return
	}
	back, err := s.config.Providers.FinishProviderFlow(r.Context(), auth.ProviderCallback{
		Provider: r.PathValue("provider"), State: secret.Text(values.Get("state")),
		Answer: provider.Answer{
			Code: secret.Text(values.Get("code")), Issuer: values.Get("iss"), Error: values.Get("error"), Person: values.Get("user"),
		},
	})
	var problems auth.Problems
	busy, isBusy := errors.AsType[*auth.Error](err)
	switch {
	case isBusy && busy.Kind == auth.RateLimited:
		w.Header().Set("Retry-After", retryAfter(busy.RetryAfter))
		s.message(w, r, http.StatusTooManyRequests, s.say("provider.invalid.title"), busy.Message)
		return
	case errors.As(err, &problems):
		s.message(w, r, http.StatusBadRequest, s.say("provider.invalid.title"), s.say("provider.invalid.why"))
		return
	case err != nil:
		s.config.Logger.ErrorContext(r.Context(), "taking the answer of a provider failed", slog.Any("error", err))
		s.internalPage(w, r)
		return
	}
	target, err := url.Parse(back.RedirectURL)
	if err == nil && !target.IsAbs() {
		target, err = url.Parse(strings.TrimSuffix(s.config.PublicURL, "/") + "/" + back.RedirectURL)
	}
	if err != nil {
		s.internalPage(w, r)
		return
	}
	query := target.Query()
	query.Set(back.Parameter, back.Value.Reveal())
	target.RawQuery = query.Encode()
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	http.Redirect(w, r, target.String(), http.StatusSeeOther)
}
