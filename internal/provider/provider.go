// Package provider asks the services of others who someone is: OpenID providers such as Google, and those that speak
// OAuth 2.0 only, such as GitHub. It returns what such a service says, verified, and decides nothing: whose account
// that is, are the rules of package auth.
//
// A Set is what an operator has configured. Nothing is asked when the program starts: a provider that is down stops
// only those who want to sign in with it.
package provider

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/latchkey-auth/latchkey/internal/outbound"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// ErrUnknown is returned for a provider that is not configured.
var ErrUnknown = errors.New("no such provider")

// ErrDenied is returned when the person did not agree to sign in, or may not.
var ErrDenied = errors.New("the provider says that access was denied")

// Failure is why a provider's word could not be had, or cannot be taken. Its text is for operators: it holds neither a
// code nor a token nor anything that the provider sent but the name of an error.
type Failure struct {
	Provider string
	Step     string // what was being done, such as "verify the id token"
	Err      error
}

// Error implements error.
func (f *Failure) Error() string {
	return fmt.Sprintf("provider %s: %s: %v", f.Provider, f.Step, f.Err)
}

// Unwrap implements the interface that errors.Is uses.
func (f *Failure) Unwrap() error { return f.Err }

// Info is what anyone may know of a provider.
type Info struct {
	ID     string // as API and callback addresses name it
	Name   string // as buttons show it
	Preset string
}

// Identity is whom a provider has signed in, by its verified word.
type Identity struct {
	Provider string // the id of the provider
	// Issuer and Subject name the person for good. Nothing else does.
	Issuer  string
	Subject string
	Email   string // as the provider wrote it; empty: it gave none
	// Authoritative says that whoever signed in owns the email address, beyond doubt and now: the provider has verified
	// it, and is one whose word counts for this very address. The rules are in authority.go.
	Authoritative bool
	Name          string // of the person; empty: not given
	Username      string // there, only to be shown; empty: not given
	// AuthenticatedAt is when the person last proved who they are there; zero: the provider does not say.
	AuthenticatedAt time.Time
	// SecondFactor says that the provider has seen a second factor, and that the operator counts it.
	SecondFactor bool
	Profile      map[string]any // by the operator's mapping; nil: nothing
}

// Flow is what binds one way to a provider and back. Each value is new for each flow.
type Flow struct {
	State    secret.Text
	Nonce    secret.Text
	Verifier secret.Text // of PKCE (RFC 7636): 43 to 128 unreserved characters
}

// Answer is what a provider sent to the callback.
type Answer struct {
	Code   secret.Text
	Issuer string // the parameter iss (RFC 9207); empty: none
	Error  string // the parameter error; empty: none
	Person string // JSON that Apple sends the first time, with a name; nobody vouches for it; empty: none
}

// Set is the configured providers, safe for concurrent use.
type Set struct {
	providers []*provider
	callback  func(id string) string
	now       func() time.Time
}

// Options are what a Set needs to know of the server.
type Options struct {
	PublicURL string // without a slash at its end
	// Loopback lets providers be on this machine, and be asked without TLS there. It is for development.
	Loopback bool
	Now      func() time.Time // nil: time.Now
}

// New returns the providers of settings.
func New(settings []Settings, options Options) *Set {
	set := &Set{callback: func(id string) string { return CallbackURL(options.PublicURL, id) }, now: options.Now}
	if set.now == nil {
		set.now = time.Now
	}
	for _, s := range settings {
		set.providers = append(set.providers, newProvider(s, set, options.Loopback))
	}
	return set
}

// CallbackURL returns the address that has to be entered at a provider, exactly.
func CallbackURL(publicURL, id string) string {
	return strings.TrimSuffix(publicURL, "/") + "/callback/" + id
}

// List returns the providers in the order in which they were configured. Of a nil Set there are none.
func (s *Set) List() []Info {
	if s == nil {
		return nil
	}
	list := make([]Info, len(s.providers))
	for i, p := range s.providers {
		list[i] = Info{ID: p.ID, Name: p.Name, Preset: p.Preset}
	}
	return list
}

// AuthorizationURL returns where to send a browser so that a person signs in with the provider. Errors: ErrUnknown; a
// Failure if the provider cannot be asked where that is.
func (s *Set) AuthorizationURL(ctx context.Context, id string, flow Flow) (string, error) {
	p, err := s.find(id)
	if err != nil {
		return "", err
	}
	address, err := p.kind.authorizationURL(ctx, flow)
	return address, p.failed("find out where to sign in", err)
}

// Identify exchanges the code of an answer, and returns who signed in. Errors: ErrUnknown; ErrDenied; a Failure for
// everything else that is wrong with the answer or the provider.
func (s *Set) Identify(ctx context.Context, id string, answer Answer, flow Flow) (*Identity, error) {
	p, err := s.find(id)
	if err != nil {
		return nil, err
	}
	switch {
	case answer.Error == "access_denied" || answer.Error == "user_cancelled_authorize" || answer.Error == "user_cancelled_login":
		return nil, ErrDenied
	case answer.Error != "":
		return nil, p.failed("sign in there", fmt.Errorf("it answered with the error %s", errorName(answer.Error)))
	case answer.Code == "":
		return nil, p.failed("sign in there", errors.New("it answered without a code"))
	}
	identity, err := p.kind.identify(ctx, answer, flow)
	return p.finished(identity, err)
}

// VerifyIDToken returns whom an id token is of that an app on a device got from the provider. The token has to be for
// this server's client id, or one of the app's that the operator has listed, and to hold the nonce. Errors: ErrUnknown,
// also for a provider without id tokens; a Failure for everything that is wrong with the token or the provider.
func (s *Set) VerifyIDToken(ctx context.Context, id string, token, nonce secret.Text) (*Identity, error) {
	p, err := s.find(id)
	if err != nil {
		return nil, err
	}
	kind, ok := p.kind.(*openID)
	if !ok {
		return nil, ErrUnknown
	}
	identity, err := kind.verifyNative(ctx, token, nonce)
	return p.finished(identity, err)
}

// find returns the provider with an id.
func (s *Set) find(id string) (*provider, error) {
	if s != nil {
		if i := slices.IndexFunc(s.providers, func(p *provider) bool { return p.ID == id }); i >= 0 {
			return s.providers[i], nil
		}
	}
	return nil, ErrUnknown
}

// provider is one configured provider.
type provider struct {
	Settings
	preset preset
	client *client
	kind   kind
	set    *Set
}

// kind is how a provider is asked.
type kind interface {
	authorizationURL(ctx context.Context, flow Flow) (string, error)
	identify(ctx context.Context, answer Answer, flow Flow) (*Identity, error)
	// check asks as much as can be asked without a person, and returns what it found out in words.
	check(ctx context.Context) ([]string, error)
}

func newProvider(s Settings, set *Set, loopback bool) *provider {
	p := &provider{Settings: s, preset: presets[s.Preset], set: set}
	p.client = newClient(outbound.Reach{Private: s.PrivateNetwork, Loopback: loopback}, set.now)
	if p.preset.isOpenID {
		p.kind = newOpenID(p)
	} else {
		p.kind = &oauth{p}
	}
	return p
}

// failed makes a Failure of an error, if there is one.
func (p *provider) failed(step string, err error) error {
	if err == nil {
		return nil
	}
	if failure, ok := errors.AsType[*Failure](err); ok {
		return failure
	}
	return &Failure{Provider: p.ID, Step: step, Err: withoutBody(err)}
}

// finished adds to an identity what is the same for all kinds.
func (p *provider) finished(identity *Identity, err error) (*Identity, error) {
	if err != nil {
		return nil, p.failed("find out who signed in", err)
	}
	if identity.Subject == "" || len(identity.Subject) > subjectMaxLength || strings.ContainsFunc(identity.Subject, unicode.IsControl) {
		return nil, p.failed("find out who signed in", errors.New("it gave no usable subject"))
	}
	if identity.Issuer == "" {
		return nil, p.failed("find out who signed in", errors.New("it gave no issuer"))
	}
	identity.Provider = p.ID
	identity.bound()
	return identity, nil
}

// Bounds of what is kept of a person, in bytes. What is longer is as if it had not been said: cut short it would be
// another address, or another name.
const (
	emailMaxLength       = 320 // RFC 3696, erratum 1690
	nameMaxLength        = 400
	profileTextMaxLength = 2000
)

// bound drops what is too long to be kept.
func (i *Identity) bound() {
	if len(i.Email) > emailMaxLength {
		i.Email, i.Authoritative = "", false
	}
	for _, name := range []*string{&i.Name, &i.Username} {
		if len(*name) > nameMaxLength {
			*name = ""
		}
	}
	maps.DeleteFunc(i.Profile, func(_ string, value any) bool {
		text, isText := value.(string)
		return isText && len(text) > profileTextMaxLength
	})
}

// subjectMaxLength is in bytes (OpenID Connect Core section 2).
const subjectMaxLength = 255
