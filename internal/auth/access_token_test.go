package auth_test

import (
	"crypto"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// signed is a deployment whose access tokens are JWTs.
var signed = auth.Config{
	Registration: auth.RegistrationOpen, EmailVerification: auth.VerificationMandatory, TrustedDevices: true,
	AccessToken: auth.AccessTokenJWT, Issuer: "https://auth.example.com", JWTAudience: []string{"https://api.example.com"},
}

// logIn begins a session of a user who has joined, and returns all that came of it.
func logIn(t *testing.T, w *authtest.World) *auth.Grant {
	t.Helper()
	grant, err := w.Login(t.Context(), auth.LoginInput{Email: ada, Password: adasPassword})
	must(t, err)
	return grant
}

// decoded returns a part of a JWT.
func decoded(t *testing.T, token secret.Text, part int) map[string]any {
	t.Helper()
	text, err := base64.RawURLEncoding.DecodeString(strings.Split(token.Reveal(), ".")[part])
	must(t, err)
	var object map[string]any
	must(t, json.Unmarshal(text, &object))
	return object
}

func TestAnAccessTokenIsAsRFC9068Says(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w := authtest.New(t, store, signed)
		user := w.Join(t, ada, adasPassword)
		_, err := w.SetRole(t.Context(), ada, auth.RoleStaff)
		must(t, err)
		w.Clock.Advance(time.Hour)
		grant := logIn(t, w)
		now := w.Clock.Now().Truncate(time.Second)

		keys, err := w.Keys(t.Context())
		must(t, err)
		wantHeader := map[string]any{"alg": "EdDSA", "typ": "at+jwt", "kid": keys[0].ID}
		if diff := cmp.Diff(wantHeader, decoded(t, grant.Tokens.AccessToken, 0)); diff != "" {
			t.Errorf("the header (-want +got):\n%s", diff)
		}
		claims := decoded(t, grant.Tokens.AccessToken, 1)
		if id, ok := claims["jti"].(string); !ok || uuid.Validate(id) != nil {
			t.Errorf("jti is %v", claims["jti"])
		}
		delete(claims, "jti")
		want := map[string]any{
			"iss": "https://auth.example.com", "aud": "https://api.example.com", "sub": user.ID.String(), "client_id": "latchkey",
			"sid": grant.Session.ID.String(), "gen": 1.0, "roles": []any{"USER", "STAFF"}, "acr": "urn:latchkey:1", "amr": []any{"pwd"},
			"iat": float64(now.Unix()), "auth_time": float64(now.Unix()), "exp": float64(now.Add(15 * time.Minute).Unix()),
		}
		if diff := cmp.Diff(want, claims); diff != "" {
			t.Errorf("the claims (-want +got):\n%s", diff)
		}
		if !grant.Tokens.ExpiresAt.Equal(now.Add(15 * time.Minute)) {
			t.Errorf("it is said to expire at %v", grant.Tokens.ExpiresAt)
		}
	})
}

func TestAnAccessTokenDiesWithItsSessionAtTheLatest(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.SQLite(t), signed)
	w.Join(t, ada, adasPassword)
	grant := logIn(t, w)
	token := grant.Tokens.RefreshToken
	for range 90 * 24 / 20 {
		w.Clock.Advance(20 * time.Hour)
		if grant.Session.EndsAt.Sub(w.Clock.Now()) < 20*time.Hour {
			break
		}
		refreshed, err := w.RefreshSession(t.Context(), auth.RefreshInput{RefreshToken: &token})
		must(t, err)
		token = refreshed.Tokens.RefreshToken
	}
	w.Clock.Advance(grant.Session.EndsAt.Sub(w.Clock.Now()) - time.Minute)
	last, err := w.RefreshSession(t.Context(), auth.RefreshInput{RefreshToken: &token})
	must(t, err)
	if end := grant.Session.EndsAt.Truncate(time.Second); !last.Tokens.ExpiresAt.Equal(end) || !last.Tokens.RefreshExpiresAt.Equal(grant.Session.EndsAt) {
		t.Errorf("the tokens end at %v and %v, the session at %v", last.Tokens.ExpiresAt, last.Tokens.RefreshExpiresAt, end)
	}
	w.Clock.Advance(time.Minute)
	if lives(t, w, last.Tokens.AccessToken) {
		t.Error("the token outlives the session")
	}
	_, err = w.RefreshSession(t.Context(), auth.RefreshInput{RefreshToken: &last.Tokens.RefreshToken})
	refused(t, err, auth.InvalidRefreshToken)
}

// forger has what the server has, and signs what it likes.
type forger struct {
	t       *testing.T
	key     ed25519.PrivateKey
	public  ed25519.PublicKey
	header  map[string]any
	claims  map[string]any
	genuine secret.Text
}

func newForger(t *testing.T, w *authtest.World, grant *auth.Grant) *forger {
	t.Helper()
	keys, err := w.Store.SigningKeys(t.Context())
	must(t, err)
	encoded, err := w.Key.Open("signing keys", keys[0].Sealed, keys[0].ID)
	must(t, err)
	private, err := x509.ParsePKCS8PrivateKey(encoded)
	must(t, err)
	key := private.(ed25519.PrivateKey)
	token := grant.Tokens.AccessToken
	return &forger{
		t: t, key: key, public: key.Public().(ed25519.PublicKey),
		header: decoded(t, token, 0), claims: decoded(t, token, 1), genuine: token,
	}
}

// with returns the object with changes; nil takes a member away.
func with(object, changes map[string]any) map[string]any {
	changed := maps.Clone(object)
	for name, value := range changes {
		if changed[name] = value; value == nil {
			delete(changed, name)
		}
	}
	return changed
}

type members = map[string]any

func (f *forger) unsigned(header, claims members) string {
	encode := func(v any) string {
		text, err := json.Marshal(v)
		must(f.t, err)
		return base64.RawURLEncoding.EncodeToString(text)
	}
	return encode(with(f.header, header)) + "." + encode(with(f.claims, claims))
}

// sign returns a token as the server would sign it, with changes.
func (f *forger) sign(header, claims members) secret.Text { return f.signBy(f.key, header, claims) }

func (f *forger) signBy(key ed25519.PrivateKey, header, claims members) secret.Text {
	text := f.unsigned(header, claims)
	signature, err := key.Sign(nil, []byte(text), crypto.Hash(0))
	must(f.t, err)
	return secret.Text(text + "." + base64.RawURLEncoding.EncodeToString(signature))
}

func (f *forger) hmac(key []byte) secret.Text {
	text := f.unsigned(members{"alg": "HS256"}, nil)
	mac := hmac.New(sha256.New, key)
	_, _ = mac.Write([]byte(text))
	return secret.Text(text + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil)))
}

func TestForgedAccessTokensOpenNothing(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w := authtest.New(t, store, signed)
		w.Join(t, ada, adasPassword)
		grant := logIn(t, w)
		f := newForger(t, w, grant)
		other := w.Join(t, "eve@lovelace.example", evesPassword)
		now := w.Clock.Now()
		_, own, err := ed25519.GenerateKey(nil)
		must(t, err)
		ownPublic := own.Public().(ed25519.PublicKey)
		ownJWK := members{"kty": "OKP", "crv": "Ed25519", "x": base64.RawURLEncoding.EncodeToString(ownPublic)}
		der, err := x509.MarshalPKIXPublicKey(f.public)
		must(t, err)
		asPEM := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
		keySet, err := w.PublicKeys(t.Context())
		must(t, err)
		genuine := strings.Split(f.genuine.Reveal(), ".")
		tampered := f.unsigned(nil, members{"sub": other.ID.String()}) + "." + genuine[2]

		if !lives(t, w, f.genuine) || !lives(t, w, f.sign(nil, nil)) {
			t.Fatal("the forger cannot even sign what the server signs")
		}
		if !lives(t, w, f.sign(members{"typ": "application/AT+JWT"}, nil)) {
			t.Error("the type is refused when it is written out, or in capitals")
		}
		if !lives(t, w, f.sign(nil, members{"aud": []string{"https://other.example", "https://api.example.com"}})) {
			t.Error("a token for several is refused")
		}
		for name, token := range map[string]secret.Text{
			"alg none":                          secret.Text(f.unsigned(members{"alg": "none"}, nil) + "."),
			"alg nOnE":                          secret.Text(f.unsigned(members{"alg": "nOnE"}, nil) + "."),
			"alg none, with the signature":      secret.Text(f.unsigned(members{"alg": "none"}, nil) + "." + genuine[2]),
			"HS256 with the public key":         f.hmac(f.public),
			"HS256 with the public key, as DER": f.hmac(der),
			"HS256 with the public key, as PEM": f.hmac(asPEM),
			"HS256 with the key set":            f.hmac(keySet),
			"HS256 with nothing":                f.hmac(nil),
			"another algorithm than the key's":  f.sign(members{"alg": "ES256"}, nil),
			"no kid":                            f.sign(members{"kid": nil}, nil),
			"kid path traversal":                f.signBy(own, members{"kid": "../../../../dev/null"}, nil),
			"kid SQL injection":                 f.signBy(own, members{"kid": "' OR '1'='1"}, nil),
			"kid of nobody":                     f.signBy(own, members{"kid": "another"}, nil),
			"kid of the server, another's key":  f.signBy(own, nil, nil),
			"embedded jwk":                      f.signBy(own, members{"jwk": ownJWK}, nil),
			"embedded jwk of the server":        f.sign(members{"jwk": ownJWK}, nil),
			"jku":                               f.signBy(own, members{"jku": "https://evil.example/jwks.json"}, nil),
			"jku, signed by the server":         f.sign(members{"jku": "https://evil.example/jwks.json"}, nil),
			"x5u":                               f.sign(members{"x5u": "https://evil.example/cert.pem"}, nil),
			"x5c":                               f.sign(members{"x5c": []string{base64.StdEncoding.EncodeToString(der)}}, nil),
			"crit":                              f.sign(members{"crit": []string{"exp"}}, nil),
			"b64":                               f.sign(members{"b64": false, "crit": []string{"b64"}}, nil),
			"zip":                               f.sign(members{"zip": "DEF"}, nil),
			"expired":                           f.sign(nil, members{"exp": now.Unix()}),
			"no exp":                            f.sign(nil, members{"exp": nil}),
			"exp that is a text":                f.sign(nil, members{"exp": "9999999999"}),
			"not yet valid":                     f.sign(nil, members{"nbf": now.Add(time.Minute).Unix()}),
			"of the future":                     f.sign(nil, members{"iat": now.Add(time.Minute).Unix()}),
			"wrong aud":                         f.sign(nil, members{"aud": "https://other.example"}),
			"no aud":                            f.sign(nil, members{"aud": nil}),
			"empty aud":                         f.sign(nil, members{"aud": []string{}}),
			"wrong iss":                         f.sign(nil, members{"iss": "https://auth.example.com/"}),
			"no iss":                            f.sign(nil, members{"iss": nil}),
			"wrong typ":                         f.sign(members{"typ": "JWT"}, nil),
			"no typ":                            f.sign(members{"typ": nil}, nil),
			"another's sub":                     f.sign(nil, members{"sub": other.ID.String()}),
			"sid of nobody":                     f.sign(nil, members{"sid": uuid.NewString()}),
			"sid that is none":                  f.sign(nil, members{"sid": "' OR '1'='1"}),
			"no sid":                            f.sign(nil, members{"sid": nil}),
			"an earlier generation":             f.sign(nil, members{"gen": 0}),
			"a later generation":                f.sign(nil, members{"gen": 2}),
			"changed claims":                    secret.Text(tampered),
			"truncated":                         f.genuine[:len(f.genuine)-10],
			"without its signature":             secret.Text(genuine[0] + "." + genuine[1] + "."),
			"two parts":                         secret.Text(genuine[0] + "." + genuine[1]),
			"four parts":                        f.genuine + ".e30",
			"oversized":                         f.sign(nil, members{"pad": strings.Repeat("x", 8<<10)}),
			"dots":                              "..",
			"claims that are a list":            secret.Text(genuine[0] + "." + base64.RawURLEncoding.EncodeToString([]byte("[]")) + "." + genuine[2]),
			"JSON in the place of a token":      secret.Text(`{"payload":"","signatures":[]}`),
		} {
			t.Run(name, func(t *testing.T) {
				_, err := w.Authenticate(t.Context(), token)
				failed(t, err, auth.Unauthenticated)
				if token != "" && strings.Contains(err.Error(), token.Reveal()) {
					t.Error("the error repeats the token")
				}
			})
		}
		if !lives(t, w, f.genuine) {
			t.Error("a forged token ended the genuine one's session")
		}
	})
}

func TestAnAccessTokenStopsHereAtOnce(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w := authtest.New(t, store, signed)
		replica := w.Replica(authtest.Difference{})
		for name, end := range map[string]func(t *testing.T, email string, grant *auth.Grant, caller *auth.Caller){
			"when its session was logged out": func(t *testing.T, _ string, grant *auth.Grant, _ *auth.Caller) {
				must(t, w.Logout(t.Context(), grant.Tokens.AccessToken))
			},
			"when all sessions were ended": func(t *testing.T, _ string, _ *auth.Grant, caller *auth.Caller) {
				_, err := w.LogoutAll(t.Context(), caller, false)
				must(t, err)
			},
			"when its session was revoked": func(t *testing.T, _ string, _ *auth.Grant, caller *auth.Caller) {
				_, err := w.RevokeSession(t.Context(), caller, caller.Session.ID)
				must(t, err)
			},
			"when the user was disabled": func(t *testing.T, email string, _ *auth.Grant, _ *auth.Caller) {
				_, err := w.DisableAccount(t.Context(), email)
				must(t, err)
			},
			"when the user was deleted": func(t *testing.T, email string, _ *auth.Grant, caller *auth.Caller) {
				must(t, w.DeleteAccount(t.Context(), caller, email))
			},
			"when the password was changed, in the same session": func(t *testing.T, _ string, _ *auth.Grant, caller *auth.Caller) {
				current := adasPassword
				change, err := w.ChangePassword(t.Context(), caller, auth.ChangePasswordInput{CurrentPassword: &current, NewPassword: newPassword})
				must(t, err)
				if !lives(t, w, change.Tokens.AccessToken) {
					t.Error("the new access token does not work")
				}
				if _, err := w.RefreshSession(t.Context(), auth.RefreshInput{RefreshToken: &change.Tokens.RefreshToken}); err != nil {
					t.Errorf("the new refresh token does not work: %v", err)
				}
			},
		} {
			t.Run(name, func(t *testing.T) {
				email := uuid.NewString() + "@lovelace.example"
				w.Join(t, email, adasPassword)
				grant, err := w.Login(t.Context(), auth.LoginInput{Email: email, Password: adasPassword})
				must(t, err)
				caller, err := replica.Authenticate(t.Context(), grant.Tokens.AccessToken)
				must(t, err)
				end(t, email, grant, caller)
				if lives(t, w, grant.Tokens.AccessToken) {
					t.Error("the access token still works")
				}
				if _, err := replica.Authenticate(t.Context(), grant.Tokens.AccessToken); err == nil {
					t.Error("the access token still works on another replica")
				}
				_, err = replica.RefreshSession(t.Context(), auth.RefreshInput{RefreshToken: &grant.Tokens.RefreshToken})
				refused(t, err, auth.InvalidRefreshToken)
				w.Letters(t)
			})
		}
	})
}

func TestAnExpiredAccessTokenSaysSoAndStillLogsOut(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.SQLite(t), signed)
	w.Join(t, ada, adasPassword)
	grant := logIn(t, w)
	w.Clock.Advance(15 * time.Minute)
	_, err := w.Authenticate(t.Context(), grant.Tokens.AccessToken)
	if fault := failed(t, err, auth.Unauthenticated); !strings.Contains(fault.Message, "refreshSession") {
		t.Errorf("the message does not say what to do: %s", fault.Message)
	}
	must(t, w.Logout(t.Context(), grant.Tokens.AccessToken))
	_, err = w.RefreshSession(t.Context(), auth.RefreshInput{RefreshToken: &grant.Tokens.RefreshToken})
	refused(t, err, auth.InvalidRefreshToken)
}

func TestSessionsOutliveTheSettingTheyBeganUnder(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		before := authtest.New(t, store, authtest.Mandatory)
		before.Join(t, ada, adasPassword)
		opaque := logIn(t, before)
		after := before.Replica(authtest.Difference{Config: signed})
		if !lives(t, after, opaque.Tokens.AccessToken) {
			t.Error("an opaque token does not work where new ones are JWTs")
		}
		jwt := logIn(t, after)

		back := after.Replica(authtest.Difference{Config: auth.Config{EmailVerification: auth.VerificationMandatory, Issuer: signed.Issuer, JWTAudience: signed.JWTAudience}})
		if !lives(t, back, jwt.Tokens.AccessToken) {
			t.Error("a JWT does not work where new ones are opaque")
		}
		if _, err := back.RefreshSession(t.Context(), auth.RefreshInput{RefreshToken: &jwt.Tokens.RefreshToken}); err != nil {
			t.Errorf("its refresh token does not work there: %v", err)
		}
	})
}
