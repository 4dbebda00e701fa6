package verify_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/latchkey-auth/latchkey/verify"
)

// greet answers with the subject of the request's claims, or "nobody".
var greet = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	claims, ok := verify.FromContext(r.Context())
	switch {
	case ok:
		_, _ = w.Write([]byte(claims.Subject))
	case claims == nil:
		_, _ = w.Write([]byte("nobody"))
	}
})

// challengeForm is what RFC 6750 section 3 allows in a challenge with an error.
var challengeForm = regexp.MustCompile(`^Bearer error="([a-z_]+)", error_description="([\x20-\x21\x23-\x5B\x5D-\x7E]+)"$`)

func ask(t *testing.T, handler http.Handler, authorization ...string) *http.Response {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/?access_token=unread", http.NoBody)
	for _, value := range authorization {
		request.Header.Add("Authorization", value)
	}
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, request)
	return recorder.Result()
}

func TestRequire(t *testing.T) {
	key := edSigner("first")
	issuer := startIssuer(t, key)
	v := newVerifier(t, issuer, verify.Config{})
	token := issuer.token(key, nil, nil)
	staff := issuer.token(key, nil, object{"roles": []string{"USER", "STAFF"}})
	wrong := token[:len(token)-6] + "wrong" // which no answer may repeat
	twice := issuer.token(key, nil, object{"acr": "urn:latchkey:2", "amr": []string{"pwd", "otp", "mfa"}})
	once := issuer.token(key, nil, object{"acr": "urn:latchkey:1", "amr": []string{"pwd"}})
	byFactor := v.RequireSecondFactor(greet)
	require, optional, byStaff := v.Require(greet), v.Optional(greet), v.RequireRole("STAFF")(greet)

	for _, c := range []struct {
		name          string
		handler       http.Handler
		authorization []string
		status        int
		says          string // the code of the error, or the greeting
	}{
		{"a good token", require, []string{"Bearer " + token}, 200, user},
		{"the scheme in small letters", require, []string{"bearer " + token}, 200, user},
		{"the scheme in capitals, and blanks", require, []string{"BEARER   " + token + " "}, 200, user},
		{"no token", require, nil, 401, "unauthorized"},
		{"an empty header", require, []string{""}, 401, "unauthorized"},
		{"another scheme", require, []string{"Basic " + token}, 401, "unauthorized"},
		{"the token without scheme", require, []string{token}, 401, "unauthorized"},
		{"a scheme that begins like ours", require, []string{"Bearers " + token}, 401, "unauthorized"},
		{"a token that is not accepted", require, []string{"Bearer " + wrong}, 401, "invalid_token"},
		{"duplicate Authorization headers", require, []string{"Bearer " + token, "Bearer " + token}, 400, "invalid_request"},
		{"duplicate Authorization headers, the first of another scheme", require, []string{"Basic x", "Bearer " + token}, 400, "invalid_request"},
		{"duplicate headers joined by a proxy", require, []string{"Bearer " + token + ", Bearer " + token}, 400, "invalid_request"},
		{"duplicate headers joined without a blank", require, []string{"Bearer " + token + "," + token}, 401, "invalid_token"},
		{"the scheme alone", require, []string{"Bearer"}, 400, "invalid_request"},

		{"staff in a place for staff", byStaff, []string{"Bearer " + staff}, 200, user},
		{"a user in a place for staff", byStaff, []string{"Bearer " + token}, 403, "insufficient_scope"},
		{"nobody in a place for staff", byStaff, nil, 401, "unauthorized"},

		{"two factors where two are needed", byFactor, []string{"Bearer " + twice}, 200, user},
		{"one factor where two are needed", byFactor, []string{"Bearer " + once}, 401, "insufficient_user_authentication"},
		{"a token of a server that does not tell", byFactor, []string{"Bearer " + token}, 401, "insufficient_user_authentication"},
		{"nobody where two are needed", byFactor, nil, 401, "unauthorized"},

		{"optional, with a good token", optional, []string{"Bearer " + token}, 200, user},
		{"optional, without", optional, nil, 200, "nobody"},
		{"optional, with another scheme", optional, []string{"Basic x"}, 200, "nobody"},
		{"optional, with a token that is not accepted", optional, []string{"Bearer " + wrong}, 401, "invalid_token"},
		{"optional, with duplicate headers", optional, []string{"Bearer " + token, "Bearer " + token}, 400, "invalid_request"},
	} {
		t.Run(c.name, func(t *testing.T) {
			response := ask(t, c.handler, c.authorization...)
			defer response.Body.Close()
			if response.StatusCode != c.status {
				t.Fatalf("status %d, want %d", response.StatusCode, c.status)
			}
			if c.status == http.StatusOK {
				greeting := make([]byte, len(c.says))
				if n, _ := response.Body.Read(greeting); string(greeting[:n]) != c.says {
					t.Errorf("the handler saw %q, want %q", greeting[:n], c.says)
				}
				return
			}
			checkRefusal(t, response, c.says, wrong)
		})
	}
}

// checkRefusal checks the form of an answer instead of the handler's, and that it repeats nothing.
func checkRefusal(t *testing.T, response *http.Response, code, token string) {
	t.Helper()
	var body struct {
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}
	if err := json.NewDecoder(response.Body).Decode(&body); err != nil || body.Error != code || body.Description == "" {
		t.Errorf("the body is %+v (%v), want the error %s with a description", body, err, code)
	}
	for name, want := range map[string]string{
		"Content-Type": "application/json", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
	} {
		if got := response.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}

	challenge := response.Header.Get("WWW-Authenticate")
	switch found := challengeForm.FindStringSubmatch(challenge); {
	case code == "unauthorized":
		if challenge != "Bearer" {
			t.Errorf("the challenge without a token is %q, want the scheme only", challenge)
		}
	case found == nil || found[1] != code || found[2] != body.Description:
		t.Errorf("the challenge is %q, want the error and the description of the body", challenge)
	}
	for part := range strings.SplitSeq(token, ".") {
		if strings.Contains(body.Description+challenge, part) {
			t.Error("the answer repeats a part of the token")
		}
	}
}

func TestOutageFromTheStartIs503(t *testing.T) {
	key := edSigner("first")
	issuer := startIssuer(t, key)
	issuer.handler = down
	v := newVerifier(t, issuer, verify.Config{})
	for name, handler := range map[string]http.Handler{
		"required": v.Require(greet), "a role": v.RequireRole("USER")(greet), "optional": v.Optional(greet),
	} {
		t.Run(name, func(t *testing.T) {
			response := ask(t, handler, "Bearer "+issuer.token(key, nil, nil))
			defer response.Body.Close()
			if response.StatusCode != http.StatusServiceUnavailable || response.Header.Get("Retry-After") == "" {
				t.Errorf("status %d, Retry-After %q", response.StatusCode, response.Header.Get("Retry-After"))
			}
			if challenge := response.Header.Get("WWW-Authenticate"); challenge != "" {
				t.Errorf("there is a challenge, %q: clients throw the token away", challenge)
			}
		})
	}
	t.Run("without a token it is 401 even then", func(t *testing.T) {
		response := ask(t, v.Require(greet))
		defer response.Body.Close()
		if response.StatusCode != http.StatusUnauthorized {
			t.Errorf("status %d", response.StatusCode)
		}
	})
}

func TestNewContextIsForTestsOfHandlers(t *testing.T) {
	request := httptest.NewRequestWithContext(verify.NewContext(t.Context(), &verify.Claims{Subject: "ada"}), http.MethodGet, "/", http.NoBody)
	recorder := httptest.NewRecorder()
	greet(recorder, request)
	if recorder.Body.String() != "ada" {
		t.Errorf("the handler saw %q", recorder.Body.String())
	}
}
