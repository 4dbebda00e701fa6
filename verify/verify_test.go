package verify_test

import (
	"crypto/elliptic"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/verify"
)

func TestNew(t *testing.T) {
	t.Run("does not ask the server", func(t *testing.T) {
		issuer := startIssuer(t, edSigner("first"))
		newVerifier(t, issuer, verify.Config{})
		wantAsked(t, issuer, 0)
	})

	for _, c := range []struct {
		name   string
		config verify.Config
		says   string
	}{
		{"without issuer", verify.Config{JWKS: "https://auth.example.com/keys"}, "Issuer is missing"},
		{"issuer that is a name", verify.Config{Issuer: "auth.example.com"}, "Issuer is not a URL"},
		{"issuer that is an opaque URL", verify.Config{Issuer: "https:auth.example.com"}, "Issuer is not a URL"},
		{"issuer without host", verify.Config{Issuer: "https:///auth"}, "Issuer is not a URL"},
		{"issuer that cannot be parsed", verify.Config{Issuer: "https://secret\x7f"}, "Issuer is not a URL"},
		{"issuer over plain http", verify.Config{Issuer: "http://auth.example.com"}, "Issuer has to be https"},
		{"issuer whose host begins like loopback", verify.Config{Issuer: "http://127.0.0.1.example.com"}, "Issuer has to be https"},
		{"issuer with a password", verify.Config{Issuer: "https://user:secret@auth.example.com"}, "password"},
		{"issuer with a query", verify.Config{Issuer: "https://auth.example.com?tenant=1"}, "query"},
		{"keys over plain http", verify.Config{Issuer: remote, JWKS: "http://auth.example.com/keys"}, "JWKS has to be https"},
		{"keys in a file", verify.Config{Issuer: remote, JWKS: "file://localhost/keys"}, "JWKS has to be https"},
		{"too much leeway", verify.Config{Issuer: remote, Leeway: 61 * time.Second}, "Leeway"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := verify.New(c.config)
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want an error that says %q", err, c.says)
			} else if strings.Contains(err.Error(), "secret") {
				t.Error("the error repeats the URL, with what is secret in it")
			}
		})
	}

	for _, local := range []string{"http://localhost:8080", "http://127.0.0.1", "http://[::1]:8080", "http://[::ffff:127.0.0.1]"} {
		t.Run("over plain http from "+local, func(t *testing.T) {
			if _, err := verify.New(verify.Config{Issuer: local}); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestConfig(t *testing.T) {
	key := edSigner("first")
	now := time.Now()
	at := func(d time.Duration) int64 { return now.Add(d).Unix() }

	t.Run("the issuer's slash at the end is a part of its name only", func(t *testing.T) {
		issuer := startIssuer(t, key)
		issuer.url += "/"
		accepted(t, newVerifier(t, issuer, verify.Config{}), issuer.token(key, nil, nil))
	})
	t.Run("keys may be elsewhere", func(t *testing.T) {
		issuer := startIssuer(t, key)
		v := newVerifier(t, issuer, verify.Config{Issuer: remote, JWKS: issuer.url + "/.well-known/jwks.json"})
		accepted(t, v, issuer.token(key, nil, object{"iss": remote, "aud": remote}))
	})
	t.Run("an audience of several is one of them", func(t *testing.T) {
		issuer := startIssuer(t, key)
		v := newVerifier(t, issuer, verify.Config{Audience: "reports"})
		accepted(t, v, issuer.token(key, nil, object{"aud": []string{"billing", "reports"}}))
	})
	t.Run("without audience tokens are for the issuer's URL", func(t *testing.T) {
		issuer := startIssuer(t, key)
		v := newVerifier(t, issuer, verify.Config{})
		accepted(t, v, issuer.token(key, nil, nil))
		refusedAs(t, v, issuer.token(key, nil, object{"aud": "reports"}), verify.ErrInvalid)
	})
	t.Run("every spelling of at+jwt that RFC 9068 knows", func(t *testing.T) {
		issuer := startIssuer(t, key)
		v := newVerifier(t, issuer, verify.Config{})
		for _, typ := range []string{"at+jwt", "AT+JWT", "application/at+jwt", "Application/AT+jwt"} {
			accepted(t, v, issuer.token(key, object{"typ": typ}, nil))
		}
	})

	for _, c := range []struct {
		name            string
		leeway, allowed time.Duration
	}{
		{"leeway of 30 seconds unless said", 0, 30 * time.Second},
		{"leeway of a minute", time.Minute, time.Minute},
		{"no leeway", -1, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			clock := now.Truncate(time.Second)
			issuer := startIssuer(t, key)
			v := newVerifier(t, issuer, verify.Config{Leeway: c.leeway, Now: func() time.Time { return clock }})
			token := issuer.token(key, nil, object{"nbf": at(0), "iat": at(0), "exp": at(time.Minute)})

			for _, moment := range []struct {
				after time.Duration
				good  bool
			}{
				{-c.allowed - time.Second, false},
				{-c.allowed, true},
				{time.Minute + c.allowed - time.Second, true},
				{time.Minute + c.allowed, false},
			} {
				clock = now.Truncate(time.Second).Add(moment.after)
				if _, err := v.Verify(t.Context(), token); (err == nil) != moment.good {
					t.Errorf("%s after the token was issued: %v", moment.after, err)
				}
			}
		})
	}
}

func TestClaims(t *testing.T) {
	for _, key := range []signer{edSigner("a"), ecSigner("b", ecKey(elliptic.P256())), rsaSigner("c", rsaKey())} {
		t.Run("of a token by "+key.algorithm, func(t *testing.T) {
			issuer := startIssuer(t, key)
			at2001 := func() time.Time { return time.Unix(1e9, 0) }
			v := newVerifier(t, issuer, verify.Config{Now: at2001})
			issuer.now = at2001
			claims, err := v.Verify(t.Context(), issuer.token(key, nil, object{
				"roles": []string{"USER", "STAFF"}, "email": "ada@example.com", "email_verified": true, "profile": object{"plan": "gold"},
				"acr": "urn:latchkey:2", "amr": []string{"pwd", "otp", "mfa"}, "act": object{"sub": "0190a5c8-0000-7000-8000-000000000003"},
			}))
			if err != nil {
				t.Fatal(err)
			}
			got := *claims
			want := verify.Claims{
				Subject: user, SessionID: "0190a5c8-0000-7000-8000-000000000002", TokenID: "0190a5c8-0000-7000-8000-000000000001",
				ClientID: "latchkey", Issuer: issuer.url, Audience: []string{issuer.url}, Roles: []string{"USER", "STAFF"},
				IssuedAt:  time.Date(2001, 9, 9, 1, 46, 40, 0, time.UTC),
				ExpiresAt: time.Date(2001, 9, 9, 2, 1, 40, 0, time.UTC),
				AuthTime:  time.Date(2001, 9, 9, 0, 46, 40, 0, time.UTC),
				ACR:       "urn:latchkey:2", AMR: []string{"pwd", "otp", "mfa"}, Actor: "0190a5c8-0000-7000-8000-000000000003",
				Email: "ada@example.com", EmailVerified: true,
			}
			compareExported(t, got, want)

			if !claims.HasRole("STAFF") || claims.HasRole("ADMIN") || claims.HasRole("staff") {
				t.Error("HasRole does not go by the roles of the token")
			}
			var own struct {
				Profile struct{ Plan string }
				Gen     int
			}
			if err := claims.Decode(&own); err != nil || own.Profile.Plan != "gold" || own.Gen != 3 {
				t.Errorf("Decode gave %+v and %v", own, err)
			}
		})
	}

	t.Run("what is not there is empty", func(t *testing.T) {
		issuer := startIssuer(t, edSigner("first"))
		claims, err := newVerifier(t, issuer, verify.Config{}).Verify(t.Context(),
			issuer.token(issuer.keys[0], nil, object{"auth_time": nil, "roles": nil, "jti": nil}))
		if err != nil {
			t.Fatal(err)
		}
		if !claims.AuthTime.IsZero() || claims.HasRole("USER") || claims.Email != "" || claims.EmailVerified {
			t.Errorf("got %+v", claims)
		}
	})
	t.Run("a literal has nothing to decode", func(t *testing.T) {
		if err := (&verify.Claims{}).Decode(&struct{}{}); err == nil {
			t.Error("got no error, want one")
		}
	})
}

// compareExported compares what users of the package see.
func compareExported(t *testing.T, got, want verify.Claims) {
	t.Helper()
	g, w := reflect.ValueOf(got), reflect.ValueOf(want)
	for i := range g.NumField() {
		field := g.Type().Field(i)
		if field.IsExported() && !reflect.DeepEqual(g.Field(i).Interface(), w.Field(i).Interface()) {
			t.Errorf("%s is %v, want %v", field.Name, g.Field(i), w.Field(i))
		}
	}
}
