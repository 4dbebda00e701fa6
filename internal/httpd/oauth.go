package httpd

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"mime"
	"net/http"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// Tokens is what backends ask of the domain; auth.Service is one.
type Tokens interface {
	// AuthenticateAPIClient returns the backend that has the key and, unless id is "", the id. An
	// *auth.Error of kind Unauthenticated says that there is none; any other error, that this could
	// not be found out.
	AuthenticateAPIClient(ctx context.Context, id string, key secret.Text) (*auth.APIClient, error)
	// Introspect tells what an access token stands for. An error never means that it is not active.
	Introspect(ctx context.Context, token secret.Text) (*auth.TokenInfo, error)
	// RevokeToken ends the session of an access token or a refresh token. One that opens nothing is no error.
	RevokeToken(ctx context.Context, client *auth.APIClient, token secret.Text) error
}

// Where backends ask.
const (
	introspectPath = "/oauth/introspect"
	revokePath     = "/oauth/revoke"
)

// retryOutage is what Retry-After says, in seconds, when something that we need does not answer.
const retryOutage = "5"

// noBrowsers refuses what the pages of other sites send, whichever these are: no origin is trusted
// where only servers ask.
var noBrowsers = http.NewCrossOriginProtection()

// backend returns the handler of an address for backends: it lets act answer, for a client that showed
// its key, about the one token in the body.
func (s *Server) backend(act func(w http.ResponseWriter, r *http.Request, client *auth.APIClient, token secret.Text) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if noBrowsers.Check(r) != nil {
			s.oauthError(w, r, http.StatusForbidden, "access_denied", "A page of another site sent this. Only servers ask here.")
			return
		}
		client, err := s.client(r)
		if fault, ok := errors.AsType[*auth.Error](err); ok && fault.Kind == auth.Unauthenticated {
			s.clientRefused(w, r)
			return
		}
		if err != nil {
			s.oauthOutage(w, r, err)
			return
		}
		token, ok := s.readToken(w, r)
		if !ok {
			return
		}
		if err := act(w, r, client, token); err != nil {
			s.oauthOutage(w, r, err)
		}
	}
}

// client returns the backend that sent the request.
func (s *Server) client(r *http.Request) (*auth.APIClient, error) {
	id, key, ok := clientCredentials(r.Header)
	if !ok {
		return nil, auth.ErrNotLoggedIn
	}
	return s.config.Tokens.AuthenticateAPIClient(r.Context(), id, key)
}

// clientRefused answers every request without a key that opens: a key that is missing, mistyped,
// unknown or deleted gets the same. It is only logged, not written to the audit trail, which
// anyone could fill otherwise.
func (s *Server) clientRefused(w http.ResponseWriter, r *http.Request) {
	s.config.Logger.LogAttrs(r.Context(), slog.LevelWarn, "client refused",
		slog.String("request_id", requestID(r)), slog.String("route", r.Pattern),
		slog.String("client_ip", auth.RequestFrom(r.Context()).ClientIP.String()))
	w.Header().Add("WWW-Authenticate", `Basic realm="latchkey", charset="UTF-8"`)
	w.Header().Add("WWW-Authenticate", `Bearer realm="latchkey"`)
	s.oauthError(w, r, http.StatusUnauthorized, "invalid_client",
		"This needs the key of a client, as Authorization: Bearer and the key, or Basic and its id and key. latchkey client create makes one.")
}

// readToken returns the one parameter "token" of a form in the body (RFC 7662 section 2.1, RFC 7009
// section 2.1). When it returns false it has answered. A token_type_hint is of no use: a token says
// itself what it is.
func (s *Server) readToken(w http.ResponseWriter, r *http.Request) (secret.Text, bool) {
	refuse := func(status int, description string) (secret.Text, bool) {
		s.oauthError(w, r, status, "invalid_request", description)
		return "", false
	}
	if r.URL.RawQuery != "" {
		return refuse(http.StatusBadRequest, "Send everything in the body and nothing in the URL, which is written to logs on its way.")
	}
	mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || mediaType != "application/x-www-form-urlencoded" {
		w.Header().Set("Accept-Post", "application/x-www-form-urlencoded")
		return refuse(http.StatusUnsupportedMediaType, "Send the body as application/x-www-form-urlencoded.")
	}

	err = r.ParseForm()
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return refuse(http.StatusRequestEntityTooLarge, "The body is too long.")
	}
	if err != nil || !clean(r.PostForm) {
		return refuse(http.StatusBadRequest, "The body cannot be read as a form.")
	}
	for _, values := range r.PostForm {
		if len(values) > 1 {
			return refuse(http.StatusBadRequest, "Send each parameter once.")
		}
	}
	if r.PostForm.Has("client_secret") || r.PostForm.Has("client_assertion") {
		return refuse(http.StatusBadRequest, "Send the key in the Authorization header only.")
	}
	token := r.PostForm.Get("token")
	if token == "" {
		return refuse(http.StatusBadRequest, "The parameter token is missing.")
	}
	return secret.Text(token), true
}

// introspection is the answer about a token that is active (RFC 7662 section 2.2). Times are in
// seconds since 1970.
type introspection struct {
	Active        bool          `json:"active"`
	Subject       string        `json:"sub"`
	Username      string        `json:"username"`
	Email         string        `json:"email"`
	EmailVerified bool          `json:"email_verified"`
	Roles         []auth.Role   `json:"roles"`
	SessionID     string        `json:"sid"`
	Actor         *actor        `json:"act,omitempty"`
	Issuer        string        `json:"iss,omitempty"`
	Audience      auth.Audience `json:"aud,omitempty"`
	ExpiresAt     int64         `json:"exp"`
	IssuedAt      int64         `json:"iat"`
	AuthTime      int64         `json:"auth_time"`
	ACR           string        `json:"acr"`
	AMR           []string      `json:"amr"`
	ClientID      string        `json:"client_id"`
	TokenType     string        `json:"token_type"`
}

// actor is who acts as the subject (RFC 8693 section 4.1).
type actor struct {
	Subject string `json:"sub"`
}

// actorOf returns the actor with an id, nil for none.
func actorOf(id uuid.UUID) *actor {
	if id == uuid.Nil {
		return nil
	}
	return &actor{Subject: id.String()}
}

// introspect tells a backend what a token stands for.
func (s *Server) introspect(w http.ResponseWriter, r *http.Request, _ *auth.APIClient, token secret.Text) error {
	info, err := s.config.Tokens.Introspect(r.Context(), token)
	if err != nil {
		return err
	}
	if !info.Active {
		s.json(w, r, http.StatusOK, map[string]bool{"active": false})
		return nil
	}
	s.json(w, r, http.StatusOK, introspection{
		Active:        true,
		Subject:       info.Subject.String(),
		Username:      info.Username,
		Email:         info.Email,
		EmailVerified: info.EmailVerified,
		Roles:         info.Roles,
		SessionID:     info.SessionID.String(),
		Actor:         actorOf(info.ActorID),
		Issuer:        info.Issuer,
		Audience:      info.Audience,
		ExpiresAt:     info.ExpiresAt.Unix(),
		IssuedAt:      info.IssuedAt.Unix(),
		AuthTime:      info.AuthTime.Unix(),
		ACR:           info.ACR,
		AMR:           info.AMR,
		ClientID:      info.ClientID,
		TokenType:     "Bearer",
	})
	return nil
}

// revoke ends the session of a token for a backend. The answer is the same if there is none (RFC 7009
// section 2.2).
func (s *Server) revoke(w http.ResponseWriter, r *http.Request, client *auth.APIClient, token secret.Text) error {
	if err := s.config.Tokens.RevokeToken(r.Context(), client, token); err != nil {
		return err
	}
	w.WriteHeader(http.StatusOK)
	return nil
}

// oauthOutage says that an answer could not be found out: a token may still be active, and a session
// may not have ended.
func (s *Server) oauthOutage(w http.ResponseWriter, r *http.Request, err error) {
	if !errors.Is(r.Context().Err(), context.Canceled) { // else the client has gone, and all is well
		s.config.Logger.LogAttrs(r.Context(), slog.LevelError, "oauth",
			slog.String("request_id", requestID(r)), slog.String("route", r.Pattern), slog.String("error", err.Error()))
	}
	w.Header().Set("Retry-After", retryOutage)
	s.oauthError(w, r, http.StatusServiceUnavailable, "temporarily_unavailable",
		"This could not be found out. Try again in a moment; if it stays so, quote the request id "+requestID(r)+".")
}

// oauthError answers with an error as RFC 6749 section 5.2 has it. The description has no quotes and
// no backslashes, and nothing of the request.
func (s *Server) oauthError(w http.ResponseWriter, r *http.Request, status int, code, description string) {
	s.json(w, r, status, map[string]string{"error": code, "error_description": description})
}

// json answers with a value.
func (s *Server) json(w http.ResponseWriter, r *http.Request, status int, value any) {
	body, err := json.Marshal(value)
	if err != nil {
		panic(err) // of a type of ours, which can always be written
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	s.write(w, r, body)
}
