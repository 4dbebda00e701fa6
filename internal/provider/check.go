package provider

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/oauth2"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// Check asks a provider as much as can be asked without a person, and returns in sentences what it found to be right. The
// error says what is wrong: an unknown id, or a Failure.
func (s *Set) Check(ctx context.Context, id string) (right []string, err error) {
	p, err := s.find(id)
	if err != nil {
		return nil, err
	}
	if right, err = p.kind.check(ctx); err != nil {
		return right, p.failed("check it", err)
	}
	if ahead, known := p.client.clockAhead(); known {
		if ahead.Abs() > clockSkew {
			return right, p.failed("check it", fmt.Errorf("the clock of this machine is %s off that of the provider: set it by NTP", ahead.Abs().Round(time.Second)))
		}
		right = append(right, "Its clock and that of this machine agree.")
	}
	return right, nil
}

// CallbackURL returns the address to enter at the provider.
func (s *Set) CallbackURL(id string) string { return s.callback(id) }

func (o *openID) check(ctx context.Context) ([]string, error) {
	found, err := o.discover(ctx)
	if err != nil {
		return nil, err
	}
	right := []string{"Its description can be read, and it calls itself " + found.issuer + "."}
	config, err := o.config(found)
	if err != nil {
		return right, err
	}
	return o.checkClient(ctx, config, right)
}

func (o *oauth) check(ctx context.Context) ([]string, error) {
	return o.checkClient(ctx, o.config(), nil)
}

// checkClient sends a code that is none. A provider that knows the client refuses the code, another one the client.
func (p *provider) checkClient(ctx context.Context, config *oauth2.Config, right []string) ([]string, error) {
	options := p.exchangeOptions(Flow{Verifier: secret.NewToken(secret.ProviderToken)})
	_, err := config.Exchange(p.client.in(ctx), "latchkey-provider-test", options...)
	refused, isRefusal := errors.AsType[*oauth2.RetrieveError](err)
	switch {
	case err == nil:
		return right, errors.New("it took a code that is none")
	case !isRefusal:
		return right, err
	}
	switch refused.ErrorCode {
	case "invalid_grant", "bad_verification_code":
		return append(right, "It knows the client id, and takes the secret."), nil
	case "invalid_client", "unauthorized_client", "incorrect_client_credentials":
		return right, errors.New("it does not know the client id, or the secret is not that of the client")
	case "redirect_uri_mismatch":
		return right, errors.New("the address of the callback is not entered there, exactly as it is here: " + config.RedirectURL)
	}
	return append(right, "It answers, but not in a way that tells whether it knows the client id and the secret ("+withoutBody(refused).Error()+")."), nil
}
