package main

import (
	"context"
	"fmt"
	"net/http"

	"github.com/Khan/genqlient/graphql"
)

// session sends the access token of a login with each request. It is not safe for concurrent use: a
// program of many goroutines refreshes under a lock, because a refresh token works once.
type session struct {
	tokens Login
}

// RoundTrip implements http.RoundTripper.
func (s *session) RoundTrip(r *http.Request) (*http.Response, error) {
	if s.tokens.AccessToken != nil {
		r = r.Clone(r.Context()) // which is the caller's
		r.Header.Set("Authorization", "Bearer "+*s.tokens.AccessToken)
	}
	return http.DefaultTransport.RoundTrip(r)
}

// logIn begins the session. If the account needs a second step, it asks for what that takes.
func (s *session) logIn(ctx context.Context, client graphql.Client, email, password string, ask asker) error {
	answer, err := LogIn(ctx, client, email, password)
	if err != nil {
		return fmt.Errorf("log in: %w", err)
	}
	if err := refusal(answer.Login.Errors); err != nil {
		return err
	}
	if answer.Login.Challenge != nil {
		return s.secondStep(ctx, client, answer.Login.Challenge, ask)
	}
	s.tokens = *answer.Login.Tokens // never null without errors or a challenge
	return nil
}

// refresh goes on with the next tokens. Where access tokens are opaque there is no refresh token, and
// the answer only tells until when the session lasts.
func (s *session) refresh(ctx context.Context, client graphql.Client) error {
	answer, err := Refresh(ctx, client, s.tokens.RefreshToken)
	if err != nil {
		return fmt.Errorf("refresh the session: %w", err)
	}
	if err := refusal(answer.RefreshSession.Errors); err != nil {
		return err
	}
	if answer.RefreshSession.Tokens.AccessToken != nil {
		s.tokens = *answer.RefreshSession.Tokens
	}
	return nil
}
