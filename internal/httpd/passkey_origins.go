package httpd

import (
	"encoding/json"
	"net/http"
)

// passkeyOriginsPath is where browsers look up which pages of other sites may use the passkeys of a domain (W3C Web
// Authentication Level 3, section 5.11.1).
const passkeyOriginsPath = "/.well-known/webauthn" //nolint:gosec // a path that everybody knows

// routePasskeyOrigins makes those origins known, where there are passkeys.
func (s *Server) routePasskeyOrigins() {
	if len(s.config.PasskeyOrigins) == 0 {
		return
	}
	document, err := json.Marshal(map[string][]string{"origins": s.config.PasskeyOrigins})
	if err != nil {
		panic(err) // of texts, which can always be written
	}
	s.handle(passkeyOriginsPath, func(w http.ResponseWriter, r *http.Request) { s.publicDocument(w, r, document) }, http.MethodGet, http.MethodHead)
}
