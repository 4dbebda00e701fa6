package verify_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/latchkey-auth/latchkey/verify"
)

func ExampleVerifier_Require() {
	// This stands for your Latchkey server, and a user who has logged in there.
	latchkey := newIssuer("", edSigner("2026-11"))
	auth := httptest.NewServer(latchkey)
	defer auth.Close()
	latchkey.url = auth.URL
	token := latchkey.token(latchkey.keys[0], nil, nil)

	// In your service: its handlers see no request without claims.
	hello := func(w http.ResponseWriter, r *http.Request) {
		claims, _ := verify.FromContext(r.Context())
		_, _ = fmt.Fprintln(w, "Hello, user", claims.Subject)
	}
	verifier, err := verify.New(verify.Config{Issuer: auth.URL}) // https://auth.example.com
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/hello", verifier.Require(http.HandlerFunc(hello)))

	// And this is what callers see.
	for _, authorization := range []string{"Bearer " + token, "", "Bearer stolen"} {
		request := httptest.NewRequestWithContext(context.Background(), http.MethodGet, "/hello", http.NoBody)
		request.Header.Set("Authorization", authorization)
		response := httptest.NewRecorder()
		mux.ServeHTTP(response, request)
		fmt.Print(response.Code, " ", response.Body)
	}

	// Output:
	// 200 Hello, user 0190a5c8-6a7b-7c3e-9d7e-0c1f3a2b4c5d
	// 401 {"error":"unauthorized","error_description":"send an access token in the header Authorization, after the word Bearer and a space"}
	// 401 {"error":"invalid_token","error_description":"the access token is malformed"}
}
