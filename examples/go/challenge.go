package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/Khan/genqlient/graphql"
)

// asker tells the user something and returns a line of the answer.
type asker func(what string) (string, error)

// secondStep completes a login that has a challenge. Its token is the bearer meanwhile, and opens nothing else.
func (s *session) secondStep(ctx context.Context, client graphql.Client, challenge *Challenge, ask asker) error {
	s.tokens = Login{AccessToken: &challenge.Token}
	complete := s.prove
	if challenge.Kind == ChallengeKindEnroll {
		complete = s.enroll
	}
	err := complete(ctx, client, ask)
	if err != nil {
		s.tokens = Login{}
	}
	return err
}

// prove asks for a code of the user's authenticator app, or for a recovery code.
func (s *session) prove(ctx context.Context, client graphql.Client, ask asker) error {
	typed, err := ask("Code of your authenticator app, or a recovery code: ")
	if err != nil {
		return err
	}
	totp, recovery := &typed, (*string)(nil)
	if strings.Trim(typed, "0123456789 -") != "" {
		totp, recovery = nil, &typed
	}
	answer, err := CompleteLogin(ctx, client, totp, recovery)
	if err != nil {
		return fmt.Errorf("complete the login: %w", err)
	}
	if err := refusal(answer.CompleteLogin.Errors); err != nil {
		return err
	}
	s.tokens = *answer.CompleteLogin.Tokens
	if code := answer.CompleteLogin.ReplacementRecoveryCode; code != nil {
		_, err = ask("Keep this code in its place: " + *code + "\nPress Enter. ")
	}
	return err
}

// enroll has the user set an authenticator app up.
func (s *session) enroll(ctx context.Context, client graphql.Client, ask asker) error {
	begun, err := BeginApp(ctx, client)
	if err != nil {
		return fmt.Errorf("begin to set an app up: %w", err)
	}
	code, err := ask("Add this key to your authenticator app: " + begun.BeginTotp.Secret + "\nCode: ")
	if err != nil {
		return err
	}
	answer, err := ConfirmApp(ctx, client, begun.BeginTotp.Setup, code)
	if err != nil {
		return fmt.Errorf("confirm the app: %w", err)
	}
	if err := refusal(answer.ConfirmTotp.Errors); err != nil {
		return err
	}
	s.tokens = *answer.ConfirmTotp.Tokens
	_, err = ask("Keep these recovery codes:\n" + strings.Join(answer.ConfirmTotp.RecoveryCodes, "\n") + "\nPress Enter. ")
	return err
}
