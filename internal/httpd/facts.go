package httpd

import (
	"context"
	"net/http"
	"net/netip"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

// userAgentLimit bounds what is kept of a User-Agent header.
const userAgentLimit = 512 // bytes

// withFacts returns a context that has the auth.Request of a request. The id is made here and never
// taken from the client, who could use it to confuse the log.
func (s *Server) withFacts(ctx context.Context, r *http.Request) context.Context {
	client, secure := s.proxies.client(r)
	return auth.WithRequest(ctx, auth.Request{
		ID:        uuid.Must(uuid.NewV7()).String(),
		ClientIP:  client,
		UserAgent: cleanUserAgent(r.UserAgent()),
		Secure:    secure,
	})
}

// requestID returns the id that withFacts gave the request.
func requestID(r *http.Request) string { return auth.RequestFrom(r.Context()).ID }

// clientIP returns the address at the other end of the connection, an IPv4 address as such even if
// it came in over IPv6, and without a zone. It is the zero Addr for a connection that has none, a
// Unix socket.
func clientIP(remote string) netip.Addr {
	address, err := netip.ParseAddrPort(remote)
	if err != nil {
		return netip.Addr{}
	}
	return address.Addr().Unmap().WithZone("")
}

// cleanUserAgent returns valid UTF-8 of at most 512 bytes without characters that do not print:
// control characters, and those that turn the direction of the text around it.
func cleanUserAgent(s string) string {
	if len(s) <= userAgentLimit && isPrintableASCII(s) {
		return s // as that of every browser
	}
	s = strings.Map(func(c rune) rune {
		if !unicode.IsPrint(c) {
			return -1
		}
		return c
	}, strings.ToValidUTF8(s, ""))

	if len(s) <= userAgentLimit {
		return s
	}
	end := userAgentLimit
	for !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end]
}

func isPrintableASCII(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
