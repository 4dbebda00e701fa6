package graph

import (
	"context"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/graph/model"
	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// secondFactors complete logins, and set second factors up.
type secondFactors interface {
	CompleteLogin(ctx context.Context, bearer auth.Bearer, in auth.CompleteLoginInput) (*auth.CompletedLogin, error)
	BeginTOTP(ctx context.Context, bearer auth.Bearer) (*auth.TOTPSetup, error)
	ConfirmTOTP(ctx context.Context, bearer auth.Bearer, in auth.ConfirmTOTPInput) (*auth.TOTPConfirmation, error)
	RemoveTOTP(ctx context.Context, caller *auth.Caller) error
	CreateRecoveryCodes(ctx context.Context, caller *auth.Caller) ([]secret.Text, error)
	RemoveTrustedDevice(ctx context.Context, caller *auth.Caller, id uuid.UUID) (*auth.TrustedDevice, error)
	SecondFactors(ctx context.Context, userID uuid.UUID, role auth.Role) (*auth.SecondFactors, error)
}

func challenge(c *auth.Challenge) *model.LoginChallenge {
	methods := c.Factors
	if methods == nil {
		methods = []auth.SecondFactor{}
	}
	return &model.LoginChallenge{Token: c.Token, ExpiresAt: c.ExpiresAt, Kind: c.Kind, Methods: methods, PasskeyOptions: c.PasskeyOptions}
}

func completeLoginPayload(ctx context.Context, completed *auth.CompletedLogin, err error) (*model.CompleteLoginPayload, error) {
	found, err := problems(err)
	if err != nil {
		return nil, err
	}
	p := &model.CompleteLoginPayload{Errors: found}
	if completed != nil {
		p.User, p.Session, p.Tokens = user(completed.User), session(completed.Session, true), tokens(ctx, completed.Tokens)
		p.ReplacementRecoveryCode = secretOrNil(completed.ReplacementRecoveryCode)
		p.TrustedDevice = trustedDeviceToken(ctx, completed.TrustedDevice)
	}
	return p, nil
}

// trustedDeviceToken gives the token of a trusted device to its owner: in the answer, or in a cookie.
func trustedDeviceToken(ctx context.Context, t *auth.TrustedDeviceToken) *model.TrustedDeviceToken {
	if t == nil {
		return nil
	}
	if t.Cookie != "" {
		requestStateFrom(ctx).trust(t.Cookie, t.ExpiresAt)
	}
	return &model.TrustedDeviceToken{Token: secretOrNil(t.Token), ExpiresAt: t.ExpiresAt}
}

func removeTrustedDevicePayload(ctx context.Context, removed *auth.TrustedDevice, err error) (*model.EmptyPayload, error) {
	if err == nil {
		requestStateFrom(ctx).distrust(removed)
	}
	return emptyPayload(err)
}

func beginTotpPayload(setup *auth.TOTPSetup, err error) (*model.BeginTotpPayload, error) {
	found, err := problems(err)
	if err != nil {
		return nil, err
	}
	p := &model.BeginTotpPayload{Errors: found}
	if setup != nil {
		p.Setup, p.Secret, p.URI, p.QRCode = &setup.Setup, &setup.Secret, &setup.URI, &setup.QRCode
	}
	return p, nil
}

func confirmTotpPayload(ctx context.Context, confirmed *auth.TOTPConfirmation, err error) (*model.ConfirmTotpPayload, error) {
	found, err := problems(err)
	if err != nil {
		return nil, err
	}
	p := &model.ConfirmTotpPayload{Errors: found}
	if confirmed == nil {
		return p, nil
	}
	p.RecoveryCodes = confirmed.RecoveryCodes
	if grant := confirmed.Grant; grant != nil {
		p.User, p.Session, p.Tokens = user(grant.User), session(grant.Session, true), tokens(ctx, grant.Tokens)
	}
	return p, nil
}

func recoveryCodesPayload(codes []secret.Text, err error) (*model.CreateRecoveryCodesPayload, error) {
	found, err := problems(err)
	if err != nil {
		return nil, err
	}
	return &model.CreateRecoveryCodesPayload{RecoveryCodes: codes, Errors: found}, nil
}

func secondFactorsOf(ctx context.Context, factors *auth.SecondFactors, err error) (*model.SecondFactors, error) {
	if err != nil {
		return nil, err
	}
	f := &model.SecondFactors{
		Required: factors.Required, RecoveryCodesLeft: factors.RecoveryCodesLeft, Passkeys: passkeysOf(factors.Passkeys),
	}
	if totp := factors.TOTP; totp != nil {
		f.Totp = &model.Totp{CreatedAt: totp.CreatedAt, LastUsedAt: timeOrNil(totp.LastUsedAt)}
	}
	f.TrustedDevices = make([]model.TrustedDevice, len(factors.Devices))
	for i, device := range factors.Devices {
		f.TrustedDevices[i] = model.TrustedDevice{
			ID: device.ID, Device: stringOrNil(device.Device), CreatedAt: device.CreatedAt, ExpiresAt: device.ExpiresAt,
			Current: device.Holds(requestStateFrom(ctx).device),
		}
	}
	return f, nil
}
