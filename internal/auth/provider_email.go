package auth

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/address"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// PurposeProviderEmail is to show that one reads the email of an address, to sign up with a provider.
var PurposeProviderEmail = newPurpose("provider_email", purposeSpec{lifetime: codeLifetime, act: actLoggedInByProvider})

// jobProviderCode is to mail such a code: EmailKey, RequestID.
var jobProviderCode = newJob("provider_code", jobSpec{origin: fromAnyone, compose: (*Service).composeProviderCode})

// LetterProviderCode has a code to confirm an address with.
var LetterProviderCode = newLetter("provider_code", LetterSpec{order: 55, Code: PurposeProviderEmail})

// RequestProviderCodeInput is a sign-in that needs an address, and the address.
type RequestProviderCodeInput struct {
	Pending  secret.Text
	Verifier secret.Text
	Email    string
}

// RequestProviderCode enqueues an email with a code that shows whoever reads it to have the address, for a sign-in that
// needs one. It is the same whether anybody has the address or not. It returns the id of the request, with which alone
// the code works. Problems: TOKEN_INVALID; REQUIRED and EMAIL_INVALID. Errors: kind RateLimited.
func (s *Service) RequestProviderCode(ctx context.Context, in RequestProviderCodeInput) (uuid.UUID, error) {
	email, problems := checkEmail(in.Email)
	if err := problems.err(); err != nil {
		return uuid.Nil, err
	}
	email, err := s.held(ctx, email)
	if err != nil {
		return uuid.Nil, fmt.Errorf("request provider code: %w", err)
	}
	ReportFrom(ctx).concerns(email.Canonical)
	// The limit of codes is the address's: only whoever has something pending uses it up.
	if err := s.limit(ctx, LimitLoginWithProvider, actLoggedInByProvider, ""); err != nil {
		return uuid.Nil, fmt.Errorf("request provider code: %w", err)
	}
	if _, err := s.findPending(ctx, secret.PendingIdentityToken, in.Pending, in.Verifier, "pending"); err != nil {
		return uuid.Nil, fmt.Errorf("request provider code: %w", err)
	}
	if err := s.limitCode(ctx, identifier{email: email}); err != nil {
		return uuid.Nil, fmt.Errorf("request provider code: %w", err)
	}
	return s.askForCode(ctx, "request provider code",
		OneTimeCode{Purpose: PurposeProviderEmail, EmailKey: email.Canonical},
		OutboxItem{Job: jobProviderCode, EmailKey: email.Canonical})
}

// composeProviderCode mails a code to the address, whoever has it.
func (s *Service) composeProviderCode(ctx context.Context, item *OutboxItem) (*Letter, error) {
	code := OneTimeCode{Purpose: PurposeProviderEmail, EmailKey: item.EmailKey}
	if err := s.mayMintCode(ctx, item, code); err != nil {
		return nil, err
	}
	to, err := address.ParseEmail(item.EmailKey)
	if err != nil {
		return nil, ErrNotFound
	}
	to.Canonical = item.EmailKey
	return s.mintCode(&Letter{Kind: LetterProviderCode, To: to}, item, code), nil
}

// RegisterWithProviderInput is a sign-in that needs an address, and the code that was mailed there.
type RegisterWithProviderInput struct {
	Pending   secret.Text
	Verifier  secret.Text
	RequestID uuid.UUID
	Code      secret.Text // as it was typed
	SessionDelivery
}

// RegisterWithProvider signs up whoever a provider has identified, with the address that the code was mailed to, and
// begins a session. If an account has confirmed the address, the user has to sign in to it and connect: the reason is
// CONNECT then. Problems: TOKEN_INVALID; REQUIRED; CODE_INVALID; ACCOUNT_DISABLED. Errors: kind RateLimited.
func (s *Service) RegisterWithProvider(ctx context.Context, in RegisterWithProviderInput) (*ProviderGrant, error) {
	if in.Code == "" {
		return nil, Problems{errCodeMissing}
	}
	if err := s.limit(ctx, LimitLoginWithProvider, actLoggedInByProvider, ""); err != nil {
		return nil, fmt.Errorf("register with provider: %w", err)
	}
	pending, err := s.findPending(ctx, secret.PendingIdentityToken, in.Pending, in.Verifier, "pending")
	if err != nil {
		return nil, fmt.Errorf("register with provider: %w", err)
	}
	code, err := s.tryCode(ctx, PurposeProviderEmail, in.RequestID, noSession, in.Code)
	if err != nil {
		return nil, fmt.Errorf("register with provider: %w", err)
	}
	email, err := address.ParseEmail(code.EmailKey)
	if err != nil {
		return nil, fmt.Errorf("register with provider: %w", err)
	}
	email.Canonical = code.EmailKey
	return s.loginByIdentity(ctx, &arrival{
		identity: &pending.Identity, challenge: pending.Challenge, email: email, byCode: code, since: pending.CreatedAt,
		use: func(ctx context.Context, tx *tx) error { return usePending(ctx, tx, pending, "pending") },
	}, in.SessionDelivery)
}
