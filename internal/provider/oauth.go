package provider

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"golang.org/x/oauth2"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// oauth is a provider that speaks OAuth 2.0, and says who someone is by an API of its own.
type oauth struct {
	*provider
}

// asker reads what is at an address of a provider, in the name of the person who signed in.
type asker func(ctx context.Context, address string) ([]byte, error)

func (o *oauth) config() *oauth2.Config {
	endpoint := o.preset.endpoint
	if o.AuthorizationURL != "" {
		endpoint = oauth2.Endpoint{AuthURL: o.AuthorizationURL, TokenURL: o.TokenURL, AuthStyle: oauth2.AuthStyleInHeader}
	}
	if o.TokenAuth == "post" || o.ClientSecret == "" {
		endpoint.AuthStyle = oauth2.AuthStyleInParams
	}
	return &oauth2.Config{
		ClientID: o.ClientID, ClientSecret: o.ClientSecret.Reveal(), Endpoint: endpoint,
		RedirectURL: o.set.callback(o.ID), Scopes: o.scopes(),
	}
}

func (o *oauth) authorizationURL(_ context.Context, flow Flow) (string, error) {
	return o.config().AuthCodeURL(flow.State.Reveal(), o.authorizationOptions(flow)...), nil
}

func (o *oauth) identify(ctx context.Context, answer Answer, flow Flow) (*Identity, error) {
	if answer.Issuer != "" && o.preset.issuer != "" && answer.Issuer != o.preset.issuer && answer.Issuer != o.preset.issuer+"/login/oauth" {
		return nil, errors.New("the answer is of another issuer")
	}
	tokens, err := o.exchange(ctx, o.config(), answer, flow)
	if err != nil {
		return nil, err
	}
	ask := o.asker(tokens)
	if o.preset.identify == nil {
		return o.identifyByMapping(ctx, ask)
	}
	identity, err := o.preset.identify(ctx, o.provider, ask)
	if err != nil {
		return nil, o.failed("ask for the person", err)
	}
	identity.Issuer = o.preset.issuer
	return identity, nil
}

// identifyByMapping reads what userinfo says by the names that the operator has given. The address of userinfo stands
// for an issuer.
func (o *oauth) identifyByMapping(ctx context.Context, ask asker) (*Identity, error) {
	c, err := askFor(ctx, ask, o.UserinfoURL)
	if err != nil {
		return nil, o.failed("ask for the person", err)
	}
	of := func(path string) string {
		if path == "" {
			return ""
		}
		return c.text(path)
	}
	return &Identity{
		Issuer: o.UserinfoURL, Subject: of(o.Mapping.Subject), Email: of(o.Mapping.Email), Name: of(o.Mapping.Name),
		Username: of(o.Mapping.Username), Profile: o.profile(c),
	}, nil
}

// askFor reads a JSON object.
func askFor(ctx context.Context, ask asker, address string) (claims, error) {
	text, err := ask(ctx, address)
	if err != nil {
		return nil, err
	}
	return readClaims(text)
}

// scopes are what is asked for.
func (p *provider) scopes() []string {
	if len(p.Scopes) > 0 {
		return p.Scopes
	}
	return p.preset.scopes
}

// authorizationOptions are the parameters of an authorization request besides those that all have.
func (p *provider) authorizationOptions(flow Flow) []oauth2.AuthCodeOption {
	var options []oauth2.AuthCodeOption
	if !p.preset.noPKCE {
		options = append(options, oauth2.S256ChallengeOption(flow.Verifier.Reveal()))
	}
	if p.preset.formPost {
		options = append(options, oauth2.SetAuthURLParam("response_mode", "form_post"))
	}
	return options
}

// exchange gets tokens for a code.
func (p *provider) exchange(ctx context.Context, config *oauth2.Config, answer Answer, flow Flow) (*oauth2.Token, error) {
	tokens, err := config.Exchange(p.client.in(ctx), answer.Code.Reveal(), p.exchangeOptions(flow)...)
	if err != nil {
		return nil, p.failed("exchange the code", err)
	}
	return tokens, nil
}

func (p *provider) exchangeOptions(flow Flow) []oauth2.AuthCodeOption {
	if p.preset.noPKCE {
		return nil
	}
	return []oauth2.AuthCodeOption{oauth2.VerifierOption(flow.Verifier.Reveal())}
}

var errPersonTooLong = fmt.Errorf("it said more than %d bytes of the person", personMaxBytes)

// asker returns what asks in the name of whoever the tokens are of.
func (p *provider) asker(tokens *oauth2.Token) asker {
	return func(ctx context.Context, address string) ([]byte, error) {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
		if err != nil {
			return nil, err
		}
		request.Header.Set("Authorization", "Bearer "+tokens.AccessToken)
		request.Header.Set("Accept", "application/json")
		request.Header.Set("User-Agent", "Latchkey") // GitHub refuses requests without one
		response, err := p.client.http.Do(request)
		if err != nil {
			return nil, err
		}
		defer func() { _ = response.Body.Close() }()
		if response.StatusCode != http.StatusOK {
			return nil, statusError(response.StatusCode)
		}
		text, err := io.ReadAll(io.LimitReader(response.Body, personMaxBytes+1))
		if err == nil && len(text) > personMaxBytes {
			return nil, errPersonTooLong
		}
		return text, err
	}
}

// clientSecret returns what the provider knows this server by. That of Apple is made new each time.
func (p *provider) clientSecret() (secret.Text, error) {
	if p.Preset == presetApple {
		return p.appleSecret()
	}
	return p.ClientSecret, nil
}
