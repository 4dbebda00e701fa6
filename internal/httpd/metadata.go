package httpd

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

// What programs look up by themselves. Each is public, and for any site to read.
const (
	oauthMetadataPath  = "/.well-known/oauth-authorization-server"
	openIDMetadataPath = "/.well-known/openid-configuration"
	jwksPath           = "/.well-known/jwks.json"
)

// metadataCaching is for how long clients may cache it.
const metadataCaching = "public, max-age=300"

// metadata is what is true of this server (RFC 8414 section 2, OpenID Connect Discovery 1.0 section 3).
// Latchkey logs in by GraphQL and not by OAuth: there is no authorization endpoint and no token
// endpoint, and the lists of what those would support are empty, because leaving them out means
// something else.
type metadata struct {
	Issuer                    string   `json:"issuer"`
	JWKSURI                   string   `json:"jwks_uri,omitempty"`
	ResponseTypes             []string `json:"response_types_supported"`
	GrantTypes                []string `json:"grant_types_supported"`
	IntrospectionEndpoint     string   `json:"introspection_endpoint"`
	IntrospectionAuthMethods  []string `json:"introspection_endpoint_auth_methods_supported"`
	RevocationEndpoint        string   `json:"revocation_endpoint"`
	RevocationEndpointMethods []string `json:"revocation_endpoint_auth_methods_supported"`
}

// newMetadata returns the document of a server at the public URL; keys says whether it has a key set.
func newMetadata(public *url.URL, keys bool) []byte {
	issuer := strings.TrimRight(public.String(), "/")
	m := metadata{
		Issuer:                issuer,
		ResponseTypes:         []string{},
		GrantTypes:            []string{},
		IntrospectionEndpoint: issuer + introspectPath,
		// Only for introspection are the types of access tokens among the methods (RFC 8414 section 2).
		IntrospectionAuthMethods:  []string{"client_secret_basic", "Bearer"},
		RevocationEndpoint:        issuer + revokePath,
		RevocationEndpointMethods: []string{"client_secret_basic"},
	}
	if keys {
		m.JWKSURI = issuer + jwksPath
	}
	document, err := json.Marshal(m)
	if err != nil {
		panic(err) // of a type of ours, which can always be written
	}
	return document
}

// routeMetadata makes the documents known. A server that does not know its public URL cannot say who it
// is, and has no metadata.
func (s *Server) routeMetadata(public *url.URL) {
	s.handle(jwksPath, s.jwks, http.MethodGet, http.MethodHead)
	if public == nil {
		return
	}
	serve := func(w http.ResponseWriter, r *http.Request) {
		_, err := s.config.JWKS(r.Context())
		s.publicDocument(w, r, newMetadata(public, !errors.Is(err, auth.ErrNotFound)))
	}
	s.handle(oauthMetadataPath, serve, http.MethodGet, http.MethodHead)
	s.handle(openIDMetadataPath, serve, http.MethodGet, http.MethodHead)
	// Of an issuer with a path, RFC 8414 (section 3.1, and 5 for the other name) looks between its host and that
	// path: the proxy in front leads these two here, beside what is below the path.
	for _, document := range []string{oauthMetadataPath, openIDMetadataPath} {
		s.handle(document+"/", func(w http.ResponseWriter, r *http.Request) {
			if path := strings.TrimRight(public.Path, "/"); path == "" || r.URL.Path != document+path {
				s.notFound(w, r)
				return
			}
			serve(w, r)
		}, http.MethodGet, http.MethodHead)
	}
}

// jwks serves the keys with which tokens can be verified without asking, where there are any.
func (s *Server) jwks(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Access-Control-Allow-Origin", "*")
	document, err := s.config.JWKS(r.Context())
	if errors.Is(err, auth.ErrNotFound) {
		s.oauthError(w, r, http.StatusNotFound, "not_found",
			"The access tokens of this server are opaque, so there are no keys: ask what a token stands for at "+introspectPath+".")
		return
	}
	if err != nil {
		s.config.Logger.LogAttrs(r.Context(), slog.LevelError, "jwks",
			slog.String("request_id", requestID(r)), slog.String("error", err.Error()))
		w.Header().Set("Retry-After", retryOutage)
		s.oauthError(w, r, http.StatusServiceUnavailable, "temporarily_unavailable",
			"The keys cannot be read. Go on with those you have and try again in a moment.")
		return
	}
	s.publicDocument(w, r, document)
}

// publicDocument answers with JSON that anyone may read and cache for a while, and with 304 to a client that
// has it.
func (s *Server) publicDocument(w http.ResponseWriter, r *http.Request, document []byte) {
	w.Header().Set("Access-Control-Allow-Origin", "*")
	w.Header().Set("Cache-Control", metadataCaching)
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("ETag", `"`+shortDigest(document)+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(document))
}
