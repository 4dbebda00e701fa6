package httpd

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/provider"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

const (
	// providerPath begins a sign-in with a provider on the pages, or a connection.
	providerPath = "provider"
	// providerReturnPath is where browsers come back to that began there.
	providerReturnPath = "provider-return"
	// verifierLasts is how long somebody may take at a provider, and until the page has the code that comes back.
	verifierLasts = 15 * time.Minute
	// forAccount is the value of the parameter for with which an account at a provider is connected to the user's own,
	// and forInvitation that with which an invitation is accepted.
	forAccount    = "account"
	forInvitation = "invitation"
)

// button leads to a provider.
type button struct {
	ID, Name, Mark string
	Href           string
	Text           string
}

// action is a link in the form of a button.
type action struct{ Href, Text string }

// providerReturn is what the script needs to finish a sign-in with a provider. It is in the page, which nobody stores.
type providerReturn struct {
	Code     string `json:"code"`
	Verifier string `json:"verifier"`
}

// routeProviders routes the way to providers and back that begins on the pages.
func (s *Server) routeProviders() {
	if !s.offersProviders() {
		return
	}
	for _, mark := range s.pages.marks {
		s.routeStatic(mark)
	}
	s.handle("/"+providerPath, s.toProvider, http.MethodGet)
	s.handle("/"+providerReturnPath, s.fromProvider, http.MethodGet)
}

// offersProviders reports whether the pages have buttons for signing in with others.
func (s *Server) offersProviders() bool {
	return !s.config.PagesOff && s.config.Providers != nil && s.config.Cookies != nil && len(s.config.Forms.Providers) > 0
}

// buttons are the links to the providers, which lead back to the page where the user wants to go.
func (s *Server) buttons(v *view) []button {
	if !s.offersProviders() {
		return nil
	}
	values := url.Values{}
	switch {
	case v.Page == forAccount || v.Page == forInvitation:
		values.Set("for", v.Page)
	case v.ReturnQuery != "":
		values.Set("return_to", v.ReturnTo)
	}
	var buttons []button
	for _, p := range s.config.Forms.Providers {
		values.Set("id", p.ID)
		buttons = append(buttons, button{
			ID: p.ID, Name: p.Name, Mark: s.pages.mark(p.Preset).path, Href: providerPath + "?" + values.Encode(),
			Text: s.say("provider.continue", "name", p.Name),
		})
	}
	return buttons
}

// toProvider sends the browser to a provider, with a cookie that binds what comes back to this browser. Only a link of
// our own pages does so at once: from elsewhere, which could be a page that wants users to connect what they do not mean
// to, the user is asked first.
func (s *Server) toProvider(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	i := slices.IndexFunc(s.config.Forms.Providers, func(p provider.Info) bool { return p.ID == query.Get("id") })
	if !clean(query) || i < 0 {
		s.backFromProvider(w, r, http.StatusNotFound, s.pages.texts.problem(string(auth.ProviderUnknown), ""))
		return
	}
	back := url.Values{}
	if returnTo := s.returnTo(r); returnTo != "" {
		back.Set("return_to", returnTo)
	}
	if purpose := query.Get("for"); purpose == forAccount || purpose == forInvitation {
		back.Set("for", purpose)
	}
	if !s.isOwnLink(r) {
		again := url.Values{"id": {query.Get("id")}}
		for name := range back {
			again.Set(name, back.Get(name))
		}
		name := s.config.Forms.Providers[i].Name
		s.page(w, r, http.StatusOK, "message.html", view{
			Title: s.say("provider.continue", "name", name), Lines: []string{s.say("provider.ask", "name", name)},
			Next: &action{providerPath + "?" + again.Encode(), s.say("provider.continue", "name", name)},
		})
		return
	}
	verifier := secret.NewToken(secret.ProviderToken)
	page := providerReturnPath
	if len(back) > 0 {
		page += "?" + back.Encode()
	}
	address, err := s.config.Providers.BeginProviderLogin(r.Context(), auth.BeginProviderLoginInput{
		Provider: query.Get("id"), Challenge: base64.RawURLEncoding.EncodeToString(secret.Digest(verifier)), OwnPage: page,
	})
	var problems auth.Problems
	busy, isBusy := errors.AsType[*auth.Error](err)
	switch {
	case isBusy && busy.Kind == auth.RateLimited:
		w.Header().Set("Retry-After", retryAfter(busy.RetryAfter))
		s.backFromProvider(w, r, http.StatusTooManyRequests, busy.Message)
	case errors.As(err, &problems):
		s.backFromProvider(w, r, http.StatusBadGateway, s.pages.texts.problem(string(problems[0].Code), problems[0].Message))
	case err != nil:
		s.config.Logger.LogAttrs(r.Context(), slog.LevelError, "begin a sign-in with a provider",
			slog.String("request_id", requestID(r)), slog.String("error", err.Error()))
		s.internalPage(w, r)
	default:
		s.config.Cookies.SetVerifier(w.Header(), verifier, verifierLasts)
		http.Redirect(w, r, address, http.StatusSeeOther)
	}
}

// isOwnLink reports whether a request comes from a link of our own pages. Browsers say where it comes from; those that do
// not, over plain http, name the page's origin.
func (s *Server) isOwnLink(r *http.Request) bool {
	if r.Header.Get("Sec-Purpose") != "" { // nobody has clicked yet
		return false
	}
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" {
		return site == "same-origin"
	}
	from, err := url.Parse(r.Referer())
	return err == nil && s.public != nil && from.Scheme == s.public.Scheme && from.Host == s.public.Host
}

// fromProvider answers with the page on which a sign-in with a provider began, or the account's. Its script has the code
// that the browser brought and the verifier of its cookie, and sends them to the API.
func (s *Server) fromProvider(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	verifier := s.config.Cookies.Verifier(r)
	code := query.Get(auth.ParameterCode)
	switch {
	case query.Get(auth.ParameterError) == "ACCESS_DENIED":
		s.backFromProvider(w, r, http.StatusOK, s.say("provider.denied"))
	case query.Has(auth.ParameterError):
		s.backFromProvider(w, r, http.StatusOK, s.pages.texts.problem(string(auth.ProviderFailed), ""))
	case !plausible(code) || !plausible(verifier.Reveal()) || !clean(query):
		s.backFromProvider(w, r, http.StatusBadRequest, s.say("provider.invalid.why"))
	default: // it has done its work; what comes from elsewhere without a code ends no sign-in that is under way
		s.config.Cookies.ClearVerifier(w.Header())
		file, v := s.viewBackTo(r)
		finish, err := json.Marshal(providerReturn{code, verifier.Reveal()})
		if err != nil {
			panic(err) // strings always encode
		}
		v.ProviderReturn = string(finish)
		s.page(w, r, http.StatusOK, file, v)
	}
}

// backFromProvider answers with the page on which it began, and says above it what did not work.
func (s *Server) backFromProvider(w http.ResponseWriter, r *http.Request, status int, why string) {
	file, v := s.viewBackTo(r)
	v.Alerts = []string{why}
	s.page(w, r, status, file, v)
}

// viewBackTo returns the page from which a browser has gone to a provider. That of an invitation has no token: the script
// has kept it, so that it is in no address.
func (s *Server) viewBackTo(r *http.Request) (file string, v view) {
	switch r.URL.Query().Get("for") {
	case forAccount:
		return s.accountView(r, "/account")
	case forInvitation:
		return "invitation.html", s.invitationView("")
	}
	return s.accountView(r, "/sign-in")
}
