package provider

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

const (
	// discoveryKept is how long the description of a provider is good for, and failureKept how long nothing is asked
	// after it could not be read.
	discoveryKept = 24 * time.Hour
	failureKept   = 5 * time.Second
	// discoveryWait is how long somebody waits for a description.
	discoveryWait = 5 * time.Second
)

// discovered is what a provider says of itself (OpenID Connect Discovery 1.0).
type discovered struct {
	oauth2.Endpoint
	issuer   string
	userinfo string
	keys     oidc.KeySet
	// sendsIssuer: every answer to the callback has the parameter iss (RFC 9207).
	sendsIssuer bool
	at          time.Time
}

// discover returns the description of the provider, which it reads at the first use, and once a day. One that is down
// keeps its last description, and nobody waits for it then. Others wait for one answer together, and not for long.
func (o *openID) discover(ctx context.Context) (*discovered, error) {
	o.mu.Lock()
	now, asking := o.set.now(), o.asking
	isCurrent := o.found != nil && now.Sub(o.found.at) < discoveryKept
	if !isCurrent && asking == nil && (o.failure == nil || now.Sub(o.failedAt) >= failureKept) {
		asking = make(chan struct{})
		o.asking = asking
		go o.ask(context.WithoutCancel(ctx), asking)
	}
	found, failure := o.found, o.failure
	o.mu.Unlock()
	switch {
	case found != nil:
		return found, nil
	case asking == nil:
		return nil, failure
	}

	late := time.NewTimer(o.patience)
	defer late.Stop()
	select {
	case <-asking:
		o.mu.Lock()
		defer o.mu.Unlock()
		return o.found, o.unless(o.found)
	case <-late.C:
		return nil, o.failed("read its description", errSlow)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// errSlow is why nobody waits any longer. Who comes later may find the answer there.
var errSlow = errors.New("it has not answered yet")

// ask reads the description of the provider, and tells those who wait.
func (o *openID) ask(ctx context.Context, answered chan struct{}) {
	found, err := o.readDescription(ctx)
	o.mu.Lock()
	defer o.mu.Unlock()
	if now := o.set.now(); err != nil {
		o.failure, o.failedAt = o.failed("read its description", err), now
	} else {
		found.at = now
		o.found, o.failure = found, nil
	}
	o.asking = nil
	close(answered)
}

// unless returns why there is no description; nil if there is one.
func (o *openID) unless(found *discovered) error {
	if found != nil {
		return nil
	}
	return o.failure
}

func (o *openID) readDescription(ctx context.Context) (*discovered, error) {
	ctx = o.client.in(ctx)
	if o.Preset == presetMicrosoft {
		ctx = oidc.InsecureIssuerURLContext(ctx, o.issuerPattern()) // compared below, and in each token with its tenant
	}
	provider, err := oidc.NewProvider(ctx, o.issuer())
	if mismatch, ok := errors.AsType[*oidc.IssuerMismatchError](err); ok {
		return nil, fmt.Errorf("it calls itself %q, and the setting is %q: both have to be the same to the letter", mismatch.Discovered, mismatch.Provided)
	}
	if err != nil {
		if failed, ok := errors.AsType[*url.Error](err); ok {
			return nil, failed.Err
		}
		return nil, errors.New("there is none at " + strings.TrimSuffix(o.issuer(), "/") + "/.well-known/openid-configuration")
	}
	var more struct {
		Issuer      string   `json:"issuer"`
		Keys        string   `json:"jwks_uri"`
		SendsIssuer bool     `json:"authorization_response_iss_parameter_supported"`
		AuthMethods []string `json:"token_endpoint_auth_methods_supported"`
	}
	if err := provider.Claims(&more); err != nil {
		return nil, errors.New("it cannot be understood")
	}
	isPersonal := o.Preset == presetMicrosoft && o.tenant() == "consumers" && more.Issuer == o.issuerOf(consumerTenant)
	if more.Issuer != o.issuerPattern() && !isPersonal {
		return nil, fmt.Errorf("it calls itself %q, and %q was expected", more.Issuer, o.issuerPattern())
	}
	found := &discovered{Endpoint: provider.Endpoint(), issuer: more.Issuer, userinfo: provider.UserInfoEndpoint(), sendsIssuer: more.SendsIssuer}
	for _, address := range []string{found.AuthURL, found.TokenURL, more.Keys} {
		if u, err := url.Parse(address); err != nil || u.Host == "" || !o.client.reach.Accepts(u) {
			return nil, errors.New("it lacks an https address to sign in at, for tokens or for keys")
		}
	}
	// The library would find out by trying, and so send a code twice.
	found.AuthStyle = oauth2.AuthStyleInHeader
	takesNoHeader := len(more.AuthMethods) > 0 && !slices.Contains(more.AuthMethods, "client_secret_basic")
	if o.ClientSecret == "" || o.TokenAuth == "post" || o.TokenAuth == "" && takesNoHeader {
		found.AuthStyle = oauth2.AuthStyleInParams
	}
	o.client.mark(more.Keys)
	found.keys = oidc.NewRemoteKeySet(ctx, more.Keys)
	return found, nil
}

// issuer is the address below which the description is.
func (o *openID) issuer() string {
	if o.Issuer != "" {
		return o.Issuer
	}
	if o.Preset == presetMicrosoft {
		return o.issuerOf(o.tenant())
	}
	return o.preset.issuer
}

// issuerPattern is what the description says of itself.
func (o *openID) issuerPattern() string {
	if o.Preset == presetMicrosoft && !isTenantID(o.tenant()) {
		return o.issuerOf(tenantMark)
	}
	return o.issuer()
}
