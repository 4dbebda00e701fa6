package chromium

import (
	"context"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
)

// Authenticator keeps passkeys for the pages of a tab, as one that is built into a device does. It verifies its user.
type Authenticator struct {
	page *Page
	id   webauthn.AuthenticatorID
}

// AddAuthenticator gives the page an authenticator.
func (p *Page) AddAuthenticator() *Authenticator {
	p.T.Helper()
	call(p, webauthn.Enable, webauthn.EnableParams{})
	added := call(p, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
		Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
		HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
	}})
	return &Authenticator{page: p, id: added.AuthenticatorID}
}

// Present says whether its user is there. While nobody is, what asks for a passkey waits.
func (a *Authenticator) Present(present bool) {
	a.page.T.Helper()
	call(a.page, webauthn.SetAutomaticPresenceSimulation, webauthn.SetAutomaticPresenceSimulationParams{AuthenticatorID: a.id, Enabled: present})
}

// Passkeys returns how many it has.
func (a *Authenticator) Passkeys() int {
	a.page.T.Helper()
	return len(call(a.page, webauthn.GetCredentials, webauthn.GetCredentialsParams{AuthenticatorID: a.id}).Credentials)
}

// Synced has its one passkey be synced to other devices from now on, or not.
func (a *Authenticator) Synced(synced bool) {
	a.page.T.Helper()
	a.change(webauthn.SetCredentialPropertiesParams{BackupEligibility: &synced, BackupState: &synced})
}

// Count sets how often its one passkey says that it was used.
func (a *Authenticator) Count(count float64) {
	a.page.T.Helper()
	a.change(webauthn.SetCredentialPropertiesParams{SignCount: &count})
}

func (a *Authenticator) change(params webauthn.SetCredentialPropertiesParams) {
	a.page.T.Helper()
	credentials := call(a.page, webauthn.GetCredentials, webauthn.GetCredentialsParams{AuthenticatorID: a.id}).Credentials
	if len(credentials) != 1 {
		a.page.T.Fatalf("got %d passkeys in the authenticator, want one", len(credentials))
	}
	params.AuthenticatorID, params.CredentialID = a.id, credentials[0].CredentialID
	call(a.page, webauthn.SetCredentialProperties, params)
}

// call returns the answer to a command of the browser's protocol.
func call[P, R any](p *Page, command cdp.Command[P, R], params P) R {
	p.T.Helper()
	var result R
	p.Do(command.Method, chromedp.Func(func(ctx context.Context, t *chromedp.Target) (err error) {
		result, err = cdp.Call(ctx, t, command, params)
		return err
	}))
	return result
}
