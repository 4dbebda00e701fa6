package httpd_test

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/httpd"
)

// behind returns a server that trusts two proxies, and what its handlers see of a request from
// remote with these headers (name and value in turn).
func behind(t testing.TB) func(remote string, overTLS bool, headers ...string) auth.Request {
	t.Helper()
	var facts auth.Request
	server, err := httpd.New(httpd.Config{
		GraphQL:        http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { facts = auth.RequestFrom(r.Context()) }),
		Logger:         quiet,
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	return func(remote string, overTLS bool, headers ...string) auth.Request {
		r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/graphql", nil)
		r.RemoteAddr = remote
		if overTLS {
			r.TLS = &tls.ConnectionState{}
		}
		for i := 0; i < len(headers); i += 2 {
			r.Header.Add(headers[i], headers[i+1])
		}
		facts = auth.Request{}
		server.ServeHTTP(httptest.NewRecorder(), r)
		return facts
	}
}

const (
	proxy = "10.0.0.1:4711"
	xff   = "X-Forwarded-For"
	xfp   = "X-Forwarded-Proto"
	fwd   = "Forwarded"
)

func TestAForgedHeaderChangesNothing(t *testing.T) {
	t.Parallel()
	see := behind(t)
	forgeries := [][]string{
		nil,
		{xff, "198.51.100.1"},
		{xff, "127.0.0.1"},
		{xff, "10.0.0.9"},
		{xff, ""},
		{xff, ","},
		{xff, "unknown"},
		{xff, "198.51.100.1", xff, "198.51.100.2"},
		{fwd, "for=198.51.100.1;proto=https"},
		{fwd, `for="`},
		{fwd, `for="\`},
		{fwd, `for="[2001:db8::9]", for=10.0.0.9`},
		{xfp, "https"},
		{xfp, "https, https, https"},
		{xff, "198.51.100.1", fwd, "for=198.51.100.2", xfp, "https", "X-Real-Ip", "198.51.100.3", "True-Client-Ip", "198.51.100.3"},
	}
	for _, forged := range forgeries {
		t.Run("from somebody who is no proxy: "+strings.Join(forged, " "), func(t *testing.T) {
			for remote, want := range map[string]string{"192.0.2.1:4711": "192.0.2.1", "[2001:db8::1]:4711": "2001:db8::1", "@": "invalid IP", "": "invalid IP"} {
				facts := see(remote, false, forged...)
				if facts.ClientIP.String() != want || facts.Secure {
					t.Errorf("%q: got %s, secure %t, want %s and not secure", remote, facts.ClientIP, facts.Secure, want)
				}
				if facts := see(remote, true, forged...); facts.ClientIP.String() != want || !facts.Secure {
					t.Errorf("%q by TLS: %s, secure %t", remote, facts.ClientIP, facts.Secure)
				}
			}
		})
		// A proxy appends to the list, on the last line or on one of its own.
		appended := func(name, value string, ownLine bool) []string {
			headers := append([]string{}, forged...)
			for i := len(headers) - 2; i >= 0 && !ownLine; i -= 2 {
				if headers[i] == name {
					headers[i+1] += ", " + value
					return headers
				}
			}
			return append(headers, name, value)
		}
		t.Run("through a proxy: "+strings.Join(forged, " "), func(t *testing.T) {
			for _, ownLine := range []bool{true, false} {
				if got := see(proxy, false, appended(xff, "203.0.113.7", ownLine)...).ClientIP.String(); got != "203.0.113.7" {
					t.Errorf("own line %t: X-Forwarded-For gives %s", ownLine, got)
				}
				if len(forged) > 0 && forged[0] != fwd {
					continue // a proxy that writes Forwarded has to remove X-Forwarded-For
				}
				facts := see(proxy, false, appended(fwd, "for=203.0.113.7;proto=https", ownLine)...)
				if facts.ClientIP.String() != "203.0.113.7" || !facts.Secure {
					t.Errorf("own line %t: Forwarded gives %s, secure %t", ownLine, facts.ClientIP, facts.Secure)
				}
			}
		})
	}
}

func TestWhatAProxySaysOfTheClient(t *testing.T) {
	t.Parallel()
	see := behind(t)
	for name, c := range map[string]struct {
		headers []string
		want    string
	}{
		"nothing":                            {nil, "10.0.0.1"},
		"one address":                        {[]string{xff, "203.0.113.7"}, "203.0.113.7"},
		"an address of IPv6":                 {[]string{xff, "2001:db8::7"}, "2001:db8::7"},
		"IPv4 written as IPv6":               {[]string{xff, "::ffff:203.0.113.7"}, "203.0.113.7"},
		"a port":                             {[]string{xff, "203.0.113.7:4711"}, "203.0.113.7"},
		"IPv6 with a port":                   {[]string{xff, "[2001:db8::7]:4711"}, "2001:db8::7"},
		"IPv6 in brackets":                   {[]string{xff, "[2001:db8::7]"}, "2001:db8::7"},
		"a zone":                             {[]string{xff, "fe80::7%eth0"}, "fe80::7"},
		"IPv4 in brackets":                   {[]string{xff, "[203.0.113.7]"}, "10.0.0.1"},
		"another proxy of ours":              {[]string{xff, "203.0.113.7, 10.0.0.2"}, "203.0.113.7"},
		"proxies only":                       {[]string{xff, "10.0.0.3,fd00::2"}, "10.0.0.3"},
		"several lines":                      {[]string{xff, "198.51.100.1, 203.0.113.7", xff, "10.0.0.2"}, "203.0.113.7"},
		"a word":                             {[]string{xff, "203.0.113.7, unknown"}, "10.0.0.1"},
		"a word before another proxy":        {[]string{xff, "203.0.113.7, unknown, 10.0.0.2"}, "10.0.0.2"},
		"an empty place":                     {[]string{xff, "203.0.113.7,, 10.0.0.2"}, "10.0.0.2"},
		"a name":                             {[]string{xff, "client.example"}, "10.0.0.1"},
		"a bad port":                         {[]string{xff, "203.0.113.7:http"}, "10.0.0.1"},
		"as many proxies as there can be":    {[]string{xff, "203.0.113.7" + strings.Repeat(",10.0.0.2", 31)}, "203.0.113.7"},
		"one proxy more":                     {[]string{xff, "203.0.113.7" + strings.Repeat(",10.0.0.2", 32)}, "10.0.0.2"},
		"more proxies than there can be":     {[]string{xff, "203.0.113.7" + strings.Repeat(",10.0.0.2", 40)}, "10.0.0.2"},
		"Forwarded":                          {[]string{fwd, "for=203.0.113.7"}, "203.0.113.7"},
		"Forwarded, in capitals":             {[]string{fwd, "For=203.0.113.7"}, "203.0.113.7"},
		"Forwarded, IPv6 in quotes":          {[]string{fwd, `for="[2001:db8::7]:4711"`}, "2001:db8::7"},
		"Forwarded, IPv6 without quotes":     {[]string{fwd, `for=[2001:db8::7]:4711`}, "2001:db8::7"},
		"Forwarded, an escape":               {[]string{fwd, `for="203.0.113\.7"`}, "203.0.113.7"},
		"Forwarded, all parameters":          {[]string{fwd, `by=10.0.0.1 ; for=203.0.113.7;; proto=http;host="a,b;\"c"`}, "203.0.113.7"},
		"Forwarded, another proxy":           {[]string{fwd, `for=198.51.100.1, for="203.0.113.7:80";proto=https`, fwd, "for=10.0.0.2"}, "203.0.113.7"},
		"Forwarded, unknown":                 {[]string{fwd, "for=203.0.113.7, for=unknown"}, "10.0.0.1"},
		"Forwarded, hidden":                  {[]string{fwd, "for=203.0.113.7, for=_gazonk, for=10.0.0.2"}, "10.0.0.2"},
		"Forwarded, no node":                 {[]string{fwd, "for=203.0.113.7, proto=https"}, "10.0.0.1"},
		"Forwarded, a parameter twice":       {[]string{fwd, "for=203.0.113.7;for=203.0.113.8"}, "10.0.0.1"},
		"Forwarded, no grammar":              {[]string{fwd, "203.0.113.7"}, "10.0.0.1"},
		"Forwarded, an open quote":           {[]string{fwd, `for="203.0.113.7`}, "10.0.0.1"},
		"Forwarded, something behind quotes": {[]string{fwd, `for="203.0.113.7"x`}, "10.0.0.1"},
		"both":                               {[]string{fwd, "for=198.51.100.1", xff, "203.0.113.7"}, "203.0.113.7"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := see(proxy, false, c.headers...).ClientIP; got.String() != c.want || got.Zone() != "" {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
	t.Run("a proxy that is reached by IPv4 over IPv6, or has a zone, is the same proxy", func(t *testing.T) {
		for _, remote := range []string{"[::ffff:10.0.0.1]:4711", "[fd00::1%eth0]:4711"} {
			if got := see(remote, false, xff, "203.0.113.7").ClientIP.String(); got != "203.0.113.7" {
				t.Errorf("%s: %s", remote, got)
			}
		}
	})
}

func TestWhetherTheClientsConnectionIsEncrypted(t *testing.T) {
	t.Parallel()
	see := behind(t)
	for name, c := range map[string]struct {
		overTLS bool // from the proxy to us
		headers []string
		want    bool
	}{
		"the proxy says nothing, and speaks http":      {false, []string{xff, "203.0.113.7"}, false},
		"the proxy says nothing, and speaks https":     {true, []string{xff, "203.0.113.7"}, true},
		"the proxy says https":                         {false, []string{xff, "203.0.113.7", xfp, "https"}, true},
		"the proxy says HTTPS":                         {false, []string{xff, "203.0.113.7", xfp, "HTTPS"}, true},
		"the proxy says https and no address":          {false, []string{xfp, "https"}, true},
		"the proxy says http, and speaks https":        {true, []string{xff, "203.0.113.7", xfp, "http"}, false},
		"the proxy says something else":                {true, []string{xff, "203.0.113.7", xfp, "wss"}, false},
		"one word for two proxies":                     {false, []string{xff, "203.0.113.7, 10.0.0.2", xfp, "https"}, true},
		"https, then http within":                      {false, []string{xff, "203.0.113.7, 10.0.0.2", xfp, "https, http"}, true},
		"http, then https within":                      {false, []string{xff, "203.0.113.7, 10.0.0.2", xfp, "http", xfp, "https"}, false},
		"a forged word before the proxy's":             {false, []string{xff, "198.51.100.1, 203.0.113.7", xfp, "https, http"}, false},
		"fewer words than proxies":                     {false, []string{xff, "203.0.113.7, 10.0.0.3, 10.0.0.2", xfp, "https, https"}, false},
		"Forwarded says https":                         {false, []string{fwd, "for=203.0.113.7;proto=https"}, true},
		"Forwarded says https in quotes":               {false, []string{fwd, `proto="https";for=203.0.113.7`}, true},
		"Forwarded says http, and the proxy https":     {true, []string{fwd, "for=203.0.113.7;proto=http"}, false},
		"Forwarded says nothing":                       {false, []string{fwd, "for=203.0.113.7"}, false},
		"Forwarded, https before the client":           {false, []string{fwd, "for=198.51.100.1;proto=https, for=203.0.113.7;proto=http"}, false},
		"Forwarded, http within":                       {false, []string{fwd, "for=203.0.113.7;proto=https, for=10.0.0.2;proto=http"}, true},
		"Forwarded hides the client, who came by http": {false, []string{fwd, "for=unknown;proto=http, for=10.0.0.2;proto=https"}, false},
		"a forged word where Forwarded counts":         {false, []string{fwd, "for=203.0.113.7;proto=http", xfp, "https"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := see(proxy, c.overTLS, c.headers...).Secure; got != c.want {
				t.Errorf("secure: %t", got)
			}
		})
	}
}

// FuzzForwarded forges both headers. Whatever is in them, it changes nothing for who is no proxy, and
// nothing of what a proxy appends.
func FuzzForwarded(f *testing.F) {
	for _, seed := range []string{
		"", ",", "198.51.100.1", "198.51.100.1, 10.0.0.2", "[2001:db8::9]:80", "fe80::1%eth0", "unknown", "for=198.51.100.1;proto=https",
		`for="[2001:db8::9]:80"`, `for="`, `for="\`, `for="a\"b`, `for=_hidden;by="a,b"`, `"`, `\"`, `",for=10.0.0.1`, "for=10.0.0.1;for=10.0.0.1", "=;=", "https, http",
	} {
		f.Add(seed, true)
		f.Add(seed, false)
	}
	see := behind(f)
	f.Fuzz(func(t *testing.T, forged string, another bool) {
		headers := []string{xff, forged, fwd, forged, xfp, forged}
		if facts := see("192.0.2.1:1", false, headers...); facts.ClientIP.String() != "192.0.2.1" || facts.Secure {
			t.Errorf("without a proxy: got %+v, want 192.0.2.1 and not secure", facts)
		}
		if facts := see(proxy, false, headers...); !facts.ClientIP.IsValid() || facts.ClientIP.Is4In6() || facts.ClientIP.Zone() != "" {
			t.Errorf("by a proxy: got %+v, want a valid address without a zone", facts)
		}

		list, element := forged+", 203.0.113.7", forged+", for=203.0.113.7;proto=https"
		if another {
			list, element = list+",10.0.0.2", element+`,for="10.0.0.2:80";proto=http;host="a,\"b"`
		}
		if facts := see(proxy, false, xff, list, fwd, forged); facts.ClientIP.String() != "203.0.113.7" {
			t.Errorf("appended to X-Forwarded-For: %+v", facts)
		}
		if facts := see(proxy, false, fwd, element, xfp, forged); facts.ClientIP.String() != "203.0.113.7" || !facts.Secure {
			t.Errorf("appended to Forwarded: %+v", facts)
		}
	})
}
